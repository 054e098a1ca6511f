import { hasAge, withAgCatalog } from './age.ts';
import type { GraphReader, GraphTx } from './graph-db.ts';

interface GraphDb extends GraphReader {
  transaction<Result>(work: (tx: GraphTx) => Promise<Result>): Promise<Result>;
}

/** Runs a statement; one that calls `cypher()` finds the names of AGE, which other statements of the session do not. */
export async function queryWithCypher<Row extends object>(db: GraphDb, sql: string): Promise<Row[]> {
  if (!/\bcypher\s*\(/i.test(sql) || !(await hasAge(db))) return db.query<Row>(sql);
  return db.transaction((tx) => withAgCatalog(tx, () => tx.query<Row>(sql)));
}
