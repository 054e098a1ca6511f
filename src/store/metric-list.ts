import { formatTime, HOUR, MINUTE, type Micros, parseTime, SECOND } from '../core/time.ts';
import type { Window } from '../core/window.ts';
import type { Queryable } from './db.ts';

/** A metric of a resource with its newest minute. */
export interface MetricName {
  readonly metric: string;
  readonly kind: string;
  readonly last_bucket: string;
}

/** Metrics of a resource in order of their names, after a name. */
export function listMetricNames(
  db: Queryable,
  tenantId: string,
  resourceId: bigint,
  { after = '', limit }: { after?: string | undefined; limit: number },
): Promise<MetricName[]> {
  // One step of the index per name: a month of one resource has a thousand times as many rows as names.
  return db.query(
    `with recursive name (metric) as (
       (select metric from metric_1m where tenant_id = $1 and resource_id = $2 and metric > $3 order by metric limit 1)
       union all
       select (select m.metric from metric_1m m where m.tenant_id = $1 and m.resource_id = $2 and m.metric > n.metric order by m.metric limit 1)
       from name n where n.metric is not null)
     select n.metric, newest.kind, newest.bucket as last_bucket from (select metric from name where metric is not null limit $4) n
     cross join lateral (
       select kind, bucket from metric_1m m where m.tenant_id = $1 and m.resource_id = $2 and m.metric = n.metric order by bucket desc limit 1) newest
     order by n.metric`,
    [tenantId, resourceId, after, limit],
  );
}

/** The newest minute of a metric and its kind; undefined when the resource has no such metric. */
export async function findNewestMinute(
  db: Queryable,
  tenantId: string,
  resourceId: bigint,
  metric: string,
): Promise<{ readonly kind: string; readonly hour: Window } | undefined> {
  const [row] = await db.query<{ kind: string; bucket: string }>(
    'select kind, bucket from metric_1m where tenant_id = $1 and resource_id = $2 and metric = $3 order by bucket desc limit 1',
    [tenantId, resourceId, metric],
  );
  if (row === undefined) return undefined;
  const end = (parseTime(row.bucket) ?? 0) + MINUTE;
  return { kind: row.kind, hour: { from: end - HOUR, to: end } };
}

/** Minutes of a metric as one point; `p95_max_of_minutes` is their greatest, and `sum` a mean except for histograms and summaries. */
export interface MetricPoint {
  readonly time: string;
  readonly minutes: number;
  readonly samples: number;
  readonly series: number;
  readonly avg: number | null;
  readonly min: number | null;
  readonly max: number | null;
  readonly p95_max_of_minutes: number | null;
  readonly sum: number | null;
  /** Evidence of one of the minutes. */
  readonly locator_id: string | null;
}

/** The minutes of a metric in a range, as points of `step` that begin at its multiples, in order of time. */
export function listMetricPoints(
  db: Queryable,
  { tenantId, resourceId, metric, range, step }: { tenantId: string; resourceId: bigint; metric: string; range: Window; step: Micros },
): Promise<MetricPoint[]> {
  // Point by point along the index: to group a month of minutes by a computed time, the server sorts them all first.
  return db.query(
    `select p.time, m.* from (
       select generate_series(date_bin($6::interval, $4::timestamptz, 'epoch'), $5::timestamptz - interval '1 microsecond', $6::interval) as time) p
     cross join lateral (
       select count(*)::int as minutes, sum(samples::float8) as samples, max(series)::float8 as series,
         sum(avg * case when kind = 'counter' then series else samples end)
           / nullif(sum(case when kind = 'counter' then series else samples end::float8) filter (where avg is not null), 0) as avg,
         min(min) as min, max(max) as max, max(p95) as p95_max_of_minutes,
         case when max(kind) in ('histogram', 'summary') then sum(sum) else avg(sum) end as sum, max(sample_ref)::text as locator_id
       from metric_1m
       where tenant_id = $1 and resource_id = $2 and metric = $3 and bucket >= greatest(p.time, $4::timestamptz)
         and bucket < least(p.time + $6::interval, $5::timestamptz)) m
     where m.minutes > 0 order by p.time`,
    [tenantId, resourceId, metric, formatTime(range.from), formatTime(range.to), `${step / SECOND} seconds`],
  );
}
