import { DAY, formatTime, type Micros } from '../core/time.ts';
import type { Window } from '../core/window.ts';
import type { GraphReader } from './graph-db.ts';

/** What a time is compared with: the same length of time right before it, or the same time a day earlier. */
export const baselines = ['before', 'yesterday'] as const;
export type Baseline = (typeof baselines)[number];

export interface MovedQuery {
  readonly window: Window;
  readonly baseline: Baseline;
  /** Calls that an edge needs in both times. */
  readonly minCalls: number;
  readonly limit: number;
}

/** An edge that is not as it was. Rates are 0 to 1; p95 is the median over the five-minute rows of their 95th percentile. */
export interface MovedEdge {
  readonly src_urn: string;
  readonly dst_urn: string;
  readonly calls: bigint;
  readonly baseline_calls: bigint;
  readonly err_rate: number;
  readonly baseline_err_rate: number;
  readonly p95_ms: number | null;
  readonly baseline_p95_ms: number | null;
  /** What moved: `err_rate`, `p95_ms` or both, with `up` or `down`. */
  readonly moved: readonly string[];
}

export interface MovedEdges {
  readonly edges: readonly MovedEdge[];
  readonly truncated: boolean;
}

/** The window that another one is compared with. */
export function baselineOf({ from, to }: Window, baseline: Baseline): Window {
  const back: Micros = baseline === 'yesterday' ? DAY : to - from;
  return { from: from - back, to: to - back };
}

/**
 * Calls whose error rate or 95th percentile moved against the baseline, most calls first. The error rate moved when it differs by at least one
 * point in a hundred and by more than three standard errors of the difference of two shares; the percentile when it is at least half as much again, or
 * two thirds, and at least 5 ms away. Edges that are in only one of the two times, or have fewer calls than asked for, tell nothing.
 */
export async function listMovedEdges(db: GraphReader, tenantId: string, query: MovedQuery): Promise<MovedEdges> {
  const before = baselineOf(query.window, query.baseline);
  const rows = await db.query<MovedEdge>(
    `with measured as (
       select src_resource_id as src, dst_resource_id as dst, bucket >= $4::timestamptz and bucket < $5::timestamptz as is_now,
         sum(calls)::bigint as calls, sum(errors)::float8 / sum(calls)::float8 as err_rate, percentile_disc(0.5) within group (order by p95_ms) as p95_ms
       from service_call_5m
       where tenant_id = $1 and calls > 0 and src_resource_id <> dst_resource_id
         and (bucket >= $2::timestamptz and bucket < $3::timestamptz or bucket >= $4::timestamptz and bucket < $5::timestamptz)
       group by 1, 2, 3 having sum(calls) >= $6::bigint),
     compared as (
       select src, dst, now.calls, was.calls as baseline_calls, now.err_rate, was.err_rate as baseline_err_rate, now.p95_ms, was.p95_ms as baseline_p95_ms,
         (now.err_rate * now.calls + was.err_rate * was.calls) / (now.calls + was.calls)::float8 as pooled
       from measured now join measured was using (src, dst) where now.is_now and not was.is_now),
     judged as (
       select *, abs(err_rate - baseline_err_rate) >= 0.01
           and abs(err_rate - baseline_err_rate) > 3 * sqrt(greatest(0, pooled * (1 - pooled)) * (1 / calls::float8 + 1 / baseline_calls::float8)) as err_moved,
         coalesce(abs(p95_ms - baseline_p95_ms) >= 5 and greatest(p95_ms, baseline_p95_ms) >= 1.5 * least(p95_ms, baseline_p95_ms), false) as p95_moved
       from compared)
     select coalesce(s.urn, 'urn:unknown:' || src) as src_urn, coalesce(d.urn, 'urn:unknown:' || dst) as dst_urn, calls, baseline_calls, err_rate,
       baseline_err_rate, p95_ms, baseline_p95_ms,
       array_remove(array[case when err_moved then 'err_rate ' || case when err_rate > baseline_err_rate then 'up' else 'down' end end,
         case when p95_moved then 'p95_ms ' || case when p95_ms > baseline_p95_ms then 'up' else 'down' end end], null) as moved
     from judged left join dim_resource s on s.tenant_id = $1 and s.resource_id = src left join dim_resource d on d.tenant_id = $1 and d.resource_id = dst
     where err_moved or p95_moved order by calls desc, src_urn, dst_urn limit $7`,
    [tenantId, ...[before, query.window].flatMap(({ from, to }) => [formatTime(from), formatTime(to)]), query.minCalls, query.limit + 1],
  );
  return { edges: rows.slice(0, query.limit), truncated: rows.length > query.limit };
}
