import { type FileHandle, open } from 'node:fs/promises';
import { throwIfAborted } from '../../core/error.ts';
import { canonicalColumns, type Signal, signals } from '../../core/signal.ts';
import type { Micros } from '../../core/time.ts';
import type { Window } from '../../core/window.ts';
import { emptyRelation, IMPLAUSIBLE_COLUMN, isPlausible, type KeptLabels, quoteName, quoteText, toCanonical } from '../canonical.ts';
import type { ReadRanges } from '../source.ts';
import { type Block, type IndexedFile, readLine, STREAM } from './file-index.ts';
import { openListed, readLines } from './file-text.ts';
import type { RawRow } from './raw-row.ts';

/** Rows of the asked ranges in files that the engine reads. */
export interface Staging {
  readonly relations: Record<Signal, string>;
  /** Files that were read, and their bytes. */
  readonly objects: number;
  readonly bytes: number;
}

const FLUSH_CHARACTERS = 256 * 1024;
/** Longer texts are cut: the engine reads rows of up to 16 MiB, and to let it read longer ones takes more memory than it may have. */
const LONGEST_TEXT = 4 * 1024 * 1024;

const COLUMN_TYPES: Readonly<Record<string, string>> = { _timestamp: 'BIGINT', value: 'DOUBLE', [IMPLAUSIBLE_COLUMN]: 'BOOLEAN' };

/**
 * Reads the blocks that may hold rows of the ranges and writes those rows to files named `<prefix>-<signal>`. Memory holds one line and its
 * rows at a time.
 */
export async function stageRows(options: {
  files: readonly IndexedFile[];
  ranges: ReadRanges;
  prefix: string;
  keptLabels: KeptLabels | undefined;
  signal: AbortSignal;
}): Promise<Staging> {
  const { files, ranges, prefix, keptLabels, signal } = options;
  const columns = ofEach((name) => listColumns(name, keptLabels));
  const writers = ofEach((name) => createRowWriter(`${prefix}-${name}`, columns[name]));
  const malformed = new Map<Micros, number>();
  let [objects, bytes] = [0, 0];
  try {
    for (const file of files) {
      const blocks = file.blocks.filter((block) => signals.some((name) => overlaps(block, name, ranges[name])));
      if (blocks.length === 0) continue;
      objects++;
      bytes += await readBlocks(file, blocks, signal, async (line, filed) => {
        if (line.request === undefined) {
          if (isIn(filed, ranges.logs)) malformed.set(filed, (malformed.get(filed) ?? 0) + 1);
          return;
        }
        for (const name of signals) {
          for (const row of line.request.rows[name]) {
            const isTrue = row._timestamp !== undefined && isPlausible(row._timestamp);
            const time = isTrue ? row._timestamp : filed;
            if (isIn(time, ranges[name])) await writers[name].write(row, time, !isTrue);
          }
        }
      });
    }
    for (const name of signals) await writers[name].flush();
  } finally {
    for (const name of signals) await writers[name].close();
  }
  throwIfAborted(signal);
  const relations = ofEach((name) => toRelation(name, writers[name], columns[name], keptLabels));
  if (malformed.size > 0) relations.logs = `${relations.logs} union all ${malformedLines(malformed)}`;
  return { relations, objects, bytes };
}

const ofEach = <Value>(make: (signal: Signal) => Value): Record<Signal, Value> => ({
  ...{ logs: make('logs'), spans: make('spans'), metric_points: make('metric_points') },
});

const isIn = (time: Micros | undefined, range: Window): time is Micros => time !== undefined && time >= range.from && time < range.to;

function overlaps({ extents }: Block, signal: Signal, range: Window): boolean {
  const extent = extents[signal];
  return extent !== undefined && range.from < range.to && extent.from < range.to && extent.to >= range.from;
}

/** Visits the lines of the blocks with the time under which they file what has none. Gives the bytes that were read from the disk. */
async function readBlocks(
  file: IndexedFile,
  blocks: readonly Block[],
  signal: AbortSignal,
  visit: (line: NonNullable<ReturnType<typeof readLine>>, filed: Micros | undefined) => Promise<void>,
): Promise<number> {
  await using handle = await openListed(file.listed);
  const { packing, growing, listed } = file;
  let current = 0;
  let last = blocks[0]?.before;
  const visitLine = async (bytes: Buffer | undefined, start: number): Promise<void> => {
    while (start >= (blocks[current]?.end ?? Number.POSITIVE_INFINITY)) last = blocks[++current]?.before;
    if (start < (blocks[current]?.start ?? Number.POSITIVE_INFINITY)) return;
    const line = readLine(bytes);
    if (line === undefined) return;
    last = line.time ?? last;
    await visit(line, last ?? file.first);
  };
  const parts = packing === 'plain' ? toParts(blocks) : [{ from: 0, to: listed.size }];
  for (const part of parts) {
    const { rest, start } = await readLines(listed, handle, { packing, growing, signal, ...part }, visitLine);
    if (rest.length > 0) await visitLine(rest, start);
  }
  return parts.reduce((total, { from, to }) => total + to - from, 0);
}

/** Ranges of bytes that hold the blocks, adjoining ones in one. */
function toParts(blocks: readonly Block[]): Window[] {
  const parts: { from: number; to: number }[] = [];
  for (const { start, end } of blocks) {
    const part = parts.at(-1);
    if (part?.to === start) part.to = end;
    else parts.push({ from: start, to: end });
  }
  return parts;
}

interface RowWriter {
  readonly path: string;
  readonly rows: () => number;
  write(row: RawRow, time: Micros, implausible: boolean): Promise<void> | undefined;
  flush(): Promise<void>;
  close(): Promise<void>;
}

/** Writes rows as lines of JSON with the columns that are asked for. The file exists from the first flush with rows. */
function createRowWriter(path: string, columns: readonly string[]): RowWriter {
  let [handle, text, rows] = [undefined as FileHandle | undefined, '', 0];
  const flush = async (): Promise<void> => {
    if (text === '') return;
    handle ??= await open(path, 'w');
    const written = text;
    text = '';
    await handle.writeFile(written);
  };
  return {
    path,
    rows: () => rows,
    write(row, time, implausible) {
      const kept: Record<string, unknown> = { _timestamp: time };
      for (const name of columns) {
        const value = row[name];
        // The engine refuses half a surrogate pair.
        if (value !== undefined && name !== '_timestamp')
          kept[name] = typeof value === 'string' ? value.slice(0, LONGEST_TEXT).toWellFormed() : value;
      }
      if (implausible) kept[IMPLAUSIBLE_COLUMN] = true;
      text += `${JSON.stringify(kept)}\n`;
      rows++;
      return text.length >= FLUSH_CHARACTERS ? flush() : undefined;
    },
    flush,
    close: async () => handle?.close(),
  };
}

/** The raw columns that the canonical select looks at: others need not be staged. */
function listColumns(signal: Signal, keptLabels: KeptLabels | undefined): string[] {
  const asked = new Set(signal === 'metric_points' ? ['_timestamp', '__name__', '_labels'] : ['_timestamp']);
  const ask = (name: string): void => void asked.add(name);
  const columns = Object.assign(new Map<string, string>(), { get: ask, has: (name: string) => asked.add(name) === undefined });
  toCanonical(signal, { columns, from: '', stream: 'null' }, keptLabels);
  return [...asked];
}

function toRelation(signal: Signal, writer: RowWriter, names: readonly string[], keptLabels: KeptLabels | undefined): string {
  if (writer.rows() === 0) return emptyRelation(signal);
  const columns = new Map(names.map((name) => [name, COLUMN_TYPES[name] ?? 'VARCHAR']));
  const types = [...columns].map(([name, type]) => `${quoteText(name)}: '${type}'`).join(', ');
  const lines = `read_json(${quoteText(writer.path)}, format = 'newline_delimited', columns = {${types}})`;
  const from = `(select * replace (coalesce(${quoteName(IMPLAUSIBLE_COLUMN)}, false) as ${quoteName(IMPLAUSIBLE_COLUMN)}) from ${lines})`;
  return toCanonical(signal, { columns, from, stream: signal === 'metric_points' ? '__name__' : quoteText(STREAM) }, keptLabels);
}

/** Lines that nobody can read tell no signal; they count among the logs. */
function malformedLines(counts: ReadonlyMap<Micros, number>): string {
  const values: Record<string, string> = { timestamp: 'time', stream: quoteText(STREAM), rejected: `'malformed'` };
  const list = Object.entries(canonicalColumns.logs).map(([name, type]) => `${values[name] ?? 'null'}::${type} as ${name}`);
  const rows = [...counts].map(([time, lines]) => `(${time}::bigint, ${lines})`);
  return `select ${list.join(', ')} from (select time, unnest(range(lines)) from (values ${rows.join(', ')}) as counted (time, lines))`;
}
