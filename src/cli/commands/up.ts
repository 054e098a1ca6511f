import { type Command, Option } from 'commander';
import { addCallerOptions, type CallerOptions, toCaller, toLogFields } from '../caller.ts';
import { type Role, roles } from '../command.ts';
import type { Bind } from '../invocation.ts';

interface UpOptions extends CallerOptions {
  readonly role: Role | 'all';
}

/** `up`: all jobs in this process, until it is interrupted; or one role of several processes that share a PostgreSQL. */
export function addUpCommand(program: Command, bind: Bind): void {
  const command = program
    .command('up')
    .description('Run all jobs in this process until it is interrupted; without a configuration file, a demonstration.')
    .addOption(new Option('--role <role>', 'What this process does; all of it by default.').choices(['all', ...roles]).default('all'));
  addCallerOptions(command).action(
    bind(async (invocation, options: UpOptions) => {
      const caller = toCaller(options, invocation.deps);
      invocation.identify(caller.runId);
      const loaded = await invocation.loadConfig();
      const request = { roles: options.role === 'all' ? roles : [options.role], caller };
      await invocation.withWiring(loaded, toLogFields(caller), (wiring) => wiring.up(request));
    }),
  );
}
