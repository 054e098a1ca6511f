import { formatTime } from '../core/time.ts';
import { type Span, sumsOf } from './spans.ts';

/** A statement of the rows of tenant `$1` in a span: `columns` of the sums of log patterns. `bind` gives placeholders, `where` restricts further. */
export function patternRows({ hours, from, to }: Span, bind: (value: unknown) => string, columns: string, where = ''): string {
  const source =
    hours === 0
      ? '(select *, bucket as last_bucket, case when count_error > 0 then bucket end as last_error_bucket from log_pattern_5m) c'
      : sumsOf('log_pattern_5m', hours);
  return `select ${columns} from ${source}
    where tenant_id = $1 and bucket >= ${bind(formatTime(from))}::timestamptz and bucket < ${bind(formatTime(to))}::timestamptz ${where}`;
}
