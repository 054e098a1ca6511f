import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { MINUTE, parseTime } from '../../src/core/time.ts';
import { createOpenObserveFilesSource } from '../../src/sources/openobserve-files/openobserve-files.ts';
import type { Db } from '../../src/store/db.ts';
import { createPipeline } from '../jobs/pipeline.ts';
import { listBarriers } from './accessibility.ts';
import { describeConsole } from './console.ts';

const DATA = join(import.meta.dirname, '../../../shared/data/openobserve');
const TO = parseTime('2023-01-30T12:00:00Z') ?? 0;
const CONTACTS = 'urn:k8s:svc:train-ticket/ts-contacts-service';

/** Ten minutes of a real system as tenant `shop`. */
async function fill(db: Db): Promise<void> {
  await using source = createOpenObserveFilesSource(
    { type: 'openobserve_files', root: `${DATA}/stream`, organization: 'default', file_list: `sqlite:${DATA}/db/metadata.sqlite` },
    { now: () => TO },
  );
  const { run } = await createPipeline(db, source);
  await run({ from: TO - 10 * MINUTE, to: TO });
}

if (existsSync(DATA)) {
  describeConsole('the console over real telemetry', { fill, deps: { now: () => TO, tenants: async () => ['shop'] } }, (world) => {
    test('draws who calls whom, and tells who calls one service', async () => {
      const page = await world().visit(`/console/map?tenant=shop&focus=${encodeURIComponent(CONTACTS)}&hops=1`);
      await page.getByText('3 resources, 2 edges within 1 hop').waitFor();
      const rows = page.getByRole('region', { name: 'Calls' }).locator('tbody tr');
      expect((await rows.locator('th').allTextContents()).sort()).toEqual(['ts-preserve-other-service', 'ts-preserve-service']);
      expect(await listBarriers(page)).toEqual([]);
    });

    test('lists what the services say, and leads from a pattern to its page', async () => {
      const page = await world().visit('/console/patterns?tenant=shop');
      const link = page.getByRole('link', { name: /Query config success/ }).first();
      await link.waitFor();
      await link.click();
      await page.getByRole('heading', { level: 1 }).waitFor();
      await page.getByText('ts-config-service').first().waitFor();
      expect(await listBarriers(page)).toEqual([]);
    });

    test('shows everything about one service on its page', async () => {
      const page = await world().visit(`/console/resource?tenant=shop&urn=${encodeURIComponent(CONTACTS)}`, { width: 390, isDark: true });
      await page.getByRole('heading', { level: 1, name: 'ts-contacts-service' }).waitFor();
      await page.getByText('ts-preserve-service').first().waitFor();
      expect(await listBarriers(page)).toEqual([]);
    });
  });
} else {
  describe.skip(`the console over real telemetry (skipped: no ${DATA})`, () => {
    test('draws who calls whom', () => expect.unreachable());
  });
}
