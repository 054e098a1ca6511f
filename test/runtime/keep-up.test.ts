import { expect, it } from 'vitest';
import { MINUTE, parseTime } from '../../src/core/time.ts';
import { type KeepUpOptions, keepUp } from '../../src/runtime/keep-up.ts';
import { getWatermark } from '../../src/store/job-run.ts';
import { describeDatabases } from '../support/databases.ts';
import { corrupt, createIdleJob } from './jobs.ts';

const NOON = parseTime('2026-03-01T12:00:00Z') ?? 0;
const worldly = { tenantId: 'shop', align: MINUTE, delay: 2 * MINUTE, initialLookback: 5 * MINUTE, maxBatch: 60, timeout: MINUTE };

describeDatabases('keepUp', ['pglite'], (make) => {
  /** Keeps up from noon for so many rests; each rest lets the clock run by what was asked. Gives the rests in seconds. */
  const keepFor = async (rests: number, options: Pick<KeepUpOptions, 'db' | 'scheduled'>): Promise<number[]> => {
    const controller = new AbortController();
    const waited: number[] = [];
    let now = NOON + 30_000_000;
    await keepUp({
      ...{ worker: 'worker-1', runId: '018f3a5e-1c2d-7000-8000-000000000000', signal: controller.signal, now: () => now },
      async wait(duration) {
        waited.push(duration / 1_000_000);
        now += duration;
        if (waited.length === rests) controller.abort();
      },
      ...options,
    });
    return waited;
  };

  it('starts at the lookback, then runs every window when its delay is over', async () => {
    const { db } = await make();
    const { job, prepared } = createIdleJob(() => undefined);
    expect(await keepFor(3, { db, scheduled: [{ ...worldly, job }] })).toEqual([30, 60, 60]);
    const offsets = prepared.map((windows) => windows.map(({ from }) => (from - NOON) / MINUTE));
    expect(offsets).toEqual([[-5, -4, -3], [-2], [-1]]);
    expect(await getWatermark(db, 'oo-agg', 'shop')).toBe(NOON);
  });

  it('tries a window that failed again before later ones, and goes on with other tenants meanwhile', async () => {
    const { db } = await make();
    let broken = true;
    const failing = createIdleJob((windows) =>
      broken && windows.some(({ from }) => from === NOON - 4 * MINUTE) ? corrupt('a') : undefined,
    );
    const fine = createIdleJob(() => undefined);
    const scheduled = [
      { ...worldly, job: failing.job },
      { ...worldly, job: fine.job, tenantId: 'bank' },
    ];
    expect((await keepFor(2, { db, scheduled })).length).toBe(2);
    expect(await getWatermark(db, 'oo-agg', 'shop')).toBe(NOON - 4 * MINUTE);
    expect(await getWatermark(db, 'oo-agg', 'bank')).toBe(NOON - MINUTE);
    broken = false;
    await keepFor(1, { db, scheduled });
    expect(await getWatermark(db, 'oo-agg', 'shop')).toBe(NOON - 2 * MINUTE);
  });
});
