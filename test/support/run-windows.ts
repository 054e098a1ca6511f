import { MINUTE, SECOND } from '../../src/core/time.ts';
import type { BatchOutcome, ExecuteDeps } from '../../src/runtime/execute.ts';
import { keepLeases } from '../../src/runtime/leases.ts';
import type { RetryPolicy } from '../../src/runtime/retry-policy.ts';
import { type RunRangeOptions, runRange } from '../../src/runtime/run-range.ts';
import type { Db } from '../../src/store/db.ts';
import type { Holder } from '../../src/store/run-queue.ts';

export const RUN_ID = '018f3a5e-1c2d-7000-8000-000000000000';

export const retry: RetryPolicy = {
  ...{ maxAttempts: 3, pauseSeconds: 10, longestPauseSeconds: 60 },
  circuit: { failures: 3, pauseSeconds: 10, longestPauseSeconds: 60 },
};

/** What a worker of this name needs to execute runs; leases last a minute. */
export function createExecution(db: Db, worker = 'worker-1', lease = 60 * SECOND): ExecuteDeps & Disposable {
  const holder: Holder = { worker, lease, runId: RUN_ID };
  const leases = keepLeases(db, holder);
  return { db, holder, leases, retry, random: () => 0.5, now: () => Date.now() * 1000, [Symbol.dispose]: () => leases[Symbol.dispose]() };
}

export type RunWindowsOptions = Pick<RunRangeOptions, 'job' | 'tenantId' | 'windows'> &
  Partial<Pick<RunRangeOptions, 'maxBatch' | 'timeout' | 'caller' | 'trigger' | 'signal' | 'onBatch' | 'onNotice'>> & {
    readonly worker?: string;
  };

/** Runs windows as the command `run` does, by default in one batch. */
export async function runWindows(db: Db, { worker, ...options }: RunWindowsOptions): Promise<BatchOutcome[]> {
  using execution = createExecution(db, worker);
  return runRange({
    ...{ ...execution, maxBatch: 1440, timeout: 10 * MINUTE, caller: { runId: RUN_ID }, trigger: 'cli' as const },
    ...{ signal: new AbortController().signal, ...options },
  });
}
