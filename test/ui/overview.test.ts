import { expect, test } from 'vitest';
import { createToken } from '../../src/store/api-token.ts';
import type { Db } from '../../src/store/db.ts';
import { listBarriers } from './accessibility.ts';
import { describeConsole } from './console.ts';
import { fillRuns, fillShop } from './rows.ts';

const fill = async (db: Db): Promise<void> => {
  await fillShop(db);
  await fillRuns(db);
  await db.query(`insert into dim_tenant (tenant_id) values ('shop') on conflict do nothing`);
};

describeConsole('overview', { fill, deps: { tenants: async () => ['a', 'b', 'shop'] } }, (world) => {
  test('a sentence counts what is wrong, each finding says what to do, and the panels show lag, throughput, new errors and changes', async () => {
    const page = await world().visit('/console/');
    await page.getByText('1 job has stopped, 1 window failed for good in the last day.').waitFor();
    const findings = page.getByRole('region', { name: 'What needs you' }).getByRole('listitem');
    expect(await findings.allTextContents()).toEqual([
      '✕oo-agg of b has stopped after 5 failures: The source did not answer.Mend what the reason names. One window tries again in 1 m; when it succeeds the others follow by themselves. Show its runs',
      '!1 window of oo-agg of a failed for good: The source did not answer within 30 s.Retry it once that is mended. Show its runs',
    ]);
    expect(await page.locator('.lag').allTextContents()).toEqual([
      expect.stringMatching(/^oo-agg b59 m, normal 3 mlate$/),
      ...[expect.stringMatching(/^oo-agg .*1 m, normal 3 mon time$/), expect.stringMatching(/^oo-agg .*1 m, normal 3 mon time$/)],
    ]);
    await page.getByRole('img', { name: /^Rows per window from the newest \d+ windows/ }).waitFor();
    await page.getByRole('region', { name: 'New and surging errors' }).getByText('of shop').first().waitFor();
    expect(await listBarriers(page)).toEqual([]);
    await findings.nth(1).getByRole('link', { name: 'Show its runs' }).click();
    await page
      .getByRole('button', { name: 'oo-agg of a, 2026-01-01 11:10 – 11:11: dead, attempt 2, OB_READ_TIMEOUT', exact: true })
      .waitFor();
    await page.getByRole('cell', { name: 'OB_READ_TIMEOUT' }).waitFor();
    expect(new URL(page.url()).searchParams.get('status')).toBe('dead');
  });

  test('the tenant of the address decides, and a choice is one step of the history', async () => {
    const page = await world().visit('/console/?tenant=shop');
    await page.getByText('All is well: 1 job of 1 tenant is on time.').waitFor();
    await page.locator('.news li').first().waitFor();
    await page.getByLabel('Tenant').selectOption('a');
    await page.waitForURL(/tenant=a/);
    await page.getByText('No error is new or surging.').waitFor();
    await page.goBack();
    await page.waitForURL(/tenant=shop/);
    await page.locator('.news li').first().waitFor();
    expect(await listBarriers(page)).toEqual([]);
  });

  test('a page whose script is late says that it is loading, and what is chosen meanwhile wins', async () => {
    const page = await world().visit('/console/?tenant=shop', {});
    const held = Promise.withResolvers<void>();
    await page.route(/assets\/(map|runs)-page-[^/]*\.js$/, async (route) => {
      if (route.request().url().includes('map-page')) await held.promise;
      await route.continue();
    });
    await page.reload();
    await page.getByRole('heading', { name: 'Overview' }).waitFor();
    await page.getByRole('link', { name: 'Map', exact: true }).click();
    await page.getByText('Loading page').waitFor();
    await page.getByRole('link', { name: 'Runs', exact: true }).click();
    await page.getByRole('heading', { name: 'Runs', exact: true }).waitFor();
    held.resolve();
    await page.getByRole('link', { name: 'Map', exact: true }).click();
    await page.getByRole('heading', { name: 'Map', exact: true }).waitFor();
    await page.goBack();
    await page.getByRole('heading', { name: 'Runs', exact: true }).waitFor();
  });

  test('the scripts of all pages are brought before they are opened, and a page opens with no more of them', async () => {
    const page = await world().visit('/console/');
    const listScripts = () =>
      page.evaluate(`performance.getEntriesByType('resource').map(({ name }) => /([a-z]+)-page-.*[.]js$/.exec(name)?.[1])`);
    const names = ['runs', 'run', 'map', 'topology', 'patterns', 'pattern', 'resource', 'knowledge', 'document'];
    await expect.poll(listScripts, { timeout: 20_000 }).toEqual(expect.arrayContaining(names));
    const scripts: string[] = [];
    page.on('request', (request) => scripts.push(request.url()));
    await page.getByRole('navigation', { name: 'Pages' }).getByRole('link', { name: 'Patterns' }).click();
    await page.getByRole('heading', { level: 1, name: 'Patterns' }).waitFor();
    expect(scripts.filter((url) => url.endsWith('.js'))).toEqual([]);
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

const fillUnscheduled = async (db: Db): Promise<void> => {
  await fillRuns(db);
  await db.query('delete from etl_schedule');
  await db.query('delete from etl_watermark');
  await db.query('delete from etl_job_circuit');
  await db.query(`update etl_job_run set status = 'success' where status = 'dead'`);
};

describeConsole('overview without a schedule', { fill: fillUnscheduled }, (world) => {
  test('it says that no scheduler looks after the tenants, and leads to what ran', async () => {
    const page = await world().visit('/console/');
    await page.getByText('Nothing is scheduled: no scheduler looks after this database yet.').waitFor();
    expect(await listBarriers(page)).toEqual([]);
    await page.getByRole('link', { name: 'Go to the newest run' }).click();
    await page.getByRole('button', { name: 'oo-agg of a, 2026-01-01 11:57 – 11:58: success', exact: true }).waitFor();
  });

  test('runs without a schedule have their row of the grid, an empty time leads to them, and they can be filled', async () => {
    const page = await world().visit('/console/runs?span=1h');
    await page.getByText('Nothing is scheduled here, and nothing ran at this time.').waitFor();
    await page.getByRole('link', { name: 'Go to the newest run' }).first().click();
    await page.getByRole('button', { name: 'oo-agg of a, 2026-01-01 11:57 – 11:58: success', exact: true }).waitFor();
    expect(await page.locator('.grid-name').allTextContents()).toEqual(['2026-01-01', 'oo-agg a']);
    await page.getByRole('button', { name: 'Backfill…' }).click();
    const dialog = page.getByRole('dialog', { name: 'Backfill' });
    expect(await dialog.getByLabel('Job and tenant').inputValue()).toBe('oo-agg a');
    await dialog.getByText('No scheduler looks after this job yet').waitFor();
    expect(await listBarriers(page)).toEqual([]);
  });

  test('a time with nothing to fill says so in the dialog', async () => {
    const page = await world().visit('/console/runs?span=1h');
    await page.getByRole('button', { name: 'Backfill…' }).click();
    await page.getByRole('dialog', { name: 'Backfill' }).getByText('There is nothing to fill yet.').waitFor();
    expect(await page.getByRole('button', { name: 'See what would happen' }).isDisabled()).toBe(true);
  });
});
