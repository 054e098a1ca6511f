import { formatTime, SECOND } from '../core/time.ts';
import type { Window } from '../core/window.ts';
import type { Queryable } from './db.ts';

/** How a resource that is called, or that logs, does in a range and in the baseline before. Rates of errors are 0 to 1. */
export interface ServiceMeasures {
  readonly id: bigint;
  readonly urn: string;
  readonly kind: string;
  readonly name: string;
  readonly calls: number;
  readonly rps: number;
  readonly errors: number;
  readonly err_rate: number | null;
  /** Percentiles are the greatest of the five-minute rows, which the true ones never exceed; null without calls. */
  readonly p50_ms: number | null;
  readonly p95_ms: number | null;
  readonly baseline_calls: number;
  readonly baseline_err_rate: number | null;
  readonly baseline_p95_ms: number | null;
  readonly error_lines: number;
  readonly baseline_error_lines: number;
}

/** Measures of what is called or logs in either time, as its callers see it, in order of URNs; at most `limit` resources, those with most calls. */
export function listServiceMeasures(
  db: Queryable,
  query: {
    readonly tenantId: string;
    readonly range: Window;
    readonly baseline: Window;
    readonly resourceId?: bigint | undefined;
    readonly limit: number;
  },
): Promise<ServiceMeasures[]> {
  const { tenantId, range, baseline, resourceId, limit } = query;
  const only = (column: string): string => `($6::bigint is null or ${column} = $6)`;
  return db.query(
    `with called as (
       select dst_resource_id as id, bucket >= $2::timestamptz as is_now, sum(calls)::float8 as calls, sum(errors)::float8 as errors,
         max(p50_ms) as p50_ms, max(p95_ms) as p95_ms
       from service_call_5m where tenant_id = $1 and calls > 0 and ${only('dst_resource_id')}
         and (bucket >= $4::timestamptz and bucket < $5::timestamptz or bucket >= $2::timestamptz and bucket < $3::timestamptz) group by 1, 2),
     logged as (
       select resource_id as id, bucket >= $2::timestamptz as is_now, sum(count_error)::float8 as lines from log_pattern_5m
       where tenant_id = $1 and ${only('resource_id')}
         and (bucket >= $4::timestamptz and bucket < $5::timestamptz or bucket >= $2::timestamptz and bucket < $3::timestamptz) group by 1, 2),
     measured as (
       select i.id, coalesce(c.calls, 0) as calls, coalesce(c.errors, 0) as errors, c.errors / c.calls as err_rate, c.p50_ms, c.p95_ms,
         coalesce(b.calls, 0) as baseline_calls, b.errors / b.calls as baseline_err_rate, b.p95_ms as baseline_p95_ms,
         coalesce(l.lines, 0) as error_lines, coalesce(m.lines, 0) as baseline_error_lines
       from (select id from called union select id from logged) i
         left join called c on c.id = i.id and c.is_now left join called b on b.id = i.id and not b.is_now
         left join logged l on l.id = i.id and l.is_now left join logged m on m.id = i.id and not m.is_now
       order by coalesce(c.calls, 0) + coalesce(b.calls, 0) desc, i.id limit $8)
     select m.id, coalesce(r.urn, 'urn:unknown:' || m.id) as urn, coalesce(r.kind, 'other') as kind, coalesce(r.name, 'unknown') as name, m.calls,
       m.calls / $7::float8 as rps, m.errors, m.err_rate, m.p50_ms, m.p95_ms, m.baseline_calls, m.baseline_err_rate, m.baseline_p95_ms, m.error_lines,
       m.baseline_error_lines
     from measured m left join dim_resource r on r.tenant_id = $1 and r.resource_id = m.id order by urn`,
    [
      ...[tenantId, formatTime(range.from), formatTime(range.to), formatTime(baseline.from), formatTime(baseline.to), resourceId ?? null],
      ...[(range.to - range.from) / SECOND, limit],
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
