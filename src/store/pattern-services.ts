import { MINUTE } from '../core/time.ts';
import { floorTo, type Window } from '../core/window.ts';
import { binder } from './bind.ts';
import type { Queryable } from './db.ts';
import { patternRows } from './pattern-rows.ts';
import { planSpans } from './spans.ts';

const BUCKET = 5 * MINUTE;

/** What the log lines of one service come to. */
export interface PatternService {
  readonly service: string;
  /** URN. */
  readonly resource: string;
  readonly patterns: number;
  readonly lines: number;
  /** Lines among them of severity error or worse. */
  readonly errors: number;
}

/** Services with lines in a range, widened to whole buckets of five minutes: most errors first, then most lines, then by URN. */
export async function listPatternServices(db: Queryable, tenantId: string, range: Window, limit: number): Promise<PatternService[]> {
  const params: unknown[] = [tenantId, limit];
  const bind = binder(params);
  const whole = { from: floorTo(range.from, BUCKET), to: floorTo(range.to + BUCKET - 1, BUCKET) };
  const spans = await planSpans(db, tenantId, 'log_pattern_5m', whole);
  const rows = spans.map((span) => patternRows(span, bind, 'resource_id, fingerprint, count_total, count_error')).join(' union all ');
  return db.query<PatternService>(
    // Grouped by numbers first and named at the end; sums of bigint are numeric, which are slow, and counts are exact as float8.
    `with mask as (
       select resource_id, fingerprint, sum(count_total::float8) as lines, sum(count_error::float8) as errors from (${rows}) r
       group by 1, 2
     ), pattern as (
       select m.resource_id, coalesce(p.alias_of, m.fingerprint) as fingerprint, sum(m.lines) as lines, sum(m.errors) as errors
       from mask m left join log_pattern p on p.tenant_id = $1 and p.fingerprint = m.fingerprint group by 1, 2
     ), service as (
       select resource_id, count(*)::int as patterns, sum(lines) as lines, sum(errors) as errors from pattern group by 1
     )
     select r.name as service, r.urn as resource, s.patterns, s.lines, s.errors
     from service s join dim_resource r on r.tenant_id = $1 and r.resource_id = s.resource_id
     order by s.errors desc, s.lines desc, r.urn limit $2`,
    params,
  );
}
