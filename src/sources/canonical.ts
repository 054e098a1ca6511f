import { canonicalColumns, type Signal } from '../core/signal.ts';
import { DAY, type Micros } from '../core/time.ts';
import type { Window } from '../core/window.ts';

/** Columns of a raw relation in OpenObserve's stored shape: name to DuckDB type. */
export type RawColumns = ReadonlyMap<string, string>;

/** What a canonical select is made from. */
export interface RawRelation {
  readonly columns: RawColumns;
  /** The relation as it stands in a from clause. */
  readonly from: string;
  /** SQL expression of the stream's name. */
  readonly stream: string;
}

/** Labels that metric rows keep, per metric. */
export type KeptLabels = Readonly<Record<string, readonly string[]>>;

/** Event times outside these bounds come from a broken clock or a wrong unit, never from a system that is observed. */
const PLAUSIBLE: Window = { from: 10_957 * DAY /* 2000-01-01 */, to: 73_049 * DAY /* 2170-01-01 */ };

/** A span longer than this was never closed properly. */
const LONGEST_SPAN: Micros = 7 * DAY;

/** Columns of a metric row that do not tell one series from another. */
const NOT_IN_SERIES = new Set([
  ...[
    '_timestamp',
    '_implausible',
    '_source_file',
    'value',
    '__hash__',
    '__name__',
    'exemplars',
    'trace_id',
    'span_id',
    '_all',
    '_o2_ingest_ts',
  ],
  // OTLP's start time changes with every restart of the process; the reset is seen in the values.
  ...['start_time', 'flag', 'aggregation_temporality', 'is_monotonic'],
]);

/** Whether a column of a metric row tells one series from another. */
export function isInSeries(column: string): boolean {
  return !NOT_IN_SERIES.has(column);
}

/** A name as an SQL identifier. */
export const quoteName = (name: string): string => `"${name.replaceAll('"', '""')}"`;

/** A string as an SQL literal. */
export const quoteText = (text: string): string => `'${text.replaceAll("'", "''")}'`;

/** A condition that keeps the window, for OpenObserve's µs column. */
export function inWindow(window: Window): string {
  return `_timestamp >= ${window.from} and _timestamp < ${window.to}`;
}

/** A condition for rows whose time cannot be true. */
export const implausibleTime = `(_timestamp is null or _timestamp < ${PLAUSIBLE.from} or _timestamp >= ${PLAUSIBLE.to})`;

/** Whether a recorded time can be true. */
export function isPlausible(time: Micros): boolean {
  return time >= PLAUSIBLE.from && time < PLAUSIBLE.to;
}

/** Raw column, the path of the object that a row comes from. */
export const FILE_COLUMN = '_source_file';

/** Raw column, true where a relation files a row with an impossible time under a time of its own choice. */
export const IMPLAUSIBLE_COLUMN = '_implausible';

/**
 * Turns a raw relation in OpenObserve's stored shape into a select of the canonical columns of `core/signal.ts`.
 * Columns that a stream never had are null; a column that widened over time is read as text.
 */
export function toCanonical(signal: Signal, raw: RawRelation, keptLabels: KeptLabels = {}): string {
  const expressions = { logs: logColumns, spans: spanColumns, metric_points: pointColumns }[signal](raw, keptLabels);
  const list = Object.entries(canonicalColumns[signal]).map(([name, type]) => `(${expressions[name] ?? 'null'})::${type} as ${name}`);
  return `select ${list.join(', ')} from ${raw.from}`;
}

/** A select with the canonical columns and no rows. */
export function emptyRelation(signal: Signal): string {
  return `select ${Object.entries(canonicalColumns[signal])
    .map(([name, type]) => `null::${type} as ${name}`)
    .join(', ')} where false`;
}

/** The first of the named columns that is there and not empty, as text. */
function text(columns: RawColumns, ...names: string[]): string {
  const present = names.flatMap((name) => {
    const type = columns.get(name);
    if (!type) return [];
    const column = quoteName(name);
    if (type === 'BLOB') return [`coalesce(try(decode(${column})), ${column}::varchar)`];
    return [type === 'VARCHAR' ? `nullif(${column}, '')` : `nullif(${column}::varchar, '')`];
  });
  if (present.length === 0) return 'null';
  return present.length === 1 ? (present[0] ?? 'null') : `coalesce(${present.join(', ')})`;
}

function implausible(columns: RawColumns): string {
  return columns.has(IMPLAUSIBLE_COLUMN) ? IMPLAUSIBLE_COLUMN : 'false';
}

function placeColumns(columns: RawColumns, prefix = ''): Record<string, string> {
  return {
    service_name: text(columns, 'service_name', ...(prefix ? [] : ['service', 'kubernetes_labels_app'])),
    namespace: text(columns, `${prefix}k8s_namespace_name`, ...(prefix ? [] : ['kubernetes_namespace_name', 'namespace'])),
    pod: text(columns, `${prefix}k8s_pod_name`, ...(prefix ? [] : ['kubernetes_pod_name', 'pod'])),
  };
}

function logColumns({ columns, stream }: RawRelation): Record<string, string> {
  const bodyFields = [...columns.keys()].filter((name) => name.startsWith('body_')).sort();
  // Only fields that the row has, as text: neither the columns of other rows nor a type that widened may change what a line reads like.
  const fields = bodyFields.map((name) => `${quoteText(`${JSON.stringify(name)}:`)} || to_json(${text(columns, name)})::varchar`);
  const structured = fields.length > 0 ? `coalesce('{' || nullif(concat_ws(',', ${fields.join(', ')}), '') || '}', '')` : `''`;
  return {
    timestamp: '_timestamp',
    stream,
    ...placeColumns(columns),
    host: text(columns, 'host_name', 'kubernetes_host', 'host', 'hostname', 'instance'),
    job: text(columns, 'job'),
    severity: text(columns, 'severity', 'level', 'severity_text', 'log_level'),
    body: `coalesce(${text(columns, 'body', 'message', 'log', 'msg')}, ${structured})`,
    trace_id: text(columns, 'trace_id'),
    rejected: `case when ${implausible(columns)} then 'implausible_time' end`,
  };
}

function spanColumns({ columns, stream }: RawRelation): Record<string, string> {
  const kind = text(columns, 'span_kind');
  const database = text(columns, 'db_system', 'db_system_name');
  const messaging = text(columns, 'messaging_system');
  const peer = text(columns, 'peer_service');
  const operation = text(columns, 'messaging_operation', 'messaging_operation_type', 'messaging_operation_name');
  const recorded = columns.has('duration') ? `try_cast(${quoteName('duration')} as bigint)` : 'null';
  const status = `upper(coalesce(${text(columns, 'span_status')}, ''))`;
  return {
    timestamp: '_timestamp',
    stream,
    trace_id: `lower(${text(columns, 'trace_id')})`,
    span_id: `lower(${text(columns, 'span_id')})`,
    parent_span_id: `lower(nullif(${text(columns, 'reference_parent_span_id')}, '0000000000000000'))`,
    ...placeColumns(columns, 'service_'),
    operation: text(columns, 'operation_name'),
    // The number comes first because nearly all spans have one. Without a recorded kind the attributes that only one side sets still tell it.
    // A poll for messages is recorded as a client by newer conventions; it is the consumer's half all the same.
    kind: `coalesce(case when ${messaging} is not null and lower(${operation}) in ('receive', 'process', 'deliver') then 'consumer' end,
      ['internal', 'server', 'client', 'producer', 'consumer'][nullif(try_cast(${kind} as utinyint), 0)],
      case lower(replace(${kind}, 'SPAN_KIND_', '')) when 'internal' then 'internal' when 'server' then 'server' when 'client' then 'client'
        when 'producer' then 'producer' when 'consumer' then 'consumer' end,
      case when lower(${operation}) in ('publish', 'send', 'create') then 'producer'
        when lower(${operation}) in ('receive', 'process', 'deliver', 'settle') then 'consumer'
        when ${database} is not null or ${peer} is not null then 'client' end)`,
    failed: `coalesce(${status} in ('ERROR', 'STATUS_CODE_ERROR') or (${status} <> 'OK' and (${text(columns, 'status_code')} = '2' or lower(${text(columns, 'error')}) = 'true')), false)`,
    duration_us: `case when ${recorded} between 0 and ${LONGEST_SPAN} then ${recorded} end`,
    protocol: `case when ${database} is not null then lower(${database}) when ${messaging} is not null then lower(${messaging}) when ${text(columns, 'rpc_system')} is not null then lower(${text(columns, 'rpc_system')})
      when ${text(columns, 'http_method', 'http_request_method', 'http_url', 'url_full', 'http_route', 'http_status_code', 'http_response_status_code')} is not null then 'http' end`,
    db_system: database,
    db_name: text(columns, 'db_namespace', 'db_name'),
    messaging_system: messaging,
    messaging_destination: text(columns, 'messaging_destination_name', 'messaging_destination'),
    peer_service: peer,
    peer_address: text(columns, 'server_address', 'net_peer_name'),
    peer_url_host: `nullif(regexp_extract(${text(columns, 'url_full', 'http_url')}, '^[a-zA-Z][a-zA-Z0-9+.-]*://(?:[^/@]*@)?(\\[[^\\]]+\\]|[^/:?#]+)', 1), '')`,
    links: `nullif(${text(columns, 'links')}, '[]')`,
    rejected: `case when ${implausible(columns)} then 'implausible_time' when ${text(columns, 'service_name')} is null then 'no_service_name'
      when ${text(columns, 'trace_id')} is null or ${text(columns, 'span_id')} is null then 'no_span_id' end`,
  };
}

function pointColumns({ columns, stream }: RawRelation, keptLabels: KeptLabels): Record<string, string> {
  const labels = [...columns.keys()].filter(isInSeries).sort();
  const identity = (names: string[]): string => `hash(${[stream, ...names.map((name) => text(columns, name))].join(', ')})`;
  const inFamily = labels.filter((name) => name !== 'le' && name !== 'quantile');
  const kept = Object.entries(keptLabels).map(([metric, names]) => {
    const parts = [...names].sort().filter((name) => columns.has(name));
    const pairs = parts.map((name) => `${quoteText(`${name}="`)} || ${text(columns, name)} || '"'`);
    return `when ${quoteText(metric)} then coalesce('{' || nullif(concat_ws(',', ${pairs.join(', ') || 'null'}), '') || '}', '')`;
  });
  const value = columns.has('value') ? 'try_cast("value" as double)' : 'null::double';
  // OpenObserve clamps infinities to the largest double.
  const finite = `isfinite(${value}) and abs(${value}) < 1.7976931348623157e308`;
  const flag = text(columns, 'flag');
  return {
    timestamp: '_timestamp',
    stream,
    series: identity(labels),
    family_series: inFamily.length > 0 ? `hash(${inFamily.map((name) => text(columns, name)).join(', ')})` : '0',
    value,
    le: text(columns, 'le'),
    quantile: text(columns, 'quantile'),
    temporality: `case when ${text(columns, 'aggregation_temporality')} like '%DELTA' then 'delta' when ${text(columns, 'aggregation_temporality')} like '%CUMULATIVE' then 'cumulative' end`,
    monotonic: `try_cast(${text(columns, 'is_monotonic')} as boolean)`,
    ...placeColumns(columns),
    host: text(columns, 'host_name'),
    instance: text(columns, 'instance'),
    job: text(columns, 'job'),
    kept_labels: kept.length > 0 ? `case ${stream} ${kept.join(' ')} else '' end` : `''`,
    rejected: `case when ${implausible(columns)} then 'implausible_time' when ${flag} like '%NO_RECORDED_VALUE%' then 'no_recorded_value' when ${value} is null or not (${finite}) then 'not_finite' end`,
  };
}
