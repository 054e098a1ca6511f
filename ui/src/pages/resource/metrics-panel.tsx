import { useMemo, useState } from 'react';
import type { MetricSeries, ResourcePage } from '../../../../src/api/contract.ts';
import { useApi } from '../../api/use-api.ts';
import { Evidence } from '../../parts/evidence.tsx';
import { Absent, Answer } from '../../parts/states.tsx';
import { TimeChart } from '../../parts/time-chart.tsx';
import { formatIn, isBinary } from '../../text/unit.ts';
import { metricMeasures, toChart } from './series.ts';
import { type TimeRange, useTimeAxis } from './time-axis.ts';

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
  const [most, setMost] = useState(STEP);
  if (metrics.length === 0) return <Absent advice="They appear once a metric names it by its labels.">It has no metrics.</Absent>;
  const found = metrics.filter(({ metric }) => metric.toLowerCase().includes(text.trim().toLowerCase()));
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
              onChange={({ target }) => setText(target.value)}
              placeholder={`of ${metrics.length}${isCut ? ' or more' : ''}`}
            />
          </label>
        )}
      </div>
      <div className="charts is-wide">
        {found.slice(0, most).map(({ metric }) => (
          <MetricChart key={metric} {...{ tenant, urn, metric, range }} />
        ))}
      </div>
      {found.length > most && (
        <button type="button" className="more" onClick={() => setMost(most + STEP)}>
          Show more
        </button>
      )}
    </section>
  );
}

interface MetricChartProps {
  readonly tenant: string;
  readonly urn: string;
  readonly metric: string;
  readonly range: TimeRange;
}

function MetricChart({ tenant, urn, metric, range }: MetricChartProps) {
  const query = { tenant_id: tenant, resource: urn, metric, ...range };
  const series = useApi<MetricSeries>('/api/v1/metrics/series', query, { every: 60 });
  return (
    <figure>
      <figcaption>
        <strong className="wrap">{metric}</strong>
        {series.data && <span className="quiet">{describe(series.data)}</span>}
        <Evidence tenant={tenant} locatorId={series.data?.points.at(-1)?.locator_id ?? null} of={metric} resource={urn} />
      </figcaption>
      <Answer
        of={series}
        what={metric}
        isEmpty={({ points }) => points.length === 0}
        empty={<p className="quiet">No data in this time.</p>}
      >
        {(answer) => <Lines series={answer} range={range} />}
      </Answer>
    </figure>
  );
}

/** What a line means beyond its unit, and how long each of its points is. */
function describe({ kind, unit, step_seconds }: MetricSeries): string {
  const what = kind === 'gauge' ? [] : [kind];
  const measured = unit === null ? [] : [unit];
  return [...what, ...measured, ...(step_seconds > 60 ? [`points of ${step_seconds / 60} m`] : [])].join(', ');
}

function Lines({ series, range }: { readonly series: MetricSeries; readonly range: TimeRange }) {
  const { metric, kind, unit, points, step_seconds } = series;
  const chart = useMemo(() => toChart(points, step_seconds, metricMeasures(kind, points)), [points, step_seconds, kind]);
  const axis = useTimeAxis(range);
  const format = formatIn(unit);
  const newest = chart.lines.map(({ label, values }) => `${label} ${format(values.at(-1) ?? 0)}`).join(', ');
  return <TimeChart label={`${metric}: newest ${newest}.`} {...chart} format={format} isBinary={isBinary(unit)} height={120} {...axis} />;
}
