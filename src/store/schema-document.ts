import type { Queryable } from './db.ts';

/** A column that agents may read; `unit` is null where the type says it all. */
export interface DescribedColumn {
  readonly name: string;
  readonly type: string;
  readonly unit: string | null;
  readonly sentence: string | null;
}

/** A table that agents may read; `sentence` tells its grain, `key` the columns that identify a row. */
export interface DescribedTable {
  readonly name: string;
  readonly sentence: string | null;
  readonly key: readonly string[];
  readonly columns: readonly DescribedColumn[];
}

/** The tables that agents may read, by name, out of the comments of a migrated database; tables of own aggregations have no sentences on columns. */
export async function describeSchema(db: Queryable): Promise<DescribedTable[]> {
  const rows = await db.query<{ table: string; grain: string | null; key: string[]; name: string; type: string; comment: string | null }>(
    `select c.relname::text as table, obj_description(c.oid, 'pg_class') as grain,
       coalesce((select array_agg(k.attname::text order by array_position(i.indkey::int2[], k.attnum)) from pg_index i
         join pg_attribute k on k.attrelid = c.oid and k.attnum = any(i.indkey) where i.indrelid = c.oid and i.indisprimary), '{}') as key,
       a.attname::text as name, format_type(a.atttypid, a.atttypmod) as type, col_description(c.oid, a.attnum) as comment
     from pg_policy p join pg_class c on c.oid = p.polrelid join pg_attribute a on a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped
     where p.polname = 'everybody' and c.relnamespace = current_schema()::regnamespace
     order by c.relname collate "C", a.attnum`,
  );
  const tables = new Map<string, DescribedTable & { columns: DescribedColumn[] }>();
  for (const { table, grain, key, name, type, comment } of rows) {
    const known = tables.get(table) ?? { name: table, sentence: grain, key, columns: [] };
    tables.set(table, known);
    const [, sentence = null, unit = null] = /^(.*?)(?: \[([^\]]+)\])?$/s.exec(comment ?? '') ?? [];
    known.columns.push({ name, type, unit, sentence: comment === null ? null : sentence });
  }
  return [...tables.values()];
}

/** The tables as Markdown. */
export function formatSchema(tables: readonly DescribedTable[]): string {
  const cell = (text: string | null): string => (text ?? '').replaceAll('|', '\\|').replaceAll('<', '&lt;');
  const lines = [
    '# Schema',
    '',
    'The tables that SQL of agents may read (`observebridge sql --tenant`, `POST /api/v1/sql`, MCP), each with the rows of one tenant. Times are',
    'UTC; a `resource_id` is joined with `dim_resource`, a `sample_ref` with `oo_locator`. `npm run docs` writes this file from the migrations.',
  ];
  for (const { name, sentence, key, columns } of tables) {
    lines.push('', `## ${name}`, '', cell(sentence), '', `Key: ${key.map((column) => `\`${column}\``).join(', ')}`, '');
    lines.push('| column | type | unit | meaning |', '|---|---|---|---|');
    for (const column of columns) lines.push(`| \`${column.name}\` | ${column.type} | ${cell(column.unit)} | ${cell(column.sentence)} |`);
  }
  return `${lines.join('\n')}\n`;
}
