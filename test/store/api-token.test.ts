import { expect, test } from 'vitest';
import { DAY } from '../../src/core/time.ts';
import { countTokens, createToken, findAccess, listTokens, revokeToken } from '../../src/store/api-token.ts';
import { describeDatabases } from '../support/databases.ts';

describeDatabases('tokens', ['pglite', 'postgres 18'], (make) => {
  test('a token is known by its text alone, which is not kept', async () => {
    const { db } = await make();
    const token = await createToken(db, { name: 'ci', role: 'operator', tenants: ['a'] }, DAY);
    expect(token).toMatch(/^ob_[A-Za-z0-9_-]{43}$/);
    expect(await findAccess(db, token)).toEqual({ name: 'ci', role: 'operator', tenants: ['a'] });
    expect(await findAccess(db, token.slice(0, -1))).toBeUndefined();
    expect(await findAccess(db, '')).toBeUndefined();
    const [row] = await db.query<{ row: string; days: number }>(
      `select t::text as row, extract(epoch from expires_at - created_at)::float8 / 86400 as days from api_token t`,
    );
    expect(row?.row).not.toContain(token.slice(3));
    expect(row?.days).toBe(1);
    await expect(createToken(db, { name: 'ci', role: 'viewer' })).rejects.toMatchObject({ code: 'OB_TOKEN_EXISTS' });
  });

  test('an expired or revoked token is unknown', async () => {
    const { db } = await make();
    const [first, second] = [
      await createToken(db, { name: 'first', role: 'viewer' }),
      await createToken(db, { name: 'second', role: 'admin' }),
    ];
    expect(await findAccess(db, second)).toEqual({ name: 'second', role: 'admin' });
    await db.query(`update api_token set expires_at = now() where name = 'first'`);
    expect(await findAccess(db, first)).toBeUndefined();
    expect(await countTokens(db)).toBe(1);
    await revokeToken(db, 'second');
    expect(await findAccess(db, second)).toBeUndefined();
    await expect(revokeToken(db, 'second')).rejects.toMatchObject({ code: 'OB_TOKEN_UNKNOWN' });
    expect(await countTokens(db)).toBe(0);
    expect(await listTokens(db)).toMatchObject([{ name: 'first', role: 'viewer', tenants: null }]);
  });

  test('its use is written down once a minute', async () => {
    const { db } = await make();
    const token = await createToken(db, { name: 'ci', role: 'viewer' });
    const lastUsed = async (): Promise<string | null> => (await listTokens(db))[0]?.last_used_at ?? null;
    expect(await lastUsed()).toBeNull();
    await findAccess(db, token);
    const first = await lastUsed();
    expect(first).not.toBeNull();
    await findAccess(db, token);
    expect(await lastUsed()).toBe(first);
    await db.query(`update api_token set last_used_at = now() - interval '61 seconds'`);
    const old = await lastUsed();
    await findAccess(db, token);
    expect(await lastUsed()).not.toBe(old);
  });
});
