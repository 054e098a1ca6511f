-- One row per log line. Line i of n in a minute lies in the i-th n-th of the minute, so that a range of time is a range of lines.
with
  line as (
    select i // $per_minute as minute, i % $per_minute as line, hash($seed, 'logs', i // $per_minute, i % $per_minute) as row_hash
    from range($first, $last) as lines (i)
  ),
  timed as (
    select
      minute * 60000000 + (line * 60000000 + (row_hash % 60000000)::bigint) // $per_minute as _timestamp,
      minute,
      row_hash,
      -- Squaring makes the first templates the common ones.
      floor($templates * pow(mock_draw(row_hash, 1), 2))::integer as template
    from line
  ),
  chosen as (
    select
      timed._timestamp,
      timed.minute,
      timed.row_hash,
      template.trace,
      template.service,
      template.pods,
      template.service = $burst_service and _timestamp >= $burst_from and _timestamp < $burst_to and mock_draw(row_hash, 2) < $burst_share as burst,
      case when burst then 'ERROR' else template.severity end as severity,
      case when burst then $burst_text else template.text end as text
    from timed
    join mock_log_template as template on template.template = timed.template
    where _timestamp >= $from and _timestamp < $to
  ),
  placed as (
    select
      chosen.*,
      hash($seed, 'trace', minute, mock_mix(row_hash, 3) % $rounds, trace) as trace_hash,
      pod.namespace,
      pod.pod,
      pod.host
    from chosen
    join mock_pod as pod on pod.service = chosen.service and pod.ordinal = mock_mix(row_hash, 4) % chosen.pods
  )
select
  _timestamp,
  format(
    text,
    (10000000 + mock_mix(row_hash, 5) % 90000000)::varchar,
    (1000 + mock_mix(row_hash, 6) % 9000)::varchar,
    regexp_replace(mock_trace_id(row_hash), '(.{8})(.{4})(.{4})(.{4})(.{12})', '\1-\2-\3-\4-\5'),
    '10.' || (row_hash >> 8) % 256 || '.' || (row_hash >> 16) % 256 || '.' || (row_hash >> 24) % 256,
    (1 + floor(pow(10, 3.5 * mock_draw(row_hash, 7))))::integer::varchar,
    'SKU-' || lpad(((row_hash >> 32) % 100000)::varchar, 5, '0'),
    ((row_hash >> 40) % 500)::varchar,
    left(mock_hex(mock_mix(row_hash, 8)), 12),
    (mock_mix(row_hash, 9) % 50000) // 100 || '.' || lpad((mock_mix(row_hash, 9) % 100)::varchar, 2, '0'),
    strftime(make_timestamp(_timestamp), '%Y-%m-%d %H:%M:%S.%g'),
    (1 + (row_hash >> 50) % 20)::varchar,
    mock_trace_id(trace_hash)
  ) as body,
  severity,
  service as service_name,
  namespace as k8s_namespace_name,
  pod as k8s_pod_name,
  host as host_name,
  case when mock_draw(row_hash, 10) < 0.6 then mock_trace_id(trace_hash) end as trace_id,
  row_hash as _row_hash
from placed
