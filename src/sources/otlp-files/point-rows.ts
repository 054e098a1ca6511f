import { addFields, type KeyValue, type TextFields } from './any-value.ts';
import { type OtlpResource, type OtlpScope, type RawRow, scopeFields, toTimestamp } from './raw-row.ts';

interface DataPoint {
  readonly attributes?: readonly KeyValue[];
  readonly timeUnixNano?: unknown;
  readonly flags?: number;
  // number
  readonly asInt?: string | number;
  readonly asDouble?: string | number;
  // histogram, exponential histogram and summary
  readonly count?: string | number;
  readonly sum?: string | number;
  readonly min?: string | number;
  readonly max?: string | number;
  readonly bucketCounts?: readonly (string | number)[];
  readonly explicitBounds?: readonly (string | number)[];
  readonly scale?: number;
  readonly zeroCount?: string | number;
  readonly zeroThreshold?: number;
  readonly positive?: Buckets;
  readonly negative?: Buckets;
  readonly quantileValues?: readonly { readonly quantile?: number; readonly value?: string | number }[];
}

interface Buckets {
  readonly offset?: number;
  readonly bucketCounts?: readonly (string | number)[];
}

interface Points {
  readonly dataPoints?: readonly DataPoint[];
  readonly aggregationTemporality?: number | string;
  readonly isMonotonic?: boolean;
}

interface Metric {
  readonly name?: string;
  readonly gauge?: Points;
  readonly sum?: Points;
  readonly histogram?: Points;
  readonly exponentialHistogram?: Points;
  readonly summary?: Points;
}

export interface ResourceMetrics {
  readonly resource?: OtlpResource;
  readonly scopeMetrics?: readonly { readonly scope?: OtlpScope; readonly metrics?: readonly Metric[] }[];
}

/** Rows of data points, and by stream the type that OpenObserve records for it. */
export interface PointRows {
  readonly rows: RawRow[];
  readonly types: Map<string, string>;
}

const TEMPORALITIES = ['UNSPECIFIED', 'DELTA', 'CUMULATIVE'].map((name) => `AGGREGATION_TEMPORALITY_${name}`);
const NO_RECORDED_VALUE = 1;

/** What a kind of metric gives for one data point: the part of the stream's name after the metric's, the value and further columns. */
type Part = readonly [suffix: string, value: string | number | undefined, columns?: TextFields];

const KINDS = {
  gauge: { type: 'gauge', toParts: toNumberParts },
  sum: { type: 'counter', toParts: toNumberParts },
  histogram: { type: 'histogram', toParts: toHistogramParts },
  exponentialHistogram: { type: 'exponentialhistogram', toParts: toExponentialParts },
  summary: { type: 'summary', toParts: toSummaryParts },
} as const;
const kindNames = Object.keys(KINDS) as (keyof typeof KINDS)[];

/**
 * The rows of every data point, one stream per metric and part: `m_bucket` (with `le`), `m_count`, `m_sum`, `m_min`, `m_max` of histograms,
 * `m` (with `quantile`), `m_count`, `m_sum` of summaries. `_labels` holds all labels in the order of their names.
 */
export function toPointRows(requests: readonly ResourceMetrics[]): PointRows {
  const found: PointRows = { rows: [], types: new Map() };
  for (const { resource, scopeMetrics } of requests) {
    const shared: TextFields = {};
    addFields(shared, resource?.attributes);
    for (const { scope, metrics } of scopeMetrics ?? []) {
      const scoped = { ...shared, ...scopeFields(scope) };
      for (const metric of metrics ?? []) addMetric(found, metric, scoped);
    }
  }
  return found;
}

function addMetric({ rows, types }: PointRows, metric: Metric, shared: TextFields): void {
  const name = String(metric.name ?? '')
    .replace(/[^a-zA-Z0-9_:]/gu, '_')
    .toLowerCase();
  for (const kind of kindNames) {
    const points = metric[kind];
    if (points == null) continue;
    const { type, toParts } = KINDS[kind];
    const temporality = points.aggregationTemporality;
    const common: TextFields = {};
    if (kind === 'sum') common.is_monotonic = String(points.isMonotonic ?? false);
    if (temporality !== undefined)
      common.aggregation_temporality = typeof temporality === 'number' ? (TEMPORALITIES[temporality] ?? '') : temporality;
    for (const point of points.dataPoints ?? []) {
      const labels = { ...shared };
      addFields(labels, point.attributes);
      const identity = JSON.stringify(Object.entries(labels).sort(([a], [b]) => (a < b ? -1 : 1)));
      const flag = (point.flags ?? 0) & NO_RECORDED_VALUE ? 'DATA_POINT_FLAGS_NO_RECORDED_VALUE_MASK' : 'DATA_POINT_FLAGS_DO_NOT_USE';
      for (const [suffix, value, columns] of toParts(point)) {
        const stream = name + suffix;
        if (!types.has(stream)) types.set(stream, type);
        const own = { __name__: stream, value: Number(value), flag, _timestamp: toTimestamp(point.timeUnixNano), _labels: identity };
        rows.push({ ...labels, ...common, ...columns, ...own });
      }
    }
  }
}

function* toNumberParts(point: DataPoint): Generator<Part> {
  yield ['', point.asDouble ?? point.asInt];
}

function* toCountParts(point: DataPoint): Generator<Part> {
  yield ['_count', point.count ?? 0];
  for (const part of ['sum', 'min', 'max'] as const) if (point[part] != null) yield [`_${part}`, point[part]];
}

/** OTLP counts each bucket by itself; the stored ones are cumulative. */
function* toHistogramParts(point: DataPoint): Generator<Part> {
  yield* toCountParts(point);
  const bounds = point.explicitBounds ?? [];
  let total = 0;
  for (const [index, count] of (point.bucketCounts ?? []).slice(0, bounds.length + 1).entries()) {
    total += Number(count);
    yield ['_bucket', total, { le: bounds[index] === undefined ? 'inf' : String(bounds[index]) }];
  }
}

/**
 * Bucket `i` of scale `s` holds the values in `(base^i, base^(i+1)]`, where base is 2^(2^-s). As OpenObserve stores them, buckets are not
 * cumulative. An empty bucket ends where the lowest one begins, so that interpolation does not reach below it.
 */
function* toExponentialParts(point: DataPoint): Generator<Part> {
  yield* toCountParts(point);
  const step = 2 ** -(point.scale ?? 0);
  const bound = (index: number): number => 2 ** (index * step);
  const { positive, negative } = point;
  const [above, below] = [positive?.bucketCounts ?? [], negative?.bucketCounts ?? []];
  const bucket = (le: number, count: string | number): Part => ['_bucket', count, { le: Number.isFinite(le) ? String(le) : 'inf' }];
  const lowest = negative?.offset ?? 0;
  if (below.length > 0) yield bucket(-bound(lowest + below.length), 0);
  for (const [index, count] of [...below.entries()].reverse()) yield bucket(-bound(lowest + index), count);
  yield bucket(point.zeroThreshold ?? 0, point.zeroCount ?? 0);
  const offset = positive?.offset ?? 0;
  if (above.length > 0) yield bucket(bound(offset), 0);
  for (const [index, count] of above.entries()) yield bucket(bound(offset + index + 1), count);
  yield bucket(Number.POSITIVE_INFINITY, 0);
}

function* toSummaryParts(point: DataPoint): Generator<Part> {
  yield ['_count', point.count ?? 0];
  yield ['_sum', point.sum ?? 0];
  for (const { quantile, value } of point.quantileValues ?? []) yield ['', value ?? 0, { quantile: String(quantile ?? 0) }];
}
