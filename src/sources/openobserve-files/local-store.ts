import { readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { ObserveBridgeError, throwIfAborted } from '../../core/error.ts';
import type { ObjectStore, StoredObject } from './object-store.ts';

/** Objects in a directory, which are read where they are. */
export function createLocalStore(root: string): ObjectStore {
  const size = async (key: string): Promise<number> => {
    const path = join(root, key);
    try {
      return (await stat(path)).size;
    } catch (error) {
      throw new ObserveBridgeError('OB_SOURCE_OBJECT_GONE', 'read', `The live object ${path} is not there.`, error);
    }
  };
  const objects = async (prefix: string, signal: AbortSignal, below = ''): Promise<StoredObject[]> => {
    const found: StoredObject[] = [];
    for (const entry of await list(join(root, prefix, below), signal)) {
      const name = below + entry.name;
      if (entry.isDirectory()) found.push(...(await objects(prefix, signal, `${name}/`)));
      else if (entry.isFile()) found.push({ name, bytes: await size(prefix + name) });
    }
    return found.sort((a, b) => (a.name < b.name ? -1 : 1));
  };
  return {
    addressOf: (key) => join(root, key),
    async verify(signal) {
      throwIfAborted(signal);
      const directory = join(root, 'files');
      try {
        await readdir(directory);
      } catch (error) {
        throw new ObserveBridgeError('OB_SOURCE_UNREADABLE', 'read', `The directory ${directory} does not exist or cannot be read.`, error);
      }
    },
    async directories(prefix, signal) {
      const entries = await list(join(root, prefix), signal);
      return entries
        .filter((entry) => entry.isDirectory())
        .map((entry) => entry.name)
        .sort();
    },
    objects: (prefix, signal) => objects(prefix, signal),
    size,
    fetch: async (key) => join(root, key),
    fetchFooter: async (key) => join(root, key),
    async [Symbol.asyncDispose]() {},
  };
}

async function list(directory: string, signal: AbortSignal) {
  throwIfAborted(signal);
  try {
    return await readdir(directory, { withFileTypes: true });
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return [];
    throw new ObserveBridgeError('OB_SOURCE_UNREADABLE', 'read', `The directory ${directory} cannot be read.`, error);
  }
}
