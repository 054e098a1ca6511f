import fc from 'fast-check';
import { expect, it } from 'vitest';
import { judgeClosing, type PastObservation, placeInPast, timeOfNewest } from '../../src/core/topology-diff.ts';

const seen = (observedAt: number, serial: bigint, lineage = 'one', closes = true): PastObservation => ({
  observedAt,
  lineage,
  serial,
  closes,
});

it('takes serials over times within a lineage, and times otherwise', () => {
  const newest = seen(100, 5n);
  expect(timeOfNewest(seen(120, 6n), undefined)).toBe(120);
  expect(timeOfNewest(seen(120, 6n), newest)).toBe(120);
  expect(timeOfNewest(seen(90, 6n), newest)).toBe(101);
  expect(timeOfNewest(seen(90, 5n), newest)).toBe(100);
  expect(timeOfNewest(seen(120, 4n), newest)).toBeUndefined();
  expect(timeOfNewest(seen(120, 1n, 'two'), newest)).toBe(120);
  expect(timeOfNewest({ observedAt: 99, lineage: null, serial: null }, newest)).toBeUndefined();
});

it('gives an older document the time until the next one, where it was before if it comes again, and nothing when it contradicts', () => {
  const known = [seen(10, 1n), seen(20, 2n), seen(30, 2n), seen(40, 4n)];
  const place = (document: PastObservation) => {
    const found = placeInPast(document, known);
    return found && [found.from, found.to];
  };
  expect(place(seen(35, 3n))).toEqual([35, 40]);
  expect(place(seen(15, 3n))).toBeUndefined();
  expect(place(seen(50, 3n))).toBeUndefined();
  expect(place(seen(20, 2n))).toEqual([20, 30]);
  expect(place(seen(99, 2n))).toEqual([30, 40]);
  expect(place(seen(5, 2n))).toEqual([20, 30]);
  expect(place(seen(15, 9n, 'two'))).toEqual([15, 20]);
});

it('places a document alike in whatever order the others are known', () => {
  const document = fc.record({
    observedAt: fc.integer({ min: 0, max: 9 }),
    lineage: fc.constantFrom('one', 'two', null),
    serial: fc.option(fc.bigInt({ min: 1n, max: 4n })),
    closes: fc.boolean(),
  });
  const known = fc.uniqueArray(document, { selector: ({ observedAt }) => observedAt, maxLength: 6 });
  fc.assert(
    fc.property(document, known, (one, all) => {
      expect(placeInPast(one, all.toReversed())).toEqual(placeInPast(one, all));
    }),
  );
});

it('closes only what a complete observation may, unless forced', () => {
  const usual = { complete: true, shown: 8, open: 10, missing: 2, closeLimit: 0.5, otherLineage: false, force: false };
  expect(judgeClosing(usual)).toEqual({ closes: true, held: null });
  expect(judgeClosing({ ...usual, missing: 5 }).closes).toBe(true);
  for (const change of [{ missing: 6 }, { shown: 0, closeLimit: 1 }, { otherLineage: true }]) {
    expect(judgeClosing({ ...usual, ...change })).toMatchObject({
      closes: false,
      held: expect.stringContaining('nothing is closed without force'),
    });
    expect(judgeClosing({ ...usual, ...change, force: true })).toEqual({ closes: true, held: null });
  }
  expect(judgeClosing({ ...usual, complete: false, force: true })).toEqual({ closes: false, held: null });
});
