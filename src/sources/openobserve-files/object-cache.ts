import { randomUUID } from 'node:crypto';
import { constants, copyFile, link, mkdir, readdir, rename, rm, stat, utimes } from 'node:fs/promises';
import { join } from 'node:path';
import { ObserveBridgeError } from '../../core/error.ts';
import { HOUR, type Micros } from '../../core/time.ts';

/**
 * Whole copies of objects that never change, in one directory that survives restarts and that any number of processes share. What is
 * handed out is a link of the reader's own, so that making room never takes a file from under a reader.
 */
export interface ObjectCache {
  /**
   * Makes `target` a file with the content that `name` stands for; `download` writes it to a path where it is not there yet, once for
   * however many ask at the same time. Rejects with what `download` rejects with, or `OB_SOURCE_CACHE`; nothing partial stays.
   */
  place(name: string, target: string, download: (path: string) => Promise<void>): Promise<void>;
}

export interface ObjectCacheConfig {
  readonly directory: string;
  readonly maxBytes: number;
}

/** Room that is made at once, and how far the directory may grow between two looks at what other processes added. */
const SHARE = 0.1;

/** A download that wrote nothing for so long belongs to a process that is gone. */
const STALE_AFTER: Micros = HOUR;

/** Creates the cache; the directory is made by the first `place`. `now` dates the uses of objects. */
export function createObjectCache({ directory, maxBytes }: ObjectCacheConfig, now: () => Micros): ObjectCache {
  const underWay = new Map<string, Promise<void>>();
  let prepared: Promise<void> | undefined;
  let unseen = Number.POSITIVE_INFINITY; // bytes added since the directory was last measured
  let measured = 0;
  let trimming: Promise<void> | undefined;
  const parts = join(directory, 'parts');

  const prepare = async (): Promise<void> => {
    await mkdir(parts, { recursive: true, mode: 0o700 });
    for (const name of await readdir(parts)) {
      const path = join(parts, name);
      const modified = await stat(path).catch(() => undefined);
      if (modified && modified.mtimeMs * 1000 < now() - STALE_AFTER) await rm(path, { force: true });
    }
  };

  const trim = async (): Promise<void> => {
    const files: { path: string; bytes: number; used: number }[] = [];
    for (const entry of await readdir(directory, { withFileTypes: true })) {
      if (!entry.isFile()) continue;
      const path = join(directory, entry.name);
      const found = await stat(path).catch(() => undefined);
      if (found) files.push({ path, bytes: found.size, used: found.mtimeMs });
    }
    measured = files.reduce((total, file) => total + file.bytes, 0);
    unseen = 0;
    if (measured <= maxBytes) return;
    for (const file of files.sort((a, b) => a.used - b.used)) {
      if (measured <= maxBytes * (1 - SHARE)) return;
      await rm(file.path, { force: true });
      measured -= file.bytes;
    }
  };

  const add = async (name: string, target: string, download: (path: string) => Promise<void>): Promise<void> => {
    const part = join(parts, `${name}.${randomUUID()}`);
    try {
      await download(part);
      await linkOrCopy(part, target);
      const { size } = await stat(part);
      await touch(part, now());
      await rename(part, join(directory, name));
      unseen += size;
    } finally {
      await rm(part, { force: true });
    }
    if (unseen > maxBytes * SHARE || measured + unseen > maxBytes) {
      trimming ??= trim().finally(() => {
        trimming = undefined;
      });
      await trimming;
    }
  };

  const find = async (name: string, target: string): Promise<boolean> => {
    const path = join(directory, name);
    try {
      await linkOrCopy(path, target);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'ENOENT') return false;
      throw error;
    }
    await touch(path, now()).catch(() => undefined); // another process may have made room of it by now
    return true;
  };

  return {
    async place(name, target, download) {
      try {
        prepared ??= prepare();
        await prepared;
        while (!(await find(name, target))) {
          const other = underWay.get(name);
          if (other) {
            await other.catch(() => undefined);
            continue;
          }
          const adding = add(name, target, download).finally(() => underWay.delete(name));
          underWay.set(name, adding);
          return await adding;
        }
      } catch (error) {
        prepared = undefined;
        const code = (error as NodeJS.ErrnoException).code;
        const reason = code === 'ENOSPC' || code === 'EDQUOT' ? 'is full' : `cannot be written (${code})`;
        if (error instanceof ObserveBridgeError || code === undefined) throw error;
        throw new ObserveBridgeError('OB_SOURCE_CACHE', 'read', `The cache of objects in ${directory} ${reason}.`, error);
      }
    },
  };
}

const touch = (path: string, time: Micros): Promise<void> => utimes(path, time / 1e6, time / 1e6);

/** A link costs nothing; where the target is on another file system, or the file system knows no links, it is a copy. */
async function linkOrCopy(from: string, to: string): Promise<void> {
  try {
    await link(from, to);
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code;
    if (code !== 'EXDEV' && code !== 'EPERM' && code !== 'ENOTSUP' && code !== 'EMLINK') throw error;
    await copyFile(from, to, constants.COPYFILE_FICLONE);
  }
}
