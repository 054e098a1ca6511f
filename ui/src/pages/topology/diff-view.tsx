import { useMemo } from 'react';
import { Link } from 'wouter';
import type { Topology, TopologyDiff } from '../../../../src/api/contract.ts';
import { useApi, useApiList } from '../../api/use-api.ts';
import { useAddress, useToPage } from '../../frame/address.ts';
import { GraphCanvas } from '../../graph/graph-canvas.tsx';
import { Legend } from '../../graph/legend.tsx';
import { Answer, Empty } from '../../parts/states.tsx';
import { More, Table } from '../../parts/table.tsx';
import { Time } from '../../parts/time.tsx';
import { count } from '../../text/format.ts';
import { ChangeWords, noteOf, UrnWords } from './edge-words.tsx';
import { type Moment, MomentSlider } from './moment-slider.tsx';
import { useNames } from './names.ts';
import { Place } from './place.tsx';
import { PAGE_EDGES } from './state-view.tsx';
import type { TopologyFilter } from './topology-filter.ts';
import { type Change, changeLooks, type Ends, relationLooks, sameLook, toEdgeId, toPicture } from './topology-picture.ts';

interface ViewProps {
  readonly scope: TopologyFilter;
  readonly moments: readonly Moment[];
}

/** What is different between two times: the moment before the newest change and now, unless others are chosen. */
export function DiffView({ scope, moments }: ViewProps) {
  const [get, set] = useAddress();
  const to = get('to');
  const from = get('from') ?? moments[1]?.at ?? moments[0]?.at;
  // The end of the page is now; a request needs a time, and one that stays the same while the page is open.
  const end = useMemo(() => to ?? new Date().toISOString(), [to]);
  const isBackwards = from === undefined || Date.parse(from) >= Date.parse(end);
  const diff = useApiList<Change>('/api/v1/topology/diff', { ...scope, from, to: end, limit: 1000 }, { wait: isBackwards });
  const after = useApi<Topology>('/api/v1/topology', { ...scope, at: end, limit: PAGE_EDGES });
  return (
    <>
      <div className="moments">
        <MomentSlider label="From" moments={moments} at={from} onChoose={(time) => set({ from: time ?? end })} />
        <MomentSlider label="To" moments={moments} at={to} onChoose={(time) => set({ to: time })} />
      </div>
      {isBackwards ? (
        <Empty title="The first time is not before the second." advice="Move the slider From to the left, or To to the right." />
      ) : (
        <Answer
          of={diff}
          what="differences"
          isEmpty={({ items }) => items.length === 0}
          empty={
            <Empty title="Nothing is different between the two times." advice="Move one of them: each step of the sliders is a change." />
          }
        >
          {({ items }) => (
            <>
              <Differences tenant={scope.tenant_id ?? ''} changes={items} after={after.data?.items ?? []} />
              <More list={diff} />
            </>
          )}
        </Answer>
      )}
    </>
  );
}

interface DifferencesProps {
  readonly tenant: string;
  readonly changes: TopologyDiff['items'];
  /** Edges at the second time. */
  readonly after: readonly Ends[];
}

function Differences({ tenant, changes, after }: DifferencesProps) {
  const toPage = useToPage();
  const [get, set] = useAddress();
  const chosen = get('edge');
  const names = useNames(tenant);
  const byId = useMemo(() => new Map(changes.map((change) => [toEdgeId(change), change])), [changes]);
  const picture = useMemo(
    () =>
      toPicture<Ends>([...after, ...changes], names, (edge) => {
        const change = byId.get(toEdgeId(edge));
        return change
          ? { colour: changeLooks[change.change].colour, width: 4, order: 1 }
          : { colour: sameLook.colour, width: 1.5, order: 0 };
      }),
    [after, changes, byId, names],
  );
  const kinds = ['opened', 'closed', 'changed'] as const;
  const summary = kinds.map((name) => `${changes.filter(({ change }) => change === name).length} ${name}`).join(', ');
  return (
    <div className="stack">
      <p role="status">{summary}</p>
      <section aria-label="Picture">
        <GraphCanvas
          name={`topology.${tenant}`}
          picture={picture}
          aim=""
          label={`Topology with differences: ${summary}; the table below says the same.`}
          describe={(id) => {
            const change = byId.get(id);
            return change ? <ChangeWords change={change} names={names} /> : <UrnWords urn={id} names={names} />;
          }}
          onChooseNode={(resource) => set({ resource, edge: undefined }, { push: true })}
          onChooseEdge={(edge) => set({ edge }, { push: true })}
          chosen={chosen}
        />
        <Legend kinds={[...new Set(picture.nodes.map(({ id }) => names(id).kind))]} edges={[...Object.values(changeLooks), sameLook]} />
      </section>
      <section className="panel" aria-labelledby="changes-title">
        <h2 id="changes-title">{count(changes.length, 'difference')}</h2>
        <Table
          caption="Differences"
          rows={changes}
          isChosen={(change) => toEdgeId(change) === chosen}
          rowKey={(change) => `${change.change} ${toEdgeId(change)} ${change.source} ${change.scope}`}
          columns={[
            {
              title: 'What',
              cell: ({ change }) => (
                <span className={`change is-${change}`}>
                  <span aria-hidden="true">{changeLooks[change].sign}</span> {change}
                </span>
              ),
            },
            { title: 'From', cell: ({ src_urn }) => <Link href={toPage('/resource', { urn: src_urn })}>{names(src_urn).name}</Link> },
            { title: 'Relation', cell: ({ relation }) => <span className="nowrap">{relationLooks[relation].title}</span> },
            { title: 'To', cell: ({ dst_urn }) => <Link href={toPage('/resource', { urn: dst_urn })}>{names(dst_urn).name}</Link> },
            { title: 'When', cell: ({ at }) => <Time at={at} /> },
            { title: 'Source', isMinor: true, cell: ({ source, scope }) => <span className="wrap">{`${source} ${scope}`}</span> },
            { title: 'Evidence', isMinor: true, cell: ({ evidence }) => <Place evidence={evidence} /> },
            { title: 'Note', cell: noteOf },
          ]}
        />
      </section>
    </div>
  );
}
