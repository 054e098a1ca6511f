import type { Micros } from '../core/time.ts';
import type { Queryable } from './db.ts';
import { quoteName } from './quote-name.ts';

/** The first and last bucket in which a value stands in a column of an aggregate table; values that stand nowhere are absent. */
export async function listSeenBuckets<Value>(
  db: Queryable,
  { table, column, type }: { table: string; column: string; type: 'bigint' | 'text' },
  tenantId: string,
  values: readonly Value[],
): Promise<{ value: Value; first: Micros; last: Micros }[]> {
  const rows = await db.query<{ value: Value; first: bigint; last: bigint }>(
    `select ${quoteName(column)} as value, (extract(epoch from min(bucket)) * 1000000)::bigint as first, (extract(epoch from max(bucket)) * 1000000)::bigint as last
     from ${quoteName(table)} where tenant_id = $1 and ${quoteName(column)} = any($2::${type}[]) group by 1`,
    [tenantId, values],
  );
  return rows.map((row) => ({ value: row.value, first: Number(row.first), last: Number(row.last) }));
}
