import type { Command } from 'commander';
import type { Bind } from '../invocation.ts';

/** `migrate`: brings the database to the newest version. */
export function addMigrateCommand(program: Command, bind: Bind): void {
  program
    .command('migrate')
    .description('Bring the tables of the database to the newest version.')
    .action(
      bind(async (invocation) => {
        const report = await invocation.withWiring(await invocation.loadConfig(), {}, (wiring) => wiring.migrate());
        const rows = report.applied.map((migration) => ({ migration, state: 'applied' }));
        invocation.print(report, ['migration', 'state'], rows);
      }),
    );
}
