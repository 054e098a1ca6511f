import { DAY, formatTime, HOUR, MINUTE, parseTime } from '../src/core/time.ts';
import { createRollUpJob } from '../src/jobs/roll-up/roll-up.ts';
import type { Db } from '../src/store/db.ts';

const RESOURCES = 10_000;
const CALL_ROWS = 1_000_000;
const METRIC_ROWS = 1_000_000;
const PATTERN_ROWS = 500_000;
const PATTERNS = 2_000;
/** Of the recorded hours' patterns of a service nine in ten have lines in most buckets, and these hold 99 of 100 rows; here they hold four in five. */
const STEADY_PATTERNS = 46;
const DAYS = 30;
const BUCKETS = DAYS * 288;
const END = parseTime('2026-03-31T00:00:00Z') ?? 0;
const START = END - DAYS * DAY;

export const monthTenant = 'shop';
export const month = { from: START, to: END };
/** How much the month holds, in words. */
export const describeMonth = `${RESOURCES} resources, ${CALL_ROWS} call rows, ${METRIC_ROWS} metric rows, ${PATTERN_ROWS} pattern rows, 20000 declared edges, 1000 passages`;

/**
 * Fills a migrated database with a month of a tenant: its first hundred services call each other in turns and log patterns of their own; four have
 * a month of metrics. Sums of hours and days are there as the job keeps them.
 */
export async function fillMonth(db: Db): Promise<void> {
  const bucket = `timestamptz '${formatTime(START)}' + `;
  const perBucket = Math.ceil(CALL_ROWS / BUCKETS);
  const linesPerBucket = Math.ceil(PATTERN_ROWS / BUCKETS);
  const minutes = (DAYS * DAY) / MINUTE;
  const series = Math.ceil(METRIC_ROWS / minutes);
  const statements = [
    `insert into dim_tenant (tenant_id, name) values ('shop', 'Shop')`,
    `insert into dim_resource (tenant_id, resource_id, urn, kind, name, first_seen, last_seen)
     select 'shop', i, 'urn:k8s:svc:shop/service-' || i, case i % 50 when 0 then 'database' else 'service' end, 'service-' || i, '${formatTime(START)}', '${formatTime(END)}'
     from generate_series(1, ${RESOURCES}) i`,
    `insert into dim_resource_alias select 'shop', 'pod', 'service-' || i || '-7d9f', i, 'telemetry', '${formatTime(START)}', '${formatTime(END)}'
     from generate_series(1, ${RESOURCES}) i`,
    `insert into service_call_5m
     select 'shop', ${bucket} b * interval '5 minutes', 1 + e % 100, 1 + (e % 100 + 1 + e / 100 * 7 + b % 3) % 100, 'http', 300 + (b + e) % 50, (b + e) % 7, 1,
       ((b + e) % 7) / 300.0, 5 + e % 20, 20 + (b * 7 + e) % 60, 30, 1 + e from generate_series(0, ${BUCKETS - 1}) b, generate_series(0, ${perBucket - 1}) e`,
    `insert into metric_1m
     select 'shop', ${bucket} m * interval '1 minute', 1 + s % 4, 'metric_' || (1 + s / 4), 'gauge', 4, 2, m % 100, 0, 200, 150, 10, 1
     from generate_series(0, ${minutes - 1}) m, generate_series(0, ${series - 1}) s`,
    `insert into log_pattern (tenant_id, fingerprint, template, severity, service, first_seen, last_seen, sample)
     select 'shop', 'f' || i, 'order <*> of customer <*> ended ' || i, case i % 5 when 0 then 'error' else 'info' end, 'service-' || 1 + i % 100,
       ${bucket} i * interval '20 minutes', '${formatTime(END)}', 'order 5 of customer 7 ended ' || i from generate_series(1, ${PATTERNS}) i`,
    `insert into log_pattern_5m
     select 'shop', ${bucket} b * interval '5 minutes', 1 + i % 100, 'f' || i, 50 + (b * 11 + i) % 7, 2, case i % 5 when 0 then 'error' else 'info' end, 1 + l
     from generate_series(0, ${BUCKETS - 1}) b, generate_series(0, ${linesPerBucket - 1}) l,
       lateral (select case when l < ${STEADY_PATTERNS} then 1 + l else 1 + ${STEADY_PATTERNS} + (b * 7 + l * 31) % ${PATTERNS - STEADY_PATTERNS} end) p (i)`,
    `insert into oo_locator select 'shop', i, 'service_call_5m', '${formatTime(END - HOUR)}', 'default', 'default', 'traces', '${formatTime(END - HOUR)}',
       '${formatTime(END)}', 'SELECT 1', null, null, null from generate_series(1, 200) i`,
    `insert into topo_edge_time (tenant_id, src_resource_id, dst_resource_id, relation, source, scope, valid, recorded_at, evidence)
     select 'shop', 1 + i % ${RESOURCES}, 1 + (i * 7 + 1) % ${RESOURCES}, 'DEPENDS_ON', 'terraform', 'prod-' || i / 10000 * 10 + i % 10,
       tstzrange(${bucket} (i % ${BUCKETS}) * interval '5 minutes', case when i % 4 = 0 then ${bucket} (i % ${BUCKETS} + 500) * interval '5 minutes' end),
       ${bucket} (i % ${BUCKETS}) * interval '5 minutes', '{"file": "main.tf", "line": 7}' from generate_series(1, 20000) i`,
    `insert into topo_scope (tenant_id, source, scope, observed_at, complete, status, edges)
     select 'shop', 'terraform', 'prod-' || i, '${formatTime(END)}', true, 'ok', 750 from generate_series(0, 19) i`,
    `insert into event_envelope (tenant_id, source, id, type, subject, time, data)
     select 'shop', '/ci', i::text, 'deploy', 'service-' || 1 + i % 100, ${bucket} i * interval '4 minutes', '{"version": "1.2.3"}' from generate_series(1, 10000) i`,
    `insert into etl_schedule (job, tenant_id, align, delay, initial_lookback, max_batch) values ('oo-agg', 'shop', '1 minute', '2 minutes', '1 hour', 60)`,
    `insert into etl_job_run (job, tenant_id, window_from, window_to, status, finished_at)
     select 'oo-agg', 'shop', ${bucket} m * interval '1 minute', ${bucket} (m + 1) * interval '1 minute', 'success', ${bucket} (m + 3) * interval '1 minute'
     from generate_series(0, ${minutes - 1}) m`,
    `insert into etl_backfill (tenant_id, job, window_from, window_to, mode, status) select 'shop', 'oo-agg', '${formatTime(START)}', '${formatTime(END)}', 'none', 'success' from generate_series(1, 20)`,
    `insert into kb_doc (tenant_id, doc_id, uri, title, content_hash, language, chunks)
     select 'shop', i, 'https://docs.example.com/' || i, 'Handbook ' || i, i::text, 'english', 10 from generate_series(1, 100) i`,
    `insert into kb_chunk (tenant_id, doc_id, chunk, content, language, headings)
     select 'shop', 1 + i / 10, i % 10, 'An order of customer ' || i || ' may be late when service-' || i % 100 || ' waits for its queue. ' || repeat('Look at the charts first. ', 20),
       'english', jsonb_build_array('Handbook ' || 1 + i / 10, 'Step ' || i % 10) from generate_series(0, 999) i`,
    `insert into kb_doc_resource select 'shop', i, 1 + i % 100, 'name', 1 from generate_series(1, 100) i`,
    `insert into evidence_link (tenant_id, link_id, subject_kind, subject_id, evidence_kind, evidence_ref)
     select 'shop', i, 'pattern', 'f' || 1 + i % ${PATTERNS}, 'document', (1 + i % 100)::text from generate_series(1, 1000) i`,
    'analyze',
  ];
  for (const statement of statements) await db.query(statement);
  const job = createRollUpJob({ tenantId: monthTenant, db, aggregations: [], clock: () => performance.now() });
  await job.prepare([{ from: END - HOUR, to: END }], new AbortController().signal);
  await db.query('analyze');
}
