import { priorities } from '../core/trigger.ts';
import type { Tx } from './db.ts';

/**
 * Queues a run that has ended again, at once and with all its attempts before it. Undefined when there is no such run or it has not ended.
 */
export async function retryRun(tx: Tx, id: bigint): Promise<'queued' | undefined> {
  const [run] = await tx.query(
    `update etl_job_run set status = 'queued', retries = 0, losses = 0, run_after = now(), priority = $2, trigger = 'event', error_code = null, error_message = null,
       skip_reason = null, settle_at = null, cancel_requested = false, finished_at = null, progress = null
     where id = $1::bigint and status in ('success', 'dead', 'canceled', 'skipped') returning id`,
    [id, priorities.event],
  );
  return run && 'queued';
}

/**
 * Cancels a run: one in the queue at once, a running one with its worker's next heartbeat. Undefined when there is no such run or it has ended.
 */
export async function cancelRun(tx: Tx, id: bigint): Promise<'canceled' | 'cancel_requested' | undefined> {
  const [run] = await tx.query<{ status: string }>(
    `update etl_job_run set status = case status when 'queued' then 'canceled' else status end,
       finished_at = case status when 'queued' then now() else finished_at end, cancel_requested = (status = 'running')
     where id = $1::bigint and status in ('queued', 'running') returning status`,
    [id],
  );
  return run && (run.status === 'canceled' ? 'canceled' : 'cancel_requested');
}
