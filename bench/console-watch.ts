import type { Browser, CDPSession, Page } from 'playwright-core';

const PATIENCE_MS = 30_000;

/** Runs in every page before its own scripts; text, because benches know no document. */
const SCRIPT = `(() => {
  const has = (selector, text = '') => [...document.querySelectorAll(selector)].some((element) => element.textContent.includes(text));
  const isSettled = () => document.querySelector('.is-old, .loading') === null;
  const afterPaint = (then) => requestAnimationFrame(() => {
    const channel = new MessageChannel();
    channel.port1.onmessage = () => then(performance.now());
    channel.port2.postMessage(0);
  });
  const until = (shown) => new Promise((resolve, reject) => {
    const latest = performance.now() + ${PATIENCE_MS};
    const look = () => requestAnimationFrame(() => {
      if (shown()) afterPaint(resolve);
      else if (performance.now() < latest) look();
      else reject(new Error('it never became visible'));
    });
    look();
  });
  const watch = (kind, shown) => {
    if (shown()) throw new Error('what must become visible is visible already');
    window.bench.watched = new Promise((resolve, reject) => {
      const tasks = [];
      const observer = new PerformanceObserver((list) => tasks.push(...list.getEntries().map(({ duration }) => duration)));
      observer.observe({ type: 'longtask' });
      addEventListener(kind, async ({ timeStamp: start }) => {
        const both = await Promise.all([new Promise(afterPaint), until(shown)]).catch(reject);
        if (both === undefined) return;
        const [response, answer] = both;
        // Long tasks are told with the next idle moment.
        await new Promise((idle) => requestIdleCallback(idle, { timeout: 200 }));
        observer.disconnect();
        resolve({ response: response - start, answer: answer - start, longest: Math.max(0, ...tasks) });
      }, { capture: true, once: true });
    });
  };
  localStorage.removeItem('observebridge.theme');
  window.bench = { has, isSettled, until, watch };
})()`;

/** What a person waits for after an input, in ms. */
export interface Wait {
  /** Until the next frame. */
  readonly response: number;
  /** Until the frame that shows the answer. */
  readonly answer: number;
  /** The longest task meanwhile; 0 where all took less than 50 ms. */
  readonly longest: number;
  /** What the main thread of the page computed meanwhile: time on a processor, which other programs do not make longer. */
  readonly work: number;
}

/** What a first visit takes: ms until its content is in a frame, compressed bytes of script, and requests. */
export interface Load {
  readonly content: number;
  readonly scriptBytes: number;
  readonly requests: number;
}

/** A page that watches itself, in a browser profile of its own with nothing kept from before. */
export interface WatchedPage extends AsyncDisposable {
  readonly page: Page;
  readonly session: CDPSession;
}

/** Opens an empty page that will watch itself wherever it goes; disposing it forgets what it kept. */
export async function openWatchedPage(browser: Browser): Promise<WatchedPage> {
  const context = await browser.newContext({ viewport: { width: 1440, height: 900 }, colorScheme: 'light' });
  context.setDefaultTimeout(PATIENCE_MS);
  const page = await context.newPage();
  await page.addInitScript(SCRIPT);
  const session = await context.newCDPSession(page);
  await session.send('Performance.enable', { timeDomain: 'threadTicks' });
  return { page, session, [Symbol.asyncDispose]: () => context.close() };
}

/** An expression that is true in the page while an element has the text, for `untilShown` and `measureWait`. */
export function toHas(selector: string, text = ''): string {
  return `bench.has(${JSON.stringify(selector)}, ${JSON.stringify(text)})`;
}

/** Resolves when the page shows what the expression says and waits for nothing else; the time since it was opened, in ms. */
export function untilShown(page: Page, shown: string): Promise<number> {
  return page.evaluate<number>(`bench.until(() => ${shown} && bench.isSettled())`);
}

/** Acts and resolves when the answer stands: what the expression says is shown and nothing else is awaited. `kind` is the event that begins it. */
export async function measureWait(
  { page, session }: WatchedPage,
  kind: string,
  shown: string,
  act: (page: Page) => Promise<unknown>,
): Promise<Wait> {
  await page.evaluate(`bench.watch(${JSON.stringify(kind)}, () => ${shown} && bench.isSettled())`);
  const before = await readWork(session);
  await act(page);
  const wait = await page.evaluate<Omit<Wait, 'work'>>('bench.watched');
  return { ...wait, work: (await readWork(session)) - before };
}

async function readWork(session: CDPSession): Promise<number> {
  const { metrics } = await session.send('Performance.getMetrics');
  return 1000 * (metrics.find(({ name }) => name === 'TaskDuration')?.value ?? 0);
}

/** What the first visit of a page, which has just shown its content, took. */
export function readLoad(page: Page): Promise<Omit<Load, 'content'>> {
  return page.evaluate(`(() => {
    const loaded = performance.getEntriesByType('resource');
    const scripts = loaded.filter(({ name }) => name.split('?')[0].endsWith('.js'));
    return { scriptBytes: scripts.reduce((sum, { encodedBodySize }) => sum + encodedBodySize, 0), requests: 1 + loaded.length };
  })()`);
}
