import { Client } from '@modelcontextprotocol/sdk/client/index.js';
import { StreamableHTTPClientTransport } from '@modelcontextprotocol/sdk/client/streamableHttp.js';
import type { Transport } from '@modelcontextprotocol/sdk/shared/transport.js';
import { expect } from 'vitest';
import { parseTime } from '../../src/core/time.ts';
import { activeWindow, listActiveCalls } from '../../src/graph/active-calls.ts';
import { lockGraph, refreshGraph } from '../../src/graph/refresh-graph.ts';
import { addDocument } from '../../src/jobs/knowledge/add-document.ts';
import { createMcpEndpoint } from '../../src/mcp/http.ts';
import type { McpDeps } from '../../src/mcp/server.ts';
import type { Access } from '../../src/store/api-token.ts';
import type { Db } from '../../src/store/db.ts';
import { createLogger } from '../../src/telemetry/logger.ts';
import { createService } from '../api/service.ts';

/** An hour after the newest rows of the world. */
export const NOW = parseTime('2026-01-01T12:00:00Z') ?? 0;

/**
 * Gives the tenant `front-<tenant>` that calls `cart-<tenant>`, which is slow and full of errors since 10:30, with rows of every kind from 10:00 to
 * 11:00; whatever answers may show of it says `hidden-<tenant>`. Keys of resources are the same in every tenant.
 */
export async function fillTenant(db: Db, tenant: string): Promise<void> {
  const run = (sql: string, ...params: unknown[]) => db.query(sql, [tenant, ...params]);
  await run('insert into dim_tenant (tenant_id) values ($1)');
  await run(
    `insert into dim_resource (tenant_id, resource_id, urn, kind, name, attrs, first_seen, last_seen)
     select $1, i, 'urn:svc:hidden-' || $1 || '-' || n, 'service', n || '-' || $1, '{}', '2026-01-01 10:00Z', '2026-01-01 11:00Z'
     from unnest(array['front', 'cart', 'stock']) with ordinality u (n, i)`,
  );
  await run(`insert into dim_resource_alias values ($1, 'ip', '10.0.0.1', 2, 'hidden-' || $1, '2026-01-01 10:00Z', '2026-01-01 11:00Z')`);
  await run(
    `insert into oo_locator (tenant_id, locator_id, aggregation, bucket, organization, stream, stream_type, window_from, window_to, query)
     select $1, ascii($1) * 10 + i, a, '2026-01-01 10:55Z', 'default', 'hidden-' || $1, t, '2026-01-01 10:55Z', '2026-01-01 11:00Z', 'select hidden-' || $1
     from unnest(array['log_pattern_5m', 'service_call_5m', 'metric_1m'], array['logs', 'traces', 'metrics']) with ordinality u (a, t, i)`,
  );
  await run(
    `insert into service_call_5m (tenant_id, bucket, src_resource_id, dst_resource_id, protocol, calls, errors, rps, err_rate, p50_ms, p95_ms, sample_ref)
     select $1, bucket, 1, 2, 'http', 300, e, 1, e / 300.0, p, 2 * p, ascii($1) * 10 + 2
     from generate_series('2026-01-01 10:00Z'::timestamptz, '2026-01-01 10:55Z', '5 minutes') bucket,
       lateral (select case when bucket < '2026-01-01 10:30Z' then 0 else 30 end as e, case when bucket < '2026-01-01 10:30Z' then 10 else 40 end as p) m`,
  );
  await run(
    `insert into log_pattern (tenant_id, fingerprint, template, severity, service, first_seen, last_seen, sample)
     values ($1, 'old-' || $1, 'started hidden-' || $1, 'info', 'cart', '2026-01-01 10:00Z', '2026-01-01 11:00Z', 'hidden-' || $1),
       ($1, 'new-' || $1, 'failed hidden-' || $1 || ' <*>', 'error', 'cart', '2026-01-01 10:31Z', '2026-01-01 11:00Z', 'hidden-' || $1)`,
  );
  await run(
    `insert into log_pattern_5m (tenant_id, bucket, resource_id, fingerprint, count_total, count_error, severity, sample_ref)
     select $1, bucket, 2, 'old-' || $1, 5, 0, 'info', ascii($1) * 10 + 1 from generate_series('2026-01-01 10:00Z'::timestamptz, '2026-01-01 10:55Z', '5 minutes') bucket
     union all
     select $1, bucket, 2, 'new-' || $1, 20, 20, 'error', ascii($1) * 10 + 1 from generate_series('2026-01-01 10:30Z'::timestamptz, '2026-01-01 10:55Z', '5 minutes') bucket`,
  );
  await run(
    `insert into metric_1m (tenant_id, bucket, resource_id, metric, kind, samples, series, avg, min, max, sum, sample_ref)
     select $1, bucket, 2, 'cpu_hidden-' || $1, 'gauge', 1, 1, v, v, v, v, ascii($1) * 10 + 3
     from generate_series('2026-01-01 10:00Z'::timestamptz, '2026-01-01 10:59Z', '1 minute') bucket, lateral (
       select case when bucket = '2026-01-01 10:40Z' then 90 when bucket < '2026-01-01 10:30Z' then 10 else 50 end as v) m`,
  );
  await run(
    `insert into topo_edge_time (tenant_id, src_resource_id, dst_resource_id, relation, source, scope, valid, recorded_at, evidence)
     values ($1, 2, 3, 'DEPENDS_ON', 'terraform', 'hidden-' || $1, '[2026-01-01 10:29Z,)', '2026-01-01 10:29Z', '{"file": "main.tf", "line": 7}')`,
  );
  await run(
    `insert into event_envelope (tenant_id, source, id, type, subject, time, received_at) values ($1, 'ci-hidden-' || $1, '1', 'deployed', 'cart-' || $1, '2026-01-01 10:28Z', now())`,
  );
  await addDocument(db, {
    ...{ tenantId: tenant, uri: `runbook-${tenant}.md`, format: 'markdown', language: 'simple' },
    text: `# Carts\n\nWhen the cart-${tenant} fails, restart hidden-${tenant}.`,
  });
  const calls = await listActiveCalls(db, tenant, activeWindow(parseTime('2026-01-01T11:00:00Z') ?? 0));
  await db.transaction(async (tx) => {
    await lockGraph(tx, tenant);
    await refreshGraph(tx, { tenantId: tenant, calls, structAt: null });
  });
}

/** What the server is built from, over tenants `a` and `b` whose sources give one row each. */
export function createDeps(db: Db, overrides: Partial<McpDeps> = {}): McpDeps {
  return {
    ...{ db, version: '9.8.7', now: () => NOW, tenants: async () => ['a', 'b'] },
    logger: createLogger({ level: 'error', format: 'json', write: (line) => process.stderr.write(line) }),
    readEvidence: async (tenantId, { window }) => ({
      ...{ rows: [{ body: `raw hidden-${tenantId}` }], truncated: false, bytes: 30, range: window },
      ...{ sourceType: 'openobserve_api', organization: 'default' },
    }),
    ...overrides,
  };
}

/** The server over HTTP: a client for anybody who has a token of the access. */
export interface HttpService extends AsyncDisposable {
  readonly url: URL;
  connect(access: Partial<Access>): Promise<Client>;
}

/** Listens on a free port of loopback. */
export async function serveHttp(db: Db): Promise<HttpService> {
  const deps = createDeps(db);
  const service = await createService(db, { open: false, answerMcp: createMcpEndpoint(deps) });
  const url = new URL('/mcp', await service.server.listen({ host: '127.0.0.1', port: 0 }));
  return {
    url,
    async connect(access) {
      const headers = { authorization: `Bearer ${await service.token(access)}` };
      return connectClient(new StreamableHTTPClientTransport(url, { requestInit: { headers } }) as Transport);
    },
    [Symbol.asyncDispose]: () => service[Symbol.asyncDispose](),
  };
}

/** A client that knows the tools, so that it checks answers against their schemas. */
export async function connectClient(transport: Transport): Promise<Client> {
  const client = new Client({ name: 'test', version: '1' });
  await client.connect(transport);
  await client.listTools();
  return client;
}

/** What a tool said. */
export interface Said {
  readonly text: string;
  readonly isError: boolean;
  /** The structured content; undefined for an error. */
  readonly content: ReturnType<JSON['parse']>;
}

/** Calls a tool; every answer that is no error has structured content and a bounded text. */
export async function callTool(client: Client, name: string, args: object = {}): Promise<Said> {
  const { content, structuredContent, isError = false } = await client.callTool({ name, arguments: { ...args } });
  const [first] = content as { type: string; text: string }[];
  expect(first?.type).toBe('text');
  expect(first?.text.length).toBeLessThanOrEqual(8000);
  expect(structuredContent === undefined).toBe(isError);
  return { text: first?.text ?? '', isError: isError === true, content: structuredContent };
}
