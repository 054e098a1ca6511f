import { formatTime, type Micros } from '../core/time.ts';
import type { Window } from '../core/window.ts';
import type { Queryable, Tx } from './db.ts';
import { replaceRows } from './replace-rows.ts';

/** The packed rows of one minute. */
export interface PackedMinute {
  readonly minute: Micros;
  readonly rowCount: number;
  readonly rows: Uint8Array;
}

/** The packed minutes of an aggregation whose start lies in the window, in order. */
export async function listPackedMinutes(db: Queryable, tenantId: string, aggregation: string, window: Window): Promise<PackedMinute[]> {
  const rows = await db.query<{ minute: bigint; row_count: number; rows: Uint8Array }>(
    `select (extract(epoch from bucket) * 1000000)::bigint as minute, row_count, rows from aggregation_partial_1m
     where tenant_id = $1 and aggregation = $2 and bucket >= $3 and bucket < $4 order by bucket`,
    [tenantId, aggregation, formatTime(window.from), formatTime(window.to)],
  );
  return rows.map((row) => ({ minute: Number(row.minute), rowCount: row.row_count, rows: row.rows }));
}

/** Makes the packed minutes of a window equal to the given ones. */
export async function replacePackedMinutes(
  tx: Tx,
  tenantId: string,
  aggregation: string,
  window: Window,
  minutes: readonly PackedMinute[],
): Promise<void> {
  await replaceRows(
    tx,
    {
      table: 'aggregation_partial_1m',
      columns: ['tenant_id', 'aggregation', 'bucket', 'row_count', 'rows'],
      key: ['tenant_id', 'aggregation', 'bucket'],
    },
    [
      { column: 'tenant_id', equals: tenantId },
      { column: 'aggregation', equals: aggregation },
      { column: 'bucket', from: formatTime(window.from), to: formatTime(window.to) },
    ],
    minutes.map(({ minute, rowCount, rows }) => [tenantId, aggregation, formatTime(minute), rowCount, rows]),
  );
}
