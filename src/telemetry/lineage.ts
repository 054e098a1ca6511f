import { appendFile, mkdir } from 'node:fs/promises';
import { dirname } from 'node:path';
import { ObserveBridgeError } from '../core/error.ts';
import type { LineageEvent } from '../core/lineage.ts';
import { maskSecrets } from '../core/secret.ts';
import { type Logger, listCauses } from './logger.ts';

/** Where events go; without `url` and `file` they go nowhere. */
export interface LineageTarget {
  readonly url?: string;
  readonly file?: string;
}

export interface LineageDeps {
  readonly fetch: typeof fetch;
  readonly logger: Logger;
  /** A number from 0 to 1, 1 excluded. */
  readonly random: () => number;
  /** Resolves after that many milliseconds, or at once when the signal fires. */
  readonly wait: (ms: number, signal: AbortSignal) => Promise<void>;
  /** Limits that tests narrow. */
  readonly limits?: Partial<typeof defaultLimits>;
}

const defaultLimits = {
  /** Events that wait for a target; beyond it the oldest is dropped. */
  queued: 10_000,
  /** Answers other than success after which an event is dropped; a target that does not answer at all is tried on. */
  answers: 8,
  request_ms: 10_000,
  first_pause_ms: 500,
  longest_pause_ms: 30_000,
  flush_ms: 5_000,
};

/**
 * Sends events in their order, each target on its own, in the background: a target that fails or hangs neither blocks nor fails anything.
 * Dispose waits until everything is sent, at most `flush_ms`, and drops the rest.
 */
export interface Lineage extends AsyncDisposable {
  emit(event: LineageEvent): void;
  /** Events dropped so far, each counted once per target. */
  readonly dropped: number;
}

/** Opens nothing before the first event; throws `OB_CONFIG_INVALID` for an address that is none. Dropped events are logged as a warning, the first and then every thousandth. */
export function createLineage(target: LineageTarget, deps: LineageDeps): Lineage {
  const limits = { ...defaultLimits, ...deps.limits };
  const outlets: Outlet[] = [];
  let dropped = 0;
  let isClosed = false;
  const drop = (to: string, count: number, reason: string): void => {
    const isWorthALine = dropped === 0 || Math.floor((dropped + count) / 1000) > Math.floor(dropped / 1000);
    dropped += count;
    if (isWorthALine) deps.logger.warn({ target: to, reason, dropped }, 'lineage events dropped');
  };
  const add = (to: string, deliver: Deliver): void => {
    outlets.push(createOutlet(limits.queued, deliver, (count, reason) => drop(to, count, reason)));
  };
  if (target.url !== undefined) add(maskSecrets(target.url), toPost(target.url, deps, limits));
  if (target.file !== undefined) add(target.file, toAppend(target.file));
  return {
    emit(event) {
      if (!isClosed) for (const outlet of outlets) outlet.push(JSON.stringify(event));
    },
    get dropped() {
      return dropped;
    },
    async [Symbol.asyncDispose]() {
      isClosed = true;
      await Promise.all(outlets.map((outlet) => outlet.close(limits.flush_ms)));
    },
  };
}

/** Takes the event in hand to its target; resolves with the reason when it is given up. `hurry` ends pauses, `signal` everything. */
type Deliver = (event: string, hurry: AbortSignal, signal: AbortSignal) => Promise<string | undefined>;

interface Outlet {
  push(event: string): void;
  close(withinMs: number): Promise<void>;
}

function createOutlet(capacity: number, deliver: Deliver, drop: (count: number, reason: string) => void): Outlet {
  const waiting: string[] = [];
  const [hurrying, ending] = [new AbortController(), new AbortController()];
  let working: Promise<void> | undefined;
  const work = async (): Promise<void> => {
    for (let event = waiting.shift(); event !== undefined; event = waiting.shift()) {
      const reason = await deliver(event, hurrying.signal, ending.signal);
      const left = ending.signal.aborted ? waiting.splice(0).length : 0;
      if (reason !== undefined || left > 0) drop(left + (reason === undefined ? 0 : 1), reason ?? 'The process ended.');
    }
    working = undefined;
  };
  return {
    push(event) {
      waiting.push(event);
      if (waiting.length > capacity) {
        waiting.shift();
        drop(1, 'Too many events wait.');
      }
      working ??= work();
    },
    async close(withinMs) {
      hurrying.abort();
      const timer = setTimeout(() => ending.abort(), withinMs);
      await working;
      clearTimeout(timer);
    },
  };
}

function toPost(address: string, { fetch, logger, random, wait }: LineageDeps, limits: typeof defaultLimits): Deliver {
  const { url, authorization } = splitCredentials(address);
  const headers = { 'content-type': 'application/json', ...authorization };
  return async (body, hurry, signal) => {
    let answers = 0;
    for (let failures = 0; ; failures++) {
      const within = AbortSignal.any([signal, AbortSignal.timeout(limits.request_ms)]);
      try {
        const response = await fetch(url, { method: 'POST', headers, body, redirect: 'manual', signal: within });
        await response.body?.cancel();
        if (response.ok) return undefined;
        const canHelp = response.status >= 500 || response.status === 408 || response.status === 429;
        if (!canHelp || ++answers >= limits.answers) return `The target answered with ${response.status}.`;
      } catch (error) {
        // A target that is away is waited for; the queue bounds what that costs. One line tells of it, however long it lasts.
        const reason = [error instanceof Error ? error.message : String(error), ...listCauses(error)].join(': ');
        if (failures === 3) logger.warn({ target: maskSecrets(address), reason }, 'lineage target does not answer');
      }
      if (signal.aborted) return 'The process ended.';
      const pause = Math.min(limits.longest_pause_ms, limits.first_pause_ms * 2 ** failures) * (0.5 + random() / 2);
      // Once the process ends a pause would use up the time to flush, but a target that refuses at once must not be asked in a tight loop.
      await (hurry.aborted ? wait(Math.min(pause, limits.first_pause_ms), signal) : wait(pause, hurry));
      if (signal.aborted) return 'The process ended.';
    }
  };
}

/** Addresses with a password are refused by `fetch`; it takes them as a header. */
function splitCredentials(address: string): { url: URL; authorization: Record<string, string> } {
  if (!URL.canParse(address)) throw new ObserveBridgeError('OB_CONFIG_INVALID', 'config', '`lineage.url` is not a valid address.');
  const url = new URL(address);
  if (url.username === '' && url.password === '') return { url, authorization: {} };
  const pair = `${decodeURIComponent(url.username)}:${decodeURIComponent(url.password)}`;
  url.username = '';
  url.password = '';
  return { url, authorization: { authorization: `Basic ${Buffer.from(pair).toString('base64')}` } };
}

function toAppend(file: string): Deliver {
  return async (event) => {
    try {
      await mkdir(dirname(file), { recursive: true });
      await appendFile(file, `${event}\n`);
      return undefined;
    } catch (error) {
      return error instanceof Error ? error.message : String(error);
    }
  };
}
