import { describe, expect, it } from 'vitest';
import { HOUR, MINUTE } from '../../src/core/time.ts';
import { SLICE_ROWS } from '../../src/sources/openobserve-api/read-stream.ts';
import type { FakeOpenObserve } from '../support/fake-openobserve/fake-openobserve.ts';
import { ALL_ROWS, count, inWorld, lines, NOON, range, readRows } from './openobserve-api-world.ts';

describe('slices of time', () => {
  it('reads more rows than OpenObserve gives unasked, each once, without ever paging', () =>
    inWorld(
      async (world) => {
        await world.server.append('logs', 'default', lines(25_000, '7000'));
        const [row] = await readRows(world, 'logs', 'select count(*)::integer as rows, count(distinct body)::integer as bodies from found');
        expect(row).toEqual({ rows: 25_000, bodies: 25_000 });
        expect(world.server.searches.length).toBeGreaterThan(3);
        for (const { body, sql, useCache } of world.server.searches) {
          expect(useCache).toBe(false);
          expect(sql).toMatch(/ ORDER BY _timestamp ASC LIMIT \d+$/);
          expect(body).toMatchObject({ query: { from: 0, size: SLICE_ROWS } });
        }
      },
      { empty: true },
    ));

  it('takes a slice that is exactly full for one that may have been cut', () =>
    inWorld(
      async (world) => {
        await world.server.append('logs', 'default', lines(SLICE_ROWS, '10'));
        expect(await count(world)).toBe(SLICE_ROWS);
        expect(world.server.searches.length).toBeGreaterThan(1);
      },
      { empty: true },
    ));

  it('reads a microsecond that holds more rows than a slice may, and its neighbours', () =>
    inWorld(
      async (world) => {
        await world.server.append('logs', 'default', `select ${NOON + 7} as _timestamp, i as body from range(${SLICE_ROWS + 5}) as t(i)`);
        await world.server.append(
          'logs',
          'default',
          [NOON + 6, NOON + 8].map((time) => ({ _timestamp: time, body: `at ${time}` })),
        );
        const [row] = await readRows(
          world,
          'logs',
          'select count(*)::integer as rows, count(distinct body)::integer as bodies from found',
          {
            from: NOON,
            to: NOON + 16,
          },
        );
        expect(row).toEqual({ rows: SLICE_ROWS + 7, bodies: SLICE_ROWS + 7 });
      },
      { empty: true },
    ));

  it('asks in slices of the right length at once when it reads on', () =>
    inWorld(
      async (world) => {
        await world.server.append('logs', 'default', lines(36_000, '10000'));
        expect(await count(world, 'logs', { from: NOON, to: NOON + 3 * MINUTE })).toBe(18_000);
        world.server.searches.splice(0);
        expect(await count(world, 'logs', { from: NOON + 3 * MINUTE, to: NOON + 6 * MINUTE })).toBe(18_000);
        expect(world.server.searches.length).toBeLessThanOrEqual(4);
      },
      { empty: true },
    ));

  it('asks for less at once when the server is too slow', () =>
    inWorld(
      async (world) => {
        await world.server.append('logs', 'default', lines(3_000, '50000'));
        expect(await count(world)).toBe(3_000);
        expect(world.server.searches.length).toBeGreaterThan(3);
        expect(world.waits).toEqual([]);
      },
      { empty: true, server: { slowRows: 1_000 } },
    ));

  it('asks for less at once when no whole answer comes in time', () =>
    inWorld(
      async (world) => {
        world.server.inflict('slow');
        expect(await count(world)).toBe(ALL_ROWS);
        const [whole, half] = world.server.searches;
        expect(whole).toMatchObject(range);
        expect(half).toMatchObject({ from: range.from, to: range.from + 1.5 * MINUTE });
      },
      { config: { timeout: '1ms' } },
    ));

  it('never asks for a longer range than server or stream allow', () =>
    inWorld(
      async (world) => {
        expect(await count(world, 'logs', { from: NOON - 3 * HOUR, to: NOON + HOUR })).toBe(ALL_ROWS);
        for (const { from, to } of world.server.searches) expect(to - from).toBeLessThanOrEqual(HOUR);
      },
      { server: { maxQueryHours: 1 } },
    ));
});

describe('values', () => {
  it('keeps every digit of integers beyond 2^53', () =>
    inWorld(
      async (world) => {
        const _timestamp = NOON + 1;
        await world.server.append('logs', 'default', [{ _timestamp, body_big: 2n ** 53n + 1n, body_max: 2n ** 64n - 1n, body_f: 0.1 }]);
        await world.server.append('metrics', 'm', [{ _timestamp, value: 0.1 + 0.2, __hash__: 2n ** 64n - 1n, shard: 2n ** 53n + 1n }]);
        expect(await readRows(world, 'logs', 'select body from found')).toEqual([
          { body: '{"body_big":"9007199254740993","body_f":"0.1","body_max":"18446744073709551615"}' },
        ]);
        expect(await readRows(world, 'metric_points', 'select value from found')).toEqual([{ value: 0.1 + 0.2 }]);
      },
      { empty: true },
    ));

  it('reads text as it is: quotes, brackets, line breaks, no characters and any characters', () =>
    inWorld(
      async (world) => {
        const bodies = [
          '"hits":[{"a":1}]}',
          'a\nb\r\n\tc',
          '\\"',
          '}\\',
          '🙂 é 漢字',
          '{"is_partial":true}',
          'x'.repeat(300_000),
          '\u0001',
        ];
        await world.server.append(
          'logs',
          'default',
          bodies.map((body, index) => ({ _timestamp: NOON + index, body })),
        );
        const rows = await readRows<{ body: string }>(world, 'logs', 'select body from found order by timestamp');
        expect(rows.map(({ body }) => body)).toEqual(bodies);
      },
      { empty: true },
    ));

  it('asks only for columns that it needs and the stream has, and takes absent ones for null', () =>
    inWorld(
      async (world) => {
        const { server } = world;
        await server.append('traces', 'roots', [
          {
            _timestamp: NOON,
            trace_id: 'a'.repeat(32),
            span_id: 'b'.repeat(16),
            service_name: 's',
            unheard_of: 'x',
            start_time: 2n ** 62n,
          },
        ]);
        const rows = await readRows(world, 'spans', 'select parent_span_id, kind, service_name from found');
        expect(rows).toEqual([{ parent_span_id: null, kind: null, service_name: 's' }]);
        expect(server.searches.map(({ sql }) => sql)).toEqual([
          `SELECT "_timestamp", "service_name", "span_id", "trace_id" FROM "roots" ORDER BY _timestamp ASC LIMIT ${SLICE_ROWS}`,
        ]);
      },
      { empty: true },
    ));

  it('tells the series of a metric by all labels and knows its recorded type', () =>
    inWorld(
      async (world) => {
        const point = (labels: Record<string, string>) => ({ _timestamp: NOON, value: 1, ...labels });
        await world.server.append('metrics', 'm_bucket', [
          point({ a: '1', le: '1' }),
          point({ a: '1', le: 'inf' }),
          point({ b: '1', le: '1' }),
        ]);
        await world.server.append('metrics', 'm_count', [point({ a: '1' })]);
        const [row] = await readRows(
          world,
          'metric_points',
          'select count(distinct series)::integer as series, count(distinct family_series)::integer as families from found',
        );
        expect(row).toEqual({ series: 4, families: 2 });
        const ranges = { logs: range, spans: range, metric_points: range };
        await using slice = await world.source.open(ranges, world.session, new AbortController().signal);
        expect(slice.streams).toContainEqual({ name: 'm_bucket', signal: 'metric_points', metricType: 'histogram' });
      },
      { empty: true, server: { metricTypes: { m_bucket: 'Histogram' } } },
    ));
});

describe('streams', () => {
  const manyMetrics = async (server: FakeOpenObserve, streams: number, rowsFrom: number): Promise<void> => {
    for (let index = 0; index < streams; index++)
      await server.append('metrics', `m_${index}`, [{ _timestamp: index < rowsFrom ? NOON - 12 * HOUR : NOON, value: index }]);
  };

  it('asks once for many silent streams, and once for each that has rows, over one connection', () =>
    inWorld(
      async (world) => {
        await manyMetrics(world.server, 120, 110);
        expect(await count(world, 'metric_points')).toBe(10);
        expect(world.server.searches.length).toBe(3 + 10);
        expect(world.server.counts).toMatchObject({ concurrent: 1, connections: 1 });
      },
      { empty: true },
    ));

  it('uses as many connections as it may and no more', () =>
    inWorld(
      async (world) => {
        await manyMetrics(world.server, 40, 0);
        expect(await count(world, 'metric_points')).toBe(40);
        expect(world.server.counts.concurrent).toBeGreaterThan(1);
        expect(world.server.counts.concurrent).toBeLessThanOrEqual(3);
        expect(world.server.counts.connections).toBeLessThanOrEqual(3);
      },
      { empty: true, config: { concurrency: 3 } },
    ));

  it('finds the rows of streams that the statistics do not know of yet', () =>
    inWorld(async (world) => expect(await count(world)).toBe(ALL_ROWS), {
      server: { statisticsBehind: { now: NOON + MINUTE, lag: HOUR } },
    }));

  it('finds them among others when the server cannot count many at once', () =>
    inWorld(
      async (world) => {
        await manyMetrics(world.server, 5, 4);
        world.server.inflict('sql_error');
        expect(await count(world, 'metric_points')).toBe(1);
      },
      { empty: true },
    ));

  it('takes a stream that goes away for an empty one', () =>
    inWorld(async (world) => {
      world.server.onSearch(() => world.server.drop('logs', 'default').catch(() => undefined));
      expect(await count(world)).toBe(0);
    }));

  it('leaves out a column that goes away', () =>
    inWorld(async (world) => {
      world.server.onSearch(() => world.server.drop('logs', 'default', 'severity').catch(() => undefined));
      expect(await readRows(world, 'logs', 'select count(*)::integer as rows, count(severity)::integer as severities from found')).toEqual([
        { rows: ALL_ROWS, severities: 0 },
      ]);
    }));

  it('asks for the schema of streams that are listed without', () =>
    inWorld(async (world) => expect(await count(world)).toBe(ALL_ROWS), { server: { withoutSchemas: true } }));

  it('asks only for the fields of a user-defined schema', () =>
    inWorld(
      async (world) => {
        expect(await count(world)).toBe(ALL_ROWS);
        expect(world.server.searches[0]?.sql).toMatch(/^SELECT "_timestamp", "body" FROM/);
      },
      { server: { userSchemas: { default: ['_timestamp', 'body'] } } },
    ));

  it('reads only the streams that the patterns name', () =>
    inWorld(
      async (world) => {
        for (const stream of ['app_a', 'app_b', 'audit']) await world.server.append('logs', stream, [{ _timestamp: NOON, body: stream }]);
        expect(await readRows(world, 'logs', 'select body from found')).toEqual([{ body: 'app_a' }]);
        expect(await count(world, 'spans')).toBe(0);
      },
      { config: { streams: { include: ['logs/app_*'], exclude: ['*_b'] } } },
    ));
});
