import { expect, test } from 'vitest';
import { migrate } from '../../src/store/migrate.ts';
import { openDatabase } from '../../src/store/open-database.ts';
import { createService } from './service.ts';
import { fillWorld } from './world.ts';

test('moments are those at which declarations began or ended, newest first, page by page', async () => {
  await using db = await openDatabase('pglite:memory');
  await migrate(db);
  await fillWorld(db);
  await using service = await createService(db);
  const path = '/api/v1/topology/moments?tenant_id=a';
  const at = (minute: string, opened: number, closed: number) => ({ at: `2026-01-01T10:${minute}:00.000000Z`, opened, closed });
  const all = await service.call('GET', path);
  expect(all.body.items).toEqual([at('07', 0, 1), at('04', 1, 0), at('00', 1, 0)]);
  const first = await service.call('GET', `${path}&limit=2`);
  const rest = await service.call('GET', `${path}&limit=2&cursor=${first.body.next_cursor}`);
  expect([...first.body.items, ...rest.body.items]).toEqual(all.body.items);
  expect(rest.body.next_cursor).toBeUndefined();
  expect((await service.call('GET', `${path}&relation=DEPENDS_ON`)).body.items).toEqual([at('04', 1, 0)]);
  expect((await service.call('GET', `${path}&source=ansible`)).body.items).toEqual([]);
  expect((await service.call('GET', `${path}&resource=shop-web`)).body.items).toEqual([]);
  expect((await service.call('GET', `${path}&cursor=WyJ4Il0`)).status).toBe(400);
});

test('pages of edges are asked for by the cursors that the lists give, and by no other text', async () => {
  await using db = await openDatabase('pglite:memory');
  await migrate(db);
  await fillWorld(db);
  await using service = await createService(db);
  const range = 'from=2026-01-01T10:00:00Z&to=2026-01-01T10:10:00Z';
  for (const path of ['/api/v1/topology?tenant_id=a&at=2026-01-01T10:05:00Z', `/api/v1/topology/drift?tenant_id=a&${range}`]) {
    const answer = async (cursor: string) => (await service.call('GET', `${path}&cursor=${cursor}`)).status;
    for (const other of ['5', 'WyJ4Il0', '1_2', '1_2_x', '1_2_DEPENDS_ON%27', '12345678901234567890_1_'])
      expect(await answer(other)).toBe(400);
    for (const near of ['9999999999999999999_-9999999999999999999_', '0_0_ROUTES_TO']) expect(await answer(near)).toBe(200);
  }
});
