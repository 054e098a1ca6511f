import type { Command } from 'commander';
import type { Bind } from '../invocation.ts';

/** `check`: connects to everything and says what is wrong; exits with 1 if anything is. */
export function addCheckCommand(program: Command, bind: Bind): void {
  program
    .command('check')
    .description('Connect to the database and to every source, and say in sentences what is wrong.')
    .action(
      bind(async (invocation) => {
        const findings = await invocation.withWiring(await invocation.loadConfig(), {}, (wiring) => wiring.check());
        invocation.print(
          findings,
          ['level', 'subject', 'text'],
          findings.map((finding) => ({ ...finding })),
        );
        if (findings.some((finding) => finding.level === 'error')) invocation.fail();
      }),
    );
}
