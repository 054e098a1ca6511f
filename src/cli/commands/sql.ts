import type { Command } from 'commander';
import { runReadOnly } from '../../store/read-only-sql.ts';
import type { Bind } from '../invocation.ts';
import { withDb } from '../with-db.ts';

/** Bounds of `--tenant`, where a person waits. */
const BOUNDS = { timeoutMs: 60_000, maxRows: 10_000, maxBytes: 64_000_000 };

/** `sql`: runs one statement on the database and prints its rows. */
export function addSqlCommand(program: Command, bind: Bind): void {
  program
    .command('sql')
    .description('Run a statement on the database and print its rows.')
    .argument('<statement>', 'SQL text.')
    .option('--tenant <id>', 'Only read, and only the rows of this tenant, as agents do.')
    .action(
      bind(async (invocation, statement: string, { tenant }: { tenant?: string }) => {
        if (tenant !== undefined) {
          const request = { ...BOUNDS, tenantId: tenant, text: statement };
          const { columns, rows, truncated } = await withDb(invocation, (db) => runReadOnly(db, request));
          const names = columns.map(({ name }) => name);
          invocation.print(rows, names, rows);
          if (truncated) invocation.note(`These are the first ${rows.length} rows.`);
          return;
        }
        const result = await invocation.withWiring(await invocation.loadConfig(), {}, (wiring) => wiring.sql(statement));
        invocation.print(result.rows, result.columns, result.rows);
      }),
    );
}
