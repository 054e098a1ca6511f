import { formatTime, MINUTE, type Micros } from '../core/time.ts';
import type { Window } from '../core/window.ts';
import type { GraphReader } from './graph-db.ts';
import type { CallEdge } from './refresh-graph.ts';

/** How long an edge stays in the graph after its last calls. */
const ACTIVE: Micros = 10 * MINUTE;

/** The active window that ends at a time. */
export function activeWindow(asOf: Micros): Window {
  return { from: asOf - ACTIVE, to: asOf };
}

/**
 * Every caller and callee with calls in the window. rps and err_rate are averages over the five-minute rows, weighted by their calls; protocols of
 * one five minutes add up first. `last_seen` is the start of the last five minutes with calls. The percentiles are those of the row where there is
 * only one, else the greatest of the rows, which the true one never exceeds.
 */
export async function listActiveCalls(db: GraphReader, tenantId: string, window: Window): Promise<CallEdge[]> {
  return db.query<CallEdge>(
    `with five_minutes as (
       select src_resource_id, dst_resource_id, bucket, sum(calls)::bigint as calls, sum(errors)::float8 / sum(calls)::float8 as err_rate,
         sum(rps) as rps, max(p50_ms) as p50_ms, max(p95_ms) as p95_ms
       from service_call_5m where tenant_id = $1 and bucket >= $2 and bucket < $3 and calls > 0
       group by src_resource_id, dst_resource_id, bucket)
     select src_resource_id as src, dst_resource_id as dst, sum(calls)::bigint as calls, sum(rps * calls) / sum(calls)::float8 as rps,
       sum(err_rate * calls) / sum(calls)::float8 as "errRate", max(p50_ms) as "p50Ms", max(p95_ms) as "p95Ms",
       to_char(max(bucket), 'YYYY-MM-DD"T"HH24:MI:SS"Z"') as "lastSeen"
     from five_minutes group by src_resource_id, dst_resource_id order by src_resource_id, dst_resource_id`,
    [tenantId, formatTime(window.from), formatTime(window.to)],
  );
}
