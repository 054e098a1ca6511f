-- Old workers: do not survive; stop them first, because they claim windows without asking for caps, circuits or dependencies.
alter table etl_job_run
  add column blocked_by text,
  add column retries int not null default 0,
  add column losses int not null default 0,
  add column settle_at timestamptz,
  add column cancel_requested boolean not null default false;
comment on column etl_job_run.blocked_by is 'A job whose same time must have succeeded first; null when nothing is in the way.';
comment on column etl_job_run.retries is 'Failed attempts in a row that count against the limit; those of a circuit''s probe do not.';
comment on column etl_job_run.losses is 'Attempts since the last success whose worker gave no sign of life for a lease.';
comment on column etl_job_run.settle_at is 'When the finished window is read again for late rows.';
comment on column etl_job_run.cancel_requested is 'A running window ends as canceled with its next heartbeat.';
comment on column etl_job_run.run_id is 'Newest correlation id; not unique. Every id that ever touched the row is in payload.';
comment on column etl_job_run.payload is '{"run_ids": [uuid, …], "origins": {uuid: {"system", "name", "url"}}}: every id that ever touched the row, oldest first.';

drop index etl_job_run_status_run_after_idx, etl_job_run_run_id_idx, etl_job_run_payload_idx, etl_job_run_tenant_id_job_window_from_idx;
create index etl_job_run_ready on etl_job_run (priority desc, tenant_id, job, window_from) where status = 'queued' and blocked_by is null;
create index etl_job_run_blocked on etl_job_run (tenant_id, job, window_to) where status = 'queued' and blocked_by is not null;
create index etl_job_run_running on etl_job_run (lease_until) where status = 'running';
create index etl_job_run_settle on etl_job_run (settle_at) where settle_at is not null;
create index etl_job_run_run_id on etl_job_run (run_id) where run_id is not null;
create index etl_job_run_run_ids on etl_job_run using gin ((payload -> 'run_ids')) where payload <> '{}';
create index etl_job_run_window on etl_job_run (window_from, id);
create index etl_job_run_dead on etl_job_run (job, tenant_id, window_from) where status = 'dead';

alter table dim_tenant add column updated_at timestamptz not null default now();
comment on column dim_tenant.settings is 'The tenant as in the configuration file: source, initial_lookback. A row without source is only known by name.';

create table etl_schedule (
  job text not null,
  tenant_id text not null,
  align interval not null,
  delay interval not null,
  settle interval[] not null default '{}',
  initial_lookback interval not null,
  max_batch int not null check (max_batch > 0),
  concurrency int not null default 1 check (concurrency > 0),
  after text[] not null default '{}',
  catch_up text not null default 'all' check (catch_up in ('all', 'last', 'none')),
  max_age interval,
  enabled boolean not null default true,
  paused boolean not null default false,
  planned_until timestamptz,
  next_plan_at timestamptz not null default '-infinity',
  skipped tstzrange,
  skip_reason text,
  primary key (job, tenant_id)
);
create index on etl_schedule (next_plan_at) where enabled and not paused;
comment on table etl_schedule is 'One row per job and tenant that the scheduler looks after, copied from the configuration.';
comment on column etl_schedule.concurrency is 'Reads of this job and tenant that may run at once.';
comment on column etl_schedule.catch_up is 'What happens to windows that were missed: all run, only the last, or none.';
comment on column etl_schedule.max_age is 'Windows that ended longer ago are not run by themselves.';
comment on column etl_schedule.enabled is 'False once the configuration no longer names the tenant.';
comment on column etl_schedule.paused is 'Set by an operator; nothing new is planned meanwhile.';
comment on column etl_schedule.planned_until is 'Every window before this is in etl_job_run, or was skipped.';
comment on column etl_schedule.skipped is 'The newest range that catch_up or max_age left out.';

alter table etl_job_circuit add column probe_run_id bigint;
comment on column etl_job_circuit.probe_run_id is 'The run whose attempt is the probe of a half open circuit.';

create table etl_trigger (
  trigger_id bigint generated always as identity primary key,
  received_at timestamptz not null default now(),
  run_id uuid not null,
  trigger text not null,
  job text not null,
  tenant_id text not null,
  window_from timestamptz,
  window_to timestamptz,
  outcome text not null check (outcome in ('accepted', 'deduplicated', 'rejected')),
  reason text,
  origin jsonb not null default '{}',
  traceparent text
);
create index on etl_trigger (run_id);
create index on etl_trigger (received_at);
create index on etl_trigger (tenant_id, job, received_at);
comment on table etl_trigger is 'One row per request from outside to run windows, also of those that were not accepted.';
comment on column etl_trigger.run_id is 'Id of the calling orchestrator, or of this invocation; not unique.';
comment on column etl_trigger.outcome is 'accepted; deduplicated (every window was queued or running already); rejected (see reason).';
comment on column etl_trigger.origin is '{"system", "name", "url"} of the orchestrator, as far as it told.';

create table api_token (
  token_hash bytea primary key,
  name text not null unique,
  role text not null check (role in ('viewer', 'operator', 'admin')),
  tenants text[],
  created_at timestamptz not null default now(),
  expires_at timestamptz,
  last_used_at timestamptz
);
comment on table api_token is 'One row per bearer token of the HTTP API; only its SHA-256 is kept.';
comment on column api_token.tenants is 'Tenants the token may see; null for all.';

alter table etl_backfill
  add column max_batch int not null default 1 check (max_batch > 0),
  add column run_backwards boolean not null default false,
  add column payload jsonb not null default '{}';
comment on column etl_backfill.concurrency is 'Reads of this backfill that may run at once; concurrency times max_batch windows wait in the queue at a time.';
comment on column etl_backfill.max_batch is 'Windows that one read may cover.';
comment on column etl_backfill.run_backwards is 'The newest window runs first.';
comment on column etl_backfill.payload is 'Who asked, as in etl_job_run.';
create unique index ux_backfill_active on etl_backfill (tenant_id, job) where status in ('running', 'paused');

alter table etl_backfill_window add column prior jsonb;
comment on column etl_backfill_window.status is 'pending, queued (or running), success, failed (its run is dead), canceled, skipped (see skip_reason).';
comment on column etl_backfill_window.prior is 'Outcome of the run before the backfill queued it; comes back when the window is taken out of the queue.';
create index etl_backfill_window_open on etl_backfill_window (backfill_id, status, window_from) where status in ('pending', 'queued');

-- Retention walks along these.
create index on etl_job_attempt (started_at);
create index on event_envelope (received_at);
alter table etl_watermark alter column watermark drop not null;
comment on column etl_watermark.watermark is 'Every planned window before this has ended: well, or as dead, canceled or skipped. Null for a job that no schedule has begun.';
