import { useState } from 'react';
import { Link } from 'wouter';
import { useToPage } from '../../frame/address.ts';
import { formatTenant } from '../../frame/tenant.ts';
import { Empty } from '../../parts/states.tsx';
import { formatSeconds } from '../../text/format.ts';
import { NewestRun } from '../runs/newest-run.tsx';
import { type Lag, toRatio } from './lag.ts';

const SHOWN = 10;

/** Bars of the lag of each job and tenant against what is normal, which is the mark in the middle. */
export function LagPanel({ lags, tenant }: { readonly lags: readonly Lag[]; readonly tenant: string | undefined }) {
  const [isWhole, setWhole] = useState(false);
  const shown = isWhole ? lags : lags.slice(0, SHOWN);
  return (
    <section className="panel" aria-labelledby="lag-title">
      <div className="panel-head">
        <h2 id="lag-title">Window lag</h2>
        {lags.length > 0 && <span className="quiet">the mark is what is normal: delay + align</span>}
      </div>
      {lags.length === 0 && (
        <Empty
          title="No job has a schedule."
          advice={
            <>
              Start a scheduler and a worker with <code>observebridge up</code>, for tenants that the configuration names. What ran by
              command is in Runs. <NewestRun query={{ tenant_id: tenant }} />
            </>
          }
        />
      )}
      <ul className="lags">
        {shown.map((lag) => (
          <LagRow key={`${lag.job} ${lag.tenantId}`} lag={lag} />
        ))}
      </ul>
      {lags.length > SHOWN && (
        <button type="button" className="more" onClick={() => setWhole(!isWhole)}>
          {isWhole ? 'Show fewer' : `Show all ${lags.length}`}
        </button>
      )}
    </section>
  );
}

function LagRow({ lag }: { readonly lag: Lag }) {
  const toPage = useToPage();
  const { job, tenantId, state, seconds, allowedSeconds } = lag;
  const words = seconds === undefined ? state : `${formatSeconds(seconds)}, normal ${formatSeconds(allowedSeconds)}`;
  return (
    <li className={`lag is-${state.replace(' ', '-')}`}>
      <Link href={toPage('/runs', { job, tenant: tenantId })}>
        {job} <span className="quiet">{formatTenant(tenantId)}</span>
      </Link>
      <span className="lag-bar" aria-hidden="true">
        <span className="lag-fill" style={{ width: `${Math.min(100, Math.max(0, 50 * toRatio(lag)))}%` }} />
      </span>
      <span className="lag-words">{words}</span>
      <span className="lag-state">{state}</span>
    </li>
  );
}
