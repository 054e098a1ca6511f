import { useMemo } from 'react';
import { Link } from 'wouter';
import type { CallList, CallSeries } from '../../../../src/api/contract.ts';
import { useApi } from '../../api/use-api.ts';
import { useToPage } from '../../frame/address.ts';
import { Evidence } from '../../parts/evidence.tsx';
import { Absent, Answer } from '../../parts/states.tsx';
import { Table } from '../../parts/table.tsx';
import { TimeChart } from '../../parts/time-chart.tsx';
import { formatCount, formatMs, formatShare, formatShort } from '../../text/format.ts';
import { latencyMeasures, rateMeasures, toChart } from './series.ts';
import { type TimeRange, useTimeAxis } from './time-axis.ts';

type Call = CallList['items'][number];

interface CallPanelsProps {
  readonly tenant: string;
  readonly urn: string;
  readonly range: TimeRange;
  /** Which of its calls there probably are, so that their series are asked for together with the list. */
  readonly expected: { readonly isInward: boolean; readonly isOutward: boolean };
}

/** Who calls a resource and what it calls: over time, and by the other end. */
export function CallPanels({ tenant, urn, range, expected }: CallPanelsProps) {
  useCallSeries({ tenant, range, end: { dst: urn }, wait: !expected.isInward });
  useCallSeries({ tenant, range, end: { src: urn }, wait: !expected.isOutward });
  const calls = useApi<CallList>('/api/v1/calls', { tenant_id: tenant, resource: urn, ...range, limit: 500 }, { every: 60 });
  return (
    <Answer
      of={calls}
      what="calls"
      isEmpty={({ items }) => items.length === 0}
      empty={<Absent advice="A longer time may show some.">It was not called in this time and called nothing.</Absent>}
    >
      {({ items }) => {
        const inward = items.filter(({ dst_urn, src_urn }) => dst_urn === urn && src_urn !== urn);
        const outward = items.filter(({ dst_urn, src_urn }) => src_urn === urn && dst_urn !== urn);
        return (
          <div className="columns">
            {inward.length > 0 && <CallPanel {...{ tenant, range }} title="Called by" calls={inward} end={{ dst: urn }} />}
            {outward.length > 0 && <CallPanel {...{ tenant, range }} title="Calls" calls={outward} end={{ src: urn }} />}
          </div>
        );
      }}
    </Answer>
  );
}

interface CallSeriesQuestion {
  readonly tenant: string;
  readonly range: TimeRange;
  readonly end: { readonly src: string } | { readonly dst: string };
  readonly wait?: boolean;
}

/** Calls over time that lead to or from a resource. */
const useCallSeries = ({ tenant, range, end, wait = false }: CallSeriesQuestion) =>
  useApi<CallSeries>('/api/v1/calls/series', { tenant_id: tenant, ...end, ...range }, { every: 60, wait });

interface CallPanelProps extends Omit<CallSeriesQuestion, 'wait'> {
  readonly title: string;
  readonly calls: readonly Call[];
}

function CallPanel({ tenant, range, title, calls, end }: CallPanelProps) {
  const toPage = useToPage();
  const isInward = 'dst' in end;
  const series = useCallSeries({ tenant, range, end });
  const id = isInward ? 'callers-title' : 'callees-title';
  return (
    <section className="panel" aria-labelledby={id}>
      <h2 id={id}>{title}</h2>
      <div className="charts-place">
        <Answer of={series} what="calls over time">
          {(answer) => <CallCharts series={answer} title={title} range={range} />}
        </Answer>
      </div>
      <Table
        caption={title}
        rows={calls}
        rowKey={({ src_urn, dst_urn }) => `${src_urn} ${dst_urn}`}
        columns={[
          {
            title: isInward ? 'Caller' : 'Callee',
            cell: ({ src_urn, src_name, dst_urn, dst_name }) => (
              <Link href={toPage('/resource', { urn: isInward ? src_urn : dst_urn })}>{isInward ? src_name : dst_name}</Link>
            ),
          },
          { title: 'Calls/s', isNumber: true, cell: ({ rps }) => formatShort(rps) },
          { title: 'Calls', isNumber: true, isMinor: true, cell: (call) => formatCount(call.calls) },
          {
            title: 'Errors',
            isNumber: true,
            cell: ({ err_rate }) => <span className={err_rate >= 0.05 ? 'wrong' : ''}>{formatShare(err_rate)}</span>,
          },
          { title: 'p95', isNumber: true, cell: ({ p95_ms }) => (p95_ms === null ? '–' : formatMs(p95_ms)) },
          {
            ...{ title: 'Evidence', isMinor: true },
            cell: ({ locator_id, src_name, dst_name }) => (
              <Evidence tenant={tenant} locatorId={locator_id} of={`${src_name} → ${dst_name}`} />
            ),
          },
        ]}
      />
    </section>
  );
}

function CallCharts({ series, title, range }: { readonly series: CallSeries; readonly title: string; readonly range: TimeRange }) {
  const axis = useTimeAxis(range);
  const { points, step_seconds } = series;
  const rates = useMemo(() => toChart(points, step_seconds, rateMeasures), [points, step_seconds]);
  const latencies = useMemo(() => toChart(points, step_seconds, latencyMeasures), [points, step_seconds]);
  const most = Math.max(0, ...points.map(({ rps }) => rps));
  const slowest = Math.max(0, ...points.map(({ p95_ms }) => p95_ms ?? 0));
  return (
    <div className="charts">
      <TimeChart
        label={`${title}: at most ${formatShort(most)} calls per second.`}
        {...rates}
        format={formatShort}
        height={130}
        {...axis}
      />
      <TimeChart label={`${title}: 95 % below at most ${formatMs(slowest)}.`} {...latencies} format={formatMs} height={130} {...axis} />
    </div>
  );
}
