import { useMemo } from 'react';
import { Link } from 'wouter';
import type { CallList } from '../../../../src/api/contract.ts';
import { useApi } from '../../api/use-api.ts';
import { useAddress, useToPage } from '../../frame/address.ts';
import { useTenant } from '../../frame/tenant.ts';
import { GraphCanvas } from '../../graph/graph-canvas.tsx';
import { Legend } from '../../graph/legend.tsx';
import { withinHops } from '../../graph/picture.ts';
import { ResourceSearch } from '../../parts/resource-search.tsx';
import { SpanChoice, useSpan } from '../../parts/span-choice.tsx';
import { Answer, Empty } from '../../parts/states.tsx';
import { count, formatCount } from '../../text/format.ts';
import { errorSteps, toCallId, toPicture, toTraffic, toWidths, withNames } from './call-picture.ts';
import { CallTable } from './call-table.tsx';
import { CallWords, TrafficWords } from './map-words.tsx';
import './map.css';

/** Calls that one picture may hold. */
const MOST_CALLS = 10_000;
const hopChoices = [1, 2, 3, 4];

/** Who calls whom, drawn and as a table; what is looked at is in the address. */
export function MapPage() {
  const { one: tenant } = useTenant();
  const [get, set] = useAddress();
  const span = useSpan(tenant);
  const wait = tenant === undefined || span.isWaiting;
  const calls = useApi<CallList>('/api/v1/calls', { tenant_id: tenant, ...span.range, limit: MOST_CALLS }, { every: 30, wait });
  const focus = get('focus');
  const hops = hopChoices.find((choice) => String(choice) === get('hops')) ?? 1;
  return (
    <div className="stack">
      <div className="page-head">
        <h1>Map</h1>
        <span className="quiet">{tenant}</span>
      </div>
      <div className="filters">
        <ResourceSearch
          tenant={tenant}
          label="Focus on"
          value={focus}
          onChoose={(urn) => set({ focus: urn, call: undefined }, { push: true })}
        />
        {focus !== undefined && (
          <fieldset className="choice">
            <legend className="hidden">Hops around it</legend>
            {hopChoices.map((choice) => (
              <button
                key={choice}
                type="button"
                aria-pressed={choice === hops}
                onClick={() => set({ hops: String(choice) }, { push: true })}
              >
                {count(choice, 'hop')}
              </button>
            ))}
            <button type="button" onClick={() => set({ focus: undefined, hops: undefined, call: undefined }, { push: true })}>
              Show all
            </button>
          </fieldset>
        )}
        <SpanChoice {...span} answered={calls.data} />
      </div>
      <Answer
        of={calls}
        what="calls"
        isEmpty={({ items }) => items.length === 0}
        empty={
          <Empty
            title="Nothing was called in this time."
            advice="Choose a longer time. Calls come from spans: Runs shows whether their windows have been read."
          />
        }
      >
        {(list) => <CallMap tenant={tenant ?? ''} list={list} focus={focus} hops={hops} chosen={get('call')} />}
      </Answer>
    </div>
  );
}

interface CallMapProps {
  readonly tenant: string;
  readonly list: CallList;
  readonly focus: string | undefined;
  readonly hops: number;
  /** Id of the chosen call. */
  readonly chosen: string | undefined;
}

function CallMap({ tenant, list, focus, hops, chosen }: CallMapProps) {
  const [, set] = useAddress();
  const toPage = useToPage();
  const { next_cursor } = list;
  const items = useMemo(() => list.items.map(withNames), [list.items]);
  const picture = useMemo(() => toPicture(items), [items]);
  const shown = useMemo(() => (focus === undefined ? undefined : withinHops(picture, focus, hops)), [picture, focus, hops]);
  const byId = useMemo(() => new Map(items.map((call) => [toCallId(call), call])), [items]);
  const seen = useMemo(() => items.filter(({ src_urn, dst_urn }) => !shown || (shown.has(src_urn) && shown.has(dst_urn))), [items, shown]);
  const kinds = useMemo(() => [...new Set(items.flatMap(({ src_kind, dst_kind }) => [src_kind, dst_kind]))].sort(), [items]);
  const widths = useMemo(() => toWidths(items), [items]);
  const resources = shown?.size ?? picture.nodes.length;
  const call = chosen === undefined ? undefined : byId.get(chosen);
  const traffic = focus === undefined ? undefined : toTraffic(items, focus);
  const describe = (id: string) => {
    const over = byId.get(id);
    if (over) return <CallWords call={over} />;
    const resource = toTraffic(items, id);
    return resource && <TrafficWords of={resource} />;
  };
  return (
    <div className="stack">
      <div className="map-line">
        <p className="quiet" role="status">
          {count(resources, 'resource')}, {count(seen.length, 'edge')}
          {shown && ` within ${count(hops, 'hop')}`}
          {next_cursor !== undefined && `; the ${formatCount(MOST_CALLS)} edges with most calls of the tenant are looked at`}
        </p>
        {(call ?? traffic) && (
          <section className="map-chosen" aria-label="Chosen">
            {call ? <CallWords call={call} tenant={tenant} /> : traffic && <TrafficWords of={traffic} urn={focus} />}
          </section>
        )}
      </div>
      {focus !== undefined && traffic === undefined && (
        <Empty
          title="This resource has no calls in this time."
          advice={<Link href={toPage('/resource', { urn: focus })}>See what else is known about it</Link>}
        />
      )}
      {resources > 0 && (
        <section aria-label="Picture">
          <GraphCanvas
            name={`calls.${tenant}`}
            picture={picture}
            shown={shown}
            aim={`${focus} ${hops}`}
            chosen={call ? chosen : focus}
            label={`Map of ${count(resources, 'resource')} and ${count(seen.length, 'edge')}; the table below says the same.`}
            describe={describe}
            onChooseNode={(urn) => set({ focus: urn, call: undefined }, { push: true })}
            onChooseEdge={(id) => set({ call: id }, { push: true })}
          />
          <Legend kinds={kinds} edges={errorSteps} widths={widths} />
        </section>
      )}
      <CallTable tenant={tenant} calls={seen} chosen={chosen} />
    </div>
  );
}
