import { expect, it } from 'vitest';
import { keepJobs } from '../../src/runtime/keep-jobs.ts';
import { createIdleJob } from './jobs.ts';

it('opens a job once per lane and settings, also without settings, and again after it could not be opened', async () => {
  const opened: unknown[] = [];
  let fails = false;
  const find = keepJobs<string | undefined>(async ({ job, tenantId }, settings) => {
    opened.push([job, tenantId, settings]);
    if (fails) throw new Error('away');
    return createIdleJob(() => undefined).job;
  });
  const own = { job: 'prune', tenantId: '_' };
  const lane = { job: 'oo-agg', tenantId: 'a' };
  expect(await find(own, undefined)).toBe(await find(own, undefined));
  const first = await find(lane, 'old');
  expect(await find(lane, 'old')).toBe(first);
  expect(await find(lane, 'new')).not.toBe(first);
  fails = true;
  await expect(find(lane, 'newest')).rejects.toThrow('away');
  fails = false;
  await find(lane, 'newest');
  expect(opened).toEqual([
    ['prune', '_', undefined],
    ['oo-agg', 'a', 'old'],
    ['oo-agg', 'a', 'new'],
    ['oo-agg', 'a', 'newest'],
    ['oo-agg', 'a', 'newest'],
  ]);
});
