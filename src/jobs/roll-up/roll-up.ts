import type { Aggregation } from '../../aggregate/catalog.ts';
import { throwIfAborted } from '../../core/error.ts';
import type { Window } from '../../core/window.ts';
import type { Db, Tx } from '../../store/db.ts';
import { listUnrolledDays, rolledTables, rollUpDay } from '../../store/roll-up.ts';
import type { Job } from '../job.ts';
import { lockWindow } from '../lock-window.ts';

export interface RollUpDeps {
  readonly tenantId: string;
  readonly db: Db;
  /** Those that write the rows that are summed up. */
  readonly aggregations: readonly Aggregation[];
  /** Milliseconds of a steady clock, for the stage durations. */
  readonly clock: () => number;
}

/**
 * Sums up the hours and days of metrics, calls and log patterns that end with the last window or before it and have no sums, or whose rows have changed
 * since. It does so while it prepares, a day a transaction, so that giving it up loses nothing; the window only records how much that was.
 */
export function createRollUpJob({ tenantId, db, aggregations, clock }: RollUpDeps): Job {
  return {
    name: 'roll-up',
    async prepare(windows, signal) {
      const started = clock();
      const until = windows.at(-1)?.to ?? 0;
      const rows: Record<string, number> = {};
      let hours = 0;
      for (const table of rolledTables) {
        for (const day of await listUnrolledDays(db, tenantId, table, until)) {
          throwIfAborted(signal);
          const lock = (tx: Tx, window: Window) => lockWindow(tx, tenantId, aggregations, window);
          const rolled = await rollUpDay(db, { tenantId, table, day, until }, lock);
          rows[table] = (rows[table] ?? 0) + rolled.rows;
          hours += rolled.hours;
        }
      }
      const stats = { rows_read: {}, rows_rejected: {}, rows_summed: rows, hours, ms: { roll_up: Math.round(clock() - started) } };
      return { write: async () => ({ rows: {}, changed: hours, stats: windows.map(() => stats) }) };
    },
  };
}
