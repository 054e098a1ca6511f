import { expect, test } from 'vitest';
import type { ApiDeps } from '../../src/api/deps.ts';
import type { Db } from '../../src/store/db.ts';
import { type CountedPattern, joinServices } from '../../ui/src/pages/patterns/counted-pattern.ts';
import { fillWorld } from '../api/world.ts';
import { listBarriers } from './accessibility.ts';
import { describeConsole } from './console.ts';

/**
 * Beside the new pattern `shopf1` of the world, tenant `a` has `surge`, which had two lines in each five minutes of the day before and has sixty in
 * one of the newest hour, and seven steady ones, all of shop-web.
 */
async function fill(db: Db): Promise<void> {
  await fillWorld(db);
  await db.query(
    `insert into log_pattern (tenant_id, fingerprint, template, severity, service, first_seen, last_seen, sample)
     select 'a', name, 'slow answer ' || name || ' of <*> after <*>', 'warn', 'shop-web', '2025-12-31 00:00+00', '2026-01-01 10:09+00',
       '10:00:01 WARN [main] slow answer ' || name || ' of payments after 17 ms'
     from unnest(array['surge', 's1', 's2', 's3', 's4', 's5', 's6', 's7']) as name`,
  );
  await db.query(
    `insert into log_pattern_5m (tenant_id, bucket, resource_id, fingerprint, count_total, count_error, severity)
     select 'a', bucket, 1, name, case when name = 'surge' and bucket = '2026-01-01 10:05+00' then 60 else 2 end, 0, 'warn'
     from unnest(array['surge', 's1', 's2', 's3', 's4', 's5', 's6', 's7']) as name,
       generate_series(timestamptz '2025-12-31 09:00+00', '2026-01-01 10:05+00', '5 minutes') as bucket`,
  );
  await db.query(`update oo_locator set url = 'https://observe.test/web/logs?query=x' where tenant_id = 'a'`);
  await db.query(`update oo_locator set url = 'javascript:alert(1)' where tenant_id = 'b'`);
}

let reads = 0;
const readEvidence: NonNullable<ApiDeps['readEvidence']> = async (_tenantId, { window }) => {
  reads++;
  const body = '10:06:00 ERROR [pool-3] shop order 4711 failed';
  return {
    ...{ rows: [{ _timestamp: 1_767_261_960_000_000, body, k8s_pod_name: 'shop-cart-7d9f' }], truncated: true, bytes: 99 },
    ...{ sourceType: 'openobserve_api', organization: 'default', range: window },
  };
};

describeConsole('patterns', { fill, deps: { readEvidence } }, (world) => {
  test('errors, then new and surging patterns of all services come first, and the rest is one line for each service, which its address opens', async () => {
    const page = await world().visit('/console/patterns?tenant=a');
    await page.getByRole('region', { name: 'New and surging' }).waitFor();
    const [first, second] = [page.getByRole('region', { name: 'Errors' }), page.getByRole('region', { name: 'New and surging' })];
    expect(await first.locator('.pattern').textContent()).toMatch(
      /shop-cart.*new.*error.*first 2026-01-01 10:06shop order 17 failed.*15 errors/,
    );
    expect(await first.locator('.variable').allTextContents()).toEqual(['17']);
    expect(await first.getByRole('link', { name: /^Newest line in OpenObserve/ }).getAttribute('href')).toBe(
      'https://observe.test/web/logs?query=x',
    );
    expect(await second.locator('.pattern').textContent()).toMatch(
      /shop-web.*surging ×\d+.*slow answer surge of payments after 17 ms82 lines/,
    );
    expect(await second.getByRole('img').getAttribute('aria-label')).toBe('lines per 5 minutes up to the end of the time, at most 60');
    expect(await page.locator('.pattern').count()).toBe(2);
    const services = page.getByRole('region', { name: 'By service' }).getByRole('button');
    expect(await services.allTextContents()).toEqual(['shop-cart 1 pattern, 15 lines15 errors', 'shop-web 8 patterns, 250 lines']);
    expect(await listBarriers(page)).toEqual([]);

    await services.nth(1).click();
    await page.waitForURL(/open=urn/);
    await expect.poll(() => page.locator('.service-line .pattern').count(), { timeout: 20_000 }).toBe(8);
    await page.reload();
    await page.locator('.service-line .pattern').nth(7).waitFor();
    expect(await services.nth(1).getAttribute('aria-expanded')).toBe('true');
    expect(await listBarriers(page)).toEqual([]);
    await services.nth(1).click();
    await expect.poll(() => page.locator('.pattern').count(), { timeout: 20_000 }).toBe(2);
  });

  test('filters, text and time are in the address, and what they leave out can be had back', async () => {
    const page = await world().visit('/console/patterns?tenant=a');
    await page.getByLabel('Text').fill('ANSWER S');
    await page.getByText('1 surging, 7 steady patterns').waitFor();
    await page.waitForURL(/q=ANSWER\+S/);
    await page.getByLabel('Text').fill('answer s7');
    await page.getByText('1 steady pattern', { exact: true }).waitFor();
    expect(await page.locator('.pattern').textContent()).toContain('slow answer s7 of payments');
    await page.getByLabel('Text').fill('');
    await page.getByRole('region', { name: 'New and surging' }).waitFor();
    await page.getByLabel('Severity').selectOption('error');
    await page.getByText('1 new pattern', { exact: true }).waitFor();
    expect(await page.locator('.pattern').textContent()).toContain('15 errors');
    await page.getByLabel('Trend').selectOption('surging');
    await page.getByText('No pattern is like that in this time.').waitFor();
    expect(new URL(page.url()).search).toBe('?tenant=a&severity=error&trend=surging');
    await page.getByRole('button', { name: 'Take the filters away' }).click();
    await page.getByRole('region', { name: 'New and surging' }).waitFor();
    await page.getByRole('button', { name: '6h' }).click();
    await page.getByText('2026-01-01 04:10 – 10:10 UTC').waitFor();
    await page.getByRole('button', { name: 'Earlier' }).click();
    await page.getByText('2026-01-01 01:10 – 07:10 UTC').waitFor();
    await page.getByText('No other pattern is new or surging in this time.').waitFor();
    await page.goBack();
    await page.getByText('2026-01-01 04:10 – 10:10 UTC').click();
    await page.getByLabel('From, UTC').fill('2026-01-01T09:00');
    await page.getByLabel('To, UTC').fill('2026-01-01T09:30');
    await page.getByRole('button', { name: 'Show', exact: true }).click();
    await page.getByText('2026-01-01 09:00 – 09:30 UTC').waitFor();
    await page.getByRole('button', { name: 'Later' }).click();
    await page.getByText('2026-01-01 09:15 – 09:45 UTC').waitFor();
  });

  test('a pattern leads to its page and back, with the raw lines only when they are asked for', async () => {
    const page = await world().visit('/console/patterns?tenant=a&severity=error');
    await page.getByRole('link', { name: 'shop order 17 failed', exact: true }).click();
    await page.getByRole('heading', { level: 1, name: 'shop order 17 failed' }).waitFor();
    expect(await page.getByRole('img', { name: /^Lines of the pattern in 288 points of 5 minutes/ }).count()).toBe(1);
    await page.getByText('15 lines, 15 errors; a point is 5 minutes').waitFor();
    expect(await page.getByRole('region', { name: 'Services, most lines first' }).locator('tbody').textContent()).toBe(
      'shop-cart15100 %15',
    );
    expect(await page.getByRole('region', { name: 'Variables in their order' }).locator('tbody').textContent()).toBe(
      'shop order ∗ failed17',
    );
    expect(
      await page.getByRole('region', { name: 'Windows with such lines, newest first' }).getByRole('link').getAttribute('href'),
    ).toMatch(/^https:/);
    await page.getByText('https://wiki/shop').waitFor();
    expect(reads).toBe(0);
    expect(await listBarriers(page)).toEqual([]);

    await page.getByRole('button', { name: 'Raw lines of 2026-01-01 10:05 – 10:10' }).click();
    await page.getByText('1 line, and there are more; 99 B read').waitFor();
    expect(reads).toBe(1);
    expect(await page.locator('.read mark').allTextContents()).toEqual(['4711']);
    await page.locator('.read summary').click();
    await page.getByText('shop-cart-7d9f').waitFor();
    expect(await listBarriers(page)).toEqual([]);
    await page.reload();
    await page.locator('.read mark').waitFor();
    await page.getByRole('link', { name: 'Patterns' }).last().click();
    await page.waitForURL(/\/patterns\?.*service=shop-cart/);
  });

  test('an absorbed fingerprint leads to the pattern that counts its lines, and an unknown one is told', async () => {
    const page = await world().visit('/console/patterns/shopf2?tenant=a', { width: 390, isDark: true });
    await page.getByText('Lines of shopf2 count here since a more general pattern absorbed it.').waitFor();
    await page.getByText('Absorbed patterns (1)').click();
    await page.getByText('shop order 5 failed').waitFor();
    expect(await listBarriers(page)).toEqual([]);
    const other = await world().visit('/console/patterns/none?tenant=a', { mayFail: ['/api/v1/patterns/none'] });
    await other.getByRole('alert').getByText('The tenant a has no pattern none.').waitFor();
  });

  test('addresses from rows become links only where they lead to the web', async () => {
    const page = await world().visit('/console/patterns?tenant=b&severity=error');
    await page.locator('.pattern').first().waitFor();
    expect(await page.locator('[href^="javascript"]').count()).toBe(0);
    await page.locator('.pattern-link').first().click();
    await page.getByRole('button', { name: /^Raw lines of/ }).waitFor();
    expect(await page.locator('[href^="javascript"]').count()).toBe(0);
  });

  test('the keyboard reaches filters, patterns and what is behind them', async () => {
    const page = await world().visit('/console/patterns?tenant=a&severity=error', { width: 390 });
    await page.locator('.pattern').waitFor();
    await page.getByLabel('Trend').focus();
    for (let step = 0; step < 20; step++) {
      await page.keyboard.press('Tab');
      if (await page.evaluate(`document.activeElement.className === 'pattern-link'`)) break;
    }
    await page.keyboard.press('Enter');
    await page.getByRole('heading', { level: 1, name: 'shop order 17 failed' }).waitFor();
    expect(await listBarriers(page)).toEqual([]);
  });
});

const counted = (fingerprint: string, service: string, trend: 'new' | 'steady', lines: number): CountedPattern => ({
  ...{ fingerprint, service, resource: `urn:svc:${service}`, trend, lines, errors: lines, points: [lines, 0] },
  ...{ template: 't', severity: 'error', ratio: null, baseline_minutes: 5, first_seen: '', last_seen: '', sample: null },
  ...{ evidence_stream: null, evidence_query: null, evidence_url: null },
});

test('a pattern of several services is told once, with their lines together, unless it goes otherwise in one of them', () => {
  const joined = joinServices([
    counted('f', 'a', 'new', 1),
    counted('f', 'b', 'steady', 2),
    counted('g', 'a', 'steady', 3),
    counted('f', 'c', 'steady', 4),
  ]);
  expect(
    joined.map(({ service, trend, lines, points, others = [] }) => [service, trend, lines, points, others.map((other) => other.service)]),
  ).toEqual([
    ['a', 'new', 1, [1, 0], []],
    ['b', 'steady', 6, [6, 0], ['c']],
    ['a', 'steady', 3, [3, 0], []],
  ]);
});
