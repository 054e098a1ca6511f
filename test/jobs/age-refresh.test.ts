import { join } from 'node:path';
import { expect, it } from 'vitest';
import { loadAggregations } from '../../src/aggregate/catalog.ts';
import { packRows } from '../../src/aggregate/partials.ts';
import { createSketch } from '../../src/core/sketch.ts';
import { formatTime, MINUTE } from '../../src/core/time.ts';
import { createAgeRefreshJob } from '../../src/jobs/age-refresh/age-refresh.ts';
import { createMockSource } from '../../src/sources/mock/mock.ts';
import type { Db } from '../../src/store/db.ts';
import { cypher } from '../graph/cypher.ts';
import { type CallRow, NOON, writeWorld } from '../graph/world.ts';
import { describeDatabases } from '../support/databases.ts';
import { runWindows } from '../support/run-windows.ts';
import { createPipeline, TENANT } from './pipeline.ts';
import { mockConfig } from './worlds.ts';

const aggregations = loadAggregations([join(import.meta.dirname, '../../aggregations')]);

async function runAt(db: Db, ends: readonly number[], notices: string[] = [], structEdges = false) {
  const job = createAgeRefreshJob({
    ...{
      tenantId: TENANT,
      db,
      clock: () => 0,
      structEdges,
    },
  });
  const windows = ends.map((to) => ({ from: to - 5 * MINUTE, to }));
  return (await runWindows(db, { job, tenantId: TENANT, windows, maxBatch: 1, onNotice: (_, text) => notices.push(text) })).map(
    ({ error, rows, changed }) => error ?? { rows, changed },
  );
}

const call = (minutes: number, src: number, dst: number): CallRow => ({ minutes, src, dst, calls: 300, errors: 3, p95: 20 });
const countCalls = async (db: Db) => (await cypher(db, 'match ()-[e:CALLS]->() return count(e)', ['edges']))[0]?.edges;

describeDatabases('age-refresh', ['pglite'], (make) => {
  it('shows the calls of the ten minutes before the end of its window, and the same when it runs twice', async () => {
    const { db } = await make();
    await writeWorld(db, TENANT, [call(5, 1, 2), call(10, 2, 3), call(15, 3, 4)]);
    expect(await runAt(db, [NOON])).toEqual([{ rows: { 'ops.Resource': 3, 'ops.CALLS': 2 }, changed: 5 }]);
    expect(await runAt(db, [NOON])).toEqual([{ rows: { 'ops.Resource': 3, 'ops.CALLS': 2 }, changed: 0 }]);
    expect(await cypher(db, `match (a)-[:CALLS]->(b) return a.name, b.name order by a.name`, ['a', 'b'])).toEqual([
      { a: 's1', b: 's2' },
      { a: 's2', b: 's3' },
    ]);
    expect(await runAt(db, [NOON + 5 * MINUTE])).toMatchObject([{ rows: { 'ops.CALLS': 1 } }]);
    expect(await countCalls(db)).toBe(1);
  });

  it('merges the sketches of all minutes, not the percentiles of rows', async () => {
    const { db } = await make();
    await writeWorld(db, TENANT, [
      { ...call(10, 1, 2), calls: 100, p95: 10 },
      { ...call(5, 1, 2), calls: 5, p95: 1000 },
      { ...call(5, 2, 3), p95: 20 },
    ]);
    const aggregation = (await aggregations).find(({ name }) => name === 'service_call_5m');
    if (!aggregation) throw new Error('The aggregation service_call_5m is gone.');
    const latencies = { 9: [...Array(95).fill(10_000), ...Array(5).fill(100_000)], 2: Array(5).fill(1_000_000) };
    for (const [minutes, micros] of Object.entries(latencies)) {
      const bucket = NOON - Number(minutes) * MINUTE;
      const row = {
        ...{ bucket: bucket / MINUTE, source: 1n, target: 2n, protocol: 'http', calls: micros.length, errors: 0 },
        ...{ latency: createSketch(micros), client_latency: createSketch(), evidence: '' },
      };
      await db.query('insert into aggregation_partial_1m values ($1, $2, $3, 1, $4)', [
        ...[TENANT, aggregation.name, formatTime(bucket), packRows(aggregation, [row])],
      ]);
    }
    await runAt(db, [NOON]);
    const [edge, other] = await cypher(db, 'match (a)-[e:CALLS]->() return e.p50_ms, e.p95_ms order by a.name', ['p50', 'p95']);
    expect(Number(edge?.p50) / 10).toBeCloseTo(1, 2);
    expect(Number(edge?.p95) / 100).toBeCloseTo(1, 2);
    // Its minutes are not there, so its one row tells.
    expect(other).toEqual({ p50: 20, p95: 20 });
  });

  it('projects what the main job wrote', async () => {
    const { db } = await make();
    const source = createMockSource(mockConfig(), { now: () => NOON + 60 * MINUTE });
    await (await createPipeline(db, source)).run({ from: NOON - 10 * MINUTE, to: NOON });
    await runAt(db, [NOON]);
    const [table] = await db.query<{ edges: number; calls: number }>(
      `select count(distinct (src_resource_id, dst_resource_id))::int as edges, sum(calls)::int as calls from service_call_5m`,
    );
    expect(table?.edges).toBeGreaterThan(5);
    expect(await cypher(db, 'match ()-[e:CALLS]->() return count(e), sum(e.calls)', ['edges', 'calls'])).toEqual([table]);
    const [wrong] = await db.query<{ n: number }>(
      `select count(*)::int as n from (select min(p95_ms) as least, max(p95_ms) as most, min(r.urn) as urn, min(d.urn) as dst from service_call_5m c
         join dim_resource r on r.resource_id = c.src_resource_id join dim_resource d on d.resource_id = c.dst_resource_id group by src_resource_id, dst_resource_id) t
       join ops."CALLS" e on true join ops."Resource" a on a.id::text = e.start_id::text and ag_catalog.agtype_object_field_text(a.properties, 'urn') = t.urn
       join ops."Resource" b on b.id::text = e.end_id::text and ag_catalog.agtype_object_field_text(b.properties, 'urn') = t.dst
       where ag_catalog.agtype_object_field_text(e.properties, 'p95_ms')::float8 not between least and most`,
    );
    expect(wrong?.n).toBe(0);
  });

  it('shows what is declared at the end of its window when it is told to', async () => {
    const { db } = await make();
    await writeWorld(db, TENANT, [call(5, 1, 2)], [{ src: 2, dst: 3, relation: 'DEPENDS_ON' }]);
    await db.query(`update topo_edge_time set valid = tstzrange(lower(valid), '2023-01-30 12:00:00+00')`);
    expect(await runAt(db, [NOON - 5 * MINUTE], [], true)).toMatchObject([{ rows: { 'ops.CALLS': 0, 'ops.STRUCT': 1 } }]);
    expect(await cypher(db, 'match (a)-[e:STRUCT]->(b) return a.name, b.name, properties(e)', ['a', 'b', 'e'])).toEqual([
      { a: 's2', b: 's3', e: { relations: ['DEPENDS_ON'], sources: ['terraform'], since: '2023-01-30T11:00:00Z' } },
    ]);
    expect(await runAt(db, [NOON], [], true)).toMatchObject([{ rows: { 'ops.CALLS': 1, 'ops.Resource': 2 } }]);
    expect(await cypher(db, 'match ()-[e:STRUCT]->() return count(e)', ['n'])).toEqual([{ n: 0 }]);
  });

  it('ends the same whatever the order of windows', async () => {
    const { db } = await make();
    await writeWorld(db, TENANT, [call(5, 1, 2), call(20, 2, 3)]);
    await runAt(db, [NOON]);
    expect(await runAt(db, [NOON - 10 * MINUTE, NOON - 5 * MINUTE, NOON])).toMatchObject([
      { rows: {}, changed: 0 },
      { rows: {}, changed: 0 },
      { rows: { 'ops.CALLS': 1 }, changed: 0 },
    ]);
    expect(await countCalls(db)).toBe(1);
    const [run] = await db.query<{ stats: object }>(`select stats from etl_job_run where job = 'age-refresh' order by window_from limit 1`);
    expect(run?.stats).toMatchObject({ projected: false, reason: 'a later window is in the graph' });
  });
});

describeDatabases('age-refresh without AGE', ['postgres 15', 'postgres 18'], (make) => {
  it('succeeds, and says once that there is no graph', async () => {
    const { db } = await make();
    await writeWorld(db, TENANT, [call(5, 1, 2)]);
    const notices: string[] = [];
    const nothing = { rows: {}, changed: 0 };
    expect(await runAt(db, [NOON, NOON + 5 * MINUTE], notices)).toEqual([nothing, nothing]);
    await runAt(db, [NOON], notices);
    expect(notices).toEqual([expect.stringContaining('The database has no AGE')]);
    expect(await db.query(`select status, stats ->> 'reason' as reason from etl_job_run`)).toEqual(
      Array(2).fill({ status: 'success', reason: 'no AGE' }),
    );
  });
});
