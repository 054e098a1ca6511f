import { ObserveBridgeError } from '../core/error.ts';
import { formatTime, type Micros } from '../core/time.ts';
import type { Window } from '../core/window.ts';
import type { Queryable, Tx } from './db.ts';

/** A window that this worker has claimed; `attempt` fences its writes. */
export interface ClaimedRun {
  readonly id: bigint;
  readonly attempt: number;
  readonly window: Window;
}

export interface ClaimRequest {
  readonly job: string;
  readonly tenantId: string;
  readonly windows: readonly Window[];
  readonly worker: string;
  readonly runId: string;
  readonly trigger: string;
  readonly leaseSeconds: number;
}

/** How one window ended. */
export interface RunFailure {
  readonly code: string;
  readonly message: string;
  /** Seconds until the next attempt; absent when there will be none. */
  readonly retryAfterSeconds?: number;
}

/**
 * Claims the windows for this worker, whatever their earlier outcome, and starts an attempt of each; windows that another worker holds a
 * live lease on are not among the result. Every run id that touches a row is kept in its payload.
 */
export async function claimRuns(tx: Tx, request: ClaimRequest): Promise<ClaimedRun[]> {
  const rows = await tx.query<{ id: bigint; attempt: number; window_from: bigint; window_to: bigint }>(
    `insert into etl_job_run as r (job, tenant_id, window_from, window_to, status, attempt, trigger, worker, lease_until, heartbeat_at, started_at, run_id, payload)
     select $1, $2, w.window_from, w.window_to, 'running', 1, $5, $6, now() + make_interval(secs => $7), now(), now(), $8::uuid,
       jsonb_build_object('run_ids', jsonb_build_array($8::text))
     from unnest($3::timestamptz[], $4::timestamptz[]) as w (window_from, window_to)
     on conflict on constraint ux_job_once do update set status = 'running', attempt = r.attempt + 1, trigger = excluded.trigger, worker = excluded.worker,
       lease_until = excluded.lease_until, heartbeat_at = excluded.heartbeat_at, started_at = excluded.started_at, finished_at = null, error_code = null,
       error_message = null, skip_reason = null, progress = null, run_id = excluded.run_id,
       payload = case when (r.payload->'run_ids') @> (excluded.payload->'run_ids') then r.payload
         else r.payload || jsonb_build_object('run_ids', coalesce(r.payload->'run_ids', '[]') || (excluded.payload->'run_ids')) end
       where r.status <> 'running' or r.lease_until < now()
     returning id, attempt, (extract(epoch from window_from) * 1000000)::bigint as window_from, (extract(epoch from window_to) * 1000000)::bigint as window_to`,
    [
      ...[
        request.job,
        request.tenantId,
        request.windows.map((window) => formatTime(window.from)),
        request.windows.map((window) => formatTime(window.to)),
      ],
      ...[request.trigger, request.worker, request.leaseSeconds, request.runId],
    ],
  );
  await tx.query(
    `update etl_job_attempt set status = 'lost', finished_at = now() where job_run_id = any($1::bigint[]) and status = 'running'`,
    [rows.map((row) => row.id)],
  );
  await tx.query(
    `insert into etl_job_attempt (job_run_id, attempt, worker, status, started_at) select id, attempt, worker, 'running', started_at from etl_job_run where id = any($1::bigint[])`,
    [rows.map((row) => row.id)],
  );
  const runs = rows.map(({ id, attempt, window_from, window_to }) => ({
    id,
    attempt,
    window: { from: Number(window_from), to: Number(window_to) },
  }));
  return runs.sort((a, b) => a.window.from - b.window.from);
}

/** Locks the runs for the writing transaction. Rejects with `OB_LEASE_LOST` when any of them is no longer this worker's attempt. */
export async function fenceRuns(tx: Tx, runs: readonly ClaimedRun[], worker: string): Promise<void> {
  const held = await tx.query(
    `select r.id from etl_job_run r join unnest($1::bigint[], $2::int[]) as mine (id, attempt) on mine.id = r.id and mine.attempt = r.attempt
     where r.worker = $3 and r.status = 'running' order by r.id for update of r`,
    [runs.map((run) => run.id), runs.map((run) => run.attempt), worker],
  );
  if (held.length < runs.length) {
    throw new ObserveBridgeError(
      'OB_LEASE_LOST',
      'write',
      `The lease of ${runs.length - held.length} of ${runs.length} windows went to another worker.`,
    );
  }
}

/** Marks fenced runs as succeeded, with what each of them read, wrote and took (`stats`, in the order of the runs). */
export async function succeedRuns(tx: Tx, runs: readonly ClaimedRun[], stats: readonly object[]): Promise<void> {
  const params = [runs.map((run) => run.id), stats.map((stat) => JSON.stringify(stat))];
  await tx.query(
    `update etl_job_run r set status = 'success', finished_at = now(), lease_until = null, progress = 1, stats = s.stats::jsonb
     from unnest($1::bigint[], $2::text[]) as s (id, stats) where s.id = r.id`,
    params,
  );
  await tx.query(
    `update etl_job_attempt a set status = 'success', finished_at = now(), stats = s.stats::jsonb
     from unnest($1::bigint[], $2::text[]) as s (id, stats) where s.id = a.job_run_id and a.status = 'running'`,
    params,
  );
}

/** Ends the attempt of the runs that are still this worker's: queued again when it can be retried, else dead. */
export async function failRuns(tx: Tx, runs: readonly ClaimedRun[], worker: string, failure: RunFailure): Promise<void> {
  const ended = await tx.query<{ id: bigint }>(
    `update etl_job_run r set status = case when $4::double precision is null then 'dead' else 'queued' end, lease_until = null, error_code = $5, error_message = $6,
       finished_at = case when $4::double precision is null then now() end, run_after = now() + make_interval(secs => coalesce($4, 0))
     from unnest($1::bigint[], $2::int[]) as mine (id, attempt)
     where mine.id = r.id and mine.attempt = r.attempt and r.worker = $3 and r.status = 'running' returning r.id`,
    [runs.map((run) => run.id), runs.map((run) => run.attempt), worker, failure.retryAfterSeconds ?? null, failure.code, failure.message],
  );
  await tx.query(
    `update etl_job_attempt set status = 'failed', finished_at = now(), error_code = $2, error_message = $3 where job_run_id = any($1::bigint[]) and status = 'running'`,
    [ended.map((row) => row.id), failure.code, failure.message],
  );
}

/**
 * Moves the watermark over windows that continue it. A schedule's first window sets it; a range run by hand does not, or the schedule would
 * catch up from there.
 */
export async function advanceWatermark(tx: Tx, job: string, tenantId: string, range: Window, trigger: string): Promise<void> {
  const params = [job, tenantId, formatTime(range.from), formatTime(range.to)];
  await tx.query(
    `update etl_watermark set watermark = $4::timestamptz, updated_at = now()
     where job = $1 and tenant_id = $2 and watermark >= $3::timestamptz and watermark < $4::timestamptz`,
    params,
  );
  if (trigger !== 'schedule') return;
  await tx.query(
    `insert into etl_watermark (job, tenant_id, watermark) select $1, $2, $4::timestamptz where $3::timestamptz < $4::timestamptz on conflict do nothing`,
    params,
  );
}

/** Where the schedule of a job goes on, or undefined for a new tenant. */
export async function getWatermark(db: Queryable, job: string, tenantId: string): Promise<Micros | undefined> {
  const [row] = await db.query<{ watermark: bigint }>(
    `select (extract(epoch from watermark) * 1000000)::bigint as watermark from etl_watermark where job = $1 and tenant_id = $2`,
    [job, tenantId],
  );
  return row && Number(row.watermark);
}
