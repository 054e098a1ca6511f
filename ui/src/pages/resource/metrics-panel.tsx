import { useMemo, useState } from 'react';
import type { MetricList, ResourcePage } from '../../../../src/api/contract.ts';
import { useApi } from '../../api/use-api.ts';
import { Evidence } from '../../parts/evidence.tsx';
import { Absent, Answer } from '../../parts/states.tsx';
import { TimeChart } from '../../parts/time-chart.tsx';
import { formatIn, isBinary } from '../../text/unit.ts';
import { type MetricPoint, metricMeasures, toChart } from './series.ts';
import { type TimeRange, useTimeAxis } from './time-axis.ts';

/** Metrics that are asked for at once. */
const STEP = 6;

interface MetricsPanelProps {
  readonly tenant: string;
  readonly urn: string;
  readonly metrics: ResourcePage['metrics'];
  readonly range: TimeRange;
  /** There are more metrics than the list holds. */
  readonly isCut: boolean;
}

/** The metrics of a resource as charts, a few at a time, narrowed down by part of their name. */
export function MetricsPanel({ tenant, urn, metrics, range, isCut }: MetricsPanelProps) {
  const [text, setText] = useState('');
  if (metrics.length === 0) return <Absent advice="They appear once a metric names it by its labels.">It has no metrics.</Absent>;
  return (
    <section className="panel" aria-labelledby="metrics-title">
      <div className="panel-head">
        <h2 id="metrics-title">Metrics</h2>
        {metrics.length > STEP && (
          <label className="quiet">
            Named{' '}
            <input
              type="search"
              value={text}
              maxLength={200}
              onChange={({ target }) => setText(target.value)}
              placeholder={`of ${metrics.length}${isCut ? ' or more' : ''}`}
            />
          </label>
        )}
      </div>
      <MetricCharts {...{ tenant, urn, range }} text={text.trim()} />
    </section>
  );
}

interface MetricChartsProps {
  readonly tenant: string;
  readonly urn: string;
  readonly range: TimeRange;
  /** Part of the names. */
  readonly text: string;
  /** Where the list goes on; its beginning if absent. */
  readonly cursor?: string | undefined;
}

/** Some metrics from a place of the list on, and a button for those after them. */
function MetricCharts({ tenant, urn, range, text, cursor }: MetricChartsProps) {
  const [longerFor, setLongerFor] = useState<string>();
  const query = { tenant_id: tenant, resource: urn, q: text, points: true, ...range, limit: STEP, cursor };
  const metrics = useApi<MetricList>('/api/v1/metrics', query, { every: 60 });
  return (
    <Answer
      of={metrics}
      what="metrics"
      isEmpty={({ items }) => items.length === 0}
      empty={<p className="quiet">No metric has this in its name.</p>}
    >
      {({ items, next_cursor, step_seconds = 60 }) => (
        <>
          <div className="charts is-wide">
            {items.map((metric) => (
              <MetricChart key={metric.metric} {...{ tenant, urn, metric, range }} stepSeconds={step_seconds} />
            ))}
          </div>
          {next_cursor !== undefined &&
            (longerFor === text ? (
              <MetricCharts {...{ tenant, urn, range, text }} cursor={next_cursor} />
            ) : (
              <button type="button" className="more" onClick={() => setLongerFor(text)}>
                Show more
              </button>
            ))}
        </>
      )}
    </Answer>
  );
}

interface MetricChartProps {
  readonly tenant: string;
  readonly urn: string;
  readonly metric: MetricList['items'][number];
  readonly range: TimeRange;
  readonly stepSeconds: number;
}

function MetricChart({ tenant, urn, metric, range, stepSeconds }: MetricChartProps) {
  const { metric: name, kind, unit, points = [] } = metric;
  // What a line means beyond its unit, and how long each of its points is.
  const words = [kind === 'gauge' ? [] : kind, unit ?? [], stepSeconds > 60 ? `points of ${stepSeconds / 60} m` : []].flat();
  return (
    <figure>
      <figcaption>
        <strong className="wrap">{name}</strong>
        <span className="quiet">{words.join(', ')}</span>
        <Evidence tenant={tenant} locatorId={points.at(-1)?.locator_id ?? null} of={name} resource={urn} />
      </figcaption>
      {points.length === 0 ? (
        <p className="quiet">No data in this time.</p>
      ) : (
        <Lines {...{ name, kind, unit, points, range, stepSeconds }} />
      )}
    </figure>
  );
}

interface LinesProps extends Pick<MetricChartProps, 'range' | 'stepSeconds'> {
  readonly name: string;
  readonly kind: string;
  readonly unit: string | null;
  readonly points: readonly MetricPoint[];
}

function Lines({ name, kind, unit, points, range, stepSeconds }: LinesProps) {
  const chart = useMemo(() => toChart(points, stepSeconds, metricMeasures(kind, points)), [points, stepSeconds, kind]);
  const axis = useTimeAxis(range);
  const format = formatIn(unit);
  const newest = chart.lines.map(({ label, values }) => `${label} ${format(values.at(-1) ?? 0)}`).join(', ');
  return <TimeChart label={`${name}: newest ${newest}.`} {...chart} format={format} isBinary={isBinary(unit)} height={120} {...axis} />;
}
