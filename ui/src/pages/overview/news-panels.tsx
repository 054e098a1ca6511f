import type { ReactNode } from 'react';
import { Link } from 'wouter';
import type { ChangeList, PatternList } from '../../../../src/api/contract.ts';
import { useToPage } from '../../frame/address.ts';
import { useTenant } from '../../frame/tenant.ts';
import { ChangeLine } from '../../parts/change-line.tsx';
import { Empty, Failure, Loading } from '../../parts/states.tsx';
import { Template } from '../../parts/template.tsx';
import { Time } from '../../parts/time.tsx';
import { Trend } from '../../parts/trend.tsx';
import { orderChanges } from '../../text/changes.ts';
import { count, formatCount, formatWindow, toMs } from '../../text/format.ts';
import { type OfTenants, useOfTenants } from './use-of-tenants.ts';

const SHOWN = 6;
/** So many changes are asked for, to choose the most striking among them. */
const ASKED = 100;

/** Error patterns of the newest hour that no line had before or that surge, of the chosen tenant or of all: new ones first, newest first. */
export function ErrorPatternsPanel() {
  const toPage = useToPage();
  const of = useOfTenants<PatternList>('/api/v1/patterns', { trend: 'changed', severity: 'error', limit: SHOWN });
  const rank = { new: 0, surging: 1, steady: 2 };
  const news = of.answers
    .flatMap(({ tenant, list }) => list.items.map((item) => ({ ...item, tenant, asOf: list.as_of })))
    .sort((left, right) => rank[left.trend] - rank[right.trend] || toMs(right.first_seen) - toMs(left.first_seen));
  return (
    <News id="patterns" title="New and surging errors" of={of} length="hour" items={news.length}>
      {news.length === 0 && <Empty title="No error is new or surging." advice="Patterns lists those that are known." />}
      {news.slice(0, SHOWN).map(({ tenant, fingerprint, service, template, sample, trend, ratio, errors, first_seen, asOf }) => (
        <li key={`${tenant} ${fingerprint} ${service}`}>
          <p className="quiet">
            <strong>{service}</strong> <OfTenant tenant={tenant} />· <Trend trend={trend} ratio={ratio} /> · {count(errors, 'line')} · first{' '}
            <Time at={first_seen} asOf={asOf} />
          </p>
          <Link href={toPage(`/patterns/${fingerprint}`, { tenant, service })} className="news-pattern">
            <Template template={template} sample={sample} />
          </Link>
        </li>
      ))}
    </News>
  );
}

/** What changed but patterns, of the chosen tenant or of all, most striking first. */
export function ChangesPanel() {
  const of = useOfTenants<ChangeList>('/api/v1/changes', { limit: ASKED });
  const changes = of.answers.flatMap(({ tenant, list }) => list.items.map((item) => ({ ...item, tenant })));
  const news = orderChanges(changes);
  return (
    <News id="changes" title="Changes" of={of} length="half hour" items={news.length}>
      {news.length === 0 && (
        <Empty title="Nothing changed in the newest half hour." advice="Topology compares any two moments of the past." />
      )}
      {news.slice(0, SHOWN).map((change) => (
        <li key={`${change.tenant} ${change.at} ${change.kind} ${change.text}`}>
          <OfTenant tenant={change.tenant} />
          <ChangeLine tenant={change.tenant} change={change} />
        </li>
      ))}
    </News>
  );
}

/** The tenant that a line is about, where more than one is shown. */
function OfTenant({ tenant }: { readonly tenant: string }) {
  return useTenant().chosen === undefined ? <span className="quiet">of {tenant} </span> : null;
}

interface NewsProps {
  readonly id: string;
  readonly title: string;
  readonly of: OfTenants<{ readonly from: string; readonly to: string }>;
  /** Length of the time that was looked at, which ends with the newest rows of each tenant. */
  readonly length: string;
  readonly items: number;
  readonly children: ReactNode;
}

function News({ id, title, of: { answers, isPending, error, left }, length, items, children }: NewsProps) {
  const [only] = answers;
  const time = answers.length === 1 && only ? `${formatWindow(only.list.from, only.list.to)} UTC` : `newest ${length} of each tenant`;
  return (
    <section className="panel" aria-labelledby={`${id}-title`}>
      <div className="panel-head">
        <h2 id={`${id}-title`}>{title}</h2>
        {answers.length > 0 && <span className="quiet">{time}</span>}
      </div>
      {error !== null && <Failure error={error} />}
      {isPending ? <Loading what={title.toLowerCase()} /> : <ul className="news">{children}</ul>}
      {left > 0 && <p className="quiet">Of {answers.length} tenants; choose one above to see another.</p>}
      {items > SHOWN && (
        <p className="quiet">
          The first {SHOWN} of {formatCount(items)}.
        </p>
      )}
    </section>
  );
}
