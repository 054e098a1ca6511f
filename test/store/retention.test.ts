import fc from 'fast-check';
import { expect, it } from 'vitest';
import { formatTime, HOUR, MINUTE, parseTime } from '../../src/core/time.ts';
import type { Db } from '../../src/store/db.ts';
import { openDatabase } from '../../src/store/open-database.ts';
import { pruneOnce } from '../../src/store/retention.ts';
import { retentionLock } from '../../src/store/retention-rules.ts';
import { describeDatabases } from '../support/databases.ts';
import { addRuns, daysAgo, fillEverything, now, policy } from './retention-rows.ts';

async function listRunTimes(db: Db, where = 'true'): Promise<string[]> {
  const rows = await db.query<{ at: string }>(`select window_from as at from etl_job_run where ${where} order by 1`);
  return rows.map((row) => row.at);
}

async function lowWaterMark(db: Db, job = 'oo-agg', tenant = 'a'): Promise<string | null | undefined> {
  const [row] = await db.query<{ mark: string | null }>(
    'select low_water_mark as mark from etl_watermark where job = $1 and tenant_id = $2',
    [...[job, tenant]],
  );
  return row?.mark;
}

const rowsOf = (report: { tables: readonly { table: string; rows: number }[] }): Record<string, number> =>
  Object.fromEntries(report.tables.filter(({ rows }) => rows > 0).map(({ table, rows }) => [table, rows]));

describeDatabases('retention', ['pglite', 'postgres 18'], (make, name) => {
  it('keeps the newest success, the newest windows, and what has not ended, whatever their age', async () => {
    const { db } = await make();
    await addRuns(db, [
      { at: daysAgo(300), status: 'queued', finished: null },
      { at: daysAgo(299), status: 'running', finished: null },
      { at: daysAgo(298) },
      { at: daysAgo(297) },
      { at: daysAgo(296), status: 'dead' },
      { at: daysAgo(295), status: 'dead' },
    ]);
    const report = await pruneOnce(db, policy, { now });
    expect(rowsOf(report)).toEqual({ etl_job_run: 2 });
    expect(await listRunTimes(db)).toEqual([300, 299, 297, 295].map(daysAgo));
    expect(await lowWaterMark(db)).toBe(formatTime((parseTime(daysAgo(296)) ?? 0) + MINUTE));
    await addRuns(db, [{ at: daysAgo(200) }, { at: daysAgo(199) }, { at: daysAgo(198) }]);
    await pruneOnce(db, { ...policy, keep_runs: 3 }, { now });
    expect(await listRunTimes(db, `status in ('success', 'dead')`)).toEqual([200, 199, 198].map(daysAgo));
  });

  it('ages by the end of the run, and keeps failures longer', async () => {
    const { db } = await make();
    await addRuns(db, [
      { at: daysAgo(300), finished: daysAgo(29) },
      { at: daysAgo(299), finished: daysAgo(31) },
      { at: daysAgo(80), status: 'dead' },
      { at: daysAgo(80.5), status: 'skipped' },
      { at: daysAgo(91), status: 'canceled' },
      { at: daysAgo(1) },
    ]);
    await pruneOnce(db, policy, { now });
    expect(await listRunTimes(db)).toEqual([300, 80.5, 80, 1].map(daysAgo));
  });

  it('keeps what will be read again, what a live backfill covers, and what a blocked window waits for', async () => {
    const { db } = await make();
    const backfill = (from: number, to: number, status: string) =>
      db.query(
        `insert into etl_backfill (tenant_id, job, window_from, window_to, mode, status) values ('a', 'oo-agg', $1, $2, 'none', $3)`,
        [...[daysAgo(from), daysAgo(to), status]],
      );
    await backfill(60, 58, 'paused');
    await backfill(50, 48, 'success');
    await addRuns(db, [
      { at: daysAgo(70), settle: daysAgo(1) },
      { at: daysAgo(60) },
      { at: daysAgo(58) },
      { at: daysAgo(50) },
      { at: daysAgo(40) },
      { at: daysAgo(40), job: 'age-refresh', status: 'queued', finished: null },
      { at: daysAgo(1) },
    ]);
    await db.query(`update etl_job_run set blocked_by = 'oo-agg' where job = 'age-refresh'`);
    await pruneOnce(db, policy, { now });
    expect(await listRunTimes(db, `job = 'oo-agg'`)).toEqual([70, 60, 40, 1].map(daysAgo));
    await db.query(`update etl_job_run set blocked_by = null; `);
    await db.query(`update etl_backfill set status = 'canceled' where status = 'paused'`);
    await pruneOnce(db, policy, { now });
    expect(await listRunTimes(db, `job = 'oo-agg'`)).toEqual([70, 1].map(daysAgo));
  });

  it('never prunes beyond the watermark of a scheduled job, which plans from there', async () => {
    const { db } = await make();
    const schedule = `insert into etl_schedule (job, tenant_id, align, delay, initial_lookback, max_batch) values ('oo-agg', $1, '1m', '0', '1h', 1)`;
    await db.query(schedule, ['a']);
    await db.query(schedule, ['never planned']);
    await db.query(`insert into etl_watermark (job, tenant_id, watermark) values ('oo-agg', 'a', $1)`, [daysAgo(60)]);
    const days = [61, 60, 59];
    for (const tenant of ['a', 'never planned'])
      await addRuns(db, [...days.map((day) => ({ at: daysAgo(day), tenant })), { at: daysAgo(1), tenant }]);
    await pruneOnce(db, policy, { now });
    expect(await listRunTimes(db, `tenant_id = 'a'`)).toEqual([60, 59, 1].map(daysAgo));
    expect(await listRunTimes(db, `tenant_id <> 'a'`)).toEqual([...days, 1].map(daysAgo));
    await db.query('update etl_schedule set enabled = false');
    await pruneOnce(db, policy, { now });
    expect(await listRunTimes(db)).toEqual([1, 1].map(daysAgo));
    expect(await lowWaterMark(db, 'oo-agg', 'never planned')).toBe(formatTime((parseTime(daysAgo(59)) ?? 0) + MINUTE));
  });

  it('removes ended attempts by themselves, but none of a run that runs', async () => {
    const { db } = await make();
    await addRuns(db, [{ at: daysAgo(10) }, { at: daysAgo(9), status: 'running', finished: null }]);
    await db.query(
      `insert into etl_job_attempt (job_run_id, attempt, status, started_at, finished_at)
       select id, n, 'failed', $1::timestamptz - (20 - n) * interval '1 day', $1::timestamptz - (20 - n) * interval '1 day' + interval '1 hour'
       from etl_job_run, generate_series(1, 12) as n`,
      [formatTime(now)],
    );
    const report = await pruneOnce(db, policy, { now });
    expect(rowsOf(report)).toEqual({ etl_job_attempt: 5 });
    const left = await db.query(
      `select r.status, count(*)::int as attempts from etl_job_attempt a join etl_job_run r on r.id = job_run_id group by r.status, a.status order by 2`,
    );
    expect(left.map((row) => Reflect.get(row, 'attempts'))).toEqual([7, 12]);
  });

  it('removes partials by whole hours and lets their windows not run again by themselves, except where they are still needed', async () => {
    const { db } = await make();
    const hours = Array.from({ length: 72 }, (_, hour) => hour);
    await db.query(
      `insert into aggregation_partial_1m (tenant_id, aggregation, bucket, row_count, rows)
       select t, a, $1::timestamptz + m * interval '10 minutes', 1, '' from unnest(array['a', 'b']) t, unnest(array['x', 'y']) a, generate_series(0, $2::int) m`,
      [daysAgo(16), hours.length * 6 - 1],
    );
    await addRuns(db, [{ at: formatTime((parseTime(daysAgo(15)) ?? 0) + 90 * MINUTE), tenant: 'b', settle: daysAgo(0) }]);
    const later = now + 30 * MINUTE;
    const dry = await pruneOnce(db, policy, { now: later, dryRun: true });
    expect(rowsOf(await pruneOnce(db, policy, { now: later }))).toEqual(rowsOf(dry));
    const oldest = await db.query(`select tenant_id, min(bucket) as bucket from aggregation_partial_1m group by 1 order by 1`);
    expect(oldest).toEqual([
      { tenant_id: 'a', bucket: daysAgo(14) },
      { tenant_id: 'b', bucket: formatTime((parseTime(daysAgo(15)) ?? 0) + HOUR) },
    ]);
    expect(await lowWaterMark(db)).toBe(daysAgo(14));
    expect(await lowWaterMark(db, 'oo-agg', 'b')).toBe(formatTime((parseTime(daysAgo(15)) ?? 0) + HOUR));
  });

  it('leaves no aggregate row without its locator, also when it is interrupted', async () => {
    const { db } = await make();
    await fillEverything(db);
    const dangling = `select count(*)::int as rows from metric_1m m where not exists (select from oo_locator l where l.tenant_id = m.tenant_id and l.locator_id = m.sample_ref)`;
    for (let stop = 1; stop < 20; stop++) {
      const abort = new AbortController();
      let batches = 0;
      const onBatch = () => void (++batches === stop && abort.abort());
      await pruneOnce(db, policy, { now, signal: abort.signal, onBatch, tables: ['oo_locator'] });
      expect(await db.query(dangling)).toEqual([{ rows: 0 }]);
    }
    expect(await db.query(`select count(*)::int as rows, min(bucket) >= $1 as kept from oo_locator`, [daysAgo(400)])).toEqual([
      { rows: 50, kept: true },
    ]);
  });

  it('removes exactly what a dry run counts, in any number of interrupted passes', async () => {
    const { db } = await make();
    await fillEverything(db);
    const dry = await pruneOnce(db, policy, { now, dryRun: true });
    expect(dry).toMatchObject({ dry_run: true, complete: true, busy: false });
    expect(Object.keys(rowsOf(dry))).toEqual([
      ...['metric_1m', 'oo_locator', 'log_pattern', 'topo_edge_time', 'topo_edge_history'],
      ...['aggregation_partial_1m', 'etl_reconciliation', 'etl_job_attempt', 'etl_job_run'],
      ...['etl_trigger', 'etl_backfill', 'event_envelope'],
    ]);
    const removed: Record<string, number> = {};
    let passes = 0;
    for (let complete = false; !complete; passes++) {
      const abort = new AbortController();
      let batches = 0;
      const report = await pruneOnce(db, policy, { now, signal: abort.signal, onBatch: () => void (++batches === 3 && abort.abort()) });
      for (const [table, rows] of Object.entries(rowsOf(report))) removed[table] = (removed[table] ?? 0) + rows;
      complete = report.complete;
    }
    expect(passes).toBeGreaterThan(5);
    expect(removed).toEqual(rowsOf(dry));
    expect(await pruneOnce(db, policy, { now })).toMatchObject({ rows: 0, complete: true });
    expect(await db.query('select count(*)::int as rows from etl_backfill_window')).toEqual([{ rows: 3 }]);
    expect(await db.query('select count(*)::int as rows from topo_edge_time where valid @> $1::timestamptz', [daysAgo(400)])).toEqual([
      { rows: 26 },
    ]);
  });

  it('keeps every template that a living one has absorbed, because the group would change without it', async () => {
    const { db } = await make();
    await db.query(
      `insert into log_pattern (tenant_id, fingerprint, template, first_seen, last_seen, alias_of, mask)
       values ('a', 'general', 't', $1, $2, null, false), ('a', 'old', 't', $1, $1, 'general', true), ('a', 'alone', 't', $1, $1, null, true)`,
      [daysAgo(500), daysAgo(1)],
    );
    await pruneOnce(db, policy, { now });
    expect(await db.query('select fingerprint from log_pattern order by 1')).toEqual([{ fingerprint: 'general' }, { fingerprint: 'old' }]);
  });

  it('stops when the budget is used up, and goes on in the next pass', async () => {
    const { db } = await make();
    await fillEverything(db);
    const short = { ...policy, budget: '0s' };
    expect(await pruneOnce(db, short, { now, tables: ['etl_trigger'] })).toMatchObject({ rows: 7, complete: false });
    expect(await pruneOnce(db, short, { now, tables: ['etl_trigger'] })).toMatchObject({ rows: 2, complete: true });
  });

  it('goes on with the other tables when one fails, and says so', async () => {
    const { db } = await make();
    await fillEverything(db);
    await db.query(`create function refuse() returns trigger language plpgsql as 'begin raise exception ''not today''; end'`);
    await db.query('create trigger refuse before delete on metric_1m for each row execute function refuse()');
    const report = await pruneOnce(db, policy, { now });
    expect(report.complete).toBe(false);
    expect(report.tables.find(({ table }) => table === 'metric_1m')?.error).toMatchObject({
      code: 'OB_DATABASE_FAILED',
      message: 'not today',
    });
    expect(rowsOf(report)).not.toHaveProperty('oo_locator');
    expect(rowsOf(report)).toHaveProperty('event_envelope');
  });

  it('prunes the tables of aggregations of one’s own', async () => {
    const { db } = await make();
    await db.query(
      'create table slow (tenant_id text not null, resource bigint not null, minute timestamptz not null, primary key (tenant_id, resource, minute))',
    );
    await db.query(`insert into slow select 'a', n, $1::timestamptz - n * interval '100 days' from generate_series(1, 9) as n`, [
      formatTime(now),
    ]);
    const columns = [
      { name: 'resource', type: 'bigint', key: true },
      { name: 'minute', type: 'timestamp', key: true },
    ];
    const aggregates = [
      { name: 'slow', grain: '', columns },
      { name: 'not_made_yet', grain: '', columns },
    ];
    expect(rowsOf(await pruneOnce(db, policy, { now, aggregates }))).toEqual({ slow: 5 });
  });

  it('keeps its promises for any history, age and number to keep', async () => {
    const { db } = await make();
    const run = fc.record({
      job: fc.constantFrom('oo-agg', 'prune'),
      tenant: fc.constantFrom('a', 'b'),
      minute: fc.integer({ min: 0, max: 40 }),
      status: fc.constantFrom('success', 'success', 'dead', 'canceled', 'skipped', 'queued', 'running'),
      /** Minutes between the window and its end. */
      took: fc.integer({ min: 0, max: 40 }),
    });
    const history = fc.uniqueArray(run, { selector: ({ job, tenant, minute }) => `${job} ${tenant} ${minute}`, maxLength: 40 });
    const ages = fc.record({
      runs: fc.integer({ min: 1, max: 50 }),
      failed_runs: fc.integer({ min: 1, max: 50 }),
      keep_runs: fc.integer({ min: 1, max: 4 }),
    });
    await fc.assert(
      fc.asyncProperty(
        history,
        ages,
        fc.integer({ min: 0, max: 40 }),
        async (runs, { runs: success, failed_runs, keep_runs }, watermark) => {
          await db.query('delete from etl_job_run');
          await db.query('delete from etl_watermark');
          await db.query('delete from etl_schedule');
          const minute = (count: number): string => formatTime(now - 60 * MINUTE + count * MINUTE);
          await db.query(
            `insert into etl_schedule (job, tenant_id, align, delay, initial_lookback, max_batch) values ('oo-agg', 'a', '1m', '0', '1h', 1)`,
          );
          await db.query(`insert into etl_watermark (job, tenant_id, watermark) values ('oo-agg', 'a', $1)`, [minute(watermark)]);
          await addRuns(
            db,
            runs.map(({ status, took, minute: at, ...rest }) => ({
              ...{ ...rest, status, at: minute(at) },
              finished: status === 'queued' || status === 'running' ? null : minute(at + took),
            })),
          );
          type Row = { id: bigint; lane: string; at: string; status: string };
          const list = () =>
            db.query<Row>(
              `select id, job || ' ' || tenant_id as lane, window_from as at, status from etl_job_run order by window_from desc`,
            );
          const before = await list();
          const dry = await pruneOnce(
            db,
            { ...policy, runs: `${success}m`, failed_runs: `${failed_runs}m`, keep_runs },
            { now, dryRun: true },
          );
          const report = await pruneOnce(db, { ...policy, runs: `${success}m`, failed_runs: `${failed_runs}m`, keep_runs }, { now });
          const after = new Set((await list()).map((row) => row.id));
          expect(before.length - after.size).toBe(report.rows);
          expect(report.rows).toBe(dry.rows);
          for (const lane of new Set(before.map((row) => row.lane))) {
            const rows = before.filter((row) => row.lane === lane);
            const newest = rows.find((row) => row.status === 'success');
            const kept = rows.filter(
              (row, index) => index < keep_runs || row === newest || row.status === 'queued' || row.status === 'running',
            );
            expect(kept.filter((row) => !after.has(row.id))).toEqual([]);
            const [job, tenant] = lane.split(' ');
            const mark = await lowWaterMark(db, job, tenant);
            const gone = rows.filter((row) => !after.has(row.id));
            expect(gone.filter((row) => mark === null || mark === undefined || row.at >= mark)).toEqual([]);
            if (lane === 'oo-agg a') expect(gone.filter((row) => row.at >= minute(watermark))).toEqual([]);
          }
        },
      ),
      { numRuns: name === 'pglite' ? 60 : 40 },
    );
  });

  it.runIf(name === 'postgres 18')('leaves the work to whoever prunes already, and rows to whoever locked them', async () => {
    const { db, url } = await make();
    await fillEverything(db);
    await using other = await openDatabase(url);
    await db.transaction(async (tx) => {
      await tx.query('select pg_advisory_xact_lock($1)', [retentionLock]);
      expect(await pruneOnce(other, policy, { now })).toMatchObject({ rows: 0, busy: true, complete: false });
    });
    await db.transaction(async (tx) => {
      await tx.query('select from etl_trigger where trigger_id % 2 = 0 for update');
      expect(await pruneOnce(other, policy, { now, tables: ['etl_trigger'] })).toMatchObject({ rows: 4 });
    });
    const reports = await Promise.all([db, other, db, other].map((each) => pruneOnce(each, policy, { now })));
    expect(reports.some((report) => report.complete || report.busy)).toBe(true);
    await pruneOnce(db, policy, { now });
    expect(await pruneOnce(db, policy, { now, dryRun: true })).toMatchObject({ rows: 0 });
  });
});
