import type { CircuitList, JobList, Readiness, RunList } from '../../api/types.ts';
import { useApi } from '../../api/use-api.ts';
import { useTenant } from '../../frame/tenant.ts';
import { Answer } from '../../parts/states.tsx';
import { CircuitsPanel } from './circuits-panel.tsx';
import { ofLastDay, toHealth } from './health.ts';
import { toLags } from './lag.ts';
import { LagPanel } from './lag-panel.tsx';
import { ChangesPanel, NewPatternsPanel } from './news-panels.tsx';
import './overview.css';
import { ThroughputPanel } from './throughput-panel.tsx';

const live = { every: 15, live: true };

/** How things are: a sentence of health, lags, throughput, breakers, new error patterns and changes. */
export function OverviewPage() {
  const { chosen, one } = useTenant();
  const jobs = useApi<JobList>('/api/v1/jobs', { tenant_id: chosen, limit: 1000 }, live);
  const circuits = useApi<CircuitList>('/api/v1/circuits', { limit: 1000 }, live);
  const runs = useApi<RunList>('/api/v1/runs', { status: 'dead', tenant_id: chosen, limit: 1000 }, live);
  const dead = ofLastDay(runs.data?.items ?? [], runs.data?.as_of ?? '');
  const readiness = useApi<Readiness>('/readyz', {}, { every: 30, accept: [503] });
  return (
    <>
      <h1 className="hidden">Overview</h1>
      <Answer of={jobs} what="jobs">
        {({ items, as_of }) => {
          const lags = toLags(items, as_of);
          const ours = circuits.data?.items.filter(({ tenant_id }) => chosen === undefined || tenant_id === chosen) ?? [];
          const { level, text } = toHealth({ lags, circuits: ours, readiness: readiness.data, dead });
          return (
            <>
              <p className={`health is-${level}`} role="status">
                <span aria-hidden="true">{level === 'good' ? '✓' : '!'}</span>
                {text}
              </p>
              <div className="columns">
                <LagPanel lags={lags} />
                <ThroughputPanel tenant={chosen} />
              </div>
            </>
          );
        }}
      </Answer>
      <div className="stack after">
        <Answer of={circuits} what="breakers">
          {(list) => <CircuitsPanel circuits={list} tenant={chosen} dead={dead} />}
        </Answer>
        <div className="columns">
          <NewPatternsPanel tenant={one} />
          <ChangesPanel tenant={one} />
        </div>
      </div>
    </>
  );
}
