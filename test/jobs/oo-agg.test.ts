import { expect, it } from 'vitest';
import { MINUTE, parseTime } from '../../src/core/time.ts';
import { splitWindow } from '../../src/core/window.ts';
import { createMockSource } from '../../src/sources/mock/mock.ts';
import { claimWindows } from '../../src/store/run-queue.ts';
import { describeDatabases } from '../support/databases.ts';
import { RUN_ID } from '../support/run-windows.ts';
import { createPipeline, dumpResults, looseLocators, TENANT } from './pipeline.ts';
import { mockConfig } from './worlds.ts';

const NOON = parseTime('2026-03-01T12:00:00Z') ?? 0;
const range = { from: NOON, to: NOON + 3 * MINUTE };
const source = () => createMockSource(mockConfig({ duplicate_share: 0.05 }), { now: () => NOON + 24 * 60 * MINUTE });

interface RunRow {
  window_from: string;
  status: string;
  attempt: number;
  error_code: string | null;
  stats: { rows_read: Record<string, number>; rows_rejected: Record<string, number>; windows_in_read: number };
  payload: { run_ids: string[] };
}

describeDatabases('oo-agg', ['pglite', 'postgres 15', 'postgres 18'], (make) => {
  it('writes three windows once; a second run changes nothing', async () => {
    const { db } = await make();
    const pipeline = await createPipeline(db, source());
    const [first] = await pipeline.run(range);
    expect(first?.error).toBeUndefined();
    for (const table of ['metric_1m', 'service_call_5m', 'log_pattern_5m', 'oo_locator'])
      expect(first?.rows[table], table).toBeGreaterThan(0);
    const once = await dumpResults(db);
    const [second] = await pipeline.run(range);
    expect(second).toMatchObject({ changed: 0, rows: first?.rows });
    expect(await dumpResults(db)).toEqual(once);

    const runs = await db.query<RunRow>('select * from etl_job_run order by window_from');
    expect(runs.map((run) => [run.window_from, run.status, run.attempt])).toEqual([
      ['2026-03-01T12:00:00Z', 'success', 2],
      ['2026-03-01T12:01:00Z', 'success', 2],
      ['2026-03-01T12:02:00Z', 'success', 2],
    ]);
    const attempts = await db.query<RunRow>(`select * from etl_job_attempt order by job_run_id, attempt`);
    expect(attempts.map((attempt) => attempt.status)).toEqual(Array(6).fill('success'));
    const [before, after] = attempts.map(({ stats }) => ({ ...stats, ms: {} }));
    expect(after).toEqual(before);
  });

  it('counts every row that was read, in the reconciliation as in the statistics of the run', async () => {
    const { db } = await make();
    await (await createPipeline(db, source())).run(range);
    const rows = await db.query<{
      window_from: string;
      signal: string;
      rows_read: bigint;
      aggregated: bigint;
      rejected: Record<string, number>;
    }>('select * from etl_reconciliation order by window_from, signal');
    expect(rows).toHaveLength(9);
    for (const row of rows) {
      const rejected = Object.values(row.rejected).reduce((total, count) => total + count, 0);
      expect(Number(row.rows_read)).toBe(Number(row.aggregated) + rejected);
      expect(row.signal === 'logs' || (row.rejected.duplicate ?? 0) > 0, `${row.signal} has duplicates`).toBe(true);
    }
    const [lines] = await db.query<{ counted: bigint }>('select sum(count_total)::bigint as counted from log_pattern_5m');
    expect(lines?.counted).toBe(rows.filter((row) => row.signal === 'logs').reduce((total, row) => total + row.aggregated, 0n));
    const runs = await db.query<RunRow>('select * from etl_job_run order by window_from');
    for (const run of runs) {
      const own = rows.filter((row) => row.window_from === run.window_from);
      expect(run.stats.rows_read).toEqual(Object.fromEntries(own.map((row) => [row.signal, Number(row.rows_read)])));
      expect(run.stats.windows_in_read).toBe(3);
    }
  });

  it('names every resource, and points to evidence that is there', async () => {
    const { db } = await make();
    await (await createPipeline(db, source())).run(range);
    const named = ['metric_1m', 'log_pattern_5m'].map((table) => `select tenant_id, resource_id from ${table}`);
    const called = ['src', 'dst'].map((side) => `select tenant_id, ${side}_resource_id from service_call_5m`);
    const unknown = await db.query(`select * from (${[...named, ...called].join(' union ')}) u where not exists
      (select from dim_resource r where (r.tenant_id, r.resource_id) = (u.tenant_id, u.resource_id))`);
    expect(unknown).toEqual([]);
    const unused = await db.query(
      `select urn from dim_resource where resource_id not in (select resource_id from (${[...named, ...called].join(' union ')}) u)`,
    );
    expect(unused).toEqual([]);
    const [seen] = await db.query('select min(first_seen) as first, max(last_seen) as last from dim_resource');
    expect(seen).toEqual({ first: '2026-03-01T12:00:00Z', last: '2026-03-01T12:02:00Z' });
    expect(await looseLocators(db)).toEqual({ missing: 0n, orphaned: 0n });
    const [patterns] = await db.query(
      'select count(*) as n from log_pattern p where not exists (select from log_pattern_5m l where l.fingerprint = p.fingerprint)',
    );
    expect(patterns).toEqual({ n: 0n });
  });

  it('collects the run ids of every window and keeps the newest', async () => {
    const { db } = await make();
    const pipeline = await createPipeline(db, source());
    const other = '018f3a5e-1c2d-7000-8000-000000000001';
    await pipeline.run({ from: NOON, to: NOON + 2 * MINUTE });
    await pipeline.run({ from: NOON + MINUTE, to: NOON + 3 * MINUTE }, { caller: { runId: other } });
    await pipeline.run({ from: NOON, to: NOON + 2 * MINUTE });
    const runs = await db.query<{ run_id: string; payload: { run_ids: string[] } }>(
      'select run_id, payload from etl_job_run order by window_from',
    );
    expect(runs.map((run) => [run.run_id, run.payload.run_ids])).toEqual([
      [RUN_ID, [RUN_ID]],
      [RUN_ID, [RUN_ID, other]],
      [other, [other]],
    ]);
  });

  it('writes nothing for a window that another worker has taken over', async () => {
    const { db } = await make();
    const pipeline = await createPipeline(db, source());
    const slow = await createPipeline(db, source());
    const job = {
      name: slow.job.name,
      async prepare(windows: Parameters<typeof slow.job.prepare>[0], signal: AbortSignal) {
        const prepared = await slow.job.prepare(windows, signal);
        if (windows.length < 3) return prepared;
        await db.query(`update etl_job_run set lease_until = now() - interval '1 second' where window_from = '2026-03-01T12:01:00Z'`);
        const taken = await pipeline.run({ from: NOON + MINUTE, to: NOON + 2 * MINUTE }, { worker: 'worker-2' });
        expect(taken.map((outcome) => outcome.error)).toEqual([undefined]);
        return prepared;
      },
    };
    const outcomes = await pipeline.run(range, { job });
    expect(outcomes.map(({ windows, ended, error }) => [(windows[0]?.from ?? 0) - NOON, ended, error?.code])).toEqual([
      [MINUTE, 'lost', 'OB_LEASE_LOST'],
      [0, 'success', undefined],
      [2 * MINUTE, 'success', undefined],
    ]);
    const runs = await db.query<RunRow & { worker: string }>('select * from etl_job_run order by window_from');
    expect(runs.map((run) => [run.status, run.worker, run.error_code])).toEqual([
      ['success', 'worker-1', null],
      ['success', 'worker-2', null],
      ['success', 'worker-1', null],
    ]);
    const lost = await db.query('select count(*) as n from etl_job_attempt where status = $1', ['lost']);
    expect(lost).toEqual([{ n: 1n }]);
  });

  it('leaves a window alone that another worker runs', async () => {
    const { db } = await make();
    const pipeline = await createPipeline(db, source());
    const windows = splitWindow({ from: NOON + MINUTE, to: NOON + 2 * MINUTE }, MINUTE);
    const holder = { worker: 'worker-2', runId: RUN_ID, lease: MINUTE };
    await db.transaction((tx) => claimWindows(tx, { job: 'oo-agg', tenantId: TENANT }, windows, holder, 'cli', { runId: RUN_ID }));
    const outcomes = await pipeline.run(range);
    expect(outcomes.map((outcome) => [outcome.windows.length, outcome.error?.code])).toEqual([
      [1, 'OB_WINDOW_BUSY'],
      [1, undefined],
      [1, undefined],
    ]);
  });
});
