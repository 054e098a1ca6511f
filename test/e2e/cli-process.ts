import { type ChildProcess, spawn } from 'node:child_process';
import { join } from 'node:path';

const MAIN = join(import.meta.dirname, '../../src/main.ts');

/** What a process printed and how it ended. */
export interface Ended {
  readonly exitCode: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** A command line that runs as a process of its own. */
export interface Started {
  readonly process: ChildProcess;
  /** Resolves once standard error or output holds the text; rejects when the process ends before. */
  shows(text: string): Promise<void>;
  readonly ended: Promise<Ended>;
}

/** `uid` is the user that the process runs as, `node` are options of Node. */
export interface StartOptions {
  readonly env?: Record<string, string>;
  readonly uid?: number;
  readonly node?: readonly string[];
}

/** Starts the command line in a directory, with this process's Node and without its OBSERVEBRIDGE_* variables. */
export function startCli(directory: string, args: readonly string[], options: StartOptions = {}): Started {
  const { OBSERVEBRIDGE_RUN_ID: _, ...inherited } = process.env;
  const child = spawn(process.execPath, [...(options.node ?? []), MAIN, ...args], {
    ...{ cwd: directory, stdio: ['ignore', 'pipe', 'pipe'], env: { ...inherited, ...options.env } },
    ...(options.uid === undefined ? {} : { uid: options.uid }),
  });
  let [stdout, stderr] = ['', ''];
  const waiting = new Set<() => void>();
  const hear = (add: (text: string) => void) => (chunk: Buffer) => {
    add(chunk.toString());
    for (const look of waiting) look();
  };
  child.stdout?.on(
    'data',
    hear((text) => {
      stdout += text;
    }),
  );
  child.stderr?.on(
    'data',
    hear((text) => {
      stderr += text;
    }),
  );
  const ended = new Promise<Ended>((resolve, reject) => {
    child.once('error', reject);
    child.once('close', (exitCode) => resolve({ exitCode, stdout, stderr }));
  });
  return {
    ...{ process: child, ended },
    shows: (text) =>
      new Promise((resolve, reject) => {
        const look = (): void => {
          if (!`${stdout}${stderr}`.includes(text)) return;
          waiting.delete(look);
          resolve();
        };
        waiting.add(look);
        look();
        ended.then(() => reject(new Error(`The process ended without showing "${text}": ${stderr}`)), reject);
      }),
  };
}

/** Runs a command line to its end. */
export function callCli(directory: string, args: readonly string[], options?: StartOptions): Promise<Ended> {
  return startCli(directory, args, options).ended;
}
