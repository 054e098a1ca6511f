// The type library of the compiler does not declare this part of ECMAScript 2026 yet; Node 24 has it.
const { rawJSON } = JSON as typeof JSON & { rawJSON(text: string): unknown };

/** JSON text in which 64-bit integers are plain digits, and a number that JSON cannot hold (NaN, infinite) is a string. */
export function toJson(value: unknown, indent?: number): string {
  const replace = (_: string, inner: unknown): unknown => {
    if (typeof inner === 'bigint') return rawJSON(inner.toString());
    return typeof inner === 'number' && !Number.isFinite(inner) ? String(inner) : inner;
  };
  return JSON.stringify(value, replace, indent);
}
