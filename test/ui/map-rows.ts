import type { Db } from '../../src/store/db.ts';

/** Resources of tenant `a`: number, URN, kind and name. */
const resources = [
  [1, 'urn:k8s:svc:shop/gateway', 'service', 'gateway'],
  [2, 'urn:k8s:svc:shop/cart', 'service', 'cart'],
  [3, 'urn:k8s:svc:shop/payment', 'service', 'payment'],
  [4, 'urn:k8s:svc:shop/catalog', 'service', 'catalog'],
  [5, 'urn:db:mysql:orders.db/orders', 'database', 'orders'],
  [6, 'urn:mq:kafka:broker/shipments', 'topic', 'shipments'],
  [7, 'urn:ext:api.bank.example', 'external', 'api.bank.example'],
  [8, 'urn:k8s:svc:shop/shipping', 'service', 'shipping'],
  [9, 'urn:host:node-1', 'host', 'node-1'],
] as const;

/** Calls of five minutes of tenant `a`: from, to, protocol, calls, errors, median and 95th percentile in ms. */
const calls = [
  [1, 2, 'http', 3000, 0, 12, 40],
  [1, 4, 'http', 6000, 30, 6, 20],
  [2, 3, 'grpc', 900, 90, 80, 420],
  [2, 5, 'mysql', 5000, 0, 2, 9],
  [3, 7, 'http', 880, 20, 60, 300],
  [3, 6, 'kafka', 800, 0, null, null],
  [6, 8, 'kafka', 800, 0, null, null],
  [4, 5, 'mysql', 7000, 0, 1, 4],
] as const;

/** URN of the resource in the middle of the rows. */
export const CART = 'urn:k8s:svc:shop/cart';

/**
 * Tenant `a` up to noon of 2026-01-01: a shop of nine resources with an hour of calls, metrics of its cart, a pattern, a document, and edges that
 * Terraform and Kubernetes declare, which change at 09:00 and 11:00. Payment is declared to need the orders database and never calls it.
 */
export async function fillMap(db: Db): Promise<void> {
  const run = (sql: string, params: readonly unknown[] = []): Promise<unknown> => db.query(sql, params);
  await run(`insert into dim_tenant (tenant_id, name) values ('a', null)`);
  for (const row of resources)
    await run(
      `insert into dim_resource (tenant_id, resource_id, urn, kind, name, attrs, first_seen, last_seen)
       values ('a', $1, $2, $3, $4, '{"zone": "eu-1"}', '2026-01-01 08:00+00', '2026-01-01 11:59+00')`,
      row,
    );
  await run(
    `insert into dim_resource_alias (tenant_id, alias_kind, alias, resource_id, provenance, first_seen, last_seen)
     values ('a', 'pod', 'cart-7d9f', 2, 'kubernetes shop', '2026-01-01 08:00+00', '2026-01-01 11:59+00')`,
  );
  await run(
    `insert into oo_locator (tenant_id, locator_id, aggregation, bucket, organization, stream, stream_type, window_from, window_to, query)
     values ('a', 9, 'service_call_5m', '2026-01-01 11:55+00', 'default', 'default', 'traces', '2026-01-01 11:55+00', '2026-01-01 12:00+00', 'SELECT * FROM "default"')`,
  );
  for (const row of calls)
    await run(
      `insert into service_call_5m (tenant_id, bucket, src_resource_id, dst_resource_id, protocol, calls, errors, rps, err_rate, p50_ms, p95_ms, sample_ref)
       select 'a', at, $1, $2, $3, $4::bigint, $5::bigint, $4::bigint / 300.0, $5::bigint::float8 / $4::bigint, $6::float8, $7::float8 * (1 + extract(minute from at) / 100), 9
       from generate_series(timestamptz '2026-01-01 11:00+00', '2026-01-01 11:55+00', '5 minutes') as at`,
      row,
    );
  await run(
    `insert into metric_1m (tenant_id, bucket, resource_id, metric, kind, samples, series, avg, min, max, p95, sum, sample_ref)
     select 'a', at, 2, metric, case when metric like '%total' then 'counter' else 'gauge' end, 4, 2,
       m + 10 * sin(m / 5.0), m - 10, m + 20, m + 15, 3 * m, 9
     from generate_series(timestamptz '2026-01-01 11:00+00', '2026-01-01 11:59+00', '1 minute') as at, lateral (select extract(minute from at)::float8 as m) n,
       unnest(array['cpu_percent', 'memory_bytes', 'requests_total', 'threads', 'gc_pauses_total', 'heap_bytes', 'open_files', 'sockets']) as metric`,
  );
  await run(
    `insert into log_pattern (tenant_id, fingerprint, template, severity, service, sample, first_seen, last_seen, alias_of, version)
     values ('a', 'f1', 'order <*> failed', 'error', 'cart', 'order 17 failed', '2026-01-01 11:30+00', '2026-01-01 11:59+00', null, 1)`,
  );
  await run(
    `insert into log_pattern_5m (tenant_id, bucket, resource_id, fingerprint, count_total, count_error, severity, sample_ref)
     values ('a', '2026-01-01 11:55+00', 2, 'f1', 12, 12, 'error', 9)`,
  );
  await run(`insert into kb_doc (tenant_id, doc_id, uri, title, content_hash) values ('a', 5, 'https://wiki/cart', 'Cart runbook', 'h')`);
  await run(`insert into kb_chunk (tenant_id, doc_id, chunk, content) values ('a', 5, 0, 'restart the cart')`);
  await run(`insert into kb_doc_resource (tenant_id, doc_id, resource_id, found_as, chunk) values ('a', 5, 2, 'name', 0)`);
  const declare = (src: number, relation: string, dst: number, source: string, valid: string, line: number): Promise<unknown> =>
    run(
      `insert into topo_edge_time (tenant_id, src_resource_id, dst_resource_id, relation, source, scope, valid, recorded_at, attrs, evidence)
       values ('a', $1, $2, $3, $4, 'shop', $5::tstzrange, '2026-01-01 08:00+00', '{"port": 3306}', $6)`,
      [
        ...[src, dst, relation, source, valid],
        JSON.stringify({ file: source === 'terraform' ? 'shop/main.tf' : 'k8s/shop.yaml', line, rule: 'env ORDERS_HOST' }),
      ],
    );
  const at = (hour: string): string => `2026-01-01 ${hour}+00`;
  await declare(2, 'DEPENDS_ON', 5, 'terraform', `["${at('08:00')}",)`, 12);
  await declare(2, 'DEPENDS_ON', 5, 'kubernetes', `["${at('08:00')}",)`, 40);
  await declare(1, 'ROUTES_TO', 2, 'kubernetes', `["${at('08:00')}",)`, 7);
  await declare(3, 'DEPENDS_ON', 5, 'terraform', `["${at('09:00')}",)`, 31);
  await declare(9, 'CONTAINS', 2, 'kubernetes', `["${at('08:00')}","${at('11:00')}")`, 3);
  await declare(4, 'DEPENDS_ON', 5, 'terraform', `["${at('11:00')}",)`, 55);
  for (const source of ['terraform', 'kubernetes'])
    await run(
      `insert into topo_scope (tenant_id, source, scope, observed_at, complete, serial, status, edges, input)
       values ('a', $1, 'shop', '2026-01-01 11:00+00', true, 4, 'ok', 3, 'shop')`,
      [source],
    );
}

/** Tenant `b` with so many services, each calling three others, in the newest five minutes before noon of 2026-01-01. */
export async function fillLargeMap(db: Db, services: number): Promise<void> {
  await db.query(`insert into dim_tenant (tenant_id, name) values ('b', null)`);
  await db.query(
    `insert into dim_resource (tenant_id, resource_id, urn, kind, name, attrs, first_seen, last_seen)
     select 'b', 10000 + n, 'urn:k8s:svc:large/service-' || n, 'service', 'service-' || n, '{}', '2026-01-01 08:00+00', '2026-01-01 11:59+00'
     from generate_series(0, $1::int - 1) as n`,
    [services],
  );
  await db.query(
    `insert into service_call_5m (tenant_id, bucket, src_resource_id, dst_resource_id, protocol, calls, errors, rps, err_rate, p50_ms, p95_ms)
     select 'b', '2026-01-01 11:55+00', 10000 + (n * k) / 7 % $1::int, 10000 + n, 'http', 300 + n % 97, n % 5, 1, (n % 5) / 300.0, 5, 20
     from generate_series(1, $1::int - 1) as n, unnest(array[3, 5, 6]) as k on conflict do nothing`,
    [services],
  );
}

/** Tenant `c` with 28 services with long names, a chain and two stars among them, in two parts that do not call each other. */
export async function fillMiddleMap(db: Db): Promise<void> {
  await db.query(`insert into dim_tenant (tenant_id, name) values ('c', null)`);
  await db.query(
    `insert into dim_resource (tenant_id, resource_id, urn, kind, name, attrs, first_seen, last_seen)
     select 'c', 20000 + n, 'urn:k8s:svc:middle/s' || n, 'service', 'reservation-part-' || n || '-service', '{}', '2026-01-01 08:00+00', '2026-01-01 11:59+00'
     from generate_series(0, 27) as n`,
  );
  await db.query(
    `insert into service_call_5m (tenant_id, bucket, src_resource_id, dst_resource_id, protocol, calls, errors, rps, err_rate, p50_ms, p95_ms)
     select 'c', '2026-01-01 11:55+00', 20000 + src, 20000 + dst, 'unknown', 300, 0, 1, 0, 5, 20
     from (select n as src, n + 1 as dst from generate_series(0, 8) n union select 3, n from generate_series(10, 17) n
       union select n, 7 from generate_series(14, 21) n union select 22, n from generate_series(23, 27) n) as pairs`,
  );
}
