import { ObserveBridgeError, toObserveBridgeError } from '../core/error.ts';
import { formatDuration, type Micros } from '../core/time.ts';
import { toBatches, type Window } from '../core/window.ts';
import type { Job, PreparedBatch } from '../jobs/job.ts';
import type { CircuitPolicy } from '../store/circuit.ts';
import type { Db } from '../store/db.ts';
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
import type { Hold, Leases } from './leases.ts';

/** How failed windows are tried again. */
export interface RetryPolicy {
  readonly maxAttempts: number;
  /** Seconds until the second attempt; each further one waits twice as long, up to `longestPauseSeconds`. */
  readonly pauseSeconds: number;
  readonly longestPauseSeconds: number;
  readonly circuit: CircuitPolicy;
}

/** What executing claimed windows needs. */
export interface ExecuteDeps {
  readonly db: Db;
  readonly holder: Holder;
  readonly leases: Leases;
  readonly retry: RetryPolicy;
  /** A number in `[0, 1)`: it spreads retries. */
  readonly random: () => number;
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
  readonly prepared: Promise<Prepared>;
}

type Prepared = { readonly batch: PreparedBatch } | { readonly error: ObserveBridgeError };

/** Failures that may be those of one window only; others would repeat in every half, and tell of the source or the database. */
const dependsOnWindow: ReadonlySet<string> = new Set([
  ...['OB_SOURCE_OBJECT_CORRUPT', 'OB_SOURCE_OBJECT_GONE', 'OB_SOURCE_FORMAT_UNSUPPORTED', 'OB_SOURCE_LISTING_UNSAFE'],
  ...['OB_AGGREGATION_FAILED', 'OB_MEMORY_LIMIT', 'OB_TIMEOUT'],
]);

/** Begins to read claimed windows and keeps their leases. `finishReading` must follow. */
export function beginReading(deps: ExecuteDeps, job: Job, batch: ClaimedBatch, timeout: Micros, stop: AbortSignal): Reading {
  const hold = deps.leases.hold(batch.runs);
  const signal = AbortSignal.any([stop, hold.signal]);
  return { job, batch, timeout, stop, signal, hold, prepared: prepare(job, batch, batch.runs, timeout, signal) };
}

/**
 * Waits for a read and writes it: the rows, the watermark and the end of the runs commit together, or not at all. A batch that fails is halved
 * until the windows that cannot be done stand alone, so that none takes others with it. Never rejects.
 */
export async function finishReading(deps: ExecuteDeps, reading: Reading): Promise<BatchOutcome[]> {
  using _hold = reading.hold;
  return finish(deps, reading, reading.batch.runs, await reading.prepared);
}

async function prepare(
  job: Job,
  { trigger }: ClaimedBatch,
  runs: readonly ClaimedRun[],
  timeout: Micros,
  signal: AbortSignal,
): Promise<Prepared> {
  const deadline = AbortSignal.timeout(timeout / 1000);
  try {
    const batch = await job.prepare(
      runs.map((run) => run.window),
      AbortSignal.any([signal, deadline]),
      { onlyIfChanged: trigger === 'settle' },
    );
    return { batch };
  } catch (error) {
    if (signal.aborted && signal.reason instanceof ObserveBridgeError) return { error: signal.reason };
    if (deadline.aborted && !signal.aborted) {
      return { error: new ObserveBridgeError('OB_TIMEOUT', 'read', `The read took longer than ${formatDuration(timeout)}.`, error) };
    }
    return { error: toObserveBridgeError(error) };
  }
}

async function finish(deps: ExecuteDeps, reading: Reading, runs: readonly ClaimedRun[], prepared: Prepared): Promise<BatchOutcome[]> {
  const { job, timeout, signal } = reading;
  try {
    if ('error' in prepared) throw prepared.error;
    return [await write(deps, reading, runs, prepared.batch)];
  } catch (cause) {
    const reason = toObserveBridgeError(cause);
    if (reason.code === 'OB_LEASE_LOST' && !reading.stop.aborted) return finishHeld(deps, reading, runs, reason);
    if (runs.length > 1 && dependsOnWindow.has(reason.code) && !signal.aborted) {
      const half = Math.ceil(runs.length / 2);
      const outcomes: BatchOutcome[] = [];
      for (const part of [runs.slice(0, half), runs.slice(half)]) {
        outcomes.push(...(await finish(deps, reading, part, await prepare(job, reading.batch, part, timeout, signal))));
      }
      return joinFailures(outcomes);
    }
    return [failedOutcome(runs, reason, await giveUp(deps, reading, runs, reason))];
  }
}

/** Goes on with the windows that are still this worker's, so that one lost lease does not take the batch with it. */
async function finishHeld(
  deps: ExecuteDeps,
  { job, batch, timeout, stop }: Reading,
  runs: readonly ClaimedRun[],
  reason: ObserveBridgeError,
): Promise<BatchOutcome[]> {
  const { lost } = await renewLeases(deps.db, runs, deps.holder).catch(() => ({ lost: runs }));
  const outcomes = lost.length > 0 ? [failedOutcome(lost, reason, 'lost')] : [];
  const held = runs.filter((run) => !lost.includes(run));
  for (const stretch of toBatches(
    held.map((run) => run.window),
    held.length,
  )) {
    const own = held.filter((run) => stretch.includes(run.window));
    outcomes.push(...(await finishReading(deps, beginReading(deps, job, { ...batch, runs: own }, timeout, stop))));
  }
  return outcomes;
}

async function write(deps: ExecuteDeps, { batch }: Reading, runs: readonly ClaimedRun[], prepared: PreparedBatch): Promise<BatchOutcome> {
  const counts = await deps.db.transaction(async (tx) => {
    await fenceRuns(tx, runs, deps.holder.worker);
    const written = await prepared.write(tx);
    await succeedRuns(tx, batch, runs, written.stats);
    return written;
  });
  return { windows: runs.map((run) => run.window), runs, ended: 'success', ...counts };
}

/** Writes down the failure. Where even that fails, the lease runs out and the windows come back; the first error is the one to report. */
async function giveUp(
  { db, holder: { worker }, retry, random }: ExecuteDeps,
  { batch, signal }: Reading,
  runs: readonly ClaimedRun[],
  error: ObserveBridgeError,
): Promise<BatchOutcome['ended']> {
  if (error.code === 'OB_LEASE_LOST') return 'lost';
  try {
    if (signal.aborted) {
      await db.transaction((tx) => releaseRuns(tx, batch, runs, worker));
      return 'released';
    }
    const failures = Math.max(0, ...runs.map((run) => run.retries));
    const pause = Math.min(retry.longestPauseSeconds, retry.pauseSeconds * 2 ** failures) * (0.5 + random() / 2);
    const { dead } = await db.transaction((tx) =>
      failRuns(tx, batch, runs, worker, {
        ...{ code: error.code, message: error.message, maxAttempts: retry.maxAttempts, probe: batch.probe },
        ...(error.retryable ? { retryAfterSeconds: pause } : {}),
        ...(dependsOnWindow.has(error.code) && error.code !== 'OB_TIMEOUT' ? {} : { circuit: retry.circuit }),
      }),
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
