import { DAY, formatTime, HOUR, MINUTE, type Micros } from '../src/core/time.ts';
import type { Db } from '../src/store/db.ts';

/** What there is to ask about in a tenant; `edges` call each other, `metrics` are pairs of a URN and a name. */
export interface Subject {
  readonly tenantId: string;
  readonly from: Micros;
  readonly to: Micros;
  readonly edges: readonly { readonly src: string; readonly dst: string }[];
  readonly metrics: readonly { readonly resource: string; readonly metric: string }[];
  readonly patterns: readonly string[];
  readonly locators: readonly string[];
  readonly documents: readonly string[];
  readonly runs: readonly string[];
}

/** Takes the subject of a tenant out of the database: at most a hundred of each kind. */
export async function findSubject(db: Db, tenantId: string, { from, to }: { from: Micros; to: Micros }): Promise<Subject> {
  const list = async (sql: string) => (await db.query<{ value: string }>(sql, [tenantId])).map(({ value }) => value);
  const urn = (id: string) => `(select urn from dim_resource r where r.tenant_id = $1 and r.resource_id = ${id})`;
  return {
    ...{ tenantId, from, to },
    edges: await db.query(
      `select ${urn('src')} as src, ${urn('dst')} as dst from (select distinct src_resource_id as src, dst_resource_id as dst from service_call_5m
         where tenant_id = $1 and bucket > (select max(bucket) from service_call_5m where tenant_id = $1) - interval '30 minutes') e order by hashint8(dst), src limit 100`,
      [tenantId],
    ),
    metrics: await db.query(
      `select ${urn('id')} as resource, metric from (select distinct resource_id as id, metric from metric_1m
         where tenant_id = $1 and bucket = (select max(bucket) from metric_1m where tenant_id = $1)) m order by hashtext(metric), id limit 100`,
      [tenantId],
    ),
    patterns: await list(
      'select fingerprint as value from log_pattern where tenant_id = $1 and alias_of is null order by hashtext(fingerprint) limit 100',
    ),
    locators: await list('select locator_id::text as value from oo_locator where tenant_id = $1 order by locator_id limit 100'),
    documents: await list('select doc_id::text as value from kb_doc where tenant_id = $1 order by doc_id limit 100'),
    runs: await list('select id::text as value from etl_job_run where tenant_id = $1 order by id limit 100'),
  };
}

/** A request of a page: its path and its query, which names the tenant unless it says otherwise. */
export type Ask = readonly [path: string, query?: Readonly<Record<string, string | number | boolean | undefined>>];

/** What the pages of the console ask, by page, beside the stream of changes and raw lines, which the source answers; and what agents ask. */
export function toQuestions(subject: Subject): Readonly<Record<string, (round: number) => Ask | undefined>> {
  const { from, to } = subject;
  const pick = <T>(list: readonly T[], round: number): T | undefined => list[(round * 37) % Math.max(1, list.length)];
  const of =
    <T>(list: readonly T[], ask: (one: T, round: number) => Ask) =>
    (round: number): Ask | undefined => {
      const one = pick(list, round);
      return one === undefined ? undefined : ask(one, round);
    };
  const last = (length: number) => ({ from: formatTime(to - length), to: formatTime(to) });
  // Every round looks at another part of the time that has data.
  const ago = (length: number, round: number) => {
    const end = to - Math.max(0, to - from - length) * (round / 40);
    return { from: formatTime(end - length), to: formatTime(end) };
  };
  const at = (round: number) => formatTime(to - ((to - from) * (round + 1)) / 40);
  const { edges, metrics } = subject;
  const anywhere = { tenant_id: undefined };
  return {
    'overview: jobs': () => ['jobs', { limit: 1000 }],
    'overview: circuits': () => ['circuits', { ...anywhere, limit: 1000 }],
    'overview: tenants': () => ['tenants', { ...anywhere, limit: 1000 }],
    'overview: dead runs': () => ['runs', { status: 'dead', limit: 200 }],
    'overview: throughput': () => ['runs', { job: 'oo-agg', status: 'success', limit: 1000 }],
    'overview: error patterns that changed': () => ['patterns', { trend: 'changed', severity: 'error', limit: 6 }],
    'overview: changes': () => ['changes', { limit: 100 }],
    'runs: windows of an hour': (round) => ['windows', { ...ago(HOUR, round), limit: 10_000 }],
    'runs: windows of a day': (round) => ['windows', { ...ago(DAY, round), limit: 10_000 }],
    'runs: windows of a week': (round) => ['windows', { ...ago(7 * DAY, round), limit: 10_000 }],
    'runs: list': (round) => ['runs', { ...ago(DAY, round), limit: 25 }],
    'runs: backfills': () => ['backfills', { ...anywhere, limit: 100 }],
    run: of(subject.runs, (id) => [`runs/${id}`, anywhere]),
    'map: an hour': (round) => ['calls', { ...ago(HOUR, round), limit: 10_000 }],
    'map: a day': (round) => ['calls', { ...ago(DAY, round), limit: 10_000 }],
    'map: a week': (round) => ['calls', { ...ago(7 * DAY, round), limit: 10_000 }],
    'map: newest call': () => ['calls', { limit: 1 }],
    'topology: scopes': () => ['topology/scopes', { limit: 1000 }],
    'topology: moments': () => ['topology/moments', { limit: 1000 }],
    'topology: at a time': (round) => ['topology', { at: at(round), limit: 1000 }],
    'topology: of a resource': of(edges, ({ src }, round) => ['topology', { at: at(round), resource: src, limit: 1000 }]),
    'topology: believed then': (round) => ['topology', { at: at(round), as_believed_at: at(round - 2), limit: 1000 }],
    'topology: difference': (round) => ['topology/diff', { from: at(round + 1), to: at(round), limit: 1000 }],
    'topology: drift of a day': (round) => ['topology/drift', { ...ago(DAY, round), limit: 1000 }],
    'topology: drift of an hour': (round) => ['topology/drift', { ...ago(HOUR, round), limit: 1000 }],
    'topology: names': () => ['resources', { limit: 1000 }],
    'patterns: an hour by service': (round) => ['patterns/services', { ...ago(HOUR, round), limit: 1000 }],
    'patterns: an hour, changed': (round) => ['patterns', { ...ago(HOUR, round), trend: 'changed', points: true, limit: 25 }],
    'patterns: an hour, errors': (round) => ['patterns', { ...ago(HOUR, round), severity: 'error', points: true, limit: 25 }],
    'patterns: a day by service': (round) => ['patterns/services', { ...ago(DAY, round), limit: 1000 }],
    'patterns: a day, changed': (round) => ['patterns', { ...ago(DAY, round), trend: 'changed', points: true, limit: 25 }],
    'patterns: a day, errors': (round) => ['patterns', { ...ago(DAY, round), severity: 'error', points: true, limit: 25 }],
    'patterns: a week by service': (round) => ['patterns/services', { ...ago(7 * DAY, round), limit: 1000 }],
    'patterns: a week, changed': (round) => ['patterns', { ...ago(7 * DAY, round), trend: 'changed', points: true, limit: 25 }],
    'patterns: by text': (round) => ['patterns', { ...ago(HOUR, round), q: `ended ${round}`, points: true, limit: 50 }],
    'patterns: of a service': of(edges, ({ src }, round) => ['patterns', { ...ago(HOUR, round), service: src, points: true, limit: 100 }]),
    'patterns: newest': () => ['patterns/services', { limit: 1 }],
    'patterns: services': () => ['resources', { kind: 'service', limit: 1000 }],
    pattern: of(subject.patterns, (fingerprint) => [`patterns/${fingerprint}`]),
    'pattern: a week': of(subject.patterns, (fingerprint, round) => [`patterns/${fingerprint}`, ago(7 * DAY, round)]),
    'pattern: a month': of(subject.patterns, (fingerprint) => [`patterns/${fingerprint}`, last(30 * DAY)]),
    'pattern: evidence links': of(subject.patterns, (id) => ['evidence-links', { subject_kind: 'pattern', subject_id: id, limit: 50 }]),
    'evidence: locator': of(subject.locators, (id) => [`locators/${id}`]),
    'resources: most active': (round) => ['resources', { order: 'activity', limit: 100 + round }],
    'resources: most active by text': of(edges, ({ dst }) => ['resources', { q: dst.slice(-6), order: 'activity', limit: 100 }]),
    'resources: by text': of(edges, ({ dst }, round) => ['resources', { q: dst.slice(-6 - (round % 4)), limit: 8 }]),
    'resource: page': of(edges, ({ src }) => [`resources/${encodeURIComponent(src)}`]),
    'resource: calls of an hour': of(edges, ({ dst }, round) => ['calls', { ...ago(HOUR, round), resource: dst, limit: 500 }]),
    'resource: calls of a week': of(edges, ({ dst }, round) => ['calls', { ...ago(7 * DAY, round), resource: dst, limit: 500 }]),
    'resource: calls of a month': of(edges, ({ src }) => ['calls', { ...last(30 * DAY), resource: src, limit: 500 }]),
    'resource: callers over a week': of(edges, ({ dst }, round) => ['calls/series', { ...ago(7 * DAY, round), dst }]),
    'resource: callees over a month': of(edges, ({ src }) => ['calls/series', { ...last(30 * DAY), src }]),
    'resource: metrics of an hour': of(metrics, ({ resource }, round) => [
      'metrics',
      { resource, points: true, ...ago(HOUR, round), limit: 6 },
    ]),
    'resource: metrics of a week': of(metrics, ({ resource }, round) => [
      'metrics',
      { resource, points: true, ...ago(7 * DAY, round), limit: 6 },
    ]),
    'resource: metrics of a month': of(metrics, ({ resource }) => ['metrics', { resource, points: true, ...last(30 * DAY), limit: 6 }]),
    'resource: changes of an hour': of(edges, ({ dst }, round) => ['changes', { ...ago(HOUR, round), resource: dst, hops: 1, limit: 300 }]),
    'resource: changes of a week': of(edges, ({ dst }, round) => [
      'changes',
      { ...ago(7 * DAY, round), resource: dst, hops: 1, limit: 300 },
    ]),
    'knowledge: list': () => ['knowledge', { limit: 50 }],
    'knowledge: about a resource': of(edges, ({ src }) => ['knowledge', { resource: src, limit: 50 }]),
    'knowledge: search': (round) => ['knowledge/search', { q: `why is the order of customer ${round} late`, limit: 10 }],
    'knowledge: document': of(subject.documents, (id) => [`knowledge/${id}`, { limit: 200 }]),
    'agents: metrics of a resource': of(metrics, ({ resource }) => ['metrics', { resource }]),
    'agents: metric of a month': of(metrics, (metric) => ['metrics/series', { ...metric, ...last(30 * DAY) }]),
    'agents: an edge over a month': of(edges, (edge) => ['calls/series', { ...last(30 * DAY), ...edge }]),
    'agents: all calls of a day': (round) => ['calls/series', { ...ago(DAY, round), step_seconds: 300 * (1 + round) }],
    'agents: changes': (round) => ['changes', ago(HOUR, round)],
    'agents: events': (round) => ['events', { limit: 100 + round }],
    'agents: neighbours': of(edges, ({ src }, round) => ['graph/neighbours', { resource: src, hops: 3, edges: 'all', at: at(round) }]),
    'agents: paths': of(edges, ({ src, dst }, round) => ['graph/paths', { src, dst, at: at(round) }]),
    'agents: blast radius': of(edges, ({ dst }, round) => ['graph/blast-radius', { resource: dst, at: at(round) }]),
    'agents: moved': (round) => ['graph/moved', ago(30 * MINUTE, round)],
  };
}
