import { mkdir, mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { openSession } from '../../src/aggregate/session.ts';

let directory = '';
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'observebridge-test-'));
});
afterEach(() => rm(directory, { recursive: true, force: true }));

const open = () => openSession({ directory, memoryLimit: '64MB', threads: 1 });

it('clears away what a killed process left, and nothing of a running one', async () => {
  await mkdir(join(directory, 'session-2147483646-killed'));
  await mkdir(join(directory, `session-${process.pid}-alive`));
  await mkdir(join(directory, 'something else'));
  {
    await using _session = await open();
    const names = await readdir(directory);
    expect(names).not.toContain('session-2147483646-killed');
    expect(names).toHaveLength(3);
  }
  expect((await readdir(directory)).sort()).toEqual([`session-${process.pid}-alive`, 'something else']);
});

it('stops its statement when the signal fires, and refuses further ones', async () => {
  await using session = await open();
  const aborting = new AbortController();
  session.abortOn(aborting.signal);
  const running = session.run('select count(*) from range(1000000000) a, range(1000) b');
  aborting.abort();
  await expect(running).rejects.toMatchObject({ code: 'OB_CANCELED' });
  await expect(session.run('select 1')).rejects.toMatchObject({ code: 'OB_CANCELED' });
});

it('may be disposed while a statement runs', async () => {
  const session = await open();
  const running = session.run('select count(*) from range(1000000000) a, range(1000) b').catch(() => 'ended');
  await session[Symbol.asyncDispose]();
  expect(await running).toBe('ended');
});
