import { once } from 'node:events';
import { type AddressInfo, connect } from 'node:net';
import { expect, test } from 'vitest';
import { assertSafeToListen } from '../../src/api/listen-safety.ts';
import { createServer } from '../../src/api/server.ts';
import { ObserveBridgeError } from '../../src/core/error.ts';
import type { Db } from '../../src/store/db.ts';
import { createLogger } from '../../src/telemetry/logger.ts';
import { createMetrics } from '../../src/telemetry/metrics.ts';
import { describeDatabases } from '../support/databases.ts';
import { createService } from './service.ts';

const refuse = (): never => {
  throw new Error('This test needs no database.');
};
const absent: Db = { kind: 'pglite', version: 0, query: refuse, transaction: refuse, [Symbol.asyncDispose]: async () => undefined };

describeDatabases('the server', ['pglite', 'postgres 18'], (make) => {
  test('health is open to everybody, everything else asks for a token', async () => {
    const { db } = await make();
    await using service = await createService(db, { open: false });
    expect(await service.call('GET', '/healthz')).toMatchObject({ status: 200, body: { status: 'ok', version: '9.8.7' } });
    for (const path of ['/readyz', '/metrics', '/api/v1/runs', '/api/v1/jobs', '/api/v1/backfills/1']) {
      const refused = await service.call('GET', path);
      expect(refused).toMatchObject({ status: 401, body: { code: 'OB_UNAUTHORIZED' } });
      expect(refused.headers).toMatchObject({ 'www-authenticate': 'Bearer', 'content-type': expect.stringMatching('application/problem') });
    }
    expect(await service.call('GET', '/api/v1/runs', { token: 'ob_wrong' })).toMatchObject({ status: 401 });
    expect(await service.call('GET', '/api/v1/runs', { token: await service.token({}) })).toMatchObject({ status: 200 });
  });

  test('every route but health and the document has a role', async () => {
    const { db } = await make();
    await using service = await createService(db, { open: false });
    const { paths = {} } = service.server.swagger();
    const viewer = await service.token({ role: 'viewer' });
    let checked = 0;
    for (const [path, operations] of Object.entries(paths)) {
      for (const method of Object.keys(operations ?? {})) {
        if (path === '/healthz') continue;
        const url = path.replace('{id}', '1');
        const request = { method: method.toUpperCase() as 'GET', url };
        expect((await service.server.inject(request)).statusCode, `${method} ${path}`).toBe(401);
        const asViewer = await service.server.inject({
          ...request,
          headers: { authorization: `Bearer ${viewer}` },
          // One of the answers never ends.
          payloadAsStream: true,
        });
        asViewer.stream().destroy();
        expect(asViewer.statusCode === 403, `${method} ${path} as viewer`).toBe(method !== 'get' && !/\/(sql|cypher)$/.test(path));
        checked++;
      }
    }
    expect(checked).toBeGreaterThan(15);
    expect((await service.server.inject({ method: 'HEAD', url: '/api/v1/runs' })).statusCode).toBe(401);
  });

  test('a token is refused once it has expired or was revoked', async () => {
    const { db } = await make();
    await using service = await createService(db, { open: false });
    const token = await service.token({ name: 'short' });
    expect((await service.call('GET', '/api/v1/tenants', { token })).status).toBe(200);
    await db.query(`update api_token set expires_at = now() - interval '1 second' where name = 'short'`);
    expect((await service.call('GET', '/api/v1/tenants', { token })).status).toBe(401);
  });

  test('without tokens only a loopback name and the own origin are answered', async () => {
    const { db } = await make();
    await using service = await createService(db);
    const ask = async (headers: Record<string, string>) => (await service.call('GET', '/api/v1/tenants', { headers })).status;
    expect(await ask({ host: 'localhost:5280' })).toBe(200);
    expect(await ask({ host: '[::1]:5280' })).toBe(200);
    expect(await ask({ host: 'localhost:5280', origin: 'http://localhost:5280' })).toBe(200);
    expect(await ask({ host: 'rebound.example:5280' })).toBe(403);
    expect(await ask({ host: 'localhost:5280', origin: 'http://evil.example' })).toBe(403);
    expect(await ask({ host: '127.0.0.1.evil.example' })).toBe(403);
  });

  test('failures are problem details that name the field and no internals', async () => {
    const { db } = await make();
    await using service = await createService(db);
    const post = (payload: object | string, headers = {}) =>
      service.call('POST', '/events/enqueue', { payload, headers: { 'content-type': 'application/json', ...headers } });
    expect((await service.call('GET', '/nothing')).body).toMatchObject({ status: 404, code: 'OB_NOT_FOUND' });
    const wrongMethod = await service.call('POST', '/api/v1/runs/7');
    expect(wrongMethod).toMatchObject({ status: 405, headers: { allow: expect.stringContaining('GET') } });
    expect((await service.call('GET', '/%zz')).body).toMatchObject({ status: 400, code: 'OB_REQUEST_INVALID' });
    expect((await post({ job: 'oo-agg', tenant_id: 'a', from: 'x' })).body).toMatchObject({ status: 400, detail: 'The body lacks to.' });
    expect((await post({ job: 'oo-agg', tenant_id: 'a', from: 'x', to: 'y', extra: 1 })).body.detail).toBe(
      '`extra` in the body is not a known field.',
    );
    expect((await post({ job: 7, tenant_id: 'a', from: 'x', to: 'y' })).body.detail).toMatch(/^`job` in the body /);
    expect((await post('{"job": secret}')).body).toMatchObject({ status: 400, detail: 'The body is not valid JSON.' });
    expect((await post(`"${'x'.repeat(70_000)}"`)).body).toMatchObject({ status: 413, code: 'OB_BODY_TOO_LARGE' });
    expect((await post('<job/>', { 'content-type': 'text/xml' })).body).toMatchObject({ status: 415, code: 'OB_MEDIA_TYPE' });
    expect((await service.call('POST', '/api/v1/backfills', { payload: 'x', headers: { 'content-type': 'text/xml' } })).status).toBe(415);
    expect((await service.call('GET', '/api/v1/runs?limit=0')).body.detail).toMatch(/^`limit` in the query /);
    expect((await service.call('GET', '/api/v1/runs?tenant=a')).body.detail).toBe('`tenant` in the query is not a known field.');
    expect((await service.call('GET', '/api/v1/runs/0')).body.detail).toMatch(/^`id` in the path /);
    expect((await service.call('GET', '/api/v1/jobs?cursor=abc')).body).toMatchObject({ status: 400 });
  });

  test('an unexpected failure says nothing about the inside, and the log does', async () => {
    const { db } = await make();
    await using service = await createService(db, { tenants: () => Promise.reject(new Error('row of customer 42')) });
    const payload = { job: 'oo-agg', tenant_id: 'a', from: '2026-01-01T11:00:00Z', to: '2026-01-01T11:01:00Z' };
    const { status, body } = await service.call('POST', '/events/enqueue', { payload });
    expect({ status, code: body.code, detail: body.detail }).toEqual({
      status: 500,
      code: 'OB_INTERNAL',
      detail: 'The request could not be answered.',
    });
    expect(service.log.some((line) => line.includes('row of customer 42'))).toBe(true);
  });

  test('readiness tells about database, sources and lag', async () => {
    const { db } = await make();
    const findings = [
      { tenant: 'a', ok: true, text: 'The source of a answers.' },
      { tenant: 'b', ok: false, text: 'The source of b does not answer.' },
    ];
    await using service = await createService(db, { open: false, checkSources: async () => findings });
    const all = await service.call('GET', '/readyz', { token: await service.token({}) });
    expect(all).toMatchObject({ status: 503, body: { ready: false } });
    const onlyA = await service.token({ tenants: ['a'] });
    expect(await service.call('GET', '/readyz', { token: onlyA })).toMatchObject({ status: 200, body: { ready: true } });
    await db.query(
      `insert into etl_schedule (job, tenant_id, align, delay, initial_lookback, max_batch) values ('oo-agg', 'a', '1 minute', '2 minutes', '1 hour', 60)`,
    );
    await db.query(`insert into etl_watermark (job, tenant_id, watermark) values ('oo-agg', 'a', now() - interval '2 hours 1 minute')`);
    const late = await service.call('GET', '/readyz', { token: onlyA });
    expect(late.status).toBe(503);
    expect(late.body.findings.at(-1)).toEqual({ subject: 'lag', ok: false, text: 'oo-agg of a is 2h late, and 1h is allowed.' });
    await db.query('update etl_schedule set paused = true');
    expect((await service.call('GET', '/readyz', { token: onlyA })).status).toBe(200);
  });

  test('a failing check of the sources is a finding, not a failure', async () => {
    const { db } = await make();
    await using service = await createService(db, { checkSources: () => Promise.reject(new Error('password is wrong')) });
    const { status, body } = await service.call('GET', '/readyz');
    expect(status).toBe(503);
    expect(body.findings).toContainEqual({ subject: 'sources', ok: false, text: 'The sources could not be checked.' });
  });

  test('metrics show lag, depth, circuits and sizes, and a token for some tenants cannot see them', async () => {
    const { db } = await make();
    await using service = await createService(db, { open: false });
    await db.query(
      `insert into etl_schedule (job, tenant_id, align, delay, initial_lookback, max_batch) values ('oo-agg', 'a', '1 minute', '2 minutes', '1 hour', 60)`,
    );
    await db.query(`insert into etl_watermark (job, tenant_id, watermark) values ('oo-agg', 'a', now() - interval '31 minutes')`);
    await db.query(`insert into etl_job_circuit (job, tenant_id, state) values ('oo-agg', 'b', 'open')`);
    await db.query(
      `insert into etl_job_run (job, tenant_id, window_from, window_to, blocked_by) values ('oo-agg', 'a', '2026-01-01', '2026-01-02', null), ('oo-agg', 'a', '2026-01-02', '2026-01-03', 'x')`,
    );
    const { body, headers } = await service.call('GET', '/metrics', { token: await service.token({}) });
    expect(headers['content-type']).toMatch('text/plain');
    const lag = Number(/^window_lag_seconds\{job="oo-agg",tenant="a"\} (.*)$/m.exec(body)?.[1]);
    expect(lag).toBeGreaterThanOrEqual(1800);
    expect(lag).toBeLessThan(1860);
    expect(body).toContain('queue_depth{job="oo-agg",status="queued"} 2');
    expect(body).toContain('queue_depth{job="oo-agg",status="running"} 0');
    expect(body).toContain('circuit_state{job="oo-agg",tenant="b"} 2');
    expect(Number(/^table_size_bytes\{table="etl_job_run"\} (\d+)$/m.exec(body)?.[1])).toBeGreaterThan(0);
    expect(await service.call('GET', '/metrics', { token: await service.token({ tenants: ['a'] }) })).toMatchObject({ status: 403 });
  });
});

test('on a real connection broken requests get a problem too, and an idle connection does not keep the server', async () => {
  const server = await createServer({
    ...{
      db: absent,
      version: '1',
      logger: createLogger({ level: 'error', format: 'json', write: () => undefined }),
      metrics: createMetrics(),
    },
    config: { host: '127.0.0.1', port: 0, body_limit_kb: 64, request_timeout: '30s', ready_lag: '1h' },
    ...{ now: () => 0, schedules: () => undefined, tenants: async () => [], wake: () => undefined, open: true },
  });
  await server.listen({ host: '127.0.0.1', port: 0 });
  const { port } = server.server.address() as AddressInfo;
  const idle = connect(port, '127.0.0.1');
  const idleClosed = once(idle, 'close');
  await once(idle, 'connect');
  const broken = connect(port, '127.0.0.1');
  broken.end('NONSENSE\r\n\r\n');
  const answer = Buffer.concat(await broken.toArray()).toString();
  expect(answer).toMatch(/^HTTP\/1\.1 400 Bad Request\r\ncontent-type: application\/problem\+json\r\n/);
  expect(JSON.parse(answer.split('\r\n\r\n')[1] ?? '')).toMatchObject({ status: 400, code: 'OB_REQUEST_INVALID' });
  expect((await fetch(`http://127.0.0.1:${port}/healthz`)).status).toBe(200);
  await server.close();
  await idleClosed;
});

test('the server listens without tokens only on a loopback address and the embedded database', () => {
  expect(assertSafeToListen({ host: '127.0.0.1' }, 0, true)).toBe(true);
  expect(assertSafeToListen({ host: '::1' }, 0, true)).toBe(true);
  expect(assertSafeToListen({ host: '0.0.0.0' }, 1, false)).toBe(false);
  expect(assertSafeToListen({ host: 'localhost' }, 1, true)).toBe(false);
  for (const [host, embedded] of [
    ['0.0.0.0', true],
    ['::', true],
    ['10.0.0.1', true],
    ['127.0.0.1', false],
  ] as const) {
    expect(() => assertSafeToListen({ host }, 0, embedded)).toThrow(ObserveBridgeError);
  }
});
