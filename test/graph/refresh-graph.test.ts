import fc from 'fast-check';
import { expect, it } from 'vitest';
import { activeWindow, listActiveCalls } from '../../src/graph/active-calls.ts';
import { queryWithCypher } from '../../src/graph/cypher-statement.ts';
import { openEdgeView } from '../../src/graph/edge-view.ts';
import { listNeighbours } from '../../src/graph/neighbours.ts';
import { type GraphCounts, lockGraph, refreshGraph } from '../../src/graph/refresh-graph.ts';
import type { Db } from '../../src/store/db.ts';
import { openDatabase } from '../../src/store/open-database.ts';
import { describeDatabases } from '../support/databases.ts';
import { cypher } from './cypher.ts';
import { activeCalls, callRows, declaredRows, NOON, resourceOf, SIZE, urnOf, writeWorld } from './world.ts';

const NOON_TEXT = '2023-01-30T12:00:00Z';

async function refresh(db: Db, tenantId: string, structAt: string | null = null): Promise<GraphCounts> {
  const calls = await listActiveCalls(db, tenantId, activeWindow(NOON));
  return db.transaction(async (tx) => {
    await lockGraph(tx, tenantId);
    return refreshGraph(tx, { tenantId, calls, structAt });
  });
}

/** Every row of the graph with its internal key, so that a row that was written anew shows. */
const dumpGraph = (db: Db) =>
  db.query(
    `select id::text, properties::text, xmin::text from ops."Resource" union all select id::text || start_id::text || end_id::text, properties::text, xmin::text
     from ops._ag_label_edge order by 1`,
  );

describeDatabases('the AGE graph', ['pglite'], (make) => {
  it('answers Cypher as the tables answer SQL, also after the calls changed', { timeout: 120_000 }, async () => {
    const { db } = await make();
    const rows = (query: string, columns: readonly string[]) =>
      cypher(db, query, columns).then((found) => found.map((row) => columns.map((column) => row[column]).join(' ')).sort());
    await fc.assert(
      fc.asyncProperty(callRows, declaredRows, callRows, fc.integer({ min: 1, max: SIZE }), async (calls, declared, others, from) => {
        await writeWorld(db, 'other', others);
        await writeWorld(db, 'shop', calls, declared);
        const counts = await refresh(db, 'shop', NOON_TEXT);
        await refresh(db, 'other');
        const pairs = [...activeCalls(calls).values()];
        const structs = new Set(declared.map(({ src, dst }) => `${src} ${dst}`));
        const ends = new Set([...pairs, ...declared].flatMap(({ src, dst }) => [urnOf(src), urnOf(dst)]));
        expect(counts).toMatchObject({ resources: ends.size, calls: pairs.length, structs: structs.size });

        expect(await rows(`match (a:Resource {tenant_id: 'shop'}) return a.urn`, ['urn'])).toEqual([...ends].sort());
        expect(
          await rows(`match (a:Resource)-[e:CALLS]->(b:Resource) where a.tenant_id = 'shop' return a.urn, b.urn, e.calls, b.tenant_id`, [
            ...['src', 'dst', 'calls', 'tenant'],
          ]),
        ).toEqual(pairs.map((pair) => `${urnOf(pair.src)} ${urnOf(pair.dst)} ${pair.calls} shop`).sort());
        expect(
          await rows(`match (a:Resource)-[e:CALLS]->(b:Resource) where e.err_rate > 0 and a.tenant_id = 'shop' return a.name, b.name`, [
            ...['src', 'dst'],
          ]),
        ).toEqual(
          pairs
            .filter(({ errors }) => errors > 0)
            .map(({ src, dst }) => `s${src} s${dst}`)
            .sort(),
        );
        expect(await rows(`match (a {tenant_id: 'shop'})-[:STRUCT]->(b) return a.name, b.name`, ['src', 'dst'])).toEqual(
          [...structs].map((pair) => pair.replace(/(\d+) (\d+)/, 's$1 s$2')).sort(),
        );
        const view = await openEdgeView(db, 'shop', { asOf: NOON, now: NOON, span: 600_000_000 });
        for (const hops of [1, 3]) {
          const { resources } = await listNeighbours(db, view, {
            ...{ resource: resourceOf(from), direction: 'out', hops, edges: 'calls', limit: 1000 },
          });
          const query = `match (a:Resource {tenant_id: 'shop', urn: '${urnOf(from)}'})-[:CALLS*1..${hops}]->(b:Resource)
            where b.urn <> '${urnOf(from)}' return distinct b.urn`;
          expect(await rows(query, ['urn'])).toEqual(resources.map(({ urn }) => urn).sort());
        }
      }),
      { numRuns: 20 },
    );
  });

  it('is the same after a second refresh, and loses stale edges and resources without touching those of others', async () => {
    const { db } = await make();
    const call = (src: number, dst: number, minutes: number, calls: number, errors = 0, protocol = 'http') => ({
      ...{ src, dst, minutes, calls, errors, p95: minutes, protocol },
    });
    await writeWorld(db, 'other', [call(1, 2, 5, 30)]);
    await refresh(db, 'other');
    const others = await dumpGraph(db);
    await writeWorld(db, 'shop', [call(1, 2, 5, 300), call(1, 2, 5, 300, 60, 'grpc'), call(1, 2, 10, 1200, 6), call(2, 3, 5, 30)]);
    expect(await refresh(db, 'shop')).toEqual({ resources: 3, calls: 2, structs: 0, changed: 5 });
    const first = await dumpGraph(db);
    expect(await refresh(db, 'shop')).toEqual({ resources: 3, calls: 2, structs: 0, changed: 0 });
    expect(await dumpGraph(db)).toEqual(first);
    expect(await cypher(db, `match (a:Resource {tenant_id: 'shop', name: 's1'})-[e:CALLS]->() return properties(e)`, ['e'])).toEqual([
      // 600 calls at 2 a second with 10 % errors, 1200 at 4 a second with 0.5 %.
      {
        e: {
          ...{ last_seen: '2023-01-30T11:55:00Z', calls: 1800, rps: expect.closeTo(10 / 3, 12), err_rate: expect.closeTo(66 / 1800, 12) },
          ...{ p50_ms: 10, p95_ms: 10 },
        },
      },
    ]);
    await writeWorld(db, 'shop', [call(1, 2, 15, 300), call(2, 3, 5, 30)]);
    expect(await refresh(db, 'shop')).toEqual({ resources: 2, calls: 1, structs: 0, changed: 2 });
    await writeWorld(db, 'shop', []);
    expect(await refresh(db, 'shop')).toMatchObject({ resources: 0, calls: 0 });
    expect(await dumpGraph(db)).toEqual(others);
    expect(await db.query('show search_path')).toEqual([{ search_path: 'public' }]);
  });

  it('takes new names of resources, and shows calls of resources that have no row', async () => {
    const { db } = await make();
    await writeWorld(db, 'shop', [{ src: 1, dst: 99, minutes: 5, calls: 3, errors: 0, p95: null }]);
    await refresh(db, 'shop');
    await db.query(`update dim_resource set name = 'quote " \\ end' where resource_id = 1`);
    expect((await refresh(db, 'shop')).changed).toBe(1);
    expect(await cypher(db, 'match (a:Resource)-[e:CALLS]->(b) return a.name, b.urn, e.p95_ms', ['a', 'b', 'p95'])).toEqual([
      { a: 'quote " \\ end', b: 'urn:unknown:99', p95: null },
    ]);
  });

  it('answers a statement of the user without leaving anything in the session', async () => {
    const { db } = await make();
    await writeWorld(db, 'shop', [{ src: 1, dst: 2, minutes: 5, calls: 3, errors: 0, p95: null }]);
    await refresh(db, 'shop');
    const sql = `select * from cypher('ops', $$ match (a {name: 's1'})-[:CALLS]->(b) where b.name = 's2' return b.urn $$) as (urn agtype)`;
    expect(await queryWithCypher(db, sql)).toEqual([{ urn: '"urn:svc:s2"' }]);
    await expect(db.query(sql)).rejects.toMatchObject({ code: 'OB_DATABASE_FAILED' });
  });

  it('refuses a second edge between the same ends instead of a corrupt one', async () => {
    const { db } = await make();
    await writeWorld(db, 'shop', [{ src: 1, dst: 2, minutes: 5, calls: 3, errors: 0, p95: null }]);
    await refresh(db, 'shop');
    const insert = `insert into ops."CALLS" (start_id, end_id) select start_id, end_id from ops."CALLS"`;
    await expect(db.query(insert)).rejects.toMatchObject({ code: 'OB_DATABASE_FAILED' });
  });
});

describeDatabases('the lock on the graph', ['postgres 15'], (make) => {
  it('lets one worker at a time write what belongs to a tenant, and others write for other tenants', async () => {
    const { db, url } = await make();
    await using other = await openDatabase(url);
    const order: string[] = [];
    let second: Promise<void> | undefined;
    await db.transaction(async (tx) => {
      await lockGraph(tx, 'shop');
      await other.transaction((theirs) => lockGraph(theirs, 'other'));
      second = other.transaction(async (theirs) => {
        await lockGraph(theirs, 'shop');
        order.push('second');
      });
      for (let waiting = 0; waiting === 0; )
        waiting = (await tx.query(`select from pg_locks where locktype = 'advisory' and not granted`)).length;
      order.push('first');
    });
    await second;
    expect(order).toEqual(['first', 'second']);
  });
});
