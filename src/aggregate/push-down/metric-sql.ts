import type { ClusterStream } from '../../core/push-down.ts';
import type { Micros } from '../../core/time.ts';
import type { Window } from '../../core/window.ts';
import { minuteStart } from './minute.ts';

/** How the rows of a metric stream are aggregated. */
export type PushedKind = 'gauge' | 'cumulative' | 'delta';

/** Canonical columns that say where a point comes from. */
export const PLACE_COLUMNS = ['service_name', 'namespace', 'pod', 'host', 'instance', 'job'] as const;

/** A sample further back than this is not the one before. */
const LONGEST_GAP: Micros = 300_000_000;

const QUANTILE = 'CAST(0.95 AS DOUBLE)';

/**
 * One row per minute, identity (`k0` …: the place columns, then the kept labels), temporality, monotonicity and reason of rejection, with the
 * number of stored rows. What the stream has no column for is absent.
 */
export function compileSurvey(stream: ClusterStream): string {
  const { temporality = 'null', monotonic = 'null', rejected = 'null' } = stream.columns;
  const named = [
    [minuteStart, 'minute_start'],
    ...identityColumns(stream).map((expression, index) => [expression, `k${index}`]),
    ...[
      [temporality, 'temporality'],
      [monotonic, 'monotonic'],
      [rejected, 'rejected'],
    ],
  ].filter(([expression]) => expression !== 'null');
  const keys = named.map(([, name]) => name).join(', ');
  const columns = named.map(([expression, name]) => `${expression} AS ${name}`).join(', ');
  return `SELECT ${keys}, count(*) AS row_count FROM (SELECT ${columns} FROM ${stream.from}) AS points GROUP BY ${keys}`;
}

/** Expressions of what tells the resource and the metric of a point, `null` where there is none. */
export function identityColumns({ columns, keptLabels }: ClusterStream): string[] {
  return [...PLACE_COLUMNS.map((name) => columns[name] ?? 'null'), ...keptLabels.values()];
}

/** A value of each identity column, null where there is none. */
export type Identity = readonly (string | null)[];

/**
 * One row per minute of the part and identity: `points` and the `copies` that they were stored in, `samples` and `series` that count, their
 * `total` and extremes, the neighbours of the 0.95 quantile, and for gauges the sum of the last samples. Sums run over sorted values, so that
 * they depend on neither the order of the rows nor how they are spread. `identities` are numbered from 0 on; rows of others have none.
 */
export function compileMetric(stream: ClusterStream, kind: PushedKind, identities: readonly (readonly Identity[])[], part: Window): string {
  return kind === 'gauge' ? compileGauge(stream, identities) : compileCounter(stream, kind, identities, part);
}

function compileGauge(stream: ClusterStream, identities: readonly (readonly Identity[])[]): string {
  const { points, labels } = compilePoints(stream, identities);
  const group = 'minute_start, identity';
  const byValue = `OVER (PARTITION BY ${group} ORDER BY v)`;
  const marked = `SELECT ${group}, v, copies, row_number() OVER (PARTITION BY ${[group, ...labels].join(', ')} ORDER BY t DESC) AS newest FROM (${points}) AS deduplicated`;
  const ordered =
    `SELECT ${group}, v, copies, newest, row_number() ${byValue} AS nth, count(*) OVER (PARTITION BY ${group}) AS n, sum(v) ${byValue} AS running, ` +
    `sum(CASE WHEN newest = 1 THEN v ELSE 0 END) ${byValue} AS running_last FROM (${marked}) AS marked`;
  return (
    `SELECT ${group}, count(*) AS points, sum(copies) AS copies, count(*) AS samples, sum(CASE WHEN newest = 1 THEN 1 ELSE 0 END) AS series, ` +
    `max(CASE WHEN nth = n THEN running END) AS total, max(CASE WHEN nth = n THEN running_last END) AS last_total, ${extremes('v')} ` +
    `FROM (${ordered}) AS ordered GROUP BY ${group}`
  );
}

function compileCounter(stream: ClusterStream, kind: PushedKind, identities: readonly (readonly Identity[])[], part: Window): string {
  const { points, labels } = compilePoints(stream, identities);
  const bySeries = labels.length > 0 ? `PARTITION BY ${labels.join(', ')} ` : '';
  const previous = (column: string): string => `lag(${column}) OVER (${bySeries}ORDER BY t)`;
  const stored = ['minute_start', 't', 'identity', ...labels, 'v', 'copies'].join(', ');
  const stepped =
    kind === 'delta'
      ? `SELECT ${stored}, v AS increase FROM (${points}) AS deduplicated`
      : `SELECT ${stored}, CASE WHEN t - t_before > ${LONGEST_GAP} THEN NULL WHEN v < v_before THEN v ELSE v - v_before END AS increase ` +
        `FROM (SELECT ${stored}, ${previous('t')} AS t_before, ${previous('v')} AS v_before FROM (${points}) AS deduplicated) AS paired`;
  const seriesKey = ['minute_start', 'identity', ...labels].join(', ');
  const summed =
    `SELECT ${seriesKey}, copies, sum(increase) OVER (PARTITION BY ${seriesKey} ORDER BY t) AS running, ` +
    `row_number() OVER (PARTITION BY ${seriesKey} ORDER BY t DESC) AS newest FROM (${stepped}) AS stepped WHERE minute_start >= ${part.from}`;
  const rated = `SELECT ${seriesKey}, count(*) AS points, sum(copies) AS copies, max(CASE WHEN newest = 1 THEN running END) / 60 AS rate FROM (${summed}) AS summed GROUP BY ${seriesKey}`;
  const group = 'minute_start, identity';
  const byRate = `OVER (PARTITION BY ${group} ORDER BY rate ASC NULLS LAST)`;
  const ordered = `SELECT ${group}, points, copies, rate, row_number() ${byRate} AS nth, count(rate) OVER (PARTITION BY ${group}) AS n, sum(rate) ${byRate} AS running FROM (${rated}) AS rated`;
  return (
    `SELECT ${group}, sum(points) AS points, sum(copies) AS copies, sum(CASE WHEN rate IS NOT NULL THEN points ELSE 0 END) AS samples, ` +
    `count(rate) AS series, max(CASE WHEN nth = n THEN running END) AS total, ${extremes('rate')} FROM (${ordered}) AS ordered GROUP BY ${group}`
  );
}

function extremes(value: string): string {
  const at = (rounded: string): string => `max(CASE WHEN nth = ${rounded}(${QUANTILE} * (n - 1)) + 1 THEN ${value} END)`;
  return `min(${value}) AS lowest, max(${value}) AS highest, ${at('floor')} AS q_below, ${at('ceil')} AS q_above`;
}

/** The points of the stream, each once, with their series as `s0` …: of samples with the same time the highest counts. */
function compilePoints(stream: ClusterStream, identities: readonly (readonly Identity[])[]): { points: string; labels: string[] } {
  const labels = stream.series.map((_, index) => `s${index}`);
  const columns = [
    `${minuteStart} AS minute_start`,
    '_timestamp AS t',
    `${stream.columns.value} AS v`,
    `${stream.columns.rejected} AS rejected`,
    `${compileIdentity(identityColumns(stream), identities)} AS identity`,
    ...stream.series.map((expression, index) => `${expression} AS s${index}`),
  ];
  const keys = ['minute_start', 't', 'identity', ...labels].join(', ');
  const stored = `SELECT ${columns.join(', ')} FROM ${stream.from}`;
  return {
    points: `SELECT ${keys}, max(v) AS v, count(*) AS copies FROM (${stored}) AS stored WHERE rejected IS NULL GROUP BY ${keys}`,
    labels,
  };
}

/** The number of the resource and metric that a row belongs to; null for a row that none of the identities describes. */
function compileIdentity(columns: readonly string[], identities: readonly (readonly Identity[])[]): string {
  const [first = []] = identities.flat();
  const present = columns.flatMap((expression, index) => (expression === 'null' ? [] : [{ expression, index }]));
  const isShared = ({ index }: { index: number }): boolean => identities.flat().every((identity) => identity[index] === first[index]);
  const conditions = (compared: typeof present, identity: Identity): string => {
    const equal = compared.map(({ expression, index }) => {
      const value = identity[index] ?? null;
      return value === null ? `${expression} IS NULL` : `${expression} = '${value.replaceAll("'", "''")}'`;
    });
    return equal.join(' AND ') || 'true';
  };
  // What all have in common is looked at once.
  const shared = present.filter(isShared);
  const telling = present.filter((column) => !isShared(column));
  const cases = identities.flatMap((members, number) => members.map((identity) => `WHEN ${conditions(telling, identity)} THEN ${number}`));
  return `CASE WHEN ${conditions(shared, first)} THEN CASE ${cases.join(' ')} END END`;
}
