import { DatabaseSync } from 'node:sqlite';
import { expect, it } from 'vitest';
import { DAY, formatTime, HOUR, MINUTE, parseTime } from '../../src/core/time.ts';
import { createRollUpJob } from '../../src/jobs/roll-up/roll-up.ts';
import { createOpenObserveFilesSource } from '../../src/sources/openobserve-files/openobserve-files.ts';
import type { Db } from '../../src/store/db.ts';
import { describeDatabases } from '../support/databases.ts';
import { openParquetWorld, type RawRow } from '../support/parquet-world.ts';
import { makeDirectory } from './directory.ts';
import { createPipeline, dumpResults, looseLocators, TENANT } from './pipeline.ts';

const NOON = parseTime('2026-03-01T12:00:00Z') ?? 0;
const range = { from: NOON, to: NOON + 20 * MINUTE };
const at = (minute: number, seconds = 0): number => NOON + minute * MINUTE + seconds * 1_000_000;

const line = (time: number, service_name: string, body: string, severity = 'INFO'): RawRow => ({
  _timestamp: time,
  service_name,
  body,
  severity,
});

/** Service and database called in one trace. */
const call = (time: number, caller: string, callee: string): RawRow[] => {
  const trace_id = time.toString(16).padStart(32, '0');
  const [client, server] = [1, 2].map((part) => (BigInt(time) * 2n + BigInt(part)).toString(16).padStart(16, '0'));
  const shared = { trace_id, operation_name: 'get', duration: 1000 };
  return [
    { ...shared, _timestamp: time, span_id: client ?? '', service_name: caller, span_kind: '3' },
    {
      ...shared,
      _timestamp: time + 10,
      span_id: server ?? '',
      reference_parent_span_id: client ?? '',
      service_name: callee,
      span_kind: '2',
    },
  ];
};

const stays = {
  logs: [line(at(6), 'cart', 'took 5 ms'), line(at(7), 'cart', 'took 6 ms')],
  spans: call(at(8), 'web', 'cart'),
  points: [{ _timestamp: at(9), __name__: 'load', value: 1.5, service_name: 'cart' }],
};

const vanishes = {
  logs: [
    line(at(6), 'cart', 'took 4 ms', 'ERROR'),
    line(at(1), 'cart', 'took 7 ms'),
    line(at(16, 5), 'pay', 'took 8 ms', 'FATAL'),
    line(at(7, 30), 'ship', 'nothing like the others'),
  ],
  spans: [...call(at(2), 'web', 'cart'), ...call(at(8, 20), 'web', 'bank'), ...call(at(17), 'robot', 'cart')],
  points: [
    { _timestamp: at(0), __name__: 'load', value: 9.5, service_name: 'cart' },
    { _timestamp: at(19), __name__: 'queue', value: 2.5, service_name: 'pay' },
  ],
};

/** The main job over an empty world, and a way to fill it. */
async function open(db: Db) {
  const stack = new AsyncDisposableStack();
  const directory = stack.use(await makeDirectory());
  const world = stack.use(await openParquetWorld(directory.path));
  const { root, fileList } = world;
  const source = stack.use(
    createOpenObserveFilesSource(
      { type: 'openobserve_files', root, organization: 'default', file_list: `sqlite:${fileList}` },
      { now: () => NOON + DAY },
    ),
  );
  const write = async ({ logs, spans, points }: typeof stays): Promise<void> => {
    await world.write({ signal: 'logs', rows: logs });
    await world.write({ signal: 'spans', rows: spans });
    for (const row of points) await world.write({ signal: 'metric_points', stream: row.__name__, rows: [row] });
  };
  return { world, write, pipeline: await createPipeline(db, source), [Symbol.asyncDispose]: () => stack.disposeAsync() };
}

describeDatabases('rows that vanish from the source', ['pglite', 'postgres 15'], (make) => {
  it.each([3, 20])('take with them all that only they told, in batches of %i', async (maxBatch) => {
    const { db: cleanDb } = await make();
    let clean: string[];
    {
      await using scene = await open(cleanDb);
      await scene.write(stays);
      await scene.pipeline.run(range);
      clean = await dumpResults(cleanDb);
    }
    const { db } = await make();
    await using scene = await open(db);
    await scene.write(stays);
    using list = new DatabaseSync(scene.world.fileList);
    list.exec('create table kept as select id from file_list');
    await scene.write(vanishes);
    await scene.pipeline.run(range);
    const resources = () => db.query<{ name: string }>('select name from dim_resource order by name');
    expect((await resources()).map(({ name }) => name)).toEqual(['bank', 'cart', 'pay', 'robot', 'ship', 'web']);
    list.exec('delete from file_list where id not in (select id from kept)');
    const outcomes = await scene.pipeline.run(range, { maxBatch });
    expect(outcomes.some(({ error }) => error)).toBe(false);
    expect(await dumpResults(db)).toEqual(clean);
    expect((await resources()).map(({ name }) => name)).toEqual(['cart', 'web']);
    expect(await looseLocators(db)).toEqual({ missing: 0n, orphaned: 0n });
  });

  it('take the sums of their hour with them, which a replay that changes nothing leaves alone', async () => {
    const { db } = await make();
    await using scene = await open(db);
    await scene.write(stays);
    using list = new DatabaseSync(scene.world.fileList);
    list.exec('create table kept as select id from file_list');
    await scene.write(vanishes);
    await scene.pipeline.run(range);
    const job = createRollUpJob({ tenantId: TENANT, db, aggregations: [], clock: () => 0 });
    const hour = [{ from: NOON, to: NOON + HOUR }];
    const rollUp = async () => (await job.prepare(hour, new AbortController().signal)).write;
    const sums = () =>
      db.query(
        `select table_name, buckets, (select sum(count_total)::int from log_pattern_1h) as lines,
        (select sum(calls)::int from service_call_1h) as calls from rollup_bucket where bucket = $1 and hours = 1 order by 1`,
        [formatTime(NOON)],
      );
    await rollUp();
    const tables = ['log_pattern_5m', 'metric_1m', 'service_call_5m'];
    const all = tables.map((table_name) => ({ table_name, buckets: 3, lines: 6, calls: 4 }));
    expect(await sums()).toEqual(all);
    await scene.pipeline.run(range);
    expect(await sums()).toEqual(all);
    list.exec('delete from file_list where id not in (select id from kept)');
    await scene.pipeline.run(range);
    expect(await sums()).toEqual([]);
    await rollUp();
    expect(await sums()).toEqual(all.map((row) => ({ ...row, buckets: 1, lines: 2, calls: 1 })));
  });
});

describeDatabases('rows that vanish after the partials of older windows were pruned', ['pglite'], (make) => {
  it('are refused where only a part of a bucket would be left, and repaired where the whole bucket is read', async () => {
    const { db } = await make();
    await using scene = await open(db);
    await scene.write({
      logs: [line(at(1), 'pay', 'took 7 ms'), line(at(2), 'pay', 'took 8 ms')],
      spans: call(at(12), 'web', 'bank'),
      points: [],
    });
    await scene.pipeline.run(range);
    const before = await dumpResults(db);
    await db.query('delete from aggregation_partial_1m where bucket < $1', [formatTime(at(5))]);
    const [refused] = await scene.pipeline.run({ from: at(1), to: at(2) });
    expect(refused?.error).toMatchObject({ code: 'OB_PARTIALS_PRUNED' });
    expect(await db.query('select count_total from log_pattern_5m')).toEqual([{ count_total: 2n }]);
    await scene.pipeline.run({ from: at(0), to: at(5) });
    expect(await dumpResults(db)).toEqual(before);
  });

  it('leave what the older windows still name', async () => {
    const { db } = await make();
    await using scene = await open(db);
    const old = { logs: [line(at(1), 'pay', 'took 7 ms', 'ERROR')], spans: call(at(2), 'web', 'bank'), points: [] };
    await scene.write(old);
    using list = new DatabaseSync(scene.world.fileList);
    list.exec('create table kept as select id from file_list');
    await scene.write({ logs: [line(at(16), 'pay', 'took 8 ms')], spans: call(at(17), 'web', 'bank'), points: [] });
    await scene.pipeline.run(range);
    await db.query('delete from aggregation_partial_1m where bucket < $1', [formatTime(at(10))]);
    list.exec('delete from file_list where id not in (select id from kept)');
    await scene.pipeline.run({ from: at(10), to: at(20) });
    expect(await db.query('select distinct bucket from log_pattern_5m union select distinct bucket from service_call_5m')).toEqual([
      { bucket: formatTime(NOON) },
    ]);
    expect((await db.query<{ name: string }>('select name from dim_resource order by name')).map(({ name }) => name)).toEqual([
      ...['bank', 'pay', 'web'],
    ]);
    expect(await db.query('select template, severity, service, first_seen, sample from log_pattern')).toEqual([
      { template: 'took <*> ms', severity: 'error', service: 'pay', first_seen: formatTime(at(1)), sample: 'took 7 ms' },
    ]);
  });
});

describeDatabases('rows that vanish while another worker writes', ['postgres 15', 'postgres 18'], (make) => {
  it('leave what the other worker, not yet done, needs', async () => {
    const { db } = await make();
    await using scene = await open(db);
    const [gone] = await scene.world.write({ signal: 'logs', rows: [line(at(1), 'pay', 'took 5 ms')] });
    await scene.pipeline.run(range);
    using list = new DatabaseSync(scene.world.fileList);
    list.prepare('delete from file_list where file = ?').run(gone?.file ?? '');
    await scene.world.write({ signal: 'logs', rows: [line(at(12), 'pay', 'took 6 ms')] });
    const prepare = (minute: number) =>
      scene.pipeline.job.prepare([{ from: at(minute), to: at(minute + 1) }], new AbortController().signal);
    const [taking, adding] = [await prepare(1), await prepare(12)];
    const written = Promise.withResolvers<void>();
    const release = Promise.withResolvers<void>();
    const added = db.transaction(async (tx) => {
      await adding.write(tx);
      written.resolve();
      await release.promise;
    });
    await written.promise;
    const taken = db.transaction((tx) => taking.write(tx));
    const isWaiting = `select from pg_stat_activity where wait_event_type = 'Lock' and datname = current_database()`;
    while ((await db.query(isWaiting)).length === 0);
    release.resolve();
    await Promise.all([added, taken]);
    expect(await db.query('select name, first_seen, last_seen from dim_resource')).toEqual([
      { name: 'pay', first_seen: '2026-03-01T12:12:00Z', last_seen: '2026-03-01T12:12:00Z' },
    ]);
    expect(await db.query('select template, first_seen from log_pattern')).toEqual([
      { template: 'took <*> ms', first_seen: '2026-03-01T12:12:00Z' },
    ]);
  });
});
