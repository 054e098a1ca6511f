import { expect, test } from 'vitest';
import { type Change, describeMoved, orderChanges } from '../../ui/src/text/changes.ts';
import { formatIn } from '../../ui/src/text/unit.ts';
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
    await page.getByRole('img', { name: 'requests_total: newest all series 177/s.' }).waitFor();
    await page.getByRole('img', { name: /^memory_bytes: newest greatest 79 B, p95 74 B, mean 52.1 B\.$/ }).waitFor();
    await page.getByRole('region', { name: 'Log patterns' }).getByRole('link', { name: 'order 17 failed' }).waitFor();
    const changes = page.getByRole('region', { name: 'Changes here and one hop away' });
    await changes.getByText('1 new error pattern in cart').waitFor();
    expect(await changes.locator('strong[title]').first().getAttribute('title')).toBe(CART);
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
    expect(await metrics.nth(5).locator('canvas').count()).toBe(0);
    await metrics.nth(5).scrollIntoViewIfNeeded();
    await metrics.nth(5).locator('canvas').waitFor();
    await page.getByRole('button', { name: 'Show more' }).click();
    await metrics.nth(7).waitFor();
    await page.getByLabel('Named').fill('GC');
    await metrics.nth(1).waitFor({ state: 'detached' });
    await metrics.getByText('counter, per second').waitFor();
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

  test('a span that is drawn in a chart becomes the time of the page, and pointing marks the moment in all charts', async () => {
    const page = await world().visit(`/console/resource?tenant=a&urn=${CART}`);
    const chart = page.getByRole('img', { name: /^requests_total/ });
    await chart.locator('.u-over').hover();
    const times = page.locator('figure .u-legend tr:first-child .u-value');
    const told = async (): Promise<string[]> => [...new Set(await times.allTextContents())];
    await expect.poll(told, { timeout: 20_000 }).toEqual([expect.stringMatching(/^2026-01-01 11:(29|30)$/)]);
    const box = await chart.locator('.u-over').boundingBox();
    if (box === null) return expect.unreachable();
    const at = (share: number): [number, number] => [box.x + box.width * share, box.y + 20];
    await page.mouse.move(...at(0.25));
    await page.mouse.down();
    await page.mouse.move(...at(0.75), { steps: 4 });
    await page.mouse.up();
    await page.waitForURL(/from=2026-01-01T11%3A1[45]/);
    await page.getByText(/^2026-01-01 11:1[45] – 11:4[56] UTC$/).waitFor();
    await page.goBack();
    await page.getByText('2026-01-01 11:00 – 12:00 UTC').waitFor();
  });

  test('another theme and another time are drawn in the charts that are there', async () => {
    const page = await world().visit(`/console/resource?tenant=a&urn=${CART}`);
    const canvas = page.getByRole('img', { name: /^Called by: at most/ }).locator('canvas');
    await canvas.evaluate((element) => element.setAttribute('data-first', ''));
    const read = (): Promise<string> =>
      page.locator('canvas[data-first]').evaluate((element) => (element instanceof HTMLCanvasElement ? element.toDataURL() : ''));
    const light = await read();
    await page.getByLabel('Theme').selectOption('dark');
    await expect.poll(read).not.toBe(light);
    const hour = await read();
    await page.getByRole('button', { name: '10m' }).click();
    await expect.poll(read).not.toBe(hour);
  });

  test('the list finds resources by name, kind and alias, and a resource that is none says what to do', async () => {
    const page = await world().visit('/console/resource?tenant=a', { mayFail: ['urn:svc:nobody', 'urn%3Asvc%3Anobody'] });
    const rows = page.getByRole('region', { name: 'Resources' }).locator('tbody tr');
    await rows.nth(8).waitFor();
    expect(await rows.nth(0).textContent()).toMatch(/^catalog.*20.*0.5 %/);
    expect(await listBarriers(page)).toEqual([]);
    await page.getByLabel('Kind').selectOption('database');
    await expect.poll(() => rows.count(), { timeout: 20_000 }).toBe(1);
    await page.getByLabel('Kind').selectOption('All');
    await page.getByLabel('Search').pressSequentially('7d9f', { delay: 30 });
    await page.getByText('also cart-7d9f').waitFor();
    expect(await page.getByLabel('Search').inputValue()).toBe('7d9f');
    await page.waitForURL(/q=7d9f/);
    await page.getByLabel('Search').fill('nobody');
    await page.getByText('No resource is like that.').waitFor();
    await page.goto(`${world().url}/console/resource?tenant=a&urn=urn:svc:nobody`);
    await page.getByRole('alert').waitFor();
    expect(await page.getByRole('heading', { level: 1 }).allTextContents()).toEqual(['nobody']);
  });
});

const moved = (dst: string, details: Record<string, unknown>): Change => ({
  ...{ at: '2026-01-01T11:00:00Z', kind: 'edge_moved', text: dst, urns: [CART, dst], hops: 0, details, provenance: {} },
});
const latency = (dst: string, from: number, to: number): Change =>
  moved(dst, { moved: [`p95_ms ${to > from ? 'up' : 'down'}`], calls: 310, baseline_calls: 300, p95_ms: to, baseline_p95_ms: from });

test('changes say from what to what, most striking first', () => {
  const worse = moved('urn:svc:x', {
    moved: ['err_rate up', 'p95_ms down'],
    calls: 40,
    baseline_calls: 50,
    err_rate: 0.2,
    baseline_err_rate: 0,
    p95_ms: 3,
    baseline_p95_ms: 9,
  });
  const event: Change = { ...latency('urn:svc:e', 1, 1), kind: 'event', text: 'deployed' };
  const ordered = orderChanges([
    latency('urn:svc:better', 90, 10),
    latency('urn:svc:twice', 10, 20),
    event,
    latency('urn:svc:tenfold', 10, 100),
    worse,
  ]);
  expect(ordered.map(({ urns, text }) => urns[1] ?? text)).toEqual([
    ...['urn:svc:x', 'urn:svc:tenfold', 'urn:svc:twice', 'urn:svc:e', 'urn:svc:better'],
  ]);
  expect(describeMoved(latency('urn:svc:a', 12, 40))).toEqual({
    ...{ measures: ['p95 12 ms → 40 ms'], calls: 'over 310 calls, 300 before', isWorse: true },
  });
  expect(describeMoved(worse).measures).toEqual(['errors 0 % → 20 %', 'p95 9 ms → 3 ms']);
});

test.each([
  ['seconds', 0.0243, '24.3 ms'],
  ['seconds', 0.0000243, '24.3 µs'],
  ['seconds per second', 0.5, '0.5 s/s'],
  ['bytes per second', 2048, '2 KiB/s'],
  ['mebibytes', 2048, '2 GiB'],
  ['ratio', 0.25, '25 %'],
  ['millicores', 12.1, '12.1 mCPU'],
  ['ops per second', 3, '3 ops/s'],
  ['per second', 3, '3/s'],
  ['unix seconds', 1_767_225_600, '2026-01-01 00:00'],
  [null, 1234, '1.23K'],
])('a value of the unit %s', (unit, value, text) => {
  expect(formatIn(unit)(value)).toBe(text);
});
