import { once } from 'node:events';
import { request as ask, type IncomingMessage } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import { expect, test } from 'vitest';
import { describeApi } from '../../src/api/openapi.ts';
import { MINUTE, parseTime } from '../../src/core/time.ts';
import { revokeToken } from '../../src/store/api-token.ts';
import { describeDatabases } from '../support/databases.ts';
import { createService, type Service } from './service.ts';
import { fillWorld, MARK, type TenantWorld } from './world.ts';

const NOW = parseTime('2026-01-01T12:00:00Z') ?? 0;

/** A request on a real connection, with any header; the body is not read. */
async function knock(port: number, path: string, headers: Record<string, string>, method = 'GET'): Promise<IncomingMessage> {
  const asked = ask({ host: '127.0.0.1', port, path, method, headers, agent: false });
  asked.end(method === 'POST' ? '{}' : undefined);
  const [answer] = (await once(asked, 'response')) as [IncomingMessage];
  return answer;
}

async function listen({ server }: Service): Promise<number> {
  await server.listen({ host: '127.0.0.1', port: 0 });
  return (server.server.address() as AddressInfo).port;
}

/** Parameters of the routes that read, by path; headers are left out. */
async function listReadingRoutes(): Promise<{ path: string; names: string[]; required: string[] }[]> {
  const document = JSON.parse(await describeApi('1'));
  return Object.entries<Record<string, ReturnType<JSON['parse']>>>(document.paths).flatMap(([path, { get }]) => {
    const parameters: { name: string; in: string; required?: boolean }[] = (get?.parameters ?? []).filter(
      (parameter: { in: string }) => parameter.in !== 'header',
    );
    const required = parameters.filter((parameter) => parameter.required).map(({ name }) => name);
    return get === undefined || path.endsWith('/stream') ? [] : [{ path, names: parameters.map(({ name }) => name), required }];
  });
}

function toUrl(route: { path: string; required: string[] }, values: Readonly<Record<string, string>>): string {
  const query = new URLSearchParams();
  let path = route.path;
  for (const name of new Set([...route.required, ...Object.keys(values)])) {
    const value = values[name] ?? 'x';
    if (path.includes(`{${name}}`)) path = path.replace(`{${name}}`, encodeURIComponent(value));
    else if (route.required.includes(name) || name === 'cursor' || name === 'limit') query.set(name, value);
  }
  return `${path}?${query}`;
}

const valuesOf = (world: TenantWorld, id = '1') => ({
  ...{ tenant_id: world.tenantId, resource: world.cart, urn: world.cart, src: world.web, dst: world.cart, q: 'order', id },
  ...{ metric: 'requests_total', fingerprint: world.fingerprint, from: '2026-01-01T10:00:00Z', to: '2026-01-01T10:10:00Z' },
});

describeDatabases('attacks', ['pglite'], (make) => {
  test('pages of other sites get nothing from a server without tokens', async () => {
    const { db } = await make();
    await using service = await createService(db);
    const port = await listen(service);
    const own = `127.0.0.1:${port}`;
    const answers = new Map<string, number | undefined>();
    for (const [name, headers, method] of [
      ['a program', {}],
      ['its own page', { origin: `http://${own}`, 'sec-fetch-site': 'same-origin' }, 'POST'],
      ['a typed address', { 'sec-fetch-site': 'none' }],
      ['a rebound name', { host: `evil.example:${port}` }],
      ['a name that begins like it', { host: `127.0.0.1.evil.example:${port}` }],
      ['a form elsewhere', { origin: 'https://evil.example' }, 'POST'],
      ['a frame without an origin', { origin: 'null' }, 'POST'],
      ['another port', { origin: 'http://127.0.0.1:1' }],
      ['a picture elsewhere', { 'sec-fetch-site': 'cross-site', 'sec-fetch-mode': 'no-cors' }],
      ['a picture on another port', { 'sec-fetch-site': 'same-site' }],
    ] as const) {
      const path = method === 'POST' ? '/api/v1/sql' : '/api/v1/tenants';
      answers.set(name, (await knock(port, path, { host: own, 'content-type': 'application/json', ...headers }, method)).statusCode);
    }
    expect([...answers].filter(([, status]) => status !== 403)).toEqual([
      ['a program', 200],
      ['its own page', 400],
      ['a typed address', 200],
    ]);
    const preflight = await knock(port, '/api/v1/sql', { origin: 'https://evil.example' }, 'OPTIONS');
    expect(Object.keys(preflight.headers).filter((name) => name.startsWith('access-control'))).toEqual([]);
  });

  test('no answer is kept, framed, sniffed or embedded', async () => {
    const { db } = await make();
    await using service = await createService(db, { open: false });
    const token = await service.token({});
    for (const [path, by] of [
      ['/api/v1/tenants', token],
      ['/api/v1/tenants', 'ob_wrong'],
      ['/nowhere', token],
      ['/healthz', token],
      ['/metrics', token],
      ['/api/v1/runs/7', token],
    ] as const) {
      expect((await service.call('GET', path, { token: by })).headers, path).toMatchObject({
        ...{ 'cache-control': 'no-store', 'x-content-type-options': 'nosniff', 'cross-origin-resource-policy': 'same-origin' },
        'content-security-policy': "default-src 'none'; frame-ancestors 'none'",
      });
    }
  });

  test('a cursor of another tenant shows nothing of it', async () => {
    const { db } = await make();
    const { a, b } = await fillWorld(db);
    await using service = await createService(db, { open: false });
    const [own, theirs] = [await service.token({ tenants: ['a'] }), await service.token({ tenants: ['b'] })];
    let cursors = 0;
    for (const route of await listReadingRoutes()) {
      if (!route.names.includes('cursor')) continue;
      const first = await service.call('GET', toUrl(route, { ...valuesOf(b, b.ids[1]), limit: '1' }), { token: theirs });
      const cursor = first.body.next_cursor;
      if (cursor === undefined) continue;
      cursors++;
      const next = await service.call('GET', toUrl(route, { ...valuesOf(a, a.ids[1]), limit: '1', cursor }), { token: own });
      expect(JSON.stringify(next.body), route.path).not.toContain(MARK);
    }
    expect(cursors).toBeGreaterThan(8);
  });

  test('what another tenant has cannot be told from what nobody has', async () => {
    const { db } = await make();
    const { b } = await fillWorld(db);
    await using service = await createService(db, { open: false });
    const token = await service.token({ tenants: ['a'], role: 'admin' });
    const answerTo = async (method: 'GET' | 'POST' | 'DELETE', url: string, payload?: object) => {
      const { status, body } = await service.call(method, url, { token, ...(payload ? { payload } : {}) });
      return [status, body.code, String(body.detail)];
    };
    const hidden = (values: unknown[], ...names: string[]) => names.reduce((text, name) => text.replaceAll(name, '?'), values.join(' '));
    for (const route of await listReadingRoutes()) {
      if (!route.required.includes('tenant_id')) continue;
      const theirs = await answerTo('GET', toUrl(route, valuesOf(b)));
      const nobodys = await answerTo('GET', toUrl(route, { ...valuesOf(b), tenant_id: 'c' }));
      expect(theirs, route.path).toEqual([404, 'OB_TENANT_UNKNOWN', 'There is no tenant b.']);
      expect(hidden(theirs, 'tenant b'), route.path).toBe(hidden(nobodys, 'tenant c'));
    }
    const [run] = await db.query<{ id: bigint }>(`select id from etl_job_run where tenant_id = 'b' and status = 'dead'`);
    const [backfill] = await db.query<{ id: bigint }>(`select backfill_id as id from etl_backfill where tenant_id = 'b'`);
    for (const [method, path, id] of [
      ['GET', '/api/v1/runs/:id', run?.id],
      ['POST', '/api/v1/runs/:id/retry', run?.id],
      ['POST', '/api/v1/runs/:id/cancel', run?.id],
      ['GET', '/api/v1/backfills/:id', backfill?.id],
      ['POST', '/api/v1/backfills/:id/pause', backfill?.id],
      ['POST', '/api/v1/backfills/:id/resume', backfill?.id],
      ['POST', '/api/v1/backfills/:id/cancel', backfill?.id],
    ] as const) {
      const theirs = await answerTo(method, path.replace(':id', String(id)));
      expect(theirs[0], path).toBe(404);
      expect(hidden(theirs, String(id)), path).toBe(hidden(await answerTo(method, path.replace(':id', '999999')), '999999'));
    }
    const runId = '0192f0c0-1111-7222-8333-444455556666';
    for (const path of [`/api/v1/runs?run_id=${runId}`, `/api/v1/triggers?run_id=${runId}`])
      expect(JSON.stringify((await service.call('GET', path, { token })).body), path).not.toContain(MARK);
  });

  test('a request that names another tenant leaves nothing there', async () => {
    const { db } = await make();
    await fillWorld(db);
    await using service = await createService(db, { open: false });
    const token = await service.token({ tenants: ['a'], role: 'operator' });
    const range = { job: 'oo-agg', tenant_id: 'b', from: '2026-01-01T10:00:00Z', to: '2026-01-01T10:01:00Z' };
    const origin = { name: 'planted by a', url: 'https://evil.example' };
    const event = { specversion: '1.0', id: '1', source: '/x', type: 'planted by a', tenantid: 'b' };
    const json = { 'content-type': 'application/cloudevents+json' };
    for (const [path, payload, headers] of [
      ['/events/enqueue', { ...range, origin }, {}],
      ['/api/v1/backfills', { ...range, origin }, {}],
      ['/api/v1/backfills', { ...range, origin, dry_run: true }, {}],
      ['/events', event, json],
      ['/events?tenant=a', event, json],
      ['/events/enqueue', { ...event, type: 'dev.observebridge.enqueue', tenantid: 'a', data: { ...range, origin } }, json],
      ['/api/v1/knowledge', { tenant_id: 'b', uri: 'x:1', format: 'markdown', text: '# planted by a' }, {}],
      ['/api/v1/sql', { tenant_id: 'b', sql: 'select 1 as x' }, {}],
      ['/api/v1/cypher', { tenant_id: 'b', cypher: 'return 1', columns: ['x'] }, {}],
    ] as const) {
      const { status, body } = await service.call('POST', path, {
        payload: JSON.stringify(payload),
        token,
        headers: { 'content-type': 'application/json', ...headers },
      });
      expect([path, status, body.code]).toEqual([path, 404, 'OB_TENANT_UNKNOWN']);
    }
    const link = { subject_kind: 'pattern', subject_id: `${MARK}f1`, evidence_kind: 'url', evidence_ref: 'https://evil.example' };
    expect(await service.call('POST', '/api/v1/evidence-links', { payload: { tenant_id: 'a', links: [link] }, token })).toMatchObject({
      body: { code: 'OB_EVIDENCE_UNKNOWN' },
    });
    const theirs = await service.call('GET', '/api/v1/triggers', { token: await service.token({ tenants: ['b'] }) });
    expect(JSON.stringify(theirs.body)).not.toContain('planted');
    expect(await db.query(`select from event_envelope where type like 'planted%' union all select from kb_doc where uri = 'x:1'`)).toEqual(
      [],
    );
  });

  test('texts with NUL and deep bodies are refused wherever they stand', async () => {
    const { db } = await make();
    await fillWorld(db);
    await using service = await createService(db, { answerMcp: async () => Response.json({}) });
    const range = { job: 'oo-agg', tenant_id: 'a', from: '2026-01-01T10:00:00Z', to: '2026-01-01T10:01:00Z' };
    const deep = (levels: number): string => `${'['.repeat(levels)}${']'.repeat(levels)}`;
    const bodies: readonly [string, object][] = [
      ['/events/enqueue', range],
      ['/api/v1/backfills', { ...range, dry_run: true }],
      ['/api/v1/sql', { tenant_id: 'a', sql: `select 'x' as x` }],
      ['/api/v1/cypher', { tenant_id: 'a', cypher: 'return 1', columns: ['x'] }],
      ['/api/v1/knowledge', { tenant_id: 'a', uri: 'x:1', format: 'markdown', text: '# x', resources: ['x'] }],
      ['/mcp', { method: 'x', params: { arguments: { text: 'x' } } }],
    ];
    for (const [path, body] of bodies) {
      const json = JSON.stringify(body);
      const places = [...json.matchAll(/:"|\["/g)].map(({ index }) => index + 2);
      expect(places.length).toBeGreaterThan(0);
      for (const place of places) {
        const payload = `${json.slice(0, place)}\\u0000${json.slice(place)}`;
        const { status, body: problem } = await service.call('POST', path, { payload, headers: { 'content-type': 'application/json' } });
        expect([status, problem.code, problem.detail], payload).toEqual([
          400,
          'OB_REQUEST_INVALID',
          'A text in the body holds the character NUL.',
        ]);
      }
      const payload = `{"x":${deep(20_000)},${json.slice(1)}`;
      const { status, body: problem } = await service.call('POST', path, { payload, headers: { 'content-type': 'application/json' } });
      expect([status, problem.detail], path).toEqual([400, 'The body is nested more than 100 levels deep.']);
    }
    const event = (levels: number) =>
      `{"specversion":"1.0","id":"${levels}","source":"/x","type":"t","tenantid":"a","data":${deep(levels)}}`;
    const headers = { 'content-type': 'application/cloudevents+json' };
    expect((await service.call('POST', '/events', { payload: event(20_000), headers })).status).toBe(400);
    expect((await service.call('POST', '/events', { payload: event(90), headers })).body).toEqual({ received: 1, stored: 1 });
    const timeless = event(1).replace('"data"', '"time":"0000-01-01T00:00:00Z","data"');
    expect((await service.call('POST', '/events', { payload: timeless, headers })).status).toBe(400);
  });

  test('a stream ends once its token is revoked, and leaves room for others', async () => {
    const { db } = await make();
    let now = NOW;
    await using service = await createService(db, { open: false, now: () => now });
    const port = await listen(service);
    const token = await service.token({ name: 'watcher', tenants: ['a'] });
    const open = (by: string) => knock(port, '/api/v1/stream', { authorization: `Bearer ${by}` });
    const stream = await open(token);
    await once(stream, 'data');
    const heard: string[] = [];
    stream.on('data', (chunk) => heard.push(String(chunk)));
    await revokeToken(db, 'watcher');
    now += MINUTE;
    await db.query(
      `insert into etl_job_run (job, tenant_id, window_from, window_to) values ('oo-agg', 'a', '2026-01-01T10:00Z', '2026-01-01T10:01Z')`,
    );
    await once(stream, 'end');
    expect(heard).toEqual([]);

    const busy = await service.token({ name: 'busy' });
    const connections: Socket[] = [];
    service.server.server.on('connection', (socket) => connections.push(socket));
    const streams = await Promise.all(Array.from({ length: 50 }, () => open(busy)));
    expect(new Set(streams.map(({ statusCode }) => statusCode))).toEqual(new Set([200]));
    expect((await open(busy)).statusCode).toBe(503);
    expect((await open(await service.token({ name: 'other' }))).statusCode).toBe(200);
    const [gone] = streams;
    const localPort = gone?.socket.localPort;
    const there = connections.find(({ remotePort }) => remotePort === localPort);
    gone?.destroy();
    if (there) await once(there, 'close');
    expect((await open(busy)).statusCode).toBe(200);
  });
});
