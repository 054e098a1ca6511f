import { chmod } from 'node:fs/promises';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openSession, type Session } from '../../src/aggregate/session.ts';
import { DAY, MINUTE, parseTime } from '../../src/core/time.ts';
import { createOpenObserveFilesSource } from '../../src/sources/openobserve-files/openobserve-files.ts';
import type { Source } from '../../src/sources/source.ts';
import { openDatabase } from '../../src/store/open-database.ts';
import { makeDirectory } from '../jobs/directory.ts';
import { startServer, type TestServer, whyMissing } from '../support/databases.ts';
import { openParquetWorld, type ParquetWorld } from '../support/parquet-world.ts';

const NOON = parseTime('2026-03-01T12:00:00Z') ?? 0;
const window = { from: NOON, to: NOON + MINUTE };
const nothing = { from: NOON, to: NOON };

async function inWorld(check: (world: ParquetWorld, session: Session, open: (fileList: string) => Source) => Promise<void>): Promise<void> {
  await using directory = await makeDirectory();
  await using world = await openParquetWorld(directory.path);
  await using session = await openSession({ directory: join(directory.path, 'reader'), memoryLimit: '256MB', threads: 1 });
  await using opened = new AsyncDisposableStack();
  const { root } = world;
  await check(world, session, (file_list) =>
    opened.use(
      createOpenObserveFilesSource({ type: 'openobserve_files', root, organization: 'default', file_list }, { now: () => NOON + DAY }),
    ),
  );
}

async function countLogs(source: Source, session: Session): Promise<number> {
  await using slice = await source.open({ logs: window, spans: nothing, metric_points: nothing }, session, new AbortController().signal);
  const [row] = await session.rows<{ found: number }>(`select count(*)::integer as found from (${slice.relations.logs})`);
  return row?.found ?? 0;
}

const addLine = (world: ParquetWorld) =>
  world.write({ signal: 'logs', rows: [{ _timestamp: NOON, body: 'x' }], createdAt: NOON + DAY / 2 });

describe('a file list in SQLite', () => {
  it('is read while another connection writes to its log, each read as of its own time', () =>
    inWorld(async (world, session, open) => {
      const source = open(`sqlite:${world.fileList}`);
      await addLine(world);
      expect(await countLogs(source, session)).toBe(1);
      await addLine(world);
      expect(await countLogs(source, session)).toBe(2);
      using writer = new DatabaseSync(world.fileList);
      writer.exec('begin immediate; delete from file_list');
      expect(await countLogs(source, session)).toBe(2);
      writer.exec('rollback');
    }));

  it('leaves out objects that are marked as deleted', () =>
    inWorld(async (world, session, open) => {
      await addLine(world);
      using writer = new DatabaseSync(world.fileList);
      writer.exec('update file_list set deleted = true');
      expect(await countLogs(open(`sqlite:${world.fileList}`), session)).toBe(0);
    }));

  it('is read as OpenObserve wrote it before there were accounts', () =>
    inWorld(async (world, session, open) => {
      await addLine(world);
      using writer = new DatabaseSync(world.fileList);
      writer.exec('alter table file_list drop column account');
      const source = open(`sqlite:${world.fileList}`);
      expect(await countLogs(source, session)).toBe(1);
      expect(await countLogs(source, session)).toBe(1);
    }));

  it('says what is wrong with a file that is no list', () =>
    inWorld(async (world, session, open) => {
      using empty = new DatabaseSync(join(world.root, 'empty.sqlite'));
      empty.exec('create table other (a)');
      for (const [path, reason] of [
        [join(world.root, 'missing.sqlite'), 'does not exist'],
        [join(world.root, 'empty.sqlite'), 'no such table: file_list'],
        [world.root, ''],
      ] as const) {
        const reading = countLogs(open(`sqlite:${path}`), session);
        await expect(reading).rejects.toMatchObject({ code: 'OB_SOURCE_FILE_LIST', message: expect.stringContaining(path) });
        await expect(reading).rejects.toThrow(reason);
      }
    }));

  it.skipIf(process.getuid?.() === 0)('is read from a directory that may not be written, and seen anew each time', () =>
    inWorld(async (world, session, open) => {
      await addLine(world);
      using list = new DatabaseSync(world.fileList);
      list.exec('pragma wal_checkpoint(truncate)');
      const directory = join(world.fileList, '..');
      await chmod(directory, 0o555);
      try {
        expect(await countLogs(open(`sqlite:${world.fileList}`), session)).toBe(1);
      } finally {
        await chmod(directory, 0o755);
      }
    }),
  );
});

const missing = whyMissing('postgres 18');
describe.skipIf(missing !== undefined)(`a file list in PostgreSQL${missing === undefined ? '' : ` (skipped: ${missing})`}`, () => {
  let server: TestServer;
  beforeAll(async () => {
    server = await startServer('postgres 18');
  });
  afterAll(() => server.stop());

  it('is read as OpenObserve writes it', () =>
    inWorld(async (world, session, open) => {
      await using db = await openDatabase(server.url('migrated'));
      await db.query(`create table file_list (id bigint generated always as identity, account text, org text, stream text, date text, file text,
        deleted boolean default false, flattened boolean default false, min_ts bigint, max_ts bigint, records bigint, original_size bigint, compressed_size bigint)`);
      const [first, second] = [...(await addLine(world)), ...(await addLine(world))];
      for (const object of [first, second]) {
        if (!object) throw new Error('nothing was written');
        await db.query(
          'insert into file_list (org, stream, date, file, min_ts, max_ts, records, original_size) values ($1, $2, $3, $4, $5, $6, $7, $8)',
          [
            ...['default', 'default/logs/default', object.date, object.file],
            ...[object.minTime, object.maxTime, object.records, object.originalSize],
          ],
        );
      }
      const source = open(server.url('migrated'));
      expect(await countLogs(source, session)).toBe(2);
      await db.query('update file_list set deleted = true where file = $1', [first?.file]);
      expect(await countLogs(source, session)).toBe(1);
      await db.query('alter table file_list drop column account');
      expect(await countLogs(source, session)).toBe(1);
      await db.query('drop table file_list');
    }));

  it('never shows the password', () =>
    inWorld(async (_, session, open) => {
      const url = server.url('migrated').replace(':right@', ':sesame@');
      const reading = countLogs(open(url), session);
      await expect(reading).rejects.toMatchObject({
        code: 'OB_SOURCE_FILE_LIST',
        message: expect.stringContaining('password authentication failed'),
      });
      await expect(reading).rejects.toThrow(/^(?!.*sesame)/);
      const findings = await open(url).check(new AbortController().signal);
      expect(findings).toMatchObject([{ level: 'error' }]);
      expect(JSON.stringify(findings)).not.toContain('sesame');
    }));
});
