import { glob, readdir, stat } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { ObserveBridgeError } from '../../core/error.ts';
import { type ListedFile, toKey } from './file-text.ts';

const TELEMETRY_NAME = /^[^.].*\.(json|jsonl|ndjson)([.-].*)?$/;
const MOST_ATTEMPTS = 3;
const PACKED_NAME = /\.(gz|zst)$/;

/**
 * The files that a path, directory or pattern names, each content once, in the order of their paths. A packed file beside its original is left
 * out: it is still being made from it. Rejects with `OB_SOURCE_UNREADABLE` when a path without a pattern does not exist.
 */
export async function listFiles(path: string): Promise<ListedFile[]> {
  let files = await listOnce(path);
  // A rotation under way moves files between the listing and the look at each of them, so that one may be met twice or never.
  for (let attempt = 1; attempt <= MOST_ATTEMPTS; attempt++) {
    const again = await listOnce(path);
    const isStill = again.length === files.length && again.every(({ key, path: name }, index) => isSameFile(files[index], key, name));
    files = again;
    if (isStill) break;
  }
  return files;
}

const isSameFile = (file: ListedFile | undefined, key: string, path: string): boolean => file?.key === key && file.path === path;

async function listOnce(path: string): Promise<ListedFile[]> {
  const names = new Set(await listPaths(path));
  const byKey = new Map<string, ListedFile>();
  for (const name of [...names].sort()) {
    if (PACKED_NAME.test(name) && names.has(name.replace(PACKED_NAME, ''))) continue;
    const found = await stat(name).catch(() => undefined); // gone since it was listed
    if (!found?.isFile() || byKey.has(toKey(found))) continue;
    byKey.set(toKey(found), { path: name, key: toKey(found), size: found.size, modifiedMs: found.mtimeMs });
  }
  return [...byKey.values()];
}

async function listPaths(path: string): Promise<string[]> {
  try {
    const root = await stat(path).catch((error: NodeJS.ErrnoException) => {
      if (error.code === 'ENOENT' && /[*?[{]/.test(path)) return undefined;
      throw error;
    });
    if (root === undefined) {
      const matches: string[] = [];
      for await (const match of glob(path)) matches.push(match);
      return matches;
    }
    if (!root.isDirectory()) return [path];
    const entries = await readdir(path, { recursive: true });
    return entries.filter((entry) => TELEMETRY_NAME.test(basename(entry))).map((entry) => join(path, entry));
  } catch (error) {
    throw new ObserveBridgeError('OB_SOURCE_UNREADABLE', 'read', `The path ${path} does not exist or cannot be read.`, error);
  }
}
