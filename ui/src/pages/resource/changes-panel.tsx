import { useState } from 'react';
import { Link } from 'wouter';
import type { ChangeList } from '../../../../src/api/contract.ts';
import { useApi } from '../../api/use-api.ts';
import { useToPage } from '../../frame/address.ts';
import { ChangeLine, Names, When } from '../../parts/change-line.tsx';
import { Absent, Answer } from '../../parts/states.tsx';
import { Template } from '../../parts/template.tsx';
import { groupNewPatterns, type NewPatterns, orderChanges } from '../../text/changes.ts';
import { count } from '../../text/format.ts';
import type { TimeRange } from './time-axis.ts';

/** So many changes are shown at first. */
const SHOWN = 8;
/** So many are asked for, to choose among them. */
const ASKED = 300;

interface ChangesPanelProps {
  readonly tenant: string;
  readonly urn: string;
  readonly range: TimeRange;
}

/** What changed at a resource and one hop around it, most striking first. */
export function ChangesPanel({ tenant, urn, range }: ChangesPanelProps) {
  const [isWhole, setWhole] = useState(false);
  const query = { tenant_id: tenant, resource: urn, hops: 1, ...range, limit: ASKED };
  const changes = useApi<ChangeList>('/api/v1/changes', query, { every: 60 });
  return (
    <Answer
      of={changes}
      what="changes"
      isEmpty={({ items }) => items.length === 0}
      empty={<Absent advice="A longer time looks further back.">Nothing changed here or one hop away in this time.</Absent>}
    >
      {({ items, next_cursor }) => {
        const ordered = orderChanges(items);
        const fresh = groupNewPatterns(items);
        const all = [
          ...fresh.filter(({ isError }) => isError).map((group) => <FreshItem key={keyOf(group)} {...{ tenant, group, urn }} isOpen />),
          ...ordered.map((change) => (
            <li key={`${change.at} ${change.kind} ${change.text}`}>
              <ChangeLine {...{ tenant, change, urn }} />
            </li>
          )),
          ...fresh.filter(({ isError }) => !isError).map((group) => <FreshItem key={keyOf(group)} {...{ tenant, group, urn }} />),
        ];
        return (
          <section className="panel" aria-labelledby="changes-title">
            <h2 id="changes-title">Changes here and one hop away</h2>
            <ul className="changes">{isWhole ? all : all.slice(0, SHOWN)}</ul>
            {!isWhole && all.length > SHOWN && (
              <button type="button" className="more" onClick={() => setWhole(true)}>
                Show {all.length - SHOWN} more
              </button>
            )}
            {next_cursor !== undefined && <p className="quiet">There are more than {ASKED}; a shorter time shows the later ones.</p>}
          </section>
        );
      }}
    </Answer>
  );
}

const keyOf = ({ urns, isError }: NewPatterns): string => `${isError} ${urns.join(' ')}`;

interface FreshItemProps {
  readonly tenant: string;
  readonly group: NewPatterns;
  readonly urn: string;
  readonly isOpen?: boolean;
}

function FreshItem({ tenant, group, urn, isOpen = false }: FreshItemProps) {
  const toPage = useToPage();
  const { changes, urns, isError } = group;
  const [first] = changes;
  return (
    <li>
      <details open={isOpen && changes.length <= 3}>
        <summary>
          <strong className={isError ? 'worse' : ''}>{count(changes.length, isError ? 'new error pattern' : 'new pattern')}</strong> in{' '}
          {urns.length === 0 ? 'the logs' : <Names {...{ tenant, urns, urn }} between=", " />} {first && <When at={first.at} />}
        </summary>
        <ul className="fresh">
          {changes.map(({ at, details }) => (
            <li key={String(details.fingerprint)}>
              <Link className="fresh-link" href={toPage(`/patterns/${encodeURIComponent(String(details.fingerprint))}`, { tenant })}>
                <Template template={String(details.template)} />
              </Link>{' '}
              <When at={at} />
            </li>
          ))}
        </ul>
      </details>
    </li>
  );
}
