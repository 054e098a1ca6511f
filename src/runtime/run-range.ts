import { ObserveBridgeError } from '../core/error.ts';
import type { Micros } from '../core/time.ts';
import type { Caller, Trigger } from '../core/trigger.ts';
import { toBatches, type Window } from '../core/window.ts';
import type { Job } from '../jobs/job.ts';
import { type ClaimedBatch, claimWindows } from '../store/run-queue.ts';
import { type BatchOutcome, beginReading, type ExecuteDeps, finishReading, type Reading, untilRead } from './execute.ts';

export interface RunRangeOptions extends ExecuteDeps {
  readonly job: Job;
  readonly tenantId: string;
  readonly windows: readonly Window[];
  readonly maxBatch: number;
  /** Longest time that one read may take. */
  readonly timeout: Micros;
  readonly caller: Caller;
  readonly trigger: Trigger;
  readonly signal: AbortSignal;
  readonly onClaimed?: (batch: ClaimedBatch) => void;
  /** Told of every batch that ended. */
  readonly onBatch?: (outcome: BatchOutcome) => void;
}

/** Runs a job once over the windows, in batches; the next batch is read while one is written. Windows that fail are among the outcomes. */
export async function runRange(options: RunRangeOptions): Promise<BatchOutcome[]> {
  const outcomes: BatchOutcome[] = [];
  const report = (outcome: BatchOutcome): void => {
    outcomes.push(outcome);
    options.onBatch?.(outcome);
  };
  const batches = toBatches(options.windows, options.maxBatch);
  const readNext = async (): Promise<Reading[]> => {
    const windows = batches.shift();
    if (windows === undefined) return [];
    if (!options.signal.aborted) return claim(options, windows, report);
    const error = new ObserveBridgeError('OB_CANCELED', 'internal', 'The work was canceled.', options.signal.reason);
    report({ windows, rows: {}, changed: 0, stats: [], error, runs: [], ended: 'released' });
    return [];
  };
  let ahead = await readNext();
  while (ahead.length > 0 || batches.length > 0) {
    const current = ahead;
    await Promise.all(current.map(untilRead));
    ahead = await readNext();
    for (const reading of current) for (const outcome of await finishReading(options, reading)) report(outcome);
  }
  return outcomes;
}

/** Claims the windows and begins to read those that were free, one read per contiguous stretch. */
async function claim(options: RunRangeOptions, windows: readonly Window[], report: (outcome: BatchOutcome) => void): Promise<Reading[]> {
  const { db, job, tenantId, holder, trigger, caller, timeout, signal } = options;
  const lane = { job: job.name, tenantId };
  const runs = await db.transaction((tx) => claimWindows(tx, lane, windows, holder, trigger, caller));
  const claimed = new Set(runs.map((run) => run.window.from));
  for (const window of windows.filter(({ from }) => !claimed.has(from))) {
    const error = new ObserveBridgeError('OB_WINDOW_BUSY', 'internal', 'Another worker runs this window now.');
    report({ windows: [window], rows: {}, changed: 0, stats: [], error, runs: [], ended: 'busy' });
  }
  const stretches = toBatches(
    runs.map((run) => run.window),
    windows.length,
  );
  return stretches.map((stretch) => {
    const batch = { ...lane, trigger, probe: false, runs: runs.filter((run) => stretch.includes(run.window)) };
    options.onClaimed?.(batch);
    return beginReading(options, job, batch, timeout, signal);
  });
}
