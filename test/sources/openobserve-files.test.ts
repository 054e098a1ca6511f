import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Signal, signals } from '../../src/core/signal.ts';
import { HOUR, MINUTE, parseTime } from '../../src/core/time.ts';
import type { LiveObject } from '../../src/sources/openobserve-files/object-key.ts';
import { createOpenObserveFilesSource } from '../../src/sources/openobserve-files/openobserve-files.ts';
import { describeSource } from '../contracts/source.ts';
import { openParquetWorld, type RawRow } from '../support/parquet-world.ts';

const NOON = parseTime('2026-03-01T12:00:00Z') ?? 0;
const PER_MINUTE = 20;
const range = { from: NOON, to: NOON + 3 * MINUTE };

function rowsOf(signal: Signal, minute: number): RawRow[] {
  return Array.from({ length: PER_MINUTE }, (_, index) => {
    const _timestamp = NOON + minute * MINUTE + index * 3_000_000;
    if (signal === 'logs') return { _timestamp, body: `line ${minute}.${index}`, service_name: 'cart', severity: 'INFO' };
    if (signal === 'metric_points') return { _timestamp, __name__: 'load', value: index / 2 + 0.25, service_name: 'cart' };
    const span_id = (minute * 1000 + index + 1).toString(16).padStart(16, '0');
    return { _timestamp, trace_id: span_id.repeat(2), span_id, service_name: 'cart', operation_name: 'get', span_kind: '2', duration: 100 };
  });
}

async function makeWorld(listed: boolean) {
  const directory = await mkdtemp(join(tmpdir(), 'observebridge-files-'));
  const world = await openParquetWorld(directory);
  const objects: LiveObject[] = [];
  for (const signal of signals)
    for (const minute of [0, 1, 2])
      objects.push(
        ...(await world.write({ signal, stream: signal === 'metric_points' ? 'load' : 'default', rows: rowsOf(signal, minute) })),
      );
  const logs = objects.filter((object) => object.signal === 'logs');
  const [first] = logs;
  if (!first) throw new Error('no object');
  await world.addForeignFiles(first);
  const source = createOpenObserveFilesSource(
    { type: 'openobserve_files', root: world.root, organization: 'default', ...(listed ? { file_list: `sqlite:${world.fileList}` } : {}) },
    { now: () => NOON + 24 * HOUR },
  );
  const counts = { logs: PER_MINUTE, spans: PER_MINUTE, metric_points: PER_MINUTE };
  const add = async (rows: RawRow[], options = {}) => {
    await world.write({ signal: 'logs', rows, createdAt: NOON + 5 * HOUR, ...options });
    return { logs: rows.length };
  };
  return {
    ...{ source, range, expected: [counts, counts, counts] },
    changes: {
      'a late object in an old hour': () => add([{ _timestamp: NOON + 5, body: 'late' }]),
      'a column that widened': () => add([{ _timestamp: NOON + 5, body: 'number', severity: 9 }]),
      'an object without columns': () => add([{ _timestamp: NOON + 5 }]),
      'a partition directory': () => add([{ _timestamp: NOON + 5, body: 'x', service_name: 'cart' }], { partition: 'service_name=1' }),
      'no difference after a merge': async () => {
        await world.compact(logs, { createdAt: NOON + 6 * HOUR });
        return {};
      },
      'no difference after a crashed merge': async () => {
        await world.compact(logs, { listed: false });
        return {};
      },
    },
    faults: {
      'a truncated object': { inflict: () => world.truncate(first), code: 'OB_SOURCE_OBJECT_CORRUPT' as const },
      'an object truncated midway': { inflict: () => world.truncate(first), code: 'OB_SOURCE_OBJECT_CORRUPT' as const, midway: true },
      'a vanished object': { inflict: () => world.remove(first), code: 'OB_SOURCE_OBJECT_GONE' as const },
      'an object that vanishes midway': { inflict: () => world.remove(first), code: 'OB_SOURCE_OBJECT_GONE' as const, midway: true },
      'a vortex object': {
        inflict: async () => {
          await world.addVortex(first);
        },
        code: 'OB_SOURCE_FORMAT_UNSUPPORTED' as const,
      },
    },
    async [Symbol.asyncDispose]() {
      await source[Symbol.asyncDispose]();
      await world[Symbol.asyncDispose]();
      await rm(directory, { recursive: true, force: true });
    },
  };
}

const changes = [
  'a late object in an old hour',
  'a column that widened',
  'an object without columns',
  'a partition directory',
  'no difference after a merge',
  'no difference after a crashed merge',
];
describeSource('openobserve_files with a file list', () => makeWorld(true), {
  changes,
  faults: ['a truncated object', 'an object truncated midway', 'a vanished object', 'an object that vanishes midway', 'a vortex object'],
});
describeSource('openobserve_files by listing', () => makeWorld(false), {
  changes,
  faults: ['a truncated object', 'an object truncated midway', 'an object that vanishes midway', 'a vortex object'],
});
