import type { FileHandle } from 'node:fs/promises';
import { open } from 'node:fs/promises';
import { pipeline } from 'node:stream';
import { constants, createGunzip, createZstdDecompress, zstdDecompressSync } from 'node:zlib';
import { ObserveBridgeError, throwIfAborted } from '../../core/error.ts';

/** How the lines of a file are packed; `frames` is what the collector's own `compression: zstd` writes: lengths, each followed by one packed request. */
export type Packing = 'plain' | 'gzip' | 'zstd' | 'frames';

/** A longer line is no export request; holding it would burst the memory. */
export const LONGEST_LINE = 32 * 1024 * 1024;

const NEWLINE = 10;
const ZSTD_MAGIC = 0xfd2fb528;

/** A file as it was listed; `key` names its content through renames. */
export interface ListedFile {
  readonly path: string;
  readonly key: string;
  readonly size: number;
  readonly modifiedMs: number;
}

/** Opens the file that was listed. Rejects with `OB_SOURCE_OBJECT_GONE` when the path names none or another one by now. */
export async function openListed(file: ListedFile): Promise<FileHandle> {
  let handle: FileHandle;
  try {
    handle = await open(file.path, 'r');
  } catch (error) {
    const isGone = (error as NodeJS.ErrnoException).code === 'ENOENT';
    if (isGone) throw gone(file, error);
    throw new ObserveBridgeError('OB_SOURCE_UNREADABLE', 'read', `The file ${file.path} cannot be read.`, error);
  }
  const found = await handle.stat();
  if (toKey(found) === file.key && found.size >= file.size) return handle;
  await handle.close();
  throw gone(file);
}

/** What names a file's content on its disk. */
export const toKey = (file: { readonly dev: number; readonly ino: number }): string => `${file.dev}:${file.ino}`;

const gone = (file: ListedFile, cause?: unknown): ObserveBridgeError =>
  new ObserveBridgeError('OB_SOURCE_OBJECT_GONE', 'read', `The file ${file.path} was moved or removed while it was read.`, cause);

/** Tells the packing from the first bytes. */
export async function detectPacking(handle: FileHandle): Promise<Packing> {
  const { buffer, bytesRead } = await handle.read(Buffer.alloc(8), 0, 8, 0);
  if (bytesRead >= 2 && buffer.readUInt16BE(0) === 0x1f8b) return 'gzip';
  if (bytesRead >= 4 && buffer.readUInt32LE(0) === ZSTD_MAGIC) return 'zstd';
  return bytesRead === 8 && buffer.readUInt32LE(4) === ZSTD_MAGIC ? 'frames' : 'plain';
}

export interface ReadOptions {
  readonly packing: Packing;
  /** Whether a packed file may end before its end, because somebody still writes it. */
  readonly growing: boolean;
  /** Bytes of a plain file to read, `to` exclusive; `from` of a packed one is 0. */
  readonly from: number;
  readonly to: number;
  readonly signal: AbortSignal;
}

/**
 * Calls `visit` with every line in order and the offsets in the unpacked text at which it begins and the next one begins; a line that is too
 * long to hold comes as undefined. Gives what follows the last newline and where it begins. Rejects with `OB_SOURCE_OBJECT_CORRUPT`.
 */
export async function readLines(
  file: ListedFile,
  handle: FileHandle,
  options: ReadOptions,
  visit: (line: Buffer | undefined, start: number, end: number) => Promise<void> | undefined,
): Promise<{ rest: Buffer; start: number }> {
  let [start, held, pieces, tooLong] = [options.from, 0, [] as Buffer[], false];
  for await (const chunk of readChunks(file, handle, options)) {
    throwIfAborted(options.signal);
    let position = 0;
    for (let newline = chunk.indexOf(NEWLINE); newline >= 0; newline = chunk.indexOf(NEWLINE, position)) {
      const piece = chunk.subarray(position, newline);
      const end = start + held + piece.length + 1;
      await visit(tooLong ? undefined : pieces.length === 0 ? piece : Buffer.concat([...pieces, piece]), start, end);
      [start, held, pieces, tooLong, position] = [end, 0, [], false, newline + 1];
    }
    const tail = chunk.subarray(position);
    held += tail.length;
    tooLong ||= held > LONGEST_LINE;
    if (tooLong) pieces = [];
    else if (tail.length > 0) pieces.push(tail);
  }
  return { rest: Buffer.concat(pieces), start };
}

async function* readChunks(file: ListedFile, handle: FileHandle, { packing, growing, from, to }: ReadOptions): AsyncGenerator<Buffer> {
  if (from >= to) return;
  const bytes = handle.createReadStream({ start: from, end: to - 1, autoClose: false, highWaterMark: 256 * 1024 });
  try {
    if (packing === 'plain') yield* bytes;
    else if (packing === 'frames') yield* readFrames(bytes, growing);
    else {
      const unpack =
        packing === 'gzip'
          ? createGunzip(growing ? { finishFlush: constants.Z_SYNC_FLUSH } : {})
          : createZstdDecompress(growing ? { finishFlush: constants.ZSTD_e_flush } : {});
      pipeline(bytes, unpack, () => undefined); // the failure also comes out of the iteration
      yield* unpack;
    }
  } catch (error) {
    if (error instanceof ObserveBridgeError) throw error;
    const isRead = (error as NodeJS.ErrnoException).syscall !== undefined;
    throw isRead
      ? new ObserveBridgeError('OB_SOURCE_UNREADABLE', 'read', `The file ${file.path} cannot be read.`, error)
      : new ObserveBridgeError('OB_SOURCE_OBJECT_CORRUPT', 'read', `The compressed file ${file.path} is damaged or not whole.`, error);
  }
}

/** The collector packs each request by itself and writes its length, 4 bytes, before it. */
async function* readFrames(bytes: AsyncIterable<Buffer>, growing: boolean): AsyncGenerator<Buffer> {
  let pieces: Buffer[] = [];
  let [held, wanted] = [0, 4];
  for await (const chunk of bytes) {
    pieces.push(chunk);
    held += chunk.length;
    if (held < wanted) continue;
    let all = Buffer.concat(pieces);
    for (wanted = 4; all.length >= wanted; wanted = 4) {
      wanted = 4 + all.readUInt32BE(0);
      if (wanted > LONGEST_LINE) throw new RangeError('The length of a request is impossible.');
      if (all.length < wanted) break;
      yield zstdDecompressSync(all.subarray(4, wanted), { maxOutputLength: LONGEST_LINE });
      yield Buffer.of(NEWLINE);
      all = all.subarray(wanted);
    }
    pieces = all.length > 0 ? [all] : [];
    held = all.length;
  }
  if (held > 0 && !growing) throw new RangeError('The last request is not whole.');
}
