import { type Browser, chromium } from 'playwright-core';
import type { ReadEvidence } from '../src/api/deps.ts';
import { createServer } from '../src/api/server.ts';
import { formatTime, MINUTE } from '../src/core/time.ts';
import type { Db } from '../src/store/db.ts';
import { migrate } from '../src/store/migrate.ts';
import { openDatabase } from '../src/store/open-database.ts';
import { createMetrics } from '../src/telemetry/metrics.ts';
import { buildConsole, consoleDirectory, findChromium } from '../test/support/chromium.ts';
import { fillTrainTicket, hasTrainTicket, trainTicketRange } from '../test/support/train-ticket.ts';
import { type Interaction, type MeasuredPage, measuredPages, type Subject } from './console-pages.ts';
import { measureWait, openWatchedPage, readLoad, untilShown, type Wait, type WatchedPage } from './console-watch.ts';
import { fillLargeWorld, readLargeEvidence, WORLD_END, WORLD_TENANT, WORLD_WORDS } from './console-world.ts';

const ROUNDS = 5;
const SCRIPT_BAR_KB = 250;
const BAR_MS = 100;

/** A filled database to look at. */
interface World {
  readonly name: string;
  readonly title: string;
  readonly tenant: string;
  readonly end: number;
  readonly service: Subject['service'];
  readonly word: string;
  /** Fills the migrated database; what it answers reads raw lines. */
  readonly fill: (db: Db, stack: AsyncDisposableStack) => Promise<ReadEvidence>;
}

const worlds: readonly World[] = [
  {
    ...{ name: 'real', title: 'real telemetry of 145 windows', tenant: 'shop', end: trainTicketRange.to, word: 'instances' },
    service: { urn: 'urn:k8s:svc:train-ticket/ts-basic-service', name: 'ts-basic-service' },
    fill: async (db, stack) => {
      const { readEvidence } = stack.use(await fillTrainTicket(db));
      await db.query(`insert into dim_tenant (tenant_id, name) values ('other', null)`);
      return readEvidence;
    },
  },
  {
    ...{ name: 'large', title: WORLD_WORDS, tenant: WORLD_TENANT, end: WORLD_END, word: 'restart' },
    service: { urn: 'urn:k8s:svc:large/service-2', name: 'service-2' },
    fill: async (db) => {
      await fillLargeWorld(db);
      return readLargeEvidence;
    },
  },
];

/**
 * How long a person waits for every page of the console and after every input there, in the browser of the system. `only` names worlds, pages and
 * inputs to be measured alone, as in `console:real:map:theme`.
 */
export async function benchConsole(only: readonly string[]): Promise<string[]> {
  const named = [...worlds, ...measuredPages, ...measuredPages.flatMap(({ interactions }) => interactions)];
  const unknown = only.find((word) => named.every(({ name }) => name !== word));
  if (unknown !== undefined) return [`console: there is no world, page or input ${unknown}`];
  const installed = findChromium();
  if (installed === undefined) return ['console: not measured, no Chromium is installed'];
  buildConsole();
  await using stack = new AsyncDisposableStack();
  const browser = await chromium.launch(installed);
  stack.defer(() => browser.close());
  const lines: string[] = [];
  for (const world of choose(worlds, only)) {
    if (world.tenant === 'shop' && !hasTrainTicket) lines.push(`console, ${world.title}: not measured, it is not beside this checkout`);
    else lines.push(...(await measureWorld(world, browser, only)));
  }
  return lines;
}

async function measureWorld(world: World, browser: Browser, only: readonly string[]): Promise<string[]> {
  await using stack = new AsyncDisposableStack();
  const db = stack.use(await openDatabase('pglite:memory'));
  await migrate(db);
  const readEvidence = await world.fill(db, stack);
  const silent = () => undefined;
  const logger = { debug: silent, info: silent, warn: silent, error: silent, child: () => logger };
  const server = await createServer({
    ...{
      db,
      version: 'bench',
      logger,
      metrics: createMetrics(),
      now: () => world.end,
      wake: silent,
      open: true,
      consoleDirectory,
      readEvidence,
    },
    config: { host: '127.0.0.1', port: 0, body_limit_kb: 64, request_timeout: '30s', ready_lag: '1h' },
    schedules: () => ({ align: MINUTE, delay: 2 * MINUTE, maxBatch: 60 }),
    tenants: async () => [world.tenant, 'other'],
  });
  stack.defer(() => server.close());
  const url = await server.listen({ host: '127.0.0.1', port: 0 });
  const subject = await findSubject(url, world);
  const reports: { readonly worst: number; readonly line: string }[] = [];
  for (const page of choose(measuredPages, only))
    reports.push(await measurePage({ browser, url, subject, page: { ...page, interactions: choose(page.interactions, only) } }));
  const words = reports.toSorted((left, right) => right.worst - left.worst).map(({ line }) => line);
  return [
    `console over ${world.title}; a wait is ms until the answer is painted, p50/p95 of ${ROUNDS} first visits, (p95 until the next frame, p50 of the work of the page)`,
    ...words,
  ];
}

/** The things that are named, or all where none of them is. */
function choose<Thing extends { readonly name: string }>(things: readonly Thing[], names: readonly string[]): readonly Thing[] {
  const chosen = things.filter(({ name }) => names.includes(name));
  return chosen.length > 0 ? chosen : things;
}

interface Measuring {
  readonly browser: Browser;
  readonly url: string;
  readonly subject: Subject;
  readonly page: MeasuredPage;
}

async function measurePage({ browser, url, subject, page: measured }: Measuring): Promise<{ worst: number; line: string }> {
  const toUrl = (more: Readonly<Record<string, string>> = {}): string =>
    `${url}/console${measured.path(subject)}?${new URLSearchParams({ tenant: subject.tenant, ...measured.at?.(subject), ...more })}`;
  const contents: number[] = [];
  let load = { scriptBytes: 0, requests: 0 };
  for (let round = 0; round < ROUNDS / 2; round++) {
    await using first = await openWatchedPage(browser);
    await first.page.goto(toUrl());
    try {
      contents.push(await untilShown(first.page, measured.content));
    } catch (error) {
      return { worst: Number.POSITIVE_INFINITY, line: `${measured.name}: its content never stood (${toReason(error)})` };
    }
    load = await readLoad(first.page);
  }
  const waits: { name: string; answers: number[]; responses: number[]; work: number; longest: number }[] = [];
  const missing: string[] = [];
  await using opened = await openWatchedPage(browser);
  for (const interaction of measured.interactions) {
    const rounds: Wait[] = [];
    try {
      for (let round = 0; round < ROUNDS; round++) {
        const wait = await measureOnce(opened, interaction, subject, toUrl(interaction.at?.(subject)), measured.content);
        if (wait === undefined) break;
        rounds.push(wait);
      }
    } catch (error) {
      missing.push(`${interaction.name} was not answered (${toReason(error)})`);
      continue;
    }
    if (rounds.length === 0) missing.push(`${interaction.name} has nothing here`);
    else
      waits.push({
        name: interaction.name,
        answers: rounds.map(({ answer }) => answer),
        responses: rounds.map(({ response }) => response),
        work: share(
          rounds.map(({ work }) => work),
          0.5,
        ),
        longest: Math.max(...rounds.map(({ longest }) => longest)),
      });
  }
  waits.sort((left, right) => share(right.answers, 0.95) - share(left.answers, 0.95));
  const fast = waits.filter(({ answers }) => share(answers, 0.95) < BAR_MS).length;
  const slowest = waits.toSorted((left, right) => right.longest - left.longest)[0];
  const parts = [
    `${measured.name}: script ${Math.round(load.scriptBytes / 1000)} kB (bar < ${SCRIPT_BAR_KB}), content after ${share(contents, 0.5)} ms and ${load.requests} requests`,
    ...(waits.length > 0 ? [`${fast} of ${waits.length} waits < ${BAR_MS} ms`] : []),
    ...waits.map(
      ({ name, answers, responses, work }) => `${name} ${share(answers, 0.5)}/${share(answers, 0.95)} (${share(responses, 0.95)}, ${work})`,
    ),
    ...(slowest !== undefined && slowest.longest > 0 ? [`longest task ${Math.round(slowest.longest)} ms (${slowest.name})`] : []),
    ...missing,
  ];
  return { worst: waits[0] === undefined ? 0 : share(waits[0].answers, 0.95), line: parts.join('; ') };
}

/** Visits the page anew, so that nothing is remembered but files and places, and acts once; undefined where there is nothing to act on. */
async function measureOnce(
  opened: WatchedPage,
  interaction: Interaction,
  subject: Subject,
  url: string,
  content: string,
): Promise<Wait | undefined> {
  const { needs, before, act, kind, shown } = interaction;
  const { page } = opened;
  await page.goto(url);
  await untilShown(page, content);
  // Nodes that still look for their places would be measured too.
  await page.locator('.graph[data-settled=false]').waitFor({ state: 'detached', timeout: 5 * 60_000 });
  if (needs !== undefined && (await page.locator(needs).count()) === 0) return undefined;
  await before?.(page, subject);
  return measureWait(opened, kind, shown(subject), () => act(page, subject));
}

async function findSubject(url: string, { tenant, end, service, word }: World): Promise<Subject> {
  const ask = async <Item>(path: string, query: Readonly<Record<string, string>> = {}): Promise<Item> => {
    const response = await fetch(`${url}/api/v1/${path}?${new URLSearchParams({ tenant_id: tenant, limit: '1', ...query })}`);
    const { items } = (await response.json()) as { items?: Item[] };
    const [item] = items ?? [];
    if (item === undefined) throw new Error(`The measured world has none of ${path}.`);
    return item;
  };
  await fetch(`${url}/api/v1/knowledge`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({
      tenant_id: tenant,
      uri: 'https://wiki/pool',
      title: 'Pool',
      text: '# Pool\n\nNo instances: restart the pool.',
      format: 'markdown',
    }),
  });
  const { fingerprint } = await ask<{ fingerprint: string }>('patterns', { severity: 'error' });
  const { id } = await ask<{ id: number }>('runs', { status: 'success' });
  const { doc_id } = await ask<{ doc_id: number }>('knowledge');
  return { tenant, end: formatTime(end), service, fingerprint, run: id, document: doc_id, word };
}

const toReason = (error: unknown): string => String(error).split('\n')[0] ?? '';

function share(figures: readonly number[], part: number): number {
  const sorted = figures.toSorted((left, right) => left - right);
  return Math.round(sorted[Math.ceil(sorted.length * part) - 1] ?? 0);
}
