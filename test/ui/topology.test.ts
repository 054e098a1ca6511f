import { expect, test } from 'vitest';
import { listBarriers } from './accessibility.ts';
import { describeConsole } from './console.ts';
import { CART, fillMap } from './map-rows.ts';

const toSecond = (time: string | null): string => time?.replace(/\.0+Z$/, 'Z') ?? 'now';

describeConsole('topology', { fill: fillMap }, (world) => {
  test('the slider goes over the changes, and the table shows who declares an edge where', async () => {
    const page = await world().visit('/console/topology?tenant=a');
    await page.getByText('5 resources, 4 edges at 2026-01-01 12:00 UTC').waitFor();
    const rows = page.getByRole('region', { name: 'Declared edges' }).locator('tbody tr');
    expect(await rows.count()).toBe(4);
    expect(await rows.first().textContent()).toContain('k8s/shop.yaml:40 · env ORDERS_HOST');
    expect(await listBarriers(page)).toEqual([]);
    await page.getByRole('slider', { name: 'Time' }).focus();
    await page.keyboard.press('ArrowLeft');
    await page.getByText('2026-01-01 11:00 UTC: 1 declaration opened, 1 closed').waitFor();
    await page.keyboard.press('ArrowLeft');
    await page.getByText('5 resources, 4 edges at 2026-01-01 09:00 UTC').waitFor();
    await page.getByRole('link', { name: 'node-1' }).waitFor();
    await page.getByRole('button', { name: 'Time: earlier change' }).click();
    await page.getByText('4 resources, 3 edges at 2026-01-01 08:00 UTC').waitFor();
    await page.getByRole('button', { name: `Details of ${CART} DEPENDS_ON` }).click();
    const declarations = page.getByRole('region', { name: 'Declarations of the edge' }).locator('tbody tr');
    expect(await declarations.locator('td:nth-child(3)').allTextContents()).toEqual([
      'k8s/shop.yaml:40 · env ORDERS_HOST',
      'shop/main.tf:12 · env ORDERS_HOST',
    ]);
    await page.reload();
    await declarations.first().waitFor();
    await page.getByText('4 resources, 3 edges at 2026-01-01 08:00 UTC').waitFor();
  });

  test('a slider that is dragged asks once where it rests, keeps the picture meanwhile, and shows what just changed', async () => {
    const page = await world().visit('/console/topology?tenant=a');
    await page.getByText('5 resources, 4 edges at 2026-01-01 12:00 UTC').waitFor();
    // While places are looked for, names may cover each other, and then some are hidden.
    await page.locator('.graph[data-settled=true]').waitFor();
    const names = page.locator('.graph-names span:visible');
    await names.nth(4).waitFor();
    expect(await names.count()).toBe(5);
    const asked: string[] = [];
    page.on('request', (request) => {
      const { pathname, searchParams } = new URL(request.url());
      if (pathname === '/api/v1/topology') asked.push(toSecond(searchParams.get('at')));
    });
    const track = (await page.getByRole('slider', { name: 'Time' }).boundingBox()) ?? expect.unreachable();
    const at = (share: number) => [track.x + 10 + share * (track.width - 20), track.y + track.height / 2] as const;
    // However long the movements take, the slider does not rest meanwhile.
    await page.clock.install();
    await page.clock.pauseAt(Date.now() + 60_000);
    await page.mouse.move(...at(1));
    await page.mouse.down();
    for (const share of [0.9, 0.6, 0.1, 0, 0.3, 0.66]) await page.mouse.move(...at(share));
    expect(await names.count()).toBe(5);
    expect(asked).toEqual([]);
    await page.mouse.up();
    await page.clock.resume();
    const words = '5 resources, 4 edges at 2026-01-01 11:00 UTC; just 1 closed, 1 opened: what changed';
    const status = page.getByRole('status').filter({ hasText: words });
    await status.waitFor();
    expect(asked).toEqual(['2026-01-01T11:00:00Z']);
    expect(await page.getByRole('list', { name: 'Legend' }).locator('li').allTextContents()).toEqual(
      expect.arrayContaining(['just closed', 'just opened']),
    );
    // What closed is in the picture once more.
    await names.filter({ hasText: 'node-1' }).waitFor();
    await page.getByRole('link', { name: 'what changed' }).click();
    await page.getByText('1 opened, 1 closed, 0 changed').waitFor();
    expect(toSecond(new URL(page.url()).searchParams.get('from'))).toBe('2026-01-01T09:00:00Z');
    await page.goBack();
    await status.waitFor();
  });

  test('scopes with a problem come first, with their reason and what to do, and are told of at the top', async () => {
    await world().db.query(
      `insert into topo_scope (tenant_id, source, scope, observed_at, complete, status, status_reason, edges, input) values
       ('a', 'pulumi', 'moved', '2026-01-01 11:00+00', false, 'orphaned', 'Its document is no longer there.', 2, 'shop'),
       ('a', 'terraform', 'zone', '2026-01-01 11:00+00', true, 'held', 'It would close 3 of 4 edges.', 4, 'shop')`,
    );
    const page = await world().visit('/console/topology?tenant=a', { width: 390 });
    await page.getByText('2 scopes of 4 could not be brought up to date').waitFor();
    await page.getByRole('link', { name: 'see why and what to do' }).click();
    const rows = page.getByRole('region', { name: 'Sources and scopes' }).locator('tbody tr');
    expect(await rows.locator('td:nth-child(3)').allTextContents()).toEqual([
      expect.stringMatching(/^orphaned: Its document is no longer there\.Its edges stay open.*topo discover --force/),
      expect.stringMatching(/^held: It would close 3 of 4 edges\.More edges are gone than may go at once.*topo discover --force/),
      ...['ok', 'ok'],
    ]);
    expect(await listBarriers(page)).toEqual([]);
    await world().db.query(`delete from topo_scope where tenant_id = 'a' and status <> 'ok'`);
  });

  test('filters narrow down, and say so where nothing is left', async () => {
    const page = await world().visit('/console/topology?tenant=a&source=kubernetes', { isDark: true });
    await page.getByText('3 resources, 2 edges').waitFor();
    await page.getByLabel('Relation').selectOption('routes to');
    await page.getByText('2 resources, 1 edge at').waitFor();
    await page.getByLabel('Relation').selectOption('starts after');
    await page.getByText('No document declares an edge like that.').waitFor();
    expect(await listBarriers(page)).toEqual([]);
  });

  test('two times differ by what opened and closed between them', async () => {
    const page = await world().visit('/console/topology?tenant=a&view=diff&to=2026-01-01T11:30:00Z', { width: 390 });
    await page.getByText('1 opened, 1 closed, 0 changed').waitFor();
    const rows = page.getByRole('region', { name: '2 differences' }).locator('tbody tr');
    expect((await rows.allTextContents()).map((text) => text.slice(0, 8))).toEqual(['− closed', '+ opened']);
    expect(await listBarriers(page)).toEqual([]);
    await page.getByRole('button', { name: 'From: earlier change' }).click();
    await page.getByText('2 opened, 1 closed, 0 changed').waitFor();
    await page.goto(`${world().url}/console/topology?tenant=a&view=diff&from=2026-01-01T11:00:00Z&to=2026-01-01T09:00:00Z`);
    await page.getByText('The first time is not before the second.').waitFor();
  });

  test('drift says what is declared and not called, and called and not declared, and what that means', async () => {
    const page = await world().visit('/console/topology?tenant=a&view=drift');
    await page.getByText('calls in 12 of 288 windows of five minutes').waitFor();
    await page.getByText('Documents declare 1 edge over which no call was seen').waitFor();
    const declared = page.getByRole('region', { name: 'Declared, not called' }).locator('tbody tr');
    expect(await declared.allTextContents()).toEqual([
      expect.stringMatching(/^paymentordersdepends on \(terraform\)0The first end made calls in 12 windows, never this one/),
    ]);
    await page.getByText('No document names either end; seen in 12 windows.').waitFor();
    expect(await listBarriers(page)).toEqual([]);
    await page.getByRole('searchbox', { name: 'Filter' }).fill('shipping');
    await page.getByRole('region', { name: 'Called, not declared' }).locator('tbody tr').nth(1).waitFor({ state: 'detached' });
    expect(await page.getByRole('region', { name: 'Called, not declared' }).locator('tbody tr').count()).toBe(1);
    await page.getByRole('button', { name: 'Called, not declared' }).click();
    await declared.waitFor({ state: 'detached' });
    expect(page.url()).toContain('drift=observed_not_declared');
  });

  test('a tenant without documents is told how to name some', async () => {
    const page = await world().visit('/console/topology?tenant=b');
    await page.getByText('No document declares any edge of this tenant.').waitFor();
    expect(await listBarriers(page)).toEqual([]);
  });

  test('a large topology comes a thousand edges at a time', async () => {
    const { db, visit } = world();
    await db.query(
      `insert into dim_resource (tenant_id, resource_id, urn, kind, name, first_seen, last_seen)
       select 'b', i, 'urn:svc:large-' || i, 'service', 'large-' || i, '2026-01-01', '2026-01-01' from generate_series(1, 40) i`,
    );
    await db.query(
      `insert into topo_edge_time (tenant_id, src_resource_id, dst_resource_id, relation, source, scope, valid, recorded_at)
       select 'b', 1 + i / 39, 1 + (i / 39 + 1 + i % 39) % 40, 'DEPENDS_ON', 'terraform', 's', '[2026-01-01,)', '2026-01-01' from generate_series(0, 1100) i`,
    );
    const page = await visit('/console/topology?tenant=b');
    await page.getByText('1,000 edges at 2026-01-01 12:00 UTC; there are more').waitFor();
    await page.getByRole('button', { name: 'Show more' }).first().click();
    await page.getByText('1,101 edges at 2026-01-01 12:00 UTC').waitFor();
    expect(await page.getByText('there are more').count()).toBe(0);
  });
});
