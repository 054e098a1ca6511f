import { useId } from 'react';
import { Link } from 'wouter';
import { useAddress, useToPage } from '../../frame/address.ts';
import { countTrends, type PatternGroup } from './pattern-groups.ts';
import { PatternRow, type PointTimes } from './pattern-row.tsx';

/** Of each service so many patterns are shown beside those of others. */
const SHOWN = 5;

interface ServiceGroupProps {
  readonly group: PatternGroup;
  readonly tenant: string;
  readonly times: PointTimes;
  readonly isErrors: boolean;
  /** It is the only service, so that all its patterns are shown. */
  readonly isWhole: boolean;
}

/** The patterns of one service. */
export function ServiceGroup({ group, tenant, times, isErrors, isWhole }: ServiceGroupProps) {
  const [get, set] = useAddress();
  const toPage = useToPage();
  const id = useId();
  const { service, resource, patterns } = group;
  const shown = isWhole ? patterns : patterns.slice(0, SHOWN);
  const range = { span: get('span'), to: get('to') };
  return (
    <section className="panel" aria-labelledby={id}>
      <div className="panel-head">
        <h2 id={id}>
          <Link href={toPage('/resource', { tenant, urn: resource })}>{service}</Link>
        </h2>
        <span className="quiet">{countTrends(patterns)}</span>
      </div>
      <ul className="patterns">
        {shown.map((pattern) => (
          <PatternRow key={pattern.fingerprint} {...{ pattern, tenant, times, isErrors, range }} />
        ))}
      </ul>
      {shown.length < patterns.length && (
        <button type="button" className="more" onClick={() => set({ service }, { push: true })}>
          All {patterns.length} of {service}
        </button>
      )}
    </section>
  );
}
