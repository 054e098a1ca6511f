import { useMemo } from 'react';
import type { RunList } from '../../api/types.ts';
import { useApi } from '../../api/use-api.ts';
import { Answer, Empty } from '../../parts/states.tsx';
import { TimeChart } from '../../parts/time-chart.tsx';
import { formatCount, formatShort, toMs } from '../../text/format.ts';

const signals = [
  ['logs', '--accent'],
  ['spans', '--good'],
  ['metric_points', '--warn'],
] as const;

/** One-minute windows of three hours. */
const WINDOWS_OF_TENANT = 180;

/** Rows of telemetry that the newest windows held, by kind, over the time of the windows. `tenants` is how many there are. */
export function ThroughputPanel({ tenant, tenants }: { readonly tenant: string | undefined; readonly tenants: number }) {
  const limit = tenant === undefined ? Math.min(1000, WINDOWS_OF_TENANT * Math.max(1, tenants)) : WINDOWS_OF_TENANT;
  const query = { job: 'oo-agg', status: 'success', tenant_id: tenant, limit };
  const runs = useApi<RunList>('/api/v1/runs', query, { every: 15, live: true });
  return (
    <section className="panel" aria-labelledby="throughput-title">
      <div className="panel-head">
        <h2 id="throughput-title">Throughput</h2>
        <span className="quiet">rows per window of oo-agg{tenant === undefined && tenants > 1 && ', all tenants'}</span>
      </div>
      <Answer
        of={runs}
        what="throughput"
        isEmpty={({ items }) => items.length === 0}
        empty={
          <Empty
            title="No window has been read yet."
            advice="The first one appears a few minutes after the start; Runs shows what happens."
          />
        }
      >
        {({ items }) => <ThroughputChart runs={items} />}
      </Answer>
    </section>
  );
}

function ThroughputChart({ runs }: { readonly runs: RunList['items'] }) {
  const { times, lines, total } = useMemo(() => toLines(runs), [runs]);
  const label = `Rows per window from the newest ${times.length} windows: ${formatCount(total)} rows in all.`;
  return <TimeChart label={label} times={times} lines={lines} format={formatShort} height={170} />;
}

/** Of the newest three hours, because the list is only as long as its limit: with many tenants older windows would lack some of them. */
function toLines(runs: RunList['items']) {
  const newest = Math.max(...runs.map(({ window_from }) => toMs(window_from)));
  const sums = new Map<number, Record<string, number>>();
  for (const { window_from, stats } of runs) {
    const time = toMs(window_from);
    if (time < newest - 10_800_000) continue;
    const sum = sums.get(time) ?? {};
    for (const [signal, rows] of Object.entries(Object(stats.rows_read) as Record<string, number>)) sum[signal] = (sum[signal] ?? 0) + rows;
    sums.set(time, sum);
  }
  const times = [...sums.keys()].sort((left, right) => left - right);
  const lines = signals.map(([signal, colour]) => ({
    ...{ label: signal.replace('_', ' '), colour, isFilled: signal === 'logs' },
    values: times.map((time) => sums.get(time)?.[signal] ?? 0),
  }));
  return { times, lines, total: lines.flatMap(({ values }) => values).reduce((sum, value) => sum + value, 0) };
}
