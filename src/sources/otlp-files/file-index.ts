import type { FileHandle } from 'node:fs/promises';
import { throwIfAborted } from '../../core/error.ts';
import { hashHex } from '../../core/hash.ts';
import { type Signal, signals } from '../../core/signal.ts';
import type { Micros } from '../../core/time.ts';
import { isPlausible } from '../canonical.ts';
import { detectPacking, type ListedFile, openListed, type Packing, readLines } from './file-text.ts';
import { listFiles } from './listing.ts';
import { parseRequest, type Request } from './request.ts';

/** Earliest and latest time, both inclusive. */
export interface Extent {
  from: Micros;
  to: Micros;
}
type Extents = Partial<Record<Signal, Extent>>;

/** Contiguous lines of a file, by offsets in its unpacked text. */
export interface Block {
  readonly start: number;
  end: number;
  /** Time of the line before the block. */
  readonly before: Micros | undefined;
  readonly extents: Extents;
  /** Signals with rows before the first time in the file. */
  readonly timeless: Set<Signal>;
}

/** What is known of a file. It grows in place with the file, by whole lines. */
export interface IndexedFile {
  listed: ListedFile;
  readonly packing: Packing;
  /** Whether it may be written at this moment, so that its last line is not whole yet. */
  readonly growing: boolean;
  /** Hash of the first bytes and their count: tells an append from another file in the same place. */
  head: { readonly bytes: number; readonly hash: string };
  readonly blocks: Block[];
  /** Where the next line begins. */
  end: number;
  /** Time of the first and of the last line that has one. */
  first: Micros | undefined;
  last: Micros | undefined;
  /** By stream, its type if it is a metric's. */
  readonly streams: Record<Signal, Map<string, string | undefined>>;
  malformed: number;
}

/** Lines are found again by blocks of this length: small enough that a minute does not read an hour, large enough that a block costs nothing. */
const BLOCK_BYTES = 1024 * 1024;
const HEAD_BYTES = 1024;

/** The one log stream and the one trace stream, named as OpenObserve names them. */
export const STREAM = 'default';

/** A line as both passes see it: undefined `request` when it is malformed, and the earliest time in it that can be true. */
export interface Line {
  readonly request: Request | undefined;
  readonly time: Micros | undefined;
}

/** Reads a line; undefined for an empty one. */
export function readLine(line: Buffer | undefined): Line | undefined {
  const text = line?.toString('utf8');
  if (text !== undefined && text.trim() === '') return undefined;
  const request = text === undefined ? undefined : parseRequest(text);
  let time: Micros | undefined;
  for (const signal of signals) {
    for (const { _timestamp } of request?.rows[signal] ?? [])
      if (_timestamp !== undefined && isPlausible(_timestamp) && (time === undefined || _timestamp < time)) time = _timestamp;
  }
  return { request, time };
}

/** Knows which files and blocks hold rows of which times. A file is read once, what is appended to it is read from where it ended. */
export interface FileIndex {
  /** Catches up with the directory. Rejects with `OB_SOURCE_*`; what was read until then is kept. */
  refresh(signal: AbortSignal): Promise<readonly IndexedFile[]>;
}

/** Creates an empty index, in memory, of a path, directory or pattern. */
export function createFileIndex(path: string): FileIndex {
  const known = new Map<string, IndexedFile>();
  let turn: Promise<unknown> = Promise.resolve();
  const refresh = async (signal: AbortSignal): Promise<IndexedFile[]> => {
    throwIfAborted(signal);
    const listed = await listFiles(path);
    const newest = Math.max(...listed.map((file) => file.modifiedMs));
    const keys = new Set(listed.map((file) => file.key));
    for (const key of known.keys()) if (!keys.has(key)) known.delete(key);
    const files: IndexedFile[] = [];
    for (const file of listed) files.push(await update(file, known.get(file.key), file.modifiedMs === newest, known, signal));
    return files;
  };
  return {
    async refresh(signal) {
      const mine = turn.then(() => refresh(signal));
      turn = mine.catch(() => undefined);
      return mine;
    },
  };
}

async function update(
  listed: ListedFile,
  old: IndexedFile | undefined,
  isNewest: boolean,
  known: Map<string, IndexedFile>,
  signal: AbortSignal,
): Promise<IndexedFile> {
  const isSame = old !== undefined && old.listed.size === listed.size && old.listed.modifiedMs === listed.modifiedMs;
  if (isSame && (old.packing === 'plain' || old.growing === isNewest)) {
    old.listed = listed;
    return old;
  }
  await using handle = await openListed(listed);
  const isAppend = old?.packing === 'plain' && listed.size >= old.end && (await hashHead(handle, old.head.bytes)) === old.head.hash;
  const file: IndexedFile = isAppend ? old : newFile(listed, await detectPacking(handle), isNewest);
  const bytes = Math.min(HEAD_BYTES, listed.size);
  file.head = { bytes, hash: await hashHead(handle, bytes) };
  // A packed file cannot be taken up in the middle, so it becomes known only when it was read to its end.
  if (file.packing === 'plain') known.set(listed.key, file);
  else known.delete(listed.key);
  file.listed = { ...listed, modifiedMs: Number.NaN };
  const options = { packing: file.packing, growing: isNewest, from: file.end, to: listed.size, signal };
  const { rest, start } = await readLines(listed, handle, options, (line, from, end) => {
    add(file, readLine(line), from, end);
    return undefined;
  });
  // A last line without a newline is whole if it can be read; else a file that grows may still bring the rest of it.
  const last = rest.length > 0 ? readLine(rest) : undefined;
  if (last?.request || (last && file.packing !== 'plain' && !isNewest)) add(file, last, start, start + rest.length);
  file.listed = listed;
  known.set(listed.key, file);
  return file;
}

function newFile(listed: ListedFile, packing: Packing, growing: boolean): IndexedFile {
  return {
    ...{ listed, packing, growing, head: { bytes: 0, hash: '' }, blocks: [], end: 0, first: undefined, last: undefined, malformed: 0 },
    streams: { logs: new Map(), spans: new Map(), metric_points: new Map() },
  };
}

async function hashHead(handle: FileHandle, bytes: number): Promise<string> {
  if (bytes === 0) return '';
  return hashHex((await handle.read(Buffer.alloc(bytes), 0, bytes, 0)).buffer.toString('latin1'));
}

function add(file: IndexedFile, line: Line | undefined, start: number, end: number): void {
  file.end = end;
  if (line === undefined) return;
  let block = file.blocks.at(-1);
  if (block === undefined || block.end - block.start >= BLOCK_BYTES) {
    block = { start, end, before: file.last, extents: {}, timeless: new Set() };
    file.blocks.push(block);
  }
  block.end = end;
  const { request, time } = line;
  if (time !== undefined && file.first === undefined) fileTimeless(file, time);
  const filed = time ?? file.last;
  file.last = filed;
  if (request === undefined) {
    file.malformed++;
    file.streams.logs.set(STREAM, undefined);
    extend(block, 'logs', filed);
    return;
  }
  for (const signal of signals) {
    for (const { _timestamp, __name__ } of request.rows[signal]) {
      const stream = signal === 'metric_points' ? String(__name__) : STREAM;
      const type = request.metricTypes.get(stream);
      const recorded = file.streams[signal].get(stream);
      if (recorded === undefined || (type !== undefined && type < recorded)) file.streams[signal].set(stream, type);
      extend(block, signal, _timestamp !== undefined && isPlausible(_timestamp) ? _timestamp : filed);
    }
  }
}

/** Rows without a time that come before the first time of the file are filed under it. */
function fileTimeless(file: IndexedFile, first: Micros): void {
  file.first = first;
  for (const block of file.blocks) for (const signal of block.timeless) extend(block, signal, first);
}

function extend({ extents, timeless }: Block, signal: Signal, time: Micros | undefined): void {
  const extent = extents[signal];
  if (time === undefined) timeless.add(signal);
  else if (extent === undefined) extents[signal] = { from: time, to: time };
  else {
    extent.from = Math.min(extent.from, time);
    extent.to = Math.max(extent.to, time);
  }
}
