import type { ReadEvidence } from '../src/api/deps.ts';
import { formatTime, parseTime } from '../src/core/time.ts';
import type { Db } from '../src/store/db.ts';

const RESOURCES = 10_000;
const NODES = 2_000;
const EDGES = 6_000;
const PATTERNS = 2_000;
const DECLARED = 4_000;
const DOCUMENTS = 200;

/** The newest moment of the generated world. */
export const WORLD_END = parseTime('2026-03-31T00:00:00Z') ?? 0;
export const WORLD_TENANT = 'large';
/** What the generated world has, in words. */
export const WORLD_WORDS = `${RESOURCES} resources, a map of ${NODES} nodes and ${EDGES} edges, ${PATTERNS} patterns, ${DECLARED} declared edges, ${DOCUMENTS} documents`;

/** Fills a migrated database with a world that is as large as a console should ever have to show: a day of runs, six hours of all else. */
export async function fillLargeWorld(db: Db): Promise<void> {
  const end = `timestamptz '${formatTime(WORLD_END)}'`;
  const statements = [
    `insert into dim_tenant (tenant_id, name) values ('large', 'Large'), ('other', null)`,
    `insert into dim_resource (tenant_id, resource_id, urn, kind, name, attrs, first_seen, last_seen)
     select 'large', i, 'urn:k8s:svc:large/service-' || i, case i % 50 when 0 then 'database' when 1 then 'topic' else 'service' end, 'service-' || i,
       '{"zone": "eu-1"}', ${end} - interval '30 days', ${end} from generate_series(1, ${RESOURCES}) i`,
    `insert into dim_resource_alias select 'large', 'pod', 'service-' || i || '-7d9f', i, 'telemetry', ${end} - interval '1 day', ${end} from generate_series(1, ${RESOURCES}) i`,
    // Edge e leads to node 2 + e % 1999; its caller is the parent in one of three trees, so that hubs and leaves are as in a system of services.
    `insert into service_call_5m (tenant_id, bucket, src_resource_id, dst_resource_id, protocol, calls, errors, rps, err_rate, p50_ms, p95_ms)
     select 'large', ${end} - b * interval '5 minutes', 1 + (e % ${NODES - 1}) / (2 + e / ${NODES - 1}), 2 + e % ${NODES - 1}, 'http',
       300 + (b + e) % 50, (b + e) % 7, 1, ((b + e) % 7) / 300.0, 5 + e % 20, 20 + (b * 7 + e) % 60
     from generate_series(1, 24) b, generate_series(0, ${EDGES - 1}) e on conflict do nothing`,
    `insert into metric_1m (tenant_id, bucket, resource_id, metric, kind, samples, series, avg, min, max, p95, sum, sample_ref)
     select 'large', ${end} - m * interval '1 minute', 1 + s % 8, 'metric_' || s / 8, 'gauge', 4, 2, m % 100, 0, 200, 150, 10, 1
     from generate_series(1, 360) m, generate_series(0, 159) s`,
    `insert into log_pattern (tenant_id, fingerprint, template, severity, service, first_seen, last_seen, sample)
     select 'large', 'f' || i, 'order <*> of customer <*> ended with the answer ' || i, case i % 5 when 0 then 'error' when 1 then 'warn' else 'info' end,
       'service-' || 1 + i % 100, ${end} - case i % 20 when 0 then interval '20 minutes' else interval '9 days' end, ${end},
       'order 5 of customer 7 ended with the answer ' || i from generate_series(1, ${PATTERNS}) i`,
    `insert into log_pattern_5m (tenant_id, bucket, resource_id, fingerprint, count_total, count_error, severity, sample_ref)
     select 'large', ${end} - b * interval '5 minutes', 1 + i % 100, 'f' || i, 50 + (b * 7 + i) % 60, case i % 5 when 0 then 50 else 0 end,
       case i % 5 when 0 then 'error' when 1 then 'warn' else 'info' end, 1
     from generate_series(1, 72) b, generate_series(1, ${PATTERNS}) i where i % 20 > 0 or b <= 4`,
    `insert into oo_locator (tenant_id, locator_id, aggregation, bucket, organization, stream, stream_type, window_from, window_to, query)
     values ('large', 1, 'log_pattern_5m', ${end} - interval '5 minutes', 'default', 'default', 'logs', ${end} - interval '5 minutes', ${end}, 'SELECT 1')`,
    `insert into topo_edge_time (tenant_id, src_resource_id, dst_resource_id, relation, source, scope, valid, recorded_at, evidence)
     select 'large', 1 + i % ${NODES}, 1 + (i * 7 + 1 + i / ${NODES} * 3) % ${NODES}, 'DEPENDS_ON', case i % 2 when 0 then 'terraform' else 'kubernetes' end, 'prod-' || i % 10,
       tstzrange(${end} - (200 - i % 100) * interval '1 hour', case i % 10 when 0 then ${end} - (i % 90) * interval '1 hour' end),
       ${end} - (200 - i % 100) * interval '1 hour', '{"file": "main.tf", "line": 7}' from generate_series(1, ${DECLARED}) i`,
    `insert into topo_scope (tenant_id, source, scope, observed_at, complete, status, edges)
     select 'large', case i % 2 when 0 then 'terraform' else 'kubernetes' end, 'prod-' || i, ${end}, true, 'ok', 400 from generate_series(0, 9) i`,
    `insert into event_envelope (tenant_id, source, id, type, subject, time, data)
     select 'large', '/ci', i::text, 'deploy', 'service-' || 1 + i % 100, ${end} - i * interval '4 minutes', '{"version": "1.2.3"}' from generate_series(1, 1000) i`,
    `insert into etl_schedule (job, tenant_id, align, delay, initial_lookback, max_batch)
     select job, tenant, '1 minute', '2 minutes', '1 hour', 60 from unnest(array['oo-agg', 'age-refresh']) job, unnest(array['large', 'other']) tenant`,
    `insert into etl_watermark (job, tenant_id, watermark)
     select job, tenant, ${end} from unnest(array['oo-agg', 'age-refresh']) job, unnest(array['large', 'other']) tenant`,
    `insert into etl_job_run (job, tenant_id, window_from, window_to, status, attempt, started_at, finished_at, stats)
     select job, tenant, ${end} - m * interval '1 minute', ${end} - (m - 1) * interval '1 minute', case m % 97 when 0 then 'dead' else 'success' end, 1,
       ${end} - (m - 3) * interval '1 minute', ${end} - (m - 3) * interval '1 minute' + interval '2 seconds',
       '{"ms": {"open": 250, "aggregate": 1500, "write": 150}, "rows_read": {"logs": 4000, "spans": 900}}'
     from generate_series(1, 1440) m, unnest(array['oo-agg', 'age-refresh']) job, unnest(array['large', 'other']) tenant`,
    `insert into kb_doc (tenant_id, doc_id, uri, title, content_hash)
     select 'large', i, 'https://wiki/service-' || i, 'Runbook of service-' || i, i::text from generate_series(1, ${DOCUMENTS}) i`,
    `insert into kb_chunk (tenant_id, doc_id, chunk, content)
     select 'large', d, c, 'When the pool of service-' || d || ' is used up, restart one pod after the other. Step ' || c from generate_series(1, ${DOCUMENTS}) d, generate_series(0, 19) c`,
    'analyze',
  ];
  for (const statement of statements) await db.query(statement);
}

/** Fifty lines of the generated world, as its source would give them. */
export const readLargeEvidence: ReadEvidence = async (_tenant, { window }, { rows }) => ({
  rows: Array.from({ length: Math.min(50, rows) }, (_, index) => ({
    _timestamp: window.from + index,
    ...{
      body: `order ${index} of customer 7 ended with the answer 100`,
      severity: 'info',
      service_name: 'service-1',
      k8s_pod_name: 'service-1-7d9f',
    },
  })),
  ...{ truncated: false, bytes: 9000, range: window, sourceType: 'openobserve_files', organization: 'default' },
});
