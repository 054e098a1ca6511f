import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { HOUR, MINUTE } from '../../src/core/time.ts';
import { floorTo, splitWindow, toBatches } from '../../src/core/window.ts';

const align = fc.constantFrom(MINUTE, 5 * MINUTE, HOUR);

describe('windows', () => {
  it('tile their range without gap or overlap', () => {
    fc.assert(
      fc.property(align, fc.integer({ min: -1000, max: 1000 }), fc.nat(50), (size, start, count) => {
        const range = { from: start * size, to: (start + count) * size };
        const windows = splitWindow(range, size);
        expect(windows).toHaveLength(count);
        for (const [index, window] of windows.entries()) {
          expect(window).toEqual({ from: range.from + index * size, to: range.from + (index + 1) * size });
        }
      }),
    );
  });

  it('floorTo gives the latest multiple, also before 1970', () => {
    fc.assert(
      fc.property(align, fc.integer({ min: -(2 ** 50), max: 2 ** 50 }), (size, time) => {
        const floor = floorTo(time, size);
        expect(Math.abs(floor % size)).toBe(0);
        expect(time - floor).toBeGreaterThanOrEqual(0);
        expect(time - floor).toBeLessThan(size);
      }),
    );
  });

  it('batches hold contiguous windows only, in order, and all of them', () => {
    fc.assert(
      fc.property(fc.uniqueArray(fc.nat(40)), fc.integer({ min: 1, max: 7 }), (minutes, size) => {
        const windows = minutes.sort((a, b) => a - b).map((minute) => ({ from: minute * MINUTE, to: (minute + 1) * MINUTE }));
        const batches = toBatches(windows, size);
        expect(batches.flat()).toEqual(windows);
        for (const batch of batches) {
          expect(batch.length).toBeLessThanOrEqual(size);
          expect((batch.at(-1)?.to ?? 0) - (batch[0]?.from ?? 0)).toBe(batch.length * MINUTE);
        }
      }),
    );
  });
});
