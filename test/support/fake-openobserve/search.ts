import { quoteName, quoteText } from '../../../src/sources/canonical.ts';
import type { StoredStreams } from './stored-streams.ts';

/** The part of a search request that the fake understands. */
export interface SearchRequest {
  readonly query?: {
    readonly sql?: unknown;
    readonly start_time?: unknown;
    readonly end_time?: unknown;
    readonly from?: unknown;
    readonly size?: unknown;
    readonly track_total_hits?: unknown;
  };
}

export interface FoundRows {
  /** Rows as JSON objects, nulls left out, integers with all their digits. */
  readonly hits: readonly string[];
  readonly capped: boolean;
}

/** An error that OpenObserve answers with: its code, the HTTP status and the words. */
export class SearchError extends Error {
  readonly code: number;
  readonly status: number;
  readonly detail: string;

  constructor(code: number, status: number, message: string, detail = '') {
    super(message);
    this.code = code;
    this.status = status;
    this.detail = detail;
  }
}

/** Rows that are given when the request says nothing, or 0 or -1. */
const DEFAULT_LIMIT = 1000;

const AGGREGATES = /\bgroup\s+by\b|\b(count|sum|min|max|avg|approx_\w+|median)\s*\(/i;

/** Runs the statement of a search as OpenObserve does, over the rows of the half-open time range. Ties come in an order of their own each time. */
export async function search(streams: StoredStreams, type: string, { query }: SearchRequest): Promise<FoundRows> {
  const { sql, start_time: start, end_time: end, size, from = 0 } = query ?? {};
  if (typeof sql !== 'string' || typeof start !== 'number' || typeof end !== 'number')
    throw new SearchError(400, 400, 'missing field `sql`, `start_time` or `end_time`');
  if (start >= end) throw new SearchError(20011, 400, 'Invalid parameters', 'start_time is not before end_time');
  await makeVisible(streams, type, sql, start, end);
  const aggregates = AGGREGATES.test(sql);
  const limited = /\blimit\s+\d+/i.test(sql);
  const unordered = !/\border\s+by\b/i.test(sql);
  const unlimited = typeof size === 'number' && size <= 0;
  let statement = sql;
  if (query?.track_total_hits === true) statement = `SELECT count(*) AS zo_sql_num FROM (${sql})`;
  else {
    if (unordered && !aggregates)
      statement = withTimestamp(sql).replace(/(\s+limit\s+\d+(\s+offset\s+\d+)?)?\s*$/i, ' ORDER BY _timestamp DESC$1');
    if (!limited) {
      const asked = typeof size === 'number' ? size : DEFAULT_LIMIT;
      statement = `${statement} LIMIT ${unlimited ? DEFAULT_LIMIT + 5 : asked} OFFSET ${Number(from)}`;
    }
    statement = statement.replace(/\border\s+by\s+"?_timestamp"?(\s+(asc|desc))?(?=\s+limit\b)/i, '$&, random()');
  }
  const rows = await run(streams, statement);
  const capped = unlimited && !limited && rows.length > DEFAULT_LIMIT;
  return { hits: (capped ? rows.slice(0, DEFAULT_LIMIT) : rows).map(toHit), capped };
}

/** Gives the statement the named streams, each cut to the range, under the names that it uses. */
async function makeVisible({ session, has }: StoredStreams, type: string, sql: string, start: number, end: number): Promise<void> {
  await session.run('drop schema if exists asked cascade; create schema asked');
  const tables = new Set([...sql.matchAll(/(?:\bwith|,)\s*(\w+)\s+as\s*\(/gi)].map(([, name]) => name));
  for (const [, prefix, name = ''] of sql.matchAll(/\b(?:from|join)\s+(?:"(logs|metrics|traces)"\s*\.\s*)?(?!\()"?([\w:.-]+)"?/gi)) {
    if (tables.has(name)) continue;
    const kind = prefix ?? type;
    if (!(await has(kind, name))) throw new SearchError(20002, 400, `Search stream not found: ${name}`);
    await session.run(
      `create or replace view asked.${quoteName(name)} as select * from ${quoteName(kind)}.${quoteName(name)} where _timestamp >= ${start} and _timestamp < ${end}`,
    );
  }
  await session.run(`set search_path = ${quoteText('asked,main')}`);
}

function withTimestamp(sql: string): string {
  return /^\s*select\s+(\*|.*_timestamp)/i.test(sql) ? sql : sql.replace(/^\s*select\s/i, 'SELECT _timestamp, ');
}

type Row = Readonly<Record<string, string | number | bigint | boolean | null>>;

async function run({ session }: StoredStreams, statement: string): Promise<{ row: Row; doubles: ReadonlySet<string> }[]> {
  try {
    const described = await session.rows<{ column_name: string; column_type: string }>(`describe ${statement}`);
    const doubles = new Set(described.filter(({ column_type }) => column_type === 'DOUBLE').map(({ column_name }) => column_name));
    return (await session.rows<Row>(statement)).map((row) => ({ row, doubles }));
  } catch (error) {
    const text = error instanceof Error ? error.message : String(error);
    const column = /Referenced column "([^"]+)"/.exec(text)?.[1];
    if (column !== undefined) throw new SearchError(20004, 400, `Search field not found: ${column}`, text);
    throw /Parser Error/.test(text)
      ? new SearchError(20001, 400, 'Search SQL not valid', text)
      : new SearchError(20008, 400, 'Search SQL execute error', text);
  }
}

function toHit({ row, doubles }: { row: Row; doubles: ReadonlySet<string> }): string {
  const members = Object.entries(row).flatMap(([name, value]) => {
    if (value === null) return [];
    const text = typeof value === 'bigint' ? String(value) : JSON.stringify(value);
    return [`${JSON.stringify(name)}:${doubles.has(name) && /^-?\d+$/.test(text) ? `${text}.0` : text}`];
  });
  return `{${members.join(',')}}`;
}
