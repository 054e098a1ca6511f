/**
 * A place to run statements with `$1` placeholders. Both drivers map values alike: int2/int4 and floats are numbers (NaN and infinities too),
 * int8 is bigint, numeric is the nearest number (bigint for large whole ones), uuid is a string, timestamptz is UTC text as `formatTime` writes it (µs kept), tstzrange is the server's text,
 * json is the parsed value, bytea is Uint8Array, arrays of these are arrays. Parameters go the same way back; JSON goes in as text.
 * Rejects with `OB_DATABASE_FAILED` when the server refuses the statement (`sqlState` tells why) and `OB_DATABASE_UNREACHABLE` when it is gone.
 */
export interface Queryable {
  query<Row extends object>(sql: string, params?: readonly unknown[]): Promise<Row[]>;
}

/** One open transaction; its statements run one after another. Using it after its end rejects with `OB_INTERNAL`. */
export interface Tx extends Queryable {
  /** Streams rows into a table in bounded memory and returns their number. Values are taken as by parameters. */
  copy(table: string, columns: readonly string[], rows: Iterable<readonly unknown[]>): Promise<number>;
  /** Runs several statements separated by semicolons, without parameters or results. */
  script(sql: string): Promise<void>;
}

/** A database whose sessions live in UTC. Dispose closes every connection, worker and lock; it may be called twice. */
export interface Db extends Queryable, AsyncDisposable {
  readonly kind: 'pglite' | 'postgres';
  /** Major version of the PostgreSQL inside. */
  readonly version: number;
  /**
   * Commits when `work` resolves; otherwise rolls back and rethrows its error. Other callers' statements wait or run beside it, never inside.
   * Inside `work` only `tx` may be used: a call to the same `Db` from there rejects with `OB_INTERNAL` instead of waiting for itself.
   * `limitMs` is for statements that this program did not write: an embedded database in a directory, which cannot interrupt itself, is ended
   * and opened again when they take longer, and the call rejects with the SQLSTATE of a canceled statement. A server has its own timeouts.
   */
  transaction<R>(work: (tx: Tx) => Promise<R>, options?: { readonly limitMs?: number }): Promise<R>;
}
