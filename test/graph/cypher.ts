import { withAgCatalog } from '../../src/graph/age.ts';
import type { Db } from '../../src/store/db.ts';

/** Rows of a Cypher query over the graph `ops` with parsed values; `columns` are the names of what it returns. */
export async function cypher(db: Db, query: string, columns: readonly string[]): Promise<Record<string, unknown>[]> {
  const list = columns.map((column) => `${column} agtype`).join(', ');
  const rows = await db.transaction((tx) =>
    withAgCatalog(tx, () => tx.query<Record<string, string | null>>(`select * from cypher('ops', $$ ${query} $$) as (${list})`)),
  );
  return rows.map((row) =>
    Object.fromEntries(
      Object.entries(row).map(([column, text]) => [column, text === null ? null : JSON.parse(text.replace(/::(vertex|edge|path)/g, ''))]),
    ),
  );
}
