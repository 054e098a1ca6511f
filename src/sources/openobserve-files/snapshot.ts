import { mkdir, stat, symlink } from 'node:fs/promises';
import { join } from 'node:path';
import { ObserveBridgeError, throwIfAborted } from '../../core/error.ts';
import { inParallel } from '../../core/in-parallel.ts';
import { type Signal, signals } from '../../core/signal.ts';
import type { Window } from '../../core/window.ts';
import type { ReadRanges } from '../source.ts';
import { keyOf, type ListedObject, type LiveObject, streamTypes } from './object-key.ts';
import { explainReadError } from './read-error.ts';
import type { Stores } from './stores.ts';

/** A listed object that is gone by the time it is looked at means the list has aged; a fresh one names its successor. */
const ATTEMPTS = 3;

/** A live object as a file, with its size and how people write its key. */
export interface SnapshotObject extends LiveObject {
  readonly bytes: number;
  readonly address: string;
}

export type Snapshot = Record<Signal, SnapshotObject[]>;

export interface SnapshotOptions {
  readonly stores: Stores;
  readonly organization: string;
  /** The reader's own directory; files of objects that are not read in place come below `<type>/<stream>`. */
  readonly directory: string;
  listLive(signal: Signal, window: Window): Promise<ListedObject[]>;
}

/** Lists what is live in the ranges and makes files of it, from a new list when an object is gone. Rejects with `OB_SOURCE_*`. */
export async function takeSnapshot(ranges: ReadRanges, options: SnapshotOptions, aborted: AbortSignal): Promise<Snapshot> {
  const { stores, organization, directory, listLive } = options;
  const madeDirectories = new Map<string, Promise<unknown>>();
  let files = 0;

  const toFile = async (object: ListedObject): Promise<SnapshotObject> => {
    throwIfAborted(aborted);
    const store = stores.of(object.account);
    const key = keyOf(organization, object);
    const address = store.addressOf(key);
    if (stores.inPlace) return { ...object, address, bytes: await store.size(key, aborted), path: address };
    const parent = join(directory, streamTypes[object.signal], object.stream);
    const path = join(parent, `${++files}.parquet`);
    const making = madeDirectories.get(parent) ?? mkdir(parent, { recursive: true });
    madeDirectories.set(parent, making);
    await making;
    const fetched = await store.fetch(key, path, aborted);
    if (fetched !== path) await symlink(fetched, path);
    return { ...object, address, bytes: (await stat(path)).size, path };
  };

  for (let attempt = 1; ; attempt++) {
    throwIfAborted(aborted);
    const snapshot = {} as Snapshot;
    try {
      for (const name of signals) {
        const live = ranges[name].from < ranges[name].to ? await listLive(name, ranges[name]) : [];
        snapshot[name] = await inParallel(live, stores.concurrency, toFile);
      }
      return snapshot;
    } catch (error) {
      throwIfAborted(aborted);
      const gone = error instanceof ObserveBridgeError && error.code === 'OB_SOURCE_OBJECT_GONE';
      if (!gone || attempt === ATTEMPTS) throw explainReadError(error, []);
    }
  }
}
