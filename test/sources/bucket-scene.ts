import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe } from 'vitest';
import { openSession, type Session } from '../../src/aggregate/session.ts';
import { DAY, HOUR, MINUTE } from '../../src/core/time.ts';
import type { Window } from '../../src/core/window.ts';
import type { OpenObserveFilesConfig } from '../../src/sources/openobserve-files/config.ts';
import { createOpenObserveFilesSource } from '../../src/sources/openobserve-files/openobserve-files.ts';
import type { Source } from '../../src/sources/source.ts';
import { makeDirectory } from '../jobs/directory.ts';
import { openParquetWorld, type ParquetWorld, type RawRow } from '../support/parquet-world.ts';
import { type S3Proxy, startS3Proxy } from '../support/s3-proxy.ts';
import { type SwiftServer, startSwift, whySwiftIsMissing } from '../support/swift.ts';
import { NOON, type PublishedWorld } from './openobserve-world.ts';

export const BUCKET = 'telemetry';

/** A world in the bucket, read through a proxy. */
export interface Scene {
  readonly swift: SwiftServer;
  readonly world: ParquetWorld;
  readonly proxy: S3Proxy;
  readonly session: Session;
  /** Directory of the cache. */
  readonly cache: string;
  /** Makes the bucket hold what the world holds. */
  sync(): Promise<void>;
  open(config?: Partial<OpenObserveFilesConfig>, listed?: boolean): Source;
  /** Whole objects fetched so far, in order. */
  fetched(): string[];
}

export interface BucketSuite {
  inScene(check: (scene: Scene) => Promise<void>): Promise<void>;
  /** Puts a world below a prefix of its own that ends as given. */
  publish(prefix: string): (world: ParquetWorld, cache: string) => Promise<PublishedWorld>;
}

/** Runs a suite on a real S3 server; where there is none the suite is skipped and says so in its name. */
export function describeBucket(title: string, suite: (bucket: BucketSuite) => void): void {
  const missing = whySwiftIsMissing();
  describe.skipIf(missing !== undefined)(`${title}${missing === undefined ? '' : ` (skipped: ${missing})`}`, () => {
    let swift: SwiftServer;
    let worlds = 0;
    beforeAll(async () => {
      swift = await startSwift();
      await swift.createBucket(BUCKET);
    }, 180_000);
    afterAll(() => swift?.stop());
    const publish: BucketSuite['publish'] = (prefix) => async (world, cache) => {
      const own = `world ${++worlds}/${prefix}`;
      return {
        config: { ...swift.access, root: `s3://${BUCKET}/${own}`, cache: { directory: cache } },
        sync: () => swift.mirror(world.root, BUCKET, `${own}${own.endsWith('/') ? '' : '/'}`),
      };
    };
    suite({ publish, inScene: (check) => inScene(swift, publish(''), check) });
  });
}

async function inScene(
  swift: SwiftServer,
  publish: ReturnType<BucketSuite['publish']>,
  check: (scene: Scene) => Promise<void>,
): Promise<void> {
  await using stack = new AsyncDisposableStack();
  const directory = stack.use(await makeDirectory());
  const proxy = stack.use(await startS3Proxy(swift.endpoint));
  const world = stack.use(await openParquetWorld(directory.path));
  const session = stack.use(await openSession({ directory: join(directory.path, 'reader'), memoryLimit: '256MB', threads: 1 }));
  const cache = join(directory.path, 'cache');
  const { config, sync } = await publish(world, cache);
  await check({
    ...{ swift, world, proxy, session, cache, sync },
    open: (more = {}, listed = true) =>
      stack.use(
        createOpenObserveFilesSource(
          {
            ...{ type: 'openobserve_files', root: world.root, organization: 'default' },
            ...(listed ? { file_list: `sqlite:${world.fileList}` } : {}),
            ...{ ...config, endpoint: proxy.endpoint, ...more },
          },
          { now: () => NOON + 3 * DAY },
        ),
      ),
    fetched: () => proxy.requests.filter((request) => /^GET .*\.parquet$/.test(request)),
  });
}

export const rowAt = (time: number, more: RawRow = {}): RawRow => ({
  _timestamp: time,
  body: `line ${time}`,
  service_name: 'cart',
  ...more,
});

/** Writes one line into an object of its own. */
export const addLine = (world: ParquetWorld, time = NOON) => world.write({ signal: 'logs', rows: [rowAt(time)], createdAt: time + HOUR });

/** Ranges that want logs only. */
export const logsOf = (window: Window) => {
  const nothing = { from: window.from, to: window.from };
  return { logs: window, spans: nothing, metric_points: nothing };
};

/** Rows of the logs; of the first minute unless told otherwise. */
export async function countLogs(source: Source, session: Session, window = { from: NOON, to: NOON + MINUTE }): Promise<number> {
  await using slice = await source.open(logsOf(window), session, new AbortController().signal);
  const [row] = await session.rows<{ found: number }>(`select count(*)::integer as found from (${slice.relations.logs})`);
  return row?.found ?? 0;
}

/** Paths of the files in a directory, none if it is not there. */
export async function filesBelow(directory: string): Promise<string[]> {
  const entries = await readdir(directory, { recursive: true, withFileTypes: true }).catch(() => []);
  return entries.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name));
}
