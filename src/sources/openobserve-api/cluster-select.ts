import type { ClusterQuery, ClusterRow } from '../../core/push-down.ts';
import { HOUR, MINUTE } from '../../core/time.ts';
import { floorTo } from '../../core/window.ts';
import type { ApiClient } from './api-client.ts';
import { RequestFailure } from './failure.ts';
import { SLICE_ROWS } from './read-stream.ts';
import { searchRows } from './search-rows.ts';
import { streamTypes } from './stream-list.ts';

/**
 * Runs the statement for the whole window, or for parts of it: for half the minutes when the answer is full or takes OpenObserve too long. A
 * full minute is asked again with room for more rows. `onSearch` is called for each search.
 */
export async function selectInCluster(
  { client, maxQueryHours, onSearch, signal }: { client: ApiClient; maxQueryHours: number; onSearch(): void; signal: AbortSignal },
  query: ClusterQuery,
): Promise<ClusterRow[]> {
  const { stream, window, lookback, lookahead } = query;
  const type = streamTypes[stream.signal];
  const what = `${type} stream ${stream.name}`;
  const longest =
    maxQueryHours > 0 ? Math.max(MINUTE, floorTo(maxQueryHours * HOUR - lookback - lookahead, MINUTE)) : Number.POSITIVE_INFINITY;
  const found: ClusterRow[] = [];
  let [from, width, limit] = [window.from, Math.min(window.to - window.from, longest), SLICE_ROWS];
  while (from < window.to) {
    const part = { from, to: Math.min(from + width, window.to) };
    const half = Math.ceil((part.to - part.from) / 2 / MINUTE) * MINUTE;
    const range = { from: part.from - lookback, to: part.to + lookahead };
    try {
      onSearch();
      const sql = `${query.toSql(part)} LIMIT ${limit}`;
      const rows = (await searchRows(client, { what, type, sql, range, size: limit }, signal)) as ClusterRow[];
      if (rows.length >= limit) {
        if (part.to - part.from > MINUTE) width = half;
        else limit *= 8;
        continue;
      }
      found.push(...rows);
      [from, limit] = [part.to, SLICE_ROWS];
    } catch (error) {
      if (!(error instanceof RequestFailure)) throw error;
      if (error.verdict === 'empty') return found;
      if (error.verdict !== 'narrow' || part.to - part.from <= MINUTE) throw error.error;
      width = half;
    }
  }
  return found;
}
