/** Where questions are asked: a database or a transaction, with `$1` placeholders; int8 is bigint, timestamptz is UTC text. */
export interface GraphReader {
  query<Row extends object>(sql: string, params?: readonly unknown[]): Promise<Row[]>;
}

/** One open transaction. */
export interface GraphTx extends GraphReader {
  copy(table: string, columns: readonly string[], rows: Iterable<readonly unknown[]>): Promise<number>;
  script(sql: string): Promise<void>;
}
