import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { HOUR, MINUTE, parseTime } from '../../src/core/time.ts';
import { dueWindows, floorTo, splitWindow, toBatches } from '../../src/core/window.ts';

const NOON = parseTime('2026-03-01T12:00:00Z') ?? Number.NaN;
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

describe('dueWindows', () => {
  const options = { align: MINUTE, delay: 2 * MINUTE, initialLookback: HOUR };

  it('ends with the last window whose delay has passed', () => {
    const watermark = NOON - 5 * MINUTE;
    expect(dueWindows({ ...options, now: NOON, watermark }).at(-1)).toEqual({ from: NOON - 3 * MINUTE, to: NOON - 2 * MINUTE });
    expect(dueWindows({ ...options, now: NOON - 1, watermark }).at(-1)).toEqual({ from: NOON - 4 * MINUTE, to: NOON - 3 * MINUTE });
  });

  it('begins at the watermark, else at the lookback of a new tenant', () => {
    expect(dueWindows({ ...options, now: NOON, watermark: NOON - 3 * MINUTE })).toHaveLength(1);
    expect(dueWindows({ ...options, now: NOON + 1 })[0]?.from).toBe(NOON - HOUR);
    expect(dueWindows({ ...options, now: NOON })).toHaveLength(58);
  });

  it('gives nothing while the watermark is ahead, for example of a clock set back', () => {
    expect(dueWindows({ ...options, now: NOON, watermark: NOON })).toEqual([]);
    expect(dueWindows({ ...options, now: NOON, watermark: NOON - 2 * MINUTE })).toEqual([]);
  });

  it('covers every window once as the clock moves', () => {
    fc.assert(
      fc.property(fc.array(fc.nat(5 * MINUTE), { minLength: 1, maxLength: 30 }), (steps) => {
        let now = NOON;
        let watermark = NOON - 10 * MINUTE;
        const seen: number[] = [];
        for (const step of steps) {
          now += step;
          for (const window of dueWindows({ ...options, now, watermark })) {
            seen.push(window.from);
            watermark = window.to;
          }
        }
        expect(seen).toEqual(seen.map((_, index) => NOON - 10 * MINUTE + index * MINUTE));
      }),
    );
  });
});
