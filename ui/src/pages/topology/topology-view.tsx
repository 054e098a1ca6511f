import { type ReactNode, useMemo } from 'react';
import type { Topology, TopologyEdge } from '../../../../src/api/contract.ts';
import { type Ahead, type ListOf, useAhead, useApiList } from '../../api/use-api.ts';
import { useAddress } from '../../frame/address.ts';
import { GraphCanvas } from '../../graph/graph-canvas.tsx';
import { Legend } from '../../graph/legend.tsx';
import { Answer, Empty } from '../../parts/states.tsx';
import { More } from '../../parts/table.tsx';
import { count, toMs } from '../../text/format.ts';
import { ChangeTable } from './change-table.tsx';
import { DeclaredEdge } from './declared-edge.tsx';
import { EdgeTable } from './edge-table.tsx';
import { ChangeWords, UrnWords } from './edge-words.tsx';
import { type Moment, MomentSlider } from './moment-slider.tsx';
import { useNames } from './names.ts';
import { countChanges, StateWords } from './state-words.tsx';
import type { TopologyFilter } from './topology-filter.ts';
import { type Change, changeLooks, type Ends, relationLooks, sameLook, toEdgeId, toPicture } from './topology-picture.ts';
import { findBefore, toDefaultFrom, toDiffQuestion, toEndOfMinute, toStateQuestion } from './topology-questions.ts';

interface TopologyViewProps {
  /** Shows the differences between two times; else what was declared at one, with what just changed. */
  readonly isDiff: boolean;
  readonly scope: TopologyFilter;
  readonly moments: readonly Moment[];
}

/**
 * What was declared at a time, or what is different between two: the moment before the newest change and now, unless others are chosen. Both share
 * one drawing, because making one takes longer than all else.
 */
export function TopologyView({ isDiff, scope, moments }: TopologyViewProps) {
  const [get, set] = useAddress();
  const at = get(isDiff ? 'to' : 'at');
  const from = isDiff ? (get('from') ?? toDefaultFrom(moments)) : findBefore(moments, at);
  // Without a choice the second time is now; a request needs one, and one that stays the same while its view is open.
  const to = useMemo(() => at ?? (isDiff ? toEndOfMinute() : undefined), [at, isDiff]);
  const isForward = from !== undefined && to !== undefined && toMs(from) < toMs(to);
  const state = toStateQuestion(scope, at);
  const edges = useApiList<TopologyEdge, Topology>(state.path, state.query, at === undefined ? { every: 60 } : {});
  const difference = toDiffQuestion(scope, from, to);
  const diff = useApiList<Change>(difference.path, difference.query, { wait: !isForward });
  const ahead = useAhead();
  const askAhead = (first: string | undefined, second: string | undefined): Ahead =>
    ahead(() => [toStateQuestion(scope, second), ...(first && second ? [toDiffQuestion(scope, first, second)] : [])]);
  // What just changed at the moment before is not what did at this one; two times keep their differences until those of others are there.
  const changes = isForward && (isDiff || !diff.isPlaceholderData) ? diff.data : undefined;
  return (
    <>
      {isDiff ? (
        <div className="moments">
          <MomentSlider
            label="From"
            moments={moments}
            at={from}
            onChoose={(time) => set({ from: time ?? to })}
            askAhead={(time) => askAhead(time, to)}
          />
          <MomentSlider
            label="To"
            moments={moments}
            at={at}
            onChoose={(time) => set({ to: time })}
            askAhead={(time) => askAhead(from, time)}
          />
        </div>
      ) : (
        <MomentSlider
          label="Time"
          moments={moments}
          at={at}
          onChoose={(time) => set({ at: time })}
          askAhead={(time) => askAhead(findBefore(moments, time), time)}
        />
      )}
      <Answer
        of={edges}
        what="topology"
        isEmpty={({ items }) => items.length === 0 && !isDiff}
        empty={<Empty title="Nothing was declared at this time." advice="Move the slider to a time at which something was." />}
      >
        {(answer) => (
          <Drawn
            {...{ answer, changes, isDiff, from, to }}
            tenant={scope.tenant_id ?? ''}
            focus={scope.resource}
            more={<More list={edges} />}
            differences={
              isForward ? (
                <Answer
                  of={diff}
                  what="differences"
                  isEmpty={({ items }) => items.length === 0}
                  empty={
                    <Empty
                      title="Nothing is different between the two times."
                      advice="Move one of them: each step of the sliders is a change."
                    />
                  }
                >
                  {({ items }) => (
                    <>
                      <p role="status">{countChanges(items)}</p>
                      <More list={diff} />
                    </>
                  )}
                </Answer>
              ) : (
                <Empty title="The first time is not before the second." advice="Move the slider From to the left, or To to the right." />
              )
            }
          />
        )}
      </Answer>
    </>
  );
}

interface DrawnProps {
  readonly answer: Topology;
  /** What changed; undefined where that is not known, or not asked. */
  readonly changes: ListOf<Change> | undefined;
  readonly isDiff: boolean;
  readonly from: string | undefined;
  readonly to: string | undefined;
  readonly tenant: string;
  readonly focus: string | undefined;
  /** Asks for more edges, where there are more. */
  readonly more: ReactNode;
  /** How many differences there are, in words. */
  readonly differences: ReactNode;
}

const none: readonly Change[] = [];

function Drawn({ answer, changes, isDiff, from, to, tenant, focus, more, differences }: DrawnProps) {
  const [get, set] = useAddress();
  const names = useNames(tenant);
  const { items } = answer;
  // Until the differences are there the picture stays as it is.
  const isCompared = isDiff && changes !== undefined;
  const known = changes?.items ?? none;
  const changed = useMemo(() => toMap(known, isDiff), [known, isDiff]);
  const picture = useMemo(
    () =>
      toPicture<Ends>([...items, ...[...changed.values()].filter(({ change }) => isCompared || change === 'closed')], names, (edge) => {
        const change = changed.get(toEdgeId(edge));
        if (change) return { colour: changeLooks[change.change].colour, width: 4, order: 2 };
        if (isCompared) return { colour: sameLook.colour, width: 1.5, order: 0 };
        return { colour: relationLooks[edge.relation].colour, width: 2, order: edge.relation === 'CONTAINS' ? 0 : 1 };
      }),
    [items, changed, names, isCompared],
  );
  const byId = useMemo(() => new Map(items.map((edge) => [toEdgeId(edge), edge])), [items]);
  const resources = useMemo(() => new Set(items.flatMap(({ src_urn, dst_urn }) => [src_urn, dst_urn])).size, [items]);
  const looks = Object.entries(relationLooks).flatMap(([relation, look]) =>
    items.some((edge) => edge.relation === relation) ? [look] : [],
  );
  const justChanged = [...new Set([...changed.values()].map(({ change }) => change))].sort();
  const chosen = isDiff ? undefined : byId.get(get('edge') ?? '');
  const size = `${count(resources, 'resource')} and ${count(items.length, 'edge')}`;
  return (
    <div className="stack">
      {isDiff ? differences : <StateWords {...{ answer, resources, changed, from, to }} />}
      {!isDiff && more}
      {picture.nodes.length > 0 && (
        <section aria-label="Picture">
          <GraphCanvas
            name={`topology.${tenant}`}
            picture={picture}
            aim={focus ?? ''}
            chosen={isDiff ? get('edge') : chosen ? toEdgeId(chosen) : focus}
            label={`Topology ${isDiff ? `with differences: ${countChanges(known)}` : `of ${size}`}; the table below says the same.`}
            describe={(id) => {
              const [edge, change] = [byId.get(id), changed.get(id)];
              if (edge && !isDiff) return <DeclaredEdge edge={edge} names={names} />;
              return change ? <ChangeWords change={change} names={names} /> : <UrnWords urn={id} names={names} />;
            }}
            onChooseNode={(resource) => set({ resource, edge: undefined }, { push: true })}
            onChooseEdge={(edge) => set({ edge }, { push: true })}
          />
          <Legend
            kinds={[...new Set(picture.nodes.map(({ id }) => names(id).kind))]}
            edges={
              isCompared
                ? [...Object.values(changeLooks), sameLook]
                : [...looks, ...justChanged.map((kind) => ({ ...changeLooks[kind], title: `just ${changeLooks[kind].title}` }))]
            }
          />
        </section>
      )}
      {chosen && (
        <section className="panel" aria-label="Chosen edge">
          <DeclaredEdge edge={chosen} names={names} isWhole />
        </section>
      )}
      {isDiff ? (
        known.length > 0 && <ChangeTable changes={known} chosen={get('edge')} names={names} />
      ) : (
        <EdgeTable edges={items} chosen={chosen} names={names} />
      )}
    </div>
  );
}

/** Differences by their edge; of a state one that another source goes on declaring has not closed. */
function toMap(changes: readonly Change[], isWhole: boolean): ReadonlyMap<string, Change> {
  const seen = changes.filter(({ change, still_declared }) => isWhole || change !== 'closed' || !still_declared);
  return new Map(seen.map((change) => [toEdgeId(change), change]));
}
