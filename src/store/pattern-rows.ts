import type { Bind } from './bind.ts';
import { isWithin, type Span, sumsOf } from './spans.ts';

/** A statement of the rows of tenant `$1` in a span: `columns` of the sums of log patterns. `bind` gives placeholders, `where` restricts further. */
export function patternRows(span: Span, bind: Bind, columns: string, where = ''): string {
  const source =
    span.hours === 0
      ? '(select *, bucket as last_bucket, case when count_error > 0 then bucket end as last_error_bucket from log_pattern_5m) c'
      : sumsOf('log_pattern_5m', span.hours);
  return `select ${columns} from ${source} where ${isWithin(span, bind)} ${where}`;
}
