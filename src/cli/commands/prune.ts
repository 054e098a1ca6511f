import type { Command } from 'commander';
import { loadAggregations } from '../../aggregate/catalog.ts';
import { ObserveBridgeError } from '../../core/error.ts';
import { toAggregateTable } from '../../jobs/aggregate-tables.ts';
import type { Db } from '../../store/db.ts';
import { listPrunedTables, type PruneOptions, type PruneReport, pruneOnce } from '../../store/retention.ts';
import type { RetentionPolicy } from '../../store/retention-rules.ts';
import type { Progress } from '../../telemetry/progress.ts';
import type { Bind } from '../invocation.ts';

interface PruneFlags {
  readonly dryRun?: boolean;
  readonly table?: readonly string[];
}

/** `prune`: removes what `retention` no longer keeps, until nothing is left of it; exits with 0 only if that succeeded. */
export function addPruneCommand(program: Command, bind: Bind): void {
  program
    .command('prune')
    .description('Remove what `retention` of the configuration no longer keeps, as the job prune does every hour.')
    .option('--dry-run', 'Only count what would be removed.')
    .option('--table <name...>', 'Only these tables, and those that must go before them.')
    .action(
      bind(async (invocation, { dryRun = false, table: tables }: PruneFlags) => {
        const { deps } = invocation;
        const loaded = await invocation.loadConfig();
        const { retention, aggregations } = loaded.config;
        const aggregates = (await loadAggregations(aggregations.directories)).map(toAggregateTable);
        const report = await invocation.withWiring(loaded, {}, async (wiring, progress) => {
          const db = await wiring.openDb();
          await checkTables(db, retention, { tables, aggregates });
          const options = { dryRun, aggregates, signal: deps.signal, ...(tables ? { tables } : {}) };
          return dryRun || !deps.isTerminal ? prune(db, retention, options) : pruneWithProgress(db, retention, options, progress);
        });
        const counted = dryRun ? 'expired' : 'removed';
        const rows = report.tables.map(({ table, rows: count, ms, error }) => ({ table, [counted]: count, ms, error: error?.message }));
        const columns = ['table', counted, 'ms', ...(rows.some((row) => row.error) ? ['error'] : [])];
        invocation.print({ ...report, tables: report.tables.map(toPlain) }, columns, rows);
        if (report.busy) invocation.note('Another process prunes at this moment; it removes the rest.');
        else if (!report.complete) invocation.note('Not everything could be removed; what is left goes with the next pass.');
        if (!report.complete) invocation.fail();
      }),
    );
}

/** The budget is for the job, which comes back in an hour; who asks for it by hand wants the end. */
const prune = (db: Db, retention: RetentionPolicy, options: PruneOptions): Promise<PruneReport> =>
  pruneOnce(db, { ...retention, budget: '365d' }, options);

async function pruneWithProgress(db: Db, retention: RetentionPolicy, options: PruneOptions, progress: Progress): Promise<PruneReport> {
  const { rows } = await prune(db, retention, { ...options, dryRun: true });
  progress.start(rows, 'prune');
  const report = await prune(db, retention, { ...options, onBatch: (table, removed) => progress.advance(removed, table) });
  progress.stop();
  return report;
}

async function checkTables(
  db: Db,
  retention: RetentionPolicy,
  { tables, aggregates }: { tables: readonly string[] | undefined; aggregates: NonNullable<PruneOptions['aggregates']> },
): Promise<void> {
  const known = await listPrunedTables(db, retention, aggregates);
  const unknown = tables?.find((table) => !known.includes(table));
  if (unknown !== undefined)
    throw new ObserveBridgeError('OB_USAGE', 'usage', `The table ${unknown} has no retention; these have: ${known.join(', ')}.`);
}

function toPlain({ error, ...rest }: PruneReport['tables'][number]): object {
  return { ...rest, ...(error ? { error: { code: error.code, message: error.message } } : {}) };
}
