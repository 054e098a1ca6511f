import { type AnyValue, addFields, type KeyValue, type TextFields, toText } from './any-value.ts';
import { type OtlpResource, type OtlpScope, present, type RawRow, scopeFields, toId, toTimestamp } from './raw-row.ts';

/** OpenObserve flattens the maps of a log record to this depth. */
const FLATTEN_DEPTH = 3;

interface LogRecord {
  readonly timeUnixNano?: unknown;
  readonly observedTimeUnixNano?: unknown;
  readonly severityText?: string;
  readonly severityNumber?: number | string;
  readonly body?: AnyValue;
  readonly attributes?: readonly KeyValue[];
  readonly traceId?: unknown;
}

export interface ResourceLogs {
  readonly resource?: OtlpResource;
  readonly scopeLogs?: readonly { readonly scope?: OtlpScope; readonly logRecords?: readonly LogRecord[] }[];
}

/** One row per log record; attributes of the record hide those of the resource. */
export function toLogRows(requests: readonly ResourceLogs[]): RawRow[] {
  const rows: RawRow[] = [];
  for (const { resource, scopeLogs } of requests) {
    const shared: TextFields = {};
    addFields(shared, resource?.attributes, '', FLATTEN_DEPTH);
    for (const { scope, logRecords } of scopeLogs ?? []) {
      const scoped = { ...shared, ...scopeFields(scope) };
      for (const record of logRecords ?? []) rows.push(toLogRow(record, scoped));
    }
  }
  return rows;
}

function toLogRow(record: LogRecord, shared: TextFields): RawRow {
  const fields = { ...shared };
  addFields(fields, record.attributes, '', FLATTEN_DEPTH);
  const built = present({
    severity: record.severityText || (record.severityNumber ? String(record.severityNumber) : undefined),
    // Shippers that have no body put the line into one of these, which OpenObserve's users read before a structured body.
    body: record.body?.kvlistValue == null ? toText(record.body) : fields.message || fields.log || fields.msg || toBody(record.body),
    trace_id: toId(record.traceId),
  });
  return { ...fields, ...built, _timestamp: toTimestamp(record.timeUnixNano) ?? toTimestamp(record.observedTimeUnixNano) };
}

/** A structured body reads like the `body_*` columns that OpenObserve makes of it: one flat object with sorted keys and text values. */
function toBody(body: AnyValue): string | undefined {
  const fields: TextFields = {};
  addFields(fields, body.kvlistValue?.values, 'body_', FLATTEN_DEPTH - 1);
  const names = Object.keys(fields)
    .filter((name) => fields[name] !== '')
    .sort();
  if (names.length === 0) return undefined;
  return `{${names.map((name) => `${JSON.stringify(name)}:${JSON.stringify(fields[name])}`).join(',')}}`;
}
