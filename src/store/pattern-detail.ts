import { DAY, MINUTE, type Micros, parseTime, SECOND } from '../core/time.ts';
import type { Window } from '../core/window.ts';
import { binder } from './bind.ts';
import type { Queryable } from './db.ts';
import { patternRows } from './pattern-rows.ts';
import { planSpans } from './spans.ts';

/** A mask whose lines a pattern counts, itself included where lines have its very template. */
export interface PatternMember {
  readonly fingerprint: string;
  readonly template: string;
  readonly sample: string | null;
}

/** The masks of a pattern, earliest first. */
export function listPatternMembers(db: Queryable, tenantId: string, fingerprint: string): Promise<PatternMember[]> {
  return db.query(
    `select fingerprint, template, sample from log_pattern
     where tenant_id = $1 and mask and (fingerprint = $2 or alias_of = $2) order by first_seen, fingerprint`,
    [tenantId, fingerprint],
  );
}

/** The day that ends with the newest five minutes that count any of the masks; undefined when none do. */
export async function findNewestDay(db: Queryable, tenantId: string, fingerprints: readonly string[]): Promise<Window | undefined> {
  const [row] = await db.query<{ bucket: string | null }>(
    'select max(bucket) as bucket from log_pattern_5m where tenant_id = $1 and fingerprint = any($2::text[])',
    [tenantId, fingerprints],
  );
  const bucket = parseTime(row?.bucket ?? '');
  return bucket === undefined ? undefined : { from: bucket + 5 * MINUTE - DAY, to: bucket + 5 * MINUTE };
}

/** Lines of a point of time. */
export interface LinePoint {
  readonly time: string;
  readonly lines: number;
  readonly errors: number;
}

/** Lines of a service. */
export interface ServiceLines {
  readonly service: string;
  readonly resource: string;
  readonly lines: number;
  readonly errors: number;
}

const sums = 'sum(count_total::float8) as lines, sum(count_error::float8) as errors';

/** The rows of the masks in a range, and their placeholders' values behind `first`. */
async function readRows(
  db: Queryable,
  [tenantId, fingerprints, ...others]: readonly [tenantId: string, fingerprints: readonly string[], ...others: unknown[]],
  range: Window,
  grid?: Micros,
): Promise<{ readonly rows: string; readonly params: unknown[] }> {
  const params: unknown[] = [tenantId, fingerprints, ...others];
  const bind = binder(params);
  const spans = await planSpans(db, tenantId, 'log_pattern_5m', range, grid);
  const rows = spans.map((span) =>
    patternRows(span, bind, 'bucket, resource_id, count_total, count_error', 'and fingerprint = any($2::text[])'),
  );
  return { rows: `(${rows.join(' union all ')}) r`, params };
}

/** Lines of the masks in a range, as points of `step` that begin at its multiples; points without lines are absent. */
export async function listLinePoints(
  db: Queryable,
  tenantId: string,
  fingerprints: readonly string[],
  range: Window,
  step: Micros,
): Promise<LinePoint[]> {
  const { rows, params } = await readRows(db, [tenantId, fingerprints, step / SECOND], range, step);
  return db.query(
    `select date_bin(make_interval(secs => $3::float8), bucket, 'epoch') as time, ${sums} from ${rows} group by 1 order by 1`,
    params,
  );
}

/** Services whose lines the masks count in a range, most lines first. */
export async function listLineServices(
  db: Queryable,
  tenantId: string,
  fingerprints: readonly string[],
  range: Window,
  limit: number,
): Promise<ServiceLines[]> {
  const { rows, params } = await readRows(db, [tenantId, fingerprints, limit], range);
  return db.query(
    `select coalesce(r.name, 'unknown') as service, coalesce(r.urn, 'urn:unknown:' || s.resource_id) as resource, s.lines, s.errors
     from (select resource_id, ${sums} from ${rows} group by 1) s left join dim_resource r on r.tenant_id = $1 and r.resource_id = s.resource_id
     order by s.lines desc, resource limit $3`,
    params,
  );
}
