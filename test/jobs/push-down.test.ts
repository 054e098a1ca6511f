import { expect, it } from 'vitest';
import { HOUR, MINUTE } from '../../src/core/time.ts';
import { createMockSource } from '../../src/sources/mock/mock.ts';
import { createOpenObserveApiSource } from '../../src/sources/openobserve-api/openobserve-api.ts';
import { configOf, NOON, startWorld } from '../sources/openobserve-api-world.ts';
import { describeDatabases } from '../support/databases.ts';
import type { FakeOpenObserve } from '../support/fake-openobserve/fake-openobserve.ts';
import { createPipeline, differences, dumpResults, emptyTables } from './pipeline.ts';
import { mockConfig } from './worlds.ts';

const RANGE = { from: NOON, to: NOON + 3 * MINUTE };

/** Gauges, a summary, calls and lines over three minutes. */
async function startShop(): Promise<FakeOpenObserve> {
  const server = await startWorld({ metricTypes: { load: 'Gauge', size_count: 'Summary' } });
  const seconds = Array.from({ length: 180 }, (_, second) => second);
  const timed = (second: number) => ({ _timestamp: NOON + second * 1_000_000 });
  await server.append(
    'metrics',
    'hits_total',
    seconds.map((second) => ({ ...timed(second), value: second * 3, service_name: `s${second % 2}` })),
  );
  await server.append(
    'metrics',
    'size_count',
    seconds.map((second) => ({ ...timed(second), value: second * 5, service_name: 'cart' })),
  );
  const spans = seconds.flatMap((second) => {
    const client = {
      ...timed(second),
      trace_id: `t${second}`,
      span_id: '01',
      service_name: 'web',
      span_kind: '3',
      duration: 1000 + second,
    };
    return [
      client,
      { ...client, span_id: '02', reference_parent_span_id: '01', service_name: 'cart', span_kind: '2', span_status: 'ERROR' },
    ];
  });
  await server.append('traces', 'default', spans);
  return server;
}

describeDatabases('push-down', ['pglite'], (make) => {
  it('leaves the same tables as the local engine, tells what it pushed down, and settles', async () => {
    const { db } = await make();
    await using server = await startShop();
    await using source = createOpenObserveApiSource(configOf(server), { now: () => NOON + HOUR });
    await (await createPipeline(db, source)).run(RANGE);
    const local = await dumpResults(db);
    await emptyTables(db);

    const pipeline = await createPipeline(db, source, '128MB', 'openobserve');
    server.searches.length = 0;
    const [outcome] = await pipeline.run(RANGE);
    expect(differences(local, await dumpResults(db))).toEqual([]);
    expect(outcome?.stats[0]).toMatchObject({
      pushed_down: { metric_points: { streams: 2, read: { histogram_or_summary: 1 } }, spans: { streams: 1, read: {} } },
    });
    const rowsRead = server.searches
      .filter(({ sql }) => sql.startsWith('SELECT "_timestamp"'))
      .map(({ sql }) => /FROM "(\w+)"/.exec(sql)?.[1]);
    expect(new Set(rowsRead)).toEqual(new Set(['default', 'size_count']));

    expect(await pipeline.run(RANGE, { trigger: 'settle' })).toMatchObject([{ changed: 0, stats: Array(3).fill({ confirmed: true }) }]);
    await server.append('metrics', 'load', [{ _timestamp: NOON + MINUTE + 1, value: 100.25, service_name: 'cart' }]);
    await pipeline.run(RANGE, { trigger: 'settle' });
    const repaired = await dumpResults(db);
    await (await createPipeline(db, source)).run(RANGE);
    expect(differences(repaired, await dumpResults(db))).toEqual([]);
    expect(differences(local, repaired)).not.toEqual([]);
  });

  it('refuses a source that cannot aggregate', async () => {
    const { db } = await make();
    const pipeline = await createPipeline(db, createMockSource(mockConfig(), { now: () => NOON + HOUR }), '128MB', 'openobserve');
    expect(await pipeline.run(RANGE)).toMatchObject([{ error: { code: 'OB_CONFIG_INVALID' } }]);
  });
});
