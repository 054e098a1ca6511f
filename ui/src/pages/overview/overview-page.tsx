import type { CircuitList, JobList, Readiness, RunList } from '../../api/types.ts';
import { useApi } from '../../api/use-api.ts';
import { useTenant } from '../../frame/tenant.ts';
import { Answer, Loading } from '../../parts/states.tsx';
import { ofLastDay, toFindings } from './findings.ts';
import { FindingsPanel } from './findings-panel.tsx';
import { toHealth } from './health.ts';
import { toLags } from './lag.ts';
import { LagPanel } from './lag-panel.tsx';
import { ChangesPanel, ErrorPatternsPanel } from './news-panels.tsx';
import './overview.css';
import { ThroughputPanel } from './throughput-panel.tsx';

const live = { every: 15, live: true };
/** Windows that failed for good are counted up to here. */
const MOST_DEAD = 200;

/** How things are: a sentence of health, what needs somebody, lags, throughput, new error patterns and changes. */
export function OverviewPage() {
  const { chosen, tenants } = useTenant();
  const jobs = useApi<JobList>('/api/v1/jobs', { tenant_id: chosen, limit: 1000 }, live);
  const circuits = useApi<CircuitList>('/api/v1/circuits', { limit: 1000 }, live);
  const runs = useApi<RunList>('/api/v1/runs', { status: 'dead', tenant_id: chosen, limit: MOST_DEAD }, live);
  const readiness = useApi<Readiness>('/readyz', {}, { every: 30, accept: [503] });
  const isOurs = (tenantId: string): boolean => chosen === undefined || tenantId === chosen;
  const toOwn = ({ findings, ...rest }: Readiness): Readiness => ({
    ...rest,
    findings: findings.filter(({ subject }) => !subject.startsWith('tenant ') || isOurs(subject.slice('tenant '.length))),
  });
  const hasTenants = tenants.length > 0 || readiness.data?.findings.some(({ subject }) => subject.startsWith('tenant ')) === true;
  return (
    <>
      <h1 className="hidden">Overview</h1>
      <Answer of={jobs} what="jobs">
        {({ items, as_of }) => {
          const lags = toLags(items, as_of);
          const findings = toFindings({
            ...{ lags, asOf: as_of, readiness: readiness.data && toOwn(readiness.data) },
            circuits: circuits.data?.items.filter(({ tenant_id }) => isOurs(tenant_id)) ?? [],
            dead: ofLastDay(runs.data?.items ?? [], as_of),
          });
          // Whether there is anything to schedule is known with the answer about the tenants only.
          if (lags.length === 0 && readiness.isPending) return <Loading what="health" />;
          const { level, text } = toHealth(findings, lags, hasTenants);
          return (
            <div className="stack">
              <p className={`health is-${level}`} role="status">
                <span aria-hidden="true">{level === 'good' ? '✓' : '!'}</span>
                {text}
              </p>
              <FindingsPanel findings={findings} />
              <div className="columns">
                <LagPanel lags={lags} tenant={chosen} />
                <ThroughputPanel tenant={chosen} tenants={tenants.length} />
              </div>
            </div>
          );
        }}
      </Answer>
      <div className="columns after">
        <ErrorPatternsPanel />
        <ChangesPanel />
      </div>
    </>
  );
}
