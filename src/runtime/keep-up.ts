import type { Micros } from '../core/time.ts';
import { dueWindows } from '../core/window.ts';
import type { Job } from '../jobs/job.ts';
import type { Db } from '../store/db.ts';
import { getWatermark } from '../store/job-run.ts';
import { type BatchOutcome, runBatches } from './run-batches.ts';

/** A job of one tenant that is kept up with the clock. */
export interface Scheduled {
  readonly job: Job;
  readonly tenantId: string;
  readonly align: Micros;
  readonly delay: Micros;
  readonly initialLookback: Micros;
  readonly maxBatch: number;
  readonly timeout: Micros;
}

export interface KeepUpOptions {
  readonly db: Db;
  readonly scheduled: readonly Scheduled[];
  readonly worker: string;
  readonly runId: string;
  readonly signal: AbortSignal;
  readonly now: () => Micros;
  /** Resolves after the time, or when the signal fires. */
  readonly wait: (duration: Micros, signal: AbortSignal) => Promise<void>;
  readonly onDue?: (scheduled: Scheduled, windows: number) => void;
  /** Told when everything due is done. */
  readonly onRest?: () => void;
  readonly onBatch?: (scheduled: Scheduled, outcome: BatchOutcome) => void;
}

/** How long to rest before looking again when a window could not be done. */
const PAUSE_AFTER_FAILURE: Micros = 30_000_000;

/** Runs due windows in order of time until the signal fires. A window that fails is tried again before later ones of its tenant. */
export async function keepUp(options: KeepUpOptions): Promise<void> {
  const { scheduled, signal, now, wait } = options;
  while (!signal.aborted) {
    let failed = false;
    for (const each of scheduled) {
      if (signal.aborted) return;
      failed = !(await catchUp(options, each)) || failed;
    }
    options.onRest?.();
    const next = Math.min(...scheduled.map((each) => Math.floor((now() - each.delay) / each.align + 1) * each.align + each.delay));
    await wait(Math.max(failed ? PAUSE_AFTER_FAILURE : 0, next - now()), signal);
  }
}

async function catchUp(options: KeepUpOptions, each: Scheduled): Promise<boolean> {
  const { db, worker, runId, signal, now } = options;
  const { job, tenantId, maxBatch, timeout, align, delay, initialLookback } = each;
  const watermark = await getWatermark(db, job.name, tenantId);
  const windows = dueWindows({ now: now(), align, delay, initialLookback, watermark });
  if (windows.length === 0) return true;
  options.onDue?.(each, windows.length);
  for (let start = 0; start < windows.length && !signal.aborted; start += maxBatch) {
    const outcomes = await runBatches({
      ...{
        db,
        job,
        tenantId,
        windows: windows.slice(start, start + maxBatch),
        maxBatch,
        timeout,
        worker,
        runId,
        trigger: 'schedule',
        signal,
      },
      onBatch: (outcome) => options.onBatch?.(each, outcome),
    });
    if (outcomes.some((outcome) => outcome.error)) return false;
  }
  return true;
}
