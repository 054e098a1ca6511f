import type { Queryable } from './db.ts';
import { quoteName } from './quote-name.ts';

/** A table that an aggregation fills, as its contract describes it. */
export interface AggregateTable {
  readonly name: string;
  readonly grain: string;
  readonly columns: readonly { readonly name: string; readonly type: string; readonly key: boolean }[];
}

const SQL_TYPES: Readonly<Record<string, string>> = {
  timestamp: 'timestamptz',
  bigint: 'bigint',
  double: 'double precision',
  text: 'text',
  severity: 'text',
};

/** Creates the tables of aggregations that no migration knows; existing ones stay as they are. */
export async function ensureAggregateTables(db: Queryable, tables: readonly AggregateTable[]): Promise<void> {
  const known = await db.query<{ name: string }>(
    `select c.relname as name from pg_class c where c.relkind in ('r', 'p') and pg_table_is_visible(c.oid)`,
  );
  const names = new Set(known.map((row) => row.name));
  for (const table of tables) {
    if (names.has(table.name)) continue;
    const columns = table.columns.map(
      (column) => `${quoteName(column.name)} ${SQL_TYPES[column.type] ?? 'text'}${column.key ? ' not null' : ''}`,
    );
    const key = table.columns.filter((column) => column.key).map((column) => quoteName(column.name));
    await db.query(
      `create table if not exists ${quoteName(table.name)} (tenant_id text not null, ${columns.join(', ')}, primary key (tenant_id, ${key.join(', ')}))`,
    );
    await db.query(`comment on table ${quoteName(table.name)} is '${table.grain.replaceAll("'", "''")}'`);
    await db.query('select admit_reader($1::text::regclass)', [quoteName(table.name)]);
  }
}
