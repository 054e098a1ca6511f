import type { Command } from 'commander';
import type { Bind } from '../invocation.ts';

/** `up`: all jobs in this process, until it is interrupted. */
export function addUpCommand(program: Command, bind: Bind): void {
  program
    .command('up')
    .description('Run all jobs in this process until it is interrupted; without a configuration file, a demonstration.')
    .action(
      bind(async (invocation) => {
        await invocation.withWiring(await invocation.loadConfig(), {}, (wiring) => wiring.up());
      }),
    );
}
