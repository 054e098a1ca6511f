import { mkdirSync } from 'node:fs';
import { mkdir, rm, stat, truncate, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { openSession, type Session } from '../../src/aggregate/session.ts';
import { hashHex } from '../../src/core/hash.ts';
import type { Signal } from '../../src/core/signal.ts';
import { HOUR, MINUTE, type Micros } from '../../src/core/time.ts';
import { quoteText } from '../../src/sources/canonical.ts';
import { type LiveObject, streamTypes, toDate } from '../../src/sources/openobserve-files/object-key.ts';

export type RawValue = string | number | bigint | boolean | null;
export type RawRow = Readonly<Record<string, RawValue>>;

export interface WriteOptions {
  readonly signal: Signal;
  readonly stream?: string;
  /** Rows, or a DuckDB select of rows, in OpenObserve's stored shape; `_timestamp` is µs. Columns that are null throughout are left out. */
  readonly rows: readonly RawRow[] | string;
  /** When the object is created; 20 minutes after its newest row if absent. */
  readonly createdAt?: Micros;
  /** A `key=value` directory below the hour. */
  readonly partition?: string;
  /** Hour directory `YYYY/MM/DD/HH` for all rows; by default every row goes to its own hour. */
  readonly date?: string;
  /** Whether `file_list` gets to know; true if absent. */
  readonly listed?: boolean;
}

/** A data directory as OpenObserve writes it: parquet objects below `root`, and the list of the live ones in a SQLite file. */
export interface ParquetWorld extends AsyncDisposable {
  readonly root: string;
  /** Path of metadata.sqlite. */
  readonly fileList: string;
  readonly organization: string;
  /** The engine that writes; selects given to `write` run in it. */
  readonly session: Session;
  /** Writes one object per hour of the rows, newest row first, in order of the hours. */
  write(options: WriteOptions): Promise<LiveObject[]>;
  /** Merges objects of one directory into a new one beside them and swaps their rows in `file_list`; unlisted, it is what a crashed compactor leaves. */
  compact(objects: readonly LiveObject[], options?: { createdAt?: Micros; listed?: boolean }): Promise<LiveObject>;
  /** Adds the files that OpenObserve keeps beside an object and that are no rows: indexes, bloom filters, uploads under way. */
  addForeignFiles(beside: LiveObject): Promise<void>;
  /** Adds a listed object in the Vortex format beside another. */
  addVortex(beside: LiveObject): Promise<LiveObject>;
  /** Cuts the object's file in half. */
  truncate(object: LiveObject): Promise<void>;
  /** Deletes the object's file and leaves the list alone. */
  remove(object: LiveObject): Promise<void>;
}

const FILE_LIST = `
  create table file_list (id integer primary key autoincrement, account varchar default '' not null, org varchar not null,
    stream varchar not null, date varchar not null, file varchar not null, deleted boolean default false not null,
    flattened boolean default false not null, min_ts bigint not null, max_ts bigint not null, records bigint not null,
    original_size bigint not null, compressed_size bigint not null, index_size bigint default 0 not null,
    bloom_ver bigint default 0 not null, updated_at bigint default 0 not null);
  create unique index file_list_stream_file_idx on file_list (stream, date, file);
  create table file_list_deleted (id integer primary key autoincrement, account varchar default '' not null, org varchar not null,
    stream varchar not null, date varchar not null, file varchar not null, created_at bigint not null);`;

/** Opens an empty world in an empty directory. Disposing it leaves the files. */
export async function openParquetWorld(directory: string, memoryLimit = '256MB', organization = 'default'): Promise<ParquetWorld> {
  const root = join(directory, 'stream');
  const fileList = join(directory, 'db', 'metadata.sqlite');
  mkdirSync(join(root, 'files', organization), { recursive: true });
  mkdirSync(dirname(fileList), { recursive: true });
  const list = new DatabaseSync(fileList);
  list.exec(`pragma journal_mode = wal; pragma synchronous = off; ${FILE_LIST}`);
  const session = await openSession({ directory: join(directory, 'engine'), memoryLimit, threads: 1 });
  await session.run('set preserve_insertion_order = true');
  let sequence = 0;

  const objectKey = (createdAt: Micros, extension: string): string => {
    const id = (BigInt(Math.floor(createdAt / 1000)) << 22n) | BigInt(++sequence);
    return `${id}${hashHex(String(id)).slice(0, 4)}.${extension}`;
  };
  const streamOf = (object: Pick<LiveObject, 'signal' | 'stream'>): string =>
    `${organization}/${streamTypes[object.signal]}/${object.stream}`;
  const locate = (signal: Signal, stream: string, date: string, file: string) => ({
    ...{ signal, stream, date, file, path: join(root, 'files', streamOf({ signal, stream }), date, file) },
  });

  const enlist = async (object: LiveObject, createdAt: Micros): Promise<void> => {
    list
      .prepare(
        `insert into file_list (org, stream, date, file, min_ts, max_ts, records, original_size, compressed_size, updated_at)
         values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
      )
      .run(
        ...[organization, streamOf(object), object.date, object.file, object.minTime, object.maxTime, object.records, object.originalSize],
        ...[(await stat(object.path)).size, createdAt],
      );
  };

  const copy = async (object: LiveObject, select: string): Promise<void> => {
    await mkdir(dirname(object.path), { recursive: true });
    const footer = { min_ts: object.minTime, max_ts: object.maxTime, records: object.records, original_size: object.originalSize };
    const pairs = Object.entries(footer).map(([key, value]) => `${key}: '${value}'`);
    await session.run(
      `copy (${select} order by _timestamp desc) to ${quoteText(object.path)}
       (format parquet, parquet_version v2, compression zstd, row_group_size 131072, kv_metadata {${pairs.join(', ')}})`,
    );
  };

  return {
    ...{ root, fileList, organization, session },
    async write({ signal, stream = 'default', rows, createdAt, partition, date, listed = true }) {
      await session.run(`create or replace temp table staged_rows as ${typeof rows === 'string' ? rows : toValues(rows)}`);
      const columns = await presentColumns(session);
      const bytes = columns.map(({ name, type }) => (type === 'VARCHAR' ? `coalesce(strlen("${name}"), 0)` : '8')).join(' + ');
      const hours = await session.rows<{ hour: bigint | null; first: bigint; last: bigint; found: bigint; bytes: bigint }>(
        `select ${date === undefined ? `_timestamp // ${HOUR}` : 'null::bigint'} as hour, min(_timestamp)::bigint as first,
           max(_timestamp)::bigint as last, count(*) as found, sum(${bytes})::bigint as bytes
         from staged_rows group by 1 order by 1`,
      );
      const names = columns.map(({ name }) => `"${name}"`).join(', ');
      const objects: LiveObject[] = [];
      for (const { hour, first, last, found, bytes: originalSize } of hours) {
        const created = createdAt ?? Number(last) + 20 * MINUTE;
        const file = join(partition ?? '', objectKey(created, 'parquet'));
        const object: LiveObject = {
          ...locate(signal, stream, date ?? toDate(Number(first)), file),
          ...{ minTime: Number(first), maxTime: Number(last), records: Number(found), originalSize: Number(originalSize) },
        };
        await copy(object, `select ${names} from staged_rows ${hour === null ? '' : `where _timestamp // ${HOUR} = ${hour}`}`);
        if (listed) await enlist(object, created);
        objects.push(object);
      }
      await session.run('drop table staged_rows');
      return objects;
    },
    async compact(objects, { createdAt, listed = true } = {}) {
      const [first] = objects;
      if (!first) throw new RangeError('There is nothing to merge.');
      const sum = (value: (object: LiveObject) => number): number => objects.reduce((total, object) => total + value(object), 0);
      const maxTime = Math.max(...objects.map((object) => object.maxTime));
      const created = createdAt ?? maxTime + HOUR;
      const directory = dirname(first.file) === '.' ? '' : dirname(first.file);
      const merged: LiveObject = {
        ...locate(first.signal, first.stream, first.date, join(directory, objectKey(created, 'parquet'))),
        ...{ minTime: Math.min(...objects.map((object) => object.minTime)), maxTime },
        ...{ records: sum((object) => object.records), originalSize: sum((object) => object.originalSize) },
      };
      const paths = objects.map((object) => quoteText(object.path)).join(', ');
      await copy(merged, `select * from read_parquet([${paths}], union_by_name = true, hive_partitioning = false)`);
      if (listed) {
        list.exec('begin');
        await enlist(merged, created);
        for (const object of objects) {
          const key = [streamOf(object), object.date, object.file];
          list.prepare('delete from file_list where stream = ? and date = ? and file = ?').run(...key);
          list
            .prepare('insert into file_list_deleted (org, stream, date, file, created_at) values (?, ?, ?, ?, ?)')
            .run(organization, ...key, created);
        }
        list.exec('commit');
      }
      return merged;
    },
    async addForeignFiles(beside) {
      const name = beside.file.replace(/\.parquet$/, '');
      const suffix = `${beside.stream}_${streamTypes[beside.signal]}`;
      const files = [
        join(root, 'files', organization, 'index', suffix, beside.date, `${name}.ttv`),
        join(root, 'files', organization, 'bloom', suffix, beside.date, `${name}.bf`),
        join(root, 'files', organization, 'file_list', beside.date, `${name}.parquet`),
        ...[`${name}.ttv`, `${name}.parquet#1`].map((file) => join(dirname(beside.path), file)),
      ];
      for (const file of files) {
        await mkdir(dirname(file), { recursive: true });
        await writeFile(file, 'not rows');
      }
    },
    async addVortex(beside) {
      const vortex = { ...beside, ...locate(beside.signal, beside.stream, beside.date, objectKey(beside.maxTime + HOUR, 'vortex')) };
      await writeFile(vortex.path, 'VTXF');
      await enlist(vortex, beside.maxTime + HOUR);
      return vortex;
    },
    async truncate(object) {
      await truncate(object.path, Math.floor((await stat(object.path)).size / 2));
    },
    async remove(object) {
      await rm(object.path);
    },
    async [Symbol.asyncDispose]() {
      list.close();
      await session[Symbol.asyncDispose]();
    },
  };
}

async function presentColumns(session: Session): Promise<{ name: string; type: string }[]> {
  const described = await session.rows<{ column_name: string; column_type: string }>('describe staged_rows');
  const counts = described.map((_, index) => `count(#${index + 1})::bigint as c${index}`).join(', ');
  const [found] = await session.rows<Record<string, bigint>>(`select ${counts} from staged_rows`);
  return described
    .map(({ column_name, column_type }, index) => ({ name: column_name, type: column_type, found: found?.[`c${index}`] ?? 0n }))
    .filter(({ name, found: values }) => values > 0n || name === '_timestamp')
    .sort((a, b) => (a.name < b.name ? -1 : 1));
}

function toValues(rows: readonly RawRow[]): string {
  const names = [...new Set(rows.flatMap((row) => Object.keys(row)))];
  const tuples = rows.map((row) => `(${names.map((name) => toLiteral(row[name] ?? null)).join(', ')})`);
  return `select * from (values ${tuples.join(', ')}) as given (${names.map((name) => `"${name}"`).join(', ')})`;
}

function toLiteral(value: RawValue): string {
  if (value === null) return 'null';
  if (typeof value === 'string') return quoteText(value);
  if (typeof value === 'number' && !Number.isInteger(value)) return `'${value}'::double`;
  return typeof value === 'boolean' ? String(value) : `${value}::${value > 9_223_372_036_854_775_807n ? 'ubigint' : 'bigint'}`;
}
