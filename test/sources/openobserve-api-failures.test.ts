import { execFileSync, spawnSync } from 'node:child_process';
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { createServer } from 'node:http';
import { type AddressInfo, connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { openSession } from '../../src/aggregate/session.ts';
import { HOUR, SECOND } from '../../src/core/time.ts';
import { createOpenObserveApiSource } from '../../src/sources/openobserve-api/openobserve-api.ts';
import type { FakeFault } from '../support/fake-openobserve/fake-openobserve.ts';
import { ALL_ROWS, configOf, count, inWorld, lines, NOON, range, rowsOf, startWorld, type World } from './openobserve-api-world.ts';

describe('failures', () => {
  const transient: FakeFault[] = ['rate_limit', 'cancelled', 'file_gone', 'execute_error', 'lock_timeout', 'unavailable', 'reset', 'cut'];
  it.each(transient)('reads on after %s, waiting longer each time', (fault) =>
    inWorld(async (world) => {
      world.server.inflict(fault, 3);
      expect(await count(world)).toBe(ALL_ROWS);
      expect(world.waits).toEqual([375, 750, 1500]);
    }),
  );

  it.each(['sql_error', 'forbidden', 'partial', 'clamp', 'function_error'] as const)('does not ask again after %s', (fault) =>
    inWorld(async (world) => {
      world.server.inflict(fault, Number.POSITIVE_INFINITY);
      await expect(count(world)).rejects.toMatchObject({ retryable: fault !== 'sql_error' && fault !== 'forbidden' });
      expect(world.server.searches.length).toBe(1);
      expect(world.waits).toEqual([]);
    }),
  );

  it('gives up after a bounded number of attempts', () =>
    inWorld(async (world) => {
      world.server.inflict('unavailable', Number.POSITIVE_INFINITY);
      await expect(count(world)).rejects.toMatchObject({ code: 'OB_SOURCE_UNAVAILABLE', retryable: true });
      expect(world.server.searches.length).toBe(6);
    }));

  it('stops all streams when one of them fails, and says why that one did', () =>
    inWorld(
      async (world) => {
        for (let index = 0; index < 20; index++) await world.server.append('logs', `s_${index}`, [{ _timestamp: NOON, body: 'x' }]);
        world.server.inflict('forbidden', 1, 4);
        await expect(count(world)).rejects.toMatchObject({ code: 'OB_SOURCE_AUTH' });
        expect(world.server.searches.length).toBeLessThan(10);
      },
      { empty: true, config: { concurrency: 3 } },
    ));

  it('refuses wrong credentials at once and never shows them', () =>
    inWorld(
      async (world) => {
        const failure = await count(world).catch((error: unknown) => error);
        expect(failure).toMatchObject({ code: 'OB_SOURCE_AUTH', retryable: false });
        expect(String(failure)).not.toContain('o2oi_ingest-only');
        expect(world.server.searches).toEqual([]);
      },
      { config: { password: 'o2oi_ingest-only' } },
    ));

  it('says that nobody listens', () =>
    inWorld(async (world) => {
      await world.server[Symbol.asyncDispose]();
      await expect(count(world)).rejects.toMatchObject({ code: 'OB_SOURCE_UNAVAILABLE', message: expect.stringContaining('127.0.0.1:') });
    }));

  it('keeps the rows of whole answers only, and no files after a failure', () =>
    inWorld(async (world) => {
      await world.server.append('logs', 'default', lines(15_000, '11000'));
      world.server.inflict('cut', 2, 1);
      expect(await count(world)).toBe(ALL_ROWS + 15_000);
      world.server.inflict('partial', 1, 2);
      await expect(count(world)).rejects.toMatchObject({ code: 'OB_SOURCE_PARTIAL' });
      expect((await readdir(world.session.directory)).filter((name) => name !== 'spill')).toEqual([]);
    }));

  it('stops in the middle of a search and of a wait', () =>
    inWorld(
      async (world) => {
        for (const fault of ['slow', 'unavailable'] as const) {
          const controller = new AbortController();
          world.server.inflict(fault, Number.POSITIVE_INFINITY);
          world.server.onSearch(() => controller.abort());
          const ranges = { logs: range, spans: range, metric_points: range };
          await expect(world.source.open(ranges, world.session, controller.signal)).rejects.toMatchObject({ code: 'OB_CANCELED' });
        }
        expect((await readdir(world.session.directory)).filter((name) => name !== 'spill')).toEqual([]);
      },
      { deps: { wait: (_ms, signal) => new Promise((_, reject) => signal.addEventListener('abort', () => reject(signal.reason))) } },
    ));
});

describe('connections', () => {
  it('goes through a proxy', async () => {
    await using server = await startWorld();
    const targets: string[] = [];
    const proxy = createServer();
    proxy.on('connect', (request, socket) => {
      targets.push(request.url ?? '');
      const { hostname, port } = new URL(`http://${request.url}`);
      const upstream = connect(Number(port), hostname, () => socket.write('HTTP/1.1 200 Connection established\r\n\r\n'));
      upstream.pipe(socket).pipe(upstream);
      for (const end of [upstream, socket]) end.on('error', () => undefined);
    });
    await new Promise<void>((resolve) => proxy.listen(0, '127.0.0.1', resolve));
    const { port } = proxy.address() as AddressInfo;
    await using source = createOpenObserveApiSource(configOf(server, { proxy: `http://127.0.0.1:${port}` }), { now: () => NOON });
    await using session = await openSession({ directory: join(tmpdir(), 'observebridge-test'), memoryLimit: '256MB', threads: 1 });
    const world = { server, source, session, waits: [] };
    expect(await count(world)).toBe(ALL_ROWS);
    expect(targets).toEqual([new URL(server.url).host]);
    await source[Symbol.asyncDispose]();
    proxy.close();
  });
});

describe('TLS', () => {
  const openssl = spawnSync('openssl', ['version']).status === 0;

  it.skipIf(!openssl)('trusts the authority of ca_file, nobody unknown, and anybody only when told so', async () => {
    const directory = await mkdtemp(join(tmpdir(), 'observebridge-tls-'));
    const [key, cert] = [join(directory, 'key.pem'), join(directory, 'cert.pem')];
    const subject = ['-subj', '/CN=fake', '-addext', 'subjectAltName=IP:127.0.0.1'];
    const curve = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1'];
    execFileSync('openssl', ['req', '-x509', '-nodes', ...curve, ...subject, '-keyout', key, '-out', cert], { stdio: 'ignore' });
    const tls = { key: await readFile(key, 'utf8'), cert: await readFile(cert, 'utf8') };
    const reads = (config: Record<string, unknown>) =>
      inWorld(async (world) => expect(await count(world)).toBe(ALL_ROWS), { server: { tls }, config });
    await reads({ ca_file: cert });
    await reads({ insecure_tls: true });
    await expect(reads({})).rejects.toMatchObject({ code: 'OB_SOURCE_UNAVAILABLE' });
    await expect(reads({ ca_file: join(directory, 'none.pem') })).rejects.toMatchObject({ code: 'OB_SOURCE_UNREADABLE' });
    await rm(directory, { recursive: true });
  });
});

describe('check', () => {
  const textsOf = async ({ source }: World): Promise<string[]> =>
    (await source.check(new AbortController().signal)).map(({ level, text }) => `${level}: ${text}`);

  it('says version, streams, the age of the newest rows and what is limited', () =>
    inWorld(
      async (world) => {
        await world.server.append('metrics', 'untyped', [{ _timestamp: NOON, value: 1 }]);
        expect(await textsOf(world)).toEqual([
          `ok: OpenObserve v0.92.2 (opensource) answers at ${world.server.url}.`,
          'ok: Organization default has 1 logs, 1 traces, 2 metrics streams to read.',
          'ok: The newest row of logs stream default is 57m3s old.',
          'ok: The newest row of traces stream default is 57m3s old.',
          'ok: The newest row of metrics stream load is 57m3s old.',
          'ok: 1 metric streams have no recorded type; it is told from their names.',
          'ok: Rows whose event time is impossible lie outside of every window and are not read through the API.',
        ]);
      },
      { deps: { now: () => NOON + HOUR } },
    ));

  it('warns of streams that stand still', () =>
    inWorld(
      async (world) => expect(await textsOf(world)).toContainEqual(expect.stringContaining('warning: The logs stream default has no rows')),
      {
        deps: { now: () => NOON + 30 * HOUR },
      },
    ));

  it('says in one sentence and a remedy why it cannot read', () =>
    inWorld(
      async (world) =>
        expect(await textsOf(world)).toContainEqual(expect.stringMatching(/^error: .*does not accept the user and password\. Check/)),
      {
        config: { password: 'wrong' },
      },
    ));
});

describe('a longer read', () => {
  it('lets rows that arrive while it reads change nothing that was read before', () =>
    inWorld(async (world) => {
      const late = rowsOf('logs', 1)
        .slice(0, 1)
        .map((row) => ({ ...row, _timestamp: NOON + 2 * SECOND, body: 'late' }));
      world.server.onSearch(async () => {
        world.server.onSearch(() => undefined);
        await world.server.append('logs', 'default', late);
      });
      expect([ALL_ROWS, ALL_ROWS + 1]).toContain(await count(world));
      expect(await count(world)).toBe(ALL_ROWS + 1);
    }));
});
