-- One row per metric point. The series are scraped at fixed phases of every minute; larger scales have more pods and hosts.
with
  scrape as (
    select i // $copies as minute, i % $copies as copy from range($first, $last) as copies (i)
  ),
  named as (
    select
      series.*,
      minute,
      copy,
      case when copy > 0 then '-' || copy else '' end as suffix,
      hash($seed, series.series, copy) as series_hash,
      hash($seed, coalesce(series.k8s_pod_name, series.instance), copy) as process_hash
    from scrape
    cross join (select *, unnest(range(ticks)) as tick from mock_series) as series
    where copy * $points_per_copy + series.first + series.tick < $per_minute
  ),
  timed as (
    select
      *,
      minute * 60000000 + tick * (60000000 // ticks) + (process_hash % 15000000)::bigint as _timestamp,
      -- Every process restarts after six to twelve hours, and its counters with it.
      21600000000 + (process_hash % 21600000000)::bigint as lifetime
    from named
  ),
  aged as (
    select
      *,
      _timestamp - (_timestamp + (mock_mix(process_hash, 1) % 43200000000)::bigint) % lifetime as process_start,
      hash(series_hash, _timestamp) as row_hash
    from timed
    where _timestamp >= $from and _timestamp < $to
  ),
  counted as (
    select *, level * (mock_loaded_seconds(_timestamp) - mock_loaded_seconds(process_start)) as events from aged
  )
select
  _timestamp,
  metric as __name__,
  case value_kind
    when 'gauge' then level * (0.8 * mock_load(_timestamp) + 0.4 * mock_draw(row_hash, 1))
    when 'sum' then floor(events) * share
    else floor(floor(events) * share)
  end as value,
  series_hash as __hash__,
  case when value_kind <> 'gauge' then (process_start * 1000)::varchar end as start_time,
  case when value_kind <> 'gauge' then 'AGGREGATION_TEMPORALITY_CUMULATIVE' end as aggregation_temporality,
  case when value_kind = 'counter' then 'true' end as is_monotonic,
  $labels,
  row_hash as _row_hash
from counted
