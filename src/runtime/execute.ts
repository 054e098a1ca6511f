import { ObserveBridgeError, toObserveBridgeError } from '../core/error.ts';
import { createRunLog, type RunLog } from '../core/run-log.ts';
import { formatDuration, type Micros } from '../core/time.ts';
import { toBatches, type Window } from '../core/window.ts';
import type { Job, PreparedBatch } from '../jobs/job.ts';
import type { Db } from '../store/db.ts';
import type { RunLogs } from '../store/run-attempt.ts';
import {
  type ClaimedBatch,
  type ClaimedRun,
  failRuns,
  fenceRuns,
  type Holder,
  releaseRuns,
  renewLeases,
  succeedRuns,
} from '../store/run-queue.ts';
import type { Lane } from '../store/schedule.ts';
import { tellBegin, tellFailure, tellSuccess, tellVerdict, toShownMessage } from './attempt-words.ts';
import type { Hold, Leases } from './leases.ts';
import { type RetryPolicy, toPause } from './retry-policy.ts';

/** What executing claimed windows needs. */
export interface ExecuteDeps {
  readonly db: Db;
  readonly holder: Holder;
  readonly leases: Leases;
  readonly retry: RetryPolicy;
  /** A number in `[0, 1)`: it spreads retries. */
  readonly random: () => number;
  readonly now: () => Micros;
  /** Told what a job wants an operator to read; it is in the logs of the attempts too. */
  onNotice?(lane: Lane, text: string): void;
}

/** How windows ended: with counts, or with an error for all of them. */
export interface BatchOutcome {
  readonly windows: readonly Window[];
  readonly rows: Readonly<Record<string, number>>;
  readonly changed: number;
  readonly stats: readonly object[];
  readonly error?: ObserveBridgeError;
  /** The runs of the windows; none for windows that could not be claimed. */
  readonly runs: readonly ClaimedRun[];
  /** What became of them: with an error they are tried again, dead, or back in the queue without blame. */
  readonly ended: 'success' | 'queued' | 'dead' | 'released' | 'busy' | 'lost';
}

/** A read that is under way or done, of windows that are held until it is finished. */
export interface Reading {
  readonly job: Job;
  readonly batch: ClaimedBatch;
  readonly timeout: Micros;
  /** Fires when the process stops. */
  readonly stop: AbortSignal;
  /** Fires also when the windows are lost or canceled. */
  readonly signal: AbortSignal;
  readonly hold: Hold;
  readonly part: Part;
}

/** Windows that are read in one go, and what their attempts have in common. */
interface Part {
  readonly runs: readonly ClaimedRun[];
  readonly log: RunLog;
  readonly prepared: Promise<Prepared>;
}

type Prepared = { readonly batch: PreparedBatch } | { readonly error: ObserveBridgeError };

/** Failures that may be those of one window only; others would repeat in every half, and tell of the source or the database. */
const dependsOnWindow: ReadonlySet<string> = new Set([
  ...['OB_SOURCE_OBJECT_CORRUPT', 'OB_SOURCE_OBJECT_GONE', 'OB_SOURCE_FORMAT_UNSUPPORTED', 'OB_SOURCE_LISTING_UNSAFE'],
  ...['OB_AGGREGATION_FAILED', 'OB_MEMORY_LIMIT', 'OB_TIMEOUT'],
]);

/** Begins to read claimed windows and keeps their leases. `finishReading` must follow. */
export function beginReading(
  deps: ExecuteDeps,
  job: Job,
  batch: ClaimedBatch,
  timeout: Micros,
  stop: AbortSignal,
  log = createRunLog(deps.now),
): Reading {
  tellBegin(log, batch);
  const hold = deps.leases.hold(batch.runs);
  const reading = { job, batch, timeout, stop, signal: AbortSignal.any([stop, hold.signal]), hold };
  return { ...reading, part: beginPart(deps, reading, batch.runs, log) };
}

/** When the read of a `Reading` has ended, well or not. Never rejects. */
export async function untilRead({ part }: Reading): Promise<void> {
  await part.prepared;
}

/**
 * Waits for a read and writes it: the rows, the watermark and the end of the runs commit together, or not at all. A batch that fails is halved
 * until the windows that cannot be done stand alone, so that none takes others with it. Never rejects.
 */
export async function finishReading(deps: ExecuteDeps, reading: Reading): Promise<BatchOutcome[]> {
  using _hold = reading.hold;
  // Awaited here, because returning ends the hold.
  return await finish(deps, reading, reading.part);
}

function beginPart(deps: ExecuteDeps, reading: Omit<Reading, 'part'>, runs: readonly ClaimedRun[], log: RunLog): Part {
  return { runs, log, prepared: prepare(deps, reading, runs, log) };
}

async function prepare(
  deps: ExecuteDeps,
  { job, batch: { tenantId, trigger }, timeout, signal }: Omit<Reading, 'part'>,
  runs: readonly ClaimedRun[],
  log: RunLog,
): Promise<Prepared> {
  const deadline = AbortSignal.timeout(timeout / 1000);
  try {
    const batch = await job.prepare(
      runs.map((run) => run.window),
      AbortSignal.any([signal, deadline]),
      {
        onlyIfChanged: trigger === 'settle',
        onNotice(text) {
          log.add('warn', text);
          deps.onNotice?.({ job: job.name, tenantId }, text);
        },
      },
    );
    log.add('info', 'The read has ended; its rows are written next.');
    return { batch };
  } catch (error) {
    if (signal.aborted && signal.reason instanceof ObserveBridgeError) return { error: signal.reason };
    if (deadline.aborted && !signal.aborted) {
      return { error: new ObserveBridgeError('OB_TIMEOUT', 'read', `The read took longer than ${formatDuration(timeout)}.`, error) };
    }
    return { error: toObserveBridgeError(error) };
  }
}

async function finish(deps: ExecuteDeps, reading: Reading, part: Part): Promise<BatchOutcome[]> {
  const { runs, log } = part;
  try {
    const prepared = await part.prepared;
    if ('error' in prepared) throw prepared.error;
    return [await write(deps, reading, part, prepared.batch)];
  } catch (cause) {
    const reason = toObserveBridgeError(cause);
    if (reason.code === 'OB_LEASE_LOST' && !reading.stop.aborted) return finishHeld(deps, reading, part, reason);
    if (runs.length > 1 && dependsOnWindow.has(reason.code) && !reading.signal.aborted) {
      tellFailure(log, reason);
      log.add('warn', `The ${runs.length} windows are read again in two halves, to find those that cannot be done.`);
      const half = Math.ceil(runs.length / 2);
      const outcomes: BatchOutcome[] = [];
      for (const own of [runs.slice(0, half), runs.slice(half)]) {
        outcomes.push(...(await finish(deps, reading, beginPart(deps, reading, own, log.fork()))));
      }
      return joinFailures(outcomes);
    }
    return [failedOutcome(runs, reason, await giveUp(deps, reading, part, reason))];
  }
}

/** Goes on with the windows that are still this worker's, so that one lost lease does not take the batch with it. */
async function finishHeld(
  deps: ExecuteDeps,
  { job, batch, timeout, stop }: Reading,
  { runs, log }: Part,
  reason: ObserveBridgeError,
): Promise<BatchOutcome[]> {
  const { lost } = await renewLeases(deps.db, runs, deps.holder).catch(() => ({ lost: runs }));
  const outcomes = lost.length > 0 ? [failedOutcome(lost, reason, 'lost')] : [];
  const held = runs.filter((run) => !lost.includes(run));
  log.add('warn', `Other workers have ${lost.length} of the ${runs.length} windows now; the others are read again.`);
  for (const stretch of toBatches(
    held.map((run) => run.window),
    held.length,
  )) {
    const own = held.filter((run) => stretch.includes(run.window));
    outcomes.push(...(await finishReading(deps, beginReading(deps, job, { ...batch, runs: own }, timeout, stop, log.fork()))));
  }
  return outcomes;
}

async function write(deps: ExecuteDeps, { batch }: Reading, { runs, log }: Part, prepared: PreparedBatch): Promise<BatchOutcome> {
  const counts = await deps.db.transaction(async (tx) => {
    await fenceRuns(tx, runs, deps.holder.worker);
    const written = await prepared.write(tx);
    const logs = toLogs(runs, log, (own, _, index) => tellSuccess(own, written, index));
    await succeedRuns(tx, batch, runs, written.stats, logs);
    return written;
  });
  return { windows: runs.map((run) => run.window), runs, ended: 'success', ...counts };
}

/** The logs of the windows: what they share, and the end of each. */
function toLogs(runs: readonly ClaimedRun[], shared: RunLog, tellEnd: (log: RunLog, run: ClaimedRun, index: number) => void): RunLogs {
  return new Map(
    runs.map((run, index) => {
      const log = shared.fork();
      tellEnd(log, run, index);
      return [run.id, log.lines()];
    }),
  );
}

/** Writes down the failure. Where even that fails, the lease runs out and the windows come back; the first error is the one to report. */
async function giveUp(deps: ExecuteDeps, reading: Reading, { runs, log }: Part, error: ObserveBridgeError): Promise<BatchOutcome['ended']> {
  if (error.code === 'OB_LEASE_LOST') return 'lost';
  const { db, retry } = deps;
  const { worker } = deps.holder;
  const { batch, signal } = reading;
  try {
    if (signal.aborted) {
      const reason = reading.stop.aborted ? 'Given up: the process that ran it was stopped.' : error.message;
      const logs = toLogs(runs, log, (own) => own.add('warn', reason));
      await db.transaction((tx) => releaseRuns(tx, batch, runs, worker, logs));
      return 'released';
    }
    tellFailure(log, error);
    const failures = Math.max(0, ...runs.map((run) => run.retries));
    const retryAfterSeconds = error.retryable ? toPause(retry, failures, deps.random()) : undefined;
    const { maxAttempts } = retry;
    const logs = toLogs(runs, log, (own, run) => tellVerdict(own, run, batch.probe, { maxAttempts, retryAfterSeconds }));
    const { dead } = await db.transaction((tx) =>
      failRuns(
        tx,
        batch,
        runs,
        worker,
        {
          ...{ code: error.code, message: toShownMessage(error), maxAttempts, probe: batch.probe },
          ...(retryAfterSeconds === undefined ? {} : { retryAfterSeconds }),
          ...(dependsOnWindow.has(error.code) && error.code !== 'OB_TIMEOUT' ? {} : { circuit: retry.circuit }),
        },
        logs,
      ),
    );
    return dead > 0 ? 'dead' : 'queued';
  } catch {
    return 'lost';
  }
}

/** Neighbours that failed for the same reason are one outcome again. */
function joinFailures(outcomes: readonly BatchOutcome[]): BatchOutcome[] {
  const joined: BatchOutcome[] = [];
  for (const outcome of outcomes) {
    const last = joined.at(-1);
    if (last?.error && outcome.error && last.error.message === outcome.error.message && last.ended === outcome.ended)
      joined.splice(-1, 1, failedOutcome([...last.runs, ...outcome.runs], last.error, last.ended));
    else joined.push(outcome);
  }
  return joined;
}

function failedOutcome(runs: readonly ClaimedRun[], error: ObserveBridgeError, ended: BatchOutcome['ended']): BatchOutcome {
  return { windows: runs.map((run) => run.window), rows: {}, changed: 0, stats: [], error, runs, ended };
}
