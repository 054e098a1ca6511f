import type { Page } from 'playwright-core';
import { expect, test } from 'vitest';
import type { Db } from '../../src/store/db.ts';
import { listBarriers } from './accessibility.ts';
import { describeConsole } from './console.ts';
import { CART, fillLargeMap, fillMap, fillMiddleMap } from './map-rows.ts';

const fill = async (db: Db): Promise<void> => {
  await fillMap(db);
  await fillLargeMap(db, 2000);
  await fillMiddleMap(db);
};
const PLACES = 'localStorage.getItem("observebridge.places.calls.a")';

describeConsole('map', { fill, deps: { tenants: async () => ['a', 'b', 'c'] } }, (world) => {
  test('calls are drawn and stand in a table, with rates, errors and latencies', async () => {
    const page = await world().visit('/console/map?tenant=a');
    await page.getByText('8 resources, 8 edges').waitFor();
    await page.getByRole('img', { name: 'Map of 8 resources and 8 edges; the table below says the same.' }).waitFor();
    const rows = page.getByRole('region', { name: 'Calls' }).locator('tbody tr');
    expect(await rows.count()).toBe(8);
    expect(await rows.filter({ hasText: 'orders' }).first().locator('td').first().textContent()).toBe('orders database');
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
      'Mark',
    ]);
    await page.getByRole('combobox', { name: /^Order/ }).selectOption('most errors');
    expect(await rows.first().textContent()).toContain('payment');
    expect(await page.getByRole('list', { name: 'Legend' }).locator('li').allTextContents()).toEqual([
      ...['service', 'database or storage', 'queue or topic', 'external host'],
      ...['no errors', 'under 1 % errors', '1 to 5 % errors', '5 % errors or more', '0.233 calls/s', '23.3 calls/s'],
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

  test('who types on and presses Enter at once gets what was typed, not what was listed', async () => {
    const page = await world().visit('/console/map?tenant=a');
    const search = page.getByRole('combobox', { name: 'Focus on' });
    await search.fill('gateway');
    await page.locator('[role=listbox] [role=option]').getByText('urn:k8s:svc:shop/gateway').waitFor();
    await page.route('**/api/v1/resources?*', async (route) => {
      // The answer comes after the key.
      await pressed.promise;
      await route.continue();
    });
    const pressed = Promise.withResolvers<void>();
    await search.fill('payment');
    await page.keyboard.press('Enter');
    pressed.resolve();
    await page.waitForURL(/focus=urn%3Ak8s%3Asvc%3Ashop%2Fpayment/);
    expect(await search.inputValue()).toBe('payment');
  });

  test('a resource that is new is placed beside those that it calls, and the others stay', async () => {
    const page = await world().visit('/console/map?tenant=a');
    await page.locator('.graph[data-settled=true]').waitFor();
    const before = JSON.parse(await page.evaluate<string>(PLACES));
    const { [CART]: cart, ...others } = before;
    await page.evaluate(`localStorage.setItem('observebridge.places.calls.a', '${JSON.stringify(others)}')`);
    await page.reload();
    await page.locator('.graph[data-settled=true]').waitFor();
    const after = JSON.parse(await page.evaluate<string>(PLACES));
    expect({ ...after, [CART]: cart }).toEqual(before);
    const near = ['urn:k8s:svc:shop/gateway', 'urn:k8s:svc:shop/payment', 'urn:db:mysql:orders.db/orders'].map((urn) => before[urn]);
    const mean = [0, 1].map((axis) => near.reduce((sum, place) => sum + place[axis], 0) / near.length);
    expect(Math.hypot(after[CART][0] - (mean[0] ?? 0), after[CART][1] - (mean[1] ?? 0))).toBeLessThan(120);
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
    await page.locator('.graph-names span').nth(3).waitFor();
    const [cart, payment] = [await spotOf(page, CART), await spotOf(page, 'urn:k8s:svc:shop/payment')];
    const middle = [(cart[0] + payment[0]) / 2, (cart[1] + payment[1]) / 2] as const;
    await page.mouse.move(middle[0] - 1, middle[1] - 1);
    await page.mouse.move(...middle);
    await page.locator('.graph-words').getByText('median 80 ms').waitFor();
    expect(await page.locator('.graph-names span:visible').allTextContents()).toEqual(expect.arrayContaining(['cart', 'payment']));
    expect(await page.locator('.graph-names span:visible').count()).toBe(2);
    await page.mouse.click(...middle);
    await page.getByRole('region', { name: 'Chosen' }).getByText('cart → payment').waitFor();
    await page.mouse.click(...payment);
    await page.waitForURL(/focus=urn%3Ak8s%3Asvc%3Ashop%2Fpayment/);
  });

  test('without a pointer a call is marked from the table, found by the filter, and the address keeps both', async () => {
    const page = await world().visit('/console/map?tenant=a');
    await page.getByRole('searchbox', { name: 'Filter' }).fill('GRPC');
    const rows = page.getByRole('region', { name: 'Calls' }).locator('tbody tr');
    await expect.poll(() => rows.count()).toBe(1);
    await page.getByRole('button', { name: 'Mark cart → payment on the map' }).press('Enter');
    await page.getByRole('region', { name: 'Chosen' }).getByText('median 80 ms').waitFor();
    await expect.poll(() => page.locator('.graph-names .is-chosen').allTextContents()).toEqual(expect.arrayContaining(['cart', 'payment']));
    await page.reload();
    await page.getByRole('region', { name: 'Chosen' }).getByText('cart → payment').waitFor();
    expect(await rows.count()).toBe(1);
    await page.getByRole('searchbox', { name: 'Filter' }).fill('nothing like it');
    await page.getByText('No call has this in the names of its ends or its protocol.').waitFor();
  });

  test('the keyboard moves and zooms the drawing', async () => {
    const page = await world().visit('/console/map?tenant=a');
    await page.locator('.graph-names span').nth(7).waitFor();
    const place = async () => (await page.locator('.graph-names span', { hasText: 'cart' }).boundingBox())?.x ?? 0;
    const before = await place();
    await page.getByRole('region', { name: /^Drawing/ }).focus();
    await page.keyboard.press('ArrowRight');
    await expect.poll(place).toBeLessThan(before - 50);
    await page.keyboard.press('0');
    await expect.poll(place).toBe(before);
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

  test.each([1440, 390])('names do not cover each other, and all of each is on the canvas, %d pixels wide', async (width) => {
    for (const [tenant, least] of [
      ['a', 8],
      ['c', width > 1000 ? 28 : 15],
    ] as const) {
      const page = await world().visit(`/console/map?tenant=${tenant}`, { width });
      await page.locator('.graph[data-settled=true] .graph-names span').first().waitFor();
      const { boxes, canvas, tools } = await readNames(page);
      expect(boxes.length).toBeGreaterThanOrEqual(least);
      expect(listCovered([...boxes, tools])).toEqual([]);
      for (const box of boxes) {
        expect(box.x).toBeGreaterThanOrEqual(canvas.x);
        expect(box.x + box.width).toBeLessThanOrEqual(canvas.x + canvas.width);
        expect(box.y + box.height).toBeLessThanOrEqual(canvas.y + canvas.height);
      }
      const reach = (axis: 'x' | 'y') => Math.max(...boxes.map((box) => box[axis])) - Math.min(...boxes.map((box) => box[axis]));
      expect(reach('x') / canvas.width).toBeGreaterThan(0.4);
      expect(reach('y') / canvas.height).toBeGreaterThan(0.6);
    }
  });

  test('two thousand resources are laid out without holding up the page, and looked at without asking or drawing anew', async () => {
    const page = await world().visit('/console/map?tenant=b');
    await page.getByText(/^2,000 resources, [\d,]+ edges$/).waitFor();
    await page.getByRole('combobox', { name: 'Focus on' }).fill('service-17');
    await page.locator('[role=listbox] [role=option]').first().waitFor();
    await page.locator('.graph[data-settled=true]').waitFor({ timeout: 50_000 });
    await page
      .locator('.graph-canvas canvas')
      .first()
      .evaluate((canvas) => canvas.setAttribute('data-first', ''));
    const asked: string[] = [];
    page.on('request', (request) => asked.push(new URL(request.url()).pathname));
    await page.keyboard.press('Enter');
    await page.getByText(/within 1 hop$/).waitFor();
    const names = page.locator('.graph-names span:visible');
    await expect.poll(() => names.allTextContents()).toContain('service-17');
    const near = await names.count();
    await page.getByRole('button', { name: '2 hops' }).click();
    await expect.poll(() => names.count()).toBeGreaterThan(near);
    await page.getByRole('button', { name: 'Show all' }).click();
    await page.getByText(/^2,000 resources, [\d,]+ edges$/).waitFor();
    expect(asked.filter((path) => path.startsWith('/api/v1/calls') || path.startsWith('/api/v1/graph'))).toEqual([]);
    expect(await page.locator('.graph-canvas canvas[data-first]').count()).toBe(1);
    const { boxes } = await readNames(page);
    expect(boxes.length).toBeGreaterThan(20);
    expect(listCovered(boxes)).toEqual([]);
    expect(Object.keys(JSON.parse(await page.evaluate<string>(PLACES.replace('calls.a', 'calls.b'))))).toHaveLength(2000);
    expect(await page.getByRole('region', { name: 'Calls' }).locator('tbody tr').count()).toBeLessThan(100);
  });

  test('another theme colours the drawing that is there, and nothing moves', async () => {
    const page = await world().visit('/console/map?tenant=a');
    await page.locator('.graph[data-settled=true]').waitFor();
    await page.getByRole('region', { name: /^Drawing/ }).press('ArrowUp');
    const canvas = page.locator('.graph-canvas canvas').first();
    await canvas.evaluate((element) => element.setAttribute('data-first', ''));
    const before = await spotOf(page, CART);
    expect(await readPixel(page, before)).toEqual([42, 111, 201]);
    await page.getByLabel('Theme').selectOption('dark');
    await expect.poll(() => readPixel(page, before)).toEqual([108, 176, 255]);
    expect(await spotOf(page, CART)).toEqual(before);
    expect(await page.locator('.graph-canvas canvas[data-first]').count()).toBe(1);
  });
});

interface Box {
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
}

/** The middle of a node whose name stands to its right. */
async function spotOf(page: Page, urn: string): Promise<[x: number, y: number]> {
  const box = await page.locator(`.graph-names [data-node="${urn}"]`).boundingBox();
  return [(box?.x ?? 0) - 9, (box?.y ?? 0) + (box?.height ?? 0) / 2];
}

async function readNames(page: Page): Promise<{ readonly boxes: Box[]; readonly canvas: Box; readonly tools: Box }> {
  const boxOf = async (selector: string): Promise<Box> => (await page.locator(selector).boundingBox()) ?? expect.unreachable();
  const boxes = await page.evaluate<Box[]>(
    `[...document.querySelectorAll('.graph-names > span:not([hidden])')].map((name) => name.getBoundingClientRect().toJSON())`,
  );
  return { boxes, canvas: await boxOf('.graph-canvas'), tools: await boxOf('.graph-tools') };
}

/** Pairs of boxes of which one covers part of the other. */
function listCovered(boxes: readonly Box[]): (readonly [Box, Box])[] {
  return boxes.flatMap((one, index) =>
    boxes
      .slice(index + 1)
      .filter((two) => one.x < two.x + two.width && two.x < one.x + one.width && one.y < two.y + two.height && two.y < one.y + one.height)
      .map((two) => [one, two] as const),
  );
}

/** The colour that is painted at a place of the window. */
async function readPixel(page: Page, [x, y]: readonly [number, number]): Promise<number[]> {
  const picture = (await page.screenshot({ clip: { x, y, width: 1, height: 1 } })).toString('base64');
  return page.evaluate(async (text) => {
    const bytes = Uint8Array.from(atob(text), (letter) => letter.charCodeAt(0));
    const context = document.createElement('canvas').getContext('2d');
    context?.drawImage(await createImageBitmap(new Blob([bytes])), 0, 0);
    return [...(context?.getImageData(0, 0, 1, 1).data ?? [])].slice(0, 3);
  }, picture);
}
