import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { openDatabase } from '../../src/store/open-database.ts';

test('rewriting the same rows again and again lets neither the log nor the table of an embedded database grow without end', async () => {
  const db = await openDatabase('pglite:memory');
  await db.query('create table v (id int primary key, t text)');
  const rows = function* () {
    for (let id = 0; id < 50_000; id++) yield [id, 'x'.repeat(300)];
  };
  for (let round = 0; round < 8; round++) {
    await db.transaction(async (tx) => {
      await tx.query('delete from v');
      await tx.copy('v', ['id', 't'], rows());
    });
  }
  const [size] = await db.query<{ table: number; log: number; vacuumed: boolean }>(
    `select pg_relation_size('v')::float8 / 1e6 as table,
            (select pg_wal_lsn_diff(pg_current_wal_insert_lsn(), redo_lsn)::float8 / 1e6 from pg_control_checkpoint()) as log,
            (select last_vacuum is not null from pg_stat_user_tables where relname = 'v') as vacuumed`,
  );
  // One copy is 17 MB; eight of them would be 136 MB of table and more of log.
  expect(size?.vacuumed).toBe(true);
  expect(size?.table).toBeLessThan(100);
  expect(size?.log).toBeLessThan(100);
  await db[Symbol.asyncDispose]();
});

test('tables that have grown have statistics soon', async () => {
  const db = await openDatabase('pglite:memory');
  await db.query('create table v (id int)');
  const rows = function* () {
    for (let id = 0; id < 2_000; id++) yield [id];
  };
  await db.transaction((tx) => tx.copy('v', ['id'], rows()));
  for (let statement = 0; statement < 200; statement++) await db.query('select 1');
  const known = 'select (reltuples >= 2000) as known from pg_class where oid = $1::regclass';
  // The upkeep follows the statement that makes it due; the next one waits for it.
  await db.query('select 1');
  expect(await db.query(known, ['v'])).toEqual([{ known: true }]);
  await db[Symbol.asyncDispose]();
});

test('what a short life of a database in a directory has filled has statistics in the next', async () => {
  const directory = await mkdtemp(join(tmpdir(), 'observebridge-test-'));
  onTestFinished(() => rm(directory, { recursive: true, force: true }));
  const first = await openDatabase(`pglite:${directory}/db`);
  await first.query('create table v (id int)');
  await first.query('insert into v select generate_series(1, 70)');
  await first[Symbol.asyncDispose]();
  const second = await openDatabase(`pglite:${directory}/db`);
  expect(await second.query(`select reltuples from pg_class where oid = 'v'::regclass`)).toEqual([{ reltuples: 70 }]);
  await second[Symbol.asyncDispose]();
});
