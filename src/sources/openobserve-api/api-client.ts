import { readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { rootCertificates } from 'node:tls';
import { type Dispatcher, EnvHttpProxyAgent, request } from 'undici';
import { ObserveBridgeError, throwIfAborted } from '../../core/error.ts';
import { toMicros } from '../../core/time.ts';
import type { Window } from '../../core/window.ts';
import { createAnswerSplitter } from './answer-splitter.ts';
import type { OpenObserveApiConfig } from './config.ts';
import { RequestFailure, toFailure } from './failure.ts';

export interface ApiClientDeps {
  /** Resolves after that many milliseconds, or rejects when the signal fires. */
  readonly wait?: (ms: number, signal: AbortSignal) => Promise<void>;
  /** A number in `[0, 1)`. */
  readonly random?: () => number;
}

/** One search. `members` are JSON members that every line of a row begins with. */
export interface Search {
  /** The stream or streams that messages name. */
  readonly what: string;
  /** OpenObserve's type of the streams. */
  readonly type: string;
  readonly sql: string;
  readonly range: Window;
  readonly size: number;
  readonly members: string;
}

/** Where the lines of a search go. `begin` is called before every attempt and forgets those of the attempt before. */
export interface RowSink {
  begin(): Promise<void>;
  write(lines: readonly Buffer[]): Promise<void>;
}

export interface SearchAnswer {
  readonly rows: number;
  readonly bytes: number;
  readonly longestRow: number;
}

/** OpenObserve's HTTP API. Requests beyond the configured concurrency wait for their turn; what may succeed the next time is tried again. */
export interface ApiClient extends AsyncDisposable {
  /** Resolves to the JSON of an answer. Rejects with `RequestFailure` or `OB_CANCELED`. */
  get(what: string, path: string, signal: AbortSignal): Promise<unknown>;
  /** Runs a search. Rejects with `RequestFailure`, with `OB_SOURCE_PARTIAL` when the answer is not about all rows, or with `OB_CANCELED`. */
  search(search: Search, sink: RowSink, signal: AbortSignal): Promise<SearchAnswer>;
}

/** A failure that may pass is met at most this often in a row, over about 15 seconds. */
const ATTEMPTS = 6;
const FIRST_WAIT_MS = 500;
const LONGEST_WAIT_MS = 8_000;

/** What the server may take longer than the timeout it was told, before the request is given up here. */
const GRACE_MS = 2_000;

/** Longest part of an answer with an error that is looked at. */
const ERROR_BODY_BYTES = 65_536;

/**
 * Creates a client; nothing is connected before the first request, which rejects with `OB_SOURCE_UNREADABLE` when `ca_file` cannot be read.
 * Throws `OB_CONFIG_INVALID` for an address that is none.
 */
export function createApiClient(config: OpenObserveApiConfig, deps: ApiClientDeps = {}): ApiClient {
  const base = config.url.replace(/\/+$/, '');
  const host = toHost(base);
  const authorization = `Basic ${Buffer.from(`${config.user}:${config.password}`).toString('base64')}`;
  const timeoutMs = toMicros(config.timeout) / 1000;
  const wait = deps.wait ?? ((ms, signal) => sleep(ms, undefined, { signal }));
  const random = deps.random ?? Math.random;
  let dispatcher: Dispatcher | undefined;
  const inTurn = createTurns(config.concurrency);

  const attempt = async <Result>(exchange: Exchange<Result>, signal: AbortSignal): Promise<Result> => {
    const patience = AbortSignal.timeout(timeoutMs + GRACE_MS);
    const what = `${host}, ${exchange.what}`;
    try {
      dispatcher ??= createDispatcher(config);
      const { statusCode, headers, body } = await request(`${base}${exchange.path}`, {
        method: exchange.body === undefined ? 'GET' : 'POST',
        headers: {
          authorization,
          accept: 'application/json',
          ...(exchange.body === undefined ? {} : { 'content-type': 'application/json' }),
        },
        body: exchange.body ?? null,
        ...{ dispatcher, signal: AbortSignal.any([signal, patience]), headersTimeout: 0, bodyTimeout: 0 },
      });
      if (statusCode === 200) return await exchange.take(body);
      throw toFailure(what, statusCode, await readStart(body), headers['retry-after']?.toString());
    } catch (error) {
      throwIfAborted(signal);
      if (error instanceof RequestFailure || error instanceof ObserveBridgeError) throw error;
      throw patience.aborted ? toTimeout(what, config.timeout, error) : toBroken(what, error);
    }
  };

  const insist = <Result>(exchange: Exchange<Result>, signal: AbortSignal): Promise<Result> =>
    inTurn(signal, async () => {
      for (let attempts = 1; ; attempts++) {
        throwIfAborted(signal);
        try {
          return await attempt(exchange, signal);
        } catch (error) {
          if (!(error instanceof RequestFailure) || error.verdict !== 'again' || attempts === ATTEMPTS) throw error;
          const longest = Math.min(FIRST_WAIT_MS * 2 ** (attempts - 1), LONGEST_WAIT_MS);
          await wait(Math.max(longest * (0.5 + random() / 2), Math.min(error.waitMs ?? 0, LONGEST_WAIT_MS)), signal).catch(
            (reason: unknown) => {
              throwIfAborted(signal);
              throw reason;
            },
          );
        }
      }
    });

  return {
    get: (what, path, signal) => insist({ what, path, take: async (body) => toJson(`${host}, ${what}`, await body.text()) }, signal),
    search: (search, sink, signal) =>
      insist(
        {
          what: search.what,
          path: `/api/${encodeURIComponent(config.organization)}/_search?type=${search.type}&use_cache=false`,
          body: JSON.stringify({
            query: { sql: search.sql, start_time: search.range.from, end_time: search.range.to, from: 0, size: search.size },
            ...{ search_type: 'other', timeout: Math.ceil(timeoutMs / 1000) },
          }),
          take: (body) => takeRows(`${host}, ${search.what}`, body, search.members, sink),
        },
        signal,
      ),
    async [Symbol.asyncDispose]() {
      await dispatcher?.destroy();
      dispatcher = undefined;
    },
  };
}

function toHost(url: string): string {
  try {
    return new URL(url).host;
  } catch (error) {
    throw new ObserveBridgeError('OB_CONFIG_INVALID', 'config', `\`source.url\` is not an address: ${url}.`, error);
  }
}

interface Exchange<Result> {
  readonly what: string;
  readonly path: string;
  readonly body?: string;
  take(body: Dispatcher.ResponseData['body']): Promise<Result>;
}

async function takeRows(what: string, body: AsyncIterable<Buffer>, members: string, sink: RowSink): Promise<SearchAnswer> {
  await sink.begin();
  const splitter = createAnswerSplitter(members);
  let bytes = 0;
  for await (const chunk of body) {
    bytes += chunk.length;
    const lines = splitter.push(chunk);
    if (lines.length > 0) await sink.write(lines);
  }
  const { envelope, rows, longestRow } = splitter.end();
  const answer = toJson(what, envelope) as { hits?: unknown; is_partial?: unknown; function_error?: unknown; new_start_time?: unknown };
  if (!Array.isArray(answer?.hits)) throw toBroken(what, new Error('The answer has no hits.'));
  const partial = (reason: string) => new ObserveBridgeError('OB_SOURCE_PARTIAL', 'read', `${what}: ${reason}`);
  if (answer.new_start_time != null) throw partial('OpenObserve moved the start of the range that was asked for.');
  if (answer.is_partial === true) throw partial('OpenObserve calls its answer partial.');
  const { function_error: warning } = answer;
  if (Array.isArray(warning) ? warning.length > 0 : warning != null && warning !== '')
    throw partial('OpenObserve adds a warning to its answer.');
  return { rows, bytes, longestRow };
}

function toJson(what: string, text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw toBroken(what, new Error('The answer is not whole, valid JSON.'));
  }
}

async function readStart(body: AsyncIterable<Buffer>): Promise<string> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of body) {
    chunks.push(chunk);
    bytes += chunk.length;
    if (bytes > ERROR_BODY_BYTES) break;
  }
  return Buffer.concat(chunks).toString();
}

const toTimeout = (what: string, timeout: string, cause: unknown): RequestFailure =>
  new RequestFailure(
    'narrow',
    new ObserveBridgeError('OB_SOURCE_UNAVAILABLE', 'read', `${what}: no whole answer within ${timeout}.`, cause),
  );

const toBroken = (what: string, cause: unknown): RequestFailure =>
  new RequestFailure(
    'again',
    new ObserveBridgeError('OB_SOURCE_UNAVAILABLE', 'read', `${what}: OpenObserve cannot be reached or its answer breaks off.`, cause),
  );

function createDispatcher(config: OpenObserveApiConfig): Dispatcher {
  const tls = {
    ...(config.ca_file === undefined ? {} : { ca: [...rootCertificates, readCertificates(config.ca_file)] }),
    rejectUnauthorized: !config.insecure_tls,
  };
  return new EnvHttpProxyAgent({
    ...{ connections: config.concurrency, pipelining: 1, connect: tls, requestTls: tls, proxyTls: tls },
    ...(config.proxy === undefined ? {} : { httpProxy: config.proxy, httpsProxy: config.proxy, noProxy: '' }),
  });
}

function readCertificates(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    throw new ObserveBridgeError('OB_SOURCE_UNREADABLE', 'read', `The certificates ${path} cannot be read.`, error);
  }
}

/** Lets at most so many run at once; the others wait in the order they came. */
function createTurns(limit: number): <Result>(signal: AbortSignal, work: () => Promise<Result>) => Promise<Result> {
  const waiting: (() => void)[] = [];
  let running = 0;
  return async (signal, work) => {
    if (running >= limit) await new Promise<void>((resolve) => waiting.push(resolve));
    else running++;
    try {
      throwIfAborted(signal);
      return await work();
    } finally {
      const next = waiting.shift();
      if (next) next();
      else running--;
    }
  };
}
