import type { Page } from 'playwright-core';
import { toHas } from './console-watch.ts';

/** What the addresses and answers of a measured world are about. */
export interface Subject {
  readonly tenant: string;
  /** The newest moment, as in addresses. */
  readonly end: string;
  readonly service: { readonly urn: string; readonly name: string };
  readonly fingerprint: string;
  readonly run: number;
  readonly document: number;
  /** A word that documents hold. */
  readonly word: string;
}

/** Something a person does on a page, and what is visible once it is answered. */
export interface Interaction {
  readonly name: string;
  /** The event of the browser that begins it. */
  readonly kind: 'click' | 'keydown' | 'input' | 'pointermove' | 'pointerdown';
  readonly act: (page: Page, subject: Subject) => Promise<unknown>;
  /** An expression, as `toHas` gives it. */
  readonly shown: (subject: Subject) => string;
  /** Selector of what must be there; where it is not, the interaction is left out. */
  readonly needs?: string;
  /** What has to be done first; not measured. */
  readonly before?: (page: Page, subject: Subject) => Promise<unknown>;
  /** Fields of the address beyond those of the page. */
  readonly at?: (subject: Subject) => Readonly<Record<string, string>>;
}

/** A page: where it is, how its content is known, and what people do there. */
export interface MeasuredPage {
  readonly name: string;
  readonly path: (subject: Subject) => string;
  readonly at?: (subject: Subject) => Readonly<Record<string, string>>;
  readonly content: string;
  readonly interactions: readonly Interaction[];
}

const always = (expression: string) => () => expression;
const press = (name: string | RegExp) => (page: Page) => page.getByRole('button', { name, exact: true }).first().click();
const isPressed = (name: string): string => toHas('button[aria-pressed=true]', name);
const pick = (label: string, value: string | { readonly index: number }) => (page: Page) =>
  page.getByRole('combobox', { name: label, exact: true }).selectOption(value);
const isPicked = (label: string, value: string): string =>
  `[...document.querySelectorAll('select')].some((field) => (field.ariaLabel ?? field.labels[0]?.firstChild.textContent ?? '').trim() === '${label}' && field.value === '${value}')`;
const row = (caption: string) => `section[aria-label="${caption}"] tbody tr`;
const click = (selector: string) => (page: Page) => page.locator(selector).first().click();
const hover = (selector: string) => (page: Page) => page.locator(selector).first().hover();

const theme: Interaction = {
  name: 'theme',
  kind: 'input',
  act: pick('Theme', 'dark'),
  shown: always(`document.documentElement.dataset.theme === 'dark'`),
};
const tenants: Interaction = {
  ...{ name: 'tenant', kind: 'input' as const, act: pick('Tenant', 'other'), needs: 'select[aria-label=Tenant]' },
  shown: always(isPicked('Tenant', 'other')),
};
const span = (length: string): Interaction => ({
  ...{ name: `span ${length}`, kind: 'click' as const, act: press(length), shown: always(isPressed(length)) },
});
const more = (rows: string, button = 'button.more:text("Show more")'): Interaction => ({
  ...{ name: 'show more', kind: 'click' as const, act: click(button), needs: button },
  before: (page) => page.evaluate(`bench.rows = document.querySelectorAll(${JSON.stringify(rows)}).length`),
  shown: always(`document.querySelectorAll(${JSON.stringify(rows)}).length > bench.rows`),
});

/** Where `findEdge` found an edge last, in pixels of the window. */
let edge: [x: number, y: number] = [0, 0];

/** Every page, with what people do there. An interaction that a world has nothing for, such as more rows, is left out there. */
export const measuredPages: readonly MeasuredPage[] = [
  {
    ...{ name: 'overview', path: always('/'), content: toHas('.health') },
    interactions: [
      tenants,
      theme,
      { name: 'to the map', kind: 'click', act: click('nav a[href*="/map"]'), shown: always(`${toHas('h1', 'Map')} && ${toHas('td')}`) },
    ],
  },
  {
    ...{ name: 'runs', path: always('/runs'), at: ({ end }) => ({ to: end }), content: `${toHas('.cell')} && ${toHas('td')}` },
    interactions: [
      span('6h'),
      span('24h'),
      { name: 'job', kind: 'input', act: pick('Job', 'oo-agg'), shown: always(isPicked('Job', 'oo-agg')) },
      { name: 'status', kind: 'input', act: pick('Status', 'success'), shown: always(isPicked('Status', 'success')) },
      {
        name: 'earlier',
        kind: 'click',
        act: press('Earlier'),
        before: (page) => page.evaluate('bench.at = location.search'),
        shown: always('location.search !== bench.at'),
      },
      {
        name: 'point at a cell',
        kind: 'pointermove',
        before: (page) => page.evaluate('bench.words = document.querySelector(".grid-words").textContent'),
        act: hover('.grid .cell'),
        shown: always('document.querySelector(".grid-words").textContent !== bench.words'),
      },
      {
        name: 'arrow key',
        kind: 'keydown',
        before: async (page) => {
          await page.locator('.cell[tabindex="0"]').focus();
          await page.evaluate('bench.cell = document.activeElement');
        },
        act: (page) => page.keyboard.press('ArrowLeft'),
        shown: always('document.activeElement !== bench.cell && document.activeElement.tabIndex === 0'),
      },
      { name: 'open a cell', kind: 'click', act: click('.grid .cell.is-success'), shown: always(toHas('h2', 'Stages')) },
      { name: 'backfill dialog', kind: 'click', act: press('Backfill…'), shown: always(toHas('dialog[open]')) },
      more('section[aria-labelledby=list-title] tbody tr'),
    ],
  },
  {
    ...{ name: 'run', path: ({ run }) => `/runs/${run}`, content: toHas('h2', 'Stages') },
    interactions: [{ name: 'retry dialog', kind: 'click', act: press('Retry…'), shown: always(toHas('dialog[open]')) }],
  },
  {
    ...{ name: 'map', path: always('/map'), content: `${toHas('canvas')} && ${toHas('td')}` },
    interactions: [
      tenants,
      theme,
      span('6h'),
      {
        name: 'type a name',
        kind: 'input',
        act: (page) => page.getByRole('combobox', { name: 'Focus on' }).fill('ser'),
        shown: always(toHas('[role=option]')),
      },
      {
        name: 'choose it',
        kind: 'keydown',
        before: async (page, { service }) => {
          await page.getByRole('combobox', { name: 'Focus on' }).fill(service.name);
          await page.getByRole('option', { name: service.name }).first().waitFor();
        },
        act: (page) => page.keyboard.press('Enter'),
        shown: always(toHas('[aria-label=Chosen]')),
      },
      { name: 'focus', kind: 'click', act: click(`${row('Calls')} a`), shown: always(toHas('[aria-label=Chosen]')) },
      {
        name: 'hops',
        kind: 'click',
        at: ({ service }) => ({ focus: service.urn }),
        act: press('3 hops'),
        shown: always(`${isPressed('3 hops')} && ${toHas('[role=status]', 'within 3 hops')}`),
      },
      {
        name: 'show all',
        kind: 'click',
        at: ({ service }) => ({ focus: service.urn }),
        act: press('Show all'),
        shown: always(`!${toHas('[aria-label=Chosen]')}`),
      },
      { name: 'order', kind: 'input', act: pick('Order', 'slowest'), shown: always(isPicked('Order', 'slowest')) },
      {
        name: 'hover an edge',
        kind: 'pointermove',
        at: ({ service }) => ({ focus: service.urn }),
        before: findEdge,
        act: (page) => page.mouse.move(...edge),
        shown: always(toHas('.graph-words', '→')),
      },
      more(row('Calls')),
    ],
  },
  {
    ...{ name: 'topology', path: always('/topology'), content: `${toHas('canvas')} && ${toHas('td')}` },
    interactions: [
      {
        name: 'slider key',
        kind: 'keydown',
        before: (page) => page.getByRole('slider').first().focus(),
        act: (page) => page.keyboard.press('ArrowLeft'),
        shown: always(`!${toHas('.moment output', 'now')}`),
      },
      { name: 'slider drag', kind: 'input', act: drag, shown: always(`!${toHas('.moment output', 'now')}`) },
      { name: 'earlier change', kind: 'click', act: press('Time: earlier change'), shown: always(`!${toHas('.moment output', 'now')}`) },
      { name: 'between two times', kind: 'click', act: press('Between two times'), shown: always(isPressed('Between two times')) },
      { name: 'against calls', kind: 'click', act: press('Against calls'), shown: always(isPressed('Against calls')) },
      { name: 'source', kind: 'input', act: pick('Source', { index: 1 }), shown: always(`location.search.includes('source=')`) },
      { name: 'details', kind: 'click', act: click(`${row('Declared edges')} button`), shown: always(toHas('[aria-label="Chosen edge"]')) },
      // Above the picture is a button for more edges than one answer has.
      more(row('Declared edges'), 'section:has(tbody) > button.more'),
    ],
  },
  {
    ...{ name: 'patterns', path: always('/patterns'), content: toHas('main a[href*="/patterns/"]') },
    interactions: [
      { name: 'severity', kind: 'input', act: pick('Severity', 'error'), shown: always(isPicked('Severity', 'error')) },
      { name: 'trend', kind: 'input', act: pick('Trend', 'new'), shown: always(isPicked('Trend', 'new')) },
      {
        name: 'service',
        kind: 'input',
        act: (page, { service }) => pick('Service', service.name)(page),
        shown: ({ service }) => isPicked('Service', service.name),
      },
      span('6h'),
      { name: 'open a pattern', kind: 'click', act: click('main a[href*="/patterns/"]'), shown: always(toHas('h2', 'Raw lines')) },
      more('main a[href*="/patterns/"]'),
    ],
  },
  {
    ...{ name: 'pattern', path: ({ fingerprint }) => `/patterns/${fingerprint}`, content: toHas('h2', 'Raw lines') },
    interactions: [
      span('6h'),
      {
        name: 'raw lines',
        kind: 'click',
        act: click(`${row('Windows with such lines, newest first')} button`),
        shown: always(toHas('.read li')),
      },
      {
        name: 'open a line',
        kind: 'click',
        before: async (page) => {
          await click(`${row('Windows with such lines, newest first')} button`)(page);
          await page.locator('.read li').first().waitFor();
        },
        act: click('.read summary'),
        shown: always(toHas('.read details[open]')),
      },
    ],
  },
  {
    ...{ name: 'resources', path: always('/resource'), content: toHas('td') },
    interactions: [
      {
        name: 'type a name',
        kind: 'input',
        act: (page, { service }) => page.getByRole('searchbox').first().fill(service.name),
        shown: ({ service }) => `${toHas(row('Resources'), service.name)} && location.search.includes('q=')`,
      },
      { name: 'kind', kind: 'input', act: pick('Kind', 'service'), shown: always(isPicked('Kind', 'service')) },
      {
        name: 'open a resource',
        kind: 'click',
        act: click(`${row('Resources')} a`),
        shown: always(toHas('nav[aria-label=Elsewhere]', 'map')),
      },
      more(row('Resources')),
    ],
  },
  {
    ...{
      name: 'resource',
      path: always('/resource'),
      at: ({ service }) => ({ urn: service.urn }),
      content: `${toHas('nav[aria-label=Elsewhere]', 'map')} && ${toHas('canvas')}`,
    },
    interactions: [
      span('6h'),
      {
        name: 'metric name',
        needs: 'input[placeholder^="of "]',
        kind: 'input',
        act: (page) => page.getByRole('searchbox', { name: 'Named' }).fill('7'),
        shown: always(`document.querySelectorAll('figure').length < 6`),
      },
      more('figure'),
      {
        name: 'a caller',
        kind: 'click',
        act: click(`:is(${row('Called by')}, ${row('Calls')}) a`),
        before: (page) => page.evaluate('bench.at = location.search'),
        shown: always(`location.search !== bench.at && ${toHas('nav[aria-label=Elsewhere]', 'map')}`),
      },
      {
        name: 'on the map',
        kind: 'click',
        act: click('nav[aria-label=Elsewhere] a'),
        shown: always(`${toHas('h1', 'Map')} && ${toHas('[aria-label=Chosen]')}`),
      },
    ],
  },
  {
    ...{ name: 'knowledge', path: always('/knowledge'), content: toHas('td') },
    interactions: [
      {
        name: 'search',
        kind: 'keydown',
        before: (page, { word }) => page.getByLabel('Question or words').fill(word),
        act: (page) => page.keyboard.press('Enter'),
        shown: always(toHas('.passages li')),
      },
      {
        name: 'open a document',
        kind: 'click',
        act: click(`${row('Documents')} a`),
        shown: always(toHas('article.document')),
      },
      { name: 'add dialog', kind: 'click', act: press('Add documents…'), shown: always(toHas('dialog[open]')) },
      more(row('Documents')),
    ],
  },
  {
    name: 'document',
    path: ({ document }) => `/knowledge/${document}`,
    content: toHas('article.document'),
    interactions: [],
  },
];

/** Moves the knob of a slider to the middle of its track with the mouse. */
async function drag(page: Page): Promise<void> {
  const track = await page.locator('.moment input').first().boundingBox();
  if (track === null) return;
  const height = track.y + track.height / 2;
  await page.mouse.move(track.x + track.width - 8, height);
  await page.mouse.down();
  await page.mouse.move(track.x + track.width / 2, height);
  await page.mouse.up();
}

/** Finds a place of the drawing that is an edge, going around its middle in ever wider circles, and leaves it again. */
async function findEdge(page: Page): Promise<void> {
  const area = await page.locator('.graph-canvas').boundingBox();
  if (area === null) return;
  for (let step = 0; step < 400; step++) {
    const [angle, share] = [step * 2.4, step / 900];
    const [x, y] = [area.x + area.width * (0.5 + share * Math.cos(angle)), area.y + area.height * (0.5 + share * Math.sin(angle))];
    await page.mouse.move(x, y);
    await page.evaluate('new Promise(requestAnimationFrame)');
    if (!(await page.evaluate(toHas('.graph-words', '→')))) continue;
    edge = [x, y];
    break;
  }
  await page.mouse.move(area.x + 2, area.y + 2);
  await page.locator('.graph-words').waitFor({ state: 'hidden' });
}
