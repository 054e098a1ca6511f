import { HOUR, type Micros } from '../../core/time.ts';
import type { Window } from '../../core/window.ts';
import { quoteName } from '../canonical.ts';
import type { ApiClient, SearchAnswer } from './api-client.ts';
import { RequestFailure } from './failure.ts';
import { STREAM_MEMBER, type Staging } from './row-staging.ts';
import { type ApiStream, streamTypes } from './stream-list.ts';

/** Most rows of one answer. OpenObserve builds it in memory, and one of exactly so many rows may have been cut. */
export const SLICE_ROWS = 10_000;

/** Answers are aimed at so many rows and bytes, which leaves room for a slice that is busier than the one before. */
const AIMED_ROWS = 6_000;
const AIMED_BYTES = 8 * 1024 * 1024;

/** How many times longer than the slice before a slice may be: one that had rows, and one that had none. */
const LONGER = 2;
const LONGER_AFTER_NONE = 4;

/** How often in a row a slice is made shorter because OpenObserve was too slow. */
const NARROWINGS = 8;

export interface StreamReadOptions {
  readonly client: ApiClient;
  readonly staging: Staging;
  readonly stream: ApiStream;
  /** Columns to read, `_timestamp` among them. */
  readonly columns: readonly string[];
  readonly range: Window;
  /** How long the last slices were that had the aimed number of rows, by stream; kept from read to read. */
  readonly widths: Map<string, Micros>;
  readonly signal: AbortSignal;
}

interface SliceAnswer extends SearchAnswer {
  /** Of a full answer, the event time of its last row. */
  readonly lastTime: Micros | undefined;
}

/** What a read took. */
export interface ReadCost {
  readonly requests: number;
  readonly bytes: number;
}

/**
 * Reads every row of a stream in the range once, in slices of time that follow one another. A slice whose answer is full is asked again in
 * shorter ones; a full microsecond is asked again with room for more rows. An unknown stream is empty, an unknown column is left out.
 */
export async function readStream(options: StreamReadOptions): Promise<ReadCost> {
  const { stream, range, widths } = options;
  const key = `${stream.signal}/${stream.name}`;
  const longest = stream.maxQueryHours > 0 ? stream.maxQueryHours * HOUR : Number.POSITIVE_INFINITY;
  let columns = options.columns;
  let width = Math.min(widths.get(key) ?? firstWidth(options), longest);
  let limit = SLICE_ROWS;
  let from = range.from;
  let [requests, bytes, narrowings] = [0, 0, 0];
  while (from < range.to) {
    const slice = { from, to: Math.min(from + width, range.to) };
    const length = slice.to - slice.from;
    try {
      requests++;
      const answer = await readSlice(options, columns, slice, limit);
      bytes += answer.bytes;
      narrowings = 0;
      if (answer.rows >= limit) {
        if (length === 1) limit *= 8;
        else width = shorterWidth(slice, answer.lastTime);
        continue;
      }
      limit = SLICE_ROWS;
      from = slice.to;
      const next = Math.min(nextWidth(length, answer), longest);
      // The last slice of a range is cut short, so that it tells little about how long the next may be.
      if (length === width || next > width) widths.set(key, next);
      width = next;
    } catch (error) {
      if (!(error instanceof RequestFailure)) throw error;
      if (error.verdict === 'empty') break;
      if (error.verdict === 'column') columns = without(columns, error);
      else if (error.verdict === 'narrow' && ++narrowings <= NARROWINGS) width = Math.max(1, Math.ceil(length / 2));
      else throw error.error;
    }
  }
  return { requests, bytes };
}

async function readSlice(options: StreamReadOptions, columns: readonly string[], range: Window, limit: number): Promise<SliceAnswer> {
  const { client, staging, stream, signal } = options;
  const type = streamTypes[stream.signal];
  const sql = `SELECT ${columns.map(quoteName).join(', ')} FROM ${quoteName(stream.name)} ORDER BY _timestamp ASC LIMIT ${limit}`;
  await using file = staging.newFile();
  const what = `${type} stream ${stream.name}`;
  const members = `"${STREAM_MEMBER}":${JSON.stringify(stream.name)}`;
  const answer = await client.search({ what, type, sql, range, size: limit, members }, file, signal);
  if (answer.rows >= limit) return { ...answer, lastTime: await file.lastTime() };
  if (answer.rows > 0) await file.add(answer.longestRow);
  return { ...answer, lastTime: undefined };
}

function firstWidth({ stream, range }: StreamReadOptions): Micros {
  const rows = stream.density * (range.to - range.from);
  return Math.ceil((range.to - range.from) / Math.max(1, rows / AIMED_ROWS));
}

/** At most half, less where the rows lie close together. The time of the last row only guides the guess: nothing relies on the order of rows. */
function shorterWidth({ from, to }: Window, lastTime: Micros | undefined): Micros {
  const half = Math.ceil((to - from) / 2);
  if (lastTime === undefined || lastTime <= from) return half;
  return Math.max(1, Math.min(half, Math.floor(((lastTime - from) * AIMED_ROWS) / SLICE_ROWS)));
}

function nextWidth(length: Micros, { rows, bytes }: SearchAnswer): Micros {
  const share = Math.max(rows / AIMED_ROWS, bytes / AIMED_BYTES, 1 / (rows === 0 ? LONGER_AFTER_NONE : LONGER));
  return Math.max(1, Math.floor(length / share));
}

/** The columns without the one that OpenObserve names first: other names that follow are those it does know. */
function without(columns: readonly string[], { said, error }: RequestFailure): readonly string[] {
  const positions = columns.flatMap((name) => {
    const at = said.search(new RegExp(`(?<![a-z0-9_])${name.replace(/[^a-zA-Z0-9_]/g, '\\$&')}(?![a-z0-9_])`, 'i'));
    return at < 0 || name === '_timestamp' ? [] : [{ name, at }];
  });
  const [unknown] = positions.sort((a, b) => a.at - b.at || b.name.length - a.name.length);
  if (unknown === undefined) throw error;
  return columns.filter((name) => name !== unknown.name);
}
