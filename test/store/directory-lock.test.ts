import { type ChildProcessWithoutNullStreams, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { createInterface } from 'node:readline';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { lockDirectory } from '../../src/store/directory-lock.ts';
import { openDatabase } from '../../src/store/open-database.ts';

let directory: string;
const holders: Holder[] = [];

beforeEach(() => {
  directory = join(mkdtempSync(join(tmpdir(), 'observebridge-lock-')), 'db');
});

afterEach(async () => {
  for (const holder of holders.splice(0)) await holder.kill();
  rmSync(dirname(directory), { recursive: true, force: true });
});

interface Holder {
  readonly pid: number | undefined;
  go(): Promise<string>;
  kill(): Promise<void>;
}

async function startHolder(mode: 'lock' | 'database'): Promise<Holder> {
  const script = join(import.meta.dirname, 'lock-holder.ts');
  const child: ChildProcessWithoutNullStreams = spawn(process.execPath, ['--disable-warning=ExperimentalWarning', script, mode, directory]);
  const exited = once(child, 'exit');
  const lines = createInterface(child.stdout)[Symbol.asyncIterator]();
  const holder: Holder = {
    pid: child.pid,
    async go() {
      child.stdin.write('go\n');
      return String((await lines.next()).value);
    },
    async kill() {
      child.kill('SIGKILL');
      await exited;
    },
  };
  holders.push(holder);
  expect((await lines.next()).value).toBe('ready');
  return holder;
}

const lockFiles = () => readdirSync(dirname(directory)).filter((file) => file !== 'db');

test('a second process is refused, and after kill -9 the directory opens with every acknowledged row', async () => {
  const holder = await startHolder('database');
  expect(await holder.go()).toBe('held');
  const refused = openDatabase(`pglite:${directory}`);
  await expect(refused).rejects.toMatchObject({ code: 'OB_DATABASE_LOCKED' });
  await expect(refused).rejects.toThrow(new RegExp(`${directory} is in use by process ${holder.pid} since 20`));
  await holder.kill();
  const db = await openDatabase(`pglite:${directory}`);
  expect(await db.query('select id from v')).toEqual([{ id: 1 }]);
  await db[Symbol.asyncDispose]();
  expect(lockFiles()).toEqual([]);
});

test('of many processes that find a stale lock exactly one takes it over', async () => {
  const dead = await startHolder('lock');
  expect(await dead.go()).toBe('held');
  await dead.kill();
  const stale = readFileSync(`${directory}.lock`);
  for (let round = 0; round < 3; round++) {
    writeFileSync(`${directory}.lock`, stale);
    const racers = await Promise.all(Array.from({ length: 4 }, () => startHolder('lock')));
    const results = await Promise.all(racers.map((racer) => racer.go()));
    expect(results.toSorted()).toEqual([...Array(3).fill('OB_DATABASE_LOCKED'), 'held']);
    expect(lockFiles()).toEqual(['db.lock']);
    await Promise.all(racers.map((racer) => racer.kill()));
  }
});

test('whoever dies while taking over a stale lock blocks nobody', async () => {
  const dead = await startHolder('lock');
  await dead.go();
  await dead.kill();
  const stale: { token: string } = JSON.parse(readFileSync(`${directory}.lock`, 'utf8'));
  writeFileSync(`${directory}.lock.${stale.token}`, JSON.stringify({ ...stale, token: 'second' }));
  lockDirectory(directory).release();
  expect(lockFiles()).toEqual([]);
});

test('a process id that now belongs to another process does not hold the lock', () => {
  const lock = lockDirectory(directory);
  const self = JSON.parse(readFileSync(`${directory}.lock`, 'utf8'));
  lock.release();
  writeFileSync(`${directory}.lock`, JSON.stringify({ ...self, token: 'old', process_started: 'boot/1' }));
  // Without a process table that tells the start, the id alone counts.
  if (self.process_started === null) expect(() => lockDirectory(directory)).toThrow();
  else lockDirectory(directory).release();
});

test('a lock of another host is kept, and the message says which file to remove', () => {
  writeFileSync(`${directory}.lock`, JSON.stringify({ token: 't', pid: 1, host: 'elsewhere', process_started: null, locked_at: 'then' }));
  expect(() => lockDirectory(directory)).toThrow(`on host elsewhere (if that host is gone, remove ${directory}.lock)`);
});

test('the same process gets the directory once, also through a link, and again after release', () => {
  const lock = lockDirectory(directory);
  const link = join(dirname(directory), 'link');
  symlinkSync(directory, link);
  expect(() => lockDirectory(directory)).toThrow(`process ${process.pid}`);
  expect(() => lockDirectory(link)).toThrow(`process ${process.pid}`);
  lock.release();
  const again = lockDirectory(link);
  lock.release();
  expect(existsSync(`${directory}.lock`)).toBe(true);
  again.release();
});
