import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openSession, type Session } from '../../../src/aggregate/session.ts';
import { quoteName, quoteText } from '../../../src/sources/canonical.ts';

export type StoredValue = string | number | bigint | boolean | null;
export type StoredRow = Readonly<Record<string, StoredValue>>;

/** Arrow's names of the types in which OpenObserve stores values. */
const ARROW: Readonly<Record<string, string>> = {
  VARCHAR: 'Utf8',
  BIGINT: 'Int64',
  UBIGINT: 'UInt64',
  DOUBLE: 'Float64',
  BOOLEAN: 'Boolean',
};

/** A column that holds both types becomes the first of these that comes after both. */
const WIDENING = ['BOOLEAN', 'BIGINT', 'UBIGINT', 'DOUBLE', 'VARCHAR'];

export interface StreamFacts {
  readonly name: string;
  readonly type: string;
  readonly schema: readonly { name: string; type: string }[];
  readonly first: number;
  readonly last: number;
  readonly rows: number;
}

/** The rows of a server, one table per stream in a schema per type, in the engine that answers its searches. */
export interface StoredStreams extends AsyncDisposable {
  readonly session: Session;
  /** Appends rows, or those of a select; columns widen as OpenObserve widens them. */
  append(type: string, stream: string, rows: readonly StoredRow[] | string): Promise<void>;
  /** Drops a column, or the whole stream. */
  drop(type: string, stream: string, column?: string): Promise<void>;
  list(type: string): Promise<StreamFacts[]>;
  has(type: string, stream: string): Promise<boolean>;
}

/** Opens an empty server memory. */
export async function openStoredStreams(memoryLimit = '512MB'): Promise<StoredStreams> {
  const session = await openSession({ directory: join(tmpdir(), 'observebridge-fake'), memoryLimit, threads: 1 });
  for (const type of ['logs', 'metrics', 'traces']) await session.run(`create schema ${type}`);
  // OpenObserve's functions that the dialect of the engine lacks.
  await session.run(
    `create macro histogram(t, width) as strftime(time_bucket(to_microseconds((epoch_us(width::interval))::bigint), make_timestamp(t)), '%Y-%m-%dT%H:%M:%S')`,
  );

  const columnsOf = async (table: string): Promise<Map<string, string>> => {
    const described = await session.rows<{ column_name: string; column_type: string }>(`describe ${table}`);
    return new Map(described.map(({ column_name, column_type }) => [column_name, ARROW[column_type] ? column_type : 'VARCHAR']));
  };
  const has = async (type: string, stream: string): Promise<boolean> => {
    const found = await session.rows(
      `select 1 from duckdb_tables() where schema_name = ${quoteText(type)} and table_name = ${quoteText(stream)}`,
    );
    return found.length > 0;
  };

  return {
    session,
    has,
    async append(type, stream, rows) {
      if (Array.isArray(rows) && rows.length === 0) return;
      const table = `${quoteName(type)}.${quoteName(stream)}`;
      await session.run(`create or replace table main.incoming as ${typeof rows === 'string' ? rows : toSelect(rows)}`);
      const incoming = await columnsOf('main.incoming');
      const casts = [...incoming].map(([name, column]) => `${quoteName(name)}::${column} as ${quoteName(name)}`).join(', ');
      if (!(await has(type, stream))) await session.run(`create table ${table} as select ${casts} from main.incoming`);
      else {
        const stored = await columnsOf(table);
        for (const [name, column] of incoming) {
          const old = stored.get(name);
          if (old === undefined) await session.run(`alter table ${table} add column ${quoteName(name)} ${column}`);
          else if (old !== column) await session.run(`alter table ${table} alter ${quoteName(name)} type ${widest(old, column)}`);
        }
        await session.run(`insert into ${table} by name select ${casts} from main.incoming`);
      }
    },
    async drop(type, stream, column) {
      const table = `${quoteName(type)}.${quoteName(stream)}`;
      await session.run('drop schema if exists asked cascade');
      await session.run(column === undefined ? `drop table ${table}` : `alter table ${table} drop column ${quoteName(column)}`);
    },
    async list(type) {
      const tables = await session.rows<{ name: string }>(
        `select table_name as name from duckdb_tables() where schema_name = ${quoteText(type)} order by all`,
      );
      const facts: StreamFacts[] = [];
      for (const { name } of tables) {
        const table = `${quoteName(type)}.${quoteName(name)}`;
        const [stats] = await session.rows<{ first: bigint | null; last: bigint | null; rows: bigint }>(
          `select min(_timestamp)::bigint as first, max(_timestamp)::bigint as last, count(*) as rows from ${table}`,
        );
        const columns = await columnsOf(table);
        const schema = [...columns].map(([column, kind]) => ({ name: column, type: ARROW[kind] ?? 'Utf8' }));
        facts.push({
          name,
          type,
          schema,
          first: Number(stats?.first ?? 0),
          last: Number(stats?.last ?? 0),
          rows: Number(stats?.rows ?? 0),
        });
      }
      return facts;
    },
    [Symbol.asyncDispose]: () => session[Symbol.asyncDispose](),
  };
}

function widest(one: string, other: string): string {
  return WIDENING[Math.max(WIDENING.indexOf(one), WIDENING.indexOf(other))] ?? 'VARCHAR';
}

function toSelect(rows: readonly StoredRow[]): string {
  const names = [...new Set(rows.flatMap((row) => Object.keys(row)))];
  const tuples = rows.map((row) => `(${names.map((name) => toLiteral(row[name] ?? null)).join(', ')})`);
  return `select * from (values ${tuples.join(', ')}) as given (${names.map(quoteName).join(', ')})`;
}

/** Bigints are unsigned, as OpenObserve keeps nanoseconds and hashes; numbers are signed or floating. */
function toLiteral(value: StoredValue): string {
  if (value === null) return 'null';
  if (typeof value === 'string') return quoteText(value);
  if (typeof value === 'boolean') return String(value);
  if (typeof value === 'bigint') return `${value}::ubigint`;
  return Number.isSafeInteger(value) ? `${value}::bigint` : `'${value}'::double`;
}
