import { DAY, formatTime } from '../core/time.ts';
import type { Window } from '../core/window.ts';
import type { Queryable } from './db.ts';

/** Tables whose rows have a bucket. */
export type BucketTable = 'service_call_5m' | 'log_pattern_5m' | 'metric_1m';

/** Whether a range has rows, and the buckets with rows that are nearest to it on both sides, ISO 8601 UTC; null where there are none. */
export interface NearestRows {
  readonly within: boolean;
  readonly before: string | null;
  readonly after: string | null;
}

/** Rows that are further away from a range are not looked for: rows of one resource may be few among many. */
export const REACH_DAYS = 30;

/**
 * Finds where a table has rows around a range that may have none, at most 30 days away; `resourceId` asks for rows of one resource, calls from or
 * to it.
 */
export async function findNearestRows(
  db: Queryable,
  query: { readonly tenantId: string; readonly table: BucketTable; readonly range: Window; readonly resourceId?: bigint | undefined },
): Promise<NearestRows> {
  const { tenantId, table, range, resourceId } = query;
  const ends = table === 'service_call_5m' ? ['src_resource_id', 'dst_resource_id'] : ['resource_id'];
  // Each end has an index of its own.
  const wanted = resourceId === undefined ? [''] : ends.map((end) => `and ${end} = $6::bigint`);
  const each = (select: (rows: string) => string): string =>
    wanted.map((end) => select(`from ${table} where tenant_id = $1 ${end}`)).join(', ');
  const exists = (rows: string): string => `exists (select ${rows} and bucket >= $2::timestamptz and bucket < $3::timestamptz)`;
  const last = (rows: string): string =>
    `(select bucket ${rows} and bucket < $2::timestamptz and bucket >= $4::timestamptz order by bucket desc limit 1)`;
  const first = (rows: string): string =>
    `(select bucket ${rows} and bucket >= $3::timestamptz and bucket < $5::timestamptz order by bucket limit 1)`;
  const reach = { from: range.from - REACH_DAYS * DAY, to: range.to + REACH_DAYS * DAY };
  const [row] = await db.query<NearestRows>(
    `select greatest(${each(exists)}) as within, greatest(${each(last)}) as before, least(${each(first)}) as after`,
    [
      ...[tenantId, formatTime(range.from), formatTime(range.to), formatTime(reach.from), formatTime(reach.to)],
      ...(resourceId === undefined ? [] : [resourceId]),
    ],
  );
  return row ?? { within: false, before: null, after: null };
}

/** The first and the last bucket of a table that the tenant has rows of, ISO 8601 UTC; undefined when there are none. */
export async function findKeptRange(
  db: Queryable,
  tenantId: string,
  table: BucketTable,
): Promise<{ readonly first: string; readonly last: string } | undefined> {
  const end = (order: 'asc' | 'desc'): string =>
    `(select bucket from ${table} where tenant_id = $1 order by tenant_id ${order}, bucket ${order} limit 1)`;
  const [row] = await db.query<{ first: string | null; last: string | null }>(`select ${end('asc')} as first, ${end('desc')} as last`, [
    tenantId,
  ]);
  return row?.first && row.last ? { first: row.first, last: row.last } : undefined;
}
