import { expect, test } from 'vitest';
import { refreshGraph } from '../../src/graph/refresh-graph.ts';
import type { Db } from '../../src/store/db.ts';
import { type CypherRequest, runCypher } from '../../src/store/read-only-cypher.ts';
import { describeDatabases } from '../support/databases.ts';

const BOUNDS = { tenantId: 'a', columns: ['x'], timeoutMs: 5000, maxRows: 100, maxBytes: 10_000 };

/** Two tenants, each with three services that call one after the other. */
async function fill(db: Db): Promise<void> {
  for (const [tenantId, first] of [
    ['a', 1],
    ['b', 11],
  ] as const) {
    await db.query(
      `insert into dim_resource (tenant_id, resource_id, urn, kind, name, first_seen, last_seen)
       select $1, $2::int + i, 'urn:svc:' || $1 || i, 'service', $1 || i, '2026-01-01', '2026-01-01' from generate_series(0, 2) i`,
      [tenantId, first],
    );
    const measures = { calls: 10n, rps: 1, errRate: 0, p50Ms: 1, p95Ms: 2.5, lastSeen: '2026-01-01T00:00:00Z' };
    const calls = [0, 1].map((index) => ({ src: BigInt(first + index), dst: BigInt(first + index + 1), ...measures }));
    await db.transaction((tx) => refreshGraph(tx, { tenantId, structAt: null, calls }));
  }
}

describeDatabases('Cypher of agents', ['pglite', 'postgres 18'], (make, name) => {
  const ask = (db: Db, text: string, more: Partial<CypherRequest> = {}) => runCypher(db, { ...BOUNDS, text, ...more });

  if (name !== 'pglite') {
    test('without AGE there is no graph', async () => {
      const { db } = await make();
      await expect(ask(db, 'match (n) return n')).rejects.toMatchObject({
        code: 'OB_SQL_REFUSED',
        message: expect.stringContaining('no graph'),
      });
    });
    return;
  }

  test('before the first refresh there is no graph', async () => {
    const { db } = await make();
    await expect(ask(db, 'match (n) return n')).rejects.toThrow('There is no graph for Cypher');
  });

  test('vertices and edges are those of one tenant, however they are asked for', async () => {
    const { db } = await make();
    await fill(db);
    const own: [string, unknown][] = [
      ['match (n) return count(n)', 3],
      ['match (n:Resource) return count(n)', 3],
      ['match ()-[c]->() return count(c)', 2],
      ['match ()-[c:CALLS]-() return count(c)', 4],
      ['match ()-[c:CALLS]->() return sum(c.p95_ms)', 5],
      ['match (a)-[:CALLS]->(b)-[:CALLS]->(c) return count(*)', 1],
      ['match (n) optional match (n)-[]->(m) return collect(m.name)', ['a1', 'a2']],
      [`match (n {tenant_id: 'b'}) return count(n)`, 0],
      [`match (n:Resource) where n.name starts with 'b' return count(n)`, 0],
      ['match (n) where exists((n)-[]->()) return count(n)', 2],
      [`match (n:Resource {name: 'a0'})-[c]->(m) return {to: m.urn, p95_ms: c.p95_ms}`, { to: 'urn:svc:a1', p95_ms: 2.5 }],
      ['match p = (n {name: "a0"})-[]->() return length(p)', 1],
    ];
    for (const [text, value] of own) {
      const { rows } = await ask(db, text);
      const found = rows[0]?.x;
      expect(Array.isArray(found) ? found.toSorted() : found, text).toEqual(value);
    }
    expect((await ask(db, `match (n {name: 'a0'}) return n`)).rows).toMatchObject([
      { x: { label: 'Resource', properties: { name: 'a0' } } },
    ]);
    expect((await ask(db, 'match (n) return count(n)', { tenantId: 'c' })).rows).toEqual([{ x: 0 }]);
    expect(await ask(db, 'match (n) return n.name order by n.name', { maxRows: 2 })).toMatchObject({
      columns: [{ name: 'x', type: 'agtype' }],
      rows: [{ x: 'a0' }, { x: 'a1' }],
      truncated: true,
    });
  });

  test('what goes past the tenant, or writes, is refused', async () => {
    const { db } = await make();
    await fill(db);
    const [foreign] = await db.query<{ id: string }>(
      `select id::text as id from ops."Resource" where ag_catalog.agtype_object_field_text(properties, 'name') = 'b0'`,
    );
    const forged = `{id: 1125899906842625, label: "CALLS", end_id: ${foreign?.id}, start_id: ${foreign?.id}, properties: {}}::edge`;
    const refused: [string, string][] = [
      ['match (a)-[*]->(b) return b', 'variable length'],
      ['match p = (a)-[:CALLS*1..2]->(b) return p', 'variable length'],
      [`return startNode(${forged})`, 'age_startnode'],
      [`return endNode(${forged})`, 'age_endnode'],
      [`return vertex_stats({id: ${foreign?.id}, label: "Resource", properties: {}}::vertex)`, 'age_vertex_stats'],
      [`return graph_stats('ops')`, 'age_graph_stats'],
      [`create (n:Resource {tenant_id: 'b'}) return n`, '_cypher_create_clause'],
      ['create (n:Other) return n', '_cypher_create_clause'],
      ['match (n) set n.tenant_id = "b" return n', '_cypher_set_clause'],
      ['match (n) detach delete n return n', '_cypher_delete_clause'],
      ['merge (n:Resource {name: "z"}) return n', '_cypher_merge_clause'],
      [`return 1 $cypher$) as (x ag_catalog.agtype) where set_config('role', 'none', true) = '' --`, '$cypher$'],
    ];
    for (const [text, part] of refused) {
      const outcome = await ask(db, text).catch((error: unknown) => error);
      expect(outcome, text).toMatchObject({ code: 'OB_SQL_REFUSED', message: expect.stringContaining(part) });
    }
    for (const text of [
      `return pg_catalog.set_config('role', 'none', true)`,
      'call pg_catalog.pg_sleep(1) yield x return x',
      'return 1, 2',
      'x',
      '',
    ]) {
      await expect(ask(db, text), text).rejects.toMatchObject({ code: 'OB_SQL_FAILED' });
    }
    const name = `x" agtype) where set_config('role', 'none', true) = '' --`;
    expect((await ask(db, 'return 1', { columns: [name] })).columns).toMatchObject([{ type: 'agtype' }]);
    expect(await db.query(`select count(*)::int as n from ops."Resource"`)).toEqual([{ n: 6 }]);
  });

  test('a refresh goes on afterwards', async () => {
    const { db } = await make();
    await fill(db);
    await ask(db, 'match (n) return n');
    await db.query(`delete from dim_resource`);
    const none = { tenantId: 'a', structAt: null, calls: [] };
    expect(await db.transaction((tx) => refreshGraph(tx, none))).toMatchObject({ resources: 0, calls: 0 });
    expect((await ask(db, 'match (n) return count(n)')).rows).toEqual([{ x: 0 }]);
    expect((await ask(db, 'match (n) return count(n)', { tenantId: 'b' })).rows).toEqual([{ x: 3 }]);
  });
});
