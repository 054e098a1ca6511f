import { createHash } from 'node:crypto';
import { constants, createReadStream, type Dirent, type Stats } from 'node:fs';
import { open, readdir, realpath, stat } from 'node:fs/promises';
import { join, relative, sep } from 'node:path';
import { ObserveBridgeError, throwIfAborted } from '../core/error.ts';
import { inParallel } from '../core/in-parallel.ts';
import type { Micros } from '../core/time.ts';
import type { Tree, TreeFile } from './reader.ts';
import { isLeftOut } from './tree-entry.ts';
import { type Commits, readCommits } from './tree-git.ts';

/** Bounds what a tree full of links can cost. */
const MAX_FILES = 200_000;

const HASHED_AT_ONCE = 4;

interface Found {
  readonly path: string;
  /** Path of the file itself where `path` leads over links. */
  readonly own: string;
  readonly directory: string;
  readonly stats: Stats;
}

/**
 * Files of a directory as they lie there. In a git checkout a file that equals HEAD has the time of its commit, every other one its own.
 * Links are followed to what is inside the directory, never out of it.
 */
export function createDirectoryTree(origin: string): Tree {
  let changedAt: Micros | undefined;
  const fail = (path: string, error: unknown): ObserveBridgeError => {
    const place = path === '' ? origin : `${path} in ${origin}`;
    return new ObserveBridgeError('OB_TOPOLOGY_UNREADABLE', 'read', `${place} cannot be read (${reasonOf(error)}).`, error);
  };
  return {
    origin,
    changedAt: () => changedAt,
    async files(signal) {
      throwIfAborted(signal);
      const root = await realpath(origin).catch((error: unknown) => {
        throw fail('', error);
      });
      const directories = new Map<string, Micros>();
      const found: Found[] = [];
      await walk({ root, fail, directories, found, signal }, '', [root]);
      found.sort((a, b) => (a.path < b.path ? -1 : 1));
      const commits = await readCommits(root, signal);
      const seen = await inParallel(found, HASHED_AT_ONCE, (file) => toTreeFile(root, file, commits, signal));
      changedAt = timeOf(seen, directories, commits);
      return seen.map(({ file }) => file);
    },
    async *stream(path, signal) {
      throwIfAborted(signal);
      try {
        const root = await realpath(origin);
        const target = await realpath(join(root, path));
        if (!isInside(root, target)) throw new Error('it is outside');
        // Without waiting for a writer, should a pipe have taken the place of the file.
        await using file = await open(target, constants.O_RDONLY | constants.O_NONBLOCK);
        if (!(await file.stat()).isFile()) throw new Error('it is no file');
        yield* file.createReadStream({ signal, autoClose: false }) as AsyncIterable<Uint8Array>;
      } catch (error) {
        throwIfAborted(signal);
        throw fail(path, error);
      }
    },
  };
}

interface Walk {
  readonly root: string;
  readonly fail: (path: string, error: unknown) => ObserveBridgeError;
  /** When the entries of each directory last changed. */
  readonly directories: Map<string, Micros>;
  readonly found: Found[];
  readonly signal: AbortSignal;
}

/** `above` holds the real paths of the directories on the way, which a link must not lead back to. */
async function walk(context: Walk, below: string, above: readonly string[]): Promise<void> {
  const { root, fail, directories, found, signal } = context;
  throwIfAborted(signal);
  let entries: Dirent[];
  try {
    entries = await readdir(join(root, below), { withFileTypes: true });
    directories.set(below, toMicros(await stat(join(root, below))));
  } catch (error) {
    throw fail(below, error);
  }
  for (const entry of entries) {
    if (isLeftOut(entry.name)) continue;
    const path = below === '' ? entry.name : `${below}/${entry.name}`;
    const full = join(root, path);
    const real = entry.isSymbolicLink() ? await realpath(full).catch(() => undefined) : join(above.at(-1) ?? root, entry.name);
    if (real === undefined || !isInside(root, real)) continue;
    const stats = await stat(full).catch(() => undefined);
    if (stats?.isDirectory()) {
      if (!above.includes(real)) await walk(context, path, [...above, real]);
    } else if (stats?.isFile()) found.push({ path, own: relative(root, real), directory: below, stats });
    if (found.length > MAX_FILES) throw fail('', new Error(`more than ${MAX_FILES} files`));
  }
}

interface Seen {
  readonly file: TreeFile;
  readonly directory: string;
  readonly isCommitted: boolean;
}

async function toTreeFile(
  root: string,
  { path, own, directory, stats }: Found,
  commits: Commits | undefined,
  signal: AbortSignal,
): Promise<Seen> {
  const hash = createHash(commits?.algorithm ?? 'sha1').update(`blob ${stats.size}\0`);
  let id: string;
  try {
    for await (const piece of createReadStream(join(root, path), { signal })) hash.update(piece as Uint8Array);
    id = hash.digest('hex');
  } catch {
    throwIfAborted(signal);
    // Who reads the file says what is wrong with it.
    id = `unread-${stats.size}-${stats.mtimeMs}`;
  }
  const isCommitted = commits?.blobs.get(own) === id;
  const committed = isCommitted ? commits?.times.get(own) : undefined;
  return { file: { path, size: stats.size, hash: id, modifiedAt: committed ?? toMicros(stats) }, directory, isCommitted };
}

/** The newest change of all; directories tell of files that went. What equals the checkout came to be by its commits, whenever it was checked out. */
function timeOf(seen: readonly Seen[], directories: ReadonlyMap<string, Micros>, commits: Commits | undefined): Micros {
  const files = seen.map(({ file }) => file);
  const newest = (times: Iterable<Micros>, least: Micros): Micros => {
    let time = least;
    for (const one of times) if (one > time) time = one;
    return time;
  };
  const own = newest(
    files.map(({ modifiedAt }) => modifiedAt),
    commits?.changedAt ?? 0,
  );
  if (!commits) return newest(directories.values(), own);
  const present = new Set(files.map(({ path }) => path));
  const gone = [...commits.blobs.keys()].filter((path) => !present.has(path) && !path.split('/').some(isLeftOut));
  const changed = [...seen.filter(({ isCommitted }) => !isCommitted).map(({ directory }) => directory), ...gone.map(parentOf)];
  return newest(
    changed.map((directory) => timeOfNearest(directory, directories)),
    own,
  );
}

function timeOfNearest(directory: string, directories: ReadonlyMap<string, Micros>): Micros {
  return directories.get(directory) ?? (directory === '' ? 0 : timeOfNearest(parentOf(directory), directories));
}

function parentOf(path: string): string {
  return path.slice(0, Math.max(0, path.lastIndexOf('/')));
}

function isInside(root: string, path: string): boolean {
  return path === root || path.startsWith(root.endsWith(sep) ? root : root + sep);
}

function toMicros({ mtimeMs }: Stats): Micros {
  return Math.floor(mtimeMs * 1000);
}

function reasonOf(error: unknown): string {
  const code: unknown = error instanceof Error ? Reflect.get(error, 'code') : undefined;
  if (code === 'ENOENT') return 'it does not exist';
  if (code === 'ENOTDIR') return 'it is no directory';
  if (code === 'EACCES' || code === 'EPERM') return 'access is denied';
  return typeof code === 'string' ? code : error instanceof Error ? error.message : String(error);
}
