import { priorities } from '../core/trigger.ts';
import type { Tx } from './db.ts';
import { mergePayloads } from './trigger.ts';

/**
 * SQL for why the backfill leaves out a window whose run is `r`, null where it does not. `mode` and `owned` are expressions: the mode, and
 * whether the backfill had queued the window before.
 */
export function toSkipReason(mode: string, owned: string): string {
  return `case when r.status in ('queued', 'running') or r.status = 'success' and ${mode} <> 'completed'
    or r.status in ('dead', 'canceled', 'skipped') and ${mode} = 'none' and not ${owned} then r.status || ' already' end`;
}

interface OpenBackfill {
  readonly backfill_id: bigint;
  readonly job: string;
  readonly tenant_id: string;
  readonly status: 'running' | 'paused' | 'success' | 'failed' | 'canceled';
  readonly room: number;
  readonly stop_on_failure: boolean;
  readonly run_backwards: boolean;
}

/**
 * Takes every backfill one step on and returns how many windows it queued: copies the outcomes of finished runs, keeps up to
 * `concurrency × max_batch` windows in the queue, and ends what is through. Idempotent; a backfill that another process works on is left to it.
 */
export async function advanceBackfills(tx: Tx): Promise<number> {
  const open = await tx.query<OpenBackfill>(
    `select backfill_id, job, tenant_id, status, concurrency * max_batch as room, stop_on_failure, run_backwards from etl_backfill
     where backfill_id = any(array(select backfill_id from etl_backfill where status = 'running'
       union select backfill_id from etl_backfill_window where status = 'queued'))
     order by backfill_id for update skip locked`,
  );
  let queued = 0;
  for (const backfill of open) queued += await advanceBackfill(tx, backfill);
  return queued;
}

async function advanceBackfill(tx: Tx, backfill: OpenBackfill): Promise<number> {
  const id = backfill.backfill_id;
  const failed = await copyOutcomes(tx, id);
  const isActive = backfill.status === 'running' || backfill.status === 'paused';
  if (isActive && backfill.stop_on_failure && failed !== undefined) {
    await endBackfill(tx, id, 'failed', `The window from ${failed} failed, and the backfill stops at the first failure.`);
    await clearQueue(tx, id, 'canceled');
    return 0;
  }
  if (backfill.status !== 'running') {
    await clearQueue(tx, id, backfill.status === 'paused' ? 'pending' : 'canceled');
    return 0;
  }
  const queued = await fillQueue(tx, backfill);
  const [rest] = await tx.query(`select from etl_backfill_window where backfill_id = $1 and status in ('pending', 'queued') limit 1`, [id]);
  if (rest === undefined) await finishBackfill(tx, id);
  return queued;
}

/** Ends the windows whose runs ended; resolves with the beginning of the earliest one that failed just now. */
async function copyOutcomes(tx: Tx, id: bigint): Promise<string | undefined> {
  // A run that retention removed before its end was copied is nobody's any more: the window is decided on again.
  const [row] = await tx.query<{ failed: string | null }>(
    `with ended as (
       update etl_backfill_window w set skip_reason = r.skip_reason,
         status = case r.status when 'dead' then 'failed' when 'success' then 'success' when 'canceled' then 'canceled' when 'skipped' then 'skipped' else 'pending' end
       from etl_backfill_window o left join etl_job_run r on r.id = o.job_run_id
       where o.backfill_id = $1 and o.status = 'queued' and (r.id is null or r.status not in ('queued', 'running'))
         and w.backfill_id = o.backfill_id and w.window_from = o.window_from
       returning w.status, w.window_from)
     select min(window_from) as failed from ended where status = 'failed'`,
    [id],
  );
  return row?.failed ?? undefined;
}

/**
 * Takes the windows of a backfill that wait out of the queue again; their runs become what they were before, or canceled if they were not.
 * Running ones go on, and so do those that somebody else has asked for meanwhile.
 */
export async function clearQueue(tx: Tx, id: bigint, status: 'pending' | 'canceled'): Promise<void> {
  await tx.query(
    `with mine as (
       select r.id, w.prior, w.window_from from etl_backfill_window w join etl_job_run r on r.id = w.job_run_id
       where w.backfill_id = $1 and w.status = 'queued' and r.status = 'queued' and r.priority = $2 order by r.id for update of r),
     restored as (
       update etl_job_run r set (status, trigger, started_at, finished_at, error_code, error_message, skip_reason, settle_at, progress) =
         (select p.status, p.trigger, p.started_at, coalesce(p.finished_at, now()), p.error_code, p.error_message, p.skip_reason, p.settle_at, p.progress
          from jsonb_populate_record(r, mine.prior) p)
       from mine where r.id = mine.id)
     update etl_backfill_window w set status = $3 from mine where w.backfill_id = $1 and w.window_from = mine.window_from`,
    [id, priorities.backfill, status],
  );
  if (status === 'pending') return;
  await tx.query(`update etl_backfill_window set status = $2 where backfill_id = $1 and status = 'pending'`, [id, status]);
}

async function fillQueue(tx: Tx, { backfill_id, job, tenant_id, room, run_backwards }: OpenBackfill): Promise<number> {
  const next = await tx.query<{ window_from: string }>(
    `select window_from from etl_backfill_window where backfill_id = $1 and status = 'pending' order by window_from ${run_backwards ? 'desc' : ''}
     limit greatest(0, $2::int - (select count(*)::int from etl_backfill_window where backfill_id = $1 and status = 'queued'))`,
    [backfill_id, room],
  );
  if (next.length === 0) return 0;
  const params = [backfill_id, job, tenant_id, next.map((row) => row.window_from)];
  await tx.query(
    `with locked as (
       select w.window_from, ${toSkipReason('b.mode', '(w.job_run_id is not null)')} as reason
       from etl_backfill b join etl_backfill_window w using (backfill_id)
         join etl_job_run r on r.job = $2 and r.tenant_id = $3 and r.window_from = w.window_from and r.window_to = w.window_to
       where b.backfill_id = $1 and w.window_from = any($4::timestamptz[]) order by r.id for update of r)
     update etl_backfill_window w set status = 'skipped', skip_reason = locked.reason
     from locked where w.backfill_id = $1 and w.window_from = locked.window_from and locked.reason is not null`,
    params,
  );
  const queued = await tx.query(
    `with chosen as (
       select w.window_from, w.window_to, b.run_id, b.payload, case when r.id is null then '{"status": "canceled"}' else jsonb_build_object(
         'status', r.status, 'trigger', r.trigger, 'started_at', r.started_at, 'finished_at', r.finished_at, 'error_code', r.error_code,
         'error_message', r.error_message, 'skip_reason', r.skip_reason, 'settle_at', r.settle_at, 'progress', r.progress) end as prior
       from etl_backfill b join etl_backfill_window w using (backfill_id)
         left join etl_job_run r on r.job = $2 and r.tenant_id = $3 and r.window_from = w.window_from and r.window_to = w.window_to
       where b.backfill_id = $1 and w.status = 'pending' and w.window_from = any($4::timestamptz[])),
     queued as (
       insert into etl_job_run as r (job, tenant_id, window_from, window_to, priority, trigger, blocked_by, run_id, payload)
       select $2, $3, window_from, window_to, $5, 'backfill', (select after[1] from etl_schedule where job = $2 and tenant_id = $3), run_id, payload
       from chosen order by window_from
       on conflict on constraint ux_job_once do update set status = 'queued', priority = excluded.priority, trigger = excluded.trigger,
         run_after = now(), retries = 0, losses = 0, blocked_by = excluded.blocked_by, skip_reason = null, settle_at = null, cancel_requested = false, run_id = excluded.run_id,
         payload = ${mergePayloads('r.payload', 'excluded.payload')}
       where r.status not in ('queued', 'running')
       returning r.id, r.window_from)
     update etl_backfill_window w set status = 'queued', job_run_id = queued.id, prior = chosen.prior
     from queued join chosen using (window_from) where w.backfill_id = $1 and w.window_from = queued.window_from returning w.window_from`,
    [...params, priorities.backfill],
  );
  return queued.length;
}

async function finishBackfill(tx: Tx, id: bigint): Promise<void> {
  const [counts] = await tx.query<{ windows: number; failed: number; canceled: number }>(
    `select count(*)::int as windows, count(*) filter (where status = 'failed')::int as failed, count(*) filter (where status = 'canceled')::int as canceled
     from etl_backfill_window where backfill_id = $1`,
    [id],
  );
  const { windows, failed, canceled } = counts ?? { windows: 0, failed: 0, canceled: 0 };
  if (failed + canceled === 0) await endBackfill(tx, id, 'success');
  else await endBackfill(tx, id, 'failed', `Of ${windows} windows ${failed} failed and ${canceled} were canceled.`);
}

/** Gives a backfill its last status. */
export async function endBackfill(tx: Tx, id: bigint, status: 'success' | 'failed' | 'canceled', sentence?: string): Promise<void> {
  await tx.query(`update etl_backfill set status = $2, finished_at = now(), error_message = $3 where backfill_id = $1`, [
    ...[id, status, sentence ?? null],
  ]);
}
