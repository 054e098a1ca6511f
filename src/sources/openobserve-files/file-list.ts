import { existsSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { pathToFileURL } from 'node:url';
import pg from 'pg';
import { ObserveBridgeError } from '../../core/error.ts';
import { maskSecrets } from '../../core/secret.ts';
import type { Signal } from '../../core/signal.ts';
import type { Window } from '../../core/window.ts';
import { classifyFile, type LiveObject, streamTypes, toDate } from './object-key.ts';

/** OpenObserve's own record of which objects are live; a merge swaps its rows in one transaction, so one select is a consistent snapshot. */
export interface FileList extends AsyncDisposable {
  /** The live objects of a signal that overlap the window. */
  liveObjects(signal: Signal, window: Window): Promise<LiveObject[]>;
  /** Every stream of a signal that has live objects. */
  streams(signal: Signal): Promise<string[]>;
}

interface FileListRow {
  stream: string;
  date: string;
  file: string;
  min_ts: number | string;
  max_ts: number | string;
  records: number | string;
  original_size: number | string;
}

type Select = (sql: string, params: (string | number)[]) => Promise<object[]>;

/** Opens the list named by `sqlite:<path>` or `postgres://…`. Rejects with `OB_SOURCE_FILE_LIST`. */
export async function openFileList(location: string, root: string, organization: string): Promise<FileList> {
  const open = location.startsWith('sqlite:') ? openSqlite(location.slice('sqlite:'.length)) : openPostgres(location);
  return {
    async liveObjects(signal, window) {
      // The day's first hour is included because old streams filed whole days there.
      const rows = (await open.select(
        `select stream, date, file, min_ts, max_ts, records, original_size from file_list
         where stream like $1 escape '\\' and deleted = $2 and date >= $3 and date <= $4 and max_ts >= $5 and min_ts < $6 order by stream, date, file`,
        [
          ...[
            `${escapeLike(`${organization}/${streamTypes[signal]}/`)}%`,
            open.no,
            `${toDate(window.from).slice(0, 10)}/00`,
            toDate(window.to - 1),
          ],
          ...[window.from, window.to],
        ],
      )) as FileListRow[];
      return rows.map((row) => toLiveObject(row, signal, root));
    },
    async streams(signal) {
      const prefix = `${organization}/${streamTypes[signal]}/`;
      const rows = (await open.select(
        `select distinct stream from file_list where stream like $1 escape '\\' and deleted = $2 order by stream`,
        [`${escapeLike(prefix)}%`, open.no],
      )) as FileListRow[];
      return rows.map((row) => row.stream.slice(prefix.length));
    },
    async [Symbol.asyncDispose]() {
      await open.close();
    },
  };
}

function toLiveObject(row: FileListRow, signal: Signal, root: string): LiveObject {
  const stream = row.stream.split('/').slice(2).join('/');
  if (classifyFile(row.file) === 'vortex') throw unsupportedFormat(`${row.stream}/${row.date}/${row.file}`);
  return {
    ...{ signal, stream, date: row.date, file: row.file, path: join(root, 'files', row.stream, row.date, row.file) },
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
