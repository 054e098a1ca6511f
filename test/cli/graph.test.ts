import { expect, it } from 'vitest';
import { findResource } from '../../src/graph/find-resource.ts';
import { type CallRow, writeWorld } from '../graph/world.ts';
import { callCli } from '../support/cli.ts';
import { describeDatabases } from '../support/databases.ts';

const call = (src: number, dst: number, rest: Partial<CallRow> = {}): CallRow => ({
  ...{ minutes: 5, src, dst, calls: 300, errors: 0, p95: 12.34567 },
  ...rest,
});

describeDatabases('graph', ['pglite'], (make) => {
  it('answers as a table with the time it is about, and as JSON', async () => {
    const { db } = await make();
    await db.query(`insert into dim_tenant (tenant_id) values ('shop') on conflict do nothing`);
    await writeWorld(
      db,
      'shop',
      [call(1, 2), call(2, 3), call(1, 3, { errors: 30 }), call(1, 3, { minutes: 15 })],
      [{ src: 3, dst: 4, relation: 'DEPENDS_ON' }],
    );
    const ask = (...args: string[]) =>
      callCli(['graph', ...args, '--tenant', 'shop'], { openDb: async () => db }, {}, { now: () => 1_675_123_200_000_000 });
    const near = await ask('neighbours', 's1', '--direction', 'out', '--hops', '3', '--edges', 'all');
    expect(near).toMatchObject({
      exitCode: 0,
      stderr: expect.stringContaining('Calls from 2023-01-30T11:50:00Z to 2023-01-30T12:00:00Z.'),
    });
    expect(near.stdout.split('\n')).toEqual([
      'hops  src_urn     relation    dst_urn     calls  rps  err_rate  worst_p95_ms',
      '----  ----------  ----------  ----------  -----  ---  --------  ------------',
      '   1  urn:svc:s1  CALLS       urn:svc:s2    300  0.5         0         12.35',
      '   1  urn:svc:s1  CALLS       urn:svc:s3    300  0.5       0.1         12.35',
      '   2  urn:svc:s2  CALLS       urn:svc:s3    300  0.5         0         12.35',
      '   2  urn:svc:s3  DEPENDS_ON  urn:svc:s4',
      '',
    ]);
    const paths = JSON.parse((await ask('path', 'urn:svc:s1', 'S3', '--limit', '1', '-o', 'json')).stdout);
    expect(paths).toEqual({
      ...{ as_of: '2023-01-30T12:00:00Z', calls_from: '2023-01-30T11:50:00Z', declared_at: '2023-01-31T00:00:00Z' },
      resource: { urn: 'urn:svc:s3', kind: 'service', name: 's3' },
      paths: [{ hops: 1, urns: ['urn:svc:s1', 'urn:svc:s3'], least_rps: 0.5 }],
      truncated: true,
    });
    expect((await ask('blast-radius', 's3')).stdout).toContain(
      '   1  service  s1                 1             1  urn:svc:s1\n   1  service  s2                 1           0.5  urn:svc:s2\n',
    );
    expect((await ask('moved', '--span', '10m')).stdout).toMatch(/urn:svc:s1 +urn:svc:s3 +err_rate up +300 +300 +0\.1 +0 /);
  });

  it('refuses what it cannot find or tell apart, and spans shorter than a row', async () => {
    const { db } = await make();
    await db.query(`insert into dim_tenant (tenant_id) values ('shop') on conflict do nothing`);
    await writeWorld(db, 'shop', []);
    const refuse = async (...args: string[]) => {
      const { exitCode, stderr } = await callCli(['graph', ...args, '--tenant', 'shop'], { openDb: async () => db });
      return `${exitCode} ${stderr}`;
    };
    expect(await refuse('neighbours', 'nobody')).toMatch(/^2 .*The tenant shop has no resource nobody\..*OB_RESOURCE_UNKNOWN/s);
    expect(await refuse('neighbours', 's1', '--span', '1m')).toMatch(/^2 .*1m is not a length of time of 5m or more/s);
    await db.query(`update dim_resource set name = 'cart' where resource_id in (1, 2)`);
    expect(await refuse('blast-radius', 'cart')).toMatch(/^2 .*cart may mean urn:svc:s1, urn:svc:s2\./s);
  });

  it('finds a resource by URN, then name, then alias, and only that of its tenant', async () => {
    const { db } = await make();
    await db.query(`insert into dim_tenant (tenant_id) values ('shop') on conflict do nothing`);
    await writeWorld(db, 'shop', []);
    await writeWorld(db, 'other', []);
    const alias = async (tenant: string, name: string, resource: number) =>
      db.query(`insert into dim_resource_alias values ($1, 'ip', $2, $3, 'test', now(), now())`, [tenant, name, resource]);
    await alias('shop', '10.0.0.1', 3);
    await alias('shop', 's4', 3);
    await alias('other', '10.0.0.2', 3);
    const find = (reference: string) => findResource(db, 'shop', reference).then(({ urn }) => urn);
    expect(await find('urn:svc:s2')).toBe('urn:svc:s2');
    expect(await find('10.0.0.1')).toBe('urn:svc:s3');
    expect(await find('S4')).toBe('urn:svc:s4');
    await expect(find('10.0.0.2')).rejects.toMatchObject({ code: 'OB_RESOURCE_UNKNOWN' });
    await alias('shop', '10.0.0.1', 5);
    await expect(find('10.0.0.1')).rejects.toMatchObject({ code: 'OB_RESOURCE_AMBIGUOUS' });
  });
});
