import { DatabaseSync } from 'node:sqlite';
import { expect, it } from 'vitest';
import type { Session } from '../../src/aggregate/session.ts';
import { type Signal, signals } from '../../src/core/signal.ts';
import { DAY, HOUR, MINUTE } from '../../src/core/time.ts';
import type { Window } from '../../src/core/window.ts';
import type { LiveObject } from '../../src/sources/openobserve-files/object-key.ts';
import type { Source } from '../../src/sources/source.ts';
import { openDatabase } from '../../src/store/open-database.ts';
import { describeSource } from '../contracts/source.ts';
import { startServer, whyMissing } from '../support/databases.ts';
import { addLine, countLogs, describeBucket, logsOf, rowAt } from './bucket-scene.ts';
import { changeNames, makeOpenObserveWorld, NOON } from './openobserve-world.ts';

const aborted = new AbortController().signal;

describeBucket('openobserve_files in a bucket', ({ publish, inScene }) => {
  const changes = [...changeNames, 'a partition with odd characters'];
  describeSource('openobserve_files in a bucket with a file list', () => makeOpenObserveWorld(true, publish('a+b %2F/ü=')), {
    ...{ changes, faults: ['a truncated object', 'a vanished object', 'a vortex object'] },
  });
  describeSource('openobserve_files in a bucket by listing', () => makeOpenObserveWorld(false, publish('')), {
    ...{ changes, faults: ['a truncated object', 'a vortex object'] },
  });
  it('gives the same tables as the directory that was uploaded', () =>
    inScene(async ({ world, session, sync, open }) => {
      const ids = { trace_id: 'a'.repeat(32), span_id: 'b'.repeat(16), operation_name: 'get' };
      const rows = [0, 20, 70].map((minute) => rowAt(NOON + minute * MINUTE, { ...ids, value: minute / 7, severity: 'WARN' }));
      for (const signal of signals)
        for (const stream of ['one', 'two']) {
          const written = await world.write({ signal, stream, rows });
          await world.write({ signal, stream, rows: [rowAt(NOON + 5, { value: 3, severity: 9 })] });
          await world.write({ signal, stream, rows: [rowAt(7), rowAt(NOON + 6)], date: '2026/03/01/12' });
          await world.compact(written.slice(0, 1));
        }
      await sync();
      const range = { from: NOON - HOUR, to: NOON + 2 * HOUR };
      const local = open({ root: world.root });
      for (const source of [open(), open({ stream_filter: { include: ['one', 'two'], exclude: [] } })])
        for (const signal of signals) {
          const expected = await rowsOf(local, range, signal, session);
          expect(expected.length, signal).toBe(2 * 6);
          expect(await rowsOf(source, range, signal, session), signal).toEqual(expected);
        }
    }));

  it('reads each object of a day once, and none again after a restart', () =>
    inScene(async ({ world, session, sync, open, fetched, proxy }) => {
      for (let minute = 0; minute < 24 * 60; minute += 30)
        await world.write({ signal: 'logs', rows: [rowAt(NOON + minute * MINUTE), rowAt(NOON + (minute + 29) * MINUTE)] });
      await sync();
      for (const source of [open(), open()]) {
        let found = 0;
        for (let hour = 0; hour < 24; hour++) {
          const from = NOON + hour * HOUR;
          found += await countLogs(source, session, { from, to: from + HOUR });
          await countLogs(source, session, { from: from - 10 * MINUTE, to: from + HOUR });
        }
        expect(found).toBe(96);
        expect(fetched().length).toBe(48);
        expect(new Set(fetched()).size).toBe(48);
      }
      const before = proxy.requests.length;
      const source = open({}, false);
      for (let read = 0; read < 2; read++) expect(await countLogs(source, session, { from: NOON, to: NOON + DAY })).toBe(96);
      const footers = proxy.requests.slice(before).filter((request) => request.endsWith('(range)'));
      expect(new Set(footers).size).toBe(48);
      expect(footers.length).toBe(48);
      expect(fetched().length).toBe(48);
    }));

  it('fetches an object once for reads that want it at the same time', () =>
    inScene(async ({ world, session, sync, open, fetched }) => {
      await addLine(world);
      await sync();
      const source = open();
      const slices = await Promise.all([1, 2, 3].map(() => source.open(logsOf({ from: NOON, to: NOON + MINUTE }), session, aborted)));
      expect(slices.map((slice) => slice.objects)).toEqual([1, 1, 1]);
      expect(fetched().length).toBe(1);
      for (const slice of slices) await slice[Symbol.asyncDispose]();
    }));

  it('takes a new list when an object is gone, and does not mind what goes after it was fetched', () =>
    inScene(async ({ world, session, sync, open, proxy }) => {
      const objects = [...(await addLine(world)), ...(await addLine(world, NOON + 1))];
      await sync();
      let merging: Promise<LiveObject> | undefined;
      const merge = async (): Promise<LiveObject> => {
        const merged = await world.compact(objects);
        for (const object of objects) await world.remove(object);
        await sync();
        return merged;
      };
      proxy.intercept(async (asked) => {
        if (/\.parquet/.test(asked.url ?? '')) {
          merging ??= merge();
          await merging;
        }
        return false;
      });
      const source = open();
      await using slice = await source.open(logsOf({ from: NOON, to: NOON + MINUTE }), session, aborted);
      expect(slice.objects).toBe(1);
      if (merging) await world.remove(await merging);
      await sync();
      const [row] = await session.rows<{ found: bigint }>(`select count(*) as found from (${slice.relations.logs})`);
      expect(row?.found).toBe(2n);
    }));

  it('finds the objects of each account in its own bucket', () =>
    inScene(async ({ swift, world, session, sync, open }) => {
      const [first, second] = [...(await addLine(world)), ...(await addLine(world, NOON + 1))];
      await sync();
      await swift.createBucket('second');
      await swift.mirror(world.root, 'second', 'deep/');
      if (!first || !second) throw new Error('nothing was written');
      using list = new DatabaseSync(world.fileList);
      list.prepare(`update file_list set account = case file when ? then 'eu' else 'default' end`).run(second.file);
      const accounts = { eu: { ...swift.access, root: 's3://second/deep' } };
      expect(await countLogs(open({ accounts }), session)).toBe(2);
      expect(await countLogs(open({ accounts, root: world.root }), session)).toBe(2);
      await expect(countLogs(open(), session)).rejects.toMatchObject({
        code: 'OB_SOURCE_UNREADABLE',
        message: 'The file list names the account eu, which `accounts` does not.',
      });
      await swift.removeBucket('second');
      await expect(countLogs(open({ accounts, cache: { directory: `${world.root}-cache` } }), session)).rejects.toMatchObject({
        code: 'OB_SOURCE_UNREADABLE',
        message: expect.stringContaining('The bucket second does not exist at http://127.0.0.1:'),
      });
    }));

  const noServer = whyMissing('postgres 18');
  it.skipIf(noServer !== undefined)('takes what is live from a file list in PostgreSQL', async () => {
    const server = await startServer('postgres 18');
    try {
      await inScene(async ({ world, session, sync, open }) => {
        const [first, second] = [...(await addLine(world)), ...(await addLine(world))];
        await sync();
        if (!first || !second) throw new Error('nothing was written');
        await using db = await openDatabase(server.url('migrated'));
        await db.query(`create table file_list (id bigint generated always as identity, account text, org text, stream text, date text, file text,
          deleted boolean default false, min_ts bigint, max_ts bigint, records bigint, original_size bigint)`);
        for (const object of [first, second])
          await db.query(
            `insert into file_list (account, org, stream, date, file, min_ts, max_ts, records, original_size) values ('', $1, $2, $3, $4, $5, $6, $7, $8)`,
            [
              ...['default', 'default/logs/default', object.date, object.file],
              ...[object.minTime, object.maxTime, object.records, object.originalSize],
            ],
          );
        const source = open({ file_list: server.url('migrated') });
        expect(await countLogs(source, session)).toBe(2);
        await db.query('delete from file_list where file = $1', [first.file]);
        expect(await countLogs(source, session)).toBe(1);
        expect((await source.check(aborted)).map(({ level }) => level)).toEqual(['ok', 'ok']);
      });
    } finally {
      await server.stop();
    }
  });

  it('reads the streams that are asked for, and looks at no others', () =>
    inScene(async ({ world, session, sync, open, proxy }) => {
      for (const stream of ['shop_cart', 'shop_pay', 'noise']) {
        const [object] = await world.write({ signal: 'logs', stream, rows: [rowAt(NOON)] });
        if (stream === 'noise' && object) await world.addVortex(object);
      }
      await sync();
      const stream_filter = { include: ['logs/shop_*'], exclude: ['*_pay'] };
      for (const listed of [true, false]) {
        const source = open({ stream_filter }, listed);
        await using slice = await source.open(logsOf({ from: NOON, to: NOON + MINUTE }), session, aborted);
        expect(slice.streams).toEqual([{ name: 'shop_cart', signal: 'logs' }]);
        expect(slice.objects).toBe(1);
      }
      expect(proxy.requests.filter((request) => /noise|shop_pay/.test(request))).toEqual([]);
    }));
});

/** All rows as text, in order, without what holds within one read only. */
async function rowsOf(source: Source, window: Window, signal: Signal, session: Session): Promise<string[]> {
  const nothing = { from: window.from, to: window.from };
  const ranges = { logs: nothing, spans: nothing, metric_points: nothing, [signal]: window };
  await using slice = await source.open(ranges, session, new AbortController().signal);
  const columns = signal === 'metric_points' ? '* exclude (series, family_series)' : '*';
  const rows = await session.rows<{ text: string }>(
    `select row::varchar as text from (select ${columns} from (${slice.relations[signal]})) as row order by all`,
  );
  return rows.map((row) => row.text);
}
