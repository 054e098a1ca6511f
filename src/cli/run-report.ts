import { formatTime } from '../core/time.ts';
import type { BatchOutcome } from '../runtime/execute.ts';
import type { RunReport, RunRequest } from './command.ts';

/** Adds up how the windows of one invocation of `run` ended. */
export function toRunReport(request: RunRequest, outcomes: readonly BatchOutcome[], elapsedMs: number): RunReport {
  const tables: Record<string, number> = {};
  for (const { rows } of outcomes) for (const [table, count] of Object.entries(rows)) tables[table] = (tables[table] ?? 0) + count;
  const failures = outcomes.flatMap(({ windows, error }) => (error ? [{ windows, error }] : []));
  const sum = (counts: readonly number[]): number => counts.reduce((total, count) => total + count, 0);
  return {
    ...{ run_id: request.caller.runId, job: request.job, tenant_id: request.tenantId },
    ...{ from: formatTime(request.range.from), to: formatTime(request.range.to) },
    windows: sum(outcomes.map(({ windows }) => windows.length)),
    failed: sum(failures.map(({ windows }) => windows.length)),
    rows: sum(Object.values(tables)),
    tables,
    changed: sum(outcomes.map(({ changed }) => changed)),
    elapsed_ms: Math.round(elapsedMs),
    failures: failures.map(({ windows, error }) => ({
      ...{ from: formatTime(windows[0]?.from ?? 0), to: formatTime(windows.at(-1)?.to ?? 0), code: error.code, message: error.message },
    })),
  };
}
