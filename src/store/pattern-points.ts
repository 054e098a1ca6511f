import { rank, type Severity } from '../core/severity.ts';
import { DAY, formatTime, HOUR, MINUTE, type Micros, SECOND } from '../core/time.ts';
import { binder } from './bind.ts';
import type { Queryable } from './db.ts';
import type { PatternRow } from './pattern-list.ts';
import { patternRows } from './pattern-rows.ts';
import { planSpans } from './spans.ts';

const BUCKET = 5 * MINUTE;

/** Equal steps of time, each a multiple of five minutes. */
export interface Steps {
  readonly from: Micros;
  readonly step: Micros;
  readonly count: number;
}

/**
 * Steps that end where the range does, long ones at the end of that hour, so that they hold whole hours: at most twelve lie in it, and before them
 * as many as the baseline of the list reaches back, but no more than thirty-six.
 */
export function toSteps({ from, to }: { readonly from: Micros; readonly to: Micros }): Steps {
  const least = Math.max(1, Math.ceil((to - from) / (12 * BUCKET))) * BUCKET;
  const unit = least > 6 * HOUR ? HOUR : BUCKET;
  const step = Math.ceil(least / unit) * unit;
  const end = Math.ceil(to / unit) * unit;
  const count = 12 + Math.min(36, Math.ceil(Math.max(DAY, to - from) / step));
  return { from: end - count * step, step, count };
}

/**
 * Lines of each pattern of a service in each of the steps, in the order of the rows; errors instead of lines where the severity that was asked for
 * is error or worse, as in the list.
 */
export async function countPatternPoints(
  db: Queryable,
  tenantId: string,
  rows: readonly Pick<PatternRow, 'resource' | 'fingerprint'>[],
  { from, step, count }: Steps,
  severity?: Severity,
): Promise<number[][]> {
  if (rows.length === 0) return [];
  const measured = severity !== undefined && rank(severity) >= rank('error') ? 'count_error' : 'count_total';
  const params: unknown[] = [
    tenantId,
    rows.map(({ resource }) => resource),
    rows.map(({ fingerprint }) => fingerprint),
    formatTime(from),
    step / SECOND,
  ];
  const bind = binder(params);
  const spans = await planSpans(db, tenantId, 'log_pattern_5m', { from, to: from + count * step }, step % HOUR === 0 ? HOUR : step);
  const counted = spans.map((span) =>
    patternRows(
      span,
      bind,
      `bucket, resource_id, fingerprint, ${measured} as lines`,
      'and fingerprint = any(array(select distinct fingerprint from asked))',
    ),
  );
  const found = await db.query<{ row: number; places: number[]; lines: number[] }>(
    `with asked as materialized (
       select a.row, r.resource_id, m.fingerprint from unnest($2::text[], $3::text[]) with ordinality as a (urn, fingerprint, row)
       join dim_resource r on r.tenant_id = $1 and r.urn = a.urn
       cross join lateral (
         select a.fingerprint union select p.fingerprint from log_pattern p where p.tenant_id = $1 and p.alias_of = a.fingerprint) m)
     select (s.row - 1)::int as row, array_agg((extract(epoch from s.time - $4::timestamptz) / $5)::int) as places, array_agg(s.lines) as lines
     from (
       select a.row, date_bin(make_interval(secs => $5::float8), c.bucket, $4::timestamptz) as time, sum(c.lines::float8) as lines
       from asked a join (${counted.join(' union all ')}) c on c.fingerprint = a.fingerprint and c.resource_id = a.resource_id
       group by 1, 2
     ) s
     group by 1`,
    params,
  );
  const points = rows.map(() => Array.from({ length: count }, () => 0));
  for (const { row, places, lines } of found) for (const [index, place] of places.entries()) (points[row] ?? [])[place] = lines[index] ?? 0;
  return points;
}
