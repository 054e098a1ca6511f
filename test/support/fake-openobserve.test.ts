import { describe, expect, it } from 'vitest';
import { MINUTE, parseTime } from '../../src/core/time.ts';
import { type FakeOpenObserve, startFakeOpenObserve } from './fake-openobserve/fake-openobserve.ts';

const NOON = parseTime('2026-03-01T12:00:00Z') ?? 0;

interface Answer {
  readonly status: number;
  readonly text: string;
  readonly json: { hits: Record<string, unknown>[]; total: number; is_partial: boolean; function_error?: string[]; code?: number };
}

async function ask(server: FakeOpenObserve, sql: string, more: Record<string, unknown> = {}, parameters = 'type=logs'): Promise<Answer> {
  const response = await fetch(`${server.url}/api/default/_search?${parameters}`, {
    method: 'POST',
    headers: { authorization: `Basic ${Buffer.from(`${server.user}:${server.password}`).toString('base64')}` },
    body: JSON.stringify({ query: { sql, start_time: NOON, end_time: NOON + MINUTE, ...more } }),
  });
  const text = await response.text();
  return { status: response.status, text, json: JSON.parse(text) };
}

async function inServer(check: (server: FakeOpenObserve) => Promise<void>): Promise<void> {
  await using server = await startFakeOpenObserve();
  await server.append('logs', 'default', `select ${NOON} + i as _timestamp, 'line ' || i as body from range(1500) as t(i)`);
  await server.append('logs', 'odd', [
    { _timestamp: NOON, hash: 2n ** 64n - 1n, share: 7.5, empty: null },
    { _timestamp: NOON + 1, hash: null, share: 7, empty: 'no' },
    { _timestamp: NOON + MINUTE, empty: 'at the end' },
  ]);
  await check(server);
}

describe('the fake OpenObserve', () => {
  it('gives a thousand rows when it is not told how many, the newest first, and says nothing', () =>
    inServer(async (server) => {
      const { json } = await ask(server, 'SELECT body FROM "default"');
      expect([json.hits.length, json.total, json.is_partial, json.function_error]).toEqual([1000, 1000, false, undefined]);
      expect(json.hits[0]).toEqual({ _timestamp: NOON + 1499, body: 'line 1499' });
    }));

  it.each([-1, 0])('caps a size of %d with a warning', (size) =>
    inServer(async (server) => {
      const { json } = await ask(server, 'SELECT * FROM "default"', { size });
      expect([json.hits.length, json.is_partial]).toEqual([1000, true]);
      expect(json.function_error?.[0]).toContain('capped');
    }),
  );

  it('lets LIMIT win over size and pages by from', () =>
    inServer(async (server) => {
      expect((await ask(server, 'SELECT * FROM "default" LIMIT 1200', { size: 5 })).json.hits.length).toBe(1200);
      expect((await ask(server, 'SELECT * FROM "default"', { size: 1000, from: 1000 })).json.hits.length).toBe(500);
    }));

  it('counts instead of answering when it tracks the hits', () =>
    inServer(async (server) => {
      const { json } = await ask(server, 'SELECT * FROM "default"', { track_total_hits: true });
      expect([json.hits, json.total]).toEqual([[{ zo_sql_num: 1500 }], 1500]);
    }));

  it('takes a half-open range, leaves out nulls and writes unsigned integers as bare numbers', () =>
    inServer(async (server) => {
      const { text } = await ask(server, 'SELECT * FROM "odd" ORDER BY _timestamp ASC', { size: 10 });
      expect(text).toContain(
        `"hits":[{"_timestamp":${NOON},"hash":18446744073709551615,"share":7.5},{"_timestamp":${NOON + 1},"share":7.0,"empty":"no"}]`,
      );
    }));

  it('names unknown streams, unknown columns and bad statements by code', () =>
    inServer(async (server) => {
      const codes = ['SELECT * FROM "nothing"', 'SELECT nothing FROM "default"', 'SELEC body FROM "default"'].map(async (sql) => {
        const { status, json } = await ask(server, sql);
        return [status, json.code];
      });
      expect(await Promise.all(codes)).toEqual([
        [400, 20002],
        [400, 20004],
        [400, 20001],
      ]);
    }));

  it('answers from its cache unless it is told not to', () =>
    inServer(async (server) => {
      const counted = async (parameters: string) =>
        (await ask(server, 'SELECT count(*) AS n FROM "default"', {}, parameters)).json.hits[0]?.n;
      expect(await counted('type=logs')).toBe(1500);
      await server.append('logs', 'default', [{ _timestamp: NOON, body: 'late' }]);
      expect(await counted('type=logs')).toBe(1500);
      expect(await counted('type=logs&use_cache=false')).toBe(1501);
    }));

  it('groups by minute with histogram', () =>
    inServer(async (server) => {
      const { json } = await ask(server, `SELECT histogram(_timestamp, '1 minute') AS t, count(*) AS n FROM "default" GROUP BY t`);
      expect(json.hits).toEqual([{ t: '2026-03-01T12:00:00', n: 1500 }]);
    }));

  it('refuses other credentials in plain text', () =>
    inServer(async (server) => {
      const response = await fetch(`${server.url}/api/default/streams`, { headers: { authorization: 'Basic eDp5' } });
      expect([response.status, await response.text()]).toEqual([401, 'Unauthorized Access']);
    }));

  it('widens the columns of a stream as OpenObserve does', () =>
    inServer(async (server) => {
      await server.append('logs', 'wide', [{ _timestamp: NOON, level: 9 }]);
      await server.append('logs', 'wide', [{ _timestamp: NOON + 1, level: 'INFO' }]);
      expect((await ask(server, 'SELECT level FROM "wide" ORDER BY _timestamp ASC')).json.hits).toEqual([
        { level: '9' },
        { level: 'INFO' },
      ]);
    }));
});
