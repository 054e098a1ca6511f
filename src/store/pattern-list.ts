import { rank, type Severity } from '../core/severity.ts';
import { DAY, formatTime, HOUR, MINUTE, parseTime } from '../core/time.ts';
import { floorTo, type Window } from '../core/window.ts';
import { type Bind, binder } from './bind.ts';
import type { Queryable } from './db.ts';
import { patternRows } from './pattern-rows.ts';
import { severityRank, severityScale } from './severity-scale.ts';
import { planSpans, type Span } from './spans.ts';

const BUCKET = 5 * MINUTE;

/** How a pattern of a service goes in a range of time, in the order of lists. */
export const trends = ['new', 'surging', 'steady'] as const;
export type Trend = (typeof trends)[number];

/** Fewer lines than this are no surge. */
const SURGE_LINES = 10;
/** A surge is at least so many times the rate of the baseline. */
const SURGE_RATIO = 3;
/** And so many standard deviations away from chance: of 30 000 patterns whose rate has not changed, one is taken for a surge. */
const SURGE_DEVIATIONS = 4;

/** A pattern in the lines of one service; times are ISO 8601 UTC. */
export interface PatternRow {
  readonly service: string;
  readonly resource: string;
  readonly fingerprint: string;
  readonly template: string;
  readonly trend: Trend;
  /** Worst level of the lines in the range; null when none has a level. */
  readonly severity: Severity | null;
  readonly lines: number;
  /** Lines among them of severity error or worse. */
  readonly errors: number;
  /** The rate in the range over the rate of the baseline, of errors where errors were asked for, else of lines; null when the baseline has none. */
  readonly ratio: number | null;
  /** Minutes of the baseline in which the tenant has lines at all. */
  readonly baseline_minutes: number;
  /** Of the pattern in all services. */
  readonly first_seen: string;
  readonly last_seen: string;
  readonly sample: string | null;
  /** Where the newest of the lines is in OpenObserve: the exact query, and the address of its web interface when that is known. */
  readonly evidence_stream: string | null;
  readonly evidence_query: string | null;
  readonly evidence_url: string | null;
}

/** Which patterns; what is absent does not restrict. */
export interface PatternFilter {
  readonly tenantId: string;
  /** Widened to whole buckets of five minutes. */
  readonly range: Window;
  /** Name or URN. */
  readonly service?: string | undefined;
  /** Only patterns with lines in the range that are at least so severe. From error upwards errors are what is counted and compared. */
  readonly severity?: Severity | undefined;
  readonly trends?: readonly Trend[] | undefined;
  /** Part of the template, in any case. */
  readonly text?: string | undefined;
  readonly limit: number;
}

/**
 * Patterns per service in a range: new ones, then surging ones, then the rest, each by falling count. Lines count for the pattern that their own
 * mask belongs to by now. New is what no line had before the range, in any service. Surging is what has at least 10 lines, 3 times the mean rate of
 * the baseline, and more than chance gives: twice the difference of the square roots of both counts (Anscombe's transform, which makes the deviation
 * of Poisson counts 1) is at least 4 standard deviations. The baseline is the day before the range, or as long as the range if that is longer; only
 * its buckets in which the tenant has lines count, so that a gap in reading is no silence.
 */
export async function listPatterns(db: Queryable, filter: PatternFilter): Promise<PatternRow[]> {
  const from = floorTo(filter.range.from, BUCKET);
  const to = floorTo(filter.range.to + BUCKET - 1, BUCKET);
  const table = 'log_pattern_5m';
  const before = await planSpans(db, filter.tenantId, table, { from: from - Math.max(DAY, to - from), to: from });
  const spans = await planSpans(db, filter.tenantId, table, { from, to });
  const least = filter.severity === undefined ? null : rank(filter.severity);
  const params: unknown[] = [
    ...[filter.tenantId, formatTime(from), (to - from) / BUCKET, filter.service ?? null, least],
    ...[filter.trends?.map((trend) => trends.indexOf(trend)) ?? null, filter.limit, filter.text ?? null],
    before.reduce((sum, { buckets = 0 }) => sum + buckets, 0),
  ];
  const bind = binder(params);
  const isOfErrors = least !== null && least >= rank('error');
  const measured = isOfErrors ? 'count_error' : 'count_total';
  const newest = isOfErrors ? 'last_error_bucket' : 'last_bucket';
  // Sums of bigint are numeric, which are slow; counts are exact as float8.
  const rows = [
    ...spans.map((span) =>
      patternRows(
        span,
        bind,
        `resource_id, fingerprint, count_total::float8 as lines, count_error::float8 as errors, 0::float8 as before, ${severityRank('severity')} as severity, ${newest} as newest`,
      ),
    ),
    ...before.map((span) => patternRows(span, bind, `resource_id, fingerprint, 0, 0, ${measured}::float8, null, null`)),
  ];
  const found = await db.query<Omit<PatternRow, 'trend'> & { trend: number }>(
    `with baseline as materialized (
       select buckets, $3::float8 / nullif(buckets, 0) as share from (select $9::float8 + ${before.map((span) => countBuckets(span, bind)).join(' + ')} as buckets) b),
     masks as (
       select resource_id, fingerprint, sum(lines) as lines, sum(errors) as errors, sum(before) as before, max(severity) as severity, max(newest) as newest
       from (${rows.join(' union all ')}) r
       where $4::text is null or resource_id in (select resource_id from dim_resource where tenant_id = $1 and (name = $4 or urn = $4))
       group by 1, 2),
     counted as (
       select m.resource_id, coalesce(p.alias_of, m.fingerprint) as fingerprint, sum(m.lines) as lines, sum(m.errors) as errors,
         sum(m.${isOfErrors ? 'errors' : 'lines'}) as measured, sum(m.before) as before, max(m.severity) as severity, max(m.newest) as newest
       from masks m left join log_pattern p on p.tenant_id = $1 and p.fingerprint = m.fingerprint group by 1, 2),
     judged as (
       select c.*, b.buckets, b.share, p.template, p.first_seen, p.last_seen, p.sample,
         case when p.first_seen >= $2::timestamptz then 0
           when c.measured >= ${SURGE_LINES} and c.measured >= ${SURGE_RATIO} * c.before * b.share
             and 2 * (sqrt(c.measured + 0.375) - sqrt((c.before + 0.375) * b.share)) >= ${SURGE_DEVIATIONS} * sqrt(1 + b.share) then 1
           else 2 end as trend
       from counted c cross join baseline b join log_pattern p on p.tenant_id = $1 and p.fingerprint = c.fingerprint
       where c.measured > 0 and ($5::int is null or c.severity >= $5)
         and ($8::text is null or position(lower($8) in lower(p.template)) > 0)),
     listed as materialized (
       select * from judged where $6::int[] is null or trend = any($6::int[]) order by trend, measured desc, resource_id, fingerprint limit $7)
     select r.name as service, r.urn as resource, l.fingerprint, l.template, l.trend, (${severityScale})[l.severity] as severity, l.lines, l.errors,
       round((l.measured / nullif(l.before * l.share, 0))::numeric, 2)::float8 as ratio, 5 * l.buckets as baseline_minutes, l.first_seen, l.last_seen,
       l.sample, e.stream as evidence_stream, e.query as evidence_query, e.url as evidence_url
     from listed l cross join lateral (select name, urn from dim_resource where tenant_id = $1 and resource_id = l.resource_id limit 1) r left join lateral (
       select o.stream, o.query, o.url
       from ${table} c left join log_pattern p using (tenant_id, fingerprint) join oo_locator o on o.tenant_id = $1 and o.locator_id = c.sample_ref
       where c.tenant_id = $1 and c.bucket = l.newest and c.resource_id = l.resource_id and coalesce(p.alias_of, c.fingerprint) = l.fingerprint
         and c.${measured} > 0
       order by o.exemplar_timestamp desc nulls last, o.locator_id limit 1
     ) e on true
     order by l.trend, l.measured desc, l.resource_id, l.fingerprint`,
    params,
  );
  return found.map((row) => ({ ...row, trend: trends[row.trend] ?? 'steady' }));
}

/** The number of five minutes of a span in which the tenant has lines, where no sums know it. */
function countBuckets({ hours, from, to }: Span, bind: Bind): string {
  if (hours !== 0) return '0';
  return `(select count(*) from generate_series(${bind(formatTime(from))}::timestamptz, ${bind(formatTime(to))}::timestamptz - interval '5 minutes',
    interval '5 minutes') as b (bucket) where exists (select from log_pattern_5m c where c.tenant_id = $1 and c.bucket = b.bucket))`;
}

/** The hour that ends with the newest bucket in which the tenant has lines; undefined when there is none. */
export async function findNewestHour(db: Queryable, tenantId: string): Promise<Window | undefined> {
  const [row] = await db.query<{ bucket: string | null }>('select max(bucket) as bucket from log_pattern_5m where tenant_id = $1', [
    tenantId,
  ]);
  const bucket = parseTime(row?.bucket ?? '');
  return bucket === undefined ? undefined : { from: bucket + BUCKET - HOUR, to: bucket + BUCKET };
}

/** The pattern that counts the lines of a mask, over all services; times are ISO 8601 UTC. */
export interface KnownPattern {
  readonly fingerprint: string;
  readonly template: string;
  /** Counts from 1 how often the mask went over to another pattern. */
  readonly version: number;
  readonly severity: Severity | null;
  /** Service of the earliest line. */
  readonly service: string | null;
  readonly first_seen: string;
  readonly last_seen: string;
}

/** The pattern of a mask: the general one where the mask has been absorbed; undefined when the tenant has no such line. */
export async function findPattern(db: Queryable, tenantId: string, fingerprint: string): Promise<KnownPattern | undefined> {
  const [pattern] = await db.query<KnownPattern>(
    `select p.fingerprint, p.template, m.version, p.severity, p.service, p.first_seen, p.last_seen
     from log_pattern m join log_pattern p on p.tenant_id = m.tenant_id and p.fingerprint = coalesce(m.alias_of, m.fingerprint)
     where m.tenant_id = $1 and m.fingerprint = $2`,
    [tenantId, fingerprint],
  );
  return pattern;
}
