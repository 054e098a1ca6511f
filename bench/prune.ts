import type { Db } from '../src/store/db.ts';
import { migrate } from '../src/store/migrate.ts';
import { openDatabase } from '../src/store/open-database.ts';
import { pruneOnce } from '../src/store/retention.ts';
import type { RetentionPolicy } from '../src/store/retention-rules.ts';
import { startServer } from './server.ts';

const TENANTS = 100;
const WINDOWS = 52_560;
const READY = 30_000;
const CALM_SECONDS = 15;

/** The defaults of the configuration; the pass is cut off so that the bench ends. */
const policy: RetentionPolicy = {
  ...{ runs: '30d', failed_runs: '90d', keep_runs: 100, attempts: '14d', triggers: '90d', backfills: '90d', partials: '14d' },
  ...{ aggregates: '400d', reconciliation: '90d', events: '90d', batch_rows: 1000, budget: '45s' },
};

/** A year of windows of 100 tenants at a tenth of the rows (every tenth minute) is pruned while another connection claims and finishes windows. */
export async function benchPrune(): Promise<string[]> {
  await using server = await startServer();
  await using db = await openDatabase(server.url);
  await migrate(db);
  await fill(db);
  const before = await measureTables(db);
  const calm = await claimWhile(server.url, new Promise((resolve) => setTimeout(resolve, CALM_SECONDS * 1000)));
  const passes: string[] = [];
  const pruning = await claimWhile(
    server.url,
    (async () => {
      for (const table of ['etl_job_attempt', 'etl_job_run']) {
        const [done] = (await pruneOnce(db, policy, { tables: [table] })).tables;
        if (!done || done.error) throw done?.error ?? new Error(`${table} was not pruned`);
        const rate = Math.round(done.rows / (done.ms / 1000));
        passes.push(
          `${table} ${done.rows} rows in ${(done.ms / 1000).toFixed(1)} s, ${rate} rows/s, ${done.batches} batches of ${policy.batch_rows}, ` +
            `${(done.ms / done.batches).toFixed(1)} ms each, longest ${done.longest_batch_ms.toFixed(0)} ms`,
        );
      }
    })(),
  );
  await db.query('analyze etl_job_run, etl_job_attempt');
  const after = await measureTables(db);
  return [
    `prune: ${before} before, ${after} after a pass over each`,
    ...passes.map((line) => `prune: ${line}`),
    `prune: a claim with its end ${calm} without pruning, ${pruning} during it`,
  ];
}

async function fill(db: Db): Promise<void> {
  const indexes = await db.query<{ name: string; definition: string }>(
    `select indexrelid::regclass::text as name, pg_get_indexdef(indexrelid) as definition from pg_index
     where indrelid in ('etl_job_run'::regclass, 'etl_job_attempt'::regclass) and not indisunique`,
  );
  await db.transaction(async (tx) => {
    for (const { name } of indexes) await tx.query(`drop index ${name}`);
    // Without it every attempt would look up its run.
    await tx.query(`set local session_replication_role = 'replica'`);
    await tx.query(
      `insert into etl_job_run (job, tenant_id, window_from, window_to, status, attempt, started_at, finished_at, worker, stats, run_id, payload)
       select 'oo-agg', 'tenant-' || tenant, at, at + interval '10 minutes', case when random() < 0.002 then 'dead' else 'success' end, 1,
         at + interval '12 minutes', at + interval '12 minutes 1 second' + tenant * interval '1 ms', 'worker-' || tenant % 8,
         '{"rows_read": {"logs": 5000, "spans": 1000, "metric_points": 500}, "ms": {"open": 20, "aggregate": 90, "write": 60}}',
         '00000000-0000-7000-8000-000000000000', '{"run_ids": ["00000000-0000-7000-8000-000000000000"]}'
       from (select date_bin('10 minutes', now(), 'epoch') - n * interval '10 minutes' as at from generate_series(${WINDOWS}, 1, -1) as n) w,
         generate_series(1, ${TENANTS}) as tenant`,
    );
    await tx.query(
      `insert into etl_job_attempt (job_run_id, attempt, worker, status, started_at, finished_at, stats)
       select id, 1, worker, case status when 'dead' then 'failed' else 'success' end, started_at, finished_at, stats from etl_job_run order by id`,
    );
    await tx.query(
      `insert into etl_job_run (job, tenant_id, window_from, window_to)
       select 'ready', 'tenant-' || n % ${TENANTS}, at, at + interval '1 minute'
       from (select n, date_bin('1 minute', now(), 'epoch') - n * interval '1 minute' as at from generate_series(1, ${READY}) as n) w`,
    );
    await tx.query(
      `insert into etl_watermark (job, tenant_id, watermark) select 'oo-agg', 'tenant-' || n, now() from generate_series(1, ${TENANTS}) as n`,
    );
    await tx.query(
      `insert into etl_schedule (job, tenant_id, align, delay, initial_lookback, max_batch, planned_until)
       select 'oo-agg', 'tenant-' || n, '10m', '2m', '1h', 60, now() from generate_series(1, ${TENANTS}) as n`,
    );
    for (const { definition } of indexes) await tx.query(definition);
  });
  await db.query('analyze etl_job_run, etl_job_attempt');
  await db.query('checkpoint');
}

async function measureTables(db: Db): Promise<string> {
  const rows = await db.query<{ table: string; rows: number; megabytes: number }>(
    `select relname as table, reltuples::float8 as rows, round(pg_total_relation_size(oid) / 1e6)::float8 as megabytes
     from pg_class where relname in ('etl_job_run', 'etl_job_attempt') order by 1`,
  );
  return rows.map(({ table, rows: count, megabytes }) => `${table} ${(count / 1e6).toFixed(2)} M rows ${megabytes} MB`).join(', ');
}

/** Claims the next ready window and ends it, one after another with a pause as of 100 windows a second, until `work` is done. */
async function claimWhile(url: string, work: Promise<unknown>): Promise<string> {
  await using db = await openDatabase(url);
  const times: number[] = [];
  let working = true;
  const worked = work.finally(() => {
    working = false;
  });
  while (working) {
    const started = performance.now();
    const [run] = await db.query<{ id: bigint }>(
      `update etl_job_run set status = 'running', attempt = attempt + 1, worker = 'bench', lease_until = now() + interval '1 minute', started_at = now()
       where id = (select id from etl_job_run where status = 'queued' and blocked_by is null
         order by priority desc, tenant_id, job, window_from limit 1 for update skip locked) returning id`,
    );
    await db.query(`update etl_job_run set status = 'success', finished_at = now(), lease_until = null where id = $1`, [run?.id]);
    const ms = performance.now() - started;
    times.push(ms);
    await new Promise((resolve) => setTimeout(resolve, Math.max(0, 10 - ms)));
  }
  await worked;
  times.sort((a, b) => a - b);
  const quantile = (q: number): string => (times[Math.floor(q * (times.length - 1))] ?? Number.NaN).toFixed(1);
  return `p50 ${quantile(0.5)} ms, p99 ${quantile(0.99)} ms, longest ${quantile(1)} ms (${times.length} claims)`;
}
