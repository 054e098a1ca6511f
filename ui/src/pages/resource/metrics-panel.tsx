import { useMemo, useState } from 'react';
import type { MetricSeries, ResourcePage } from '../../../../src/api/contract.ts';
import { useApi } from '../../api/use-api.ts';
import { Evidence } from '../../parts/evidence.tsx';
import type { ShownSpan } from '../../parts/span-choice.tsx';
import { Answer, Empty } from '../../parts/states.tsx';
import { TimeChart } from '../../parts/time-chart.tsx';
import { formatShort } from '../../text/format.ts';
import { metricMeasures, toChart } from './series.ts';

const STEP = 6;

interface MetricsPanelProps {
  readonly tenant: string;
  readonly urn: string;
  readonly metrics: ResourcePage['metrics'];
  readonly span: ShownSpan;
  /** There are more metrics than the list holds. */
  readonly isCut: boolean;
}

/** The metrics of a resource as charts, a few at a time, narrowed down by part of their name. */
export function MetricsPanel({ tenant, urn, metrics, span, isCut }: MetricsPanelProps) {
  const [text, setText] = useState('');
  const [most, setMost] = useState(STEP);
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
      {metrics.length === 0 && <Empty title="It has no metrics." advice="They appear once a metric names it by its labels." />}
      <div className="charts is-wide">
        {found.slice(0, most).map(({ metric }) => (
          <MetricChart key={metric} {...{ tenant, urn, metric, span }} />
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
  readonly span: ShownSpan;
}

function MetricChart({ tenant, urn, metric, span }: MetricChartProps) {
  const query = { tenant_id: tenant, resource: urn, metric, ...span.range };
  const series = useApi<MetricSeries>('/api/v1/metrics/series', query, { every: 60, wait: span.isWaiting });
  return (
    <figure>
      <figcaption>
        <strong className="wrap">{metric}</strong>
        {series.data && <span className="quiet">{describe(series.data)}</span>}
        <Evidence tenant={tenant} locatorId={series.data?.points.at(-1)?.locator_id ?? null} of={metric} />
      </figcaption>
      <Answer
        of={series}
        what={metric}
        isEmpty={({ points }) => points.length === 0}
        empty={<p className="quiet">No data in this time.</p>}
      >
        {(answer) => <Lines series={answer} />}
      </Answer>
    </figure>
  );
}

/** What a line means, and how long each of its points is. */
function describe({ kind, measured_in, step_seconds }: MetricSeries): string {
  return `${kind}, ${measured_in.replace('unit of the metric', 'own unit')}${step_seconds > 60 ? `, points of ${step_seconds / 60} m` : ''}`;
}

function Lines({ series }: { readonly series: MetricSeries }) {
  const { metric, kind, points, step_seconds } = series;
  const chart = useMemo(() => toChart(points, step_seconds, metricMeasures(kind)), [points, step_seconds, kind]);
  const newest = chart.lines.map(({ label, values }) => `${label} ${formatShort(values.at(-1) ?? 0)}`).join(', ');
  return <TimeChart label={`${metric}: newest ${newest}.`} {...chart} format={formatShort} height={120} />;
}
