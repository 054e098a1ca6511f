import type { Command } from 'commander';
import type { Bind } from '../invocation.ts';

/** `sql`: runs one statement on the database and prints its rows. */
export function addSqlCommand(program: Command, bind: Bind): void {
  program
    .command('sql')
    .description('Run a statement on the database and print its rows.')
    .argument('<statement>', 'SQL text.')
    .action(
      bind(async (invocation, statement: string) => {
        const result = await invocation.withWiring(await invocation.loadConfig(), {}, (wiring) => wiring.sql(statement));
        invocation.print(result.rows, result.columns, result.rows);
      }),
    );
}
