import { fork } from 'node:child_process';
import { existsSync } from 'node:fs';
import { DatabaseSync } from 'node:sqlite';
import { fileURLToPath } from 'node:url';
import { Value } from 'typebox/value';
import { MINUTE, parseTime } from '../src/core/time.ts';
import { OpenObserveApiConfigSchema } from '../src/sources/openobserve-api/config.ts';
import { createOpenObserveApiSource } from '../src/sources/openobserve-api/openobserve-api.ts';
import { startFakeOpenObserve } from '../test/support/fake-openobserve/fake-openobserve.ts';
import { makeDirectory, openPipeline, openPipelineOf, type Pipeline } from './pipeline.ts';

const DATA = fileURLToPath(new URL('../../shared/data/openobserve/', import.meta.url));
const RANGE = { from: parseTime('2023-01-30T11:50:00Z') ?? 0, to: parseTime('2023-01-30T14:15:00Z') ?? 0 };
const TYPES = ['logs', 'traces', 'metrics'];
const BATCH = 60;

/** How many minutes of the real data are caught up in a minute: from its files, and through the API of a server in another process. */
export async function benchCatchUp(): Promise<string[]> {
  if (!existsSync(DATA)) return ['catch-up: skipped, because ../shared/data/openobserve is not there'];
  await using directory = await makeDirectory();
  const files = { root: `${DATA}stream`, fileList: `sqlite:${DATA}db/metadata.sqlite` };
  const lines = [await measure('files', await openPipeline({ databaseUrl: `pglite:${directory.path}/files`, ...files }))];
  const server = fork(fileURLToPath(import.meta.url), ['serve']);
  try {
    const written = await new Promise<object>((resolve, reject) => {
      server.once('message', (message) => resolve(message as object));
      server.once('exit', () => reject(new Error('The server ended before it answered.')));
    });
    const config = Value.Parse(
      OpenObserveApiConfigSchema,
      Value.Default(OpenObserveApiConfigSchema, { type: 'openobserve_api', ...written }),
    );
    const source = createOpenObserveApiSource(config, { now: () => Date.now() * 1000 });
    lines.push(
      await measure(
        'API (the fake server of the tests, one search at a time)',
        await openPipelineOf(source, `pglite:${directory.path}/api`),
      ),
    );
  } finally {
    server.kill();
  }
  return lines;
}

async function measure(name: string, opened: Pipeline): Promise<string> {
  await using pipeline = opened;
  const started = performance.now();
  await pipeline.run(RANGE, BATCH);
  const seconds = (performance.now() - started) / 1000;
  const minutes = (RANGE.to - RANGE.from) / MINUTE;
  return `catch-up: ${name}: ${minutes} minutes in ${seconds.toFixed(1)} s, ${Math.round((minutes * 60) / seconds)} times real time`;
}

async function serve(): Promise<void> {
  const server = await startFakeOpenObserve();
  const list = new DatabaseSync(`${DATA}db/metadata.sqlite`, { readOnly: true });
  for (const type of TYPES) {
    const rows = list.prepare(`select stream, date, file from file_list where stream like ? and not deleted`).all(`default/${type}/%`);
    const byStream = Map.groupBy(rows, ({ stream }) => String(stream));
    for (const [stream, objects] of byStream) {
      const paths = objects.map(({ date, file }) => `'${DATA}stream/files/${stream}/${date}/${file}'`);
      await server.append(
        type,
        stream.split('/')[2] ?? '',
        `select * from read_parquet([${paths}], union_by_name = true, hive_partitioning = false)`,
      );
    }
  }
  list.close();
  process.send?.({ url: server.url, user: server.user, password: server.password });
}

if (process.argv[2] === 'serve') await serve();
