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
  const found = await db.query<{ place: number; point: number; lines: number }>(
    `select w.place::int as place, c.point, c.lines
     from (
       select c.resource_id, coalesce(p.alias_of, c.fingerprint) as fingerprint, sum(${measured})::float8 as lines,
         floor(extract(epoch from c.bucket - $4::timestamptz) / $6)::int as point
       from log_pattern_5m c left join log_pattern p using (tenant_id, fingerprint)
       where c.tenant_id = $1 and c.bucket >= $4::timestamptz and c.bucket < $5::timestamptz
       group by 1, 2, 4
     ) c
     join dim_resource r on r.tenant_id = $1 and r.resource_id = c.resource_id
     join unnest($2::text[], $3::text[]) with ordinality as w (urn, fingerprint, place) on w.urn = r.urn and w.fingerprint = c.fingerprint`,
    [
      ...[tenantId, rows.map(({ resource }) => resource), rows.map(({ fingerprint }) => fingerprint)],
      ...[formatTime(from), formatTime(from + count * step), step / SECOND],
    ],
  );
  const points = rows.map(() => Array.from({ length: count }, () => 0));
  for (const { place, point, lines } of found) points[place - 1]?.splice(point, 1, lines);
  return points;
}
