import type { Micros } from './time.ts';

/** A half-open range of event time `[from, to)` in µs UTC. */
export interface Window {
  readonly from: Micros;
  readonly to: Micros;
}

/** The latest multiple of `align` that is not after `time`. */
export function floorTo(time: Micros, align: Micros): Micros {
  return Math.floor(time / align) * align;
}

/** The aligned windows that tile `[from, to)`, in order; both ends must be multiples of `align`. */
export function splitWindow(range: Window, align: Micros): Window[] {
  const windows: Window[] = [];
  for (let from = range.from; from < range.to; from += align) windows.push({ from, to: from + align });
  return windows;
}

/** Groups contiguous windows into batches of at most `size`, in order. */
export function toBatches(windows: readonly Window[], size: number): Window[][] {
  const batches: Window[][] = [];
  for (const window of windows) {
    const last = batches.at(-1);
    if (last && last.length < size && last.at(-1)?.to === window.from) last.push(window);
    else batches.push([window]);
  }
  return batches;
}
