import { expect, test } from 'vitest';
import { findAccess } from '../../src/store/api-token.ts';
import { callCli } from '../support/cli.ts';
import { describeDatabases } from '../support/databases.ts';

describeDatabases('ob tokens', ['pglite'], (make) => {
  test('makes, lists and revokes', async () => {
    const { db } = await make();
    const ob = (...args: string[]) => callCli(['tokens', ...args, '--output', 'json'], { openDb: async () => db });
    const created = await ob('create', '--name', 'ci', '--role', 'operator', '--tenant', 'a', '--tenant', 'b', '--expires', '90d');
    expect(created.exitCode).toBe(0);
    const { token, ...rest } = JSON.parse(created.stdout);
    expect(rest).toEqual({ name: 'ci', role: 'operator', tenants: ['a', 'b'] });
    expect(await findAccess(db, token)).toEqual({ name: 'ci', role: 'operator', tenants: ['a', 'b'] });
    const listed = await ob('list');
    expect(JSON.parse(listed.stdout)).toMatchObject([{ name: 'ci', expires_at: expect.any(String) }]);
    expect(listed.stdout).not.toContain(token);
    expect((await ob('revoke', 'ci')).exitCode).toBe(0);
    expect(await findAccess(db, token)).toBeUndefined();
    expect(await ob('revoke', 'ci')).toMatchObject({ exitCode: 2, stderr: expect.stringContaining('OB_TOKEN_UNKNOWN') });
  });

  test('refuses what it does not understand', async () => {
    const ob = (...args: string[]) => callCli(['tokens', 'create', '--name', 'ci', ...args]);
    expect(await ob('--role', 'king')).toMatchObject({ exitCode: 2 });
    expect(await ob()).toMatchObject({ exitCode: 2 });
    expect(await ob('--role', 'viewer', '--expires', 'soon')).toMatchObject({ exitCode: 2, stderr: expect.stringContaining('soon') });
    expect(await ob('--role', 'viewer', '--expires', '0d')).toMatchObject({ exitCode: 2 });
  });
});
