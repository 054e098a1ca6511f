import type { Page } from 'playwright-core';
import { afterAll, describe, expect, test } from 'vitest';
import { formatTime, parseTime } from '../../src/core/time.ts';
import type { Db } from '../../src/store/db.ts';
import { fillTrainTicket, hasTrainTicket, type TrainTicket } from '../support/train-ticket.ts';
import { listBarriers, pressTab } from './accessibility.ts';
import { describeConsole } from './console.ts';

/** An hour of injected faults: `ts-basic-service`, for one, finds no instance of services that it needs. */
const range = { from: parseTime('2023-01-30T12:20:00Z') ?? 0, to: parseTime('2023-01-30T13:20:00Z') ?? 0 };
const BASIC = 'urn:k8s:svc:train-ticket/ts-basic-service';
const FAULT = /No instances available for/;

let filled: TrainTicket | undefined;
const fill = async (db: Db): Promise<void> => {
  filled = await fillTrainTicket(db, range);
};
const deps = {
  ...{ now: () => range.to, tenants: async () => ['shop'] },
  readEvidence: async (...asked: Parameters<TrainTicket['readEvidence']>) => await (filled ?? expect.unreachable()).readEvidence(...asked),
};

/** The page as it stands keeps nobody out. */
async function look(page: Page): Promise<void> {
  await page.locator('.is-old, .loading').first().waitFor({ state: 'detached' });
  expect(await listBarriers(page), page.url()).toEqual([]);
}

/** Walks with Tab until something with the name has the focus; whatever has it on the way is in sight, with a ring around it. */
async function tabTo(page: Page, name: RegExp): Promise<void> {
  const passed: string[] = [];
  while (passed.length < 100) {
    const focus = await pressTab(page);
    expect(focus.isSeen, `the focus on "${focus.name}" of ${page.url()} is seen`).toBe(true);
    if (name.test(focus.name)) return;
    passed.push(focus.name);
  }
  expect.unreachable(`Tab never reached ${name}; it passed ${passed.join(', ')}`);
}

const title = 'the console over real telemetry';
if (hasTrainTicket) {
  describeConsole(title, { fill, deps }, (world) => {
    afterAll(() => filled?.[Symbol.asyncDispose]());

    test('an incident is followed from the new error to its raw lines, its service, the callers and the changes, and all the way back', async () => {
      const page = await world().visit('/console/?tenant=shop');
      const news = page.getByRole('region', { name: 'New and surging errors' });
      const item = news.getByRole('listitem').filter({ hasText: /^ts-basic-service.*No instances available for/s });
      await item.waitFor();
      await look(page);
      await item.getByRole('link').click();

      await page.getByRole('heading', { level: 1, name: FAULT }).waitFor();
      await page
        .getByRole('button', { name: /^Raw lines of/ })
        .first()
        .click();
      const lines = page.locator('.lines li');
      await lines.first().waitFor();
      expect(await lines.first().textContent()).toMatch(FAULT);
      await look(page);
      const withLines = page.url();

      await page.getByRole('link', { name: 'ts-basic-service', exact: true }).first().click();
      await page.getByRole('heading', { level: 1, name: /^ts-basic-service/ }).waitFor();
      const callers = page.getByRole('region', { name: 'Called by' }).locator('tbody th');
      await callers.first().waitFor();
      expect(await callers.allTextContents()).toContain('ts-travel-service');
      const changes = page.getByRole('region', { name: /^Changes here/ });
      await changes.getByRole('listitem').filter({ hasText: FAULT }).first().waitFor();
      await look(page);
      const ofService = page.url();

      await page.getByRole('link', { name: 'On the map' }).click();
      await page.getByText(/within 1 hop$/).waitFor();
      const calls = page.getByRole('region', { name: 'Calls' }).locator('tbody tr').first();
      await calls.waitFor();
      await look(page);
      await page.getByRole('button', { name: '2 hops' }).click();
      await page.getByText(/within 2 hops$/).waitFor();
      const around = await page.getByText(/within 2 hops$/).textContent();

      await page.getByRole('link', { name: 'All about ts-basic-service' }).click();
      await changes.getByRole('listitem').filter({ hasText: FAULT }).first().waitFor();
      await page.goBack();
      await page.getByText(around ?? '').waitFor();
      expect(await page.getByRole('button', { name: '2 hops' }).getAttribute('aria-pressed')).toBe('true');
      await page.goBack();
      await page.getByText(/within 1 hop$/).waitFor();
      await page.goBack();
      await callers.first().waitFor();
      expect(page.url()).toBe(ofService);
      await page.goBack();
      await lines.first().waitFor();
      expect(page.url()).toBe(withLines);
      await page.goBack();
      await item.waitFor();
    });

    test('the topology of before and after a discovery is shown by the slider, and stays in the address', async () => {
      const page = await world().visit(`/console/topology?tenant=shop&source=kubernetes`);
      const edges = page.getByRole('region', { name: 'Declared edges' }).locator('tbody');
      await edges.getByText('valkey-cart').first().waitFor();
      expect(await edges.textContent()).not.toContain('redis-cart');
      await look(page);
      await page.getByRole('slider', { name: 'Time' }).focus();
      await page.keyboard.press('Home');
      await edges.getByText('redis-cart').first().waitFor();
      await page.reload();
      await edges.getByText('redis-cart').first().waitFor();
      expect(await edges.textContent()).not.toContain('valkey-cart');
      await page.getByRole('button', { name: 'Between two times' }).click();
      await page.getByText('valkey-cart').first().waitFor();
      await look(page);
    });

    test('a window of the grid leads to its run with stages, and back to the same hour', async () => {
      const page = await world().visit(`/console/runs?tenant=shop&job=oo-agg&to=${formatTime(range.to)}`);
      const cells = page.getByRole('grid').getByRole('button');
      await cells.first().waitFor();
      expect(await cells.count()).toBe(60);
      await look(page);
      const hour = page.url();
      await page.getByRole('button', { name: /13:10 – 13:11/ }).click();
      await page.getByRole('heading', { level: 1, name: /oo-agg of shop/ }).waitFor();
      await page.getByRole('region', { name: 'Stages' }).getByText('aggregate').first().waitFor();
      await look(page);
      await page.goBack();
      await cells.first().waitFor();
      expect(page.url()).toBe(hour);
    });

    test('an uploaded runbook is found by its words and stands on the page of the service it names, on a small dark screen', async () => {
      const page = await world().visit('/console/knowledge?tenant=shop', { width: 390, isDark: true });
      await page.getByRole('button', { name: 'Add documents…' }).click();
      const dialog = page.getByRole('dialog');
      const text = '# Trains are gone\n\nWhen `ts-basic-service` finds no train, look whether ts-train-service has a pod.\n';
      await dialog
        .getByLabel('Markdown or HTML files')
        .setInputFiles({ name: 'trains.md', mimeType: 'text/plain', buffer: Buffer.from(text) });
      await look(page);
      await dialog.getByRole('button', { name: 'Add 1 document' }).click();
      await page.getByRole('heading', { level: 1, name: 'Trains are gone' }).waitFor();
      await look(page);
      await page.getByRole('link', { name: 'Knowledge' }).first().click();
      await page.getByLabel('Question or words').fill('no train');
      await page.keyboard.press('Enter');
      await page
        .locator('.passages')
        .getByRole('link', { name: /Trains are gone/ })
        .waitFor();
      await look(page);
      await page
        .locator('.passages')
        .getByRole('link', { name: /ts-basic-service/ })
        .click();
      await page.getByRole('region', { name: 'Documents' }).getByRole('link', { name: 'Trains are gone' }).waitFor();
      await look(page);
    });

    test('raw lines are reached without a mouse, and the focus is seen all the way', async () => {
      const page = await world().visit('/console/?tenant=shop');
      await page.getByRole('heading', { name: 'New and surging errors' }).waitFor();
      await tabTo(page, /^Patterns$/);
      await page.keyboard.press('Enter');
      await page.getByRole('combobox', { name: 'Severity' }).waitFor();
      await page.getByRole('link', { name: FAULT }).first().waitFor();
      await tabTo(page, /^Severity/);
      await page.keyboard.type('error');
      await page.waitForURL(/severity=error/);
      await page.locator('.is-old').first().waitFor({ state: 'detached' });
      await tabTo(page, FAULT);
      await page.keyboard.press('Enter');
      await page.getByRole('heading', { level: 1, name: FAULT }).waitFor();
      await page
        .getByRole('button', { name: /^Raw lines of/ })
        .first()
        .waitFor();
      await tabTo(page, /^Raw lines of/);
      await page.keyboard.press('Enter');
      await page.locator('.lines li').first().waitFor();
    });

    test('no page scrolls sideways or keeps anybody out on a small dark screen', async () => {
      const fields = `tenant=shop`;
      const paths = [
        '',
        'runs',
        'map',
        'topology',
        'topology?view=diff',
        'topology?view=drift',
        'patterns',
        'resource',
        `resource?urn=${BASIC}`,
      ];
      const page = await world().visit(`/console/knowledge?${fields}`, { width: 390, isDark: true });
      for (const path of paths) {
        await page.goto(`${world().url}/console/${path}${path.includes('?') ? '&' : '?'}${fields}`);
        await page.locator('h1').first().waitFor();
        await page.locator('main section, main .empty').first().waitFor();
        await look(page);
      }
    });
  });
} else {
  describe.skip(`${title} (skipped: ../shared/data/openobserve is not there)`, () => {
    test('follows an incident', () => expect.unreachable());
  });
}
