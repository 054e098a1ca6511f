import { formatTime } from '../core/time.ts';
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

/** Finds where a table has rows around a range that may have none; `resourceId` asks for rows of one resource, calls from or to it. */
export async function findNearestRows(
  db: Queryable,
  query: { readonly tenantId: string; readonly table: BucketTable; readonly range: Window; readonly resourceId?: bigint | undefined },
): Promise<NearestRows> {
  const { tenantId, table, range, resourceId } = query;
  const ends = table === 'service_call_5m' ? ['src_resource_id', 'dst_resource_id'] : ['resource_id'];
  const ofResource = resourceId === undefined ? '' : `and $4::bigint in (${ends.join(', ')})`;
  const from = `from ${table} where tenant_id = $1 ${ofResource}`;
  const [row] = await db.query<NearestRows>(
    `select exists (select ${from} and bucket >= $2::timestamptz and bucket < $3::timestamptz) as within,
       (select bucket ${from} and bucket < $2::timestamptz order by bucket desc limit 1) as before,
       (select bucket ${from} and bucket >= $3::timestamptz order by bucket limit 1) as after`,
    [tenantId, formatTime(range.from), formatTime(range.to), ...(resourceId === undefined ? [] : [resourceId])],
  );
  return row ?? { within: false, before: null, after: null };
}
