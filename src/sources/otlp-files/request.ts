import type { Signal } from '../../core/signal.ts';
import { type ResourceLogs, toLogRows } from './log-rows.ts';
import { type ResourceMetrics, toPointRows } from './point-rows.ts';
import type { RawRow } from './raw-row.ts';
import { type ResourceSpans, toSpanRows } from './span-rows.ts';

/** What one line of a file holds. */
export interface Request {
  readonly rows: Readonly<Record<Signal, readonly RawRow[]>>;
  /** By metric stream, its type. */
  readonly metricTypes: ReadonlyMap<string, string>;
}

interface OtlpRequest {
  readonly resourceLogs?: readonly ResourceLogs[];
  readonly resourceSpans?: readonly ResourceSpans[];
  readonly resourceMetrics?: readonly ResourceMetrics[];
}

/** Integers with so many digits may not fit into a JavaScript number. */
const LONG_INTEGER = /[:[,]\s*-?\d{16}/;

/** Reads a line as an export request of OTLP in its JSON encoding; undefined when it is none. Unknown fields are passed over. */
export function parseRequest(line: string): Request | undefined {
  try {
    const request: OtlpRequest | null = LONG_INTEGER.test(line) ? JSON.parse(line, keepLongInteger) : JSON.parse(line);
    if (request === null || typeof request !== 'object' || Array.isArray(request)) return undefined;
    const { resourceLogs, resourceSpans, resourceMetrics } = request;
    const isEmpty = Object.keys(request).length === 0;
    if (!isEmpty && resourceLogs === undefined && resourceSpans === undefined && resourceMetrics === undefined) return undefined;
    const points = toPointRows(resourceMetrics ?? []);
    return {
      rows: { logs: toLogRows(resourceLogs ?? []), spans: toSpanRows(resourceSpans ?? []), metric_points: points.rows },
      metricTypes: points.types,
    };
  } catch {
    return undefined;
  }
}

function keepLongInteger(this: unknown, _key: string, value: unknown, context?: { source?: string }): unknown {
  const isLong = typeof value === 'number' && !Number.isSafeInteger(value) && /^-?\d+$/.test(context?.source ?? '');
  return isLong ? context?.source : value;
}
