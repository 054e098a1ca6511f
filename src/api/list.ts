import { formatTime, type Micros, parseTime } from '../core/time.ts';
import { invalid } from './problem.ts';

/** How many items a list has when the request does not say. */
export const defaultLimit = 100;

/** A list answer from one row more than was asked for; `toCursor` names the last item that is shown. */
export function toList<Row>(
  rows: readonly Row[],
  limit: number,
  now: Micros,
  toCursor: (last: Row) => string,
): { items: Row[]; next_cursor?: string; as_of: string } {
  const items = rows.slice(0, limit);
  const last = items.at(-1);
  return { items, ...(rows.length > limit && last !== undefined ? { next_cursor: toCursor(last) } : {}), as_of: formatTime(now) };
}

/** Text for a cursor of several values. */
export function encodeCursor(values: readonly string[]): string {
  return Buffer.from(JSON.stringify(values)).toString('base64url');
}

/** The values of `encodeCursor`. Throws `OB_REQUEST_INVALID` for text that holds other than `length` of them. */
export function decodeCursor(cursor: string, length: number): string[] {
  try {
    const values: unknown = JSON.parse(Buffer.from(cursor, 'base64url').toString());
    if (Array.isArray(values) && values.length === length && values.every((value) => typeof value === 'string' && !value.includes('\0')))
      return values;
  } catch {
    // The same refusal as for other values.
  }
  throw invalid('`cursor` in the query is not one that this list gave.');
}

/**
 * Whether a time lies between the years 100 and 2255: the database and a number of µs both hold it, and also the times some years before and
 * after it that it is compared with.
 */
export function isStorable(time: Micros): boolean {
  return time >= -59_011_459_200_000_000 && time < 9_000_000_000_000_000;
}

/** A time of the query in µs. Throws `OB_REQUEST_INVALID` for what is none; `name` is the field. */
export function readTime(name: string, text: string): Micros {
  const time = parseTime(text);
  if (time === undefined || !isStorable(time)) throw invalid(`\`${name}\` in the query is not a time.`);
  return time;
}

/** Text that a cursor of a list in pages of a fixed order has. */
export const offsetPattern = '^\\d{1,4}$';

/** Where a page begins, by a cursor of `offsetPattern`. */
export function readOffset(cursor: string | undefined): number {
  if (cursor !== undefined && !new RegExp(offsetPattern).test(cursor))
    throw invalid('`cursor` in the query is not one that this list gave.');
  return Number(cursor ?? 0);
}

/** A list answer from the rows of all pages so far and one row more. */
export function toPageFromOffset<Row>(
  rows: readonly Row[],
  offset: number,
  limit: number,
  now: Micros,
): { items: Row[]; next_cursor?: string; as_of: string } {
  const next = offset + limit;
  const hasMore = rows.length > next && next <= 9999;
  return { items: rows.slice(offset, next), ...(hasMore ? { next_cursor: String(next) } : {}), as_of: formatTime(now) };
}
