import { rank, type Severity } from '../core/severity.ts';
import { DAY, formatTime, HOUR, MINUTE, parseTime } from '../core/time.ts';
import { floorTo, type Window } from '../core/window.ts';
import type { Queryable } from './db.ts';
import { severityRank, severityScale } from './severity-scale.ts';

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
export function listPatterns(db: Queryable, filter: PatternFilter): Promise<PatternRow[]> {
  const from = floorTo(filter.range.from, BUCKET);
  const to = floorTo(filter.range.to + BUCKET - 1, BUCKET);
  const measured = 'case when $7::int >= 5 then c.count_error else c.count_total end';
  const counts = `c.tenant_id = $1
    and ($6::text is null or c.resource_id in (select resource_id from dim_resource where tenant_id = $1 and (name = $6 or urn = $6)))`;
  return db.query<PatternRow>(
    `with baseline as materialized (
       select count(*)::float8 as buckets, $5::float8 / nullif(count(*), 0) as share
       from generate_series($4::timestamptz, $2::timestamptz - interval '5 minutes', interval '5 minutes') as b (bucket)
       where exists (select from log_pattern_5m c where c.tenant_id = $1 and c.bucket = b.bucket)
     ),
     -- Sums of bigint are numeric, which are slow; counts are exact as float8.
     masks as (
       select c.resource_id, c.fingerprint, sum(c.count_total::float8) as lines, sum(c.count_error::float8) as errors, 0::float8 as before,
         max(${severityRank('c.severity')}) as severity, max(c.bucket) filter (where ${measured} > 0) as newest
       from log_pattern_5m c where ${counts} and c.bucket >= $2::timestamptz and c.bucket < $3::timestamptz group by 1, 2
       union all
       select c.resource_id, c.fingerprint, 0, 0, sum((${measured})::float8), null, null
       from log_pattern_5m c where ${counts} and c.bucket >= $4::timestamptz and c.bucket < $2::timestamptz group by 1, 2
     ),
     counted as (
       select m.resource_id, coalesce(p.alias_of, m.fingerprint) as fingerprint, sum(m.lines) as lines, sum(m.errors) as errors,
         sum(case when $7::int >= 5 then m.errors else m.lines end) as measured, sum(m.before) as before, max(m.severity) as severity,
         max(m.newest) as newest
       from masks m left join log_pattern p on p.tenant_id = $1 and p.fingerprint = m.fingerprint group by 1, 2
     ),
     judged as (
       select c.*, b.buckets, round((c.measured / nullif(c.before * b.share, 0))::numeric, 2)::float8 as ratio,
         case when p.first_seen >= $2::timestamptz then 'new'
           when c.measured >= $10::float8 and c.measured >= $11::float8 * c.before * b.share
             and 2 * (sqrt(c.measured + 0.375) - sqrt((c.before + 0.375) * b.share)) >= $12::float8 * sqrt(1 + b.share) then 'surging'
           else 'steady' end as trend,
         p.template, p.first_seen, p.last_seen, p.sample
       from counted c cross join baseline b join log_pattern p on p.tenant_id = $1 and p.fingerprint = c.fingerprint
       where c.measured > 0 and ($7::int is null or c.severity >= $7)
         and ($14::text is null or position(lower($14) in lower(p.template)) > 0)
     ),
     listed as (
       select s.name as service, s.urn as resource, j.* from judged j join dim_resource s on s.tenant_id = $1 and s.resource_id = j.resource_id
       where $8::text[] is null or j.trend = any($8::text[])
       order by array_position($9::text[], j.trend), j.measured desc, s.urn, j.fingerprint limit $13
     )
     select l.service, l.resource, l.fingerprint, l.template, l.trend, (${severityScale})[l.severity] as severity, l.lines, l.errors, l.ratio,
       5 * l.buckets as baseline_minutes, l.first_seen, l.last_seen, l.sample,
       e.stream as evidence_stream, e.query as evidence_query, e.url as evidence_url
     from listed l left join lateral (
       select o.stream, o.query, o.url
       from log_pattern_5m c left join log_pattern p using (tenant_id, fingerprint)
         join oo_locator o on o.tenant_id = $1 and o.locator_id = c.sample_ref
       where c.tenant_id = $1 and c.bucket = l.newest and c.resource_id = l.resource_id and coalesce(p.alias_of, c.fingerprint) = l.fingerprint
         and ${measured} > 0
       order by o.exemplar_timestamp desc nulls last, o.locator_id limit 1
     ) e on true
     order by array_position($9::text[], l.trend), l.measured desc, l.resource, l.fingerprint`,
    [
      ...[filter.tenantId, formatTime(from), formatTime(to), formatTime(from - Math.max(DAY, to - from)), (to - from) / BUCKET],
      ...[filter.service ?? null, filter.severity === undefined ? null : rank(filter.severity), filter.trends ?? null, trends],
      ...[SURGE_LINES, SURGE_RATIO, SURGE_DEVIATIONS, filter.limit, filter.text ?? null],
    ],
  );
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
