import { expect, it } from 'vitest';
import { HOUR, MINUTE, SECOND } from '../../src/core/time.ts';
import type { Db } from '../../src/store/db.ts';
import { claimNext, failRuns, succeedRuns } from '../../src/store/run-queue.ts';
import { planWindows, queueSettling, type ScheduleEntry, syncSchedule } from '../../src/store/schedule.ts';
import { describeDatabases } from '../support/databases.ts';
import { RUN_ID } from '../support/run-windows.ts';

const DAY = 24 * HOUR;

const entry = (changes: Partial<ScheduleEntry> = {}): ScheduleEntry => ({
  ...{ job: 'oo-agg', tenantId: 'shop', align: MINUTE, delay: 2 * MINUTE, settle: [], initialLookback: 5 * MINUTE, maxBatch: 10 },
  ...{ concurrency: 1, after: [], catchUp: 'all', maxAge: 7 * DAY },
  ...changes,
});

const schedule = (db: Db, changes: Partial<ScheduleEntry> = {}) => db.transaction((tx) => syncSchedule(tx, [entry(changes)]));

/** Plans at a time of 2026-03-01 and gives the windows that are new, as their minutes. */
async function plan(db: Db, time: string) {
  const before = await listWindows(db);
  const planned = await db.transaction((tx) => planWindows(tx, 100, `2026-03-01T${time}Z`));
  const windows = (await listWindows(db)).filter((window) => !before.includes(window));
  expect(planned.windows).toBe(windows.length);
  return { windows, skipped: planned.skipped };
}

async function listWindows(db: Db): Promise<string[]> {
  const rows = await db.query<{ time: string }>(`select to_char(window_from, 'HH24:MI') as time from etl_job_run order by window_from`);
  return rows.map(({ time }) => time);
}

async function readSkipped(db: Db): Promise<object | undefined> {
  const [row] = await db.query(
    `select to_char(lower(skipped), 'HH24:MI') as from, to_char(upper(skipped), 'HH24:MI') as to, skip_reason as reason from etl_schedule`,
  );
  return row;
}

const readWatermark = async (db: Db): Promise<unknown> => (await db.query('select watermark from etl_watermark'))[0];

/** Claims all that may run and ends it well, or badly for good. */
async function runAll(db: Db, ending: 'success' | 'dead'): Promise<number> {
  const caps = { running: 10, perJob: 10, perTenant: 10 };
  const claim = { worker: 'worker-1', lease: MINUTE, runId: RUN_ID, jobs: ['oo-agg'], caps, after: { job: '', tenantId: '' } };
  let windows = 0;
  for (;;) {
    const batch = await db.transaction((tx) => claimNext(tx, claim));
    if (!batch) return windows;
    windows += batch.runs.length;
    const stats = batch.runs.map(() => ({}));
    const failure = { code: 'OB_AGGREGATION_FAILED', message: 'No.', maxAttempts: 3, probe: false };
    await db.transaction(async (tx) => {
      if (ending === 'success') await succeedRuns(tx, batch, batch.runs, stats);
      else await failRuns(tx, batch, batch.runs, 'worker-1', failure);
    });
  }
}

describeDatabases('planning', ['pglite', 'postgres 18'], (make) => {
  it('begins at the lookback and goes on with what has become due', async () => {
    const { db } = await make();
    await schedule(db);
    expect((await plan(db, '12:00:30')).windows).toEqual(['11:55', '11:56', '11:57']);
    expect((await plan(db, '12:00:59')).windows).toEqual([]);
    expect((await plan(db, '12:02:00')).windows).toEqual(['11:58', '11:59']);
  });

  it('with catch_up all runs what was missed, in portions', async () => {
    const { db } = await make();
    await schedule(db, { maxBatch: 2 });
    await plan(db, '12:00:30');
    await runAll(db, 'success');
    expect((await plan(db, '12:30:30')).windows).toEqual(['11:58', '11:59', '12:00', '12:01', '12:02', '12:03', '12:04', '12:05']);
    expect(await readSkipped(db)).toEqual({ from: null, to: null, reason: null });
  });

  it.each(['last', 'none'] as const)('with catch_up %s leaves what was missed out, and says so', async (catchUp) => {
    const { db } = await make();
    await schedule(db, { catchUp });
    await plan(db, '12:00:30');
    const late = await plan(db, '12:30:30');
    expect(late.windows).toEqual(['12:27']);
    expect(late.skipped).toMatchObject([{ job: 'oo-agg', tenant_id: 'shop' }]);
    expect(await readSkipped(db)).toMatchObject({ from: '11:58', to: '12:27', reason: expect.stringContaining(`catch_up ${catchUp}`) });
    expect(await plan(db, '12:31:30')).toEqual({ windows: ['12:28'], skipped: [] });
  });

  it('with catch_up none does not run a long window long after it was due', async () => {
    const { db } = await make();
    await schedule(db, { catchUp: 'none', align: HOUR, initialLookback: 2 * HOUR });
    await plan(db, '12:10:00');
    expect(await plan(db, '15:30:00')).toMatchObject({ windows: [], skipped: [{ tenant_id: 'shop' }] });
    expect(await readSkipped(db)).toMatchObject({ from: '12:00', to: '15:00' });
    expect((await plan(db, '16:02:30')).windows).toEqual(['15:00']);
  });

  it('leaves out what is older than max_age, and says so', async () => {
    const { db } = await make();
    await schedule(db, { maxAge: 10 * MINUTE });
    await plan(db, '12:00:30');
    const late = await plan(db, '12:30:30');
    expect(late.windows).toEqual(['12:20', '12:21', '12:22', '12:23', '12:24', '12:25', '12:26', '12:27']);
    expect(await readSkipped(db)).toMatchObject({ from: '11:58', to: '12:20', reason: expect.stringContaining('max_age') });
  });

  it('never goes below the low-water mark, whether the lane is new or its schedule was lost', async () => {
    const { db } = await make();
    await db.query(`insert into etl_watermark (job, tenant_id, low_water_mark) values ('oo-agg', 'shop', '2026-03-01T11:55:30Z')`);
    await schedule(db, { initialLookback: HOUR });
    expect((await plan(db, '12:00:30')).windows).toEqual(['11:56', '11:57']);
    await db.query('delete from etl_job_run');
    await db.query(`update etl_schedule set planned_until = null, next_plan_at = '-infinity'`);
    await db.query(`update etl_watermark set watermark = '2026-03-01T11:00:00Z'`);
    expect((await plan(db, '12:00:30')).windows).toEqual(['11:56', '11:57']);
  });

  it('plans nothing for a lane that is paused or no longer named', async () => {
    const { db } = await make();
    await schedule(db);
    await db.query('update etl_schedule set paused = true');
    expect((await plan(db, '12:00:30')).windows).toEqual([]);
    await db.query('update etl_schedule set paused = false');
    await db.transaction((tx) => syncSchedule(tx, []));
    expect((await plan(db, '12:00:30')).windows).toEqual([]);
  });
});

describeDatabases('settling', ['pglite', 'postgres 18'], (make) => {
  /** Windows that end now succeed; gives their watermark. */
  const begin = async (db: Db): Promise<unknown> => {
    await schedule(db, { settle: [30 * SECOND, HOUR] });
    expect(await db.transaction((tx) => planWindows(tx, 100))).toMatchObject({ windows: 3 });
    expect(await runAll(db, 'success')).toBe(3);
    return readWatermark(db);
  };
  const queue = async (db: Db, hours: number): Promise<number> => {
    const later = new Date(Date.now() + (hours * HOUR) / 1000).toISOString();
    return db.transaction((tx) => queueSettling(tx, 100, later));
  };

  it('reads a finished window again at its time, not before, and never moves the watermark back', async () => {
    const { db } = await make();
    const watermark = await begin(db);
    expect(await queue(db, 0.5)).toBe(0);
    expect(await queue(db, 2)).toBe(3);
    expect(await db.query('select distinct status, trigger, priority, retries from etl_job_run')).toEqual([
      { status: 'queued', trigger: 'settle', priority: 10, retries: 0 },
    ]);
    expect(await runAll(db, 'success')).toBe(3);
    expect(await readWatermark(db)).toEqual(watermark);
    expect(await db.query('select attempt, count(*)::int as windows from etl_job_run group by attempt')).toEqual([
      { attempt: 2, windows: 3 },
    ]);
  });

  it('leaves the watermark where it is when the second reading fails for good', async () => {
    const { db } = await make();
    const watermark = await begin(db);
    await queue(db, 2);
    expect(await runAll(db, 'dead')).toBe(3);
    expect(await readWatermark(db)).toEqual(watermark);
    expect(await queue(db, 9)).toBe(0);
  });
});
