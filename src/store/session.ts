import { AsyncLocalStorage } from 'node:async_hooks';
import { ObserveBridgeError } from '../core/error.ts';
import { parserOf, toText } from './column-values.ts';
import { type CopyChunk, encodeCopyRows } from './copy-text.ts';
import { toDatabaseError } from './database-error.ts';
import type { Tx } from './db.ts';
import { quoteName } from './quote-name.ts';

/** A result as the wire carries it: text cells beside the object ids of their types. */
export interface TextResult {
  readonly command: string;
  readonly columns: readonly { readonly name: string; readonly type: number }[];
  readonly rows: readonly (readonly (string | null)[])[];
}

/** One database session, as a driver offers it; rejects with the driver's own errors. Calls run in the order in which they were made. */
export interface Session {
  /** Server or directory, for messages. */
  readonly server: string;
  execute(sql: string, params: readonly (string | null)[]): Promise<TextResult>;
  /** Runs statements separated by semicolons. */
  script(sql: string): Promise<void>;
  /** Runs a COPY in text format, taking chunks only as fast as the server does. */
  copy(table: string, columns: readonly string[], chunks: Iterable<CopyChunk>): Promise<void>;
}

interface Scope {
  readonly db: object;
  open: boolean;
}

const currentTransaction = new AsyncLocalStorage<Scope>();

/** Throws `OB_INTERNAL` when called from inside a transaction of the same database, where waiting for it could never end. */
export function assertOutsideTransaction(db: object): void {
  const scope = currentTransaction.getStore();
  if (scope?.open && scope.db === db) {
    throw new ObserveBridgeError('OB_INTERNAL', 'database', 'The database was used inside its own transaction without the transaction.');
  }
}

/** Runs one statement and maps its rows; errors are ours. */
export async function queryRows<Row extends object>(session: Session, sql: string, params: readonly unknown[] = []): Promise<Row[]> {
  const result = await ours(session, () => session.execute(sql, params.map(toText)));
  const columns = result.columns.map(({ name, type }) => ({ name, parse: parserOf(type) }));
  return result.rows.map((cells) => {
    const row: Record<string, unknown> = {};
    columns.forEach(({ name, parse }, index) => {
      const cell = cells[index];
      row[name] = cell === null || cell === undefined ? null : parse(cell);
    });
    return row as Row;
  });
}

/** Runs `work` between `begin` and `commit` on a session that nobody else uses meanwhile. */
export async function runTransaction<R>(db: object, session: Session, work: (tx: Tx) => Promise<R>): Promise<R> {
  const scope: Scope = { db, open: true };
  const tx = openTx(session, scope);
  await ours(session, () => session.execute('begin', []));
  try {
    const result = await currentTransaction.run(scope, () => work(tx));
    scope.open = false;
    const { command } = await ours(session, () => session.execute('commit', []));
    if (command === 'ROLLBACK') {
      throw new ObserveBridgeError(
        'OB_DATABASE_FAILED',
        'database',
        'The transaction was rolled back because one of its statements failed.',
      );
    }
    return result;
  } catch (error) {
    scope.open = false;
    // The first error is the one to tell; a connection that cannot roll back is gone, and the server rolls back by itself.
    await session.execute('rollback', []).catch(() => undefined);
    throw error;
  }
}

function openTx(session: Session, scope: Scope): Tx {
  const assertOpen = () => {
    if (!scope.open) throw new ObserveBridgeError('OB_INTERNAL', 'database', 'A transaction was used after its end.');
  };
  return {
    async query(sql, params) {
      assertOpen();
      return queryRows(session, sql, params);
    },
    async script(sql) {
      assertOpen();
      await ours(session, () => session.script(sql));
    },
    async copy(table, columns, rows) {
      assertOpen();
      let count = 0;
      let failure: { error: unknown } | undefined;
      const chunks = function* (): Generator<CopyChunk> {
        try {
          for (const chunk of encodeCopyRows(rows)) {
            count += chunk.rows;
            yield chunk;
          }
        } catch (error) {
          failure = { error };
          throw error;
        }
      };
      try {
        await session.copy(quoteName(table), columns.map(quoteName), chunks());
      } catch (error) {
        throw failure ? failure.error : toDatabaseError(error, session.server);
      }
      return count;
    },
  };
}

async function ours<R>(session: Session, call: () => Promise<R>): Promise<R> {
  try {
    return await call();
  } catch (error) {
    throw toDatabaseError(error, session.server);
  }
}
