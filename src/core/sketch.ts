/**
 * A mergeable quantile sketch over non-negative values after DDSketch (Masson, Rim, Lee, VLDB 2019): value v > 0 falls into bin
 * ceil(log_gamma v), so that every quantile is within the relative error of the exact value at the same rank. Zero has a bin of its own.
 */
export interface Sketch {
  /** Bin index to count; `ZERO_BIN` counts zeros. */
  readonly bins: Map<number, number>;
}

/** Half of the promised 1 %, so that a difference in how neighbours count ranks never reaches it. */
export const RELATIVE_ERROR = 0.005;
export const LOG_GAMMA = Math.log((1 + RELATIVE_ERROR) / (1 - RELATIVE_ERROR));
export const ZERO_BIN = -2_147_483_648;

/** The bin of a value; negative values count as zero. */
export function binOf(value: number): number {
  return value > 0 ? Math.ceil(Math.log(value) / LOG_GAMMA) : ZERO_BIN;
}

export function createSketch(values: Iterable<number> = []): Sketch {
  const sketch: Sketch = { bins: new Map() };
  for (const value of values) addToBin(sketch, binOf(value), 1);
  return sketch;
}

/** Adds `count` observations to a bin. */
export function addToBin(sketch: Sketch, bin: number, count: number): void {
  sketch.bins.set(bin, (sketch.bins.get(bin) ?? 0) + count);
}

/** A sketch of all observations of both; neither input changes. Merging is commutative and associative. */
export function mergeSketches(left: Sketch, right: Sketch): Sketch {
  const merged: Sketch = { bins: new Map(left.bins) };
  for (const [bin, count] of right.bins) addToBin(merged, bin, count);
  return merged;
}

export function sketchCount(sketch: Sketch): number {
  let total = 0;
  for (const count of sketch.bins.values()) total += count;
  return total;
}

/** The value at nearest rank ceil(q·n), within `RELATIVE_ERROR`; null without observations. */
export function sketchQuantile(sketch: Sketch, q: number): number | null {
  const total = sketchCount(sketch);
  if (total === 0) return null;
  // A product such as 0.95 · 20 may come out a hair above the integer it stands for.
  const rank = Math.min(total, Math.max(1, Math.ceil(q * total - 1e-9)));
  let seen = 0;
  for (const [bin, count] of sortedBins(sketch)) {
    seen += count;
    if (seen >= rank) return bin === ZERO_BIN ? 0 : (2 * Math.exp(bin * LOG_GAMMA)) / (Math.exp(LOG_GAMMA) + 1);
  }
  return null;
}

/** Bins in ascending order, so that equal sketches are written alike. */
export function sortedBins(sketch: Sketch): [number, number][] {
  return [...sketch.bins].sort(([a], [b]) => a - b);
}
