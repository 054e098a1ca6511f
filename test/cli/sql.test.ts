import { expect, test } from 'vitest';
import { callCli } from '../support/cli.ts';
import { describeDatabases } from '../support/databases.ts';

describeDatabases('ob sql --tenant', ['pglite'], (make) => {
  test('reads the rows of one tenant and nothing else', async () => {
    const { db } = await make();
    await db.query(`insert into dim_tenant (tenant_id) values ('a'), ('b') on conflict do nothing`);
    await db.query(
      `insert into dim_resource (tenant_id, resource_id, urn, kind, name, first_seen, last_seen)
       select t, 9223372036854775807, 'urn:svc:' || t, 'service', t, '2026-01-01', '2026-01-01' from unnest(array['a', 'b']) t`,
    );
    const ob = (statement: string, ...args: string[]) => callCli(['sql', '--tenant', 'a', statement, ...args], { openDb: async () => db });
    expect(await ob('select name, resource_id from dim_resource', '--output', 'json')).toMatchObject({
      exitCode: 0,
      stdout: expect.stringMatching(/^\[\s*\{\s*"name": "a",\s*"resource_id": 9223372036854775807\s*\}\s*\]\s*$/),
    });
    expect((await ob('select name from dim_resource where false')).stdout).toMatch(/^name/);
    expect(await ob('delete from dim_resource')).toMatchObject({ exitCode: 2, stderr: expect.stringContaining('OB_SQL_REFUSED') });
    expect(await ob('select nothing')).toMatchObject({ exitCode: 1, stderr: expect.stringContaining('column "nothing" does not exist') });
    expect((await ob('select i from generate_series(1, 10001) i')).stderr).toContain('These are the first 10000 rows.');
    expect(await db.query('select count(*)::int as n from dim_resource')).toEqual([{ n: 2 }]);
  });
});
