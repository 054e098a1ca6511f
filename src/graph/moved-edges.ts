import { DAY, type Micros } from '../core/time.ts';
import type { Window } from '../core/window.ts';
import type { CallReader } from './call-reader.ts';
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
}

/**
 * An edge that is not as it was. Rates are 0 to 1; p95 is that of all calls where their latencies are kept, else the mean over the rows weighted by
 * calls.
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

/** An edge that is not as it was, with the ids of caller and callee. */
export interface FoundMovedEdge {
  readonly ids: readonly [src: bigint, dst: bigint];
  readonly edge: MovedEdge;
}

/** The first of the edges that `findMovedEdges` finds. */
export async function listMovedEdges(
  db: GraphReader,
  tenantId: string,
  { limit, ...query }: MovedQuery & { readonly limit: number },
  calls: CallReader,
): Promise<MovedEdges> {
  const found = await findMovedEdges(db, tenantId, query, calls);
  return { edges: found.slice(0, limit).map(({ edge }) => edge), truncated: found.length > limit };
}

/**
 * Calls whose error rate or 95th percentile moved against the baseline, most calls first. The error rate moved when it differs by at least one
 * point in a hundred and by more than three standard errors of the difference of two shares; the percentile when it is at least half as much again, or
 * two thirds, and at least 5 ms away. Edges that are in only one of the two times, or have fewer calls than asked for, tell nothing.
 */
export async function findMovedEdges(db: GraphReader, tenantId: string, query: MovedQuery, calls: CallReader): Promise<FoundMovedEdge[]> {
  const { window, baseline, minCalls, near } = query;
  const before = baselineOf(window, baseline);
  const keyOf = ({ src, dst }: { src: bigint; dst: bigint }): string => `${src} ${dst}`;
  const past = new Map((await calls.listEdges(before, near)).map((edge) => [keyOf(edge), edge]));
  const compared = (await calls.listEdges(window, near)).flatMap((now) => {
    const was = past.get(keyOf(now));
    return was && now.calls >= minCalls && was.calls >= minCalls ? [{ now, was }] : [];
  });
  const [merged, mergedBefore] = compared.length > 0 ? [await calls.mergeEdges(window), await calls.mergeEdges(before)] : [];
  const found = compared.flatMap(({ now, was }) => {
    const [whole, wholeBefore] = [merged?.get(keyOf(now)), mergedBefore?.get(keyOf(now))];
    const isWhole = whole?.calls === Number(now.calls) && wholeBefore?.calls === Number(was.calls);
    const edge = {
      ...{ calls: now.calls, baseline_calls: was.calls, err_rate: now.err_rate, baseline_err_rate: was.err_rate },
      ...{ p95_ms: isWhole ? whole.p95Ms : now.p95_ms, baseline_p95_ms: isWhole ? wholeBefore.p95Ms : was.p95_ms },
    };
    const moved = judge(edge);
    return moved.length > 0 ? [{ ids: [now.src, now.dst] as const, edge, moved }] : [];
  });
  const urns = await findUrns(db, tenantId, [...new Set(found.flatMap(({ ids }) => ids))]);
  const urnOf = (id: bigint): string => urns.get(id) ?? `urn:unknown:${id}`;
  return found
    .map(({ ids, edge, moved }) => ({ ids, edge: { src_urn: urnOf(ids[0]), dst_urn: urnOf(ids[1]), ...edge, moved } }))
    .sort(({ edge: a }, { edge: b }) => Number(b.calls - a.calls) || compare(a.src_urn, b.src_urn) || compare(a.dst_urn, b.dst_urn));
}

async function findUrns(db: GraphReader, tenantId: string, ids: readonly bigint[]): Promise<Map<bigint, string>> {
  const rows = await db.query<{ id: bigint; urn: string }>(
    'select resource_id as id, urn from dim_resource where tenant_id = $1 and resource_id = any($2::bigint[])',
    [tenantId, ids],
  );
  return new Map(rows.map(({ id, urn }) => [id, urn]));
}

const compare = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0);

function judge({
  calls,
  baseline_calls,
  err_rate,
  baseline_err_rate,
  p95_ms,
  baseline_p95_ms,
}: Omit<MovedEdge, 'moved' | 'src_urn' | 'dst_urn'>): string[] {
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
