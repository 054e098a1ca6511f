import { type ReactNode, useMemo } from 'react';
import { Link } from 'wouter';
import type { Topology, TopologyDiff } from '../../../../src/api/contract.ts';
import { useApi, useApiList } from '../../api/use-api.ts';
import { useAddress, useToPage } from '../../frame/address.ts';
import { GraphCanvas } from '../../graph/graph-canvas.tsx';
import { Legend } from '../../graph/legend.tsx';
import { Answer, Empty } from '../../parts/states.tsx';
import { More } from '../../parts/table.tsx';
import { count, formatTime, toMs } from '../../text/format.ts';
import { DeclaredEdge } from './declared-edge.tsx';
import { EdgeTable } from './edge-table.tsx';
import { ChangeWords, UrnWords } from './edge-words.tsx';
import { type Moment, MomentSlider } from './moment-slider.tsx';
import { useNames } from './names.ts';
import type { TopologyFilter } from './topology-filter.ts';
import { type Change, changeLooks, type Ends, relationLooks, toEdgeId, toPicture } from './topology-picture.ts';

/** Edges that are asked for at once: of many more a picture is no longer read, but searched. */
export const PAGE_EDGES = 1000;

interface ViewProps {
  readonly scope: TopologyFilter;
  readonly moments: readonly Moment[];
}

/** What was declared at a time, with a slider over the times at which that changed. */
export function StateView({ scope, moments }: ViewProps) {
  const [get, set] = useAddress();
  const at = get('at');
  const query = { ...scope, at, limit: PAGE_EDGES };
  const topology = useApiList<TopologyEdge, Topology>('/api/v1/topology', query, at === undefined ? { every: 60 } : {});
  const place = at === undefined ? -1 : moments.findIndex((moment) => toMs(moment.at) === toMs(at));
  const before = place < 0 ? undefined : moments[place + 1]?.at;
  const isChange = before !== undefined;
  const diff = useApi<TopologyDiff>('/api/v1/topology/diff', { ...scope, from: before, to: at, limit: 1000 }, { wait: !isChange });
  // The differences of the moment before stay while those of another are asked for.
  const changes = isChange && diff.data !== undefined && !diff.isPlaceholderData ? diff.data : undefined;
  return (
    <>
      <MomentSlider label="Time" moments={moments} at={at} onChoose={(time) => set({ at: time })} />
      <Answer
        of={topology}
        what="topology"
        isEmpty={({ items }) => items.length === 0}
        empty={<Empty title="Nothing was declared at this time." advice="Move the slider to a time at which something was." />}
      >
        {(answer) => (
          <State answer={answer} changes={changes} tenant={scope.tenant_id ?? ''} focus={scope.resource} more={<More list={topology} />} />
        )}
      </Answer>
    </>
  );
}

interface StateProps {
  readonly answer: Topology;
  /** What changed at this time; undefined where it is not a time of a change. */
  readonly changes: TopologyDiff | undefined;
  readonly tenant: string;
  readonly focus: string | undefined;
  /** Asks for more edges, where there are more. */
  readonly more: ReactNode;
}

type TopologyEdge = Topology['items'][number];

const none: TopologyDiff['items'] = [];

function State({ answer: { items, at, next_cursor }, changes, tenant, focus, more }: StateProps) {
  const [get, set] = useAddress();
  const toPage = useToPage();
  const names = useNames(tenant);
  const changed = useMemo(() => toMap(changes?.items ?? none), [changes]);
  const picture = useMemo(
    () =>
      toPicture<Ends>([...items, ...[...changed.values()].filter(({ change }) => change === 'closed')], names, (edge) => {
        const change = changed.get(toEdgeId(edge));
        return change
          ? { colour: changeLooks[change.change].colour, width: 4, order: 2 }
          : { colour: relationLooks[edge.relation].colour, width: 2, order: edge.relation === 'CONTAINS' ? 0 : 1 };
      }),
    [items, changed, names],
  );
  const resources = useMemo(() => new Set(items.flatMap(({ src_urn, dst_urn }) => [src_urn, dst_urn])).size, [items]);
  const byId = useMemo(() => new Map(items.map((edge) => [toEdgeId(edge), edge])), [items]);
  const looks = Object.entries(relationLooks).flatMap(([relation, look]) =>
    items.some((edge) => edge.relation === relation) ? [look] : [],
  );
  const changeKinds = [...new Set([...changed.values()].map(({ change }) => change))].sort();
  const chosen = byId.get(get('edge') ?? '');
  return (
    <div className="stack">
      <p className="quiet" role="status">
        {count(resources, 'resource')}, {count(items.length, 'edge')} at {formatTime(at)} UTC
        {next_cursor !== undefined && '; there are more: choose a source, relation or resource, or show more of them'}
        {changes !== undefined && changeKinds.length > 0 && (
          <>
            ; just {changeKinds.map((kind) => `${[...changed.values()].filter(({ change }) => change === kind).length} ${kind}`).join(', ')}
            : <Link href={toPage('/topology', { ...scopeOf(get), view: 'diff', from: changes.from, to: changes.to })}>what changed</Link>
          </>
        )}
      </p>
      {more}
      <section aria-label="Picture">
        <GraphCanvas
          name={`topology.${tenant}`}
          picture={picture}
          aim={focus ?? ''}
          chosen={chosen ? toEdgeId(chosen) : focus}
          label={`Topology of ${count(resources, 'resource')} and ${count(items.length, 'edge')}; the table below says the same.`}
          describe={(id) => {
            const edge = byId.get(id);
            if (edge) return <DeclaredEdge edge={edge} names={names} />;
            const change = changed.get(id);
            return change ? <ChangeWords change={change} names={names} /> : <UrnWords urn={id} names={names} />;
          }}
          onChooseNode={(urn) => set({ resource: urn, edge: undefined }, { push: true })}
          onChooseEdge={(edge) => set({ edge }, { push: true })}
        />
        <Legend
          kinds={[...new Set(picture.nodes.map(({ id }) => names(id).kind))]}
          edges={[...looks, ...changeKinds.map((kind) => ({ ...changeLooks[kind], title: `just ${changeLooks[kind].title}` }))]}
        />
      </section>
      {chosen && (
        <section className="panel" aria-label="Chosen edge">
          <DeclaredEdge edge={chosen} names={names} isWhole />
        </section>
      )}
      <EdgeTable edges={items} chosen={chosen} names={names} />
    </div>
  );
}

/** Differences by their edge; one that another source goes on declaring has not closed. */
function toMap(changes: TopologyDiff['items']): ReadonlyMap<string, Change> {
  return new Map(
    changes.filter(({ change, still_declared }) => change !== 'closed' || !still_declared).map((change) => [toEdgeId(change), change]),
  );
}

/** What stays in the address when the view changes. */
function scopeOf(get: (name: string) => string | undefined): Record<string, string | undefined> {
  return Object.fromEntries(['source', 'relation', 'resource'].map((name) => [name, get(name)]));
}
