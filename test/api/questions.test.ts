import { expect, test } from 'vitest';
import { BUILT_IN_AGGREGATIONS, loadAggregations } from '../../src/aggregate/catalog.ts';
import { packRows } from '../../src/aggregate/partials.ts';
import { createSketch } from '../../src/core/sketch.ts';
import { formatTime, MINUTE, parseTime } from '../../src/core/time.ts';
import type { Db } from '../../src/store/db.ts';
import { describeDatabases } from '../support/databases.ts';
import { createService, type Service } from './service.ts';
import { fillWorld, type TenantWorld } from './world.ts';

interface Scene extends AsyncDisposable {
  readonly db: Db;
  readonly service: Service;
  readonly a: TenantWorld;
  /** The body of a GET of tenant `a`; rejects unless it was answered with 200. */
  get(path: string, query?: Readonly<Record<string, string | number | boolean>>): Promise<ReturnType<JSON['parse']>>;
}

async function openScene(db: Db, overrides: Parameters<typeof createService>[1] = {}): Promise<Scene> {
  const { a } = await fillWorld(db);
  const service = await createService(db, overrides);
  return {
    ...{ db, service, a },
    async get(path, query = {}) {
      const text = new URLSearchParams({
        tenant_id: 'a',
        ...Object.fromEntries(Object.entries(query).map(([key, value]) => [key, String(value)])),
      });
      const { status, body } = await service.call('GET', `/api/v1/${path}?${text}`);
      expect(status, JSON.stringify(body)).toBe(200);
      return body;
    },
    [Symbol.asyncDispose]: () => service[Symbol.asyncDispose](),
  };
}

const range = { from: '2026-01-01T10:00:00Z', to: '2026-01-01T10:10:00Z' };

describeDatabases('questions', ['pglite', 'postgres 18'], (make) => {
  test('resources are found by name, URN and alias, page by page', async () => {
    await using scene = await openScene((await make()).db);
    const { a, get } = scene;
    expect((await get('resources')).items.map((item: { urn: string }) => item.urn)).toEqual([a.cart, a.database, a.web]);
    expect((await get('resources', { q: 'SHOP-W' })).items).toMatchObject([{ urn: a.web, matched: 'name', alias: null }]);
    expect((await get('resources', { q: 'cart-7d9f' })).items).toMatchObject([{ urn: a.cart, matched: 'alias', alias: 'shop-cart-7d9f' }]);
    expect((await get('resources', { q: 'db:mysql' })).items).toMatchObject([{ urn: a.database, matched: 'urn' }]);
    expect((await get('resources', { q: '%' })).items).toEqual([]);
    expect((await get('resources', { q: 'shop', kind: 'database' })).items).toMatchObject([{ urn: a.database }]);
    expect((await get('resources', { order: 'activity' })).items).toMatchObject([
      { urn: a.cart, calls: 400, err_rate: 0.125 },
      { urn: a.database, calls: 1200, err_rate: 0 },
      { urn: a.web, calls: 0, err_rate: null },
    ]);
    expect((await get('resources', { order: 'activity', q: 'cart' })).items).toMatchObject([{ urn: a.cart, calls: 400, rps: 400 / 3600 }]);
    const second = await get('resources', {
      order: 'activity',
      limit: 1,
      cursor: (await get('resources', { order: 'activity', limit: 1 })).next_cursor,
    });
    expect(second.items).toMatchObject([{ urn: a.database }]);
    const pages: string[] = [];
    for (let cursor = ''; ; ) {
      const page = await get('resources', { q: 'shop', limit: 1, ...(cursor && { cursor }) });
      pages.push(...page.items.map((item: { urn: string }) => item.urn));
      if (page.next_cursor === undefined) break;
      cursor = page.next_cursor;
    }
    expect(pages).toEqual([a.cart, a.database, a.web]);
  });

  test('the page of a resource has everything about it, also under its alias', async () => {
    await using scene = await openScene((await make()).db);
    const { a, get } = scene;
    const page = await get(`resources/${encodeURIComponent(a.cart)}`);
    expect(page).toMatchObject({
      ...{ urn: a.cart, kind: 'service', attrs: { zone: 'shop' }, truncated: [] },
      aliases: [{ kind: 'pod', alias: 'shop-cart-7d9f', provenance: 'kubernetes shop' }],
      metrics: [
        { metric: 'requests_total', kind: 'counter' },
        { metric: 'shop_memory_bytes', last_bucket: '2026-01-01T10:03:00Z' },
      ],
      calls: { callers: 1, callees: 1, to: '2026-01-01T10:10:00Z' },
      patterns: [{ template: 'shop order <*> failed', lines: 15, trend: 'new' }],
      topology: [{ relation: 'DEPENDS_ON', dst_urn: a.database, declared_by: [{ source: 'terraform', evidence: { file: 'shop.tf' } }] }],
      documents: [{ uri: 'https://wiki/shop', title: 'shop runbook' }],
    });
    expect((await get('resources/SHOP-cart-7d9f')).urn).toBe(a.cart);
    const { body } = await scene.service.call('GET', '/api/v1/resources/nothing?tenant_id=a');
    expect(body).toMatchObject({ status: 404, code: 'OB_RESOURCE_UNKNOWN' });
  });

  test('a metric becomes points: weighted means, and the greatest percentile of the minutes', async () => {
    await using scene = await openScene((await make()).db);
    const { get } = scene;
    const cart = { resource: 'shop-cart' };
    expect((await get('metrics', cart)).items.map((item: { metric: string }) => item.metric)).toEqual([
      'requests_total',
      'shop_memory_bytes',
    ]);
    const first = await get('metrics', { ...cart, limit: 1 });
    expect((await get('metrics', { ...cart, cursor: first.next_cursor })).items).toMatchObject([{ metric: 'shop_memory_bytes' }]);
    expect(first).not.toHaveProperty('items.0.points');
    const gauge = await get('metrics/series', { ...cart, metric: 'shop_memory_bytes', step_seconds: 300, ...range });
    // 1·10 + 2·20 + 3·30 + 4·40 over 10 samples
    expect(gauge).toMatchObject({
      ...{ kind: 'gauge', measured_in: 'unit of the metric', unit: 'bytes', step_seconds: 300, ...range },
      points: [{ time: range.from, minutes: 4, samples: 10, avg: 30, min: 0, max: 103, p95_max_of_minutes: 53, sum: 10, locator_id: '9' }],
    });
    const counter = await get('metrics/series', { ...cart, metric: 'requests_total' });
    expect(counter).toMatchObject({ step_seconds: 60, measured_in: 'unit of the metric per second', to: '2026-01-01T10:04:00Z' });
    expect(counter.points.length).toBe(4);
    const both = await get('metrics', { ...cart, points: true });
    expect(both).toMatchObject({ step_seconds: 60, from: '2026-01-01T09:04:00Z', to: '2026-01-01T10:04:00Z' });
    expect(both.items).toMatchObject([
      { metric: 'requests_total', points: counter.points },
      { metric: 'shop_memory_bytes', unit: 'bytes', points: [{ samples: 1 }, { samples: 2 }, { samples: 3 }, { samples: 4 }] },
    ]);
    const short = await get('metrics', { ...cart, q: 'MEMORY', points: true, from: range.from, to: '2026-01-01T10:02:00Z' });
    expect(short.items).toMatchObject([{ metric: 'shop_memory_bytes', points: [{ time: range.from }, { time: '2026-01-01T10:01:00Z' }] }]);
    expect((await get('metrics', { ...cart, q: '_', limit: 1 })).next_cursor).toBe(first.next_cursor);
    const { body } = await scene.service.call('GET', '/api/v1/metrics/series?tenant_id=a&resource=shop-cart&metric=no');
    expect(body).toMatchObject({ status: 404, detail: 'urn:k8s:svc:shop/cart has no metric no.' });
  });

  test('calls add up over a range; means of percentiles say so, merged ones do not', async () => {
    const { db } = await make();
    await using scene = await openScene(db);
    const { a, get } = scene;
    const { items } = await get('calls', range);
    expect(items).toMatchObject([
      { src_urn: a.cart, dst_urn: a.database, dst_kind: 'database', calls: 1200, errors: 0, rps: 2, p95_ms: 5, approximate: true },
      { src_urn: a.web, dst_urn: a.cart, calls: 400, errors: 50, err_rate: 0.125, p95_ms: 35, last_bucket: '2026-01-01T10:05:00Z' },
    ]);
    const [aggregation] = (await loadAggregations([BUILT_IN_AGGREGATIONS])).filter(({ name }) => name === 'service_call_5m');
    const [edge] = await db.query<{ source: bigint; target: bigint }>(
      `select src_resource_id as source, dst_resource_id as target from service_call_5m where tenant_id = 'a' and calls = 300`,
    );
    const minute = parseTime('2026-01-01T10:05:00Z') ?? 0;
    const packed = packRows(aggregation ?? expect.unreachable(), [
      {
        ...{ ...edge, bucket: minute / MINUTE, protocol: 'http', calls: 400, errors: 0 },
        ...{ latency: createSketch(Array(400).fill(77_000)), client_latency: createSketch(), evidence: '' },
      },
    ]);
    await db.query(`insert into aggregation_partial_1m values ('a', 'service_call_5m', $1, 1, $2)`, [formatTime(minute), packed]);
    const [merged] = (await get('calls', { ...range, resource: a.web })).items;
    expect(merged).toMatchObject({ approximate: false });
    expect(merged.p95_ms / 77).toBeCloseTo(1, 2);
    const paged = await get('calls', { ...range, limit: 1 });
    expect((await get('calls', { ...range, cursor: paged.next_cursor })).items).toMatchObject([{ src_urn: a.web }]);
    // Ids are hashes of 64 bits.
    const greatest = Buffer.from(JSON.stringify(['5', '9223372036854775807', '-9223372036854775808'])).toString('base64url');
    expect((await get('calls', { ...range, cursor: greatest })).items).toEqual([]);
    const series = await get('calls/series', { src: 'shop-web', dst: 'shop-cart', ...range });
    expect(series).toMatchObject({
      step_seconds: 300,
      points: [
        { time: '2026-01-01T10:00:00Z', calls: 300, p95_ms: 20, approximate: false },
        { time: '2026-01-01T10:05:00Z', calls: 100, err_rate: 0.5, p95_ms: 80 },
      ],
    });
  });

  test('patterns come with trend, samples and evidence', async () => {
    await using scene = await openScene((await make()).db);
    const { get } = scene;
    expect((await get('patterns', { trend: 'new' })).items).toMatchObject([{ fingerprint: 'shopf1', lines: 15, errors: 15 }]);
    expect((await get('patterns', { trend: 'steady' })).items).toEqual([]);
    expect((await get('patterns', { trend: 'changed', q: 'ORDER <*>' })).items).toMatchObject([{ fingerprint: 'shopf1' }]);
    expect((await get('patterns', { q: 'order %' })).items).toEqual([]);
    expect((await get('patterns/services')).items).toEqual([
      { service: 'shop-cart', resource: scene.a.cart, patterns: 1, lines: 15, errors: 15 },
    ]);
    expect(await get('patterns/shopf2')).toMatchObject({
      ...{ fingerprint: 'shopf1', version: 2, aliases: [{ fingerprint: 'shopf2' }], samples: ['shop order 17 failed'] },
      points: [{ time: '2026-01-01T10:05:00Z', lines: 15, errors: 15 }],
      services: [{ service: 'shop-cart', lines: 15 }],
      locators: [{ locator_id: '9', stream: 'shop_logs' }],
    });
    expect((await scene.service.call('GET', '/api/v1/patterns/none?tenant_id=a')).status).toBe(404);
  });

  test('the graph answers neighbours, paths, blast radius and what moved', async () => {
    await using scene = await openScene((await make()).db);
    const { a, get } = scene;
    const near = await get('graph/neighbours', { resource: 'shop-cart', edges: 'all', at: '2026-01-01T10:10:00Z' });
    expect(near).toMatchObject({ resources: [{ urn: a.database }, { urn: a.web }], view: { calls_from: range.from, calls_to: range.to } });
    expect(near.edges.map((edge: { relation: string }) => edge.relation)).toEqual(['CALLS', 'CALLS', 'DEPENDS_ON']);
    expect((await get('graph/paths', { src: a.web, dst: a.database })).paths).toMatchObject([
      { hops: 2, urns: [a.web, a.cart, a.database] },
    ]);
    expect((await get('graph/blast-radius', { resource: a.database })).callers).toMatchObject([
      { urn: a.cart, hops: 1, affected_share: 1, affected_rps: 2 },
      { urn: a.web, hops: 2, affected_share: 1 },
    ]);
    const moved = await get('graph/moved', { from: '2026-01-01T10:05:00Z', to: range.to });
    expect(moved).toMatchObject({
      baseline_from: range.from,
      edges: [{ src_urn: a.web, calls: 100, baseline_calls: 300, err_rate: 0.5, moved: ['err_rate up', 'p95_ms up'] }],
    });
  });

  test('topology is answered at a time, between times, against calls and by scope', async () => {
    await using scene = await openScene((await make()).db);
    const { a, get } = scene;
    const relationsAt = async (query: Record<string, string>) =>
      (await get('topology', query)).items.map((item: { relation: string }) => item.relation);
    expect(await relationsAt({ at: '2026-01-01T10:05:00Z' })).toEqual(['CONTAINS', 'DEPENDS_ON']);
    expect(await relationsAt({ at: '2026-01-01T10:01:00Z' })).toEqual(['CONTAINS']);
    expect(await relationsAt({})).toEqual(['DEPENDS_ON']);
    expect(await relationsAt({ at: '2026-01-01T10:05:00Z', as_believed_at: '2026-01-01T10:03:00Z' })).toEqual([]);
    const first = await get('topology', { at: '2026-01-01T10:05:00Z', limit: '1' });
    expect((await get('topology', { at: '2026-01-01T10:05:00Z', cursor: first.next_cursor })).items).toMatchObject([
      { relation: 'DEPENDS_ON' },
    ]);
    expect((await get('topology/diff', range)).items).toMatchObject([
      { change: 'closed', relation: 'CONTAINS' },
      { change: 'opened', relation: 'DEPENDS_ON' },
    ]);
    expect(await get('topology/drift', range)).toMatchObject({
      windows_with_data: 2,
      items: [{ drift: 'observed_not_declared', src_urn: a.web, dst_urn: a.cart, calls: 400 }],
    });
    expect((await get('topology/scopes')).items).toMatchObject([{ source: 'terraform', scope: 'shop', serial: '4', complete: true }]);
  });

  test('what changed is told in order of time, near a resource and by kind', async () => {
    await using scene = await openScene((await make()).db);
    const { a, get } = scene;
    const second = { from: '2026-01-01T10:04:00Z', to: '2026-01-01T10:09:00Z' };
    const kindsOf = async (query: Record<string, string | number>) =>
      (await get('changes', { ...second, ...query })).items.map((item: { kind: string }) => item.kind);
    const all = ['edge_opened', 'event', 'event', 'pattern_new', 'edge_closed', 'edge_changed'];
    expect(await kindsOf({})).toEqual(all);
    expect(await kindsOf({ resource: a.web, hops: 0 })).toEqual(['event']);
    expect(await kindsOf({ resource: a.web })).toEqual(all);
    expect(await kindsOf({ kind: 'pattern_new' })).toEqual(['pattern_new']);
    const moved = await get('changes', { from: '2026-01-01T10:05:00Z', to: range.to, kind: 'edge_moved', resource: a.database, hops: 2 });
    expect(moved.items).toMatchObject([{ hops: 1, urns: [a.web, a.cart], details: { err_rate: 0.5, baseline_calls: 300 } }]);
    const pages: unknown[] = [];
    for (let cursor = ''; ; ) {
      const page = await get('changes', { ...second, limit: 2, ...(cursor && { cursor }) });
      pages.push(...page.items);
      if (page.next_cursor === undefined) break;
      cursor = page.next_cursor;
    }
    const whole = (await get('changes', second)).items;
    expect(pages).toEqual(whole);
    expect(whole[0]).toMatchObject({
      ...{ at: '2026-01-01T10:04:00Z', text: `${a.cart} DEPENDS_ON ${a.database} is declared by terraform shop.` },
      provenance: { table: 'topo_edge_time', source: 'terraform', scope: 'shop', evidence: { file: 'shop.tf', line: 3 } },
    });
    expect(whole[1]).toMatchObject({ urns: [a.cart], text: 'deploy from /ci about shop-cart.' });
    expect(whole[5]).toMatchObject({ details: { attrs: { port: 3306 }, attrs_before: { port: 3307 } } });
  });

  test('events come newest first, large payloads only with their size', async () => {
    await using scene = await openScene((await make()).db);
    const { db, get } = scene;
    expect((await get('events')).items).toMatchObject([
      { type: 'freeze', data: null },
      { type: 'deploy', data: { version: 'shop-2' } },
    ]);
    expect((await get('events', { type: 'deploy', subject: 'shop-cart', source: '/ci', ...range })).items.length).toBe(1);
    const page = await get('events', { limit: 1 });
    expect((await get('events', { cursor: page.next_cursor })).items).toMatchObject([{ type: 'deploy' }]);
    await db.query(`update event_envelope set data = to_jsonb(repeat('x', 20000)) where tenant_id = 'a' and type = 'deploy'`);
    expect((await get('events', { type: 'deploy' })).items).toMatchObject([{ data: null, data_bytes: 20002 }]);
  });

  test('a locator gives the raw rows of the source of its tenant', async () => {
    const asked: unknown[] = [];
    await using scene = await openScene((await make()).db, {
      async readEvidence(tenantId, place, bounds) {
        asked.push({ tenantId, ...place, rows: bounds.rows });
        if (bounds.rows === 7) throw new Error(`connect ECONNREFUSED secret.host`);
        return { rows: [{ body: 'line' }], truncated: false, bytes: 15, range: place.window, sourceType: 'mock', organization: 'default' };
      },
    });
    const { service, get } = scene;
    expect(await get('locators/9')).toMatchObject({ locator_id: '9', stream: 'shop_logs', query: 'SELECT * FROM "shop_logs"' });
    expect(await get('locators/9/lines', { limit: 5 })).toMatchObject({
      ...{
        rows: [{ body: 'line' }],
        truncated: false,
        provenance: { source_type: 'mock', stream: 'shop_logs', to: '2026-01-01T10:10:00Z' },
      },
    });
    const window = { from: parseTime('2026-01-01T10:05:00Z'), to: parseTime('2026-01-01T10:10:00Z') };
    const timestamp = parseTime('2026-01-01T10:06:00.000001Z');
    expect(asked).toEqual([{ tenantId: 'a', stream: 'shop_logs', streamType: 'logs', window, traceId: null, timestamp, rows: 5 }]);
    await get('locators/9/lines', { fingerprint: 'shopf2', resource: 'shop-cart' });
    expect(asked[1]).toMatchObject({
      window,
      traceId: null,
      timestamp: null,
      only: { urn: scene.a.cart, fingerprints: ['shopf1', 'shopf2'] },
    });
    for (const narrow of ['fingerprint=none', 'resource=none'])
      expect((await service.call('GET', `/api/v1/locators/9/lines?tenant_id=a&${narrow}`)).status).toBe(404);
    const failed = await service.call('GET', '/api/v1/locators/9/lines?tenant_id=a&limit=7');
    expect(failed.body).toMatchObject({
      status: 502,
      code: 'OB_EVIDENCE_UNREADABLE',
      detail: 'The source of the tenant does not give the raw rows.',
    });
    for (const id of ['109', '9223372036854775808', '-1'])
      expect((await service.call('GET', `/api/v1/locators/${id}?tenant_id=a`)).status).toBe(404);
  });
});
