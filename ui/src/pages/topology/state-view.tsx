import { useMemo } from 'react';
import type { Topology } from '../../../../src/api/contract.ts';
import { useApi } from '../../api/use-api.ts';
import { useAddress } from '../../frame/address.ts';
import { GraphCanvas } from '../../graph/graph-canvas.tsx';
import { Legend } from '../../graph/legend.tsx';
import { Answer, Empty } from '../../parts/states.tsx';
import { count, formatCount, formatTime } from '../../text/format.ts';
import { DeclaredEdge } from './declared-edge.tsx';
import { EdgeTable } from './edge-table.tsx';
import { type Moment, MomentSlider } from './moment-slider.tsx';
import { type Names, useNames } from './names.ts';
import type { TopologyFilter } from './topology-filter.ts';
import { relationLooks, toEdgeId, toPicture } from './topology-picture.ts';

/** Edges that one picture may hold. */
const MOST_EDGES = 5000;

interface ViewProps {
  readonly scope: TopologyFilter;
  readonly moments: readonly Moment[];
}

/** What was declared at a time, with a slider over the times at which that changed. */
export function StateView({ scope, moments }: ViewProps) {
  const [get, set] = useAddress();
  const at = get('at');
  const topology = useApi<Topology>('/api/v1/topology', { ...scope, at, limit: MOST_EDGES }, at === undefined ? { every: 60 } : {});
  return (
    <>
      <MomentSlider label="Time" moments={moments} at={at} onChoose={(time) => set({ at: time })} />
      <Answer
        of={topology}
        what="topology"
        isEmpty={({ items }) => items.length === 0}
        empty={<Empty title="Nothing was declared at this time." advice="Move the slider to a time at which something was." />}
      >
        {(answer) => <State answer={answer} tenant={scope.tenant_id ?? ''} focus={scope.resource} />}
      </Answer>
    </>
  );
}

interface StateProps {
  readonly answer: Topology;
  readonly tenant: string;
  readonly focus: string | undefined;
}

function State({ answer: { items, at, next_cursor }, tenant, focus }: StateProps) {
  const [get, set] = useAddress();
  const names = useNames(tenant);
  const picture = useMemo(
    () =>
      toPicture(items, names, ({ relation }) => ({
        colour: relationLooks[relation].colour,
        width: 2,
        order: relation === 'CONTAINS' ? 0 : 1,
      })),
    [items, names],
  );
  const byId = useMemo(() => new Map(items.map((edge) => [toEdgeId(edge), edge])), [items]);
  const looks = Object.entries(relationLooks).flatMap(([relation, look]) =>
    items.some((edge) => edge.relation === relation) ? [look] : [],
  );
  const chosen = byId.get(get('edge') ?? '');
  return (
    <div className="stack">
      <p className="quiet" role="status">
        {count(picture.nodes.length, 'resource')}, {count(items.length, 'edge')} at {formatTime(at)} UTC
        {next_cursor !== undefined &&
          `; these are the first ${formatCount(MOST_EDGES)}: choose a source, relation or resource to see others`}
      </p>
      <section aria-label="Drawing">
        <GraphCanvas
          name={`topology.${tenant}`}
          picture={picture}
          aim={focus ?? ''}
          chosen={chosen ? toEdgeId(chosen) : focus}
          label={`Topology of ${count(picture.nodes.length, 'resource')} and ${count(items.length, 'edge')}; the table below says the same.`}
          describe={(id) => {
            const edge = byId.get(id);
            return edge ? <DeclaredEdge edge={edge} names={names} /> : <UrnWords urn={id} names={names} />;
          }}
          onChooseNode={(urn) => set({ resource: urn, edge: undefined }, { push: true })}
          onChooseEdge={(edge) => set({ edge }, { push: true })}
        />
        <Legend kinds={[...new Set(picture.nodes.map(({ id }) => names(id).kind))]} edges={looks} />
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

/** A resource by name, kind and URN. */
export function UrnWords({ urn, names }: { readonly urn: string; readonly names: Names }) {
  const { name, kind } = names(urn);
  return (
    <>
      <strong>{name}</strong> {kind.replace('_', ' ')}
      <br />
      {urn}
    </>
  );
}
