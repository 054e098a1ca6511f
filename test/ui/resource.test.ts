import { expect, test } from 'vitest';
import { listBarriers } from './accessibility.ts';
import { describeConsole } from './console.ts';
import { CART, fillMap } from './map-rows.ts';

describeConsole('resource', { fill: fillMap }, (world) => {
  test('all about one resource is on one page', async () => {
    const page = await world().visit(`/console/resource?tenant=a&urn=${CART}`);
    await page.getByRole('heading', { level: 1, name: 'cart service' }).waitFor();
    const callers = page.getByRole('region', { name: 'Called by' }).first();
    await callers.getByRole('img', { name: 'Called by: at most 10 calls per second.' }).waitFor();
    await callers.getByRole('link', { name: 'gateway' }).waitFor();
    const callees = page.getByRole('region', { name: 'Calls', exact: true }).first();
    expect(await callees.getByRole('link').allTextContents()).toEqual(['orders', 'payment']);
    await page.getByRole('img', { name: /^requests_total: newest all series 177/ }).waitFor();
    await page.getByRole('link', { name: 'order <*> failed' }).waitFor();
    await page.getByText('A new pattern in urn:k8s:svc:shop/cart').waitFor();
    expect(await page.getByRole('region', { name: 'Declared edges' }).last().locator('tbody tr').count()).toBe(2);
    await page.getByRole('link', { name: 'Cart runbook' }).waitFor();
    await page.getByRole('region', { name: 'Other names' }).getByText('cart-7d9f').waitFor();
    expect(await listBarriers(page)).toEqual([]);
  });

  test('metrics are shown a few at a time and found by name', async () => {
    const page = await world().visit(`/console/resource?tenant=a&urn=${CART}`, { width: 390, isDark: true });
    const metrics = page.locator('figure');
    await metrics.nth(5).waitFor();
    expect(await metrics.count()).toBe(6);
    await page.getByRole('button', { name: 'Show more' }).click();
    await metrics.nth(7).waitFor();
    await page.getByLabel('Named').fill('GC');
    await page.getByText('counter, own unit per second').waitFor();
    expect(await metrics.count()).toBe(1);
    expect(await listBarriers(page)).toEqual([]);
  });

  test('raw rows are told by stream, window and query, and what cannot be read says why', async () => {
    const page = await world().visit(`/console/resource?tenant=a&urn=${CART}`, { mayFail: ['/lines'] });
    await page.getByRole('button', { name: 'Raw rows of cart → payment' }).click();
    const dialog = page.getByRole('dialog', { name: 'Raw rows of cart → payment' });
    await dialog.getByText('SELECT * FROM "default"').waitFor();
    await dialog.getByText('2026-01-01 11:55 – 12:00 UTC').waitFor();
    await dialog.getByRole('button', { name: 'Read 50 of them from the source' }).click();
    await dialog.getByRole('alert').waitFor();
    expect(await listBarriers(page)).toEqual([]);
    await page.keyboard.press('Escape');
    await dialog.waitFor({ state: 'detached' });
  });

  test('another time and the links to neighbours are in the address', async () => {
    const page = await world().visit(`/console/resource?tenant=a&urn=${CART}`);
    await page.getByRole('button', { name: '10m' }).click();
    await page.getByText('2026-01-01 11:50 – 12:00 UTC').first().waitFor();
    await page.getByRole('button', { name: 'Earlier' }).click();
    await page.getByText('2026-01-01 11:45 – 11:55 UTC').first().waitFor();
    await page.getByRole('region', { name: 'Called by' }).getByRole('link', { name: 'gateway' }).click();
    await page.getByRole('heading', { level: 1, name: 'gateway service' }).waitFor();
    await page.goBack();
    await page.getByText('2026-01-01 11:45 – 11:55 UTC').first().waitFor();
  });

  test('the list finds resources by name, kind and alias, and a resource that is none says what to do', async () => {
    const page = await world().visit('/console/resource?tenant=a', { mayFail: ['urn:svc:nobody', 'urn%3Asvc%3Anobody'] });
    const rows = page.getByRole('region', { name: 'Resources' }).locator('tbody tr');
    await rows.nth(8).waitFor();
    expect(await listBarriers(page)).toEqual([]);
    await page.getByLabel('Kind').selectOption('database');
    await expect.poll(() => rows.count(), { timeout: 20_000 }).toBe(1);
    await page.getByLabel('Kind').selectOption('All');
    await page.getByLabel('Search').fill('7d9f');
    await page.getByText('also cart-7d9f').waitFor();
    await page.getByLabel('Search').fill('nobody');
    await page.getByText('No resource is like that.').waitFor();
    await page.goto(`${world().url}/console/resource?tenant=a&urn=urn:svc:nobody`);
    await page.getByRole('alert').waitFor();
    expect(await page.getByRole('heading', { level: 1 }).allTextContents()).toEqual(['nobody']);
  });
});
