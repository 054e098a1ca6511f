import { ObserveBridgeError, toObserveBridgeError } from '../core/error.ts';
import { formatDuration, type Micros, SECOND } from '../core/time.ts';
import { toBatches, type Window } from '../core/window.ts';
import type { Job, PreparedBatch } from '../jobs/job.ts';
import type { Db } from '../store/db.ts';
import { advanceWatermark, type ClaimedRun, claimRuns, failRuns, fenceRuns, succeedRuns } from '../store/job-run.ts';

export interface RunBatchesOptions {
  readonly db: Db;
  readonly job: Job;
  readonly tenantId: string;
  readonly windows: readonly Window[];
  readonly maxBatch: number;
  /** Longest time that one batch may take. */
  readonly timeout: Micros;
  readonly worker: string;
  readonly runId: string;
  readonly trigger: string;
  readonly signal: AbortSignal;
  /** Told of every batch that ended. */
  readonly onBatch?: (outcome: BatchOutcome) => void;
}

/** How a batch of windows ended: with counts, or with an error for all of them. */
export interface BatchOutcome {
  readonly windows: readonly Window[];
  readonly rows: Readonly<Record<string, number>>;
  readonly changed: number;
  readonly stats: readonly object[];
  readonly error?: ObserveBridgeError;
}

/** Failures that may be those of one window only; others would repeat in every half. */
const dependsOnWindow: ReadonlySet<string> = new Set([
  ...['OB_SOURCE_OBJECT_CORRUPT', 'OB_SOURCE_OBJECT_GONE', 'OB_SOURCE_FORMAT_UNSUPPORTED', 'OB_SOURCE_LISTING_UNSAFE'],
  ...['OB_AGGREGATION_FAILED', 'OB_MEMORY_LIMIT', 'OB_TIMEOUT'],
]);

const RETRY_AFTER_SECONDS = 30;

/**
 * Runs a job once over the windows, in batches; the next batch is read while one is written. The rows of a batch, its watermark and the end
 * of its runs commit together, or not at all. A batch that fails is halved until the windows that cannot be done stand alone, so that none
 * takes others with it.
 */
export async function runBatches(options: RunBatchesOptions): Promise<BatchOutcome[]> {
  const outcomes: BatchOutcome[] = [];
  const report = (outcome: BatchOutcome): void => {
    outcomes.push(outcome);
    options.onBatch?.(outcome);
  };
  const batches = toBatches(options.windows, options.maxBatch);
  const claimAhead = async (): Promise<Promise<Attempt>[]> => {
    const windows = batches.shift();
    if (windows === undefined) return [];
    if (!options.signal.aborted) return claim(options, windows, report);
    report(failed(windows, new ObserveBridgeError('OB_CANCELED', 'internal', 'The work was canceled.', options.signal.reason)));
    return [];
  };
  let ahead = await claimAhead();
  while (ahead.length > 0 || batches.length > 0) {
    const attempts = await Promise.all(ahead);
    ahead = await claimAhead();
    for (const attempt of attempts) for (const outcome of await finish(options, attempt)) report(outcome);
  }
  return outcomes;
}

/** A batch that was read, or failed to be. */
interface Attempt {
  readonly runs: readonly ClaimedRun[];
  readonly prepared?: PreparedBatch;
  readonly error?: ObserveBridgeError;
}

/** Claims the windows and begins to read those that were free, one attempt per contiguous stretch. */
async function claim(
  options: RunBatchesOptions,
  windows: readonly Window[],
  report: (outcome: BatchOutcome) => void,
): Promise<Promise<Attempt>[]> {
  const { db, job, tenantId, worker, runId, trigger, timeout } = options;
  const leaseSeconds = timeout / SECOND + 60;
  const runs = await db.transaction((tx) => claimRuns(tx, { job: job.name, tenantId, windows, worker, runId, trigger, leaseSeconds }));
  const claimed = new Set(runs.map((run) => run.window.from));
  for (const window of windows.filter(({ from }) => !claimed.has(from))) {
    report(failed([window], new ObserveBridgeError('OB_WINDOW_BUSY', 'internal', 'Another worker runs this window now.')));
  }
  const stretches = toBatches(
    runs.map((run) => run.window),
    windows.length,
  );
  return stretches.map((stretch) =>
    prepare(
      options,
      runs.filter((run) => stretch.includes(run.window)),
    ),
  );
}

async function prepare({ job, timeout, signal }: RunBatchesOptions, runs: readonly ClaimedRun[]): Promise<Attempt> {
  const deadline = AbortSignal.timeout(timeout / 1000);
  try {
    const prepared = await job.prepare(
      runs.map((run) => run.window),
      AbortSignal.any([signal, deadline]),
    );
    return { runs, prepared };
  } catch (error) {
    if (deadline.aborted && !signal.aborted) {
      return { runs, error: new ObserveBridgeError('OB_TIMEOUT', 'read', `The read took longer than ${formatDuration(timeout)}.`, error) };
    }
    return { runs, error: toObserveBridgeError(error) };
  }
}

async function finish(options: RunBatchesOptions, { runs, prepared, error }: Attempt): Promise<BatchOutcome[]> {
  try {
    if (!prepared) throw error;
    return [await write(options, runs, prepared)];
  } catch (cause) {
    const reason = toObserveBridgeError(cause);
    if (runs.length > 1 && dependsOnWindow.has(reason.code) && !options.signal.aborted) {
      const half = Math.ceil(runs.length / 2);
      const halves = [runs.slice(0, half), runs.slice(half)];
      const outcomes: BatchOutcome[] = [];
      for (const part of halves) outcomes.push(...(await finish(options, await prepare(options, part))));
      return joinFailures(outcomes);
    }
    await giveUp(options, runs, reason);
    return [
      failed(
        runs.map((run) => run.window),
        reason,
      ),
    ];
  }
}

async function write(
  { db, job, tenantId, worker, trigger }: RunBatchesOptions,
  runs: readonly ClaimedRun[],
  prepared: PreparedBatch,
): Promise<BatchOutcome> {
  const windows = runs.map((run) => run.window);
  const range = { from: windows[0]?.from ?? 0, to: windows.at(-1)?.to ?? 0 };
  const counts = await db.transaction(async (tx) => {
    await fenceRuns(tx, runs, worker);
    const written = await prepared.write(tx);
    await succeedRuns(tx, runs, written.stats);
    await advanceWatermark(tx, job.name, tenantId, range, trigger);
    return written;
  });
  return { windows, ...counts };
}

/** Neighbours that failed for the same reason are one outcome again. */
function joinFailures(outcomes: readonly BatchOutcome[]): BatchOutcome[] {
  const joined: BatchOutcome[] = [];
  for (const outcome of outcomes) {
    const last = joined.at(-1);
    if (last?.error && outcome.error && last.error.message === outcome.error.message)
      joined.splice(-1, 1, failed([...last.windows, ...outcome.windows], last.error));
    else joined.push(outcome);
  }
  return joined;
}

/** A failure to write down the failure leaves the lease to expire; the first error is the one to report. */
async function giveUp({ db, worker }: RunBatchesOptions, runs: readonly ClaimedRun[], error: ObserveBridgeError): Promise<void> {
  const retry = error.retryable ? { retryAfterSeconds: RETRY_AFTER_SECONDS } : {};
  await db.transaction((tx) => failRuns(tx, runs, worker, { code: error.code, message: error.message, ...retry })).catch(() => undefined);
}

function failed(windows: readonly Window[], error: ObserveBridgeError): BatchOutcome {
  return { windows, rows: {}, changed: 0, stats: [], error };
}
