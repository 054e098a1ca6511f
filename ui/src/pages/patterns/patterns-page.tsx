import type { Pattern, PatternList, ResourceList } from '../../../../src/api/contract.ts';
import { useApi, useApiList } from '../../api/use-api.ts';
import { useAddress } from '../../frame/address.ts';
import { OneTenant } from '../../frame/one-tenant.tsx';
import { Choice } from '../../parts/choice.tsx';
import { SpanChoice, useSpan } from '../../parts/span-choice.tsx';
import { Answer, Empty } from '../../parts/states.tsx';
import { More } from '../../parts/table.tsx';
import { count } from '../../text/format.ts';
import { type CountedPattern, countTrends, groupByService } from './pattern-groups.ts';
import { ServiceGroup } from './service-group.tsx';
import './patterns.css';

const severities: readonly (readonly [NonNullable<Pattern['severity']>, string])[] = [
  ['info', 'info or worse'],
  ['warn', 'warn or worse'],
  ['error', 'error or worse'],
  ['fatal', 'fatal'],
];
const trends: readonly (readonly [Pattern['trend'], string])[] = [
  ['new', 'new'],
  ['surging', 'surging'],
  ['steady', 'steady'],
];
const lines = { path: '/api/v1/patterns', query: { limit: 1 }, usual: '1h' } as const;
/** Patterns of one page of the list. */
const PAGE = 200;

/** What the log lines of a tenant say, by service, new and surging patterns first; everything that is chosen is in the address. */
export function PatternsPage() {
  return (
    <div className="stack">
      <h1>Patterns</h1>
      <OneTenant>{(tenant) => <Patterns tenant={tenant} />}</OneTenant>
    </div>
  );
}

function Patterns({ tenant }: { readonly tenant: string }) {
  const [get, set] = useAddress();
  const span = useSpan(tenant, lines);
  const { service, severity, trend } = { service: get('service'), severity: get('severity'), trend: get('trend') };
  const query = { tenant_id: tenant, ...span.range, service, severity, trend };
  const patterns = useApiList<CountedPattern, PatternList>(
    '/api/v1/patterns',
    { ...query, points: true, limit: PAGE },
    { every: 60, wait: span.isWaiting },
  );
  const services = useApi<ResourceList>('/api/v1/resources', { tenant_id: tenant, kind: 'service', limit: 1000 });
  const choose = (field: string) => (value: string | undefined) => set({ [field]: value }, { push: true });
  const names = [...new Set([...(service === undefined ? [] : [service]), ...(services.data?.items.map(({ name }) => name) ?? [])])];
  const isFiltered = service !== undefined || severity !== undefined || trend !== undefined;
  return (
    <>
      <div className="filters">
        <Choice label="Service" value={service} options={names.sort().map((name) => [name, name])} onChoose={choose('service')} />
        <Choice label="Severity" value={severity} options={severities} onChoose={choose('severity')} />
        <Choice label="Trend" value={trend} options={trends} onChoose={choose('trend')} />
        <SpanChoice {...span} answered={patterns.data} />
      </div>
      <Answer
        of={patterns}
        what="patterns"
        isEmpty={({ items }) => items.length === 0}
        empty={
          isFiltered ? (
            <Empty
              title="No pattern is like that in this time."
              advice={
                <button type="button" onClick={() => set({ service: undefined, severity: undefined, trend: undefined }, { push: true })}>
                  Take the filters away
                </button>
              }
            />
          ) : (
            <Empty
              title="There is no log line in this time."
              advice="Choose another time. Runs shows whether its windows have been read, and how many log lines they held."
            />
          )
        }
      >
        {(list) => <PatternGroups {...{ tenant, list, service }} isErrors={severity === 'error' || severity === 'fatal'} />}
      </Answer>
      <More list={patterns} />
    </>
  );
}

interface PatternGroupsProps {
  readonly tenant: string;
  readonly list: PatternList;
  readonly service: string | undefined;
  readonly isErrors: boolean;
}

function PatternGroups({ tenant, list, service, isErrors }: PatternGroupsProps) {
  const { items, points_from: from = list.from, step_seconds: stepSeconds = 300 } = list;
  const groups = groupByService(items);
  const times = { from, stepSeconds, rangeFrom: list.from };
  return (
    <div className="stack">
      <p role="status">
        {countTrends(items)} {items.length === 1 ? 'pattern' : 'patterns'} in {count(groups.length, 'service')}
        {list.next_cursor !== undefined && ', and there are more'}
      </p>
      {groups.map((group) => (
        <ServiceGroup key={group.resource} {...{ group, tenant, times, isErrors }} isWhole={service !== undefined} />
      ))}
    </div>
  );
}
