import { type Browser, type BrowserContext, chromium, type Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, describe, expect } from 'vitest';
import type { ApiDeps } from '../../src/api/deps.ts';
import { createServer } from '../../src/api/server.ts';
import { MINUTE, parseTime } from '../../src/core/time.ts';
import type { Db } from '../../src/store/db.ts';
import { migrate } from '../../src/store/migrate.ts';
import { openDatabase } from '../../src/store/open-database.ts';
import { createLogger } from '../../src/telemetry/logger.ts';
import { createMetrics } from '../../src/telemetry/metrics.ts';
import { buildConsole, consoleDirectory, findChromium } from '../support/chromium.ts';

export { buildConsole, consoleDirectory } from '../support/chromium.ts';

export interface VisitOptions {
  readonly width?: number;
  readonly isDark?: boolean;
  /** What the page may fail to load, as parts of addresses; anything else that fails fails the test. */
  readonly mayFail?: readonly string[];
}

/** A server with the console, its database, and a browser to look at it with. */
export interface ConsoleWorld {
  readonly db: Db;
  /** Address of the server, without a path. */
  readonly url: string;
  /** Opens a path in a browser of its own, with nothing kept from before. */
  visit(path: string, options?: VisitOptions): Promise<Page>;
}

interface Setup {
  /** Fills the database; it runs once for the suite. */
  readonly fill: (db: Db) => Promise<void>;
  readonly deps?: Partial<ApiDeps>;
}

/**
 * Runs a suite on one server with rows, at 2026-01-01T12:00:00Z, with tenants `a` and `b` and jobs of one-minute windows, looked at with the
 * browser of the system; without one it is skipped and says so in its name. A page that logs an error or breaks its own rules fails its test.
 */
export function describeConsole(title: string, { fill, deps = {} }: Setup, suite: (world: () => ConsoleWorld) => void): void {
  const chromiumHere = findChromium();
  if (chromiumHere === undefined) {
    describe.skip(`${title} (skipped: no Chromium is installed)`, () => suite(() => expect.unreachable()));
    return;
  }
  describe(title, () => {
    const stack = new AsyncDisposableStack();
    const contexts: BrowserContext[] = [];
    const faults: string[] = [];
    let world: ConsoleWorld | undefined;
    beforeAll(async () => {
      buildConsole();
      const db = stack.use(await openDatabase('pglite:memory'));
      await migrate(db);
      await fill(db);
      const server = await createServer({ ...defaults(db), ...deps });
      stack.defer(() => server.close());
      const url = await server.listen({ host: '127.0.0.1', port: 0 });
      const browser = await chromium.launch(chromiumHere);
      stack.defer(() => browser.close());
      world = { db, url, visit: (path, options) => visit({ browser, url, contexts, faults }, path, options) };
    });
    afterEach(async () => {
      for (const context of contexts.splice(0)) await context.close();
      expect(faults.splice(0)).toEqual([]);
    });
    afterAll(() => stack.disposeAsync());
    suite(() => world ?? expect.unreachable());
  });
}

function defaults(db: Db): ApiDeps {
  const silent = createLogger({ level: 'error', format: 'json', write: () => undefined });
  return {
    ...{ db, version: '9.8.7', logger: silent, metrics: createMetrics(), open: true, consoleDirectory },
    config: { host: '127.0.0.1', port: 0, body_limit_kb: 64, request_timeout: '30s', ready_lag: '1h' },
    now: () => parseTime('2026-01-01T12:00:00Z') ?? 0,
    schedules: () => ({ align: MINUTE, delay: 2 * MINUTE, maxBatch: 60 }),
    tenants: async () => ['a', 'b'],
    wake: () => undefined,
  };
}

interface Visiting {
  readonly browser: Browser;
  readonly url: string;
  readonly contexts: BrowserContext[];
  readonly faults: string[];
}

async function visit({ browser, url, contexts, faults }: Visiting, path: string, options: VisitOptions = {}): Promise<Page> {
  const { width = 1440, isDark = false } = options;
  // The lag counts from the clock of the database, which is not that of the rows.
  const mayFail = ['/readyz', ...(options.mayFail ?? [])];
  const context = await browser.newContext({ viewport: { width, height: 900 }, colorScheme: isDark ? 'dark' : 'light' });
  contexts.push(context);
  context.setDefaultTimeout(20_000);
  const page = await context.newPage();
  const isExpected = (text: string): boolean => mayFail.some((part) => text.includes(part));
  page.on('pageerror', (error) => faults.push(error.message));
  page.on('console', (message) => {
    // A refused request is logged by the browser too, without its address in the text.
    if (message.type() === 'error' && !isExpected(`${message.text()} ${message.location().url}`)) faults.push(message.text());
  });
  page.on('request', (request) => {
    if (!request.url().startsWith(url) && !request.url().startsWith('data:')) faults.push(`outside request: ${request.url()}`);
  });
  page.on('response', (response) => {
    if (response.status() >= 400 && !isExpected(response.url())) faults.push(`${response.status()} ${response.url()}`);
  });
  await page.goto(url + path);
  return page;
}
