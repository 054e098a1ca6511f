import { useState } from 'react';
import type { PatternList, PatternServiceList } from '../../../../src/api/contract.ts';
import { useApi, useApiList } from '../../api/use-api.ts';
import { useAddress } from '../../frame/address.ts';
import { Absent, Answer, Empty, Loading } from '../../parts/states.tsx';
import { More } from '../../parts/table.tsx';
import { count, formatShort } from '../../text/format.ts';
import { type CountedPattern, joinServices } from './counted-pattern.ts';
import { type Shown, useAnswered } from './found-patterns.tsx';
import { PatternRows } from './pattern-rows.tsx';

/** Patterns of one page of a list. */
const PAGE = 25;
/** Errors that are shown at first. */
const FEW = 10;

/** Errors of all services, new and surging ones first, then what else is new or surging, then one line for each service, which opens its patterns. */
export function PatternSummary({ tenant, range, isWaiting, onAnswer }: Shown) {
  const query = { tenant_id: tenant, ...range };
  const freshness = { every: 60, wait: isWaiting };
  const counted = { ...query, points: true, limit: PAGE };
  const services = useApi<PatternServiceList>('/api/v1/patterns/services', { ...query, limit: 1000 }, freshness);
  const changed = useApiList<CountedPattern, PatternList>('/api/v1/patterns', { ...counted, trend: 'changed' }, freshness);
  const errors = useApiList<CountedPattern, PatternList>('/api/v1/patterns', { ...counted, severity: 'error' }, freshness);
  useAnswered(services.data, onAnswer);
  // All at once, or what comes later would push away what is there.
  if ([services, changed, errors].some(({ data, error }) => data === undefined && error === null)) return <Loading what="patterns" />;
  const known = new Set(errors.data?.items.map(keyOf));
  return (
    <Answer
      of={services}
      what="patterns"
      isEmpty={({ items }) => items.length === 0}
      empty={
        <Empty
          title="There is no log line in this time."
          advice="Choose another time. Runs shows whether its windows have been read, and how many log lines they held."
        />
      }
    >
      {({ items }) => (
        <div className="stack">
          <Answer
            of={errors}
            what="errors"
            isEmpty={(list) => list.items.length === 0}
            empty={<Absent>No line of this time is an error.</Absent>}
          >
            {(list) => <Errors {...{ tenant, list }} more={errors} />}
          </Answer>
          <Answer
            of={changed}
            what="new patterns"
            isEmpty={(list) => list.items.every((item) => known.has(keyOf(item))) && !changed.hasNextPage}
            empty={<Absent>No other pattern is new or surging in this time.</Absent>}
          >
            {(list) => (
              <section className="panel" aria-labelledby="changed-title">
                <h2 id="changed-title">New and surging</h2>
                <PatternRows {...{ tenant, list }} patterns={list.items.filter((item) => !known.has(keyOf(item)))} />
                <More list={changed} />
              </section>
            )}
          </Answer>
          <section className="panel" aria-labelledby="services-title">
            <div className="panel-head">
              <h2 id="services-title">By service</h2>
              <span className="quiet" role="status">
                {count(items.length, 'service')},{' '}
                {count(
                  items.reduce((sum, { lines }) => sum + lines, 0),
                  'line',
                )}
              </span>
            </div>
            {items.map((service) => (
              <ServiceLine key={service.resource} {...{ tenant, service, query }} />
            ))}
          </section>
        </div>
      )}
    </Answer>
  );
}

interface ErrorsProps {
  readonly tenant: string;
  readonly list: PatternList;
  readonly more: Parameters<typeof More>[0]['list'];
}

function Errors({ tenant, list, more }: ErrorsProps) {
  const [isWhole, setWhole] = useState(false);
  const joined = joinServices(list.items);
  const shown = isWhole ? joined : joined.slice(0, FEW);
  return (
    <section className="panel" aria-labelledby="errors-title">
      <h2 id="errors-title">Errors</h2>
      <PatternRows {...{ tenant, list }} patterns={shown} isErrors />
      {shown.length < joined.length ? (
        <button type="button" className="more" onClick={() => setWhole(true)}>
          Show {joined.length - shown.length} more
        </button>
      ) : (
        <More list={more} />
      )}
    </section>
  );
}

const keyOf = ({ fingerprint, resource }: CountedPattern): string => `${fingerprint} ${resource}`;

interface ServiceLineProps {
  readonly tenant: string;
  readonly service: PatternServiceList['items'][number];
  readonly query: Readonly<Record<string, string | undefined>>;
}

/** A service in one line; whether it is open is in the address. */
function ServiceLine({ tenant, service: { service, resource, patterns, lines, errors }, query }: ServiceLineProps) {
  const [get, set] = useAddress();
  const isOpen = get('open') === resource;
  return (
    <div className="service-line">
      <button type="button" aria-expanded={isOpen} onClick={() => set({ open: isOpen ? undefined : resource })}>
        <span className="service-name">{service}</span>{' '}
        <span className="quiet">
          {count(patterns, 'pattern')}, <span title={count(lines, 'line')}>{formatShort(lines)} lines</span>
        </span>
        {errors > 0 && <span className="severity is-error">{count(errors, 'error')}</span>}
      </button>
      {isOpen && <ServicePatterns {...{ tenant, resource, query }} />}
    </div>
  );
}

interface ServicePatternsProps {
  readonly tenant: string;
  readonly resource: string;
  readonly query: ServiceLineProps['query'];
}

function ServicePatterns({ tenant, resource, query }: ServicePatternsProps) {
  const asked = { ...query, service: resource, points: true, limit: PAGE };
  const patterns = useApiList<CountedPattern, PatternList>('/api/v1/patterns', asked, { every: 60 });
  return (
    <Answer of={patterns} what="patterns of the service">
      {(list) => (
        <>
          <PatternRows {...{ tenant, list }} isOneService />
          <More list={patterns} />
        </>
      )}
    </Answer>
  );
}
