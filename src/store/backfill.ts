import { ObserveBridgeError } from '../core/error.ts';
import { formatTime, type Micros, SECOND } from '../core/time.ts';
import type { Caller } from '../core/trigger.ts';
import type { Window } from '../core/window.ts';
import { clearQueue, endBackfill, toSkipReason } from './backfill-queue.ts';
import type { Db, Queryable, Tx } from './db.ts';
import { recordTrigger, toPayload } from './trigger.ts';

/** More than a year of one-minute windows. */
const MAX_WINDOWS = 600_000;
/** Ranges that one list shows. */
const MAX_RANGES = 1_000;

/** Which windows that already have a run are run again: none, those that did not succeed, or the completed ones too. */
export const backfillModes = ['none', 'failed', 'completed'] as const;
export type BackfillMode = (typeof backfillModes)[number];
export const backfillStatuses = ['running', 'paused', 'success', 'failed', 'canceled'] as const;
export type BackfillStatus = (typeof backfillStatuses)[number];

/** A request to run the aligned windows of a range. */
export interface BackfillRequest {
  readonly job: string;
  readonly tenantId: string;
  readonly range: Window;
  readonly align: Micros;
  /** How long after its end a window may run; the whole range must have reached that point. */
  readonly delay: Micros;
  readonly mode: BackfillMode;
  /** Reads that may run at once, each of up to `maxBatch` windows. */
  readonly concurrency: number;
  readonly maxBatch: number;
  readonly stopOnFailure: boolean;
  readonly runBackwards: boolean;
  /** Also windows that were pruned. */
  readonly force: boolean;
  readonly caller: Caller;
  readonly now: Micros;
}

/** A backfill and how many of its windows are in which state; `queued` counts running ones too. Times are ISO 8601 UTC. */
export interface Backfill {
  readonly backfill_id: bigint;
  readonly job: string;
  readonly tenant_id: string;
  readonly window_from: string;
  readonly window_to: string;
  readonly mode: BackfillMode;
  readonly status: BackfillStatus;
  readonly concurrency: number;
  readonly stop_on_failure: boolean;
  readonly run_backwards: boolean;
  readonly run_id: string;
  readonly created_at: string;
  readonly finished_at: string | null;
  readonly error_message: string | null;
  readonly windows: number;
  readonly pending: number;
  readonly queued: number;
  readonly success: number;
  readonly failed: number;
  readonly canceled: number;
  readonly skipped: number;
}

/** Neighbouring windows of a backfill with the same state. */
export interface BackfillRange {
  readonly window_from: string;
  readonly window_to: string;
  readonly windows: number;
  readonly status: 'pending' | 'queued' | 'success' | 'failed' | 'canceled' | 'skipped';
  readonly skip_reason: string | null;
}

/** What a backfill would do. */
export interface BackfillPlan {
  readonly windows: number;
  readonly pending: number;
  readonly skipped: number;
  /** In order of time, at most 1000. */
  readonly ranges: readonly BackfillRange[];
}

/**
 * Stores a backfill with a decision about each of its windows; the scheduler works on it from then on. The request is recorded, also when it
 * is rejected: with `OB_RANGE_INVALID` when it is too long or reaches beyond what is due, with `OB_BACKFILL_ACTIVE` while the job and tenant
 * have another one.
 */
export async function createBackfill(db: Db, request: BackfillRequest): Promise<Backfill> {
  const trigger = { ...request, trigger: 'backfill' } as const;
  try {
    return await db.transaction(async (tx) => {
      checkRange(request);
      const backfill = await insertBackfill(tx, request);
      await recordTrigger(tx, trigger, backfill.pending > 0 ? 'accepted' : 'deduplicated');
      return backfill;
    });
  } catch (error) {
    const isRefusal = error instanceof ObserveBridgeError && ['OB_RANGE_INVALID', 'OB_BACKFILL_ACTIVE'].includes(error.code);
    if (isRefusal) await recordTrigger(db, trigger, 'rejected', error.message);
    throw error;
  }
}

/** What `createBackfill` would decide, or reject with, for the same request; writes nothing. */
export async function planBackfill(db: Queryable, request: BackfillRequest): Promise<BackfillPlan> {
  checkRange(request);
  await refuseSecond(db, request);
  const ranges = await db.query<BackfillRange>(selectRanges(decideWindows), decisionParams(request));
  const count = (status: string): number => ranges.reduce((total, range) => total + (range.status === status ? range.windows : 0), 0);
  return {
    windows: count('pending') + count('skipped'),
    pending: count('pending'),
    skipped: count('skipped'),
    ranges: ranges.slice(0, MAX_RANGES),
  };
}

/** Backfills, newest first, at most `limit`. */
export async function listBackfills(
  db: Queryable,
  filter: {
    readonly tenants?: readonly string[];
    readonly job?: string;
    readonly status?: BackfillStatus;
    /** Only ids below this one. */
    readonly before?: bigint;
    readonly limit: number;
  },
): Promise<Backfill[]> {
  return db.query<Backfill>(
    selectBackfills(
      `where ($1::text[] is null or tenant_id = any($1::text[])) and ($2::text is null or job = $2) and ($3::text is null or status = $3)
       and ($5::bigint is null or backfill_id < $5) order by backfill_id desc limit $4::int`,
    ),
    [filter.tenants ?? null, filter.job ?? null, filter.status ?? null, filter.limit, filter.before ?? null],
  );
}

/** One backfill with its progress. */
export async function getBackfill(db: Queryable, id: bigint): Promise<Backfill | undefined> {
  const [backfill] = await db.query<Backfill>(selectBackfills('where backfill_id = $1::bigint'), [id]);
  return backfill;
}

/** The windows of a backfill in order of time, neighbours with the same state together; at most `limit` ranges. */
export async function listBackfillRanges(db: Queryable, id: bigint, limit: number): Promise<BackfillRange[]> {
  const windows = 'select window_from, window_to, status, skip_reason from etl_backfill_window where backfill_id = $1::bigint';
  return db.query<BackfillRange>(`${selectRanges(windows)} limit $2::int`, [id, limit]);
}

/**
 * Pauses, resumes or cancels a backfill; doing so twice changes nothing. Its windows in the queue are taken out again, running ones finish.
 * Rejects with `OB_BACKFILL_UNKNOWN`, or with `OB_BACKFILL_ENDED` when it has ended otherwise.
 */
export async function setBackfillStatus(tx: Tx, id: bigint, status: 'paused' | 'running' | 'canceled'): Promise<Backfill> {
  const [found] = await tx.query<{ status: BackfillStatus }>('select status from etl_backfill where backfill_id = $1::bigint for update', [
    id,
  ]);
  if (found === undefined) throw new ObserveBridgeError('OB_BACKFILL_UNKNOWN', 'usage', `There is no backfill ${id}.`);
  if (found.status !== status) {
    if (found.status !== 'running' && found.status !== 'paused')
      throw new ObserveBridgeError('OB_BACKFILL_ENDED', 'write', `Backfill ${id} has ended already: ${found.status}.`);
    if (status === 'canceled') await endBackfill(tx, id, status);
    else await tx.query('update etl_backfill set status = $2 where backfill_id = $1::bigint', [id, status]);
    if (status !== 'running') await clearQueue(tx, id, status === 'paused' ? 'pending' : 'canceled');
  }
  return readBackfill(tx, id);
}

function checkRange({ range, align, delay, now }: BackfillRequest): void {
  const refuse = (sentence: string): never => {
    throw new ObserveBridgeError('OB_RANGE_INVALID', 'usage', sentence);
  };
  const count = (range.to - range.from) / align;
  if (!Number.isInteger(count) || count < 1 || range.from % align !== 0)
    refuse(`${formatTime(range.from)} to ${formatTime(range.to)} is not a range of aligned windows.`);
  if (count > MAX_WINDOWS) refuse(`The range has ${count} windows; one backfill takes at most ${MAX_WINDOWS}.`);
  if (range.to > now - delay) refuse(`The range reaches beyond what is due: ${formatTime(range.to)} is after ${formatTime(now - delay)}.`);
}

async function refuseSecond(db: Queryable, { job, tenantId }: BackfillRequest): Promise<void> {
  const [active] = await db.query<{ backfill_id: bigint; status: string }>(
    `select backfill_id, status from etl_backfill where job = $1 and tenant_id = $2 and status in ('running', 'paused')`,
    [job, tenantId],
  );
  if (active === undefined) return;
  const sentence = `Backfill ${active.backfill_id} of ${job} for ${tenantId} is ${active.status}, and there can be only one.`;
  throw new ObserveBridgeError('OB_BACKFILL_ACTIVE', 'write', sentence);
}

async function insertBackfill(tx: Tx, request: BackfillRequest): Promise<Backfill> {
  const { job, tenantId, range, mode, concurrency, maxBatch, stopOnFailure, runBackwards, caller } = request;
  await refuseSecond(tx, request);
  const [inserted] = await tx.query<{ backfill_id: bigint }>(
    `insert into etl_backfill (tenant_id, job, window_from, window_to, mode, concurrency, max_batch, stop_on_failure, run_backwards, run_id, payload)
     values ($1, $2, $3::timestamptz, $4::timestamptz, $5, $6, $7, $8, $9, $10::uuid, $11::jsonb) on conflict do nothing returning backfill_id`,
    [
      ...[tenantId, job, formatTime(range.from), formatTime(range.to), mode, concurrency, maxBatch, stopOnFailure, runBackwards],
      ...[caller.runId, toPayload(caller)],
    ],
  );
  if (inserted === undefined) {
    await refuseSecond(tx, request);
    throw new ObserveBridgeError('OB_BACKFILL_ACTIVE', 'write', `Another backfill of ${job} for ${tenantId} just ended.`);
  }
  const id = inserted.backfill_id;
  const [written] = await tx.query<{ pending: number }>(
    `with written as (
       insert into etl_backfill_window (backfill_id, tenant_id, window_from, window_to, status, skip_reason)
       select $8::bigint, $2, d.window_from, d.window_to, d.status, d.skip_reason from (${decideWindows}) d returning status)
     select count(*) filter (where status = 'pending')::int as pending from written`,
    [...decisionParams(request), id],
  );
  if (written?.pending === 0) await endBackfill(tx, id, 'success');
  return readBackfill(tx, id);
}

const decideWindows = `select w.window_from, w.window_to, case when w.reason is null then 'pending' else 'skipped' end as status, w.reason as skip_reason from (
  select s.at as window_from, s.at + $5::interval as window_to,
    case when not $7::boolean and s.at < m.low_water_mark then 'pruned; use --force' else ${toSkipReason('$6::text', 'false')} end as reason
  from generate_series($3::timestamptz, $4::timestamptz - $5::interval, $5::interval) s (at)
    left join etl_watermark m on m.job = $1::text and m.tenant_id = $2::text
    left join etl_job_run r on r.job = $1 and r.tenant_id = $2 and r.window_from = s.at and r.window_to = s.at + $5::interval) w`;

function decisionParams({ job, tenantId, range, align, mode, force }: BackfillRequest): unknown[] {
  return [job, tenantId, formatTime(range.from), formatTime(range.to), `${align / SECOND} seconds`, mode, force];
}

function selectRanges(windows: string): string {
  return `select min(window_from) as window_from, max(window_to) as window_to, count(*)::int as windows, status, skip_reason from (
    select *, row_number() over (order by window_from) - row_number() over (partition by status, skip_reason order by window_from) as island
    from (${windows}) each_window) numbered group by status, skip_reason, island order by 1`;
}

function selectBackfills(clauses: string): string {
  return `select b.*, w.* from (
      select backfill_id, job, tenant_id, window_from, window_to, mode, status, concurrency, stop_on_failure, run_backwards, run_id, created_at,
        finished_at, error_message from etl_backfill ${clauses}) b
    cross join lateral (
      select count(*)::int as windows, count(*) filter (where status = 'pending')::int as pending, count(*) filter (where status = 'queued')::int as queued,
        count(*) filter (where status = 'success')::int as success, count(*) filter (where status = 'failed')::int as failed,
        count(*) filter (where status = 'canceled')::int as canceled, count(*) filter (where status = 'skipped')::int as skipped
      from etl_backfill_window where backfill_id = b.backfill_id) w
    order by backfill_id desc`;
}

async function readBackfill(tx: Tx, id: bigint): Promise<Backfill> {
  const backfill = await getBackfill(tx, id);
  if (backfill === undefined) throw new ObserveBridgeError('OB_BACKFILL_UNKNOWN', 'usage', `There is no backfill ${id}.`);
  return backfill;
}
