import { mkdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { inParallel } from '../../core/in-parallel.ts';
import type { SqlSession } from '../../core/sql-session.ts';
import type { ListedObject } from './object-key.ts';
import type { ObjectStore } from './object-store.ts';
import { explainReadError } from './read-error.ts';
import { toPathList } from './relation.ts';

/** What OpenObserve writes into the footer of every object. */
export type Footer = Pick<ListedObject, 'minTime' | 'maxTime' | 'records' | 'originalSize'>;

/** Footers by address and size; they never change, so every object is asked once. */
export type FooterMemory = Map<string, Footer>;

/** About 30 MB. */
const MOST_REMEMBERED = 100_000;

export interface FooterReader {
  /** The footers of the keys, in order; undefined for an object that is not OpenObserve's. */
  read(
    store: ObjectStore,
    objects: readonly { readonly key: string; readonly bytes: number }[],
    aborted: AbortSignal,
  ): Promise<(Footer | undefined)[]>;
}

/** Reads footers with the engine, from files in a directory that it makes and removes. */
export function createFooterReader(options: {
  memory: FooterMemory;
  session: SqlSession;
  directory: string;
  concurrency: number;
}): FooterReader {
  const { memory, session, directory, concurrency } = options;
  let made = 0;
  let turn: Promise<unknown> = Promise.resolve();
  /** The engine runs one statement at a time, and streams are listed side by side. */
  const inTurn = (paths: readonly string[]): Promise<Map<string, Footer>> => {
    const reading = turn.then(() => readFooters(session, paths));
    turn = reading.catch(() => undefined);
    return reading;
  };
  return {
    async read(store, objects, aborted) {
      const nameOf = (object: (typeof objects)[number]): string => `${object.bytes} ${store.addressOf(object.key)}`;
      const unknown = objects.filter((object) => !memory.has(nameOf(object)));
      if (unknown.length > 0) {
        const below = join(directory, `footers-${++made}`);
        await mkdir(below, { recursive: true });
        try {
          let next = 0;
          const paths = await inParallel(unknown, concurrency, ({ key, bytes }) =>
            store.fetchFooter(key, bytes, join(below, `${++next}.parquet`), aborted),
          );
          const found = await inTurn(paths).catch((error) => {
            const named = unknown.map(({ key }, index) => ({ path: paths[index] ?? '', address: store.addressOf(key) }));
            throw explainReadError(error, named);
          });
          for (const [index, object] of unknown.entries()) {
            const footer = found.get(paths[index] ?? '');
            if (footer) memory.set(nameOf(object), footer);
          }
        } finally {
          await rm(below, { recursive: true, force: true });
        }
      }
      const footers = objects.map((object) => memory.get(nameOf(object)));
      for (const name of memory.keys()) {
        if (memory.size <= MOST_REMEMBERED) break;
        memory.delete(name);
      }
      return footers;
    },
  };
}

async function readFooters(session: SqlSession, paths: readonly string[]): Promise<Map<string, Footer>> {
  const rows = await session.rows<{ file_name: string; key: string; value: string }>(
    `select file_name, decode(key) as key, decode(value) as value from parquet_kv_metadata(${toPathList(paths.map((path) => ({ path })))})
     where decode(key) in ('min_ts', 'max_ts', 'records', 'original_size')`,
  );
  const footers = new Map<string, Footer>();
  for (const [path, pairs] of Map.groupBy(rows, ({ file_name }) => file_name)) {
    const value = (key: string): number => Number(pairs.find((pair) => pair.key === key)?.value);
    const footer = { minTime: value('min_ts'), maxTime: value('max_ts'), records: value('records'), originalSize: value('original_size') };
    if (!Object.values(footer).some(Number.isNaN)) footers.set(path, footer);
  }
  return footers;
}
