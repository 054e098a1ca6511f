import { ObserveBridgeError } from '../core/error.ts';
import { formatTime, type Micros, SECOND } from '../core/time.ts';
import { type Caller, priorities, type Trigger } from '../core/trigger.ts';
import type { Window } from '../core/window.ts';
import { type CircuitPolicy, closeCircuit, countFailure, reopenAbandonedProbes } from './circuit.ts';
import type { Queryable, Tx } from './db.ts';
import { beginAttempts, endAttempts, type RunLogs, succeedAttempts } from './run-attempt.ts';
import { advanceWatermarks, type Lane } from './schedule.ts';
import { mergePayloads, toPayload } from './trigger.ts';

// States of a run: queued → running → success | queued (tried again, handed back, lease over) | dead | canceled. Ended rows may be queued again.

/** A window that this worker has claimed; `attempt` fences its writes. */
export interface ClaimedRun {
  readonly id: bigint;
  readonly attempt: number;
  /** Failed attempts so far. */
  readonly retries: number;
  readonly window: Window;
  /** Who asked for it; for scheduled windows the worker itself. */
  readonly caller: Caller;
}

/** Contiguous windows of one lane, to be read in one go. */
export interface ClaimedBatch extends Lane {
  readonly trigger: Trigger;
  /** Whether it is the one probe of an open circuit. */
  readonly probe: boolean;
  readonly runs: readonly ClaimedRun[];
}

/** Who holds windows, and for how long without a sign of life. */
export interface Holder {
  readonly worker: string;
  readonly lease: Micros;
  /** Run id of what nobody else asked for. */
  readonly runId: string;
}

/** How many reads may run at once, of all workers together. */
export interface Caps {
  readonly running: number;
  readonly perJob: number;
  readonly perTenant: number;
}

interface ClaimedRow {
  readonly id: bigint;
  readonly job: string;
  readonly tenant_id: string;
  readonly attempt: number;
  readonly retries: number;
  readonly window_from: bigint;
  readonly window_to: bigint;
  readonly trigger: Trigger;
  readonly run_id: string;
  readonly origin: Caller['origin'] | null;
  readonly probe: boolean;
}

const CLAIM_LOCK = 7_155_322_001n;

const RETURNING = `r.id, r.job, r.tenant_id, r.attempt, r.retries, r.trigger, r.run_id, r.payload->'origins'->(r.run_id::text) as origin,
  (extract(epoch from r.window_from) * 1000000)::bigint as window_from, (extract(epoch from r.window_to) * 1000000)::bigint as window_to`;

const READY = `q.status = 'queued' and q.blocked_by is null and q.run_after <= now() and q.job = any($3::text[])`;

/**
 * One claim: the first lane after the cursor, in the order of priority and round the tenants, that no cap and no circuit holds back; of it the
 * oldest contiguous windows, fewer after failures, one for a probe. Reads are counted by worker and start, because a claim starts all its windows
 * at once. The recursion steps from lane to lane by the index and stops at the first that may run.
 */
const CLAIM = `
with running as materialized (
  select job, tenant_id, count(distinct (worker, started_at)) as reads from etl_job_run where status = 'running' group by job, tenant_id
),
lane as materialized (
  select p.priority, ring.tenant_id, ring.job, s.max_batch, c.probe
  from unnest($4::int[]) with ordinality as p (priority, rank)
  cross join lateral (
    with recursive step as (
      select $5::text as tenant_id, $6::text as job, 0 as lap, true as seed
      union all
      select n.tenant_id, n.job, n.lap, false
      from step cross join lateral (
        (select q.tenant_id, q.job, step.lap as lap from etl_job_run q
         where ${READY} and q.priority = p.priority and (q.tenant_id, q.job) > (step.tenant_id, step.job) order by q.tenant_id, q.job limit 1)
        union all
        (select q.tenant_id, q.job, 1 from etl_job_run q where ${READY} and q.priority = p.priority and step.lap = 0 order by q.tenant_id, q.job limit 1)
        limit 1
      ) n
      where n.lap = 0 or (n.tenant_id, n.job) <= ($5::text, $6::text)
    )
    select tenant_id, job from step where not seed
  ) ring
  cross join lateral (
    select coalesce(max(e.max_batch), 1) as max_batch, coalesce(max(e.concurrency), 1) as concurrency
    from etl_schedule e where (e.job, e.tenant_id) = (ring.job, ring.tenant_id)
  ) s
  cross join lateral (
    select coalesce(bool_or(e.state = 'half_open' or e.next_probe_at > now()), false) as closed_off, coalesce(bool_or(e.state = 'open'), false) as probe
    from etl_job_circuit e where (e.job, e.tenant_id) = (ring.job, ring.tenant_id) and e.state <> 'closed'
  ) c
  cross join lateral (
    select coalesce(sum(reads), 0) as total, coalesce(sum(reads) filter (where x.job = ring.job), 0) as of_job,
      coalesce(sum(reads) filter (where x.tenant_id = ring.tenant_id), 0) as of_tenant,
      coalesce(sum(reads) filter (where x.tenant_id = ring.tenant_id and x.job = ring.job), 0) as of_lane
    from running x
  ) n
  where not c.closed_off and n.total < $7 and n.of_job < $8 and n.of_tenant < $9 and n.of_lane < s.concurrency
  limit 1
),
head as (
  select q.id, q.window_from, q.window_to, q.retries + q.losses as setbacks from etl_job_run q
  where q.status = 'queued' and q.blocked_by is null and q.run_after <= now()
    and q.priority = (select priority from lane) and q.tenant_id = (select tenant_id from lane) and q.job = (select job from lane)
  order by q.window_from limit (select case when probe then 1 else max_batch end from lane)
  for update of q skip locked
),
ranked as (
  select id, window_from, lag(window_to, 1, window_from) over w as previous_to, row_number() over w as position, first_value(setbacks) over w as setbacks
  from head window w as (order by window_from)
),
stretch as (
  select id from (
    select id, position, setbacks, count(*) filter (where window_from <> previous_to) over (order by position) as gaps from ranked) r, lane
  where gaps = 0 and position <= greatest(1, lane.max_batch >> least(r.setbacks, 30))
),
claimed as (
  update etl_job_run r set status = 'running', attempt = r.attempt + 1, worker = $1, lease_until = now() + make_interval(secs => $2), heartbeat_at = now(),
    started_at = now(), finished_at = null, error_code = null, error_message = null, progress = null, run_id = coalesce(r.run_id, $10::uuid)
  from stretch where r.id = stretch.id
  returning ${RETURNING}
),
attempted as (
  ${beginAttempts('(select id, attempt, $1::text as worker from claimed) begun')}
),
probing as (
  update etl_job_circuit c set state = 'half_open', probe_by = $1, probe_run_id = claimed.id, updated_at = now()
  from claimed, lane where lane.probe and (c.job, c.tenant_id) = (claimed.job, claimed.tenant_id)
)
select claimed.*, lane.probe from claimed, lane order by window_from`;

/** What a worker asks for: the jobs it can run, and the lane it claimed last. */
export interface ClaimRequest extends Holder {
  readonly jobs: readonly string[];
  readonly caps: Caps;
  readonly after: Lane;
}

/** Claims the next batch of the queue, or undefined when nothing may run now. Claims of all workers go one after another, so that caps are exact. */
export async function claimNext(tx: Tx, request: ClaimRequest): Promise<ClaimedBatch | undefined> {
  // A claim that a crash of the server forgets is harmless: its worker's write is fenced off. So it need not wait for the disk.
  await tx.query(`select set_config('synchronous_commit', 'off', true), pg_advisory_xact_lock($1)`, [CLAIM_LOCK]);
  const { worker, lease, runId, jobs, caps, after } = request;
  const rows = await tx.query<ClaimedRow>(CLAIM, [
    ...[worker, lease / SECOND, jobs, Object.values(priorities).toSorted((a, b) => b - a), after.tenantId, after.job],
    ...[caps.running, caps.perJob, caps.perTenant, runId],
  ]);
  const [first] = rows;
  return first && { job: first.job, tenantId: first.tenant_id, trigger: first.trigger, probe: first.probe, runs: rows.map(toClaimedRun) };
}

/** Whether any window could be claimed, caps and circuits aside. */
export async function hasReady(db: Queryable): Promise<boolean> {
  const [row] = await db.query<{ ready: boolean }>(
    `select exists (select from etl_job_run where status = 'queued' and blocked_by is null and run_after <= now()) as ready`,
  );
  return row?.ready === true;
}

/**
 * Claims these windows for a caller who runs them himself, whatever their earlier outcome; windows that another worker holds a live lease on are
 * not among the result, but take the caller's id too. Neither caps nor circuits hold them back.
 */
export async function claimWindows(
  tx: Tx,
  lane: Lane,
  windows: readonly Window[],
  holder: Holder,
  trigger: Trigger,
  caller: Caller,
): Promise<ClaimedRun[]> {
  const times = [windows.map((window) => formatTime(window.from)), windows.map((window) => formatTime(window.to))];
  const payload = toPayload(caller);
  const rows = await tx.query<ClaimedRow>(
    `insert into etl_job_run as r (job, tenant_id, window_from, window_to, status, attempt, trigger, worker, lease_until, heartbeat_at, started_at, run_id, payload)
     select $1, $2, w.window_from, w.window_to, 'running', 1, $5, $6, now() + make_interval(secs => $7), now(), now(), $8::uuid, $9::jsonb
     from unnest($3::timestamptz[], $4::timestamptz[]) as w (window_from, window_to) order by w.window_from
     on conflict on constraint ux_job_once do update set status = 'running', attempt = r.attempt + 1, trigger = excluded.trigger, worker = excluded.worker,
       lease_until = excluded.lease_until, heartbeat_at = excluded.heartbeat_at, started_at = excluded.started_at, finished_at = null, error_code = null,
       error_message = null, skip_reason = null, progress = null, run_id = excluded.run_id, settle_at = null, blocked_by = null, cancel_requested = false,
       payload = ${mergePayloads('r.payload', 'excluded.payload')}
       where r.status <> 'running' or r.lease_until < now()
     returning ${RETURNING}`,
    [lane.job, lane.tenantId, ...times, trigger, holder.worker, holder.lease / SECOND, caller.runId, payload],
  );
  if (rows.length < windows.length) {
    await tx.query(
      `update etl_job_run r set run_id = $5::uuid, payload = ${mergePayloads('r.payload', '$6::jsonb')}
       from unnest($3::timestamptz[], $4::timestamptz[]) as w (window_from, window_to)
       where r.job = $1 and r.tenant_id = $2 and (r.window_from, r.window_to) = (w.window_from, w.window_to) and r.status = 'running' and r.worker <> $7`,
      [lane.job, lane.tenantId, ...times, caller.runId, payload, holder.worker],
    );
  }
  const ids = rows.map((row) => row.id);
  await endAttempts(tx, ids, { status: 'lost', note: 'The lease of its worker was over: another one took the window.' });
  await tx.query(beginAttempts('(select id, attempt, worker from etl_job_run where id = any($1::bigint[])) begun'), [ids]);
  return rows.map(toClaimedRun).sort((a, b) => a.window.from - b.window.from);
}

function toClaimedRun({ id, attempt, retries, window_from, window_to, run_id, origin }: ClaimedRow): ClaimedRun {
  const caller: Caller = { runId: run_id, ...(origin ? { origin } : {}) };
  return { id, attempt, retries, window: { from: Number(window_from), to: Number(window_to) }, caller };
}

/** The runs that are still this worker's attempts, as the rest of a `from` beside `etl_job_run r`. */
const MINE = `unnest($1::bigint[], $2::int[]) as mine (id, attempt)
  where mine.id = r.id and mine.attempt = r.attempt and r.worker = $3 and r.status = 'running'`;
const mine = (runs: readonly ClaimedRun[], worker: string): unknown[] => [
  runs.map((run) => run.id),
  runs.map((run) => run.attempt),
  worker,
];

/** Renews the leases. Returns the runs that are no longer this worker's, and those that an operator wants to end. */
export async function renewLeases(
  db: Queryable,
  runs: readonly ClaimedRun[],
  { worker, lease }: Holder,
): Promise<{ lost: ClaimedRun[]; canceled: ClaimedRun[] }> {
  const held = await db.query<{ id: bigint; cancel_requested: boolean }>(
    `update etl_job_run r set heartbeat_at = now(), lease_until = now() + make_interval(secs => $4)
     from ${MINE}
     returning r.id, r.cancel_requested`,
    [...mine(runs, worker), lease / SECOND],
  );
  const canceledIds = new Set(held.filter((row) => row.cancel_requested).map((row) => row.id));
  const heldIds = new Set(held.map((row) => row.id));
  return { lost: runs.filter((run) => !heldIds.has(run.id)), canceled: runs.filter((run) => canceledIds.has(run.id)) };
}

/** Locks the runs for the writing transaction. Rejects with `OB_LEASE_LOST` when any of them is no longer this worker's attempt. */
export async function fenceRuns(tx: Tx, runs: readonly ClaimedRun[], worker: string): Promise<void> {
  const held = await tx.query(`select r.id from etl_job_run r, ${MINE} order by r.id for update of r`, mine(runs, worker));
  if (held.length < runs.length) {
    const lost = runs.length - held.length;
    throw new ObserveBridgeError('OB_LEASE_LOST', 'write', `The lease of ${lost} of ${runs.length} windows went to another worker.`);
  }
}

/**
 * Ends fenced runs well, with what each of them read, wrote and took (`stats`, in the order of the runs): their next reading for late rows is
 * set, the watermark moves, and the circuit closes.
 */
export async function succeedRuns(
  tx: Tx,
  lane: Lane,
  runs: readonly ClaimedRun[],
  stats: readonly object[],
  logs?: RunLogs,
): Promise<void> {
  const ids = runs.map((run) => run.id);
  const texts = stats.map((stat) => JSON.stringify(stat));
  // Windows settle in groups of a third of the time waited, so that one read covers them all.
  await tx.query(
    `update etl_job_run r set status = 'success', finished_at = now(), lease_until = null, progress = 1, retries = 0, losses = 0, cancel_requested = false,
       stats = case when s.stats::jsonb ? 'confirmed' then r.stats || s.stats::jsonb else s.stats::jsonb end,
       settle_at = (select min(at.time) from etl_schedule e cross join unnest(e.settle) as settle (after)
         cross join lateral (select date_bin(greatest(e.align, settle.after / 3), r.window_to + settle.after + greatest(e.align, settle.after / 3) - interval '1 microsecond', 'epoch') as time) at
         where (e.job, e.tenant_id) = (r.job, r.tenant_id) and at.time > now())
     from unnest($1::bigint[], $2::text[]) as s (id, stats) where s.id = r.id`,
    [ids, texts],
  );
  await succeedAttempts(tx, ids, texts, logs);
  await advanceWatermarks(tx, [lane]);
  await closeCircuit(tx, lane);
}

/** How attempts failed, and what follows from it. */
export interface RunFailure {
  readonly code: string;
  readonly message: string;
  /** Seconds until the next attempt; absent when trying again cannot help. */
  readonly retryAfterSeconds?: number;
  /** Failed attempts after which a window is dead. A probe's do not count: its circuit bounds them. */
  readonly maxAttempts: number;
  readonly probe: boolean;
  /** Absent when the failure tells nothing about the lane, only about its windows. */
  readonly circuit?: CircuitPolicy;
}

/** Ends the attempts of the runs that are still this worker's: queued again when it can be retried, else dead. Returns how many of each. */
export async function failRuns(
  tx: Tx,
  lane: Lane,
  runs: readonly ClaimedRun[],
  worker: string,
  failure: RunFailure,
  logs?: RunLogs,
): Promise<{ dead: number; queued: number }> {
  const ended = await tx.query<{ id: bigint; status: string }>(
    `with verdict as (
       select r.id, $4::double precision is null or (not $7 and r.retries + 1 >= $8) as dead from etl_job_run r, ${MINE}
     )
     update etl_job_run r set status = case when v.dead then 'dead' else 'queued' end, lease_until = null, error_code = $5, error_message = $6,
       retries = r.retries + case when $7 then 0 else 1 end, finished_at = case when v.dead then now() end, run_after = now() + make_interval(secs => coalesce($4, 0))
     from verdict v where v.id = r.id returning r.id, r.status`,
    [...mine(runs, worker), ...[failure.retryAfterSeconds ?? null, failure.code, failure.message, failure.probe, failure.maxAttempts]],
  );
  await endAttempts(
    tx,
    ended.map((row) => row.id),
    { status: 'failed', error: failure, ...(logs ? { logs } : {}) },
  );
  if (ended.length > 0 && failure.circuit) await countFailure(tx, lane, `${failure.code}: ${failure.message}`, failure.circuit);
  const dead = ended.filter((row) => row.status === 'dead').length;
  if (dead > 0) await advanceWatermarks(tx, [lane]);
  return { dead, queued: ended.length - dead };
}

/** Gives the runs back that are still this worker's: to the queue, or to their end when an operator canceled them or the command they are part of. */
export async function releaseRuns(tx: Tx, lane: Lane, runs: readonly ClaimedRun[], worker: string, logs?: RunLogs): Promise<void> {
  const released = await tx.query<{ id: bigint }>(
    `update etl_job_run r set status = case when r.cancel_requested or r.trigger = 'cli' then 'canceled' else 'queued' end,
       finished_at = case when r.cancel_requested or r.trigger = 'cli' then now() end, lease_until = null, run_after = now(), cancel_requested = false
     from ${MINE} returning r.id`,
    mine(runs, worker),
  );
  await endAttempts(
    tx,
    released.map((row) => row.id),
    { status: 'canceled', ...(logs ? { logs } : {}) },
  );
  await reopenAbandonedProbes(tx);
  await advanceWatermarks(tx, [lane]);
}

/**
 * Takes windows from workers that gave no sign of life for a lease. After `maxAttempts` losses a window is dead, because it may be why its workers
 * end; losses neither count as failed attempts nor lengthen the pause after one.
 */
export async function reapRuns(tx: Tx, maxAttempts: number): Promise<number> {
  const sentence = 'The worker gave no sign of life for the length of its lease.';
  const reaped = await tx.query<{ id: bigint; job: string; tenant_id: string }>(
    `with expired as (select id from etl_job_run where status = 'running' and lease_until < now() order by id for update skip locked)
     update etl_job_run r set status = case when r.cancel_requested then 'canceled' when r.losses + 1 >= $1 then 'dead' else 'queued' end,
       finished_at = case when r.cancel_requested or r.losses + 1 >= $1 then now() end, losses = r.losses + 1, lease_until = null, run_after = now(),
       cancel_requested = false, error_code = 'OB_LEASE_LOST', error_message = $2
     from expired where expired.id = r.id returning r.id, r.job, r.tenant_id`,
    [maxAttempts, sentence],
  );
  await endAttempts(
    tx,
    reaped.map((row) => row.id),
    { status: 'lost', error: { code: 'OB_LEASE_LOST', message: sentence }, note: sentence },
  );
  await reopenAbandonedProbes(tx);
  await advanceWatermarks(
    tx,
    reaped.map((row) => ({ job: row.job, tenantId: row.tenant_id })),
  );
  return reaped.length;
}
