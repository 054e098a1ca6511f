-- One row per span. Every minute has the same number of rounds through all call templates, a hundred spans each.
-- Traces that begin late in a minute have the same pace in every minute: as many of their spans leave a minute as enter it.
with
  round as (
    select i // $rounds as minute, i % $rounds as round from range($first, $last) as rounds (i)
  ),
  traced as (
    select
      template.*,
      minute,
      round * $traces_per_round + template.trace as slot,
      hash($seed, 'trace', minute, round, template.trace) as trace_hash,
      slot * $slot_us >= 35000000 as steady,
      hash($seed, 'pace', case when steady then -1 else minute end, round, template.trace) as pace_hash,
      hash($seed, 'trace', minute, greatest(round - 1, 0), $published_trace) as earlier_hash,
      hash($seed, 'trace', minute, round, $published_trace) as published_hash,
      round
    from round
    cross join mock_span_template as template
    where round * $spans_per_round + template.position < $per_minute
  ),
  paced as (
    select
      *,
      minute * 60000000 + floor((slot + mock_draw(pace_hash, 1)) * $slot_us)::bigint as trace_start,
      exp(mock_draw(pace_hash, 2) + mock_draw(pace_hash, 3) + mock_draw(pace_hash, 4) - 1.5)
        * case when steady then 1 else mock_load(minute * 60000000) end as pace
    from traced
  ),
  timed as (
    select
      *,
      trace_start + round(start * pace)::bigint as _timestamp,
      mock_mix(trace_hash, 2000000 + span) as row_hash,
      mock_draw(trace_hash, 3000000 + fault) < case
        when fault_service = $burst_service and trace_start >= $burst_from and trace_start < $burst_to then $burst_share
        else error_rate
      end as failed
    from paced
  ),
  measured as (
    select
      timed.*,
      -- Only spans without children vary by themselves, so that children end before their parents.
      round(duration * pace * case when leaf then 0.5 + 0.5 * mock_draw(row_hash, 1) else 1 end)::bigint as duration_us,
      _timestamp::ubigint * 1000 + row_hash % 1000 as start_ns,
      pod.namespace,
      pod.pod
    from timed
    join mock_pod as pod on pod.service = timed.service and pod.ordinal = mock_mix(trace_hash, 2) % timed.pods
    where _timestamp >= $from and _timestamp < $to
  )
select
  _timestamp,
  mock_trace_id(trace_hash) as trace_id,
  mock_span_id(trace_hash, span) as span_id,
  case when parent is not null then mock_span_id(trace_hash, parent) end as reference_parent_span_id,
  case when parent is not null then mock_trace_id(trace_hash) end as reference_parent_trace_id,
  case when parent is not null then 'ChildOf' end as reference_ref_type,
  service as service_name,
  namespace as service_k8s_namespace_name,
  pod as service_k8s_pod_name,
  operation as operation_name,
  kind::varchar as span_kind,
  case when failed then 'ERROR' else 'UNSET' end as span_status,
  case when failed then 2 else 0 end::bigint as status_code,
  case when failed then 'failed' else '' end as status_message,
  start_ns as start_time,
  start_ns + (duration_us * 1000)::ubigint as end_time,
  duration_us as duration,
  1::bigint as flags,
  '[]' as events,
  case
    when trace = $linking_trace and parent is null then '[' || mock_link(published_hash, $published_span)
      || case when round > 0 then ',' || mock_link(earlier_hash, $published_span) else '' end || ']'
    else '[]'
  end as links,
  case when http_method is not null then case when failed then '500' else '200' end end as http_status_code,
  $attributes,
  row_hash as _row_hash
from measured
