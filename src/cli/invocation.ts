import type { Command } from 'commander';
import { type LoadedConfig, loadConfig } from '../config/load.ts';
import { createReload } from '../config/reload.ts';
import { createLogger } from '../telemetry/logger.ts';
import { createProgress, type Progress } from '../telemetry/progress.ts';
import type { CliDeps, Wiring } from './command.ts';
import { formatRunId } from './failure.ts';
import { toJson } from './json.ts';
import { formatTable } from './table.ts';

/** Options that every command takes. */
export interface GlobalOptions {
  readonly config?: string;
  readonly output: 'table' | 'json';
  readonly verbose: boolean;
  /** Of commands that take one. */
  readonly tenant?: string;
}

/** What the process learns from a command besides what it throws. */
export interface InvocationEnding {
  /** Makes the process exit with 1 although nothing was thrown. */
  fail(): void;
  /** Puts the run id on every later line of standard error, failures included. */
  identify(runId: string): void;
}

/** One call of a command: its options and what it may do. */
export interface Invocation extends InvocationEnding {
  readonly deps: CliDeps;
  readonly options: GlobalOptions;
  loadConfig(): Promise<LoadedConfig>;
  /** Calls `use` with the rest of the program and puts everything away afterwards; `fields` are on every log line. */
  withWiring<Result>(loaded: LoadedConfig, fields: object, use: (wiring: Wiring, progress: Progress) => Promise<Result>): Promise<Result>;
  /** Writes a result to standard output: as JSON the value itself, else the rows as a table. */
  print(value: unknown, columns: readonly string[], rows: readonly Readonly<Record<string, unknown>>[]): void;
  /** Writes a line for people to standard error. */
  note(line: string): void;
}

/** Turns the action of a command into what the command line library calls. */
export type Bind = <Args extends unknown[]>(
  act: (invocation: Invocation, ...args: Args) => Promise<void>,
) => (this: Command, ...args: Args) => Promise<void>;

/** The invocation of a command that was just parsed. */
export function createInvocation(command: Command, deps: CliDeps, ending: InvocationEnding): Invocation {
  const options = command.optsWithGlobals<GlobalOptions>();
  let runId: string | undefined;
  let loading: Promise<LoadedConfig> | undefined;
  const note = (line: string): void => {
    deps.stderr.write(`${line}${formatRunId(runId)}\n`);
  };
  return {
    deps,
    options,
    loadConfig() {
      loading ??= loadConfig(options.config, deps.environment).then((loaded) => {
        if (loaded.file === undefined)
          note(`No observebridge.yaml in ${deps.environment.directory}: using the demonstration (tenant demo, generated telemetry).`);
        return loaded;
      });
      return loading;
    },
    async withWiring(loaded, fields, use) {
      const { level, format } = loaded.config.logging;
      const progress = createProgress({
        stream: deps.stderr,
        isTerminal: deps.isTerminal,
        now: () => deps.now() / 1000,
        suffix: formatRunId(runId),
      });
      const logger = createLogger({
        level: options.verbose ? 'debug' : level,
        format: format === 'auto' ? (deps.isTerminal ? 'text' : 'json') : format,
        write: (line) => progress.print(line.trimEnd()),
      });
      try {
        await using wiring = await deps.createWiring({
          config: loaded.config,
          reload: createReload(loaded, deps.environment, (error) => logger.error({ error }, 'the changed configuration is not taken')),
          version: deps.version,
          logger: logger.child(fields),
          progress,
          signal: deps.signal,
        });
        return await use(wiring, progress);
      } finally {
        progress.stop();
      }
    },
    print(value, columns, rows) {
      deps.stdout.write(options.output === 'json' ? `${toJson(value, 2)}\n` : formatTable(columns, rows, widthOf(deps.stdout)));
    },
    note,
    fail: ending.fail,
    identify(id) {
      runId = id;
      ending.identify(id);
    },
  };
}

/** Characters of a line where the stream is a terminal; undefined where rows must stay whole. */
function widthOf(stream: object): number | undefined {
  return 'columns' in stream && typeof stream.columns === 'number' && stream.columns > 0 ? stream.columns : undefined;
}
