import { readFile, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { inspect } from 'node:util';
import { describe, expect, it } from 'vitest';
import { DAY, MINUTE, parseTime } from '../../src/core/time.ts';
import type { OpenObserveFilesConfig } from '../../src/sources/openobserve-files/config.ts';
import { createOpenObserveFilesSource } from '../../src/sources/openobserve-files/openobserve-files.ts';
import type { Source } from '../../src/sources/source.ts';
import type { Db } from '../../src/store/db.ts';
import { describeDatabases } from '../support/databases.ts';
import { openParquetWorld, type ParquetWorld, type RawRow } from '../support/parquet-world.ts';
import { makeDirectory } from './directory.ts';
import { createPipeline, dumpResults, failuresOf, type Pipeline } from './pipeline.ts';

const NOON = parseTime('2026-03-01T12:00:00Z') ?? 0;
const at = (minute: number, offset = 0): number => NOON + minute * MINUTE + offset;
const range = { from: NOON, to: at(5) };
const line = (minute: number, body: string, more: RawRow = {}): RawRow => ({
  _timestamp: at(minute, 7),
  body,
  service_name: 'cart',
  ...more,
});

interface Scene extends AsyncDisposable {
  readonly world: ParquetWorld;
  readonly source: Source;
  readonly pipeline: Pipeline;
  readonly db: Db;
  /** Lines by body, whatever their pattern. */
  lines(): Promise<number>;
  rejected(signal?: string): Promise<Record<string, number>>;
}

describeDatabases('bad input', ['pglite'], (make) => {
  const open = async (config: Partial<OpenObserveFilesConfig> = {}, { listed = true, name = 'world' } = {}): Promise<Scene> => {
    const stack = new AsyncDisposableStack();
    const directory = stack.use(await makeDirectory());
    const world = stack.use(await openParquetWorld(join(directory.path, name), '1GB'));
    const { db } = await make();
    const source = stack.use(
      createOpenObserveFilesSource(
        {
          ...{ type: 'openobserve_files', root: world.root, organization: 'default' },
          ...(listed ? { file_list: `sqlite:${world.fileList}` } : {}),
          ...config,
        },
        { now: () => NOON + DAY },
      ),
    );
    return {
      ...{ world, source, db, pipeline: await createPipeline(db, source) },
      async lines() {
        const [row] = await db.query<{ lines: bigint }>('select coalesce(sum(count_total), 0)::bigint as lines from log_pattern_5m');
        return Number(row?.lines);
      },
      async rejected(signal = 'logs') {
        const rows = await db.query<{ reason: string; rows: bigint }>(
          `select reason, sum(rows::bigint)::bigint as rows from etl_reconciliation, jsonb_each_text(rejected) as r (reason, rows) where signal = $1 group by 1`,
          [signal],
        );
        return Object.fromEntries(rows.map((row) => [row.reason, Number(row.rows)]));
      },
      [Symbol.asyncDispose]: () => stack.disposeAsync(),
    };
  };

  const runsOf = (db: Db) =>
    db.query<{ status: string; error_code: string | null; error_message: string | null }>(
      'select status, error_code, error_message from etl_job_run order by window_from',
    );

  it('fails the windows of a truncated object and no others', async () => {
    await using scene = await open();
    const { world, pipeline, db } = scene;
    const objects = [];
    for (const minute of [0, 1, 2, 3]) objects.push(...(await world.write({ signal: 'logs', rows: [line(minute, 'x')] })));
    const [, broken] = objects;
    if (!broken) throw new Error('nothing was written');
    await world.truncate(broken);
    const outcomes = await pipeline.run(range);
    expect(failuresOf(outcomes, NOON)).toEqual({ 1: 'OB_SOURCE_OBJECT_CORRUPT' });
    expect(await scene.lines()).toBe(3);
    const runs = await runsOf(db);
    expect(runs.map((run) => run.status)).toEqual(['success', 'dead', 'success', 'success', 'success']);
    expect(runs[1]).toMatchObject({ error_code: 'OB_SOURCE_OBJECT_CORRUPT' });
    expect(runs[1]?.error_message).toContain(broken.path);
  });

  it('reads again from a new list when an object vanishes under it', async () => {
    await using scene = await open();
    const { world, pipeline, source, db } = scene;
    const objects = [
      ...(await world.write({ signal: 'logs', rows: [line(0, 'x')] })),
      ...(await world.write({ signal: 'logs', rows: [line(1, 'y')] })),
    ];
    let reads = 0;
    const open2 = source.open.bind(source);
    const raced: Source = {
      ...source,
      async open(...args) {
        const slice = await open2(...args);
        if (reads++ === 0) {
          await world.compact(objects);
          for (const object of objects) await world.remove(object);
        }
        return slice;
      },
    };
    const outcomes = await (await createPipeline(db, raced)).run(range);
    expect(failuresOf(outcomes, NOON)).toEqual({});
    expect(await scene.lines()).toBe(2);
    expect(reads).toBe(2);

    const [gone] = await world.write({ signal: 'logs', rows: [line(2, 'z')] });
    if (!gone) throw new Error('nothing was written');
    await world.remove(gone);
    expect(failuresOf(await pipeline.run(range), NOON)).toEqual({ 2: 'OB_SOURCE_OBJECT_GONE' });
    const runs = await runsOf(db);
    expect(runs[2]).toMatchObject({ status: 'queued', error_code: 'OB_SOURCE_OBJECT_GONE' });
    expect(runs[2]?.error_message).toContain(gone.path);
  });

  it.each([true, false])('refuses an object in the Vortex format (listed: %s)', async (listed) => {
    await using scene = await open({}, { listed });
    const { world, pipeline, db } = scene;
    const [object] = await world.write({ signal: 'logs', rows: [line(0, 'x')] });
    if (!object) throw new Error('nothing was written');
    const vortex = await world.addVortex(object);
    const failures = failuresOf(await pipeline.run(range), NOON);
    expect(failures[0]).toBe('OB_SOURCE_FORMAT_UNSUPPORTED');
    const [run] = await runsOf(db);
    expect(run).toMatchObject({ status: 'dead' });
    expect(run?.error_message).toContain(vortex.file);
  });

  it('says which directory is not there', async () => {
    await using scene = await open({ root: '/nonexistent/stream' });
    const outcomes = await scene.pipeline.run(range);
    expect(outcomes).toMatchObject([{ windows: { length: 5 }, error: { code: 'OB_SOURCE_UNREADABLE' } }]);
    expect(outcomes[0]?.error?.message).toContain('/nonexistent/stream');
  });

  it('counts rows of the years 1754 and 2262 once, whatever the windows', async () => {
    const absurd = [parseTime('1754-08-30T22:43:41Z') ?? 0, 9_223_372_036_000_000];
    for (const maxBatch of [1, 2, 5]) {
      await using scene = await open();
      const rows = [1, 2, 3].map((minute) => line(minute, 'x'));
      await scene.world.write({
        signal: 'logs',
        rows: [...rows, ...absurd.map((time) => ({ ...line(1, 'late'), _timestamp: time }))],
        date: '2026/03/01/12',
      });
      const span: RawRow = { trace_id: 'ab'.repeat(16), span_id: 'cd'.repeat(8), service_name: 'cart', duration: 5 };
      await scene.world.write({
        signal: 'spans',
        rows: [
          { ...span, _timestamp: at(2) },
          { ...span, _timestamp: absurd[0] ?? 0 },
        ],
        date: '2026/03/01/12',
      });
      const point: RawRow = { __name__: 'load', value: 1.5, service_name: 'cart' };
      await scene.world.write({
        ...{ signal: 'metric_points', stream: 'load', date: '2026/03/01/12' },
        rows: [...[1, 4].map((minute) => ({ ...point, _timestamp: at(minute) })), { ...point, _timestamp: absurd[1] ?? 0 }],
      });
      expect(failuresOf(await scene.pipeline.run(range, { maxBatch }), NOON)).toEqual({});
      expect(await scene.lines()).toBe(3);
      expect(await scene.rejected()).toEqual({ implausible_time: 2 });
      expect(await scene.rejected('spans')).toEqual({ implausible_time: 1 });
      expect(await scene.rejected('metric_points')).toEqual({ implausible_time: 1 });
    }
  });

  it('rejects samples that are no finite numbers', async () => {
    await using scene = await open();
    const values = ['nan', 'inf', '-inf', '1.7976931348623157e308'].map((value) => `('${value}'::double)`);
    await scene.world.write({
      ...{ signal: 'metric_points', stream: 'load' },
      rows: `select ${at(0)}::bigint + row_number() over () as _timestamp, 'load' as __name__, value, 'cart' as service_name from (values ${values.join(', ')}, (2.5)) as t (value)`,
    });
    expect(failuresOf(await scene.pipeline.run(range), NOON)).toEqual({});
    expect(await scene.rejected('metric_points')).toEqual({ not_finite: 4 });
    expect(await scene.db.query('select avg, max, samples from metric_1m')).toEqual([{ avg: 2.5, max: 2.5, samples: 1n }]);
  });

  it('takes lines of any length, bytes that are no text, and no line at all', async () => {
    await using scene = await open();
    await scene.world.write({
      signal: 'logs',
      rows: `select ${at(0)}::bigint + i as _timestamp, 'cart' as service_name, repeat('token-' || i || ' ', 650000) as body from range(12) t(i)`,
    });
    await scene.world.write({
      signal: 'logs',
      rows: `select ${at(1)}::bigint as _timestamp, '\\xFF\\xFEbroken'::blob as body, 'cart' as service_name`,
    });
    for (const body of [7, '', null])
      await scene.world.write({ signal: 'logs', rows: [{ _timestamp: at(2), body, service_name: 'cart' }] });
    await scene.world.write({ signal: 'logs', rows: [{ _timestamp: at(3) }] });
    expect(failuresOf(await scene.pipeline.run(range), NOON)).toEqual({});
    expect(await scene.lines()).toBe(17);
    const samples = await scene.db.query<{ sample: string }>('select sample from log_pattern');
    for (const { sample } of samples) expect(sample.length).toBeLessThanOrEqual(1024);
  });

  it('calls an object damaged whose texts are not UTF-8, without showing them', async () => {
    await using scene = await open();
    const [object] = await scene.world.write({ signal: 'logs', rows: [line(1, 'x')] });
    if (!object) throw new Error('nothing was written');
    await scene.world.session.run(
      `copy (select ${at(1)}::bigint as _timestamp, 'a secret of MARKER' as body) to '${object.path}' (format parquet, compression uncompressed)`,
    );
    const bytes = (await readFile(object.path)).toString('latin1').replaceAll('MARKER', '\xff\xfe\xff\xfe\xff\xfe');
    await writeFile(object.path, bytes, 'latin1');
    const outcomes = await scene.pipeline.run(range);
    expect(failuresOf(outcomes, NOON)).toEqual({ 1: 'OB_SOURCE_OBJECT_CORRUPT' });
    const [{ error } = {}] = outcomes.filter((outcome) => outcome.error);
    expect(error?.message).toContain(object.path);
    expect(inspect(error)).not.toContain('secret');
  });

  it('reads a column that has another type in every object', async () => {
    const values = [`'seven'`, '7::bigint', '7::ubigint', '7.5::double', 'true', `'x'::blob`];
    const logs = async (scene: Scene, only: (index: number) => boolean): Promise<void> => {
      for (const [index, value] of values.entries()) {
        if (!only(index)) continue;
        const columns = ['body', 'severity', 'host_name', 'body_extra', 'trace_id'].map((name) => `${value} as ${name}`);
        await scene.world.write({ signal: 'logs', rows: `select ${at(index % 5, index)}::bigint as _timestamp, ${columns.join(', ')}` });
      }
    };
    await using scene = await open();
    await logs(scene, () => true);
    for (const [index, value] of values.entries()) {
      const spans = ['span_status', 'duration', 'span_kind', 'status_code', 'http_method', 'peer_service'].map(
        (name) => `${value} as ${name}`,
      );
      const ids = `'${'ab'.repeat(16)}' as trace_id, '${String(index).repeat(16)}' as span_id, 'cart' as service_name`;
      await scene.world.write({ signal: 'spans', rows: `select ${at(index % 5)}::bigint as _timestamp, ${ids}, ${spans.join(', ')}` });
      const labels = ['value', 'service_name', '"select"', '"order"', 'filename', 'le'].map((name) => `${value} as ${name}`);
      await scene.world.write({
        ...{ signal: 'metric_points', stream: 'load' },
        rows: `select ${at(index % 5, index)}::bigint as _timestamp, 'load' as __name__, ${labels.join(', ')}`,
      });
    }
    expect(failuresOf(await scene.pipeline.run(range), NOON)).toEqual({});
    expect(await scene.lines()).toBe(values.length);
    const together = await dumpResults(scene.db);
    expect(failuresOf(await scene.pipeline.run(range, { maxBatch: 1 }), NOON)).toEqual({});
    expect(await dumpResults(scene.db)).toEqual(together);
  });

  it('succeeds where there is nothing: an empty hour, an organization without streams', async () => {
    await using scene = await open();
    expect(failuresOf(await scene.pipeline.run(range), NOON)).toEqual({});
    await using elsewhere = await open({ organization: 'nobody' });
    await elsewhere.world.write({ signal: 'logs', rows: [line(0, 'x')] });
    expect(failuresOf(await elsewhere.pipeline.run(range), NOON)).toEqual({});
    expect(await dumpResults(elsewhere.db)).toEqual([]);
  });

  describe.each([true, false])('with odd names (listed: %s)', (listed) => {
    it('reads streams, partitions and directories whose names mean something to engines', async () => {
      await using scene = await open({}, { listed, name: "it's [a] *odd* {place} ünd 💥" });
      const streams = ["o'clock", '50%_off', 'a"b', 'plain', 'a_b', 'aXb'];
      for (const [index, stream] of streams.entries()) {
        await scene.world.write({
          signal: 'logs',
          stream,
          rows: [line(index % 5, 'x')],
          ...(index === 3 ? { partition: 'k8s=it[1]/v=2' } : {}),
        });
      }
      expect(failuresOf(await scene.pipeline.run(range), NOON)).toEqual({});
      expect(await scene.lines()).toBe(streams.length);
      const located = await scene.db.query<{ stream: string; query: string }>('select distinct stream, query from oo_locator');
      expect(located.map((row) => row.stream).every((stream) => streams.includes(stream))).toBe(true);
      for (const { stream, query } of located) expect(query).toContain(`FROM "${stream.replaceAll('"', '""')}"`);
    });
  });

  it('keeps organizations apart whose names differ by a wildcard', async () => {
    await using scene = await open({ organization: 'a_b' });
    const directory = join(scene.world.root, 'files');
    await scene.world.write({ signal: 'logs', rows: [line(0, 'x')] });
    await rename(join(directory, 'default'), join(directory, 'aXb'));
    await writeFile(join(directory, 'stray'), 'x');
    expect(failuresOf(await scene.pipeline.run(range), NOON)).toEqual({});
    expect(await scene.lines()).toBe(0);
  });
});
