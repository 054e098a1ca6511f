import { formatTime, MINUTE, type Micros, parseTime } from '../core/time.ts';
import type { GraphReader } from './graph-db.ts';

/** Which edges a question looks at: calls that were made, edges that documents declare, or both. */
export const edgeKinds = ['calls', 'declared', 'all'] as const;
export type EdgeKind = (typeof edgeKinds)[number];

/** The edges of a tenant at a time. Times are ISO 8601 UTC. */
export interface EdgeView {
  readonly tenantId: string;
  /** Five minutes that begin in `[callsFrom, callsTo)` count. */
  readonly callsFrom: string;
  readonly callsTo: string;
  /** Edges declared at this time count. */
  readonly declaredAt: string;
}

/**
 * The view as of a time; without one, that of the newest calls that the tenant has and of what is declared `now`. Calls of `span` before count.
 */
export async function openEdgeView(
  db: GraphReader,
  tenantId: string,
  { asOf, now, span }: { readonly asOf: Micros | undefined; readonly now: Micros; readonly span: Micros },
): Promise<EdgeView> {
  const to = asOf ?? (await findNewestCalls(db, tenantId)) ?? now;
  return { tenantId, callsFrom: formatTime(to - span), callsTo: formatTime(to), declaredAt: formatTime(asOf ?? now) };
}

async function findNewestCalls(db: GraphReader, tenantId: string): Promise<Micros | undefined> {
  const rows = await db.query<{ bucket: string }>(
    'select bucket from service_call_5m where tenant_id = $1 order by tenant_id desc, bucket desc limit 1',
    [tenantId],
  );
  const [newest] = rows;
  return newest && (parseTime(newest.bucket) ?? 0) + 5 * MINUTE;
}

/** Parameters `$1` to `$4` of `edgesSql`. */
export function edgeParams({ tenantId, callsFrom, callsTo, declaredAt }: EdgeView): unknown[] {
  return [tenantId, callsFrom, callsTo, declaredAt];
}

/**
 * SQL of the view: `src`, `dst`, `relation` (`CALLS` or as declared) and, for calls, `calls`, `rps` over the whole span, `err_rate` 0 to 1 and
 * `worst_p95_ms`, the greatest of the five-minute rows. One row per pair and relation; an edge from a resource to itself is left out.
 */
export function edgesSql(kind: EdgeKind): string {
  return { calls: CALLS, declared: DECLARED, all: `${CALLS} union all ${DECLARED}` }[kind];
}

// Every statement uses all four parameters, whichever edges it looks at.
const CALLS = `select src_resource_id as src, dst_resource_id as dst, 'CALLS' as relation, sum(calls)::bigint as calls,
    sum(calls)::float8 / extract(epoch from $3::timestamptz - $2::timestamptz)::float8 as rps,
    sum(errors)::float8 / sum(calls)::float8 as err_rate, max(p95_ms) as worst_p95_ms
  from service_call_5m
  where tenant_id = $1 and bucket >= $2::timestamptz and bucket < $3::timestamptz and calls > 0 and src_resource_id <> dst_resource_id
    and $4::timestamptz is not null
  group by src_resource_id, dst_resource_id`;

const DECLARED = `select distinct src_resource_id as src, dst_resource_id as dst, relation, null::bigint as calls, null::float8 as rps,
    null::float8 as err_rate, null::float8 as worst_p95_ms
  from topo_edge_time
  where tenant_id = $1 and valid @> $4::timestamptz and src_resource_id <> dst_resource_id
    and $2::timestamptz is not null and $3::timestamptz is not null`;
