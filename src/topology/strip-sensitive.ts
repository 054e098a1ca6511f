/** A step of a path into a value: a key, or an index. */
export type PathStep = string | number;

/** Removes, in place, what a path leads to; where a part of the path is missing nothing happens. An empty path removes everything. */
export function stripPath(value: Record<string, unknown>, path: readonly PathStep[]): void {
  let at: unknown = value;
  for (const [index, step] of path.entries()) {
    if (typeof at !== 'object' || at === null) return;
    if (index === path.length - 1) Reflect.set(at, step, null);
    else at = Reflect.get(at, step);
  }
  if (path.length === 0) for (const key of Object.keys(value)) value[key] = null;
}

/** Removes, in place, everything where a value of the same shape says `true`. */
export function stripMarked(value: unknown, marks: unknown): void {
  if (typeof value !== 'object' || value === null || typeof marks !== 'object' || marks === null) return;
  for (const [key, mark] of Object.entries(marks)) {
    if (!Object.hasOwn(value, key)) continue;
    if (mark === true) Reflect.set(value, key, null);
    else stripMarked(Reflect.get(value, key), mark);
  }
}
