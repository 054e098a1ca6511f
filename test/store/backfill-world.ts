import { HOUR, MINUTE, type Micros, parseTime } from '../../src/core/time.ts';
import type { BackfillRequest } from '../../src/store/backfill.ts';
import type { Db } from '../../src/store/db.ts';

/** Noon of the day on which the tests' backfills are requested. */
export const noon: Micros = parseTime('2025-06-01T12:00:00Z') ?? 0;

/** A request for the ten minutes from noon, made two hours later by run 018f…01. */
export function toRequest(changes: Partial<BackfillRequest> = {}): BackfillRequest {
  return {
    ...{ job: 'oo-agg', tenantId: 'a', range: { from: noon, to: noon + 10 * MINUTE }, align: MINUTE, delay: 2 * MINUTE },
    ...{ mode: 'none', concurrency: 1, maxBatch: 3, stopOnFailure: false, runBackwards: false, force: false },
    ...{ caller: { runId: '018f3a5e-1c2d-7000-8000-000000000001', origin: { system: 'argo', name: 'nightly' } }, now: noon + 2 * HOUR },
    ...changes,
  };
}

/** Stores a run of the minute `minute` after noon as if it had become this before the backfill. */
export async function addRun(db: Db, minute: number, status: string, job = 'oo-agg', tenantId = 'a'): Promise<bigint> {
  const [run] = await db.query<{ id: bigint }>(
    `insert into etl_job_run (job, tenant_id, window_from, window_to, status, attempt, trigger, priority, finished_at, error_code, skip_reason, settle_at, progress, stats)
     select $1, $4, at, at + interval '1 minute', $2, 1, 'schedule', 20, case when $2 in ('queued', 'running') then null else at + interval '3 minutes' end,
       case $2 when 'dead' then 'OB_TIMEOUT' end, case $2 when 'skipped' then 'by hand' end, case $2 when 'success' then timestamptz '2025-06-01T18:00:00.000001Z' end,
       case $2 when 'success' then 1 end, '{"kept": true}'
     from (select timestamptz '2025-06-01T12:00:00Z' + make_interval(mins => $3::int)) w (at) returning id`,
    [job, status, minute, tenantId],
  );
  return run?.id ?? 0n;
}

/** The run of the minute `minute` after noon, as text of all that a backfill may not lose. */
export async function readRun(db: Db, minute: number): Promise<Record<string, unknown> | undefined> {
  const [run] = await db.query<Record<string, unknown>>(
    `select id, status, trigger, priority, finished_at, error_code, skip_reason, settle_at, progress, stats from etl_job_run
     where window_from = timestamptz '2025-06-01T12:00:00Z' + make_interval(mins => $1::int)`,
    [minute],
  );
  return run;
}

/** Claims up to `count` queued runs as a worker does, and returns their minutes in the order of the claim. */
export async function claim(db: Db, count: number): Promise<number[]> {
  const rows = await db.query<{ window_from: string }>(
    `update etl_job_run set status = 'running', attempt = attempt + 1, started_at = now(), finished_at = null, error_code = null, progress = null
     where id in (select id from etl_job_run where status = 'queued' and blocked_by is null and run_after <= now() order by priority desc, window_from limit $1 for update skip locked)
     returning window_from`,
    [count],
  );
  return rows.map((row) => ((parseTime(row.window_from) ?? 0) - noon) / MINUTE).toSorted((a, b) => a - b);
}

/** Ends running runs, all or those of some minutes, as a worker does; `queued` is an attempt that is tried again. */
export async function end(db: Db, status: 'success' | 'dead' | 'canceled' | 'queued', minutes?: readonly number[]): Promise<void> {
  await db.query(
    `update etl_job_run set status = $1, finished_at = case when $1 = 'queued' then null else now() end, error_code = case when $1 in ('dead', 'queued') then 'OB_TIMEOUT' end
     where status = 'running' and ($2::int[] is null or extract(epoch from window_from - timestamptz '2025-06-01T12:00:00Z')::int / 60 = any($2::int[]))`,
    [status, minutes ?? null],
  );
}
