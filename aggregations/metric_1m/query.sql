-- One row per minute, resource and metric. Sums run over sorted values, so that they do not depend on the order of the rows.
with
gauge as (
  select minute, resource, metric, 'gauge' as kind, count(*) as samples,
    list_sum(list_sort(list(value))) / count(*) as avg, min(value) as min, max(value) as max, quantile_cont(value, 0.95) as p95, min(stream) as stream
  from metric_points
  where kind = 'gauge' and in_window
  group by all
),
gauge_series as (
  select minute, resource, metric, series, arg_max(value, timestamp) as last
  from metric_points
  where kind = 'gauge' and in_window
  group by all
),
gauge_sum as (
  select minute, resource, metric, count(*) as series, list_sum(list_sort(list(last))) as sum
  from gauge_series
  group by all
),
-- The difference of each sample to the one before it: a drop is a reset and counts the later value, a gap of more than 5 minutes counts nothing.
counter_step as (
  select minute, resource, metric, series, stream, timestamp, in_window,
    case
      when temporality = 'delta' then value
      when timestamp - lag(timestamp) over steps > 300000000 then null
      when value < lag(value) over steps then value
      else value - lag(value) over steps
    end as increase
  from metric_points
  where kind = 'counter'
  window steps as (partition by series order by timestamp)
),
counter_series as (
  select minute, resource, metric, series, count(*) as samples, sum(increase order by timestamp) / 60 as rate, min(stream) as stream
  from counter_step
  where in_window
  group by all
  having count(increase) > 0
),
counter as (
  select minute, resource, metric, 'counter' as kind, sum(samples)::bigint as samples, count(*) as series, list_sum(list_sort(list(rate))) / count(*) as avg,
    min(rate) as min, max(rate) as max, quantile_cont(rate, 0.95) as p95, list_sum(list_sort(list(rate))) as sum, min(stream) as stream
  from counter_series
  group by all
),
-- Histograms and summaries: a reset of the count is a reset of every part.
count_step as (
  select family, family_series, timestamp,
    case when temporality = 'delta' then true else value < lag(value) over steps end as restarted
  from metric_points
  where role = 'count'
  window steps as (partition by family, family_series order by timestamp)
),
part_step as (
  select p.minute, p.resource, p.metric, p.kind, p.role, p.family_series, p.le, p.stream, p.timestamp, p.in_window,
    case
      when p.temporality = 'delta' then p.value
      when p.timestamp - lag(p.timestamp) over steps > 300000000 then null
      when lag(p.value) over steps is null then null
      when coalesce(c.restarted, p.role <> 'sum' and p.value < lag(p.value) over steps) then p.value
      else p.value - lag(p.value) over steps
    end as increase
  from metric_points p
  left join count_step c on c.family = p.family and c.family_series = p.family_series and c.timestamp = p.timestamp
  where p.role in ('bucket', 'count', 'sum')
  window steps as (partition by p.series order by p.timestamp)
),
part_series as (
  select minute, resource, metric, kind, role, family_series, le, sum(increase order by timestamp) as increase, min(stream) as stream
  from part_step
  where in_window and increase is not null
  group by all
),
part as (
  select minute, resource, metric, kind, role, le, count(*) as series, list_sum(list_sort(list(increase))) as increase, min(stream) as stream
  from part_series
  group by all
),
bucket_total as (
  select minute, resource, metric, le,
    -- An exponential histogram stores each bucket by itself. A dip in cumulative buckets is noise between scrapes and is levelled.
    case when kind = 'exponential_histogram' then sum(increase) over bounds else max(increase) over bounds end as cumulative
  from part
  where role = 'bucket'
  window bounds as (partition by minute, resource, metric order by le)
),
bucket_step as (
  select minute, resource, metric, le, cumulative,
    lag(cumulative) over bounds as below,
    lag(le) over bounds as lower_bound,
    max(cumulative) over (partition by minute, resource, metric) as total,
    max(le) over (partition by minute, resource, metric) as highest,
    count(*) over (partition by minute, resource, metric) as bounds
  from bucket_total
  window bounds as (partition by minute, resource, metric order by le)
),
-- Prometheus' histogram_quantile: linear within the bucket that holds the rank, the highest finite bound when that is the last one.
bucket_quantile as (
  select minute, resource, metric, arg_min(
      case
        when isinf(le) then lower_bound
        when below is null and le <= 0 then le
        else coalesce(lower_bound, 0) + (le - coalesce(lower_bound, 0)) * ((0.95 * total - coalesce(below, 0)) / (cumulative - coalesce(below, 0)))
      end, le) as p95
  from bucket_step
  where cumulative >= 0.95 * total and total > 0 and isinf(highest) and bounds >= 2
  group by all
),
summary_quantile as (
  select minute, resource, metric, max(last) as p95
  from (
    select minute, resource, metric, series, arg_max(value, timestamp) as last
    from metric_points
    where role = 'quantile' and quantile = 0.95 and in_window
    group by all
  )
  group by all
),
observed as (
  select minute, resource, metric,
    max(increase) filter (where role = 'count') as events,
    max(increase) filter (where role = 'sum') as sum,
    max(increase) filter (where role = 'bucket' and isinf(le)) as in_buckets,
    max(series) filter (where role = 'count') as count_series,
    max(series) filter (where role = 'bucket') as bucket_series,
    bool_or(kind = 'summary') as is_summary,
    coalesce(min(stream) filter (where role = 'count'), min(stream)) as stream
  from part
  group by all
),
distribution as (
  select minute, resource, metric, case when is_summary then 'summary' else 'histogram' end as kind,
    coalesce(events, in_buckets) as events, coalesce(count_series, bucket_series) as series, sum, coalesce(b.p95, s.p95) as p95, stream
  from observed
  left join bucket_quantile b using (minute, resource, metric)
  left join summary_quantile s using (minute, resource, metric)
  where coalesce(events, in_buckets) > 0
)
select minute as bucket, resource, metric, kind, samples, s.series, avg, min, max, p95, s.sum, '|||' || stream as evidence
from gauge
join gauge_sum s using (minute, resource, metric)
union all
select minute, resource, metric, kind, samples, series, avg, min, max, p95, sum, '|||' || stream
from counter
union all
select minute, resource, metric, kind, round(events)::bigint, series, sum / events, null, null, p95, sum, '|||' || stream
from distribution
