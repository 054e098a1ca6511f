-- One row per minute, resource and pattern; log_pattern(line) gives pattern * 8 + the severity of the line's own header (0 when it has none).
with lines as (
  select
    minute,
    resource,
    severity,
    log_pattern(case when strlen(body) > 4096 then left(body, 4096) else body end) as code,
    timestamp,
    stream,
    -- Of lines with the same time the smallest hash is the sample, so that the choice does not depend on their order.
    timestamp::hugeint * 18446744073709551616 + hash(left(body, 1024), stream) as place,
    body
  from logs
),
grouped as (
  select
    minute,
    resource,
    code // 8 as fingerprint,
    case when severity > 0 then severity else code % 8 end as severity,
    count(*) as lines,
    min(timestamp) as first_seen,
    max(timestamp) as last_seen,
    min(place) as place,
    arg_min(left(body, 1024), place) as sample,
    arg_min(stream, place) as stream
  from lines
  group by all
)
select
  minute as bucket,
  resource,
  fingerprint,
  sum(lines)::bigint as count_total,
  coalesce(sum(lines) filter (where severity >= 5), 0)::bigint as count_error,
  max(severity) as severity,
  min(first_seen) as first_seen,
  max(last_seen) as last_seen,
  min(format('{:020d}|{}||{}', first_seen, first_seen, stream)) as evidence,
  arg_min(sample, place) as sample
from grouped
group by all
