import { formatTime, type Micros, SECOND } from '../core/time.ts';
import { type Caller, priorities, type Trigger } from '../core/trigger.ts';
import { splitWindow, type Window } from '../core/window.ts';
import type { Queryable, Tx } from './db.ts';

/** A request from outside to run the aligned windows of a range. */
export interface WindowRequest {
  readonly job: string;
  readonly tenantId: string;
  readonly range: Window;
  readonly align: Micros;
  /** How long after its end a window may run; later ones wait in the queue until then. */
  readonly delay: Micros;
  readonly trigger: Trigger;
  readonly caller: Caller;
}

/** What became of a request. `queued` windows will run; `pending` ones were queued or running already. */
export interface TriggerOutcome {
  readonly outcome: 'accepted' | 'deduplicated';
  readonly queued: number;
  readonly pending: number;
}

/** The SQL value of a caller for `payload`: the ids of a row and what is known of each. */
export function toPayload({ runId, origin }: Caller): string {
  return JSON.stringify({ run_ids: [runId], ...(origin && Object.keys(origin).length > 0 ? { origins: { [runId]: origin } } : {}) });
}

/** SQL that adds the ids and origins of one payload expression to those of another; ids that are there already stay where they are. */
export function mergePayloads(kept: string, added: string): string {
  return `case when ${kept}->'run_ids' @> (${added}->'run_ids') and not ${added} ? 'origins' then ${kept} else ${kept} || jsonb_build_object('run_ids',
    coalesce(${kept}->'run_ids', '[]') || case when coalesce(${kept}->'run_ids' @> (${added}->'run_ids'), false) then '[]' else ${added}->'run_ids' end)
    || case when ${added} ? 'origins' then jsonb_build_object('origins', coalesce(${kept}->'origins', '{}') || (${added}->'origins')) else '{}' end end`;
}

/**
 * Queues every window of the request: new ones, and finished ones again. Windows that are queued or running already stay as they are. Every
 * row takes the caller's id into its payload, and the request itself is recorded.
 */
export async function enqueueWindows(tx: Tx, request: WindowRequest): Promise<TriggerOutcome> {
  const { job, tenantId, range, align, delay, trigger, caller } = request;
  const windows = splitWindow(range, align);
  const times = [windows.map((window) => formatTime(window.from)), windows.map((window) => formatTime(window.to))];
  const pending = await tx.query(
    `select r.id from etl_job_run r join unnest($3::timestamptz[], $4::timestamptz[]) as w (window_from, window_to) using (window_from, window_to)
     where r.job = $1 and r.tenant_id = $2 and r.status in ('queued', 'running') order by r.id for update of r`,
    [job, tenantId, ...times],
  );
  await tx.query(
    `insert into etl_job_run as r (job, tenant_id, window_from, window_to, status, priority, trigger, run_after, run_id, payload)
     select $1, $2, w.window_from, w.window_to, 'queued', $5, $6, greatest(now(), w.window_to + make_interval(secs => $7)), $8::uuid, $9::jsonb
     from unnest($3::timestamptz[], $4::timestamptz[]) as w (window_from, window_to) order by w.window_from
     on conflict on constraint ux_job_once do update set
       status = case when r.status in ('queued', 'running') then r.status else 'queued' end,
       priority = case when r.status in ('queued', 'running') then greatest(r.priority, excluded.priority) else excluded.priority end,
       trigger = case when r.status in ('queued', 'running') then r.trigger else excluded.trigger end,
       run_after = case when r.status in ('queued', 'running') then r.run_after else excluded.run_after end,
       retries = case when r.status in ('queued', 'running') then r.retries else 0 end,
       skip_reason = null, settle_at = null, cancel_requested = false, run_id = excluded.run_id,
       payload = ${mergePayloads('r.payload', 'excluded.payload')}`,
    [job, tenantId, ...times, priorities[trigger], trigger, delay / SECOND, caller.runId, toPayload(caller)],
  );
  const queued = windows.length - pending.length;
  const result: TriggerOutcome = { outcome: queued > 0 ? 'accepted' : 'deduplicated', queued, pending: pending.length };
  await recordTrigger(tx, request, result.outcome);
  return result;
}

/** Writes down a request, also one that was refused: its run id can be looked up either way. */
export async function recordTrigger(
  db: Queryable,
  request: Pick<WindowRequest, 'job' | 'tenantId' | 'trigger' | 'caller'> & { readonly range?: Window },
  outcome: 'accepted' | 'deduplicated' | 'rejected',
  reason?: string,
): Promise<void> {
  const { job, tenantId, trigger, caller, range } = request;
  await db.query(
    `insert into etl_trigger (run_id, trigger, job, tenant_id, window_from, window_to, outcome, reason, origin, traceparent)
     values ($1::uuid, $2, $3, $4, $5::timestamptz, $6::timestamptz, $7, $8, $9::jsonb, $10)`,
    [
      ...[caller.runId, trigger, job, tenantId, range ? formatTime(range.from) : null, range ? formatTime(range.to) : null],
      ...[outcome, reason ?? null, JSON.stringify(caller.origin ?? {}), caller.traceparent ?? null],
    ],
  );
}
