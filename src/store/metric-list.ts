import { formatTime, HOUR, MINUTE, type Micros, parseTime, SECOND } from '../core/time.ts';
import type { Window } from '../core/window.ts';
import { binder } from './bind.ts';
import type { Queryable } from './db.ts';
import { metricSumColumns, metricSums } from './metric-rows.ts';
import { planSpans, sumsOf } from './spans.ts';

/** A metric of a resource with its newest minute. */
export interface MetricName {
  readonly metric: string;
  readonly kind: string;
  readonly last_bucket: string;
}

/** Metrics of a resource in order of their names, after a name; with `text` only those that have it in their name, in any case. */
export function listMetricNames(
  db: Queryable,
  tenantId: string,
  resourceId: bigint,
  { after = '', text = '', limit }: { after?: string | undefined; text?: string | undefined; limit: number },
): Promise<MetricName[]> {
  // One step of the index per name: a month of one resource has a thousand times as many rows as names.
  return db.query(
    `with recursive name (metric) as (
       (select metric from metric_1m where tenant_id = $1 and resource_id = $2 and metric > $3 order by metric limit 1)
       union all
       select (select m.metric from metric_1m m where m.tenant_id = $1 and m.resource_id = $2 and m.metric > n.metric order by m.metric limit 1)
       from name n where n.metric is not null)
     select n.metric, newest.kind, newest.bucket as last_bucket from (
       select metric from name where metric is not null and strpos(lower(metric), lower($5)) > 0 limit $4) n
     cross join lateral (
       select kind, bucket from metric_1m m where m.tenant_id = $1 and m.resource_id = $2 and m.metric = n.metric order by bucket desc limit 1) newest
     order by n.metric`,
    [tenantId, resourceId, after, limit, text],
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

/** The minutes of metrics in a range, by the name of the metric, as points of `step` that begin at its multiples, in order of time. */
export async function listMetricPoints(
  db: Queryable,
  question: { tenantId: string; resourceId: bigint; metrics: readonly string[]; range: Window; step: Micros },
): Promise<ReadonlyMap<string, MetricPoint[]>> {
  const { tenantId, resourceId, metrics, range, step } = question;
  const params: unknown[] = [tenantId, resourceId, metrics, `${step / SECOND} seconds`];
  const bind = binder(params);
  // Point by point along the index: to group a month of minutes by a computed time, the server sorts them all first.
  const parts = (await planSpans(db, tenantId, 'metric_1m', range, step)).map(({ hours, from, to }) => {
    const [begin, end] = [`${bind(formatTime(from))}::timestamptz`, `${bind(formatTime(to))}::timestamptz`];
    return `select p.metric, p.time, m.* from (
         select metric, generate_series(date_bin($4::interval, ${begin}, 'epoch'), ${end} - interval '1 microsecond', $4::interval) as time
         from unnest($3::text[]) metric) p
       cross join lateral (
         select ${hours === 0 ? metricSums.ofMinutes : metricSums.ofSums} from ${hours === 0 ? 'metric_1m' : sumsOf('metric_1m', hours)}
         where tenant_id = $1 and resource_id = $2 and metric = p.metric and bucket >= greatest(p.time, ${begin})
           and bucket < least(p.time + $4::interval, ${end})) m (${metricSumColumns})`;
  });
  const rows = await db.query<MetricPoint & { readonly metric: string }>(
    `select metric, time, sum(minutes)::int as minutes, sum(samples)::float8 as samples, max(series)::float8 as series,
       sum(avg_weighted) / nullif(sum(avg_weight), 0) as avg, min(min) as min, max(max) as max, max(p95) as p95_max_of_minutes,
       case when max(kind) in ('histogram', 'summary') then sum(sum_total) else sum(sum_total) / nullif(sum(sum_minutes), 0)::float8 end as sum,
       max(sample_ref)::text as locator_id
     from (${parts.join(' union all ')}) part where minutes > 0 group by metric, time order by metric, time`,
    params,
  );
  const found = new Map(metrics.map((metric) => [metric, [] as MetricPoint[]]));
  for (const { metric, ...point } of rows) found.get(metric)?.push(point);
  return found;
}
