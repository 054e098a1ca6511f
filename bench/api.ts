import { createServer } from '../src/api/server.ts';
import { DAY, formatTime, HOUR, MINUTE, parseTime } from '../src/core/time.ts';
import type { Db } from '../src/store/db.ts';
import { migrate } from '../src/store/migrate.ts';
import { openDatabase } from '../src/store/open-database.ts';
import { createMetrics } from '../src/telemetry/metrics.ts';

const RESOURCES = 10_000;
const CALL_ROWS = 1_000_000;
const METRIC_ROWS = 1_000_000;
const PATTERN_ROWS = 500_000;
const PATTERNS = 2_000;
const DAYS = 30;
const BUCKETS = DAYS * 288;
const ROUNDS = 20;
const BAR_MS = 100;
const END = parseTime('2026-03-31T00:00:00Z') ?? 0;
const START = END - DAYS * DAY;

/** How long every kind of question of the console takes over a month in the embedded database. */
export async function benchApi(): Promise<string[]> {
  await using db = await openDatabase('pglite:memory');
  const started = performance.now();
  await migrate(db);
  await fillMonth(db);
  const fillSeconds = Math.round((performance.now() - started) / 1000);
  const silent = () => undefined;
  const logger = { debug: silent, info: silent, warn: silent, error: silent, child: () => logger };
  const server = await createServer({
    ...{ db, version: 'bench', logger, metrics: createMetrics(), now: () => END, wake: silent, open: true },
    config: { host: '127.0.0.1', port: 0, body_limit_kb: 64, request_timeout: '30s', ready_lag: '1h' },
    schedules: () => undefined,
    tenants: async () => ['shop'],
  });
  await server.ready();
  const figures: { name: string; p95: number }[] = [];
  for (const [name, toUrl] of Object.entries(questions)) {
    const times: number[] = [];
    for (let round = 0; round < ROUNDS; round++) {
      const url = toUrl(round);
      const begun = performance.now();
      const { statusCode, body } = await server.inject(url);
      times.push(performance.now() - begun);
      if (statusCode !== 200) throw new Error(`${url} answers ${statusCode}: ${body.slice(0, 300)}`);
    }
    figures.push({ name, p95: Math.round(times.toSorted((a, b) => a - b)[Math.ceil(ROUNDS * 0.95) - 1] ?? 0) });
  }
  await server.close();
  figures.sort((a, b) => b.p95 - a.p95);
  const late = figures.filter(({ p95 }) => p95 >= BAR_MS).length;
  return [
    `api over a month, embedded: ${RESOURCES} resources, ${CALL_ROWS} call rows, ${METRIC_ROWS} metric rows, ${PATTERN_ROWS} pattern rows, filled in ${fillSeconds} s`,
    `api p95 of ${ROUNDS} requests: ${figures.length - late} of ${figures.length} questions below ${BAR_MS} ms; ${figures.map(({ name, p95 }) => `${name} ${p95}`).join(', ')} ms`,
  ];
}

const service = (round: number): string => `urn:k8s:svc:shop/service-${1 + ((round * 37) % 100)}`;
const ask = (path: string, query: Readonly<Record<string, string | number>> = {}): string =>
  `/api/v1/${path}?${new URLSearchParams({ tenant_id: 'shop', ...Object.fromEntries(Object.entries(query).map(([name, value]) => [name, String(value)])) })}`;
const last = (length: number) => ({ from: formatTime(END - length), to: formatTime(END) });
const at = (round: number) => formatTime(START + (round + 1) * DAY);

/** What the pages ask, by name; no request is the same as the one before. */
const questions: Readonly<Record<string, (round: number) => string>> = {
  resources: (round) => ask('resources', { limit: 100 + round }),
  'resources by text': (round) => ask('resources', { q: `vice-${round}` }),
  resource: (round) => ask(`resources/${encodeURIComponent(service(round))}`),
  metrics: (round) => ask('metrics', { resource: service(round % 4) }),
  'metric of an hour': (round) => ask('metrics/series', { resource: 'service-1', metric: `metric_${1 + (round % 6)}` }),
  'metric of a month': (round) => ask('metrics/series', { resource: 'service-1', metric: `metric_${1 + (round % 6)}`, ...last(30 * DAY) }),
  'calls of an hour': (round) => ask('calls', { ...last(HOUR), limit: 1000 + round }),
  'calls of a day': (round) => ask('calls', { ...last(DAY), limit: 1000 + round }),
  'calls of a resource in a month': (round) => ask('calls', { ...last(30 * DAY), resource: service(round) }),
  'series of an edge in a month': (round) => ask('calls/series', { ...last(30 * DAY), src: service(round), dst: service(round + 1) }),
  'series of a resource in a month': (round) => ask('calls/series', { ...last(30 * DAY), dst: service(round) }),
  'series of all calls in a day': (round) => ask('calls/series', { ...last(DAY), step_seconds: 300 * (1 + round) }),
  'patterns of an hour': (round) => ask('patterns', { ...last(HOUR), limit: 100 + round }),
  'patterns of a service': (round) => ask('patterns', { ...last(HOUR), service: service(round) }),
  pattern: (round) => ask(`patterns/f${1 + round}`),
  'pattern in a month': (round) => ask(`patterns/f${1 + round}`, last(30 * DAY)),
  neighbours: (round) => ask('graph/neighbours', { resource: service(round), hops: 3, edges: 'all', at: at(round) }),
  paths: (round) => ask('graph/paths', { src: service(round), dst: service(round + 5), at: at(round) }),
  'blast radius': (round) => ask('graph/blast-radius', { resource: service(round), at: at(round) }),
  moved: (round) => ask('graph/moved', { from: formatTime(END - HOUR - round * HOUR), to: formatTime(END - round * HOUR) }),
  topology: (round) => ask('topology', { at: at(round), limit: 1000 }),
  'topology of a resource': (round) => ask('topology', { at: at(round), resource: service(round) }),
  'topology believed then': (round) => ask('topology', { at: at(round), as_believed_at: at(round + 2), limit: 1000 }),
  'topology diff': (round) => ask('topology/diff', { from: at(round), to: at(round + 1), limit: 1000 }),
  drift: (round) => ask('topology/drift', { from: formatTime(END - HOUR - round * HOUR), to: formatTime(END - round * HOUR) }),
  'moments of change': () => ask('topology/moments'),
  scopes: () => ask('topology/scopes'),
  changes: (round) => ask('changes', { from: formatTime(END - (round + 1) * HOUR), to: formatTime(END - round * HOUR) }),
  'changes near a resource': (round) =>
    ask('changes', { resource: service(round), hops: 2, from: formatTime(END - (round + 1) * HOUR), to: formatTime(END - round * HOUR) }),
  locator: (round) => ask(`locators/${1 + round}`),
  events: (round) => ask('events', { limit: 100 + round }),
  runs: (round) => `/api/v1/runs?limit=${100 + round}`,
  windows: (round) => `/api/v1/windows?${new URLSearchParams({ ...last(DAY), limit: String(1440 + round) })}`,
  jobs: () => '/api/v1/jobs',
  circuits: () => '/api/v1/circuits',
  tenants: () => '/api/v1/tenants',
};

/** The first hundred services call each other in turns; six services have a month of metrics. */
async function fillMonth(db: Db): Promise<void> {
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
     select 'shop', ${bucket} b * interval '5 minutes', 1 + (b + l * 13) % 100, 'f' || 1 + (b * 7 + l * 31) % ${PATTERNS}, 50, 2, 'info', 1 + l
     from generate_series(0, ${BUCKETS - 1}) b, generate_series(0, ${linesPerBucket - 1}) l`,
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
    'analyze',
  ];
  for (const statement of statements) await db.query(statement);
}
