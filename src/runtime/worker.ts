import { toObserveBridgeError } from '../core/error.ts';
import { type Micros, SECOND } from '../core/time.ts';
import type { Job } from '../jobs/job.ts';
import { type Caps, type ClaimedBatch, claimNext, hasReady } from '../store/run-queue.ts';
import type { Lane } from '../store/schedule.ts';
import { type BatchOutcome, beginReading, type ExecuteDeps, finishReading } from './execute.ts';
import type { Wake } from './wake.ts';

/** A job of one tenant, ready to run. */
export interface WorkerJob {
  readonly job: Job;
  /** Longest time that one read may take. */
  readonly timeout: Micros;
}

export interface WorkerDeps extends ExecuteDeps {
  readonly caps: Caps;
  /** Names of the jobs that this process can run. */
  readonly jobs: readonly string[];
  /** Reads that run at once in this process. */
  readonly concurrency: number;
  /** How long a stopping worker waits for what it has begun, before it hands it back. */
  readonly stopWithin: Micros;
  readonly wake: Wake;
  /** Rejects with `ObserveBridgeError` where the tenant is not known (any more). */
  openJob(lane: Lane): Promise<WorkerJob>;
  onClaimed?(batch: ClaimedBatch): void;
  onBatch?(batch: ClaimedBatch, outcome: BatchOutcome): void;
  /** Told when claiming itself failed; the worker tries again. */
  onError?(error: unknown): void;
  /** Told when nothing is left that may run now, after something was. */
  onRest?(): void;
}

const POLL_MS = 1_000;
const PAUSE_AFTER_ERROR_MS = 2_000;

/**
 * Claims and runs windows until the signal fires; then it finishes what it has begun, or hands it back when that takes longer than
 * `stopWithin`. Never rejects: what fails is written to the run, and a database that is away is asked again.
 */
export async function runWorker(deps: WorkerDeps, signal: AbortSignal): Promise<void> {
  const handBack = new AbortController();
  const active = new Set<Promise<void>>();
  const begin = (batch: ClaimedBatch): void => {
    const done = execute(deps, batch, handBack.signal).finally(() => {
      active.delete(done);
      deps.wake.wake();
    });
    active.add(done);
  };
  let cursor: Lane = { job: '', tenantId: '' };
  let resting = true;
  while (!signal.aborted) {
    let pause = POLL_MS;
    try {
      while (active.size < deps.concurrency && !signal.aborted) {
        const batch = await claim(deps, cursor);
        if (!batch) break;
        cursor = batch;
        resting = false;
        deps.onClaimed?.(batch);
        begin(batch);
      }
    } catch (error) {
      deps.onError?.(error);
      pause = PAUSE_AFTER_ERROR_MS;
    }
    if (active.size === 0 && !resting) {
      resting = true;
      deps.onRest?.();
    }
    await deps.wake.rest(pause, signal);
  }
  const timer = setTimeout(() => handBack.abort(), deps.stopWithin / 1000);
  await Promise.all(active);
  clearTimeout(timer);
}

async function claim({ db, holder, caps, jobs }: WorkerDeps, after: Lane): Promise<ClaimedBatch | undefined> {
  // Idle workers do not queue for the lock that claims take.
  if (!(await hasReady(db))) return undefined;
  return db.transaction((tx) => claimNext(tx, { ...holder, caps, jobs, after }));
}

async function execute(deps: WorkerDeps, batch: ClaimedBatch, signal: AbortSignal): Promise<void> {
  const { job, timeout } = await deps.openJob(batch).catch((error: unknown) => ({
    job: { name: batch.job, prepare: () => Promise.reject(toObserveBridgeError(error)) },
    timeout: SECOND,
  }));
  for (const outcome of await finishReading(deps, beginReading(deps, job, batch, timeout, signal))) deps.onBatch?.(batch, outcome);
}
