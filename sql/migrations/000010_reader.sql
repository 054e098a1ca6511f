-- Old workers: survive; row-level security does not apply to the owner of the tables.
-- Statements of agents run under this role, whose rows are those of the tenant in the setting observebridge.tenant.
create function admit_reader() returns void language plpgsql as $$
declare
  admitted regclass;
begin
  if to_regrole('observebridge_reader') is null then
    begin
      create role observebridge_reader nologin;
    exception when insufficient_privilege or duplicate_object or unique_violation then null;
    end;
  end if;
  if to_regrole('observebridge_reader') is null then return; end if;
  if not pg_has_role(current_user, 'observebridge_reader', 'member') then
    begin
      grant observebridge_reader to current_user;
    exception when insufficient_privilege then null;
    end;
  end if;
  if not has_schema_privilege('observebridge_reader', current_schema(), 'usage') then
    execute format('grant usage on schema %I to observebridge_reader', current_schema());
  end if;
  for admitted in
    select polrelid from pg_policy p join pg_class c on c.oid = p.polrelid
    where polname = 'everybody' and pg_table_is_visible(c.oid)
      and not exists (select from pg_policy r where r.polrelid = p.polrelid and r.polname = 'reader_tenant')
    order by c.relname
  loop
    execute format('create policy reader_tenant on %s as restrictive for select to observebridge_reader using (%s)', admitted,
      case when exists (select from pg_attribute where attrelid = admitted and attname = 'tenant_id')
        then $policy$tenant_id = current_setting('observebridge.tenant', true)$policy$
        else 'exists (select from etl_job_run r where r.id = job_run_id)' end);
    execute format('grant select on %s to observebridge_reader', admitted);
  end loop;
end
$$;
comment on function admit_reader() is 'Creates the role observebridge_reader where this role may, and gives it every admitted table that it lacks. May be called at any time.';

create function admit_reader(admitted regclass) returns void language plpgsql as $$
begin
  -- The policy for everybody keeps what other roles were granted: a role without a policy would see nothing.
  if not exists (select from pg_policy where polrelid = admitted and polname = 'everybody') then
    execute format('alter table %s enable row level security', admitted);
    execute format('create policy everybody on %s using (true)', admitted);
  end if;
  perform admit_reader();
end
$$;
comment on function admit_reader(regclass) is 'Lets agents read their tenant''s rows of a table that has a tenant_id.';

-- Not admitted: schema_migration, dim_tenant (settings of sources), api_token, aggregation_partial_1m (packed), topo_input.
select admit_reader(name::regclass) from unnest(array[
  'dim_resource', 'dim_resource_alias', 'oo_locator', 'metric_1m', 'service_call_5m', 'log_pattern', 'log_pattern_5m',
  'etl_reconciliation', 'etl_job_run', 'etl_job_attempt', 'etl_watermark', 'etl_job_circuit', 'etl_schedule', 'etl_trigger',
  'etl_backfill', 'etl_backfill_window', 'topo_edge_time', 'topo_edge_history', 'topo_scope', 'topo_observation',
  'kb_doc', 'kb_chunk', 'event_envelope', 'evidence_link'
]) as name;

-- A sentence for every column that can be read; a unit stands in brackets at its end.
do $$
declare
  place record;
begin
  for place in
    select attrelid::regclass as name, attname from pg_attribute join pg_policy on polrelid = attrelid and polname = 'everybody'
    where attname in ('tenant_id', 'job')
  loop
    execute format('comment on column %s.%I is %L', place.name, place.attname,
      case place.attname when 'job' then 'Name of the job, such as oo-agg.' else 'Tenant that the row belongs to.' end);
  end loop;
end
$$;

comment on column dim_resource.kind is 'service, host, database, topic, external, or the kind that a topology document gives.';
comment on column dim_resource.name is 'Name for people, not unique.';
comment on column dim_resource.attrs is 'What else is known of the resource, never a secret value.';

comment on column dim_resource_alias.alias_kind is 'pod, ip, host, arn, dns or service.';
comment on column dim_resource_alias.alias is 'The other name, as it was given.';
comment on column dim_resource_alias.resource_id is 'dim_resource.resource_id of the resource that has the name.';
comment on column dim_resource_alias.first_seen is 'Earliest time at which the place gave the name, UTC.';
comment on column dim_resource_alias.last_seen is 'Latest time at which the place gave the name, UTC.';

comment on column oo_locator.aggregation is 'Table whose rows the evidence supports.';
comment on column oo_locator.bucket is 'Bucket of those rows, UTC.';
comment on column oo_locator.organization is 'Organization in OpenObserve.';
comment on column oo_locator.stream is 'Stream in OpenObserve.';
comment on column oo_locator.stream_type is 'logs, metrics or traces.';
comment on column oo_locator.window_from is 'Beginning of the raw rows, UTC.';
comment on column oo_locator.window_to is 'End of the raw rows, not itself part of them, UTC.';
comment on column oo_locator.exemplar_trace_id is 'A trace among the raw rows, as hexadecimal digits.';
comment on column oo_locator.exemplar_timestamp is 'Time of one of the raw rows, UTC.';

comment on column metric_1m.resource_id is 'dim_resource.resource_id of what was measured.';
comment on column metric_1m.metric is 'Name of the metric; histograms and summaries without _bucket, _count and _sum.';
comment on column metric_1m.samples is 'Samples of the minute; events for histograms and summaries. [count]';
comment on column metric_1m.series is 'Time series behind the row. [count]';
comment on column metric_1m.avg is 'Gauge: over samples. Counter: over series, per second. Histogram and summary: per event. [unit of the metric]';
comment on column metric_1m.min is 'As avg; null for histograms and summaries. [unit of the metric]';
comment on column metric_1m.max is 'As avg; null for histograms and summaries. [unit of the metric]';
comment on column metric_1m.p95 is 'As avg, relative error at most 1 %; for histograms interpolated within the bucket as Prometheus does. [unit of the metric]';
comment on column metric_1m.sum is 'Gauge: sum over series of the last sample. Counter: total per second. Histogram and summary: increase of the sum in the minute. [unit of the metric]';

comment on column service_call_5m.src_resource_id is 'dim_resource.resource_id of the caller.';
comment on column service_call_5m.dst_resource_id is 'dim_resource.resource_id of the callee.';
comment on column service_call_5m.protocol is 'How the callee is called, such as http, grpc, or the name of a database or messaging system.';
comment on column service_call_5m.calls is 'Calls of the five minutes. [count]';
comment on column service_call_5m.errors is 'Calls among them with an error on either side. [count]';
comment on column service_call_5m.rps is 'Calls per second over the five minutes. [1/s]';
comment on column service_call_5m.err_rate is 'Share of calls with an error on either side. [0 to 1]';
comment on column service_call_5m.p50_ms is 'Median latency seen by the callee when known, else by the caller; relative error at most 1 %. [ms]';
comment on column service_call_5m.p95_ms is '95th percentile of the latency, as p50_ms. [ms]';
comment on column service_call_5m.client_p95_ms is '95th percentile of the latency seen by the caller. [ms]';

comment on column log_pattern.template is 'The text that the lines share, with placeholders for what differs.';
comment on column log_pattern.service is 'Name of a service that writes such lines.';
comment on column log_pattern.last_seen is 'Latest event time.';
comment on column log_pattern.sample is 'One of the lines, perhaps cut.';
comment on column log_pattern_5m.resource_id is 'dim_resource.resource_id of what wrote the lines.';
comment on column log_pattern_5m.fingerprint is 'log_pattern.fingerprint of their template; follow its alias_of.';
comment on column log_pattern_5m.severity is 'The highest severity of the lines.';
comment on column log_pattern_5m.count_total is 'Lines. [count]';
comment on column log_pattern_5m.count_error is 'Lines among them of severity error or worse. [count]';

comment on column etl_reconciliation.signal is 'logs, spans or metric_points.';
comment on column etl_reconciliation.window_from is 'Beginning of the window, UTC.';
comment on column etl_reconciliation.rows_read is 'Rows that the source gave. [count]';
comment on column etl_reconciliation.aggregated is 'Rows that went into aggregates. [count]';
comment on column etl_reconciliation.unresolved is 'Calls of aggregated spans that do not say whom they call. [count]';

comment on column etl_job_run.id is 'Number of the run.';
comment on column etl_job_run.window_from is 'Beginning of the window, UTC.';
comment on column etl_job_run.window_to is 'End of the window, not itself part of it, UTC.';
comment on column etl_job_run.worker is 'Process that runs it, or ran it last.';
comment on column etl_job_run.heartbeat_at is 'Last sign of life of that worker.';
comment on column etl_job_run.started_at is 'When the newest attempt began.';
comment on column etl_job_run.finished_at is 'When it ended for good.';
comment on column etl_job_run.error_code is 'Code of the newest failure, such as OB_TIMEOUT.';
comment on column etl_job_run.error_message is 'One sentence about the newest failure.';
comment on column etl_job_run.skip_reason is 'Why the window is not run.';
comment on column etl_job_run.created_at is 'When it was queued first.';
comment on column etl_job_run.progress is 'Share of the work that is done. [0 to 1]';
comment on column etl_job_run.stats is 'Rows read and written, bytes, and per stage the time in milliseconds.';

comment on column etl_job_attempt.job_run_id is 'etl_job_run.id.';
comment on column etl_job_attempt.attempt is 'Counts from 1 within the run.';
comment on column etl_job_attempt.worker is 'Process that made the attempt.';
comment on column etl_job_attempt.started_at is 'When it began.';
comment on column etl_job_attempt.finished_at is 'When it ended; null while it runs.';
comment on column etl_job_attempt.error_code is 'Code of its failure.';
comment on column etl_job_attempt.error_message is 'One sentence about its failure.';
comment on column etl_job_attempt.stats is 'Rows read and written, bytes, and per stage the time in milliseconds.';

comment on column etl_watermark.updated_at is 'When the watermark moved last.';
comment on column etl_job_circuit.state is 'closed, open (nothing runs), or half_open (one probe runs).';
comment on column etl_job_circuit.failures is 'Failures in a row. [count]';
comment on column etl_job_circuit.opened_at is 'When it opened.';
comment on column etl_job_circuit.next_probe_at is 'When a probe may run.';
comment on column etl_job_circuit.reason is 'The failure that opened it.';
comment on column etl_job_circuit.updated_at is 'When its state changed last.';

comment on column etl_schedule.align is 'Length of a window.';
comment on column etl_schedule.delay is 'How long after its end a window is read.';
comment on column etl_schedule.settle is 'How long after its end a finished window is read again for late rows.';
comment on column etl_schedule.initial_lookback is 'How far back a new tenant begins.';
comment on column etl_schedule.max_batch is 'Neighbouring windows that one read may cover. [count]';
comment on column etl_schedule.after is 'Jobs that must have succeeded for the same time first.';
comment on column etl_schedule.next_plan_at is 'When the next window is due.';
comment on column etl_schedule.skip_reason is 'Why the skipped range was left out.';

comment on column etl_trigger.trigger_id is 'Number of the request.';
comment on column etl_trigger.received_at is 'When it came.';
comment on column etl_trigger.trigger is 'How it came: event, backfill or cli.';
comment on column etl_trigger.window_from is 'Beginning of the range, UTC.';
comment on column etl_trigger.window_to is 'End of the range, not itself part of it, UTC.';
comment on column etl_trigger.reason is 'Why it was rejected.';
comment on column etl_trigger.traceparent is 'W3C trace context of the caller.';

comment on column etl_backfill.backfill_id is 'Number of the backfill.';
comment on column etl_backfill.window_from is 'Beginning of the range, UTC.';
comment on column etl_backfill.window_to is 'End of the range, not itself part of it, UTC.';
comment on column etl_backfill.status is 'running, paused, success, failed or canceled.';
comment on column etl_backfill.stop_on_failure is 'Whether it ends with the first window that fails.';
comment on column etl_backfill.run_id is 'Correlation id of the request; not unique.';
comment on column etl_backfill.created_at is 'When it was asked for.';
comment on column etl_backfill.finished_at is 'When it ended.';
comment on column etl_backfill.error_message is 'Why it failed.';
comment on column etl_backfill_window.backfill_id is 'etl_backfill.backfill_id.';
comment on column etl_backfill_window.window_from is 'Beginning of the window, UTC.';
comment on column etl_backfill_window.window_to is 'End of the window, not itself part of it, UTC.';
comment on column etl_backfill_window.skip_reason is 'Why the window was not run.';
comment on column etl_backfill_window.job_run_id is 'etl_job_run.id of its run.';

comment on column topo_edge_time.src_resource_id is 'dim_resource.resource_id of what depends, contains, routes or starts later.';
comment on column topo_edge_time.dst_resource_id is 'dim_resource.resource_id of what it depends on, contains, routes to or waits for.';
comment on column topo_edge_time.relation is 'DEPENDS_ON, CONTAINS, ROUTES_TO or STARTS_AFTER.';
comment on column topo_edge_time.source is 'Kind of document or interface that declares the edge, such as terraform.';
comment on column topo_edge_time.scope is 'Part of the source that is observed as a whole, such as one state.';
comment on column topo_edge_time.misses is 'How many complete observations in a row did not see the edge, where one is not enough to close it. [count]';
comment on column topo_edge_history.src_resource_id is 'As in topo_edge_time.';
comment on column topo_edge_history.dst_resource_id is 'As in topo_edge_time.';
comment on column topo_edge_history.relation is 'As in topo_edge_time.';
comment on column topo_edge_history.source is 'As in topo_edge_time.';
comment on column topo_edge_history.scope is 'As in topo_edge_time.';
comment on column topo_edge_history.valid is 'When the edge was believed to be true, half-open, UTC.';
comment on column topo_edge_history.recorded_at is 'When the superseded row was written.';
comment on column topo_edge_history.attrs is 'As in topo_edge_time.';
comment on column topo_edge_history.evidence is 'As in topo_edge_time.';
comment on column topo_scope.source is 'As in topo_edge_time.';
comment on column topo_scope.scope is 'As in topo_edge_time.';
comment on column topo_scope.status_reason is 'Why the status is not ok.';
comment on column topo_scope.edges is 'Open edges after the observation. [count]';
comment on column topo_observation.source is 'As in topo_edge_time.';
comment on column topo_observation.scope is 'As in topo_edge_time.';
comment on column topo_observation.observed_at is 'Time of the observed document, UTC.';
comment on column topo_observation.lineage is 'As in topo_scope.';
comment on column topo_observation.serial is 'As in topo_scope.';
comment on column topo_observation.edges is 'Edges that it showed. [count]';
comment on column topo_observation.recorded_at is 'When it was read.';

comment on column kb_doc.uri is 'Where the document is from.';
comment on column kb_doc.title is 'Its title.';
comment on column kb_doc.content_hash is 'Hash of its text; the same text is not read again.';
comment on column kb_doc.attrs is 'What else is known of the document.';
comment on column kb_doc.updated_at is 'When it was read last.';
comment on column kb_chunk.doc_id is 'kb_doc.doc_id.';
comment on column kb_chunk.content is 'The text of the passage.';
comment on column kb_chunk.language is 'Text search configuration that made search.';
comment on column kb_chunk.search is 'The text as full-text search sees it.';

comment on column event_envelope.event_id is 'Number of the event here.';
comment on column event_envelope.source is 'CloudEvents attribute source.';
comment on column event_envelope.id is 'CloudEvents attribute id; unique within source.';
comment on column event_envelope.type is 'CloudEvents attribute type.';
comment on column event_envelope.subject is 'CloudEvents attribute subject.';
comment on column event_envelope.time is 'When it happened, UTC; when it came, if it does not say.';
comment on column event_envelope.received_at is 'When it came.';
comment on column event_envelope.spec_version is 'Version of CloudEvents.';
comment on column event_envelope.content_type is 'Media type of its data.';
comment on column event_envelope.data_schema is 'CloudEvents attribute dataschema.';
comment on column event_envelope.extensions is 'Its extension attributes.';
comment on column event_envelope.data is 'Its data when it is JSON.';
comment on column evidence_link.subject_id is 'Key of the subject, as text.';
comment on column evidence_link.note is 'What the link means, in words.';
comment on column evidence_link.created_at is 'When it was made.';
