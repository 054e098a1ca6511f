import { mkdir, readdir, readFile, stat, utimes, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { DAY, parseTime, SECOND } from '../../src/core/time.ts';
import { createObjectCache, type ObjectCache } from '../../src/sources/openobserve-files/object-cache.ts';
import { makeDirectory } from '../jobs/directory.ts';

const NOON = parseTime('2026-03-01T12:00:00Z') ?? 0;

interface Place {
  readonly cached: string;
  /** A cache of the same directory, as another process would open it. */
  open(maxBytes: number): ObjectCache;
  /** Asks for an object of ten bytes and gives the reader's file. */
  ask(cache: ObjectCache, name: string): Promise<string>;
  readonly downloads: string[];
  /** Names of the objects kept. */
  kept(): Promise<string[]>;
}

async function inPlace(check: (place: Place) => Promise<void>): Promise<void> {
  await using directory = await makeDirectory();
  const cached = join(directory.path, 'cache');
  const downloads: string[] = [];
  let time = NOON;
  let targets = 0;
  await check({
    ...{ cached, downloads },
    open: (maxBytes) =>
      createObjectCache({ directory: cached, maxBytes }, () => {
        time += SECOND;
        return time;
      }),
    async ask(cache, name) {
      const target = join(directory.path, `target-${++targets}`);
      await cache.place(name, target, async (path) => {
        downloads.push(name);
        await writeFile(path, name.padEnd(10));
      });
      return target;
    },
    kept: async () => (await readdir(cached)).filter((name) => name !== 'parts').sort(),
  });
}

it('fetches an object once, also for another process and for many at a time', () =>
  inPlace(async ({ open, ask, downloads, cached }) => {
    const first = open(1000);
    await Promise.all([ask(first, 'a'), ask(first, 'a'), ask(first, 'b'), ask(first, 'a')]);
    const target = await ask(open(1000), 'a');
    expect(downloads.sort()).toEqual(['a', 'b']);
    expect(await readFile(target, 'utf8')).toBe('a'.padEnd(10));
    expect(await readdir(join(cached, 'parts'))).toEqual([]);
    expect((await stat(cached)).mode & 0o077).toBe(0);
  }));

it('makes room by what was not used for longest, and leaves readers their files', () =>
  inPlace(async ({ open, ask, downloads, kept }) => {
    const cache = open(50);
    const files: string[] = [];
    for (const name of ['a', 'b', 'c', 'd', 'e']) files.push(await ask(cache, name));
    await ask(cache, 'a');
    await ask(cache, 'f');
    expect(await kept()).toEqual(['a', 'd', 'e', 'f']);
    for (const file of files) expect((await stat(file)).size).toBe(10);
    await ask(cache, 'b');
    expect(downloads).toEqual(['a', 'b', 'c', 'd', 'e', 'f', 'b']);
  }));

it('counts what other processes add', () =>
  inPlace(async ({ open, ask, kept }) => {
    const [one, other] = [open(50), open(50)];
    for (let round = 0; round < 8; round++) {
      await ask(one, `one-${round}`);
      await ask(other, `two-${round}`);
      expect((await kept()).length).toBeLessThanOrEqual(5);
    }
  }));

it('keeps nothing when it may keep nothing', () =>
  inPlace(async ({ open, ask, kept }) => {
    expect((await stat(await ask(open(0), 'a'))).size).toBe(10);
    expect(await kept()).toEqual([]);
  }));

it('keeps nothing partial, and what killed processes left goes', () =>
  inPlace(async ({ open, ask, cached, kept }) => {
    const parts = join(cached, 'parts');
    await mkdir(parts, { recursive: true });
    for (const [name, age] of [
      ['old', DAY],
      ['fresh', 0],
    ] as const) {
      await writeFile(join(parts, name), 'half');
      await utimes(join(parts, name), (NOON - age) / SECOND, (NOON - age) / SECOND);
    }
    const cache = open(1000);
    const broken = cache.place('a', join(cached, '..', 'target'), async (path) => {
      await writeFile(path, 'half');
      throw new Error('broken off');
    });
    await expect(broken).rejects.toThrow('broken off');
    expect(await readdir(parts)).toEqual(['fresh']);
    expect(await kept()).toEqual([]);
    await ask(cache, 'a');
    expect(await kept()).toEqual(['a']);
  }));

it('says that its directory cannot be written, and tries again', () =>
  inPlace(async ({ open, ask, cached }) => {
    await writeFile(cached, 'a file');
    await expect(ask(open(10), 'a')).rejects.toMatchObject({
      code: 'OB_SOURCE_CACHE',
      retryable: true,
      message: `The cache of objects in ${cached} cannot be written (ENOTDIR).`,
    });
    const full = open(10);
    const target = join(cached, '..', 'target');
    const disk = Object.assign(new Error('no space'), { code: 'ENOSPC', syscall: 'write' });
    await expect(full.place('a', target, () => Promise.reject(disk))).rejects.toMatchObject({ code: 'OB_SOURCE_CACHE' });
  }));
