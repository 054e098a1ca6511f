import { open, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { ObserveBridgeError } from '../../core/error.ts';
import type { Signal } from '../../core/signal.ts';
import type { SqlSession } from '../../core/sql-session.ts';
import type { Micros } from '../../core/time.ts';
import type { Window } from '../../core/window.ts';
import { emptyRelation, inWindow, type KeptLabels, quoteName, quoteText, type RawColumns, toCanonical } from '../canonical.ts';
import type { RowSink } from './api-client.ts';

/** Member of every line that names the stream of its row. */
export const STREAM_MEMBER = '_source_stream';

/** Lines of rows that wait to be converted are at most about this many bytes, or this many files. */
const CONVERT_BYTES = 8 * 1024 * 1024;
const CONVERT_FILES = 256;

/** Rows per group of the converted files: enough to read fast, few enough to hold long log lines. */
const ROW_GROUP = 8_192;

const SMALLEST_OBJECT_BYTES = 65_536;

/** Where the last row of a file is looked for. */
const TAIL_BYTES = 65_536;

export interface StagingOptions {
  readonly session: SqlSession;
  readonly directory: string;
  readonly signal: Signal;
  readonly range: Window;
  /** All columns of the streams that will be staged, so that rows of all of them get the same identity of series. */
  readonly columns: readonly string[];
  readonly keptLabels: KeptLabels | undefined;
}

/** A file of lines that a search writes; it counts only once it was added. */
export interface StagedFile extends RowSink, AsyncDisposable {
  /** Event time of the last row that was written, or undefined when it is not found. */
  lastTime(): Promise<Micros | undefined>;
  /** Closes the file and adds its rows. */
  add(longestRow: number): Promise<void>;
}

/** Turns lines of rows into canonical rows in parquet files, some megabytes at a time. */
export interface Staging {
  newFile(): StagedFile;
  /** Converts what is left and resolves to the relation of all rows that were added. */
  finish(): Promise<string>;
}

/** Creates the staging area of one signal; its files lie in the directory until somebody removes it. */
export function createStaging({ session, directory, signal, range, columns, keptLabels }: StagingOptions): Staging {
  const types: RawColumns = new Map([
    ['_timestamp', 'BIGINT'],
    ...columns.filter((name) => name !== '_timestamp').map((name) => [name, 'VARCHAR'] as const),
  ]);
  const schema = [...types, [STREAM_MEMBER, 'VARCHAR']]
    .map(([name = '', type = '']) => `${quoteText(name)}: ${quoteText(type)}`)
    .join(', ');
  const converted: string[] = [];
  let waiting: string[] = [];
  let bytes = 0;
  let longest = 0;
  let files = 0;
  let converting: Promise<void> = Promise.resolve();

  const convert = async (lines: string[], longestRow: number): Promise<void> => {
    const target = join(directory, `${signal}-${converted.length}.parquet`);
    const options = `format = 'newline_delimited', columns = {${schema}}, maximum_object_size = ${Math.max(longestRow * 2, SMALLEST_OBJECT_BYTES)}`;
    const rows = `(select * from read_json([${lines.map(quoteText).join(', ')}], ${options}) where ${inWindow(range)})`;
    const select = toCanonical(signal, { columns: types, from: rows, stream: quoteName(STREAM_MEMBER) }, keptLabels);
    await session.run(`copy (${select}) to ${quoteText(target)} (format parquet, row_group_size ${ROW_GROUP})`);
    converted.push(target);
    await Promise.all(lines.map((path) => rm(path, { force: true })));
  };

  /** Conversions run one after another, as statements of a session do. */
  const flush = (): Promise<void> => {
    const [lines, longestRow] = [waiting, longest];
    [waiting, bytes, longest] = [[], 0, 0];
    converting = converting.then(() => (lines.length > 0 ? convert(lines, longestRow) : undefined));
    return converting;
  };

  return {
    newFile() {
      const path = join(directory, `${signal}-${files++}.ndjson`);
      return openFile(path, async (longestRow) => {
        waiting.push(path);
        bytes += (await stat(path)).size;
        longest = Math.max(longest, longestRow);
        if (bytes >= CONVERT_BYTES || waiting.length >= CONVERT_FILES) await flush();
      });
    },
    async finish() {
      await flush();
      if (converted.length === 0) return emptyRelation(signal);
      return `select * from read_parquet([${converted.map(quoteText).join(', ')}])`;
    },
  };
}

function openFile(path: string, added: (longestRow: number) => Promise<void>): StagedFile {
  let handle: Awaited<ReturnType<typeof open>> | undefined;
  let kept = false;
  const close = async (): Promise<void> => {
    await handle?.close();
    handle = undefined;
  };
  const refuse = (error: unknown): never => {
    throw new ObserveBridgeError('OB_TEMP_DIRECTORY', 'read', `The rows that were read cannot be written to ${path}.`, error);
  };
  return {
    async begin() {
      await close();
      handle = await open(path, 'w+').catch(refuse);
    },
    async write(lines) {
      await handle?.writev(lines).catch(refuse);
    },
    async lastTime() {
      if (handle === undefined) return undefined;
      const { size } = await handle.stat();
      const tail = Buffer.alloc(Math.min(size, TAIL_BYTES));
      await handle.read(tail, 0, tail.length, size - tail.length);
      const [last] = [...tail.toString('latin1').matchAll(/"_timestamp":(\d+)/g)].slice(-1);
      return last === undefined ? undefined : Number(last[1]);
    },
    async add(longestRow) {
      await close();
      kept = true;
      await added(longestRow);
    },
    async [Symbol.asyncDispose]() {
      await close();
      if (!kept) await rm(path, { force: true });
    },
  };
}
