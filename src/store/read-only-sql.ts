import { ObserveBridgeError } from '../core/error.ts';
import { isNestedDeeper } from '../core/nesting.ts';
import { createTurns, type Turns } from '../core/turns.ts';
import { isConnectionLost, sqlState, toServerReport } from './database-error.ts';
import type { Db, Tx } from './db.ts';
import { type AnswerColumn, inspectStatement } from './inspect-statement.ts';
import { becomeReader, ensureReader, readInTransaction } from './reader.ts';

/** A statement of an agent and its bounds; `maxBytes` counts the rows as JSON text. */
export interface ReadRequest {
  readonly tenantId: string;
  readonly text: string;
  readonly timeoutMs: number;
  readonly maxRows: number;
  readonly maxBytes: number;
}

/** Rows by column name, with values as `Queryable` gives them. `truncated` tells that there were more. */
export interface ReadAnswer {
  readonly columns: readonly AnswerColumn[];
  readonly rows: readonly Readonly<Record<string, unknown>>[];
  readonly truncated: boolean;
  readonly elapsed_ms: number;
}

/** A query that is inspected and run, or only planned. */
interface Query {
  readonly sql: string;
  readonly isPlan?: boolean;
  /** Schemas behind the one of the tables. */
  readonly schemas?: readonly string[];
  /** Called in the transaction before the inspection. */
  readonly prepare?: (tx: Tx) => Promise<void>;
}

const FIRST_WORD = /^(?:\s|--[^\n]*(?:\n|$)|\/\*[\s\S]*?\*\/|\()*([a-z]*)/i;
const READING = ['select', 'with', 'values', 'table', 'explain'];
const FIRST_BATCH = 8;
const LARGEST_BATCH = 100;
/** How deep a value may be nested: reading it and writing it again take stack for every level. */
const LEVELS = 100;
/** Longer ones can nest an expression as deep as the embedded database has no stack for: at 9 000 levels it hangs, 6 000 it answers. */
export const MOST_CHARACTERS = 10_000;
/** Statements of agents that run at once, and that wait: more would keep the other work from the embedded session or from the connections. */
const RUNNING = { pglite: 1, postgres: 4 } as const;
const WAITING = 16;
/** How much longer than its timeout a statement may take until the embedded database is ended for it. */
const GRACE_MS = 1000;
const TOO_WIDE = 'the row is too wide';

/**
 * Runs one reading statement (`select`, `with`, `values`, `table`, or `explain` without options) that sees only the rows of one tenant, in a
 * read-only transaction under a role of its own. Column names must differ. Rejects with `OB_SQL_FAILED` in the database's words,
 * `OB_SQL_TIMEOUT`, `OB_SQL_REFUSED` (not a reading statement, a function or table that is not open, a row beyond `maxBytes`),
 * `OB_API_BUSY` (too many wait already) or `OB_READER_MISSING`. The embedded database looks at the time between rows; one in a directory is started again when a single row takes longer.
 */
export async function runReadOnly(db: Db, request: ReadRequest): Promise<ReadAnswer> {
  const word = FIRST_WORD.exec(request.text)?.[1]?.toLowerCase() ?? '';
  if (!READING.includes(word)) {
    throw refuse('Only a statement that begins with select, with, values, table or explain is answered.');
  }
  const isPlan = word === 'explain';
  const text = request.text.replace(/[;\s]+$/, '').replace(isPlan ? /^[\s\S]*?explain/i : '', '');
  return readBounded(db, request, { sql: isPlan ? `select * from (\n${text}\n) as "the row"` : boundRows(text, request.maxBytes), isPlan });
}

/** A query with the rows of another one, which fails with the first that is wider than so many bytes instead of sending it. */
export function boundRows(text: string, maxBytes: number): string {
  // Without the offset the condition would move into the query and compute its columns twice.
  return `select "the row".* from (select * from (\n${text}\n) as "the query" offset 0) as "the row" where case when octet_length("the row"::text) <= ${maxBytes} then true
    else (left("the row"::text, 0) || '${TOO_WIDE}')::boolean end`;
}

const turnsOfDatabases = new WeakMap<Db, Turns>();

function turnsOf(db: Db): Turns {
  const turns =
    turnsOfDatabases.get(db) ??
    createTurns(
      RUNNING[db.kind],
      WAITING,
      () => new ObserveBridgeError('OB_API_BUSY', 'database', `${WAITING} statements of agents wait for the database already.`),
    );
  turnsOfDatabases.set(db, turns);
  return turns;
}

/**
 * Inspects and runs a query within the bounds of the request, when it is its turn: waiting is not the statement's time. Rejects as `runReadOnly`
 * does.
 */
export function readBounded(db: Db, request: ReadRequest, query: Query): Promise<ReadAnswer> {
  return turnsOf(db)(() => readInTurn(db, request, query));
}

async function readInTurn(db: Db, request: ReadRequest, query: Query): Promise<ReadAnswer> {
  if (request.text.length > MOST_CHARACTERS) throw refuse(`A statement of more than ${MOST_CHARACTERS} characters is not answered.`);
  if (query.sql.includes('\0')) throw refuse('A statement with the character NUL is not answered.');
  await ensureReader(db);
  try {
    const limits = { schemas: query.schemas ?? [], limitMs: request.timeoutMs + GRACE_MS };
    return await readInTransaction(db, limits, async (tx) => {
      // Waiting for other work is not the statement's time.
      const started = performance.now();
      await query.prepare?.(tx);
      const columns = await inspectStatement(tx, query.sql);
      await becomeReader(tx, request);
      // Estimates and counts of rows would tell of the rows of other tenants.
      const answer = query.isPlan
        ? { columns: [{ name: 'QUERY PLAN', type: 'text' }], ...(await fetchAll(tx, `explain (costs off) ${query.sql}`)) }
        : { columns, ...(await fetchRows(tx, request, query.sql, started)) };
      return { ...answer, elapsed_ms: Math.round(performance.now() - started) };
    });
  } catch (error) {
    throw toReadError(error, request);
  }
}

async function fetchAll(tx: Tx, sql: string): Promise<Pick<ReadAnswer, 'rows' | 'truncated'>> {
  return { rows: await tx.query<Record<string, unknown>>(sql), truncated: false };
}

async function fetchRows(tx: Tx, request: ReadRequest, sql: string, started: number): Promise<Pick<ReadAnswer, 'rows' | 'truncated'>> {
  const rows: Record<string, unknown>[] = [];
  let bytes = 0;
  let widest = 1;
  let size = FIRST_BATCH;
  await tx.query(`declare answer no scroll cursor for ${sql}`);
  for (;;) {
    const left = request.timeoutMs - (performance.now() - started);
    if (left <= 0) throw timedOut(request);
    if (rows.length > 0) await tx.query(`select set_config('statement_timeout', $1, true)`, [String(Math.ceil(left))]);
    const wanted = Math.min(size, request.maxRows + 1 - rows.length);
    const batch = await tx.query<Record<string, unknown>>(`fetch ${wanted} from answer`);
    for (const row of batch) {
      const rowBytes = sizeOf(row);
      bytes += rowBytes;
      widest = Math.max(widest, rowBytes);
      if (rows.length === request.maxRows || bytes > request.maxBytes) return { rows, truncated: true };
      rows.push(row);
    }
    if (batch.length < wanted) return { rows, truncated: false };
    // A whole batch comes over before the bytes are counted.
    size = Math.min(2 * size, LARGEST_BATCH, Math.ceil((request.maxBytes - bytes) / widest) + 1);
  }
}

function sizeOf(row: object): number {
  if (isNestedDeeper(row, LEVELS)) throw refuse(`A value of the answer is nested more than ${LEVELS} levels deep.`);
  return Buffer.byteLength(JSON.stringify(row, (_, value: unknown) => (typeof value === 'bigint' ? String(value) : value)));
}

function toReadError(error: unknown, request: ReadRequest): unknown {
  if (error instanceof ObserveBridgeError && error.code !== 'OB_DATABASE_FAILED') return error;
  const state = sqlState(error);
  const report = toServerReport(error instanceof ObserveBridgeError ? error.cause : error);
  if (state === undefined || isConnectionLost(report)) return error;
  if (state === '57014') return timedOut(request);
  if (state === '22P02' && report.message.includes(TOO_WIDE)) {
    return refuse(`A row of the answer is larger than ${request.maxBytes} bytes.`);
  }
  return new ObserveBridgeError('OB_SQL_FAILED', 'database', `The database refused the statement: ${report.message}.`, error);
}

function timedOut({ timeoutMs }: ReadRequest): ObserveBridgeError {
  return new ObserveBridgeError('OB_SQL_TIMEOUT', 'database', `The statement was stopped after ${timeoutMs} ms.`);
}

function refuse(sentence: string): ObserveBridgeError {
  return new ObserveBridgeError('OB_SQL_REFUSED', 'usage', sentence);
}
