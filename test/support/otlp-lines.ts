import type { Signal } from '../../src/core/signal.ts';
import type { Micros } from '../../src/core/time.ts';

export type Json = string | number | boolean | null | readonly Json[] | { readonly [key: string]: Json };

/** Attributes of plain values in OTLP's JSON encoding: text, whole numbers as text, other numbers, booleans, lists and maps. */
export function toAttributes(values: Readonly<Record<string, Json>>): Json {
  return Object.entries(values).map(([key, value]) => ({ key, value: toAnyValue(value) }));
}

/** One value in OTLP's JSON encoding. */
export function toAnyValue(value: Json): Json {
  if (typeof value === 'string') return { stringValue: value };
  if (typeof value === 'boolean') return { boolValue: value };
  if (typeof value === 'number') return Number.isInteger(value) ? { intValue: String(value) } : { doubleValue: value };
  if (value === null) return {};
  if (isList(value)) return { arrayValue: { values: value.map(toAnyValue) } };
  return { kvlistValue: { values: toAttributes(value) } };
}

const isList = (value: readonly Json[] | { readonly [key: string]: Json }): value is readonly Json[] => Array.isArray(value);

/** µs as OTLP writes times: nanoseconds as text. */
export const toNanos = (time: Micros): string => `${time}000`;

const KEYS: Record<Signal, readonly [string, string, string]> = {
  logs: ['resourceLogs', 'scopeLogs', 'logRecords'],
  spans: ['resourceSpans', 'scopeSpans', 'spans'],
  metric_points: ['resourceMetrics', 'scopeMetrics', 'metrics'],
};

/** One export request with the items (log records, spans or metrics) of one resource, as a line without its newline. */
export function toLine(
  signal: Signal,
  items: readonly Json[],
  resource: Readonly<Record<string, Json>> = { 'service.name': 'cart' },
): string {
  const [resources, scopes, list] = KEYS[signal];
  return JSON.stringify({
    [resources]: [{ resource: { attributes: toAttributes(resource) }, [scopes]: [{ scope: { name: 'test' }, [list]: items }] }],
  });
}
