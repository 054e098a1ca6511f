import type { Command } from 'commander';
import { stringify } from 'yaml';
import { toJsonSchema } from '../../config/describe.ts';
import { maskConfig } from '../../config/mask.ts';
import type { Bind } from '../invocation.ts';
import { toJson } from '../json.ts';

/** `config show` and `config schema`. */
export function addConfigCommand(program: Command, bind: Bind): void {
  const config = program.command('config').description('The configuration.');
  config
    .command('show')
    .description('Print the configuration with its defaults, secrets masked.')
    .action(
      bind(async (invocation) => {
        const shown = maskConfig((await invocation.loadConfig()).config);
        invocation.deps.stdout.write(invocation.options.output === 'json' ? `${toJson(shown, 2)}\n` : stringify(shown));
      }),
    );
  config
    .command('schema')
    .description('Print the JSON Schema of the configuration file, for editors.')
    .action(
      bind(async (invocation) => {
        invocation.deps.stdout.write(`${toJson(toJsonSchema(), 2)}\n`);
      }),
    );
}
