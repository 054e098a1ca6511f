import type { Db } from '../../src/store/db.ts';

/** What every name, template, payload and path of the second tenant contains. */
export const MARK = 'bsecret';

const RUN_ID = '0192f0c0-1111-7222-8333-444455556666';

/** Names of one tenant's rows. */
export interface TenantWorld {
  readonly tenantId: string;
  /** URNs of a service that calls, one that is called, and its database. */
  readonly web: string;
  readonly cart: string;
  readonly database: string;
  readonly locatorId: string;
  /** Ids of the locator, the document, the link, the runs and the backfill. */
  readonly ids: readonly string[];
  readonly fingerprint: string;
}

/**
 * Tenants `a` and `b` with the same rows in every table that the interface reads, around 2026-01-01T10:00Z; those of `b` all contain `MARK`.
 * In each, web calls cart and cart its database; calls from web fail more in the second five minutes.
 */
export async function fillWorld(db: Db): Promise<{ a: TenantWorld; b: TenantWorld }> {
  return { a: await fillTenant(db, 'a', 'shop', 0), b: await fillTenant(db, 'b', MARK, 100) };
}

async function fillTenant(db: Db, tenantId: string, prefix: string, offset: number): Promise<TenantWorld> {
  const urns = {
    web: `urn:k8s:svc:${prefix}/web`,
    cart: `urn:k8s:svc:${prefix}/cart`,
    database: `urn:db:mysql:${prefix}/orders`,
  };
  const at = (minute: number): string => `2026-01-01T10:${String(minute).padStart(2, '0')}:00Z`;
  const [web, cart, database, locator] = [1, 2, 3, 9].map((id) => BigInt(offset + id));
  const fingerprint = `${prefix}f1`;
  const insert = (table: string, rows: readonly Readonly<Record<string, unknown>>[]): Promise<unknown> =>
    insertRows(db, table, tenantId, rows);
  await insert('dim_tenant', [{ name: prefix, settings: JSON.stringify({ source: { password: MARK } }) }]);
  await insert('dim_resource', [
    { resource_id: web, urn: urns.web, kind: 'service', name: `${prefix}-web`, attrs: '{}', first_seen: at(0), last_seen: at(9) },
    {
      resource_id: cart,
      urn: urns.cart,
      kind: 'service',
      name: `${prefix}-cart`,
      attrs: `{"zone":"${prefix}"}`,
      first_seen: at(0),
      last_seen: at(9),
    },
    {
      resource_id: database,
      urn: urns.database,
      kind: 'database',
      name: `${prefix}-orders`,
      attrs: '{}',
      first_seen: at(0),
      last_seen: at(9),
    },
  ]);
  await insert('dim_resource_alias', [
    {
      alias_kind: 'pod',
      alias: `${prefix}-cart-7d9f`,
      resource_id: cart,
      provenance: `kubernetes ${prefix}`,
      first_seen: at(0),
      last_seen: at(9),
    },
  ]);
  await insert(
    'metric_1m',
    [0, 1, 2, 3].flatMap((minute) => [
      {
        ...{ bucket: at(minute), resource_id: cart, metric: `${prefix}_memory_bytes`, kind: 'gauge', samples: minute + 1, series: 1 },
        ...{ avg: 10 * (minute + 1), min: minute, max: 100 + minute, p95: 50 + minute, sum: 10, sample_ref: locator },
      },
      {
        bucket: at(minute),
        resource_id: cart,
        metric: 'requests_total',
        kind: 'counter',
        samples: 4,
        series: 2,
        avg: 1,
        min: 1,
        max: 1,
        p95: 1,
        sum: 2,
      },
    ]),
  );
  const call = (minute: number, src: bigint | undefined, dst: bigint | undefined, calls: number, errors: number, p95: number) => ({
    ...{ bucket: at(minute), src_resource_id: src, dst_resource_id: dst, protocol: 'http', calls, errors, rps: calls / 300 },
    ...{ err_rate: errors / calls, p50_ms: p95 / 2, p95_ms: p95, client_p95_ms: p95, sample_ref: locator },
  });
  await insert('service_call_5m', [
    ...[call(0, web, cart, 300, 0, 20), call(5, web, cart, 100, 50, 80)],
    ...[call(0, cart, database, 600, 0, 5), call(5, cart, database, 600, 0, 5)],
  ]);
  await insert('log_pattern', [
    {
      ...{
        fingerprint,
        template: `${prefix} order <*> failed`,
        severity: 'error',
        service: `${prefix}-cart`,
        sample: `${prefix} order 17 failed`,
      },
      ...{ first_seen: at(6), last_seen: at(9), alias_of: null, version: 1 },
    },
    {
      ...{ fingerprint: `${prefix}f2`, template: `${prefix} order 5 failed`, severity: 'error', service: `${prefix}-cart`, sample: null },
      ...{ first_seen: at(7), last_seen: at(8), alias_of: fingerprint, version: 2 },
    },
  ]);
  await insert('log_pattern_5m', [
    { bucket: at(5), resource_id: cart, fingerprint, count_total: 12, count_error: 12, severity: 'error', sample_ref: locator },
    { bucket: at(5), resource_id: cart, fingerprint: `${prefix}f2`, count_total: 3, count_error: 3, severity: 'error', sample_ref: null },
  ]);
  await insert('oo_locator', [
    {
      ...{
        locator_id: locator,
        aggregation: 'log_pattern_5m',
        bucket: at(5),
        organization: 'default',
        stream: `${prefix}_logs`,
        stream_type: 'logs',
      },
      ...{
        window_from: at(5),
        window_to: at(10),
        query: `SELECT * FROM "${prefix}_logs"`,
        exemplar_timestamp: '2026-01-01T10:06:00.000001Z',
      },
    },
  ]);
  const edge = {
    src_resource_id: cart,
    dst_resource_id: database,
    source: 'terraform',
    scope: prefix,
    recorded_at: at(4),
    attrs: '{"port":3306}',
  };
  const evidence = JSON.stringify({ file: `${prefix}.tf`, line: 3, rule: 'attribute host' });
  await insert('topo_edge_time', [
    { ...edge, relation: 'DEPENDS_ON', valid: `[${at(4)},)`, evidence },
    { ...edge, relation: 'CONTAINS', valid: `[${at(0)},${at(7)})`, evidence },
  ]);
  await insert('topo_edge_history', [
    { ...edge, relation: 'DEPENDS_ON', valid: `[${at(4)},)`, attrs: '{"port":3307}', evidence, recorded: `[${at(4)},${at(8)})` },
  ]);
  await insert('topo_scope', [
    {
      source: 'terraform',
      scope: prefix,
      observed_at: at(7),
      complete: true,
      serial: 4n,
      status: 'ok',
      edges: 1,
      input: `${prefix}.tfstate`,
    },
  ]);
  await insert('event_envelope', [
    {
      source: '/ci',
      id: `${prefix}-1`,
      type: 'deploy',
      subject: `${prefix}-cart`,
      time: at(5),
      extensions: '{}',
      data: `{"version":"${prefix}-2"}`,
    },
    { source: '/ci', id: `${prefix}-2`, type: 'freeze', subject: null, time: at(6), extensions: '{}', data: null },
  ]);
  await insert('kb_doc', [{ doc_id: offset + 5, uri: `https://wiki/${prefix}`, title: `${prefix} runbook`, content_hash: 'h' }]);
  await insert('kb_chunk', [{ doc_id: offset + 5, chunk: 0, content: `restart ${prefix} order service` }]);
  await insert('kb_doc_resource', [{ doc_id: offset + 5, resource_id: cart, found_as: 'name', chunk: 0 }]);
  await insert('evidence_link', [
    {
      link_id: offset + 6,
      subject_kind: 'pattern',
      subject_id: fingerprint,
      evidence_kind: 'url',
      evidence_ref: `https://wiki/${prefix}`,
      note: prefix,
    },
  ]);
  await insert('etl_schedule', [{ job: 'oo-agg', align: '1 minute', delay: '2 minutes', initial_lookback: '1 hour', max_batch: 60 }]);
  await insert('etl_job_run', [
    { job: 'oo-agg', window_from: at(0), window_to: at(1), status: 'dead', error_message: `${prefix} broke`, error_code: 'OB_TIMEOUT' },
    { job: 'oo-agg', window_from: at(1), window_to: at(2), status: 'success' },
  ]);
  await insert('etl_backfill', [
    {
      job: 'oo-agg',
      window_from: at(0),
      window_to: at(5),
      mode: 'failed',
      status: 'failed',
      error_message: `${prefix} stopped`,
      run_id: RUN_ID,
    },
  ]);
  await insert('etl_job_circuit', [{ job: 'oo-agg', state: 'open', failures: 5, reason: `${prefix} is down` }]);
  await insert('etl_trigger', [{ run_id: RUN_ID, trigger: 'event', job: 'oo-agg', outcome: 'rejected', reason: `${prefix} refused` }]);
  const runs = await db.query<{ id: bigint }>(
    'select id from etl_job_run where tenant_id = $1 union select backfill_id from etl_backfill where tenant_id = $1',
    [tenantId],
  );
  const ids = [locator, offset + 5, offset + 6, ...runs.map(({ id }) => id)].map(String);
  return { tenantId, ...urns, locatorId: String(locator), fingerprint, ids };
}

async function insertRows(db: Db, table: string, tenantId: string, rows: readonly Readonly<Record<string, unknown>>[]): Promise<void> {
  for (const row of rows) {
    const columns = ['tenant_id', ...Object.keys(row)];
    const places = columns.map((_, index) => `$${index + 1}`);
    await db.query(`insert into ${table} (${columns.join(', ')}) values (${places.join(', ')})`, [tenantId, ...Object.values(row)]);
  }
}
