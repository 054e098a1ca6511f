import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  binOf,
  createSketch,
  mergeSketches,
  type Sketch,
  sketchCount,
  sketchQuantile,
  sortedBins,
  ZERO_BIN,
} from '../../src/core/sketch.ts';

/** Zero, and values over twelve orders of magnitude. */
const value = fc.oneof(
  { weight: 1, arbitrary: fc.constant(0) },
  {
    weight: 9,
    arbitrary: fc.tuple(fc.double({ min: 1, max: 10, noNaN: true }), fc.integer({ min: -3, max: 8 })).map(([m, e]) => m * 10 ** e),
  },
);
const values = fc.array(value, { maxLength: 200 });
const bins = (sketch: Sketch): [number, number][] => sortedBins(sketch);

/** The value at nearest rank ⌈q·n⌉, with exact arithmetic for q in hundredths. */
function nearestRank(list: readonly number[], percent: number): number {
  const sorted = list.toSorted((a, b) => a - b);
  const rank = Math.max(1, Number((BigInt(percent) * BigInt(sorted.length) + 99n) / 100n));
  return sorted[rank - 1] ?? Number.NaN;
}

describe('a sketch', () => {
  it('gives every quantile within 1 % of the value at the nearest rank', () => {
    fc.assert(
      fc.property(fc.array(value, { minLength: 1, maxLength: 300 }), fc.integer({ min: 0, max: 100 }), (list, percent) => {
        const exact = nearestRank(list, percent);
        const actual = sketchQuantile(createSketch(list), percent / 100) ?? Number.NaN;
        expect(Math.abs(actual - exact)).toBeLessThanOrEqual(0.01 * exact);
      }),
      { numRuns: 500 },
    );
  });

  it('of both parts is the sketch of the whole, whatever the order', () => {
    fc.assert(
      fc.property(values, values, values, (a, b, c) => {
        const [left, middle, right] = [createSketch(a), createSketch(b), createSketch(c)];
        const whole = bins(createSketch([...a, ...b, ...c]));
        expect(bins(mergeSketches(mergeSketches(left, middle), right))).toEqual(whole);
        expect(bins(mergeSketches(right, mergeSketches(middle, left)))).toEqual(whole);
        expect(bins(left)).toEqual(bins(createSketch(a)));
      }),
    );
  });

  it('counts every value', () => {
    fc.assert(
      fc.property(values, (list) => {
        expect(sketchCount(createSketch(list))).toBe(list.length);
      }),
    );
  });

  it('never falls as the quantile rises', () => {
    fc.assert(
      fc.property(
        fc.array(value, { minLength: 1 }),
        fc.double({ min: 0, max: 1, noNaN: true }),
        fc.double({ min: 0, max: 1, noNaN: true }),
        (list, p, q) => {
          const sketch = createSketch(list);
          expect(sketchQuantile(sketch, Math.min(p, q)) ?? 0).toBeLessThanOrEqual(sketchQuantile(sketch, Math.max(p, q)) ?? 0);
        },
      ),
    );
  });

  it('has no quantile when it is empty', () => expect(sketchQuantile(createSketch(), 0.5)).toBeNull());

  it.each([
    [20, 0.95, 19],
    [100, 0.95, 95],
    [40, 0.95, 38],
    [1, 0, 1],
    [7, 1, 7],
  ])('of %i values takes for %d the value at rank %i', (count, q, rank) => {
    const list = Array.from({ length: count }, (_, index) => 1.2 ** index);
    expect((sketchQuantile(createSketch(list), q) ?? 0) / 1.2 ** (rank - 1)).toBeCloseTo(1, 1);
  });

  it('puts zero and what is below it into one bin', () => {
    expect([0, -0, -5, Number.NEGATIVE_INFINITY].map(binOf)).toEqual([ZERO_BIN, ZERO_BIN, ZERO_BIN, ZERO_BIN]);
    expect(sketchQuantile(createSketch([-5, 0]), 0.95)).toBe(0);
  });
});
