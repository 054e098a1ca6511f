/** A value that can be bound to a statement. */
export type SqlValue = string | number | bigint | boolean | null;

/**
 * The analytical engine as sources see it: a private database that lives as long as one read.
 * Statements run one after another; `run` and `rows` reject with the engine's own error. What a source creates here is read from other
 * connections of the same engine, so it must not be temporary.
 */
export interface SqlSession {
  /** Runs one or more statements without a result. */
  run(sql: string, params?: Record<string, SqlValue>): Promise<void>;
  /** Runs a query; 64-bit integers come as bigint, maps and lists as plain values. */
  rows<Row extends object>(sql: string, params?: Record<string, SqlValue>): Promise<Row[]>;
  /** A directory for files that may go when the session is disposed. */
  readonly directory: string;
}
