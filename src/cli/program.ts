import { Command, CommanderError, Option } from 'commander';
import type { CliDeps } from './command.ts';
import { addBackfillCommand } from './commands/backfill.ts';
import { addCheckCommand } from './commands/check.ts';
import { addConfigCommand } from './commands/config.ts';
import { addGraphCommand } from './commands/graph.ts';
import { addKnowledgeCommand } from './commands/knowledge.ts';
import { addMcpCommand } from './commands/mcp.ts';
import { addMigrateCommand } from './commands/migrate.ts';
import { addPatternsCommand } from './commands/patterns.ts';
import { addPruneCommand } from './commands/prune.ts';
import { addRunCommand } from './commands/run.ts';
import { addRunsCommand } from './commands/runs.ts';
import { addSqlCommand } from './commands/sql.ts';
import { addTokensCommand } from './commands/tokens.ts';
import { addTopoCommand } from './commands/topo.ts';
import { addUpCommand } from './commands/up.ts';
import { addExamples } from './examples.ts';
import { formatFailure, toExitCode, toFailure } from './failure.ts';
import { type Bind, createInvocation, type GlobalOptions } from './invocation.ts';
import { fillTenant } from './tenant-option.ts';

/**
 * Runs one command line (without the names of Node and the program) and resolves with the exit code: 0 ok, 1 failed, 2 usage.
 * Results go to standard output, everything else to standard error; never rejects.
 */
export async function runCli(args: readonly string[], deps: CliDeps): Promise<number> {
  let exitCode = 0;
  let runId: string | undefined;
  const bind: Bind = (act) =>
    async function (...actionArgs) {
      const invocation = createInvocation(this, deps, {
        fail() {
          exitCode = 1;
        },
        identify(id) {
          runId = id;
        },
      });
      await fillTenant(this, invocation);
      await act(invocation, ...actionArgs);
    };
  const program = createProgram(deps, bind);
  try {
    await program.parseAsync(args, { from: 'user' });
    return exitCode;
  } catch (error) {
    if (error instanceof CommanderError && error.exitCode === 0) return 0;
    if (error instanceof CommanderError && error.code === 'commander.help') return 2;
    const failure = toFailure(error);
    const { verbose } = program.opts<GlobalOptions>();
    deps.stderr.write(formatFailure(failure, { output: wantsJson(args) ? 'json' : 'table', verbose, runId }));
    return toExitCode(failure);
  }
}

/** Looks at the words themselves, because the answer is also needed when they could not be parsed. */
function wantsJson(args: readonly string[]): boolean {
  return args.some((arg, index) => arg === '--output=json' || (arg === 'json' && ['--output', '-o'].includes(args[index - 1] ?? '')));
}

function createProgram(deps: CliDeps, bind: Bind): Command {
  const program = new Command('observebridge')
    .description('Turns the raw logs, metrics and traces of OpenObserve into an operations database in PostgreSQL.')
    .version(deps.version, '-V, --version', 'Print the version.')
    .helpOption('-h, --help', 'Print what the command takes.')
    .helpCommand(false)
    .option('-c, --config <file>', 'Configuration file; observebridge.yaml of the current directory if absent.')
    .addOption(new Option('-o, --output <format>', 'How results are printed.').choices(['table', 'json']).default('table'))
    .option('--verbose', 'Log at level debug, and print the causes of a failure.', false)
    .configureHelp({ showGlobalOptions: true })
    .configureOutput({
      writeOut: (text) => deps.stdout.write(text),
      writeErr: (text) => deps.stderr.write(text),
      outputError: () => undefined,
    })
    .exitOverride();
  program.commandsGroup('Work:');
  addUpCommand(program, bind);
  addRunCommand(program, bind);
  addBackfillCommand(program, bind);
  addPruneCommand(program, bind);
  program.commandsGroup('Look:');
  addRunsCommand(program, bind);
  addSqlCommand(program, bind);
  addPatternsCommand(program, bind);
  addGraphCommand(program, bind);
  addTopoCommand(program, bind);
  addKnowledgeCommand(program, bind);
  addMcpCommand(program, bind);
  program.commandsGroup('Set up:');
  addConfigCommand(program, bind);
  addMigrateCommand(program, bind);
  addCheckCommand(program, bind);
  addTokensCommand(program, bind);
  addExamples(program);
  return program;
}
