import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { openDatabase } from '../../src/store/open-database.ts';
import { describeDatabases } from '../support/databases.ts';

describeDatabases('a connection', ['postgres 15', 'postgres 18'], (make) => {
  test('a wrong password, user or database is one sentence without the password', async () => {
    const { url } = await make();
    const wrong = url.replace('right', 's3cret');
    await expect(openDatabase(wrong)).rejects.toMatchObject({ code: 'OB_DATABASE_AUTH' });
    await expect(openDatabase(wrong)).rejects.toThrow(/^The server 127\.0\.0\.1:\d+ refused the user tester or its password\.$/);
    await expect(openDatabase(wrong)).rejects.not.toThrow(/s3cret/);
    await expect(openDatabase(url.replace(/\w+$/, 'nowhere'))).rejects.toThrow('has no database named nowhere.');
  });

  test('a connection that the server drops is told, and the next call gets a new one', async () => {
    const { db, url } = await make();
    const killer = await openDatabase(url);
    const dropped = db.transaction(async (tx) => {
      const [row] = await tx.query<{ pid: number }>('select pg_backend_pid() as pid');
      await killer.query('select pg_terminate_backend($1)', [row?.pid]);
      await tx.query('select 1');
    });
    await expect(dropped).rejects.toMatchObject({ code: 'OB_DATABASE_UNREACHABLE', retryable: true });
    expect(await db.query('select 1 as one')).toEqual([{ one: 1 }]);
    await killer[Symbol.asyncDispose]();
  });

  test('more callers than connections wait for their turn', async () => {
    const { db } = await make();
    const results = await Promise.all(
      Array.from({ length: 30 }, (_, id) => db.transaction((tx) => tx.query('select $1::int as id', [id]))),
    );
    expect(results.flat()).toEqual(Array.from({ length: 30 }, (_, id) => ({ id })));
  });
});

test('no server is told with host and port', async () => {
  const port = await new Promise<number>((resolve) => {
    const server = createServer().listen(0, '127.0.0.1', () => {
      const address = server.address();
      server.close(() => resolve(typeof address === 'object' && address ? address.port : 0));
    });
  });
  const refused = openDatabase(`postgres://u:s3cret@127.0.0.1:${port}/d`);
  await expect(refused).rejects.toMatchObject({ code: 'OB_DATABASE_UNREACHABLE' });
  await expect(refused).rejects.toThrow(`The database 127.0.0.1:${port} cannot be reached.`);
});

test('an address of another kind, or none, is a mistake in the configuration', async () => {
  for (const url of ['mysql://x/y', '', 'pglite:', 'postgres://[', 'pglite']) {
    await expect(openDatabase(url)).rejects.toMatchObject({ code: 'OB_CONFIG_INVALID' });
  }
});

test('a fired signal opens nothing', async () => {
  await expect(openDatabase('pglite:memory', AbortSignal.abort())).rejects.toMatchObject({ code: 'OB_CANCELED' });
});

test('an embedded database that cannot start says so and gives its lock back', async () => {
  const parent = mkdtempSync(join(tmpdir(), 'observebridge-'));
  writeFileSync(join(parent, 'file'), '');
  await expect(openDatabase(`pglite:${join(parent, 'file', 'db')}`)).rejects.toMatchObject({ code: 'OB_DATABASE_FAILED' });
  writeFileSync(join(parent, 'PG_VERSION'), '9.6\n');
  await expect(openDatabase(`pglite:${parent}`)).rejects.toMatchObject({ code: 'OB_DATABASE_FAILED' });
  expect(existsSync(`${parent}.lock`)).toBe(false);
  rmSync(parent, { recursive: true });
});

test('closing an embedded database ends its thread; calls after that are refused', async () => {
  const ports = () => process.getActiveResourcesInfo().filter((name) => name === 'MessagePort').length;
  const before = ports();
  const db = await openDatabase('pglite:memory');
  expect(ports()).toBe(before + 1);
  const running = db.query('select 1 as one');
  await db[Symbol.asyncDispose]();
  await db[Symbol.asyncDispose]();
  expect(await running).toEqual([{ one: 1 }]);
  await expect(db.query('select 1')).rejects.toMatchObject({ code: 'OB_DATABASE_FAILED' });
  expect(ports()).toBe(before);
});
