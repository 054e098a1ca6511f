import { spawn } from 'node:child_process';
import { copyFile, mkdir, mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join, relative, resolve, sep } from 'node:path';
import { throwIfAborted } from '../core/error.ts';
import { type Micros, SECOND } from '../core/time.ts';

/** What a checkout says about the files below a directory of it; paths are relative to that directory. */
export interface Commits {
  readonly algorithm: 'sha1' | 'sha256';
  /** Blob ids of the files at HEAD. */
  readonly blobs: ReadonlyMap<string, string>;
  /** When the branch came to hold the file as it is. */
  readonly times: ReadonlyMap<string, Micros>;
  /** When the branch last changed anything below the directory. */
  readonly changedAt: Micros;
}

/** Begins the line of a commit, which no path does. */
const COMMIT = '\u0001';

/** Where git is looked for: fixed, so that nothing of a tree or of a caller's PATH is run. */
const ENVIRONMENT = {
  PATH: '/usr/local/bin:/usr/bin:/bin:/opt/homebrew/bin',
  LC_ALL: 'C',
  GIT_CONFIG_NOSYSTEM: '1',
  GIT_CONFIG_GLOBAL: '/dev/null',
  GIT_ALLOW_PROTOCOL: '',
  GIT_OPTIONAL_LOCKS: '0',
  GIT_TERMINAL_PROMPT: '0',
};

/**
 * Asks git about the commits of the checkout that a directory belongs to; undefined where it belongs to none, HEAD holds nothing below it,
 * or there is no git on this machine. Git works in an empty repository of our own that borrows only the objects of the checkout, so that no
 * configuration, hook, attribute or remote of the checkout has a say. The directory must be a real path.
 */
export async function readCommits(directory: string, signal: AbortSignal): Promise<Commits | undefined> {
  const checkout = await findCheckout(directory);
  if (!checkout) return undefined;
  const prefix = relative(checkout.top, directory).split(sep).filter(Boolean).join('/');
  const work = await mkdtemp(join(tmpdir(), 'observebridge-git-'));
  try {
    await borrow(work, checkout);
    const git = (lines: (line: string) => boolean | undefined, ...parts: readonly string[]): Promise<void> =>
      runGit(work, checkout.objects, parts, lines, signal);
    const below = prefix === '' ? [] : ['--', prefix];
    const inside = (path: string): string => (prefix === '' ? path : path.slice(prefix.length + 1));

    const blobs = new Map<string, string>();
    const addBlob = (line: string): undefined => {
      const [, id, path] = /^100\d{3} blob ([0-9a-f]+)\t(.+)$/s.exec(line) ?? [];
      if (id !== undefined && path !== undefined) blobs.set(inside(path), id);
    };
    await git(addBlob, 'ls-tree', '-r', '-z', '--full-tree', checkout.head, ...below);
    if (blobs.size === 0) return undefined;

    const times = new Map<string, Micros>();
    let time: Micros | undefined;
    let changedAt: Micros | undefined;
    const addTime = (line: string): boolean => {
      if (line.startsWith(COMMIT)) time = Number(line.slice(1)) * SECOND;
      else if (time !== undefined) {
        changedAt ??= time;
        const path = inside(line.replace(/^\n/, ''));
        if (blobs.has(path) && !times.has(path)) times.set(path, time);
      }
      return times.size === blobs.size;
    };
    // Along the branch itself: what a merge brought came to be when it was merged, not when it was written.
    const log = ['log', '-z', '--format=%x01%ct', '--name-only', '--no-renames', '--first-parent', '-m', checkout.head];
    await git(addTime, ...log, ...below);
    if (changedAt === undefined) return undefined;
    return { algorithm: checkout.head.length === 64 ? 'sha256' : 'sha1', blobs, times, changedAt };
  } catch {
    // An old format, a broken repository or no git: the files themselves can be read all the same.
    throwIfAborted(signal);
    return undefined;
  } finally {
    await rm(work, { recursive: true, force: true });
  }
}

interface Checkout {
  readonly top: string;
  readonly objects: string;
  readonly shallow: string;
  readonly head: string;
}

async function findCheckout(directory: string): Promise<Checkout | undefined> {
  for (let top = directory; ; top = dirname(top)) {
    const own = await gitDirectory(join(top, '.git'));
    if (own !== undefined) {
      const common = resolve(own, (await readText(join(own, 'commondir'))) ?? '.');
      const head = await resolveHead(own, common);
      return head === undefined ? undefined : { top, objects: join(common, 'objects'), shallow: join(common, 'shallow'), head };
    }
    if (dirname(top) === top) return undefined;
  }
}

/** `.git` is the directory itself or, in a worktree or submodule, a file that names it. */
async function gitDirectory(path: string): Promise<string | undefined> {
  const found = await stat(path).catch(() => undefined);
  if (found?.isDirectory()) return path;
  if (!found?.isFile()) return undefined;
  const [, target] = /^gitdir: (.+)$/.exec((await readText(path)) ?? '') ?? [];
  return target === undefined ? undefined : resolve(dirname(path), target);
}

async function resolveHead(own: string, common: string): Promise<string | undefined> {
  let text = await readText(join(own, 'HEAD'));
  for (let depth = 0; depth < 5 && text !== undefined; depth++) {
    if (/^([0-9a-f]{40}|[0-9a-f]{64})$/.test(text)) return text;
    const [, name] = /^ref: (refs\/.+)$/.exec(text) ?? [];
    if (name === undefined || name.split('/').includes('..')) return undefined;
    text = (await readText(join(own, name))) ?? (await readText(join(common, name))) ?? (await packedRef(common, name));
  }
  return undefined;
}

async function packedRef(common: string, name: string): Promise<string | undefined> {
  const lines = (await readText(join(common, 'packed-refs')))?.split('\n') ?? [];
  return lines.find((line) => line.endsWith(` ${name}`))?.split(' ')[0];
}

async function readText(path: string): Promise<string | undefined> {
  return readFile(path, 'utf8').then(
    (text) => text.trim(),
    () => undefined,
  );
}

/** Makes `work` a repository without anything of its own. */
async function borrow(work: string, { head, shallow }: Checkout): Promise<void> {
  const format = head.length === 64 ? '\n[extensions]\n\tobjectFormat = sha256' : '';
  await mkdir(join(work, 'refs'));
  await mkdir(join(work, 'objects'));
  await writeFile(join(work, 'HEAD'), 'ref: refs/heads/none\n');
  await writeFile(join(work, 'config'), `[core]\n\trepositoryformatversion = ${format === '' ? 0 : 1}\n\tbare = true${format}\n`);
  await copyFile(shallow, join(work, 'shallow')).catch(() => undefined);
}

/** Runs git and hands over its NUL-separated lines until it ends or the receiver has enough. Rejects when git fails. */
function runGit(
  work: string,
  objects: string,
  parts: readonly string[],
  receive: (line: string) => boolean | undefined,
  signal: AbortSignal,
): Promise<void> {
  return new Promise((settle, reject) => {
    const env = { ...ENVIRONMENT, GIT_DIR: work, GIT_OBJECT_DIRECTORY: objects };
    const child = spawn('git', ['--literal-pathspecs', '--no-pager', ...parts], {
      cwd: work,
      env,
      signal,
      stdio: ['ignore', 'pipe', 'ignore'],
    });
    let rest = '';
    let isEnough = false;
    child.stdout.setEncoding('utf8').on('data', (piece: string) => {
      const lines = (rest + piece).split('\0');
      rest = lines.pop() ?? '';
      isEnough ||= lines.some((line) => line !== '' && receive(line) === true);
      if (isEnough) child.kill();
    });
    child.on('error', reject);
    child.on('close', (code) => {
      if (!isEnough && rest !== '') receive(rest);
      if (isEnough || code === 0) settle();
      else reject(new Error(`git ${parts[0]} ended with ${code}`));
    });
  });
}
