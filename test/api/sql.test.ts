import { expect, test } from 'vitest';
import { ensureGraph, withAgCatalog } from '../../src/graph/age.ts';
import { describeDatabases } from '../support/databases.ts';
import { createService } from './service.ts';

describeDatabases('statements of agents', ['pglite', 'postgres 18'], (make, name) => {
  test('answer the rows of one tenant to whoever may see it', async () => {
    const { db } = await make();
    for (const tenant of ['a', 'b']) {
      await db.query(
        `insert into dim_resource (tenant_id, resource_id, urn, kind, name, attrs, first_seen, last_seen)
         values ($1, 9223372036854775807, 'urn:svc:' || $1, 'service', $1, '{"n": [1.5]}', '2026-01-01', '2026-01-01')`,
        [tenant],
      );
    }
    await using service = await createService(db, { open: false });
    const [token, all] = [await service.token({ tenants: ['a'] }), await service.token({ name: 'all' })];
    const sql = (payload: object, by = token) => service.call('POST', '/api/v1/sql', { payload, token: by });
    const statement = `select resource_id, name, attrs, count(*) over () as n, 'NaN'::float8 as nan, '\\x00ff'::bytea as bytes from dim_resource`;
    expect(await sql({ tenant_id: 'a', sql: statement })).toMatchObject({
      status: 200,
      body: {
        tenant_id: 'a',
        columns: [
          { name: 'resource_id', type: 'bigint' },
          { name: 'name', type: 'text' },
          { name: 'attrs', type: 'jsonb' },
          { name: 'n', type: 'bigint' },
          { name: 'nan', type: 'double precision' },
          { name: 'bytes', type: 'bytea' },
        ],
        rows: [{ resource_id: '9223372036854775807', name: 'a', attrs: { n: [1.5] }, n: 1, nan: 'NaN', bytes: '\\x00ff' }],
        truncated: false,
        as_of: '2026-01-01T12:00:00Z',
      },
    });
    expect((await sql({ tenant_id: 'b', sql: 'select name from dim_resource' }, all)).body.rows).toEqual([{ name: 'b' }]);
    for (const [by, tenant_id] of [
      [token, 'b'],
      [all, 'c'],
    ] as const) {
      expect(await sql({ tenant_id, sql: 'select 1' }, by)).toMatchObject({ status: 404, body: { code: 'OB_TENANT_UNKNOWN' } });
    }
    expect((await sql({ tenant_id: 'a', sql: 'select 1' }, 'ob_wrong')).status).toBe(401);
    const many = await sql({ tenant_id: 'a', sql: 'select i from generate_series(1, 1000) i', max_rows: 3 });
    expect(many.body).toMatchObject({ rows: [{ i: 1 }, { i: 2 }, { i: 3 }], truncated: true });
    expect((await sql({ tenant_id: 'a', sql: 'select i from generate_series(1, 1000) i' })).body.rows).toHaveLength(200);
  });

  test('refusals say what to do', async () => {
    const { db } = await make();
    await using service = await createService(db);
    const ask = async (path: string, payload: object) => {
      const { status, body } = await service.call('POST', `/api/v1/${path}`, { payload });
      return { status, code: body.code, detail: body.detail };
    };
    expect(await ask('sql', { tenant_id: 'a', sql: 'select nothing' })).toEqual({
      status: 400,
      code: 'OB_SQL_FAILED',
      detail: 'The database refused the statement: column "nothing" does not exist.',
    });
    expect(await ask('sql', { tenant_id: 'a', sql: 'select name from api_token' })).toEqual({
      status: 400,
      code: 'OB_SQL_REFUSED',
      detail: 'The statement uses the table api_token, which is not open to it.',
    });
    expect(await ask('sql', { tenant_id: 'a', sql: 'delete from dim_resource' })).toMatchObject({ status: 400, code: 'OB_SQL_REFUSED' });
    const slow = 'select i from generate_series(1, 1000000) i order by i desc';
    expect(await ask('sql', { tenant_id: 'a', sql: slow, timeout_ms: 20, max_rows: 10_000 })).toMatchObject({
      status: 400,
      code: 'OB_SQL_TIMEOUT',
    });
    expect(await ask('sql', { tenant_id: 'a', sql: 'select 1', max_rows: 10_001 })).toMatchObject({
      status: 400,
      code: 'OB_REQUEST_INVALID',
    });
    expect(await ask('sql', { tenant_id: 'a' })).toMatchObject({ code: 'OB_REQUEST_INVALID', detail: 'The body lacks sql.' });
    expect(await ask('cypher', { tenant_id: 'a', cypher: 'match (n) return n', columns: ['n'] })).toMatchObject({
      status: 400,
      code: 'OB_SQL_REFUSED',
      detail: expect.stringContaining('There is no graph'),
    });
    expect(await ask('cypher', { tenant_id: 'a', cypher: 'match (n) return n', columns: [] })).toMatchObject({
      code: 'OB_REQUEST_INVALID',
    });
  });

  if (name !== 'pglite') return;

  test('Cypher answers the graph of one tenant', async () => {
    const { db } = await make();
    await db.transaction((tx) => withAgCatalog(tx, () => ensureGraph(tx)));
    await db.query(
      `insert into ops._ag_label_vertex (properties) values ('{"tenant_id": "a"}'), ('{"tenant_id": "b"}'), ('{"tenant_id": "b"}')`,
    );
    await using service = await createService(db, { open: false });
    const token = await service.token({ tenants: ['a'] });
    const payload = { tenant_id: 'a', cypher: 'match (n) return count(n), n.tenant_id', columns: ['resources', 'tenant'] };
    expect(await service.call('POST', '/api/v1/cypher', { payload, token })).toMatchObject({
      status: 200,
      body: { rows: [{ resources: 1, tenant: 'a' }], truncated: false },
    });
    const foreign = { ...payload, tenant_id: 'b' };
    expect(await service.call('POST', '/api/v1/cypher', { payload: foreign, token })).toMatchObject({ status: 404 });
  });
});
