-- Old workers: survive; new tables only.
-- Keys begin with tenant and bucket: windows are replaced and pruned by bucket, and new rows land at the end of the index.
create table metric_1m (
  tenant_id text not null,
  bucket timestamptz not null,
  resource_id bigint not null,
  metric text not null,
  kind text not null,
  samples bigint not null,
  series bigint not null,
  avg double precision,
  min double precision,
  max double precision,
  p95 double precision,
  sum double precision,
  sample_ref bigint,
  primary key (tenant_id, bucket, resource_id, metric)
);
-- resource_id is a hash that already contains the tenant.
create index on metric_1m (resource_id, metric, bucket);
comment on table metric_1m is 'One row per tenant, minute, resource and metric that has data in that minute.';
comment on column metric_1m.bucket is 'Start of the minute, UTC.';
comment on column metric_1m.kind is 'gauge, counter, histogram or summary.';
comment on column metric_1m.samples is 'Samples of the minute; events for histograms and summaries.';
comment on column metric_1m.series is 'Time series behind the row.';
comment on column metric_1m.avg is 'Gauge: over samples, in the unit of the metric. Counter: over series, per second. Histogram and summary: per event.';
comment on column metric_1m.min is 'As avg; null for histograms and summaries.';
comment on column metric_1m.max is 'As avg; null for histograms and summaries.';
comment on column metric_1m.p95 is 'As avg, relative error at most 1 %; for histograms interpolated within the bucket as Prometheus does.';
comment on column metric_1m.sum is 'Gauge: sum over series of the last sample. Counter: total per second. Histogram and summary: increase of the sum in the minute.';
comment on column metric_1m.sample_ref is 'oo_locator.locator_id of the raw evidence.';

create table service_call_5m (
  tenant_id text not null,
  bucket timestamptz not null,
  src_resource_id bigint not null,
  dst_resource_id bigint not null,
  protocol text not null,
  calls bigint not null,
  errors bigint not null,
  rps double precision not null,
  err_rate double precision not null,
  p50_ms double precision,
  p95_ms double precision,
  client_p95_ms double precision,
  sample_ref bigint,
  primary key (tenant_id, bucket, src_resource_id, dst_resource_id, protocol)
);
create index on service_call_5m (tenant_id, dst_resource_id, bucket);
create index on service_call_5m (tenant_id, src_resource_id, bucket);
comment on table service_call_5m is 'One row per tenant, five minutes, caller, callee and protocol with at least one call.';
comment on column service_call_5m.bucket is 'Start of the five minutes, UTC, that hold the start of the callee span, or of the client span when there is no callee.';
comment on column service_call_5m.rps is 'Calls per second over the five minutes.';
comment on column service_call_5m.err_rate is 'Share of calls with an error on either side, 0 to 1.';
comment on column service_call_5m.p50_ms is 'Median latency in milliseconds seen by the callee when known, else by the caller; relative error at most 1 %.';
comment on column service_call_5m.p95_ms is '95th percentile in milliseconds, as p50_ms.';
comment on column service_call_5m.client_p95_ms is '95th percentile in milliseconds seen by the caller.';
comment on column service_call_5m.sample_ref is 'oo_locator.locator_id of the raw evidence.';

create table log_pattern (
  tenant_id text not null,
  fingerprint text not null,
  template text not null,
  severity text,
  service text,
  first_seen timestamptz not null,
  last_seen timestamptz not null,
  sample text,
  alias_of text,
  version int not null default 1,
  primary key (tenant_id, fingerprint)
);
create index on log_pattern (tenant_id, service, first_seen);
comment on table log_pattern is 'One row per tenant and log template.';
comment on column log_pattern.fingerprint is 'Hash of the canonical template, independent of the order of arrival.';
comment on column log_pattern.alias_of is 'Fingerprint of the more general template that absorbed this one; counts belong there.';
comment on column log_pattern.first_seen is 'Earliest event time; a pattern is new where this is recent.';

create table log_pattern_5m (
  tenant_id text not null,
  bucket timestamptz not null,
  resource_id bigint not null,
  fingerprint text not null,
  count_total bigint not null,
  count_error bigint not null,
  severity text,
  sample_ref bigint,
  primary key (tenant_id, bucket, resource_id, fingerprint)
);
create index on log_pattern_5m (tenant_id, fingerprint, bucket);
comment on table log_pattern_5m is 'One row per tenant, five minutes, resource and pattern with at least one line.';
comment on column log_pattern_5m.bucket is 'Start of the five minutes, UTC.';
comment on column log_pattern_5m.count_total is 'Lines.';
comment on column log_pattern_5m.count_error is 'Lines among them of severity error or worse.';
comment on column log_pattern_5m.sample_ref is 'oo_locator.locator_id of the raw evidence.';

create table aggregation_partial_1m (
  tenant_id text not null,
  aggregation text not null,
  bucket timestamptz not null,
  row_count int not null,
  rows bytea not null,
  primary key (tenant_id, aggregation, bucket)
);
-- The rows are packed by the program; a second compression costs time and saves nothing.
alter table aggregation_partial_1m alter column rows set storage external;
comment on table aggregation_partial_1m is 'One row per tenant, aggregation and minute: the mergeable rows of that minute, from which coarser rows are derived.';
comment on column aggregation_partial_1m.rows is 'Packed by the program; not meant for SQL.';

create table etl_reconciliation (
  tenant_id text not null,
  job text not null,
  signal text not null,
  window_from timestamptz not null,
  rows_read bigint not null,
  aggregated bigint not null,
  rejected jsonb not null default '{}',
  unresolved bigint not null default 0,
  primary key (tenant_id, job, window_from, signal)
);
comment on table etl_reconciliation is 'One row per tenant, job, window and signal: rows_read = aggregated + the sum over rejected.';
comment on column etl_reconciliation.rejected is 'Reason to number of rows.';
comment on column etl_reconciliation.unresolved is 'Calls of aggregated spans that do not say whom they call.';
