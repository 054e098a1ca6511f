import { expect, test } from 'vitest';
import { createToken } from '../../src/store/api-token.ts';
import type { Db } from '../../src/store/db.ts';
import { listBarriers } from './accessibility.ts';
import { describeConsole } from './console.ts';
import { fillRuns, fillShop } from './rows.ts';

const fill = async (db: Db): Promise<void> => {
  await fillShop(db);
  await fillRuns(db);
};

describeConsole('overview', { fill, deps: { tenants: async () => ['a', 'b', 'shop'] } }, (world) => {
  test('a sentence tells what is wrong, and the panels show lag, throughput, breakers, new errors and changes', async () => {
    const page = await world().visit('/console/');
    await page.getByText('oo-agg of b has stopped after repeated failures. 2 more findings below.').waitFor();
    expect(await page.locator('.lag').allTextContents()).toEqual([
      expect.stringMatching(/^oo-agg b59 m of 3 mlate$/),
      ...[expect.stringMatching(/^oo-agg .*1 m of 3 mon time$/), expect.stringMatching(/^oo-agg .*1 m of 3 mon time$/)],
    ]);
    await page.getByRole('img', { name: /^Rows per window from the newest \d+ windows/ }).waitFor();
    await page.getByRole('region', { name: 'Open breakers' }).getByText('The source did not answer.').waitFor();
    await page.getByText('1 window failed for good in the last day.').waitFor();
    await page.getByRole('heading', { name: 'New error patterns' }).waitFor();
    await page.getByText('No error line has a new shape.').waitFor();
    expect(await listBarriers(page)).toEqual([]);
  });

  test('the tenant of the address decides, and a choice is one step of the history', async () => {
    const page = await world().visit('/console/?tenant=shop');
    await page.getByText('All is well: 1 job of 1 tenant is on time.').waitFor();
    await page.locator('.news li').first().waitFor();
    await page.getByLabel('Tenant').selectOption('a');
    await page.waitForURL(/tenant=a/);
    await page.getByText('No error line has a new shape.').waitFor();
    await page.goBack();
    await page.waitForURL(/tenant=shop/);
    await page.locator('.news li').first().waitFor();
    expect(await listBarriers(page)).toEqual([]);
  });

  test('the theme follows the system until one is chosen, which stays', async () => {
    const page = await world().visit('/console/', { isDark: true, width: 390 });
    await page.locator('.lag').first().waitFor();
    const paper = () => page.evaluate('getComputedStyle(document.documentElement).backgroundColor');
    expect(await paper()).toBe('rgb(16, 20, 24)');
    expect(await listBarriers(page)).toEqual([]);
    await page.getByLabel('Theme').selectOption('light');
    expect(await paper()).toBe('rgb(246, 247, 249)');
    await page.reload();
    await page.locator('.lag').first().waitFor();
    expect(await paper()).toBe('rgb(246, 247, 249)');
  });

  test('an address without a page says so within the frame', async () => {
    const page = await world().visit('/console/nowhere');
    await page.getByText('The console has no page at this address.').waitFor();
    await page.getByRole('link', { name: 'Runs' }).click();
    await page.getByRole('heading', { level: 1, name: 'Runs' }).waitFor();
    expect(await page.title()).toBe('Runs · ObserveBridge');
  });

  test('the keyboard gets past the menu at once', async () => {
    const page = await world().visit('/console/');
    await page.locator('.lag').first().waitFor();
    await page.keyboard.press('Tab');
    expect(await page.evaluate('document.activeElement.textContent')).toBe('Skip to content');
    await page.keyboard.press('Enter');
    await page.keyboard.press('Tab');
    expect(await page.evaluate(`document.activeElement.closest('main') !== null`)).toBe(true);
  });
});

describeConsole('sign-in', { fill: fillRuns, deps: { open: false } }, (world) => {
  test('a server with tokens asks for one, keeps it in the tab only, and tells what it may not do', async () => {
    const token = await createToken(world().db, { name: 'reader', role: 'viewer', tenants: ['a'] });
    const page = await world().visit('/console/runs?span=1h&to=2026-01-01T12:00:00Z', { mayFail: ['/api/v1/', '/readyz'] });
    await page.getByLabel('Token').fill('ob_wrong');
    await page.getByRole('button', { name: 'Sign in' }).click();
    await page.getByRole('alert').getByText('The bearer token is unknown or has expired.').waitFor();
    expect(await listBarriers(page)).toEqual([]);
    await page.getByLabel('Token').fill(token);
    await page.keyboard.press('Enter');
    await page.locator('.grid-lane .cell').first().waitFor();
    expect(await page.locator('.grid-name').allTextContents()).toEqual(['2026-01-01', 'oo-agg a']);
    expect(page.url()).not.toContain(token);
    expect(await page.evaluate('JSON.stringify({ ...localStorage }) + document.cookie')).not.toContain(token);
    const [row] = await world().db.query<{ id: number }>(`select id::float8 as id from etl_job_run where status = 'dead'`);
    await page.goto(`${world().url}/console/runs/${row?.id}`);
    await page.getByRole('button', { name: 'Retry…' }).click();
    await page.getByRole('button', { name: 'Run again' }).click();
    await page.getByRole('alert').getByText('This needs the role operator, and the token has viewer.').waitFor();
    await page.keyboard.press('Escape');
    await page.getByRole('button', { name: 'Sign out' }).click();
    await page.getByLabel('Token').waitFor();
    expect(await page.evaluate('sessionStorage.length')).toBe(0);
  });
});
