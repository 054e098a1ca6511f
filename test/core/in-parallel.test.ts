import { expect, it } from 'vitest';
import { inParallel } from '../../src/core/in-parallel.ts';

it('keeps the order of the items and the limit of calls under way', async () => {
  let underWay = 0;
  let most = 0;
  const results = await inParallel([5, 1, 4, 2, 3], 2, async (item) => {
    most = Math.max(most, ++underWay);
    for (let turn = 0; turn < item; turn++) await Promise.resolve();
    underWay--;
    return item * 10;
  });
  expect(results).toEqual([50, 10, 40, 20, 30]);
  expect(most).toBe(2);
  expect(await inParallel([], 3, async () => 1)).toEqual([]);
});

it('starts nothing after a failure and rejects when the calls under way have ended', async () => {
  const ended: number[] = [];
  const working = inParallel([1, 2, 3, 4], 2, async (item) => {
    if (item === 1) throw new Error('first');
    for (let turn = 0; turn < 5; turn++) await Promise.resolve();
    ended.push(item);
    throw new Error('second');
  });
  await expect(working).rejects.toThrow('first');
  expect(ended).toEqual([2]);
});
