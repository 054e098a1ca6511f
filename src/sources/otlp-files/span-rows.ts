import { addFields, type KeyValue, type TextFields } from './any-value.ts';
import { type OtlpResource, present, type RawRow, toId, toTimestamp, toUint64 } from './raw-row.ts';

interface SpanLink {
  readonly traceId?: unknown;
  readonly spanId?: unknown;
}

interface Span {
  readonly traceId?: unknown;
  readonly spanId?: unknown;
  readonly parentSpanId?: unknown;
  readonly name?: string;
  readonly kind?: number | string;
  readonly startTimeUnixNano?: unknown;
  readonly endTimeUnixNano?: unknown;
  readonly attributes?: readonly KeyValue[];
  readonly links?: readonly SpanLink[];
  readonly status?: { readonly code?: number | string };
}

export interface ResourceSpans {
  readonly resource?: OtlpResource;
  readonly scopeSpans?: readonly { readonly spans?: readonly Span[] }[];
}

const STATUS_NAMES = ['UNSET', 'OK', 'ERROR'];

/**
 * One row per span. Resource attributes carry the prefix `service_`, and attributes of the span never hide them nor what OTLP itself says.
 * A span of a resource without `service.name` has no `service_name`; OpenObserve would lend it another one.
 */
export function toSpanRows(requests: readonly ResourceSpans[]): RawRow[] {
  const rows: RawRow[] = [];
  for (const { resource, scopeSpans } of requests) {
    const shared = toServiceFields(resource);
    for (const { spans } of scopeSpans ?? []) {
      for (const span of spans ?? []) rows.push(toSpanRow(span, shared));
    }
  }
  return rows;
}

function toServiceFields(resource: OtlpResource | undefined): TextFields {
  const attributes: TextFields = {};
  addFields(attributes, resource?.attributes);
  return Object.fromEntries(Object.entries(attributes).map(([name, text]) => [name === 'service_name' ? name : `service_${name}`, text]));
}

function toSpanRow(span: Span, shared: TextFields): RawRow {
  const fields: TextFields = {};
  addFields(fields, span.attributes);
  const [start, end] = [toUint64(span.startTimeUnixNano), toUint64(span.endTimeUnixNano)];
  const code = toStatusCode(span.status?.code);
  const built = {
    trace_id: toId(span.traceId),
    span_id: toId(span.spanId),
    reference_parent_span_id: toId(span.parentSpanId),
    service_name: shared.service_name,
    operation_name: span.name === undefined ? undefined : String(span.name),
    span_kind: String(span.kind ?? 0),
    span_status: STATUS_NAMES[code],
    status_code: code,
    duration: start !== undefined && end !== undefined ? Number((end - start) / 1000n) : undefined,
    links: span.links?.length ? JSON.stringify(span.links.map(toLink)) : undefined,
  };
  // What the span itself lacks is no invitation to its attributes: `trace_id` is never one.
  for (const name of Object.keys(built)) delete fields[name];
  return { ...fields, ...shared, ...present(built), _timestamp: toTimestamp(span.startTimeUnixNano) };
}

function toStatusCode(code: number | string | undefined): number {
  if (typeof code === 'string') return Math.max(0, ['STATUS_CODE_UNSET', 'STATUS_CODE_OK', 'STATUS_CODE_ERROR'].indexOf(code));
  return code ?? 0;
}

const toLink = (link: SpanLink) => ({ context: { traceId: toId(link.traceId), spanId: toId(link.spanId) } });
