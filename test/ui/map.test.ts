import { expect, test } from 'vitest';
import type { Db } from '../../src/store/db.ts';
import { listBarriers } from './accessibility.ts';
import { describeConsole } from './console.ts';
import { CART, fillLargeMap, fillMap } from './map-rows.ts';

const fill = async (db: Db): Promise<void> => {
  await fillMap(db);
  await fillLargeMap(db, 2000);
};
const PLACES = 'localStorage.getItem("observebridge.places.calls.a")';

describeConsole('map', { fill }, (world) => {
  test('calls are drawn and stand in a table, with rates, errors and latencies', async () => {
    const page = await world().visit('/console/map?tenant=a');
    await page.getByText('8 resources, 8 edges').waitFor();
    await page.getByRole('img', { name: 'Map of 8 resources and 8 edges; the table below says the same.' }).waitFor();
    const rows = page.getByRole('region', { name: 'Calls' }).locator('tbody tr');
    expect(await rows.count()).toBe(8);
    const payment = rows.filter({ hasText: 'grpc' });
    expect(await payment.locator('th, td').allTextContents()).toEqual([
      'cart',
      'payment',
      '3',
      '10 %',
      '80 ms',
      expect.stringMatching(/^\d+ ms$/),
      'grpc',
      'Raw rows',
    ]);
    await page.getByRole('combobox', { name: /^Order/ }).selectOption('most errors');
    expect(await rows.first().textContent()).toContain('payment');
    expect(await page.getByRole('list', { name: 'Legend' }).locator('li').allTextContents()).toEqual([
      ...['service', 'database or storage', 'queue or topic', 'external host'],
      ...['no errors', 'under 1 % errors', '1 to 5 % errors', '5 % errors or more', 'width: calls per second'],
    ]);
    expect(await listBarriers(page)).toEqual([]);
  });

  test('the keyboard finds a resource and goes around it; the address holds all of it', async () => {
    const page = await world().visit('/console/map?tenant=a', { width: 390, isDark: true });
    await page.getByText('8 resources, 8 edges').waitFor();
    await page.getByRole('combobox', { name: 'Focus on' }).fill('7D9F');
    await page.locator('[role=listbox] [role=option]').getByText('also cart-7d9f').waitFor();
    await page.keyboard.press('Enter');
    await page.getByText('4 resources, 3 edges within 1 hop').waitFor();
    await page.getByRole('button', { name: '2 hops' }).click();
    await page.getByText('7 resources, 7 edges within 2 hops').waitFor();
    expect(new URL(page.url()).searchParams.get('focus')).toBe(CART);
    await page.getByRole('region', { name: 'Chosen' }).getByText('from 1 caller, 0 % errors').waitFor();
    expect(await listBarriers(page)).toEqual([]);
    await page.reload();
    await page.getByText('7 resources, 7 edges within 2 hops').waitFor();
    await page.goBack();
    await page.getByText('4 resources, 3 edges within 1 hop').waitFor();
    await page.getByRole('link', { name: 'All about cart' }).click();
    await page.getByRole('heading', { level: 1, name: 'cart' }).waitFor();
  });

  test('nodes stay where they are when the page is opened again, until they are laid out again', async () => {
    const page = await world().visit('/console/map?tenant=a');
    await page.locator('.graph[data-settled=true]').waitFor();
    const before = await page.evaluate<string>(PLACES);
    expect(Object.keys(JSON.parse(before))).toHaveLength(8);
    await page.reload();
    await page.locator('.graph[data-settled=true]').waitFor();
    expect(await page.evaluate(PLACES)).toBe(before);
    const other = await world().visit('/console/map?tenant=a');
    await other.locator('.graph[data-settled=true]').waitFor();
    expect(await other.evaluate(PLACES)).toBe(before);
    await other.evaluate(`localStorage.setItem('observebridge.places.calls.a', '{"${CART}": [5000, 5000]}')`);
    await other.getByRole('button', { name: 'Lay out again' }).click();
    await other.locator('.graph[data-settled=true]').waitFor();
    await expect.poll(() => other.evaluate(PLACES)).toBe(before);
  });

  test('what lies under the pointer is told, and a click on it chooses', async () => {
    const page = await world().visit(`/console/map?tenant=a&focus=${CART}`);
    await page.locator('.graph[data-settled=true]').waitFor();
    const [area, places] = [await page.locator('.graph-canvas').boundingBox(), JSON.parse(await page.evaluate<string>(PLACES))];
    const { x = 0, y = 0, width = 0, height = 0 } = area ?? {};
    const [cart, payment] = [places[CART], places['urn:k8s:svc:shop/payment']];
    const [orders, gateway] = [places['urn:db:mysql:orders.db/orders'], places['urn:k8s:svc:shop/gateway']];
    // Places are drawn as wide as the area is.
    const stretch = Math.min(2, Math.max(0.6, width / height));
    for (const place of [cart, payment, orders, gateway]) place[0] *= stretch;
    const extent = (axis: 0 | 1): [number, number] => {
      const values = [cart, payment, orders, gateway].map((spot) => spot[axis]);
      return [Math.min(...values) - 1, Math.max(...values) + 1];
    };
    const [[left, right], [low, high]] = [extent(0), extent(1)];
    const scale = Math.max(right - left, high - low);
    // The drawing fits the longer side of the graph to the shorter one of the area, and widens it as far as both allow.
    const [shape, frame] = [(high - low) / (right - left), height / width];
    const widened = shape > 1 !== frame > 1 ? 1 : Math.min(Math.max(shape, 1 / shape), Math.max(frame, 1 / frame));
    const room = widened * (Math.min(width, height) - 2 * 56);
    const spot = (place: number[]): [number, number] => [
      x + width / 2 + (((place[0] ?? 0) - (left + right) / 2) / scale) * room,
      y + height / 2 - (((place[1] ?? 0) - (low + high) / 2) / scale) * room,
    ];
    const middle = spot([(cart[0] + payment[0]) / 2, (cart[1] + payment[1]) / 2]);
    await page.mouse.move(middle[0] - 1, middle[1] - 1);
    await page.mouse.move(...middle);
    await page.locator('.graph-words').getByText('median 80 ms').waitFor();
    await page.mouse.click(...middle);
    await page.getByRole('region', { name: 'Chosen' }).getByText('cart → payment').waitFor();
    await page.mouse.click(...spot(payment));
    await page.waitForURL(/focus=urn%3Ak8s%3Asvc%3Ashop%2Fpayment/);
  });

  test('a time without calls says so, and a resource without calls leads to its page', async () => {
    const page = await world().visit('/console/map?tenant=a&span=1h&to=2026-01-01T05:00:00Z');
    await page.getByText('Nothing was called in this time.').waitFor();
    await page.getByRole('button', { name: 'Newest' }).click();
    await page.getByText('8 resources, 8 edges').waitFor();
    await page.goto(`${world().url}/console/map?tenant=a&focus=urn:host:node-1`);
    await page.getByText('This resource has no calls in this time.').waitFor();
    await page.getByRole('link', { name: 'See what else is known about it' }).click();
    await page.getByRole('heading', { level: 1, name: 'node-1' }).waitFor();
  });

  test('two thousand resources are laid out without holding up the page', async () => {
    const page = await world().visit('/console/map?tenant=b');
    await page.getByText(/^2,000 resources, [\d,]+ edges$/).waitFor();
    await page.getByRole('combobox', { name: 'Focus on' }).fill('service-17');
    await page.locator('[role=listbox] [role=option]').first().waitFor();
    await page.keyboard.press('Enter');
    await page.getByText(/within 1 hop$/).waitFor();
    await page.locator('.graph[data-settled=true]').waitFor({ timeout: 50_000 });
    expect(Object.keys(JSON.parse(await page.evaluate<string>(PLACES.replace('calls.a', 'calls.b'))))).toHaveLength(2000);
    expect(await page.getByRole('region', { name: 'Calls' }).locator('tbody tr').count()).toBeLessThan(100);
  });
});
