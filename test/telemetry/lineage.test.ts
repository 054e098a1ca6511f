import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setImmediate } from 'node:timers/promises';
import { afterEach, describe, expect, it } from 'vitest';
import { type LineageEvent, toLineageEvent } from '../../src/core/lineage.ts';
import { createLineage, type LineageDeps, type LineageTarget } from '../../src/telemetry/lineage.ts';
import { createLogger } from '../../src/telemetry/logger.ts';

const context = { namespace: 'ops', version: '1', at: 0, outputs: [] };
const eventOf = (attempt: number): LineageEvent =>
  toLineageEvent({ job: 'oo-agg', tenantId: 'demo', window: { from: 0, to: 1 }, attempt }, { eventType: 'START' }, context);
const idsOf = (attempts: readonly number[]): string[] => attempts.map((attempt) => eventOf(attempt).run.runId);

const cleanups: (() => void)[] = [];
afterEach(() => {
  for (const cleanup of cleanups.splice(0)) cleanup();
});

/** A server on loopback; `answer` gets the number of the request, counted from 1, and may leave it without an answer. */
async function startReceiver(answer: (count: number, response: ServerResponse, request: IncomingMessage) => void) {
  const bodies: string[] = [];
  const server = createServer((request, response) => {
    let body = '';
    request.on('data', (chunk) => {
      body += chunk;
    });
    request.on('end', () => {
      bodies.push(JSON.parse(body).run.runId);
      answer(bodies.length, response, request);
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  cleanups.push(() => {
    server.closeAllConnections();
    server.close();
  });
  const address = server.address();
  return { bodies, port: typeof address === 'object' ? (address?.port ?? 0) : 0 };
}

/** An address on loopback where nobody listens any more. */
async function closedAddress(): Promise<string> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  await new Promise((resolve) => server.close(resolve));
  return `http://127.0.0.1:${typeof address === 'object' ? address?.port : 0}/`;
}

const poll = (value: () => unknown) => expect.poll(value, { timeout: 20_000, interval: 5 });

/** Pauses end at once and are noted; logged lines are kept. */
function start(target: LineageTarget, limits: LineageDeps['limits'] = {}, fetchThrough: typeof fetch = fetch) {
  const pauses: number[] = [];
  const lines: Record<string, unknown>[] = [];
  const lineage = createLineage(target, {
    fetch: fetchThrough,
    logger: createLogger({ level: 'warn', format: 'json', write: (line) => lines.push(JSON.parse(line)) }),
    random: () => 0,
    wait: async (ms) => {
      pauses.push(ms);
      await setImmediate();
    },
    limits: { flush_ms: 30_000, ...limits },
  });
  return { lineage, pauses, lines };
}

const reply = (status: number) => (_: number, response: ServerResponse) => response.writeHead(status).end('{}');

describe('lineage over HTTP', () => {
  it('arrives in order, each event once, as JSON', async () => {
    const types: (string | undefined)[] = [];
    const { bodies, port } = await startReceiver((_, response, request) => {
      types.push(`${request.method} ${request.url} ${request.headers['content-type']} ${request.headers.authorization}`);
      response.writeHead(201).end();
    });
    const { lineage, lines } = start({ url: `http://me:p%40ss@127.0.0.1:${port}/api/v1/lineage` });
    for (const attempt of [1, 2, 3]) lineage.emit(eventOf(attempt));
    await lineage[Symbol.asyncDispose]();
    lineage.emit(eventOf(4));
    expect(bodies).toEqual(idsOf([1, 2, 3]));
    expect(new Set(types)).toEqual(new Set([`POST /api/v1/lineage application/json Basic ${btoa('me:p@ss')}`]));
    expect(lines).toEqual([]);
  });

  it('is tried again after 500, with growing pauses, and keeps its order', async () => {
    const { bodies, port } = await startReceiver((count, response) => response.writeHead(count <= 4 ? 500 : 200).end());
    const { lineage, pauses } = start({ url: `http://127.0.0.1:${port}` }, { first_pause_ms: 10, longest_pause_ms: 50 });
    lineage.emit(eventOf(1));
    lineage.emit(eventOf(2));
    await poll(() => bodies.length).toBe(6);
    await lineage[Symbol.asyncDispose]();
    expect(bodies).toEqual(idsOf([1, 1, 1, 1, 1, 2]));
    expect(pauses).toEqual([5, 10, 20, 25]);
    expect(lineage.dropped).toBe(0);
  });

  it('waits for a target that is away, however long', async () => {
    const { bodies, port } = await startReceiver(reply(200));
    let calls = 0;
    const awayAtFirst: typeof fetch = (to, init) => fetch(++calls <= 20 ? away : to, init);
    const away = await closedAddress();
    const { lineage, lines } = start({ url: `http://127.0.0.1:${port}` }, { answers: 2 }, awayAtFirst);
    lineage.emit(eventOf(1));
    await poll(() => bodies).toEqual(idsOf([1]));
    await lineage[Symbol.asyncDispose]();
    expect(lineage.dropped).toBe(0);
    expect(lines).toMatchObject([{ msg: 'lineage target does not answer', reason: expect.stringContaining('ECONNREFUSED') }]);
  });

  it.each([400, 401, 404, 302])('is not sent again after %i, and the next event follows', async (status) => {
    const { bodies, port } = await startReceiver((count, response) => response.writeHead(count === 1 ? status : 200).end());
    const { lineage, lines } = start({ url: `http://me:secret@127.0.0.1:${port}/` });
    lineage.emit(eventOf(1));
    lineage.emit(eventOf(2));
    await lineage[Symbol.asyncDispose]();
    expect(bodies).toEqual(idsOf([1, 2]));
    expect(lines).toMatchObject([
      { level: 'warn', target: `http://me:***@127.0.0.1:${port}/`, reason: `The target answered with ${status}.`, dropped: 1 },
    ]);
  });

  it('gives an event up after enough refusals', async () => {
    const { bodies, port } = await startReceiver(reply(503));
    const { lineage } = start({ url: `http://127.0.0.1:${port}` }, { answers: 3 });
    lineage.emit(eventOf(1));
    await poll(() => lineage.dropped).toBe(1);
    await lineage[Symbol.asyncDispose]();
    expect(bodies).toEqual(idsOf([1, 1, 1]));
  });

  it('times out where no answer comes, and tries again', async () => {
    const { bodies, port } = await startReceiver((count, response) => (count === 1 ? undefined : response.end()));
    const { lineage } = start({ url: `http://127.0.0.1:${port}` }, { request_ms: 200 });
    lineage.emit(eventOf(1));
    await lineage[Symbol.asyncDispose]();
    expect(bodies.length).toBeGreaterThan(1);
    expect(new Set(bodies)).toEqual(new Set(idsOf([1])));
    expect(lineage.dropped).toBe(0);
  });

  it('ends within its bound although the target hangs', async () => {
    const { port } = await startReceiver(() => undefined);
    const { lineage, lines } = start({ url: `http://127.0.0.1:${port}` }, { flush_ms: 50 });
    for (const attempt of [1, 2, 3]) lineage.emit(eventOf(attempt));
    const started = performance.now();
    await lineage[Symbol.asyncDispose]();
    expect(performance.now() - started).toBeLessThan(5_000);
    expect(lineage.dropped).toBe(3);
    expect(lines).toMatchObject([{ reason: 'The process ended.', dropped: 3 }]);
  });

  it('keeps the newest events when too many wait, and says so once', async () => {
    const held: ServerResponse[] = [];
    const { bodies, port } = await startReceiver((count, response) => (count === 1 ? held.push(response) : response.end()));
    const { lineage, lines } = start({ url: `http://127.0.0.1:${port}` }, { queued: 2 });
    lineage.emit(eventOf(1));
    await poll(() => held.length).toBe(1);
    for (const attempt of [2, 3, 4, 5]) lineage.emit(eventOf(attempt));
    held[0]?.end();
    await lineage[Symbol.asyncDispose]();
    expect(bodies).toEqual(idsOf([1, 4, 5]));
    expect(lines).toMatchObject([{ reason: 'Too many events wait.', dropped: 1 }]);
    expect(lineage.dropped).toBe(2);
  });

  it('refuses an address that is none', () => {
    expect(() => start({ url: 'http://[' })).toThrow('`lineage.url` is not a valid address.');
  });
});

describe('lineage into a file', () => {
  const makeDirectory = (): string => {
    const directory = mkdtempSync(join(tmpdir(), 'observebridge-lineage-'));
    cleanups.push(() => rmSync(directory, { recursive: true }));
    return directory;
  };

  it('is one line per event, after what is there, whatever becomes of the address', async () => {
    const file = join(makeDirectory(), 'new', 'lineage.jsonl');
    for (const attempt of [1, 2]) {
      const { lineage } = start({ file, url: await closedAddress() }, { flush_ms: 20 });
      lineage.emit(eventOf(attempt));
      await lineage[Symbol.asyncDispose]();
    }
    expect(readFileSync(file, 'utf8')).toBe(`${JSON.stringify(eventOf(1))}\n${JSON.stringify(eventOf(2))}\n`);
  });

  it('is dropped with a warning where it cannot be written', async () => {
    const directory = makeDirectory();
    writeFileSync(join(directory, 'plain'), '');
    const { lineage, lines } = start({ file: join(directory, 'plain', 'lineage.jsonl') });
    lineage.emit(eventOf(1));
    await lineage[Symbol.asyncDispose]();
    expect(lines).toMatchObject([{ msg: 'lineage events dropped', dropped: 1 }]);
  });
});
