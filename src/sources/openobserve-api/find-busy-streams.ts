import { throwIfAborted } from '../../core/error.ts';
import { HOUR } from '../../core/time.ts';
import type { Window } from '../../core/window.ts';
import { quoteName, quoteText } from '../canonical.ts';
import type { ApiClient } from './api-client.ts';
import { searchRows } from './search-rows.ts';
import { type ApiStream, streamTypes } from './stream-list.ts';

/** Rows are missing from a stream's statistics until they are uploaded and counted, which takes up to about this long. */
const STATISTICS_LAG = HOUR;

/** Streams that one statement counts. */
const COUNTED_AT_ONCE = 50;

/**
 * The streams of one signal that may have rows in the range. Statistics lag and know nothing of a stream that has just begun or begun again, so
 * they never rule a stream out: those that they say are silent are counted, many in one search, and all are read when that does not work.
 */
export async function findBusyStreams(
  client: ApiClient,
  streams: readonly ApiStream[],
  range: Window,
  signal: AbortSignal,
): Promise<ApiStream[]> {
  const seemsBusy = ({ minTime, maxTime }: ApiStream): boolean => maxTime >= range.from - STATISTICS_LAG && minTime < range.to;
  const busy = streams.filter(seemsBusy);
  const silent = streams.filter((stream) => !seemsBusy(stream));
  for (let start = 0; start < silent.length; start += COUNTED_AT_ONCE) {
    const group = silent.slice(start, start + COUNTED_AT_ONCE);
    busy.push(...(group.length === 1 ? group : await withRows(client, group, range, signal)));
  }
  return busy;
}

async function withRows(
  client: ApiClient,
  streams: readonly ApiStream[],
  range: Window,
  signal: AbortSignal,
): Promise<readonly ApiStream[]> {
  const [first] = streams;
  if (first === undefined || streams.some(({ maxQueryHours }) => maxQueryHours > 0 && maxQueryHours * HOUR < range.to - range.from))
    return streams;
  const type = streamTypes[first.signal];
  const counts = streams.map(({ name }) => `SELECT ${quoteText(name)} AS stream_name, count(*) AS row_count FROM ${quoteName(name)}`);
  const what = `the counts of ${streams.length} ${type} streams`;
  try {
    const rows = await searchRows(client, { what, type, range, sql: counts.join(' UNION ALL '), size: streams.length }, signal);
    const empty = new Set(rows.filter((row) => row.row_count === 0).map((row) => row.stream_name));
    return streams.filter(({ name }) => !empty.has(name));
  } catch {
    throwIfAborted(signal);
    return streams;
  }
}
