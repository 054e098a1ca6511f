import fc from 'fast-check';
import { expect, test } from 'vitest';
import { describeApi } from '../../src/api/openapi.ts';
import { describeDatabases } from '../support/databases.ts';
import { nearBodies, nearTexts, refusedTexts, type Schema, valuesOf } from './schema-values.ts';
import { createService, type Service } from './service.ts';
import { fillWorld, MARK, type TenantWorld } from './world.ts';

interface Parameter {
  readonly name: string;
  readonly in: 'query' | 'path' | 'header';
  readonly required?: boolean;
  readonly schema: Schema;
}

interface Route {
  readonly method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';
  readonly path: string;
  readonly parameters: readonly Parameter[];
  readonly body: Schema | undefined;
  readonly mediaType: string | undefined;
  /** Whether the answer ends only when the client goes. */
  readonly isEndless: boolean;
}

const RANDOM_REQUESTS = 6;

const FAR_RANGES = [
  ['0001-01-01', '0001-01-02'],
  ['0100-01-01', '0100-01-02'],
  ['2255-01-01', '2255-01-02'],
  ['9998-01-01', '9999-01-01'],
  ['2026-01-02', '2026-01-01'],
  ['2026-01-01T10:00:00.000001Z', '2026-01-01T10:00:00.000002Z'],
] as const;

const windows = { job: 'oo-agg', tenant_id: 'a', from: '2026-01-01T10:00:00Z', to: '2026-01-01T10:01:00Z' };
const caller = { run_id: '0192f0c0-1111-7222-8333-444455556666', origin: { system: 's', name: 'n', url: 'https://x' } };

/** A body that each route takes, by method and path. */
const GOOD_BODIES: Readonly<Record<string, object>> = {
  'POST /events/enqueue': { ...windows, ...caller },
  'POST /api/v1/backfills': { ...windows, ...caller, mode: 'failed', concurrency: 1, dry_run: true },
  'POST /api/v1/sql': { tenant_id: 'a', sql: 'select 1 as x', max_rows: 1, timeout_ms: 1000 },
  'POST /api/v1/cypher': { tenant_id: 'a', cypher: 'return 1', columns: ['x'], max_rows: 1, timeout_ms: 1000 },
  'POST /api/v1/knowledge': {
    tenant_id: 'a',
    uri: 'x:1',
    format: 'markdown',
    text: '# x',
    title: 'x',
    language: 'simple',
    resources: ['shop-cart'],
  },
  'POST /api/v1/evidence-links': {
    tenant_id: 'a',
    links: [{ subject_kind: 'pattern', subject_id: 'shopf1', evidence_kind: 'url', evidence_ref: 'https://x', note: 'x' }],
  },
};

/** All routes of the OpenAPI document, so that a new one is tested without a word here. */
async function listRoutes(): Promise<Route[]> {
  const document = JSON.parse(await describeApi('1'));
  return Object.entries<Record<string, ReturnType<JSON['parse']>>>(document.paths).flatMap(([path, operations]) =>
    Object.entries(operations).map(([method, operation]): Route => {
      const [mediaType] = Object.keys(operation.requestBody?.content ?? {});
      return {
        ...{ method: method.toUpperCase() as Route['method'], path, parameters: operation.parameters ?? [], mediaType },
        body: mediaType === undefined ? undefined : operation.requestBody.content[mediaType].schema,
        isEndless: Object.hasOwn(operation.responses['200']?.content ?? {}, 'text/event-stream'),
      };
    }),
  );
}

/** Values that mean something, by the name of a parameter. */
function knownValues(own: TenantWorld): Readonly<Record<string, readonly string[]>> {
  const resources = [own.cart, own.web, own.database];
  return {
    tenant_id: [own.tenantId],
    tenant: [own.tenantId],
    ...{ resource: resources, urn: resources, src: resources, dst: resources },
    ...{ from: ['2026-01-01T10:00:00Z', '2025-12-31'], to: ['2026-01-01T10:10:00Z'], at: ['2026-01-01T10:05:00Z'] },
    as_believed_at: ['2026-01-01T10:08:00Z'],
    ...{ metric: ['requests_total'], fingerprint: [own.fingerprint], id: own.ids, job: ['oo-agg'] },
    run_id: ['0192f0c0-1111-7222-8333-444455556666'],
  };
}

/** A text for each parameter that the schema admits, sometimes one that means something; `cursor` is a list's own. */
function requestsOf(route: Route, known: Readonly<Record<string, readonly string[]>>): fc.Arbitrary<{ url: string; payload?: unknown }> {
  const entries = route.parameters.filter(({ in: place }) => place !== 'header');
  const texts = entries.map(({ name, schema, required }) => {
    const values = known[name] ?? [];
    const random = valuesOf(schema).map(String);
    const some =
      values.length > 0 ? fc.oneof({ weight: 4, arbitrary: fc.constantFrom(...values) }, { weight: 1, arbitrary: random }) : random;
    return required ? some : fc.option(some, { nil: undefined });
  });
  return fc
    .record({ texts: fc.tuple(...texts), body: route.body ? valuesOf(route.body) : fc.constant(undefined) })
    .map(({ texts: chosen, body }) => ({
      url: toUrl(route.path, entries, chosen),
      ...(body === undefined ? {} : { payload: body }),
    }));
}

/** What the route cannot do without, as far as possible with values that mean something. */
function toPlainTexts(parameters: readonly Parameter[], known: Readonly<Record<string, readonly string[]>>): (string | undefined)[] {
  return parameters.map(({ name, required, schema }) =>
    required ? (known[name]?.[0] ?? fc.sample(valuesOf(schema).map(String), { numRuns: 1, seed: 1 })[0]) : undefined,
  );
}

/** One request for each of the ids that the route may mean. */
function toPlainUrls(route: Route, known: Readonly<Record<string, readonly string[]>>): string[] {
  const parameters = route.parameters.filter(({ in: place }) => place !== 'header');
  const ids = parameters.some(({ name }) => name === 'id') ? (known.id ?? []) : [''];
  return ids.map((id) => toUrl(route.path, parameters, toPlainTexts(parameters, { ...known, id: [id] })));
}

function toUrl(path: string, parameters: readonly Parameter[], texts: readonly (string | undefined)[]): string {
  let url = path;
  const query = new URLSearchParams();
  parameters.forEach(({ name, in: place }, index) => {
    const text = texts[index];
    if (text === undefined) return;
    // A path of dots alone would be another path.
    if (place === 'path') url = url.replace(`{${name}}`, /^\.*$/.test(text) ? 'x' : encodeURIComponent(text.toWellFormed()));
    else query.set(name, text);
  });
  return `${url}${query.size > 0 ? `?${query}` : ''}`;
}

const send = (service: Service, route: Route, url: string, payload: unknown, token?: string) =>
  service.call(route.method as 'GET', url, {
    ...(payload === undefined ? {} : { payload: JSON.stringify(payload), headers: { 'content-type': 'application/json' } }),
    ...(token ? { token } : {}),
  });

describeDatabases('every route of the OpenAPI document', ['pglite'], (make) => {
  test('answers as it promises, whatever the request, and never fails', async () => {
    const { db } = await make();
    const { a } = await fillWorld(db);
    await using service = await createService(db, {
      readEvidence: async (_tenant, place) => ({
        rows: [],
        truncated: false,
        bytes: 0,
        range: place.window,
        sourceType: 'mock',
        organization: 'o',
      }),
    });
    const statuses = new Map<string, Set<number>>();
    for (const route of await listRoutes()) {
      if (route.isEndless) continue;
      const name = `${route.method} ${route.path}`;
      const seen = new Set<number>();
      statuses.set(name, seen);
      const random = fc.sample(requestsOf(route, knownValues(a)), { numRuns: RANDOM_REQUESTS, seed: 7 });
      const plain = route.body ? [] : toPlainUrls(route, knownValues(a)).map((url) => ({ url, payload: undefined }));
      for (const { url, payload } of [...plain, ...random]) {
        const { status, body } = await send(service, route, url, payload);
        seen.add(status);
        expect(
          status < 500 || Object.hasOwn(Object(body), 'ready'),
          `${name} ${url} ${JSON.stringify(payload)}: ${JSON.stringify(body)}`,
        ).toBe(true);
      }
    }
    const unanswered = [...statuses].filter(
      ([name, seen]) => name.startsWith('GET') && ![...seen].some((status) => status < 300 || status === 503),
    );
    expect(unanswered.map(([name]) => name)).toEqual([]);
  });

  test('never fails for a request that is nearly right', { timeout: 120_000 }, async () => {
    const { db } = await make();
    const { a } = await fillWorld(db);
    await using service = await createService(db);
    const known = knownValues(a);
    let requests = 0;
    const expectAnswer = async (route: Route, url: string, payload?: object) => {
      requests++;
      const answer = await service.server.inject({ method: route.method, url, ...(payload === undefined ? {} : { payload }) });
      const isFine = answer.statusCode < 500 || /"ready":|OB_EVIDENCE_UNREADABLE/.test(answer.body);
      if (!isFine) expect.fail(`${route.method} ${url} ${JSON.stringify(payload)}: ${answer.body}`);
    };
    for (const route of await listRoutes()) {
      if (route.isEndless) continue;
      const parameters = route.parameters.filter(({ in: place }) => place !== 'header');
      const texts = toPlainTexts(parameters, known);
      for (const [index, { name, in: place }] of parameters.entries()) {
        for (const text of nearTexts(name === 'cursor')) {
          if (place === 'query' || text !== '') await expectAnswer(route, toUrl(route.path, parameters, texts.with(index, text)));
        }
      }
      const [from, to] = ['from', 'to'].map((end) => parameters.findIndex(({ name }) => name === end));
      for (const [begin, end] of FAR_RANGES) {
        if (from === undefined || to === undefined || from < 0 || to < 0) break;
        await expectAnswer(route, toUrl(route.path, parameters, texts.with(from, begin).with(to, end)));
      }
      const good = GOOD_BODIES[`${route.method} ${route.path}`];
      if (route.body && !good && route.mediaType === 'application/json') expect.fail(`${route.method} ${route.path} has no good body here`);
      for (const body of good ? [good, ...nearBodies(good)] : []) await expectAnswer(route, toUrl(route.path, parameters, texts), body);
    }
    expect(requests).toBeGreaterThan(2000);
  });

  test('refuses parameters that its schema refuses, and ones that it does not know', async () => {
    const { db } = await make();
    const { a } = await fillWorld(db);
    await using service = await createService(db);
    const known = knownValues(a);
    for (const route of await listRoutes()) {
      if (route.method !== 'GET') continue;
      const entries = route.parameters.filter(({ in: place }) => place !== 'header');
      const good = entries.map(({ name, required, schema }) =>
        required ? (known[name]?.[0] ?? fc.sample(valuesOf(schema).map(String), 1)[0]) : undefined,
      );
      for (const [index, { name, schema, in: place }] of entries.entries()) {
        for (const text of refusedTexts(schema)) {
          if (place === 'path' && text === '') continue;
          const url = toUrl(route.path, entries, good.with(index, text));
          const { status, body } = await send(service, route, url, undefined);
          expect(status, `${name} in ${url.slice(0, 200)}: ${JSON.stringify(body)}`).toBe(400);
        }
      }
      if (!entries.some(({ in: place }) => place === 'query')) continue;
      const url = toUrl(route.path, entries, good);
      expect((await send(service, route, `${url}${url.includes('?') ? '&' : '?'}unheard_of=1`, undefined)).status, url).toBe(400);
    }
  });

  test('shows a token of one tenant nothing of another', async () => {
    const { db } = await make();
    const { b } = await fillWorld(db);
    const read: string[] = [];
    await using service = await createService(db, {
      open: false,
      async readEvidence(tenantId, place) {
        read.push(tenantId);
        return { rows: [{ tenantId }], truncated: false, bytes: 0, range: place.window, sourceType: 'mock', organization: 'o' };
      },
    });
    const token = await service.token({ role: 'admin', tenants: ['a'] });
    const foreign = knownValues(b);
    const before = await countForeign();
    for (const route of await listRoutes()) {
      if (route.isEndless) continue;
      const parameters = route.parameters.filter(({ in: place }) => place !== 'header');
      const ids = parameters.some(({ name }) => name === 'id') ? b.ids : [''];
      for (const [tenantId, id] of ['a', 'b', 'nobody', undefined].flatMap((tenant) => ids.map((one) => [tenant, one] as const))) {
        const known: Readonly<Record<string, readonly string[]>> = { ...foreign, id: [id] };
        const texts = parameters.map(({ name, required, schema }) => {
          if (name === 'tenant_id' || name === 'tenant') return tenantId;
          return known[name]?.[0] ?? (required ? fc.sample(valuesOf(schema).map(String), { numRuns: 1, seed: 1 })[0] : undefined);
        });
        const bodies = route.body
          ? fc.sample(valuesOf(route.body), { numRuns: 2, seed: 3 }).map((body) => ownBody(body, tenantId ?? 'b'))
          : [undefined];
        for (const body of bodies) {
          const url = toUrl(route.path, parameters, texts);
          const { status, body: answer } = await send(service, route, url, body, token);
          const name = `${route.method} ${url} ${JSON.stringify(body)}`;
          // A refusal may repeat what was asked for.
          if (status < 400) expect(JSON.stringify(answer), name).not.toContain(MARK);
          if (tenantId !== 'a' && requires(route, 'tenant_id')) expect(status, name).toBeGreaterThanOrEqual(400);
        }
      }
    }
    expect(read.filter((tenantId) => tenantId !== 'a')).toEqual([]);
    expect(await countForeign()).toEqual(before);

    /** The rows of the other tenant, which no request may change either. */
    async function countForeign(): Promise<unknown> {
      const tables = [
        'etl_job_run',
        'etl_backfill',
        'event_envelope',
        'kb_doc',
        'kb_chunk',
        'evidence_link',
        'topo_edge_time',
        'etl_trigger',
      ];
      const counts: unknown[] = [];
      for (const table of tables.slice(0, -1))
        counts.push(await db.query(`select '${table}' as name, count(*)::int as rows from ${table} where tenant_id = 'b'`));
      counts.push(await db.query(`select status, attempt, run_id from etl_job_run where tenant_id = 'b' order by id`));
      return counts;
    }
  });
});

const requires = (route: Route, name: string): boolean =>
  route.parameters.some((parameter) => parameter.name === name && parameter.required === true);

function ownBody(body: unknown, tenantId: string): unknown {
  if (typeof body !== 'object' || body === null || Array.isArray(body)) return body;
  return {
    ...body,
    ...(Object.hasOwn(body, 'tenant_id') ? { tenant_id: tenantId } : {}),
    ...(Object.hasOwn(body, 'tenant') ? { tenant: tenantId } : {}),
  };
}
