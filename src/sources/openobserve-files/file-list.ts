import { existsSync, statSync } from 'node:fs';
import { DatabaseSync } from 'node:sqlite';
import { pathToFileURL } from 'node:url';
import pg from 'pg';
import { ObserveBridgeError } from '../../core/error.ts';
import { maskSecrets } from '../../core/secret.ts';
import { type Signal, signals } from '../../core/signal.ts';
import type { Window } from '../../core/window.ts';
import { classifyFile, type ListedObject, streamTypes, toDate } from './object-key.ts';

/** OpenObserve's own record of which objects are live; a merge swaps its rows in one transaction, so one select is a consistent snapshot. */
export interface FileList extends AsyncDisposable {
  /** The live objects of the wanted streams of a signal that overlap the window. */
  liveObjects(signal: Signal, window: Window): Promise<ListedObject[]>;
  /** Every wanted stream of a signal that has live objects. */
  streams(signal: Signal): Promise<string[]>;
  /** The live object that was listed last, if there is any. */
  newest(): Promise<ListedObject | undefined>;
}

export interface FileListOptions {
  /** `sqlite:<path>` or `postgres://…`. */
  readonly location: string;
  readonly organization: string;
  /** Whether a stream is read; `type` as in `streamTypes`. */
  wanted(type: string, stream: string): boolean;
}

interface FileListRow {
  account?: string;
  stream: string;
  date: string;
  file: string;
  min_ts: number | string;
  max_ts: number | string;
  records: number | string;
  original_size: number | string;
}

type Select = (sql: string, params: (string | number)[]) => Promise<object[]>;

/** Opens a list. Rejects with `OB_SOURCE_FILE_LIST`. */
export async function openFileList({ location, organization, wanted }: FileListOptions): Promise<FileList> {
  const open = location.startsWith('sqlite:') ? openSqlite(location.slice('sqlite:'.length)) : openPostgres(location);
  let columns = `account, ${COLUMNS}`;
  const selectRows = async (rest: string, params: (string | number)[]): Promise<FileListRow[]> => {
    try {
      return (await open.select(`select ${columns} from file_list ${rest}`, params)) as FileListRow[];
    } catch (error) {
      // Lists of before the accounts.
      if (columns === COLUMNS || !/column.*account/i.test(error instanceof Error ? error.message : '')) throw error;
      columns = COLUMNS;
      return selectRows(rest, params);
    }
  };
  return {
    async liveObjects(signal, window) {
      const type = streamTypes[signal];
      // The day's first hour is included because old streams filed whole days there.
      const rows = await selectRows(
        `where stream like $1 escape '\\' and deleted = $2 and date >= $3 and date <= $4 and max_ts >= $5 and min_ts < $6 order by stream, date, file`,
        [
          ...[`${escapeLike(`${organization}/${type}/`)}%`, open.no, `${toDate(window.from).slice(0, 10)}/00`, toDate(window.to - 1)],
          ...[window.from, window.to],
        ],
      );
      const objects = rows.map((row) => toListed(row, signal)).filter(({ stream }) => wanted(type, stream));
      const vortex = objects.find(({ file }) => classifyFile(file) === 'vortex');
      if (vortex) throw unsupportedFormat(`${organization}/${type}/${vortex.stream}/${vortex.date}/${vortex.file}`);
      return objects;
    },
    async streams(signal) {
      const type = streamTypes[signal];
      const prefix = `${organization}/${type}/`;
      const rows = (await open.select(
        `select distinct stream from file_list where stream like $1 escape '\\' and deleted = $2 order by stream`,
        [`${escapeLike(prefix)}%`, open.no],
      )) as FileListRow[];
      return rows.map((row) => row.stream.slice(prefix.length)).filter((stream) => wanted(type, stream));
    },
    async newest() {
      const types = signals.map(
        (signal) => `stream like '${escapeLike(`${organization}/${streamTypes[signal]}/`).replaceAll("'", "''")}%' escape '\\'`,
      );
      const [row] = await selectRows(`where deleted = $1 and (${types.join(' or ')}) order by id desc limit 1`, [open.no]);
      const signal = signals.find((name) => row?.stream.split('/')[1] === streamTypes[name]);
      return row && signal && toListed(row, signal);
    },
    async [Symbol.asyncDispose]() {
      await open.close();
    },
  };
}

const COLUMNS = 'stream, date, file, min_ts, max_ts, records, original_size';

function toListed(row: FileListRow, signal: Signal): ListedObject {
  return {
    ...{ signal, stream: row.stream.split('/').slice(2).join('/'), date: row.date, file: row.file },
    ...(row.account ? { account: row.account } : {}),
    ...{ minTime: Number(row.min_ts), maxTime: Number(row.max_ts), records: Number(row.records), originalSize: Number(row.original_size) },
  };
}

/** The refusal to read an object that is not parquet: passing it over would lose its rows. */
export function unsupportedFormat(key: string): ObserveBridgeError {
  return new ObserveBridgeError(
    'OB_SOURCE_FORMAT_UNSUPPORTED',
    'read',
    `The live object ${key} is in the Vortex format, which cannot be read.`,
  );
}

const escapeLike = (text: string): string => text.replace(/[\\%_]/g, (character) => `\\${character}`);

const failed = (location: string, error: unknown): ObserveBridgeError =>
  new ObserveBridgeError(
    'OB_SOURCE_FILE_LIST',
    'read',
    `The file list at ${location} cannot be read: ${error instanceof Error ? error.message : 'unknown error'}.`,
    error,
  );

function openSqlite(path: string): { select: Select; no: number; close(): Promise<void> } {
  let kept: DatabaseSync | undefined;
  const close = (): void => {
    kept?.close();
    kept = undefined;
  };
  return {
    async select(sql, params) {
      try {
        kept ??= connectSqlite(path);
        if (kept) return selectFrom(kept, sql, params);
        // Such a connection never looks at the file again, so it serves one select.
        using immutable = new DatabaseSync(new URL(`${pathToFileURL(path).href}?mode=ro&immutable=1`), { readOnly: true });
        return selectFrom(immutable, sql, params);
      } catch (error) {
        close();
        throw failed(path, error);
      }
    },
    no: 0,
    close: async () => close(),
  };
}

function selectFrom(database: DatabaseSync, sql: string, params: (string | number)[]): object[] {
  const statement = database.prepare(sql.replace(/\$\d/g, '?'));
  statement.setReadBigInts(true);
  return statement.all(...params) as object[];
}

/**
 * OpenObserve's SQLite runs in WAL mode, which needs a writable directory even to read. Undefined for a read-only copy, which can be read
 * as immutable because no log with newer rows lies beside it.
 */
function connectSqlite(path: string): DatabaseSync | undefined {
  if (!existsSync(path)) throw new Error('the file does not exist');
  let database: DatabaseSync | undefined;
  try {
    database = new DatabaseSync(path, { readOnly: true });
    database.prepare('select 1 from file_list limit 1').get();
    return database;
  } catch (error) {
    database?.close();
    const log = `${path}-wal`;
    if (existsSync(log) && statSync(log).size > 0) throw error;
    return undefined;
  }
}

function openPostgres(url: string): { select: Select; no: string; close(): Promise<void> } {
  const pool = new pg.Pool({ connectionString: url, max: 1, connectionTimeoutMillis: 10_000, allowExitOnIdle: true });
  pool.on('error', () => undefined); // an idle connection that drops is replaced at the next select
  const shown = maskSecrets(url);
  return {
    select: async (sql, params) => {
      try {
        return (await pool.query(sql, params)).rows as object[];
      } catch (error) {
        throw failed(shown, error);
      }
    },
    no: 'false',
    close: () => pool.end(),
  };
}
