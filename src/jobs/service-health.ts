import { MINUTE } from '../core/time.ts';
import { floorTo, type Window } from '../core/window.ts';
import type { CallPoint } from '../store/call-list.ts';
import type { Queryable } from '../store/db.ts';
import { listServiceMeasures, type ServiceMeasures } from '../store/service-health.ts';
import { mergeCalls } from './merged-calls.ts';

/** How services are ordered: by what is wrong, by how many times slower they got, or by one measure, greatest first. */
export const healthOrders = ['worst', 'slowed', 'p95_ms', 'err_rate', 'error_lines', 'calls'] as const;
export type HealthOrder = (typeof healthOrders)[number];

/** Measures with their judgement. */
export interface ServiceHealth extends ServiceMeasures {
  /** Whether a percentile is only an upper bound, because the latencies of single minutes are no longer kept. */
  readonly approximate: boolean;
  /** p95 over that of the baseline; null where one of them has fewer than 20 calls. */
  readonly slowdown: number | null;
  /** What is worse than in the baseline: `err_rate`, `p95_ms`, `error_lines`, or `silent` for no calls any more. */
  readonly worse: readonly string[];
}

export interface HealthQuery {
  readonly tenantId: string;
  readonly range: Window;
  readonly baseline: Window;
  readonly resourceId?: bigint | undefined;
  readonly order: HealthOrder;
}

/** Calls that a service needs in both times, to tell a change from chance. */
const ENOUGH = 20;
const MOST = 5000;

/**
 * Health of what is called or logs, as its callers see it, in the given order; percentiles are those of all calls of the range where these are kept.
 * Worse is an error rate that is at least one point in a hundred and more than three standard errors higher, a 95th percentile that is half as much
 * again and 5 ms higher, both with at least 20 calls in both times; at least ten error lines and three times as many per second, four standard
 * deviations away from chance (Anscombe's transform); and no call where 20 were.
 */
export async function listServiceHealth(db: Queryable, query: HealthQuery): Promise<ServiceHealth[]> {
  const { tenantId, range, baseline, resourceId, order } = query;
  const rows = await listServiceMeasures(db, { tenantId, range, baseline, resourceId, limit: MOST });
  const merge = (window: Window) =>
    mergeCalls(db, tenantId, window, ({ dst }) => (resourceId === undefined || dst === resourceId ? String(dst) : undefined));
  const [now, before] = [await merge(range), await merge(baseline)];
  const share = (range.to - range.from) / (baseline.to - baseline.from);
  const judged = rows.map((row) => {
    const [merged, was] = [now?.get(String(row.id)), before?.get(String(row.id))];
    const isWhole = merged?.calls === row.calls || row.calls === 0;
    const wasWhole = was?.calls === row.baseline_calls || row.baseline_calls === 0;
    return judge(
      {
        ...row,
        approximate: !(isWhole && wasWhole),
        ...(isWhole && merged ? { p50_ms: merged.p50Ms, p95_ms: merged.p95Ms } : {}),
        ...(wasWhole && was ? { baseline_p95_ms: was.p95Ms } : {}),
      },
      share,
    );
  });
  return judged.toSorted(orders[order]);
}

/** The points with the percentiles of all their calls, where these are kept. */
export async function withMergedPoints(
  db: Queryable,
  query: { readonly tenantId: string; readonly range: Window; readonly step: number; readonly resourceId: bigint },
  points: readonly CallPoint[],
): Promise<CallPoint[]> {
  const { tenantId, range, step, resourceId } = query;
  if (points.every(({ approximate }) => !approximate)) return [...points];
  const merged = await mergeCalls(db, tenantId, range, ({ minute, dst }) =>
    dst === resourceId ? String(floorTo(floorTo(minute, 5 * MINUTE), step)) : undefined,
  );
  return points.map((point) => {
    const found = merged?.get(String(Date.parse(point.time) * 1000));
    if (found?.calls !== point.calls) return point;
    return { ...point, p50_ms: found.p50Ms, p95_ms: found.p95Ms, approximate: false };
  });
}

function judge(row: Omit<ServiceHealth, 'worse' | 'slowdown'>, share: number): ServiceHealth {
  const { calls, errors, err_rate, p95_ms, baseline_calls, baseline_err_rate, baseline_p95_ms, error_lines, baseline_error_lines } = row;
  const enough = Math.min(calls, baseline_calls) >= ENOUGH;
  const slowdown = enough && p95_ms !== null && baseline_p95_ms ? p95_ms / baseline_p95_ms : null;
  const increase = (err_rate ?? 0) - (baseline_err_rate ?? 0);
  const pooled = (errors + (baseline_err_rate ?? 0) * baseline_calls) / (calls + baseline_calls);
  const deviation = Math.sqrt(pooled * (1 - pooled) * (1 / calls + 1 / baseline_calls));
  const surge = 2 * (Math.sqrt(error_lines + 0.375) - Math.sqrt((baseline_error_lines + 0.375) * share));
  const worse = [
    ...(enough && increase >= 0.01 && increase > 3 * deviation ? ['err_rate'] : []),
    ...(slowdown !== null && slowdown >= 1.5 && (p95_ms ?? 0) - (baseline_p95_ms ?? 0) >= 5 ? ['p95_ms'] : []),
    ...(error_lines >= 10 && error_lines >= 3 * baseline_error_lines * share && surge >= 4 * Math.sqrt(1 + share) ? ['error_lines'] : []),
    ...(calls === 0 && baseline_calls >= ENOUGH ? ['silent'] : []),
  ];
  return { ...row, slowdown, worse };
}

type Order = (left: ServiceHealth, right: ServiceHealth) => number;

/** Greatest first, by the first key in which both differ. */
const by =
  (...keys: ((row: ServiceHealth) => number | null)[]): Order =>
  (left, right) => {
    for (const key of keys) {
      const difference = (key(right) ?? -1) - (key(left) ?? -1);
      if (difference !== 0) return difference;
    }
    return left.urn < right.urn ? -1 : 1;
  };

const orders: Readonly<Record<HealthOrder, Order>> = {
  worst: by(
    ({ worse }) => worse.length,
    ({ err_rate }) => err_rate ?? 0,
    ({ slowdown }) => slowdown,
    ({ error_lines }) => error_lines,
  ),
  slowed: by(({ slowdown }) => slowdown),
  p95_ms: by(({ p95_ms }) => p95_ms),
  err_rate: by(
    ({ err_rate }) => err_rate,
    ({ errors }) => errors,
  ),
  error_lines: by(({ error_lines }) => error_lines),
  calls: by(({ calls }) => calls),
};
