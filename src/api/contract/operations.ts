import { type Static, Type } from 'typebox';
import { logLevels } from '../../core/run-log.ts';
import { backfillModes, backfillStatuses } from '../../store/backfill.ts';
import { MOST_ATTEMPTS, runCursorPattern, runStatuses } from '../../store/run-list.ts';
import { byJob, byTenant, closed, listOf, listQuery, named, nullable, oneOf, time } from './shape.ts';

const runId = named('A UUID; lists show what it touched at any time.');

export const IdParamsSchema = Type.Object({ id: Type.String({ pattern: '^[1-9]\\d{0,15}$' }) }, closed);

export const OriginSchema = Type.Object(
  {
    system: Type.Optional(named('Such as `argo` or `airflow`.')),
    name: Type.Optional(named('What it calls its run, such as the name of a workflow.', 1000)),
    url: Type.Optional(named('Where a person can look at it.', 4000)),
  },
  { ...closed, description: 'The orchestrator that the run id comes from.' },
);

export const RunSchema = Type.Object({
  id: Type.Integer(),
  job: Type.String(),
  tenant_id: Type.String(),
  window_from: time(),
  window_to: time('Not itself part of the window.'),
  status: oneOf(runStatuses),
  attempt: Type.Integer(),
  retries: Type.Integer(),
  priority: Type.Integer(),
  trigger: Type.String(),
  run_after: time(),
  blocked_by: nullable(Type.String({ description: 'Job whose same time must have succeeded first.' })),
  worker: nullable(Type.String()),
  lease_until: nullable(time()),
  heartbeat_at: nullable(time()),
  started_at: nullable(time()),
  finished_at: nullable(time()),
  settle_at: nullable(time()),
  cancel_requested: Type.Boolean(),
  error_code: nullable(Type.String()),
  error_message: nullable(Type.String()),
  skip_reason: nullable(Type.String()),
  progress: nullable(Type.Number({ description: '0 to 1.' })),
  run_id: nullable(Type.String()),
  run_ids: Type.Array(Type.String(), { description: 'Every id that ever touched the run, oldest first.' }),
  origins: Type.Record(Type.String(), OriginSchema),
  stats: Type.Record(Type.String(), Type.Unknown()),
});
export type Run = Static<typeof RunSchema>;

const LogLineSchema = Type.Object({
  at: time("By the worker's clock."),
  level: oneOf(logLevels),
  text: Type.String({ description: 'A sentence of at most 500 characters, without row values and secrets.' }),
});

export const RunDetailSchema = Type.Object({
  ...RunSchema.properties,
  attempts: Type.Array(
    Type.Object({
      attempt: Type.Integer(),
      worker: nullable(Type.String()),
      status: Type.String(),
      started_at: time(),
      finished_at: nullable(time()),
      error_code: nullable(Type.String()),
      error_message: nullable(Type.String()),
      stats: Type.Record(Type.String(), Type.Unknown()),
      log: Type.Array(LogLineSchema, {
        maxItems: 100,
        description: 'Oldest line first. While the attempt runs, only the line of its claim is there; the others come with its end.',
      }),
    }),
    { maxItems: MOST_ATTEMPTS, description: `The newest attempts, oldest first; ${MOST_ATTEMPTS} at most.` },
  ),
});

export const RunListSchema = listOf(RunSchema);
export const RunQuerySchema = listQuery(
  {
    tenant_id: byTenant,
    job: byJob,
    status: Type.Optional(oneOf(runStatuses, { description: 'Only with this status.' })),
    run_id: Type.Optional(runId),
    from: Type.Optional(named('Windows that begin at this time or later.')),
    to: Type.Optional(named('Windows that begin before this time.')),
  },
  { pattern: runCursorPattern },
);

export const WindowListSchema = listOf(
  Type.Object({
    job: Type.String(),
    tenant_id: Type.String(),
    window_from: time(),
    window_to: time(),
    status: nullable(oneOf(runStatuses, { description: 'Null when the window has no run.' })),
    id: nullable(Type.Integer()),
    attempt: nullable(Type.Integer()),
    error_code: nullable(Type.String()),
  }),
);
export const WindowQuerySchema = listQuery(
  { tenant_id: byTenant, job: byJob, from: named('Beginning of the range.'), to: named('End of the range, not itself part of it.') },
  { maximum: 10_000 },
);

export const JobListSchema = listOf(
  Type.Object({
    job: Type.String(),
    tenant_id: Type.String(),
    align_seconds: Type.Number(),
    delay_seconds: Type.Number(),
    settle_seconds: Type.Array(Type.Number()),
    after: Type.Array(Type.String()),
    catch_up: Type.String(),
    enabled: Type.Boolean(),
    paused: Type.Boolean(),
    planned_until: nullable(time()),
    watermark: nullable(time('End of the last contiguous successful window.')),
    low_water_mark: nullable(time('Windows before this were pruned.')),
    skip_reason: nullable(Type.String()),
  }),
);
export const JobQuerySchema = listQuery({ tenant_id: byTenant, job: byJob });

export const TenantListSchema = listOf(Type.Object({ tenant_id: Type.String(), name: nullable(Type.String()), created_at: time() }));
export const TenantQuerySchema = listQuery({});

export const CircuitListSchema = listOf(
  Type.Object({
    job: Type.String(),
    tenant_id: Type.String(),
    state: oneOf(['closed', 'half_open', 'open']),
    failures: Type.Integer({ description: 'Failures in a row.' }),
    opened_at: nullable(time()),
    next_probe_at: nullable(time()),
    probe_by: nullable(Type.String()),
    reason: nullable(Type.String()),
    updated_at: time(),
  }),
);
export const CircuitQuerySchema = listQuery({});

export const TriggerListSchema = listOf(
  Type.Object({
    trigger_id: Type.Integer(),
    received_at: time(),
    run_id: Type.String(),
    trigger: Type.String(),
    job: Type.String(),
    tenant_id: Type.String(),
    window_from: nullable(time()),
    window_to: nullable(time()),
    outcome: oneOf(['accepted', 'deduplicated', 'rejected']),
    reason: nullable(Type.String()),
    origin: OriginSchema,
    traceparent: nullable(Type.String()),
  }),
);
export const TriggerQuerySchema = listQuery({ run_id: Type.Optional(runId) }, { pattern: '^\\d{1,16}$' });

export const EnqueueBodySchema = Type.Object(
  {
    job: named('Job to run.'),
    tenant_id: named('Tenant to run it for.'),
    from: named("Beginning of the range, UTC, on the job's alignment."),
    to: named('End of the range, not itself part of it. Windows in the future wait until they are due.'),
    run_id: Type.Optional(named('Id of the calling orchestrator, a UUID; it goes before the header `X-Run-Id`.')),
    origin: Type.Optional(OriginSchema),
  },
  { ...closed, description: 'What to run; in a CloudEvent of type `dev.observebridge.enqueue` this is its data.' },
);
export const CallerHeadersSchema = Type.Object({
  'x-run-id': Type.Optional(named('Id of the calling orchestrator, a UUID.')),
  traceparent: Type.Optional(Type.String({ description: 'W3C trace context of the caller; kept when it is one.' })),
});
export const EnqueueAnswerSchema = Type.Object({
  run_id: Type.String(),
  outcome: oneOf(['accepted', 'deduplicated']),
  queued: Type.Integer({ description: 'Windows that will run.' }),
  pending: Type.Integer({ description: 'Windows that were queued or running already.' }),
  runs: Type.Array(
    Type.Object({ id: Type.Integer(), window_from: time(), window_to: time(), status: oneOf(runStatuses), run_after: time() }),
  ),
});

export const EventQuerySchema = Type.Object(
  { tenant: Type.Optional(named('Tenant of the events without the extension attribute `tenantid`.')) },
  closed,
);
export const EventBodySchema = Type.Unknown({ description: 'An event, a batch of them, or in binary mode the data.' });
export const EventAnswerSchema = Type.Object({
  received: Type.Integer(),
  stored: Type.Integer({ description: 'Events that were not there before.' }),
});

export const HealthSchema = Type.Object({ status: Type.Literal('ok'), version: Type.String() });

export const ReadinessSchema = Type.Object({
  ready: Type.Boolean(),
  findings: Type.Array(Type.Object({ subject: Type.String(), ok: Type.Boolean(), text: Type.String() })),
  as_of: time(),
});

export const ControlAnswerSchema = Type.Object({ id: Type.Integer(), outcome: oneOf(['queued', 'canceled', 'cancel_requested']) });

const progress = {
  windows: Type.Integer({ description: 'Of the whole range.' }),
  pending: Type.Integer(),
  skipped: Type.Integer({ description: 'Windows that are not run, each with its reason.' }),
};

export const BackfillSchema = Type.Object({
  backfill_id: Type.Integer(),
  job: Type.String(),
  tenant_id: Type.String(),
  window_from: time(),
  window_to: time(),
  mode: oneOf(backfillModes),
  status: oneOf(backfillStatuses),
  concurrency: Type.Integer(),
  stop_on_failure: Type.Boolean(),
  run_backwards: Type.Boolean(),
  run_id: Type.String(),
  created_at: time(),
  finished_at: nullable(time()),
  error_message: nullable(Type.String()),
  ...progress,
  queued: Type.Integer({ description: 'Windows that are queued or running.' }),
  success: Type.Integer(),
  failed: Type.Integer(),
  canceled: Type.Integer(),
});
export const BackfillListSchema = listOf(BackfillSchema);
export const BackfillQuerySchema = listQuery(
  { job: byJob, status: Type.Optional(oneOf(backfillStatuses, { description: 'Only with this status.' })) },
  { pattern: '^\\d{1,16}$' },
);

const BackfillRangesSchema = Type.Array(
  Type.Object({
    window_from: time(),
    window_to: time(),
    windows: Type.Integer(),
    status: oneOf(['pending', 'queued', 'success', 'failed', 'canceled', 'skipped']),
    skip_reason: nullable(Type.String()),
  }),
  { description: 'Neighbouring windows with the same state, in order of time; the first 1000.' },
);
export const BackfillDetailSchema = Type.Object({ ...BackfillSchema.properties, ranges: BackfillRangesSchema });
export const BackfillPlanSchema = Type.Object({ ...progress, ranges: BackfillRangesSchema });

export const BackfillBodySchema = Type.Object(
  {
    job: named('Job to run.'),
    tenant_id: named('Tenant to run it for.'),
    from: named("Beginning of the range, UTC, on the job's alignment."),
    to: named('End of the range, not itself part of it, and due already.'),
    mode: Type.Optional(
      oneOf(backfillModes, {
        description: 'Windows that are run although they have run before: `none` if absent, failed or completed ones.',
      }),
    ),
    concurrency: Type.Optional(Type.Integer({ minimum: 1, maximum: 64, description: 'Reads that run at once; 1 if absent.' })),
    stop_on_failure: Type.Optional(Type.Boolean({ description: 'End with the first window that fails.' })),
    run_backwards: Type.Optional(Type.Boolean({ description: 'Newest windows first.' })),
    force: Type.Optional(Type.Boolean({ description: 'Also windows that were pruned.' })),
    dry_run: Type.Optional(Type.Boolean({ description: 'Only answer what would be done.' })),
    run_id: Type.Optional(named('Id of the calling orchestrator, a UUID; it goes before the header `X-Run-Id`.')),
    origin: Type.Optional(OriginSchema),
  },
  closed,
);
