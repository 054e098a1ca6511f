import type { ClusterStream } from '../../core/push-down.ts';
import { DAY } from '../../core/time.ts';
import { isInSeries, type KeptLabels, quoteName, quoteText } from '../canonical.ts';
import type { ApiStream } from './stream-list.ts';

/** A span longer than this was never closed properly. */
const LONGEST_SPAN = 7 * DAY;

const INTEGERS = new Set(['Int64', 'UInt64']);

/**
 * The stream as OpenObserve's own SQL sees it, which says the same as `toCanonical` does here. Undefined where a column is of a type that would
 * read differently there, such as a label that is a fraction.
 */
export function toClusterStream(stream: ApiStream, keptLabels: KeptLabels = {}): ClusterStream | undefined {
  const { name, signal, metricType } = stream;
  try {
    const expressions = signal === 'metric_points' ? pointColumns(stream) : signal === 'spans' ? spanColumns(stream) : undefined;
    if (expressions === undefined) return undefined;
    const labels = signal === 'metric_points' ? stream.columns.filter(isInSeries).sort() : [];
    const kept = signal === 'metric_points' ? [...(keptLabels[name] ?? [])].sort().filter((label) => stream.columns.includes(label)) : [];
    return {
      ...{ name, signal, from: quoteName(name), columns: expressions },
      ...(metricType === undefined ? {} : { metricType }),
      series: labels.map((label) => text(stream, label)),
      keptLabels: new Map(kept.map((label) => [label, text(stream, label)])),
    };
  } catch (error) {
    if (error instanceof UnlikeHere) return undefined;
    throw error;
  }
}

class UnlikeHere extends Error {}

/** The first of the named columns that is there and not empty, as text. */
function text({ columns, types }: ApiStream, ...names: string[]): string {
  const present = names.flatMap((name) => {
    if (!columns.includes(name)) return [];
    const type = types.get(name) ?? '';
    if (type === 'Utf8' || type === 'LargeUtf8') return [`nullif(${quoteName(name)}, '')`];
    if (INTEGERS.has(type) || type === 'Boolean') return [`CAST(${quoteName(name)} AS VARCHAR)`];
    throw new UnlikeHere(name);
  });
  if (present.length === 0) return 'null';
  return present.length === 1 ? (present[0] ?? 'null') : `coalesce(${present.join(', ')})`;
}

function integer({ columns, types }: ApiStream, name: string): string {
  if (!columns.includes(name)) return 'null';
  if (!INTEGERS.has(types.get(name) ?? '')) throw new UnlikeHere(name);
  return quoteName(name);
}

const among = (values: readonly string[]): string => `IN (${values.map(quoteText).join(', ')})`;

/** A condition on an expression that may be `null`, which then is never met. */
const when = (expression: string, condition: string): string =>
  expression === 'null' ? 'false' : `coalesce(${expression} ${condition}, false)`;

const cases = (branches: readonly (readonly [condition: string, value: string])[], otherwise = 'null'): string => {
  const possible = branches.filter(([condition, value]) => condition !== 'false' && value !== 'null');
  if (possible.length === 0) return otherwise;
  const rest = otherwise === 'null' ? '' : ` ELSE ${otherwise}`;
  return `CASE ${possible.map(([condition, value]) => `WHEN ${condition} THEN ${value}`).join(' ')}${rest} END`;
};

function placeColumns(stream: ApiStream, prefix = ''): Record<string, string> {
  return {
    service_name: text(stream, 'service_name', ...(prefix ? [] : ['service', 'kubernetes_labels_app'])),
    namespace: text(stream, `${prefix}k8s_namespace_name`, ...(prefix ? [] : ['kubernetes_namespace_name', 'namespace'])),
    pod: text(stream, `${prefix}k8s_pod_name`, ...(prefix ? [] : ['kubernetes_pod_name', 'pod'])),
  };
}

function pointColumns(stream: ApiStream): Record<string, string> {
  const type = stream.types.get('value') ?? '';
  if (!stream.columns.includes('value') || !(INTEGERS.has(type) || type === 'Float64')) throw new UnlikeHere('value');
  const value = type === 'Float64' ? '"value"' : 'CAST("value" AS DOUBLE)';
  const temporality = text(stream, 'aggregation_temporality');
  return {
    timestamp: '_timestamp',
    value,
    ...{ le: text(stream, 'le'), quantile: text(stream, 'quantile') },
    temporality: cases([
      [when(temporality, "LIKE '%DELTA'"), "'delta'"],
      [when(temporality, "LIKE '%CUMULATIVE'"), "'cumulative'"],
    ]),
    monotonic: text(stream, 'is_monotonic'),
    ...placeColumns(stream),
    ...{ host: text(stream, 'host_name'), instance: text(stream, 'instance'), job: text(stream, 'job') },
    // A number that is none compares as the greatest; OpenObserve clamps infinities to the largest double.
    rejected: cases([
      [when(text(stream, 'flag'), "LIKE '%NO_RECORDED_VALUE%'"), "'no_recorded_value'"],
      [`${value} IS NULL OR NOT (abs(${value}) < 1.7976931348623157e308)`, "'not_finite'"],
    ]),
  };
}

function spanColumns(stream: ApiStream): Record<string, string> {
  const kind = text(stream, 'span_kind');
  const database = text(stream, 'db_system', 'db_system_name');
  const messaging = text(stream, 'messaging_system');
  const peer = text(stream, 'peer_service');
  const operation = text(stream, 'messaging_operation', 'messaging_operation_type', 'messaging_operation_name');
  const rpc = text(stream, 'rpc_system');
  const web = text(
    stream,
    'http_method',
    'http_request_method',
    'http_url',
    'url_full',
    'http_route',
    'http_status_code',
    'http_response_status_code',
  );
  const url = text(stream, 'url_full', 'http_url');
  const status = text(stream, 'span_status');
  const duration = integer(stream, 'duration');
  const [service, trace, span] = [text(stream, 'service_name'), text(stream, 'trace_id'), text(stream, 'span_id')];
  const lower = (expression: string): string => (expression === 'null' ? 'null' : `lower(${expression})`);
  const upper = (expression: string): string => (expression === 'null' ? 'null' : `upper(${expression})`);
  const names = ['internal', 'server', 'client', 'producer', 'consumer'];
  const isSet = (expression: string): string => (expression === 'null' ? 'false' : `${expression} IS NOT NULL`);
  const spoken = kind === 'null' ? 'null' : `lower(replace(${kind}, 'SPAN_KIND_', ''))`;
  const receives =
    messaging === 'null' ? 'false' : `${isSet(messaging)} AND ${when(lower(operation), among(['receive', 'process', 'deliver']))}`;
  const failures = [when(text(stream, 'status_code'), "= '2'"), when(lower(text(stream, 'error')), "= 'true'")].filter(
    (condition) => condition !== 'false',
  );
  const parent = text(stream, 'reference_parent_span_id');
  return {
    ...{ timestamp: '_timestamp', trace_id: lower(trace), span_id: lower(span) },
    parent_span_id: parent === 'null' ? 'null' : `lower(nullif(${parent}, '0000000000000000'))`,
    ...placeColumns(stream, 'service_'),
    kind: cases([
      [receives, "'consumer'"],
      ...names.map((name, index) => [when(kind, `= '${index + 1}'`), quoteText(name)] as const),
      ...names.map((name) => [when(spoken, `= '${name}'`), quoteText(name)] as const),
      [when(lower(operation), among(['publish', 'send', 'create'])), "'producer'"],
      [when(lower(operation), among(['receive', 'process', 'deliver', 'settle'])), "'consumer'"],
      [isSet(database), "'client'"],
      [isSet(peer), "'client'"],
    ]),
    // As a number: a case of truth values is not the same in all versions.
    failed: cases(
      [
        [when(upper(status), among(['ERROR', 'STATUS_CODE_ERROR'])), '1'],
        [when(upper(status), "= 'OK'"), '0'],
        ...failures.map((condition) => [condition, '1'] as const),
      ],
      '0',
    ),
    duration_us: duration === 'null' ? 'null' : `CASE WHEN ${duration} BETWEEN 0 AND ${LONGEST_SPAN} THEN ${duration} END`,
    protocol: cases([
      [isSet(database), lower(database)],
      [isSet(messaging), lower(messaging)],
      [isSet(rpc), lower(rpc)],
      [isSet(web), "'http'"],
    ]),
    ...{ db_system: database, db_name: text(stream, 'db_namespace', 'db_name') },
    ...{ messaging_system: messaging, messaging_destination: text(stream, 'messaging_destination_name', 'messaging_destination') },
    ...{ peer_service: peer, peer_address: text(stream, 'server_address', 'net_peer_name') },
    // Scheme and authority, from which the host is told here: what follows would make nearly every address a group of its own.
    peer_url:
      url === 'null'
        ? 'null'
        : `CASE WHEN ${url} LIKE '%://%' THEN split_part(${url}, '://', 1) || '://' || split_part(split_part(${url}, '://', 2), '/', 1) END`,
    rejected: cases([
      [service === 'null' ? 'true' : `${service} IS NULL`, "'no_service_name'"],
      [trace === 'null' || span === 'null' ? 'true' : `${trace} IS NULL OR ${span} IS NULL`, "'no_span_id'"],
    ]),
  };
}
