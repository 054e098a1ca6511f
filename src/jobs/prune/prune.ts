import { ObserveBridgeError, throwIfAborted } from '../../core/error.ts';
import type { AggregateTable } from '../../store/aggregate-table.ts';
import type { Db } from '../../store/db.ts';
import { type PruneReport, pruneOnce } from '../../store/retention.ts';
import type { RetentionPolicy } from '../../store/retention-rules.ts';
import type { Job } from '../job.ts';

export interface PruneDeps {
  readonly db: Db;
  readonly retention: RetentionPolicy;
  /** Tables of all aggregations. */
  readonly aggregates: readonly AggregateTable[];
}

/**
 * Removes what retention no longer keeps. It removes while it prepares, in many small transactions, so that giving it up loses nothing; the
 * window only records how much that was. A second pass at the same time leaves the work to the first. Rejects with `OB_PRUNE_FAILED` when a
 * table could not be pruned, after the others were.
 */
export function createPruneJob({ db, retention, aggregates }: PruneDeps): Job {
  return {
    name: 'prune',
    async prepare(windows, signal) {
      const report = await pruneOnce(db, retention, { aggregates, signal });
      throwIfAborted(signal);
      throwIfFailed(report);
      const rows = Object.fromEntries(report.tables.filter((each) => each.rows > 0).map((each) => [each.table, each.rows]));
      const ms = Math.round(report.tables.reduce((total, each) => total + each.ms, 0));
      const counts = {
        rows_read: {},
        rows_rejected: {},
        rows_removed: rows,
        complete: report.complete,
        busy: report.busy,
        ms: { prune: ms },
      };
      return { write: async () => ({ rows: {}, changed: report.rows, stats: windows.map(() => counts) }) };
    },
  };
}

/** Throws `OB_PRUNE_FAILED` when a table could not be pruned, naming each with its reason. */
export function throwIfFailed({ tables }: PruneReport): void {
  const failed = tables.flatMap(({ table, error }) => (error ? [{ table, error }] : []));
  if (failed.length === 0) return;
  const reasons = failed.map(({ table, error }) => `${table} (${error.message.replace(/\.$/, '')})`).join(', ');
  throw new ObserveBridgeError('OB_PRUNE_FAILED', 'write', `Pruning failed for ${reasons}.`, failed[0]?.error);
}
