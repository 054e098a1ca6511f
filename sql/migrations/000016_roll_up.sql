-- Old workers: do not survive; stop them first, because they change rows without taking away the mark of what was summed up from them.
-- Sums of whole hours and days, from which views of days, weeks and months are answered. They count only where rollup_bucket marks them.
create table metric_1h (
  tenant_id text not null,
  bucket timestamptz not null,
  resource_id bigint not null,
  metric text not null,
  kind text not null,
  minutes int not null,
  samples bigint not null,
  series bigint not null,
  avg_weight double precision,
  avg_weighted double precision,
  min double precision,
  max double precision,
  p95 double precision,
  sum_minutes int not null,
  sum_total double precision,
  sample_ref bigint,
  primary key (tenant_id, bucket, resource_id, metric)
);
create index on metric_1h (resource_id, metric, bucket);
comment on table metric_1h is 'One row per tenant, hour, resource and metric: sums of metric_1m, true where rollup_bucket marks the hour.';
comment on column metric_1h.bucket is 'Start of the hour, UTC.';
comment on column metric_1h.minutes is 'Minutes with data.';
comment on column metric_1h.series is 'Most time series behind a minute.';
comment on column metric_1h.avg_weight is 'Sum of the weights of metric_1m.avg: time series of a counter, else samples.';
comment on column metric_1h.avg_weighted is 'Sum of metric_1m.avg times its weight; divided by avg_weight it is the average.';
comment on column metric_1h.min is 'Least of the minutes.';
comment on column metric_1h.max is 'Greatest of the minutes.';
comment on column metric_1h.p95 is 'Greatest 95th percentile of a minute.';
comment on column metric_1h.sum_minutes is 'Minutes that have a sum.';
comment on column metric_1h.sum_total is 'Sum of metric_1m.sum.';
comment on column metric_1h.sample_ref is 'oo_locator.locator_id of the raw evidence of one of the minutes.';

create table metric_1d (like metric_1h including all);
comment on table metric_1d is 'One row per tenant, day, resource and metric: sums of metric_1m, true where rollup_bucket marks the day.';
comment on column metric_1d.bucket is 'Start of the day, UTC.';

create table service_call_1h (
  tenant_id text not null,
  bucket timestamptz not null,
  src_resource_id bigint not null,
  dst_resource_id bigint not null,
  rows int not null,
  calls bigint not null,
  errors bigint not null,
  timed_calls bigint not null,
  p50_ms double precision,
  p95_ms double precision,
  last_bucket timestamptz not null,
  sample_ref bigint,
  primary key (tenant_id, bucket, src_resource_id, dst_resource_id)
);
create index on service_call_1h (tenant_id, dst_resource_id, bucket);
create index on service_call_1h (tenant_id, src_resource_id, bucket);
comment on table service_call_1h is 'One row per tenant, hour, caller and callee: sums of service_call_5m, true where rollup_bucket marks the hour.';
comment on column service_call_1h.bucket is 'Start of the hour, UTC.';
comment on column service_call_1h.rows is 'Rows of service_call_5m behind the row.';
comment on column service_call_1h.timed_calls is 'Calls of those rows that have percentiles.';
comment on column service_call_1h.p50_ms is 'Mean of service_call_5m.p50_ms in milliseconds, weighted by calls.';
comment on column service_call_1h.p95_ms is 'Mean of service_call_5m.p95_ms in milliseconds, weighted by calls.';
comment on column service_call_1h.last_bucket is 'Start of the last five minutes with calls, UTC.';
comment on column service_call_1h.sample_ref is 'oo_locator.locator_id of the raw evidence of some of the calls.';

create table service_call_1d (like service_call_1h including all);
comment on table service_call_1d is 'One row per tenant, day, caller and callee: sums of service_call_5m, true where rollup_bucket marks the day.';
comment on column service_call_1d.bucket is 'Start of the day, UTC.';

create table log_pattern_1h (
  tenant_id text not null,
  bucket timestamptz not null,
  resource_id bigint not null,
  fingerprint text not null,
  count_total bigint not null,
  count_error bigint not null,
  severity text,
  last_bucket timestamptz not null,
  last_error_bucket timestamptz,
  primary key (tenant_id, bucket, resource_id, fingerprint)
);
create index on log_pattern_1h (tenant_id, fingerprint, bucket);
comment on table log_pattern_1h is 'One row per tenant, hour, resource and pattern: sums of log_pattern_5m, true where rollup_bucket marks the hour.';
comment on column log_pattern_1h.bucket is 'Start of the hour, UTC.';
comment on column log_pattern_1h.count_total is 'Lines.';
comment on column log_pattern_1h.count_error is 'Lines among them of severity error or worse.';
comment on column log_pattern_1h.severity is 'Worst level of the lines; null when none has a level.';
comment on column log_pattern_1h.last_bucket is 'Start of the last five minutes with lines, UTC.';
comment on column log_pattern_1h.last_error_bucket is 'Start of the last five minutes with lines of severity error or worse, UTC.';

create table log_pattern_1d (like log_pattern_1h including all);
comment on table log_pattern_1d is 'One row per tenant, day, resource and pattern: sums of log_pattern_5m, true where rollup_bucket marks the day.';
comment on column log_pattern_1d.bucket is 'Start of the day, UTC.';

create table rollup_bucket (
  tenant_id text not null,
  table_name text not null,
  bucket timestamptz not null,
  hours smallint not null,
  buckets smallint not null,
  primary key (tenant_id, table_name, bucket, hours)
);
comment on table rollup_bucket is 'One row per tenant, table and hour or day whose sums are kept and true; a change of the rows beneath takes it away.';
comment on column rollup_bucket.table_name is 'metric_1m, service_call_5m or log_pattern_5m.';
comment on column rollup_bucket.bucket is 'Start of the hour or day, UTC.';
comment on column rollup_bucket.hours is 'Length of the bucket: 1 or 24.';
comment on column rollup_bucket.buckets is 'Buckets of the table in it in which the tenant has rows.';
