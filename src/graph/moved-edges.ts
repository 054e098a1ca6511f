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
  /** Only edges from or to these resources. */
  readonly near?: readonly bigint[] | undefined;
  readonly limit: number;
}

/**
 * An edge that is not as it was. Rates are 0 to 1; p95 is that of all calls where their latencies are kept, else the median over the five-minute rows
 * of their 95th percentile.
 */
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

/** All calls per caller and callee of a window by `src dst`, with the 95th percentile of them all; undefined where latencies are not kept. */
export type MergeEdges = (
  window: Window,
) => Promise<ReadonlyMap<string, { readonly calls: number; readonly p95Ms: number | null }> | undefined>;

/** An edge with enough calls in both times. */
interface Compared extends Omit<MovedEdge, 'moved'> {
  readonly src: bigint;
  readonly dst: bigint;
}

/**
 * Calls whose error rate or 95th percentile moved against the baseline, most calls first. The error rate moved when it differs by at least one
 * point in a hundred and by more than three standard errors of the difference of two shares; the percentile when it is at least half as much again, or
 * two thirds, and at least 5 ms away. Edges that are in only one of the two times, or have fewer calls than asked for, tell nothing.
 */
export async function listMovedEdges(
  db: GraphReader,
  tenantId: string,
  query: MovedQuery,
  mergeEdges?: MergeEdges | undefined,
): Promise<MovedEdges> {
  const before = baselineOf(query.window, query.baseline);
  const near = query.near ? 'and (src_resource_id = any($7::bigint[]) or dst_resource_id = any($7))' : '';
  const rows = await db.query<Compared>(
    `with measured as (
       select src_resource_id as src, dst_resource_id as dst, bucket >= $4::timestamptz and bucket < $5::timestamptz as is_now,
         sum(calls)::bigint as calls, sum(errors)::float8 / sum(calls)::float8 as err_rate, percentile_disc(0.5) within group (order by p95_ms) as p95_ms
       from service_call_5m
       where tenant_id = $1 and calls > 0 and src_resource_id <> dst_resource_id ${near}
         and (bucket >= $2::timestamptz and bucket < $3::timestamptz or bucket >= $4::timestamptz and bucket < $5::timestamptz)
       group by 1, 2, 3 having sum(calls) >= $6::bigint)
     select src, dst, coalesce(s.urn, 'urn:unknown:' || src) as src_urn, coalesce(d.urn, 'urn:unknown:' || dst) as dst_urn, now.calls,
       was.calls as baseline_calls, now.err_rate, was.err_rate as baseline_err_rate, now.p95_ms, was.p95_ms as baseline_p95_ms
     from measured now join measured was using (src, dst)
       left join dim_resource s on s.tenant_id = $1 and s.resource_id = src left join dim_resource d on d.tenant_id = $1 and d.resource_id = dst
     where now.is_now and not was.is_now order by now.calls desc, src_urn, dst_urn`,
    [
      tenantId,
      ...[before, query.window].flatMap(({ from, to }) => [formatTime(from), formatTime(to)]),
      query.minCalls,
      ...(query.near ? [query.near] : []),
    ],
  );
  const [merged, mergedBefore] = rows.length > 0 && mergeEdges ? [await mergeEdges(query.window), await mergeEdges(before)] : [];
  const edges = rows.flatMap(({ src, dst, ...row }) => {
    const [now, was] = [merged?.get(`${src} ${dst}`), mergedBefore?.get(`${src} ${dst}`)];
    const isWhole = now?.calls === Number(row.calls) && was?.calls === Number(row.baseline_calls);
    const edge = isWhole ? { ...row, p95_ms: now.p95Ms, baseline_p95_ms: was.p95Ms } : row;
    const moved = judge(edge);
    return moved.length > 0 ? [{ ...edge, moved }] : [];
  });
  return { edges: edges.slice(0, query.limit), truncated: edges.length > query.limit };
}

function judge({ calls, baseline_calls, err_rate, baseline_err_rate, p95_ms, baseline_p95_ms }: Omit<MovedEdge, 'moved'>): string[] {
  const [count, countBefore] = [Number(calls), Number(baseline_calls)];
  const pooled = (err_rate * count + baseline_err_rate * countBefore) / (count + countBefore);
  const deviation = Math.sqrt(Math.max(0, pooled * (1 - pooled)) * (1 / count + 1 / countBefore));
  const difference = Math.abs(err_rate - baseline_err_rate);
  const [p95, p95Before] = [p95_ms ?? 0, baseline_p95_ms ?? 0];
  const isKnown = p95_ms !== null && baseline_p95_ms !== null;
  const isFar = Math.abs(p95 - p95Before) >= 5 && Math.max(p95, p95Before) >= 1.5 * Math.min(p95, p95Before);
  return [
    ...(difference >= 0.01 && difference > 3 * deviation ? [`err_rate ${err_rate > baseline_err_rate ? 'up' : 'down'}`] : []),
    ...(isKnown && isFar ? [`p95_ms ${p95 > p95Before ? 'up' : 'down'}`] : []),
  ];
}
