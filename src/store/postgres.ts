import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import pg from 'pg';
import { from as copyFrom } from 'pg-copy-streams';
import { ObserveBridgeError } from '../core/error.ts';
import { hashHex } from '../core/hash.ts';
import { toDatabaseError, toServerReport } from './database-error.ts';
import type { Db } from './db.ts';
import { createSerial } from './serial.ts';
import { assertOutsideTransaction, queryRows, runTransaction, type Session } from './session.ts';

const OLDEST_VERSION = 15;
const CONNECTIONS = 10;
/** Characters from which on a statement is planned once per connection. */
const PLANNED_ONCE = 2_000;
const CONNECT_TIMEOUT_MS = 10_000;
// A role or database may have other defaults; values are parsed in these formats. A process that is frozen inside a transaction would keep its
// locks for ever, also the one that all claims wait for.
const SESSION_SETTINGS = `set timezone = 'UTC'; set datestyle = 'ISO'; set bytea_output = 'hex'; set extra_float_digits = 1;
  set idle_in_transaction_session_timeout = '60s'`;

interface Address {
  readonly server: string;
  readonly user: string | undefined;
  readonly database: string | undefined;
}

/**
 * Connects to a PostgreSQL server. Rejects with `OB_DATABASE_UNREACHABLE`, `OB_DATABASE_AUTH`, `OB_DATABASE_FAILED` (no such database) or
 * `OB_DATABASE_UNSUPPORTED` (older than 15); messages name host, port, user and database, never the password.
 */
export async function openPostgres(url: string): Promise<Db> {
  const address = parseAddress(url);
  const pool = new pg.Pool({
    connectionString: url,
    max: CONNECTIONS,
    connectionTimeoutMillis: CONNECT_TIMEOUT_MS,
    application_name: 'observebridge',
    onConnect: (client) => client.query(SESSION_SETTINGS),
  });
  // The pool replaces an idle connection that breaks; without a listener the event would end the process.
  pool.on('error', () => undefined);
  try {
    return await toDb(pool, address);
  } catch (error) {
    await pool.end();
    throw error;
  }
}

async function toDb(pool: pg.Pool, address: Address): Promise<Db> {
  const useSession = async <R>(work: (session: Session) => Promise<R>): Promise<R> => {
    const client = await pool.connect().catch((error: unknown) => {
      throw toConnectError(error, address);
    });
    const ignore = () => undefined;
    // A connection that breaks between two statements reports it by an event; the next statement rejects.
    client.on('error', ignore);
    try {
      return await work(toSession(client, address.server));
    } finally {
      client.off('error', ignore);
      client.release(client.getTransactionStatus() !== 'I');
    }
  };
  const [row] = await useSession((session) =>
    queryRows<{ number: string }>(session, `select current_setting('server_version_num') as number`),
  );
  const version = Math.floor(Number(row?.number) / 10_000);
  if (version < OLDEST_VERSION) {
    throw new ObserveBridgeError('OB_DATABASE_UNSUPPORTED', 'database', `The server ${address.server} runs PostgreSQL ${version}.`);
  }
  let closing: Promise<void> | undefined;
  const db: Db = {
    kind: 'postgres',
    version,
    async query(sql, params) {
      assertOutsideTransaction(db);
      return useSession((session) => queryRows(session, sql, params));
    },
    async transaction(work) {
      assertOutsideTransaction(db);
      return useSession((session) => runTransaction(db, session, work));
    },
    async [Symbol.asyncDispose]() {
      closing ??= pool.end();
      await closing;
    },
  };
  return db;
}

function toSession(client: pg.PoolClient, server: string): Session {
  const inOrder = createSerial();
  return {
    server,
    execute: (sql, params) =>
      inOrder(async () => {
        // Without `extended` a statement without parameters would accept several statements, which the embedded database refuses.
        const query = { text: sql, values: [...params], rowMode: 'array', queryMode: 'extended', types: asText } as const;
        // Planning a long statement takes longer than running it; under a name its plan is kept. One without parameters may be an agent's, and
        // never come again.
        const named = sql.length < PLANNED_ONCE || params.length === 0 ? query : { ...query, name: hashHex(sql) };
        const result = await client.query<(string | null)[]>(named);
        return {
          command: result.command,
          columns: result.fields.map((field) => ({ name: field.name, type: field.dataTypeID })),
          rows: result.rows,
        };
      }),
    script: (sql) =>
      inOrder(async () => {
        await client.query(sql);
      }),
    copy: (table, columns, chunks) =>
      inOrder(async () => {
        const bytes = chunks[Symbol.iterator]();
        const stream = client.query(copyFrom(`copy ${table} (${columns.join(', ')}) from stdin`));
        await pipeline(
          Readable.from(
            (function* () {
              for (let next = bytes.next(); !next.done; next = bytes.next()) yield next.value.bytes;
            })(),
          ),
          stream,
        );
      }),
  };
}

const asText = { getTypeParser: () => (text: string) => text };

function parseAddress(url: string): Address {
  try {
    const { host, port, user, database } = new pg.Client({ connectionString: url });
    return { server: `${host}:${port}`, user, database };
  } catch {
    throw new ObserveBridgeError('OB_CONFIG_INVALID', 'config', '`database.url` is not a valid PostgreSQL address.');
  }
}

function toConnectError(error: unknown, { server, user, database }: Address): ObserveBridgeError {
  const code = toServerReport(error).code ?? '';
  if (code.startsWith('28') || String(error).includes('password must be a string')) {
    return new ObserveBridgeError('OB_DATABASE_AUTH', 'database', `The server ${server} refused the user ${user} or its password.`);
  }
  if (code === '3D000') {
    return new ObserveBridgeError('OB_DATABASE_FAILED', 'database', `The server ${server} has no database named ${database}.`);
  }
  return toDatabaseError(error, server);
}
