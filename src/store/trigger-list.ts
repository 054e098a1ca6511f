import type { Origin } from '../core/trigger.ts';
import type { Queryable } from './db.ts';

/** A request from outside to run windows, also one that was refused; times are ISO 8601 UTC. */
export interface TriggerRow {
  readonly trigger_id: number;
  readonly received_at: string;
  readonly run_id: string;
  readonly trigger: string;
  readonly job: string;
  readonly tenant_id: string;
  readonly window_from: string | null;
  readonly window_to: string | null;
  readonly outcome: 'accepted' | 'deduplicated' | 'rejected';
  readonly reason: string | null;
  readonly origin: Origin;
  readonly traceparent: string | null;
}

/** Requests, newest first, with ids below `before`. */
export function listTriggers(
  db: Queryable,
  filter: { tenants?: readonly string[] | undefined; runId?: string | undefined; before?: bigint | undefined; limit: number },
): Promise<TriggerRow[]> {
  return db.query<TriggerRow>(
    `select trigger_id::float8 as trigger_id, received_at, run_id, trigger, job, tenant_id, window_from, window_to, outcome, reason, origin, traceparent
     from etl_trigger where ($1::text[] is null or tenant_id = any($1::text[])) and ($2::uuid is null or run_id = $2::uuid)
       and ($3::bigint is null or trigger_id < $3::bigint)
     order by trigger_id desc limit $4`,
    [filter.tenants ?? null, filter.runId ?? null, filter.before ?? null, filter.limit],
  );
}
