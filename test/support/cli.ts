import { PassThrough } from 'node:stream';
import type { CliDeps, Wiring } from '../../src/cli/command.ts';
import { runCli } from '../../src/cli/program.ts';
import { parseTime } from '../../src/core/time.ts';

/** What one command line printed and how it ended. */
export interface CliOutcome {
  readonly exitCode: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs a command line at 2026-01-01 in a directory without a configuration file; commands that ask more than `wiring` answers fail. */
export async function callCli(
  args: readonly string[],
  wiring: Partial<Wiring> = {},
  variables: Record<string, string> = {},
  process: Partial<CliDeps> = {},
): Promise<CliOutcome> {
  const stdout = new PassThrough({ encoding: 'utf8' });
  const stderr = new PassThrough({ encoding: 'utf8' });
  const refuse = (): never => {
    throw new Error('This command line asked for more than the test expects.');
  };
  const deps: CliDeps = {
    environment: { variables, directory: '/nonexistent' },
    version: '9.8.7',
    stdin: new PassThrough(),
    stdout,
    stderr,
    isTerminal: false,
    now: () => parseTime('2026-01-01') ?? 0,
    random: () => new Uint8Array(10),
    signal: new AbortController().signal,
    wait: refuse,
    createWiring: async () => ({
      runJob: refuse,
      migrate: refuse,
      openDb: refuse,
      check: refuse,
      sql: refuse,
      explainPattern: refuse,
      knowledge: () => ({ language: 'simple' }),
      up: refuse,
      serveMcp: refuse,
      async [Symbol.asyncDispose]() {},
      ...wiring,
    }),
    ...process,
  };
  const exitCode = await runCli(args, deps);
  return { exitCode, stdout: stdout.read() ?? '', stderr: stderr.read() ?? '' };
}
