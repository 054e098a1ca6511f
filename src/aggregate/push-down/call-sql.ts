import type { ClusterStream } from '../../core/push-down.ts';
import { LOG_GAMMA, ZERO_BIN } from '../../core/sketch.ts';
import { MINUTE, type Micros, SECOND } from '../../core/time.ts';
import type { Window } from '../../core/window.ts';
import { minuteStart } from './minute.ts';

/** Columns of a client span that say whom it calls. */
export const PEER_COLUMNS = ['db_system', 'db_name', 'peer_service', 'peer_address', 'peer_url'] as const;

/** What a statement about calls is made from. */
export interface CallScope {
  readonly stream: ClusterStream;
  readonly part: Window;
  readonly lookback: Micros;
  readonly lookahead: Micros;
  /** Whether spans are stored more than once. */
  readonly repeated: boolean;
}

/** Clocks of different hosts differ by this much at most before a parent seems to start after its child. */
const CLOCK_SKEW: Micros = 5 * SECOND;

/** Ancestors within one service that are looked at above the parent of a call. */
const CLIMBED = 3;

const TYPES: Readonly<Record<string, string>> = { duration_us: 'BIGINT', failed: 'BIGINT' };
const COLUMNS = [
  'trace_id',
  'span_id',
  'parent_span_id',
  'service_name',
  'namespace',
  'kind',
  'failed',
  'duration_us',
  'protocol',
  ...PEER_COLUMNS,
];

const inPart = (span: string, { from, to }: Window): string => `${span}.minute_start >= ${from} AND ${span}.minute_start < ${to}`;
const lastMoment = (span: string): string => `${span}.minute_start + ${MINUTE - 1}`;
const isInside = (span: string): string => `(${span}.kind IS NULL OR ${span}.kind = 'internal')`;
const sameService = (one: string, other: string): string =>
  `(${one}.service_name = ${other}.service_name AND (${one}.namespace = ${other}.namespace OR ${one}.namespace IS NULL OR ${other}.namespace IS NULL))`;

/** One row per minute and reason of rejection: stored rows, and how many of them are about messages. */
export function compileSpanSurvey({ from, columns }: ClusterStream): string {
  const { kind, messaging_system: system, rejected } = columns;
  const messaging = [
    ...(kind === 'null' ? [] : [`kind IN ('producer', 'consumer')`]),
    ...(system === 'null' ? [] : ['messaging_system IS NOT NULL']),
  ];
  const selected = [
    `${minuteStart} AS minute_start`,
    `${rejected} AS rejected`,
    ...(kind === 'null' ? [] : [`${kind} AS kind`]),
    ...(system === 'null' ? [] : [`${system} AS messaging_system`]),
  ];
  const about = messaging.length > 0 ? `CASE WHEN rejected IS NULL AND (${messaging.join(' OR ')}) THEN 1 ELSE 0 END` : '0';
  return `SELECT minute_start, rejected, count(*) AS row_count, sum(${about}) AS messaging FROM (SELECT ${selected.join(', ')} FROM ${from}) AS stored GROUP BY minute_start, rejected`;
}

/**
 * One row per minute of the part and the time around it: spans that begin in the part and the copies that they are stored in; the most copies of one
 * span, and the most different spans with one id.
 */
export function compileRepetition(scope: CallScope): string {
  const keys = ['t', 'minute_start', 'trace_key', ...COLUMNS].join(', ');
  const shapes = `SELECT ${keys}, count(*) AS copies FROM (${compileStored(scope.stream)}) AS stored WHERE rejected IS NULL GROUP BY ${keys}`;
  const spans = `SELECT trace_key, span_id, min(minute_start) AS minute_start, count(*) AS shapes, sum(copies) AS copies FROM (${shapes}) AS shapes GROUP BY trace_key, span_id`;
  const counted = (value: string): string => `sum(CASE WHEN ${inPart('spans', scope.part)} THEN ${value} ELSE 0 END)`;
  return `SELECT minute_start, ${counted('1')} AS span_count, ${counted('copies')} AS copies, max(copies) AS most_copies, max(shapes) AS most_shapes FROM (${spans}) AS spans GROUP BY minute_start`;
}

/** One row: how many calls climb further than is looked at (`deep`), and how many have clocks apart or a late answer of a database (`skewed`). */
export function compileOddities(scope: CallScope): string {
  const deepest = `p${CLIMBED}`;
  const ancestors = Array.from({ length: CLIMBED + 1 }, (_, level) => `p${level}`);
  const skewed = ancestors.flatMap((ancestor, level) => [
    `${ancestor}.t > ${lastMoment(ancestors[level - 1] ?? 's')} + ${CLOCK_SKEW}`,
    `(${ancestor}.kind = 'client' AND ${ancestor}.db_system IS NOT NULL AND s.t > ${lastMoment(ancestor)} + ${CLOCK_SKEW})`,
  ]);
  const count = (condition: string): string => `sum(CASE WHEN ${condition} THEN 1 ELSE 0 END)`;
  const deep = `${deepest}.span_id IS NOT NULL AND ${isInside(deepest)} AND ${deepest}.parent_span_id IS NOT NULL`;
  return `${compileSpans(scope)} SELECT ${count(deep)} AS deep, ${count(skewed.join(' OR '))} AS skewed, count(*) AS links FROM ${climb(scope)}`;
}

/** One row per minute, caller, callee, protocol, outcome and bins of the latencies: spans whose parent belongs to another service. */
export function compileCalls(scope: CallScope): string {
  const { part, stream } = scope;
  const calls =
    `SELECT s.minute_start, p0.service_name AS source_name, p0.namespace AS source_namespace, s.service_name AS target_name, s.namespace AS target_namespace, ` +
    `coalesce(s.protocol, ${ofClient('protocol')}, p0.protocol, 'unknown') AS protocol, CASE WHEN s.failed = 1 OR ${ofClient('failed')} = 1 THEN 1 ELSE 0 END AS failed, ` +
    `coalesce(s.duration_us, ${ofClient('duration_us')}) AS latency, ${ofClient('duration_us')} AS client_latency, s.t, s.trace_id ` +
    `FROM ${climb(scope)} AND ${inPart('s', part)} AND NOT ${sameService('s', 'p0')}`;
  const keys = 'minute_start, source_name, source_namespace, target_name, target_namespace, protocol, failed';
  return `${compileSpans(scope)} ${groupCalls(keys, calls, stream)}`;
}

/**
 * One row per minute, caller, peer, protocol, outcome and bin of the latency: client spans that nobody is seen to answer. Those that are answered
 * are rows with `answered` that tell the peer only.
 */
export function compileUnanswered(scope: CallScope): string {
  const { part, stream, lookahead } = scope;
  const answered =
    `SELECT trace_key, client_id FROM (SELECT s.trace_key, s.t, ${ofClient('span_id')} AS client_id, ${ofClient('minute_start')} AS client_minute FROM ${climb(scope)}) AS answers ` +
    `WHERE client_id IS NOT NULL AND t <= client_minute + ${MINUTE - 1 + lookahead} GROUP BY trace_key, client_id`;
  const unless = (expression: string): string => `CASE WHEN a.client_id IS NULL THEN ${expression} END`;
  const calls =
    `SELECT c.minute_start, CASE WHEN a.client_id IS NULL THEN 0 ELSE 1 END AS answered, ${PEER_COLUMNS.map((name) => `c.${name}`).join(', ')}, ` +
    `${['service_name', 'namespace'].map((name) => `${unless(`c.${name}`)} AS source_${name === 'namespace' ? name : 'name'}`).join(', ')}, ` +
    `${unless(`coalesce(c.protocol, 'unknown')`)} AS protocol, ${unless('c.failed')} AS failed, ${unless('c.duration_us')} AS latency, ` +
    `${unless('c.duration_us')} AS client_latency, c.t, c.trace_id ` +
    `FROM ob_spans AS c LEFT JOIN (${answered}) AS a ON a.trace_key = c.trace_key AND a.client_id = c.span_id WHERE c.kind = 'client' AND ${inPart('c', part)}`;
  const keys = ['minute_start', 'answered', ...PEER_COLUMNS, 'source_name', 'source_namespace', 'protocol', 'failed'].join(', ');
  return `${compileSpans(scope)} ${groupCalls(keys, calls, stream)}`;
}

function groupCalls(keys: string, calls: string, stream: ClusterStream): string {
  const bin = (value: string): string =>
    `CASE WHEN ${value} > 0 THEN CAST(ceil(ln(CAST(${value} AS DOUBLE)) / ${LOG_GAMMA}) AS BIGINT) WHEN ${value} IS NOT NULL THEN ${ZERO_BIN} END`;
  const evidence =
    `CASE WHEN failed = 1 THEN '1' ELSE '0' END || lpad(CAST(coalesce(latency, 0) AS VARCHAR), 16, '0') || '|' || CAST(t AS VARCHAR) || '|' || trace_id || ` +
    `'|${stream.name.replaceAll("'", "''")}'`;
  return (
    `SELECT ${keys}, latency_bin, client_bin, count(*) AS calls, max(evidence) AS evidence FROM (SELECT ${keys}, ${bin('latency')} AS latency_bin, ` +
    `${bin('client_latency')} AS client_bin, ${evidence} AS evidence FROM (${calls}) AS calls) AS binned GROUP BY ${keys}, latency_bin, client_bin`
  );
}

/** A column of the nearest client span of its service that a span happens below. */
function ofClient(column: string): string {
  return `CASE ${Array.from({ length: CLIMBED + 1 }, (_, level) => `WHEN p${level}.kind = 'client' THEN p${level}.${column}`).join(' ')} END`;
}

/**
 * From the first span of a piece of work, and from every client span (`s`), its parent (`p0`) and as far as needed the spans of the parent's service
 * above that (`p1` …), up to the client span that all happens below. Ends in a where clause.
 */
function climb({ lookback }: CallScope): string {
  const visible = (ancestor: string, ...children: string[]): string =>
    children.map((child) => `${ancestor}.t >= ${child}.minute_start - ${lookback}`).join(' AND ');
  const linked = (child: string, parent: string): string =>
    `${parent}.trace_key = ${child}.trace_key AND ${parent}.span_id = ${child}.parent_span_id`;
  const joins = Array.from({ length: CLIMBED }, (_, index) => {
    const [child, parent] = [`p${index}`, `p${index + 1}`];
    return `LEFT JOIN ob_spans AS ${parent} ON ${linked(child, parent)} AND ${isInside(child)} AND ${sameService(child, parent)} AND ${visible(parent, child, 's')}`;
  });
  return (
    `ob_spans AS s JOIN ob_spans AS p0 ON ${linked('s', 'p0')} AND ${visible('p0', 's')} ${joins.join(' ')} ` +
    `WHERE (s.kind IN ('server', 'client') OR NOT ${sameService('s', 'p0')})`
  );
}

/** The spans that can be used, each once. */
function compileSpans({ stream, repeated }: CallScope): string {
  const keys = ['t', 'minute_start', 'trace_key', ...COLUMNS].join(', ');
  return `WITH ob_spans AS (SELECT ${keys} FROM (${compileStored(stream)}) AS stored WHERE rejected IS NULL${repeated ? ` GROUP BY ${keys}` : ''})`;
}

function compileStored({ from, columns }: ClusterStream): string {
  const selected = [...COLUMNS, 'rejected'].map((name) => {
    const expression = columns[name] ?? 'null';
    return `${expression === 'null' ? `CAST(NULL AS ${TYPES[name] ?? 'VARCHAR'})` : expression} AS ${name}`;
  });
  // 64-bit and 128-bit ids that share their lower half are one trace.
  const trace = `lpad(right(${columns.trace_id}, 16), 16, '0') AS trace_key`;
  return `SELECT _timestamp AS t, ${minuteStart} AS minute_start, ${trace}, ${selected.join(', ')} FROM ${from}`;
}
