import { randomBytes } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { runCli } from './cli/program.ts';
import { readEnvironment } from './config/environment.ts';

/** A terminal, npm and the bootstrap script may each deliver the same Ctrl-C; what arrives within this time is one wish. */
const ONE_WISH_MS = 1_000;

const canceling = new AbortController();
let canceledAt: number | undefined;
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
  process.on(signal, () => {
    canceledAt ??= Date.now();
    if (Date.now() - canceledAt > ONE_WISH_MS) process.exit(1);
    canceling.abort(signal);
  });
}
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code === 'EPIPE') process.exit(0);
  throw error;
});

const manifest: { version: string } = JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8'));
process.exitCode = await runCli(process.argv.slice(2), {
  environment: readEnvironment(),
  version: manifest.version,
  stdin: process.stdin,
  stdout: process.stdout,
  stderr: process.stderr,
  isTerminal: process.stderr.isTTY === true,
  now: () => Date.now() * 1000,
  random: () => randomBytes(10),
  signal: canceling.signal,
  wait: (ms) => sleep(ms, undefined, { signal: canceling.signal }).catch(() => undefined),
  // Loading the engine and the databases takes longer than printing the help.
  createWiring: async (setup) => (await import('./wiring.ts')).createWiring(setup),
});
