import { expect, it } from 'vitest';
import { ObserveBridgeError } from '../../src/core/error.ts';
import { HOUR, MINUTE } from '../../src/core/time.ts';
import type { Job } from '../../src/jobs/job.ts';
import { createScheduler, type SchedulerDeps } from '../../src/runtime/scheduler.ts';
import { createWake } from '../../src/runtime/wake.ts';
import { runWorker, type WorkerDeps } from '../../src/runtime/worker.ts';
import type { Db } from '../../src/store/db.ts';
import { planWindows, type ScheduleEntry, syncSchedule } from '../../src/store/schedule.ts';
import { describeDatabases } from '../support/databases.ts';
import { createExecution } from '../support/run-windows.ts';
import { corrupt, createIdleJob } from './jobs.ts';

const entry = (job: string, tenantId: string, changes: Partial<ScheduleEntry> = {}): ScheduleEntry => ({
  ...{ job, tenantId, align: MINUTE, delay: 2 * MINUTE, settle: [], initialLookback: 10 * MINUTE, maxBatch: 4, concurrency: 1 },
  ...{ after: [], catchUp: 'all', maxAge: 7 * 24 * HOUR },
  ...changes,
});

const scheduler = (db: Db, entries: readonly ScheduleEntry[], changes: Partial<SchedulerDeps> = {}) =>
  createScheduler({
    db,
    maxAttempts: 3,
    wake: createWake(),
    listEntries: async () => entries,
    advanceBackfills: async () => 0,
    ...changes,
  });

/** Works until nothing is left that may run; gives how each batch ended, in order. */
async function workOff(db: Db, jobs: Readonly<Record<string, Job>>, changes: Partial<WorkerDeps> = {}): Promise<string[]> {
  using execution = createExecution(db);
  const stop = new AbortController();
  const ended: string[] = [];
  const wake = createWake();
  let running = 0;
  let rested = false;
  await runWorker(
    {
      ...{ ...execution, jobs: Object.keys(jobs), concurrency: 2, stopWithin: MINUTE },
      caps: { running: 10, perJob: 10, perTenant: 10 },
      wake: {
        wake: wake.wake,
        rest(milliseconds, signal) {
          // A batch may end while a claim that did not see its end is under way, so only the second rest in a row is one.
          if (running === 0 && rested) stop.abort();
          rested = running === 0;
          return running === 0 ? Promise.resolve() : wake.rest(milliseconds, signal);
        },
      },
      async openJob({ job }) {
        const found = jobs[job];
        if (!found) throw new ObserveBridgeError('OB_JOB_UNKNOWN', 'usage', 'There is no such job.');
        return { job: found, timeout: MINUTE };
      },
      onClaimed(batch) {
        rested = false;
        running += batch.runs.length;
      },
      onBatch(batch, outcome) {
        running -= outcome.runs.length;
        ended.push(`${batch.job} ${batch.tenantId} ${outcome.runs.length} ${outcome.ended}`);
      },
      onError(error) {
        throw error;
      },
      ...changes,
    },
    stop.signal,
  );
  return ended;
}

const statuses = async (db: Db): Promise<unknown[]> => {
  const rows = await db.query<{ text: string }>(
    `select job || ' ' || tenant_id || ' ' || status || ' ' || count(*) as text from etl_job_run group by job, tenant_id, status order by 1`,
  );
  return rows.map((row) => row.text);
};

describeDatabases('scheduler and worker', ['pglite', 'postgres 18'], (make) => {
  it('start a new tenant at its lookback and read contiguous windows in one go, tenants in turn', async () => {
    const { db } = await make();
    const { job } = createIdleJob(() => undefined);
    const tick = await scheduler(db, [entry('oo-agg', 'shop'), entry('oo-agg', 'bank')]).tick();
    expect(tick).toMatchObject({ planned: 16, reaped: 0, skipped: [] });
    const ended = await workOff(db, { 'oo-agg': job }, { concurrency: 1 });
    expect(ended).toEqual(['oo-agg bank 4 success', 'oo-agg shop 4 success', 'oo-agg bank 4 success', 'oo-agg shop 4 success']);
    const [lag] = await db.query(
      `select count(*) as n from etl_watermark m join etl_schedule s using (job, tenant_id) where m.watermark = s.planned_until`,
    );
    expect(lag).toEqual({ n: 2n });
  });

  it('plan each window once, and the next when its delay is over', async () => {
    const { db } = await make();
    await db.transaction((tx) => syncSchedule(tx, [entry('oo-agg', 'shop'), entry('oo-agg', 'bank')]));
    const planAt = (time: string) => db.transaction((tx) => planWindows(tx, 100, `2026-03-01T${time}Z`));
    expect(await planAt('12:00:30')).toMatchObject({ lanes: 2, windows: 16 });
    expect(await planAt('12:00:59.999999')).toMatchObject({ lanes: 0, windows: 0 });
    expect(await planAt('12:01:00')).toMatchObject({ lanes: 2, windows: 2 });
    const [range] = await db.query(
      `select min(window_from) as first, max(window_to) as last, count(*)::int as windows from etl_job_run where tenant_id = 'shop'`,
    );
    expect(range).toEqual({ first: '2026-03-01T11:50:00Z', last: '2026-03-01T11:59:00Z', windows: 9 });
  });

  it('begin at the lookback also where the delay is longer, and never plan backwards', async () => {
    const { db } = await make();
    const sync = (delay: number) => db.transaction((tx) => syncSchedule(tx, [entry('oo-agg', 'shop', { delay: delay * MINUTE })]));
    const planAt = (time: string) => db.transaction((tx) => planWindows(tx, 100, `2026-03-01T${time}Z`));
    const planned = async () => (await db.query<{ until: string }>('select planned_until as until from etl_schedule'))[0]?.until;
    await sync(30);
    expect(await planAt('12:00:30')).toMatchObject({ lanes: 1, windows: 0 });
    expect(await planned()).toBe('2026-03-01T11:50:00Z');
    expect(await planAt('12:20:59')).toMatchObject({ lanes: 0 });
    expect(await planAt('12:21:00')).toMatchObject({ lanes: 1, windows: 1 });
    await sync(60);
    expect(await planAt('12:22:00')).toMatchObject({ lanes: 1, windows: 0 });
    expect(await planned()).toBe('2026-03-01T11:51:00Z');
  });

  it('let a dependent window wait, visibly, until the same time of its dependency has succeeded', async () => {
    const { db } = await make();
    const first = createIdleJob(() => undefined);
    const second: Job = { ...createIdleJob(() => undefined).job, name: 'age-refresh' };
    const entries = [entry('oo-agg', 'shop'), entry('age-refresh', 'shop', { after: ['oo-agg'], align: 5 * MINUTE, maxBatch: 10 })];
    const ticking = scheduler(db, entries);
    await ticking.tick();
    const waiting = await db.query(`select distinct blocked_by, status from etl_job_run where job = 'age-refresh'`);
    expect(waiting).toEqual([{ blocked_by: 'oo-agg', status: 'queued' }]);
    const jobs = { 'oo-agg': first.job, 'age-refresh': second };
    expect(new Set(await workOff(db, jobs))).toEqual(new Set(['oo-agg shop 4 success']));
    expect((await ticking.tick()).unblocked).toBeGreaterThan(0);
    expect(await workOff(db, jobs)).toEqual([expect.stringMatching(/^age-refresh shop [12] success$/)]);
  });

  it('keep a dependent window waiting while a window of its dependency is dead, and let others go', async () => {
    const { db } = await make();
    const entries = [
      entry('oo-agg', 'shop', { maxBatch: 1, initialLookback: 6 * MINUTE }),
      entry('age-refresh', 'shop', { after: ['oo-agg'], maxBatch: 1, initialLookback: 6 * MINUTE }),
    ];
    const ticking = scheduler(db, entries);
    await ticking.tick();
    const [{ broken } = { broken: 0n }] = await db.query<{ broken: bigint }>(
      `select (extract(epoch from min(window_from)) * 1000000)::bigint as broken from etl_job_run`,
    );
    const first = createIdleJob((windows) => (windows[0]?.from === Number(broken) ? corrupt('a') : undefined));
    const jobs = { 'oo-agg': first.job, 'age-refresh': { ...createIdleJob(() => undefined).job, name: 'age-refresh' } };
    for (let round = 0; round < 6; round++) {
      await workOff(db, jobs);
      await ticking.tick();
    }
    expect(await statuses(db)).toEqual([
      'age-refresh shop queued 1',
      'age-refresh shop success 3',
      'oo-agg shop dead 1',
      'oo-agg shop success 3',
    ]);
    const waiting = await db.query(
      `select job from etl_job_run where blocked_by = 'oo-agg' and (extract(epoch from window_from) * 1000000)::bigint = $1`,
      [broken],
    );
    expect(waiting).toEqual([{ job: 'age-refresh' }]);
  });
});
