import { join } from 'node:path';
import { type Signal, signals } from '../../src/core/signal.ts';
import { HOUR, MINUTE, parseTime } from '../../src/core/time.ts';
import type { OpenObserveFilesConfig } from '../../src/sources/openobserve-files/config.ts';
import type { LiveObject } from '../../src/sources/openobserve-files/object-key.ts';
import { createOpenObserveFilesSource } from '../../src/sources/openobserve-files/openobserve-files.ts';
import type { SourceWorld } from '../contracts/source.ts';
import { makeDirectory } from '../jobs/directory.ts';
import { openParquetWorld, type ParquetWorld, type RawRow } from '../support/parquet-world.ts';

export const NOON = parseTime('2026-03-01T12:00:00Z') ?? 0;
const PER_MINUTE = 20;
const range = { from: NOON, to: NOON + 3 * MINUTE };

/** Where the objects of a world are read from when that is not its own directory. */
export interface PublishedWorld {
  readonly config: Partial<OpenObserveFilesConfig>;
  /** Makes the place hold what the directory of the world holds. */
  sync(): Promise<void>;
}

/** Changes that every place of objects shows. */
export const changeNames = [
  'a late object in an old hour',
  'a column that widened',
  'an object without columns',
  'a partition directory',
  'no difference after a merge',
  'no difference after a crashed merge',
];

/** Twenty rows of each signal in each of three minutes, an object per minute, and files beside them that are no rows. */
export async function makeOpenObserveWorld(
  listed: boolean,
  publish: (world: ParquetWorld, directory: string) => Promise<PublishedWorld> = async () => ({ config: {}, sync: async () => undefined }),
): Promise<SourceWorld> {
  await using stack = new AsyncDisposableStack();
  const directory = stack.use(await makeDirectory());
  const world = stack.use(await openParquetWorld(directory.path));
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
  const { config, sync } = await publish(world, join(directory.path, 'cache'));
  await sync();
  const list = listed ? { file_list: `sqlite:${world.fileList}` } : {};
  const source = stack.use(
    createOpenObserveFilesSource(
      { type: 'openobserve_files', root: world.root, organization: 'default', ...list, ...config },
      { now: () => NOON + 24 * HOUR },
    ),
  );
  const counts = { logs: PER_MINUTE, spans: PER_MINUTE, metric_points: PER_MINUTE };
  const add = async (rows: RawRow[], options = {}) => {
    await world.write({ signal: 'logs', rows, createdAt: NOON + 5 * HOUR, ...options });
    await sync();
    return { logs: rows.length };
  };
  const after = (change: () => Promise<unknown>) => async (): Promise<void> => {
    await change();
    await sync();
  };
  const kept = stack.move();
  return {
    ...{ source, range, expected: [counts, counts, counts] },
    changes: {
      'a late object in an old hour': () => add([{ _timestamp: NOON + 5, body: 'late' }]),
      'a column that widened': () => add([{ _timestamp: NOON + 5, body: 'number', severity: 9 }]),
      'an object without columns': () => add([{ _timestamp: NOON + 5 }]),
      'a partition directory': () => add([{ _timestamp: NOON + 5, body: 'x', service_name: 'cart' }], { partition: 'service_name=1' }),
      'a partition with odd characters': () => add([{ _timestamp: NOON + 5, body: 'x' }], { partition: "k=ü +%2F&'[*" }),
      'no difference after a merge': async () => {
        await world.compact(logs, { createdAt: NOON + 6 * HOUR });
        await sync();
        return {};
      },
      'no difference after a crashed merge': async () => {
        await world.compact(logs, { listed: false });
        await sync();
        return {};
      },
    },
    faults: {
      'a truncated object': { inflict: after(() => world.truncate(first)), code: 'OB_SOURCE_OBJECT_CORRUPT' },
      'an object truncated midway': { inflict: after(() => world.truncate(first)), code: 'OB_SOURCE_OBJECT_CORRUPT', midway: true },
      'a vanished object': { inflict: after(() => world.remove(first)), code: 'OB_SOURCE_OBJECT_GONE' },
      'an object that vanishes midway': { inflict: after(() => world.remove(first)), code: 'OB_SOURCE_OBJECT_GONE', midway: true },
      'a vortex object': { inflict: after(() => world.addVortex(first)), code: 'OB_SOURCE_FORMAT_UNSUPPORTED' },
    },
    [Symbol.asyncDispose]: () => kept.disposeAsync(),
  };
}

function rowsOf(signal: Signal, minute: number): RawRow[] {
  return Array.from({ length: PER_MINUTE }, (_, index) => {
    const _timestamp = NOON + minute * MINUTE + index * 3_000_000;
    if (signal === 'logs') return { _timestamp, body: `line ${minute}.${index}`, service_name: 'cart', severity: 'INFO' };
    if (signal === 'metric_points') return { _timestamp, __name__: 'load', value: index / 2 + 0.25, service_name: 'cart' };
    const span_id = (minute * 1000 + index + 1).toString(16).padStart(16, '0');
    return { _timestamp, trace_id: span_id.repeat(2), span_id, service_name: 'cart', operation_name: 'get', span_kind: '2', duration: 100 };
  });
}
