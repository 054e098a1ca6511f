import { DAY, formatTime, HOUR, type Micros, parseTime } from '../core/time.ts';
import type { Window } from '../core/window.ts';
import type { Bind } from './bind.ts';
import type { Queryable } from './db.ts';

/** Tables of minutes and of five minutes whose hours and days are summed up. */
export type RolledTable = 'metric_1m' | 'service_call_5m' | 'log_pattern_5m';

/** Lengths of time that are summed up. */
export type RolledHours = 1 | 24;

/** The table that holds the sums of a table per hour or day. */
export const sumsOf = (table: RolledTable, hours: RolledHours): string => table.replace(/_\dm$/, hours === 1 ? '_1h' : '_1d');

/** What is true of the rows of tenant `$1` in a span. */
export const isWithin = ({ from, to }: Window, bind: Bind): string =>
  `tenant_id = $1 and bucket >= ${bind(formatTime(from))}::timestamptz and bucket < ${bind(formatTime(to))}::timestamptz`;

/** A part of a range and what answers it: sums of one hour or of 24, or with 0 the rows of the table themselves. */
export interface Span extends Window {
  readonly hours: 0 | RolledHours;
  /** Buckets of the table in which the tenant has rows; unknown where no sums are kept. */
  readonly buckets?: number;
}

/** Ranges shorter than this hold too few whole hours to ask for them. */
const SHORTEST = 3 * HOUR;
/** Every span is a branch of the statement that reads it. Where so many hours lack their sums, reading the rows is as quick. */
const MOST = 24;

/**
 * Cuts a range into the fewest spans, in order and without gaps: whole days and hours where their sums are kept, rows of the table elsewhere.
 * With `grid` no sum crosses a multiple of it. Sums stay when their mark goes, so that an answer that is being read meanwhile is one of a moment
 * ago.
 */
export async function planSpans(db: Queryable, tenantId: string, table: RolledTable, range: Window, grid?: Micros): Promise<Span[]> {
  const whole: Span[] = [{ ...range, hours: 0 }];
  if (range.to - range.from < SHORTEST || (grid !== undefined && grid % HOUR !== 0)) return whole;
  const marks = await db.query<{ hours: RolledHours; bucket: string; buckets: number }>(
    `select hours, bucket, buckets from rollup_bucket m
     where tenant_id = $1 and table_name = $2 and bucket >= $3::timestamptz and bucket <= $4::timestamptz and (hours = 1 or $6 and bucket <= $5::timestamptz)
       and not (hours = 1 and $6 and exists (
         select from rollup_bucket d where d.tenant_id = $1 and d.table_name = $2 and d.bucket = date_trunc('day', m.bucket) and d.hours = 24
           and d.bucket >= $3::timestamptz and d.bucket <= $5::timestamptz))
     order by bucket`,
    [
      ...[tenantId, table, formatTime(range.from), formatTime(range.to - HOUR), formatTime(range.to - DAY)],
      grid === undefined || grid % DAY === 0,
    ],
  );
  const spans: Span[] = [];
  let reached = range.from;
  for (const { hours, bucket, buckets } of marks) {
    const from = parseTime(bucket) ?? 0;
    if (from < reached) continue;
    if (from > reached) spans.push({ from: reached, to: from, hours: 0 });
    reached = from + hours * HOUR;
    const last = spans.at(-1);
    if (last?.hours === hours) spans[spans.length - 1] = { ...last, to: reached, buckets: (last.buckets ?? 0) + buckets };
    else spans.push({ from, to: reached, hours, buckets });
  }
  if (reached < range.to) spans.push({ from: reached, to: range.to, hours: 0 });
  return spans.length > MOST ? whole : spans;
}
