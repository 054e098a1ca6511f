/** The value of a field of a parsed document; undefined where there is none. */
export function fieldOf(value: unknown, ...path: readonly string[]): unknown {
  let inner = value;
  for (const key of path) {
    if (typeof inner !== 'object' || inner === null || !Object.hasOwn(inner, key)) return undefined;
    inner = Reflect.get(inner, key);
  }
  return inner;
}

/** A field that is text. */
export function textOf(value: unknown, ...path: readonly string[]): string | undefined {
  const inner = fieldOf(value, ...path);
  return typeof inner === 'string' ? inner : undefined;
}

/** The elements of a field that is a list; none where it is something else. */
export function listOf(value: unknown, ...path: readonly string[]): readonly unknown[] {
  const inner = fieldOf(value, ...path);
  return Array.isArray(inner) ? inner : [];
}

/** The entries of a field that is a mapping. */
export function entriesOf(value: unknown, ...path: readonly string[]): [string, unknown][] {
  const inner = fieldOf(value, ...path);
  return typeof inner === 'object' && inner !== null && !Array.isArray(inner) ? Object.entries(inner) : [];
}
