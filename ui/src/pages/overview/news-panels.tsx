import { Link } from 'wouter';
import type { ChangeList, PatternList } from '../../../../src/api/contract.ts';
import { useApi } from '../../api/use-api.ts';
import { useToPage } from '../../frame/address.ts';
import { Answer, Empty } from '../../parts/states.tsx';
import { Template } from '../../parts/template.tsx';
import { Time } from '../../parts/time.tsx';
import { formatCount, formatWindow } from '../../text/format.ts';

const SHOWN = 6;

interface NewsProps {
  /** The tenant whose news are shown; undefined while none is known. */
  readonly tenant: string | undefined;
}

/** Error patterns of the newest hour that no line had before. */
export function NewPatternsPanel({ tenant }: NewsProps) {
  const toPage = useToPage();
  const query = { tenant_id: tenant, trend: 'new', severity: 'error', limit: SHOWN };
  const patterns = useApi<PatternList>('/api/v1/patterns', query, { every: 30, wait: tenant === undefined });
  return (
    <section className="panel" aria-labelledby="patterns-title">
      <div className="panel-head">
        <h2 id="patterns-title">New error patterns</h2>
        <span className="quiet">{tenant}</span>
      </div>
      <Answer
        of={patterns}
        what="patterns"
        isEmpty={({ items }) => items.length === 0}
        empty={<Empty title="No error line has a new shape." advice="Patterns lists those that are known, also the surging ones." />}
      >
        {({ items, as_of, from, to }) => (
          <>
            <p className="quiet">{formatWindow(from, to)} UTC</p>
            <ul className="news">
              {items.map(({ fingerprint, service, template, sample, errors, first_seen }) => (
                <li key={`${fingerprint} ${service}`}>
                  <p className="quiet">
                    <strong>{service}</strong> · {formatCount(errors)} lines · first <Time at={first_seen} asOf={as_of} />
                  </p>
                  <Link href={toPage(`/patterns/${fingerprint}`, { tenant, service })} className="news-pattern">
                    <Template template={template} sample={sample} />
                  </Link>
                </li>
              ))}
            </ul>
          </>
        )}
      </Answer>
    </section>
  );
}

/** What changed last: edges, events, patterns. */
export function ChangesPanel({ tenant }: NewsProps) {
  const toPage = useToPage();
  const changes = useApi<ChangeList>('/api/v1/changes', { tenant_id: tenant, limit: SHOWN }, { every: 30, wait: tenant === undefined });
  return (
    <section className="panel" aria-labelledby="changes-title">
      <div className="panel-head">
        <h2 id="changes-title">Changes</h2>
        <span className="quiet">{tenant}</span>
      </div>
      <Answer
        of={changes}
        what="changes"
        isEmpty={({ items }) => items.length === 0}
        empty={<Empty title="Nothing changed in the newest half hour." advice="Topology compares any two moments of the past." />}
      >
        {({ items, as_of, from, to }) => (
          <>
            <p className="quiet">{formatWindow(from, to)} UTC</p>
            <ul className="news">
              {items.map(({ at, kind, text, urns }) => (
                <li key={`${at} ${kind} ${text}`}>
                  <p className="quiet">
                    <strong>{kind.replace('_', ' ')}</strong> · <Time at={at} asOf={as_of} />
                  </p>
                  {urns[0] === undefined ? text : <Link href={toPage('/resource', { tenant, urn: urns[0] })}>{text}</Link>}
                </li>
              ))}
            </ul>
          </>
        )}
      </Answer>
    </section>
  );
}
