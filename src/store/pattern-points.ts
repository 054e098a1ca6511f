import { rank, type Severity } from '../core/severity.ts';
import { DAY, formatTime, MINUTE, type Micros, SECOND } from '../core/time.ts';
import type { Queryable } from './db.ts';
import type { PatternRow } from './pattern-list.ts';

const BUCKET = 5 * MINUTE;

/** Equal steps of time, each a multiple of five minutes. */
export interface Steps {
  readonly from: Micros;
  readonly step: Micros;
  readonly count: number;
}

/**
 * Steps that end where the range does: at most twelve lie in it, and before them as many as the baseline of the list reaches back, but no more than
 * thirty-six.
 */
export function toSteps({ from, to }: { readonly from: Micros; readonly to: Micros }): Steps {
  const step = Math.max(1, Math.ceil((to - from) / (12 * BUCKET))) * BUCKET;
  const end = Math.ceil(to / BUCKET) * BUCKET;
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
  const measured = severity !== undefined && rank(severity) >= rank('error') ? 'c.count_error' : 'c.count_total';
  const found = await db.query<{ resource: string; fingerprint: string; places: number[]; lines: number[] }>(
    `select r.urn as resource, coalesce(p.alias_of, c.fingerprint) as fingerprint, c.places, c.lines
     from (
       select resource_id, fingerprint, array_agg(place) as places, array_agg(lines) as lines
       from (
         select c.resource_id, c.fingerprint, floor(extract(epoch from c.bucket - $3::timestamptz) / $5)::int as place, sum(${measured})::float8 as lines
         from log_pattern_5m c
         where c.tenant_id = $1 and c.bucket >= $3::timestamptz and c.bucket < $4::timestamptz
           and c.resource_id = any(array(select resource_id from dim_resource where tenant_id = $1 and urn = any($2::text[])))
         group by 1, 2, 3
       ) counted
       group by 1, 2
     ) c
     join dim_resource r on r.tenant_id = $1 and r.resource_id = c.resource_id
     left join log_pattern p on p.tenant_id = $1 and p.fingerprint = c.fingerprint`,
    [
      ...[tenantId, [...new Set(rows.map(({ resource }) => resource))]],
      ...[formatTime(from), formatTime(from + count * step), step / SECOND],
    ],
  );
  const points = new Map(rows.map(({ resource, fingerprint }) => [`${fingerprint} ${resource}`, Array.from({ length: count }, () => 0)]));
  for (const { resource, fingerprint, places, lines } of found) {
    const counted = points.get(`${fingerprint} ${resource}`);
    if (counted) for (const [index, place] of places.entries()) counted[place] = (counted[place] ?? 0) + (lines[index] ?? 0);
  }
  return [...points.values()];
}
