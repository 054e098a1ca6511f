import type { CallSeries, MetricList } from '../../../../src/api/contract.ts';
import type { ChartLine } from '../../parts/plot.ts';
import { toMs } from '../../text/format.ts';

/** What a chart shows. */
export interface Chart {
  readonly times: readonly number[];
  readonly lines: readonly ChartLine[];
}

type Measure<Point> = Omit<ChartLine, 'values'> & { readonly of: (point: Point) => number | null };

/** So many missing points in a row are a gap in the line. */
const GAP_POINTS = 3;

/** Points as lines, which break where more than a few points are missing. */
export function toChart<Point extends { readonly time: string }>(
  points: readonly Point[],
  stepSeconds: number,
  measures: readonly Measure<Point>[],
): Chart {
  const step = stepSeconds * 1000;
  const spots = points.flatMap((point, index) => {
    const time = toMs(point.time);
    const before = points[index - 1];
    const isAfterGap = before !== undefined && time - toMs(before.time) > GAP_POINTS * step;
    return isAfterGap
      ? [
          { time: time - step, point: undefined },
          { time, point },
        ]
      : [{ time, point }];
  });
  return {
    times: spots.map(({ time }) => time),
    lines: measures.map(({ of, ...line }) => ({ ...line, values: spots.map(({ point }) => (point === undefined ? null : of(point))) })),
  };
}

type CallPoint = CallSeries['points'][number];
/** A point of a metric. */
export type MetricPoint = NonNullable<MetricList['items'][number]['points']>[number];

/** Calls and failed calls per second. */
export const rateMeasures: readonly Measure<CallPoint>[] = [
  { label: 'calls/s', colour: '--accent', isFilled: true, of: ({ rps }) => rps },
  { label: 'errors/s', colour: '--bad', of: ({ rps, err_rate }) => rps * err_rate },
];

/** Latencies in ms. */
export const latencyMeasures: readonly Measure<CallPoint>[] = [
  { label: 'median', colour: '--accent', of: ({ p50_ms }) => p50_ms },
  { label: 'p95', colour: '--warn', of: ({ p95_ms }) => p95_ms },
];

/** What is worth seeing of a metric of a kind; what matters most is drawn last, above the others. Of lines that are all the same there is one. */
export function metricMeasures(kind: string, points: readonly MetricPoint[]): readonly Measure<MetricPoint>[] {
  const mean: Measure<MetricPoint> = { label: 'mean', colour: '--accent', of: ({ avg }) => avg };
  const high: Measure<MetricPoint> = { label: 'p95', colour: '--warn', of: (point) => point.p95_max_of_minutes };
  if (kind === 'counter') return [{ label: 'all series', colour: '--accent', isFilled: true, of: ({ sum }) => sum }];
  // A gauge of one series that is read once a minute.
  if (kind === 'gauge' && points.every(({ avg, max, p95_max_of_minutes: p95 }) => max === avg && p95 === avg))
    return [{ ...mean, label: 'value' }];
  if (kind === 'gauge') return [{ label: 'greatest', colour: '--bad', of: ({ max }) => max }, high, mean];
  return [high, mean];
}
