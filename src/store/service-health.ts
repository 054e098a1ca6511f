import { formatTime, SECOND } from '../core/time.ts';
import type { Window } from '../core/window.ts';
import type { Queryable } from './db.ts';

/** How services are ordered: by what is wrong, or by one measure, greatest first. */
export const healthOrders = ['worst', 'p95_ms', 'err_rate', 'error_lines', 'calls'] as const;
export type HealthOrder = (typeof healthOrders)[number];

/** How a resource that is called, or that logs, does in a range and in the baseline before. Rates of errors are 0 to 1. */
export interface ServiceHealth {
  readonly id: bigint;
  readonly urn: string;
  readonly kind: string;
  readonly name: string;
  readonly calls: number;
  readonly rps: number;
  readonly errors: number;
  readonly err_rate: number | null;
  /** Percentiles are those of the five-minute rows, weighted by calls; null without calls. */
  readonly p50_ms: number | null;
  readonly p95_ms: number | null;
  readonly baseline_calls: number;
  readonly baseline_err_rate: number | null;
  readonly baseline_p95_ms: number | null;
  readonly error_lines: number;
  readonly baseline_error_lines: number;
  /** What is worse than in the baseline: `err_rate`, `p95_ms`, `error_lines`, or `silent` for no calls any more. */
  readonly worse: readonly string[];
}

export interface HealthQuery {
  readonly tenantId: string;
  readonly range: Window;
  readonly baseline: Window;
  readonly resourceId?: bigint | undefined;
  readonly order: HealthOrder;
  readonly limit: number;
}

const ORDERS: Readonly<Record<HealthOrder, string>> = {
  worst: 'cardinality(worse) desc, coalesce(err_rate, 0) desc, error_lines desc, p95_ms desc nulls last',
  p95_ms: 'p95_ms desc nulls last',
  err_rate: 'err_rate desc nulls last, errors desc',
  error_lines: 'error_lines desc',
  calls: 'calls desc',
};

/**
 * Health of what is called or logs, as its callers see it. Worse is an error rate that is at least one point in a hundred and more than three
 * standard errors higher, a 95th percentile that is half as much again and 5 ms higher, both with at least 20 calls in both times; at least ten
 * error lines and three times as many per second, four standard deviations away from chance (Anscombe's transform); and no call where 20 were.
 */
export function listServiceHealth(
  db: Queryable,
  { tenantId, range, baseline, resourceId, order, limit }: HealthQuery,
): Promise<ServiceHealth[]> {
  const only = (column: string): string => `($6::bigint is null or ${column} = $6)`;
  return db.query(
    `with called as (
       select dst_resource_id as id, bucket >= $2::timestamptz as is_now, sum(calls)::float8 as calls, sum(errors)::float8 as errors,
         sum(p50_ms * calls) filter (where p50_ms is not null) / nullif(sum(calls) filter (where p50_ms is not null), 0)::float8 as p50_ms,
         sum(p95_ms * calls) filter (where p95_ms is not null) / nullif(sum(calls) filter (where p95_ms is not null), 0)::float8 as p95_ms
       from service_call_5m where tenant_id = $1 and calls > 0 and ${only('dst_resource_id')}
         and (bucket >= $4::timestamptz and bucket < $5::timestamptz or bucket >= $2::timestamptz and bucket < $3::timestamptz) group by 1, 2),
     logged as (
       select resource_id as id, bucket >= $2::timestamptz as is_now, sum(count_error)::float8 as lines from log_pattern_5m
       where tenant_id = $1 and ${only('resource_id')}
         and (bucket >= $4::timestamptz and bucket < $5::timestamptz or bucket >= $2::timestamptz and bucket < $3::timestamptz) group by 1, 2),
     measured as (
       select i.id, coalesce(c.calls, 0) as calls, coalesce(c.calls, 0) / $7::float8 as rps, coalesce(c.errors, 0) as errors, c.errors / c.calls as err_rate,
         c.p50_ms, c.p95_ms, coalesce(b.calls, 0) as baseline_calls, b.errors / b.calls as baseline_err_rate, b.p95_ms as baseline_p95_ms,
         coalesce(l.lines, 0) as error_lines, coalesce(m.lines, 0) as baseline_error_lines, $8::float8 as share,
         (c.errors + b.errors) / (c.calls + b.calls) as pooled
       from (select id from called union select id from logged) i
         left join called c on c.id = i.id and c.is_now left join called b on b.id = i.id and not b.is_now
         left join logged l on l.id = i.id and l.is_now left join logged m on m.id = i.id and not m.is_now),
     judged as (
       select *, array_remove(array[
         case when least(calls, baseline_calls) >= 20 and err_rate - baseline_err_rate >= 0.01
           and err_rate - baseline_err_rate > 3 * sqrt(greatest(0, pooled * (1 - pooled)) * (1 / nullif(calls, 0) + 1 / nullif(baseline_calls, 0))) then 'err_rate' end,
         case when least(calls, baseline_calls) >= 20 and p95_ms >= 1.5 * baseline_p95_ms and p95_ms - baseline_p95_ms >= 5 then 'p95_ms' end,
         case when error_lines >= 10 and error_lines >= 3 * baseline_error_lines * share
           and 2 * (sqrt(error_lines + 0.375) - sqrt((baseline_error_lines + 0.375) * share)) >= 4 * sqrt(1 + share) then 'error_lines' end,
         case when calls = 0 and baseline_calls >= 20 then 'silent' end], null) as worse
       from measured)
     select j.id, coalesce(r.urn, 'urn:unknown:' || j.id) as urn, coalesce(r.kind, 'other') as kind, coalesce(r.name, 'unknown') as name, j.calls, j.rps,
       j.errors, j.err_rate, j.p50_ms, j.p95_ms, j.baseline_calls, j.baseline_err_rate, j.baseline_p95_ms, j.error_lines, j.baseline_error_lines, j.worse
     from judged j left join dim_resource r on r.tenant_id = $1 and r.resource_id = j.id
     order by ${ORDERS[order]}, urn limit $9`,
    [
      ...[tenantId, formatTime(range.from), formatTime(range.to), formatTime(baseline.from), formatTime(baseline.to), resourceId ?? null],
      ...[(range.to - range.from) / SECOND, (range.to - range.from) / (baseline.to - baseline.from), limit],
    ],
  );
}

/** A metric of a resource in a range and in the baseline; averages are weighted by samples, `peak_at` is the minute of the greatest value. */
export interface MetricChange {
  readonly metric: string;
  readonly kind: string;
  readonly avg: number | null;
  readonly max: number | null;
  readonly peak_at: string | null;
  readonly baseline_avg: number | null;
  readonly baseline_max: number | null;
}

/** Metrics of a resource by name, also those that only one of both times has. */
export function listMetricChanges(
  db: Queryable,
  query: {
    readonly tenantId: string;
    readonly resourceId: bigint;
    readonly range: Window;
    readonly baseline: Window;
    readonly limit: number;
  },
): Promise<MetricChange[]> {
  const { tenantId, resourceId, range, baseline, limit } = query;
  const weighted = (condition: string): string =>
    `sum(avg * samples) filter (where ${condition} and avg is not null) / nullif(sum(samples) filter (where ${condition} and avg is not null), 0)::float8`;
  return db.query(
    `select metric, min(kind) as kind, ${weighted('is_now')} as avg, max(max) filter (where is_now) as max,
       (array_agg(bucket order by max desc nulls last, bucket) filter (where is_now))[1] as peak_at,
       ${weighted('not is_now')} as baseline_avg, max(max) filter (where not is_now) as baseline_max
     from (select *, bucket >= $3::timestamptz as is_now from metric_1m where tenant_id = $1 and resource_id = $2
       and (bucket >= $5::timestamptz and bucket < $6::timestamptz or bucket >= $3::timestamptz and bucket < $4::timestamptz)) m
     group by metric order by metric limit $7`,
    [tenantId, resourceId, ...[range, baseline].flatMap(({ from, to }) => [formatTime(from), formatTime(to)]), limit],
  );
}
