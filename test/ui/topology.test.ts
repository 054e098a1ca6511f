import { expect, test } from 'vitest';
import { listBarriers } from './accessibility.ts';
import { describeConsole } from './console.ts';
import { CART, fillMap } from './map-rows.ts';

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
    const declared = page.getByRole('region', { name: 'Declared, not called' }).locator('tbody tr');
    expect(await declared.allTextContents()).toEqual([
      expect.stringMatching(/^paymentordersdepends on \(terraform\)0The first end made calls in 12 windows, never this one/),
    ]);
    await page.getByText('No document names either end; seen in 12 windows.').waitFor();
    expect(await listBarriers(page)).toEqual([]);
    await page.getByRole('button', { name: 'Called, not declared' }).click();
    await declared.waitFor({ state: 'detached' });
    expect(page.url()).toContain('drift=observed_not_declared');
  });

  test('a tenant without documents is told how to name some', async () => {
    const page = await world().visit('/console/topology?tenant=b');
    await page.getByText('No document declares any edge of this tenant.').waitFor();
    expect(await listBarriers(page)).toEqual([]);
  });
});
