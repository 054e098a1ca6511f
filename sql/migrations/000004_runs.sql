-- Old workers: survive; new tables only.
create table etl_job_run (
  id bigint generated always as identity primary key,
  job text not null,
  tenant_id text not null,
  window_from timestamptz not null,
  window_to timestamptz not null,
  status text not null default 'queued' check (status in ('queued', 'running', 'success', 'dead', 'canceled', 'skipped')),
  attempt int not null default 0,
  priority int not null default 0,
  trigger text not null default 'schedule',
  run_after timestamptz not null default now(),
  worker text,
  lease_until timestamptz,
  heartbeat_at timestamptz,
  started_at timestamptz,
  finished_at timestamptz,
  error_code text,
  error_message text,
  skip_reason text,
  stats jsonb not null default '{}',
  progress double precision,
  run_id uuid,
  payload jsonb not null default '{}',
  created_at timestamptz not null default now(),
  constraint ux_job_once unique (job, tenant_id, window_from, window_to),
  check (window_from < window_to),
  check ((status = 'skipped') = (skip_reason is not null))
);
create index on etl_job_run (status, run_after) where status in ('queued', 'running');
create index on etl_job_run (run_id);
create index on etl_job_run using gin (payload jsonb_path_ops);
create index on etl_job_run (tenant_id, job, window_from);
create index on etl_job_run (finished_at, id) where status in ('success', 'dead', 'canceled', 'skipped');
comment on table etl_job_run is 'One row per job, tenant and window [window_from, window_to): the queue and the newest outcome. Attempts are in etl_job_attempt.';
comment on column etl_job_run.status is 'queued, running, success, dead (retries exhausted), canceled, skipped (see skip_reason).';
comment on column etl_job_run.attempt is 'Attempts started so far; with worker it fences writes.';
comment on column etl_job_run.priority is 'Higher runs first.';
comment on column etl_job_run.trigger is 'What queued it: schedule, settle, backfill, event or cli.';
comment on column etl_job_run.run_after is 'Not before this time; retries move it.';
comment on column etl_job_run.lease_until is 'A running row whose lease is over belongs to nobody.';
comment on column etl_job_run.stats is 'Rows read and written, bytes, milliseconds per stage.';
comment on column etl_job_run.progress is '0 to 1.';
comment on column etl_job_run.run_id is 'Newest correlation id; not unique. All ids that ever touched the row are in payload.';

create table etl_job_attempt (
  job_run_id bigint not null references etl_job_run (id) on delete cascade,
  attempt int not null,
  worker text,
  status text not null check (status in ('running', 'success', 'failed', 'lost', 'canceled')),
  started_at timestamptz not null,
  finished_at timestamptz,
  error_code text,
  error_message text,
  stats jsonb not null default '{}',
  primary key (job_run_id, attempt)
);
comment on table etl_job_attempt is 'One row per attempt of a run.';
comment on column etl_job_attempt.status is 'running, success, failed, lost (its lease expired), canceled.';

create table etl_watermark (
  job text not null,
  tenant_id text not null,
  watermark timestamptz not null,
  low_water_mark timestamptz,
  updated_at timestamptz not null default now(),
  primary key (job, tenant_id)
);
comment on table etl_watermark is 'One row per job and tenant.';
comment on column etl_watermark.watermark is 'End of the last contiguous successful window: the schedule goes on from here.';
comment on column etl_watermark.low_water_mark is 'Windows before this were pruned and are not run again by themselves.';

create table etl_job_circuit (
  job text not null,
  tenant_id text not null,
  state text not null default 'closed' check (state in ('closed', 'open', 'half_open')),
  failures int not null default 0,
  opened_at timestamptz,
  next_probe_at timestamptz,
  probe_by text,
  reason text,
  updated_at timestamptz not null default now(),
  primary key (job, tenant_id)
);
comment on table etl_job_circuit is 'One row per job and tenant that has failed: its circuit breaker.';
comment on column etl_job_circuit.failures is 'Consecutive failures.';
comment on column etl_job_circuit.probe_by is 'The one worker that probes while the circuit is half open.';

create table etl_backfill (
  backfill_id bigint generated always as identity primary key,
  tenant_id text not null,
  job text not null,
  window_from timestamptz not null,
  window_to timestamptz not null,
  mode text not null check (mode in ('none', 'failed', 'completed')),
  status text not null default 'running' check (status in ('running', 'paused', 'success', 'failed', 'canceled')),
  concurrency int not null default 1 check (concurrency > 0),
  stop_on_failure boolean not null default false,
  run_id uuid,
  created_at timestamptz not null default now(),
  finished_at timestamptz,
  error_message text,
  check (window_from < window_to)
);
create index on etl_backfill (tenant_id, job, created_at);
create index on etl_backfill (run_id);
comment on table etl_backfill is 'One row per request to run a range of windows again.';
comment on column etl_backfill.mode is 'Which windows that already have a run are run again: none, the failed ones, or the completed ones too.';
comment on column etl_backfill.concurrency is 'Windows of this backfill that may run at once.';

create table etl_backfill_window (
  backfill_id bigint not null references etl_backfill (backfill_id) on delete cascade,
  tenant_id text not null,
  window_from timestamptz not null,
  window_to timestamptz not null,
  status text not null default 'pending' check (status in ('pending', 'queued', 'success', 'failed', 'canceled', 'skipped')),
  skip_reason text,
  job_run_id bigint references etl_job_run (id) on delete set null,
  primary key (backfill_id, window_from),
  check ((status = 'skipped') = (skip_reason is not null))
);
create index on etl_backfill_window (job_run_id);
comment on table etl_backfill_window is 'One row per backfill and window, with the reason where the window was not run.';
