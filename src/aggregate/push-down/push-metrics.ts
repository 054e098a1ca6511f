import { ObserveBridgeError } from '../../core/error.ts';
import { classifyMetricStreams, type MetricStream } from '../../core/metric-kind.ts';
import type { ClusterRow, ClusterStream, PushDown } from '../../core/push-down.ts';
import { MINUTE } from '../../core/time.ts';
import type { Window } from '../../core/window.ts';
import type { Aggregation } from '../catalog.ts';
import type { PartialRow } from '../partials.ts';
import type { Resources } from '../resources.ts';
import type { Tally } from '../stage.ts';
import { compileMetric, compileSurvey, type Identity, identityColumns, PLACE_COLUMNS, type PushedKind } from './metric-sql.ts';

/** With more places than this the statement would be longer than is sensible. */
const MOST_IDENTITIES = 1_000;

/** A metric stream that the cluster can aggregate: what a first look at it has found. */
export interface SurveyedStream {
  readonly stream: ClusterStream;
  readonly kind: PushedKind;
  readonly identities: readonly Identity[];
  /** Stored rows of each minute of the reach. */
  readonly counts: ReadonlyMap<number, number>;
  /** Stored rows of the window that take no part. */
  readonly rejections: readonly { readonly minute: number; readonly rows: number; readonly reason: string }[];
}

/**
 * Why the stream cannot be aggregated in the cluster whatever its rows are, or undefined. Only gauges and counters can, and only where the
 * name and the recorded type tell it: what rows tell is told of all rows of a read.
 */
export function refuseMetric(stream: ClusterStream): 'histogram_or_summary' | 'type_from_rows' | undefined {
  const [alone, amongOthers] = [classify(stream, false), classify(stream, true)];
  if (alone?.kind !== amongOthers?.kind || alone?.role !== amongOthers?.role) return 'type_from_rows';
  return alone?.role === 'value' ? undefined : 'histogram_or_summary';
}

/** What the stream is when neither its rows nor other streams tell anything, or when they tell all that they can. */
function classify({ name, metricType, columns }: ClusterStream, told: boolean): MetricStream | undefined {
  const family = name.replace(/_(bucket|count|sum)$/, '');
  const facts = {
    stream: name,
    type: metricType,
    hasBounds: told && columns.le !== 'null',
    hasQuantiles: told && columns.quantile !== 'null',
  };
  const beside = ['', '_bucket', '_count', '_sum'].map((part) => ({ stream: family + part, hasBounds: true, hasQuantiles: true }));
  return classifyMetricStreams([facts, ...(told ? beside.filter(({ stream }) => stream !== name) : [])])[0];
}

/**
 * Asks for the places of a stream over the window and the time before it that its first differences need. Resolves to the reason where the stream
 * must be read after all.
 */
export async function surveyMetric(
  pushDown: PushDown,
  { stream, window, lookback }: { readonly stream: ClusterStream; readonly window: Window; readonly lookback: number },
): Promise<SurveyedStream | 'mixed_temporality' | 'too_many_places'> {
  const reach = { from: window.from - lookback, to: window.to };
  const rows = await pushDown.select({ stream, window: reach, lookback: 0, lookahead: 0, toSql: () => compileSurvey(stream) });
  const counts = new Map<number, number>();
  for (const row of rows) counts.set(minuteOf(row), (counts.get(minuteOf(row)) ?? 0) + Number(row.row_count));
  const identities = new Map<string, Identity>();
  const kinds = new Set<string>();
  for (const row of rows) {
    if (row.rejected !== undefined) continue;
    const identity = identityColumns(stream).map((_, index) => (row[`k${index}`] === undefined ? null : String(row[`k${index}`])));
    identities.set(JSON.stringify(identity), identity);
    kinds.add(`${row.temporality ?? ''} ${row.monotonic ?? ''}`);
  }
  if (kinds.size > 1) return 'mixed_temporality';
  if (identities.size > MOST_IDENTITIES) return 'too_many_places';
  const rejections = rows
    .filter((row) => row.rejected !== undefined && Number(row.minute_start) >= window.from)
    .map((row) => ({ minute: minuteOf(row), rows: Number(row.row_count), reason: String(row.rejected) }));
  const kind = kindOf(stream, [...kinds][0] ?? ' ');
  return { stream, kind, identities: [...identities.values()], counts, rejections };
}

function kindOf(stream: ClusterStream, told: string): PushedKind {
  const [temporality, monotonic] = told.split(' ');
  // OTLP marks a sum that may fall; the recorded type does not tell.
  if (classify(stream, false)?.kind !== 'counter' || monotonic === 'false') return 'gauge';
  return temporality === 'delta' ? 'delta' : 'cumulative';
}

/** Lets the cluster aggregate the stream, and tallies what became of its rows. */
export async function pushMetric(
  pushDown: PushDown,
  options: {
    readonly aggregation: Aggregation;
    readonly window: Window;
    readonly resources: Resources;
    readonly tally: Tally;
  },
  { stream, kind, identities, rejections }: SurveyedStream,
): Promise<PartialRow[]> {
  const { aggregation, window, resources, tally } = options;
  for (const { minute, rows, reason } of rejections) tally.reject(minute, rows, reason);
  if (identities.length === 0) return [];
  const owners = new Map<string, { resource: bigint; metric: string; members: Identity[] }>();
  for (const identity of identities) {
    const place = Object.fromEntries(PLACE_COLUMNS.map((name, index) => [name, identity[index] ?? null])) as Record<
      (typeof PLACE_COLUMNS)[number],
      string | null
    >;
    const resource = resources.place({ ...place, metric: stream.name });
    const metric = stream.name + formatKept(stream, identity);
    const key = `${resource} ${metric}`;
    const owner = owners.get(key) ?? { resource, metric, members: [] };
    owner.members.push(identity);
    owners.set(key, owner);
  }
  const numbered = [...owners.values()];
  const members = numbered.map((owner) => owner.members);
  const lookback = kind === 'gauge' ? 0 : aggregation.lookback;
  const toSql = (part: Window): string => compileMetric(stream, kind, members, part);
  const rows = await pushDown.select({ stream, window, lookback, lookahead: 0, toSql });
  return rows.flatMap((row) => {
    const owner = row.identity === undefined ? undefined : numbered[Number(row.identity)];
    if (!owner) throw movedUnderQuery(stream);
    tally.accept(minuteOf(row), Number(row.points));
    const repeated = Number(row.copies) - Number(row.points);
    if (repeated > 0) tally.reject(minuteOf(row), repeated, 'duplicate');
    if (Number(row.series) === 0) return [];
    return [
      { bucket: minuteOf(row), resource: owner.resource, metric: owner.metric, ...toMeasures(kind, row), evidence: `|||${stream.name}` },
    ];
  });
}

function movedUnderQuery({ name }: ClusterStream): ObserveBridgeError {
  const message = `Rows of a place that was not there before came into stream ${name} while OpenObserve aggregated it.`;
  return new ObserveBridgeError('OB_SOURCE_PARTIAL', 'read', message);
}

const minuteOf = (row: ClusterRow): number => Number(row.minute_start) / MINUTE;

function toMeasures(kind: PushedKind, row: ClusterRow): PartialRow {
  const [samples, series, total] = [Number(row.samples), Number(row.series), Number(row.total)];
  const values = kind === 'gauge' ? samples : series;
  return {
    ...{ kind: kind === 'gauge' ? 'gauge' : 'counter', samples, series, avg: total / values },
    ...{ min: Number(row.lowest), max: Number(row.highest), p95: interpolate(values, Number(row.q_below), Number(row.q_above)) },
    sum: kind === 'gauge' ? Number(row.last_total) : total,
  };
}

/** As the engine's quantile_cont does. */
function interpolate(values: number, below: number, above: number): number {
  const rank = 0.95 * (values - 1);
  const share = rank - Math.floor(rank);
  return share === 0 ? below : below * (1 - share) + above * share;
}

function formatKept({ keptLabels }: ClusterStream, identity: Identity): string {
  const pairs = [...keptLabels.keys()].flatMap((label, index) => {
    const value = identity[PLACE_COLUMNS.length + index] ?? null;
    return value === null ? [] : [`${label}="${value}"`];
  });
  return pairs.length > 0 ? `{${pairs.join(',')}}` : '';
}
