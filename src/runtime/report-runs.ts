import { type LineageContext, type LineageState, toLineageDatasets, toLineageEvent } from '../core/lineage.ts';
import { formatTime, type Micros } from '../core/time.ts';
import type { Trigger } from '../core/trigger.ts';
import type { ClaimedBatch, ClaimedRun } from '../store/run-queue.ts';
import type { Lane } from '../store/schedule.ts';
import type { Lineage } from '../telemetry/lineage.ts';
import type { Logger } from '../telemetry/logger.ts';
import type { Metrics } from '../telemetry/metrics.ts';
import type { BatchOutcome } from './execute.ts';

export interface RunReporterDeps {
  readonly logger: Logger;
  readonly metrics: Metrics;
  readonly lineage: Lineage;
  readonly namespace: string;
  readonly version: string;
  readonly databaseUrl: string;
  readonly now: () => Micros;
}

/** Tells the log, the metrics and the lineage of every run that begins and ends. */
export interface RunReporter {
  begun(batch: ClaimedBatch): void;
  ended(batch: Lane & { readonly trigger: Trigger }, outcome: BatchOutcome): void;
  /** What a job wants an operator to read. */
  noticed(lane: Lane, text: string): void;
}

export function createRunReporter(deps: RunReporterDeps): RunReporter {
  const { logger, metrics, lineage, namespace, version } = deps;
  const emit = (lane: Lane & { trigger: Trigger }, runs: readonly ClaimedRun[], state: LineageState, tables: readonly string[]): void => {
    const context: LineageContext = { namespace, version, at: deps.now(), outputs: toLineageDatasets(deps.databaseUrl, tables) };
    const isScheduled = lane.trigger === 'schedule' || lane.trigger === 'settle';
    for (const { window, attempt, caller } of runs) {
      lineage.emit(toLineageEvent({ ...laneOf(lane), window, attempt, ...(isScheduled ? {} : { caller }) }, state, context));
    }
  };
  return {
    noticed: ({ job, tenantId }, text) => logger.warn({ job, tenant_id: tenantId }, text),
    begun: (batch) => emit(batch, batch.runs, { eventType: 'START' }, []),
    ended(batch, outcome) {
      const { runs, windows, rows, changed, stats, error, ended } = outcome;
      const first = stats[0] as WindowStats | undefined;
      const callers = new Set(runs.map((run) => run.caller.runId));
      const fields = {
        ...{ job: batch.job, tenant_id: batch.tenantId, trigger: batch.trigger, windows: windows.length },
        ...(callers.size === 1 ? { run_id: [...callers][0] } : {}),
        ...{ window_from: formatTime(windows[0]?.from ?? 0), window_to: formatTime(windows.at(-1)?.to ?? 0) },
      };
      metrics.runsEnded(batch.job, ended, windows.length);
      if (!error) {
        logger.debug({ ...fields, rows, changed, stats: first }, 'windows succeeded');
        metrics.linesCoarsened(batch.job, first?.lines_coarsened ?? 0);
        for (const stat of stats) metrics.rowsRead(batch.job, (stat as WindowStats).rows_read ?? {});
        metrics.rowsWritten(batch.job, rows);
        for (const [table, removed] of Object.entries(first?.rows_removed ?? {})) metrics.rowsPruned(table, removed);
        for (const [stage, milliseconds] of Object.entries(first?.ms ?? {})) metrics.stageTook(batch.job, stage, milliseconds);
        emit(batch, runs, { eventType: 'COMPLETE' }, Object.keys(rows));
        return;
      }
      if (error.code === 'OB_PRUNE_FAILED') metrics.pruneFailed();
      if (ended === 'queued') metrics.runsRetried(batch.job, windows.length);
      if (ended === 'lost') metrics.leasesLost(batch.job, windows.length);
      if (ended === 'queued' || ended === 'dead') {
        logger.error({ ...fields, ended, code: error.code, error }, 'windows failed');
        emit(batch, runs, { eventType: 'FAIL', error }, []);
      } else {
        logger.info({ ...fields, ended, code: error.code }, 'windows given up');
        emit(batch, runs, { eventType: 'ABORT' }, []);
      }
    },
  };
}

interface WindowStats {
  readonly rows_read?: Readonly<Record<string, number>>;
  readonly rows_removed?: Readonly<Record<string, number>>;
  /** Of the whole batch. */
  readonly lines_coarsened?: number;
  readonly ms?: Readonly<Record<string, number>>;
}

function laneOf({ job, tenantId }: Lane): Lane {
  return { job, tenantId };
}
