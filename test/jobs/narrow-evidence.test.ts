import { randomUUID } from 'node:crypto';
import { rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { HOUR, MINUTE } from '../../src/core/time.ts';
import { createEvidenceReader } from '../../src/jobs/evidence-reader.ts';
import { createMiner } from '../../src/patterns/miner.ts';
import { createOpenObserveFilesSource } from '../../src/sources/openobserve-files/openobserve-files.ts';
import { NOON } from '../sources/openobserve-api-world.ts';
import { openParquetWorld } from '../support/parquet-world.ts';

const signal = new AbortController().signal;
const window = { from: NOON, to: NOON + MINUTE };
const bounds = { rows: 10, bytes: 100_000 };

test('rows of a resource, and lines of a pattern, come alone and newest first', async () => {
  const directory = join(tmpdir(), `observebridge-${randomUUID()}`);
  await using world = await openParquetWorld(directory);
  const lines = ['order 1 failed', 'order 22 failed', 'started', 'order 3 failed'];
  await world.write({
    signal: 'logs',
    rows: ['cart', 'stock'].flatMap((service_name, second) =>
      lines.map((body, index) => ({ _timestamp: NOON + 10 * index + second, body, service_name })),
    ),
  });
  await world.write({
    signal: 'metric_points',
    stream: 'cpu',
    rows: ['cart', 'stock'].map((service_name, index) => ({ _timestamp: NOON + index, service_name, value: index })),
  });
  await using source = createOpenObserveFilesSource(
    { type: 'openobserve_files', root: world.root, organization: world.organization, file_list: `sqlite:${world.fileList}` },
    { now: () => NOON + 24 * HOUR },
  );
  const spill = join(directory, 'spill');
  const read = createEvidenceReader(async () => ({ source, type: 'openobserve_files' }), {
    directory: spill,
    memoryLimit: '256MB',
    threads: 1,
  });
  const logs = { stream: 'default', streamType: 'logs', window, traceId: null, timestamp: null };
  const miner = createMiner();
  const { fingerprint } = miner.pattern(miner.code('order 4 failed'));

  const both = await read('shop', { ...logs, only: { fingerprints: [fingerprint], urn: 'urn:svc:cart' } }, bounds, signal);
  expect(both.rows.map(({ body, service_name }) => [body, service_name])).toEqual(
    ['order 3 failed', 'order 22 failed', 'order 1 failed'].map((body) => [body, 'cart']),
  );
  expect(both).toMatchObject({ truncated: false, sourceType: 'openobserve_files' });
  const pattern = await read('shop', { ...logs, only: { fingerprints: [fingerprint] } }, { ...bounds, rows: 2 }, signal);
  expect(pattern).toMatchObject({ truncated: true, rows: [{ body: 'order 3 failed' }, { body: 'order 3 failed' }] });
  const points = await read('shop', { ...logs, stream: 'cpu', streamType: 'metrics', only: { urn: 'urn:svc:stock' } }, bounds, signal);
  expect(points.rows).toEqual([{ timestamp: NOON + 1, stream: 'cpu', value: 1, service_name: 'stock' }]);
  await rm(directory, { recursive: true, force: true });
});
