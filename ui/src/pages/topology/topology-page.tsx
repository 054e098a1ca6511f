import type { ScopeList, TopologyMomentList } from '../../../../src/api/contract.ts';
import { type Question, useAhead, useApi } from '../../api/use-api.ts';
import { useAddress } from '../../frame/address.ts';
import { useTenant } from '../../frame/tenant.ts';
import { Choice } from '../../parts/choice.tsx';
import { ResourceSearch } from '../../parts/resource-search.tsx';
import { Answer, Empty } from '../../parts/states.tsx';
import { DriftView, toDrift } from './drift-view.tsx';
import { ScopeTable, ScopeWarning } from './scope-table.tsx';
import type { TopologyFilter } from './topology-filter.ts';
import './topology.css';
import { relationLooks } from './topology-picture.ts';
import { toDefaultFrom, toDiffQuestion, toEndOfMinute } from './topology-questions.ts';
import { TopologyView } from './topology-view.tsx';

const views = { at: 'At a time', diff: 'Between two times', drift: 'Against calls' } as const;
type View = keyof typeof views;
const viewNames = Object.keys(views) as View[];
/** Moments that the sliders reach back. */
const MOST_MOMENTS = 1000;

/** What documents declare: at a time, between two times, and against the calls that are seen. Everything that is chosen is in the address. */
export function TopologyPage() {
  const { one: tenant } = useTenant();
  const [get, set] = useAddress();
  const view = viewNames.find((name) => name === get('view')) ?? 'at';
  const scope: TopologyFilter = { tenant_id: tenant, source: get('source'), relation: get('relation'), resource: get('resource') };
  const fresh = { every: 60, wait: tenant === undefined };
  const scopes = useApi<ScopeList>('/api/v1/topology/scopes', { tenant_id: tenant, limit: 1000 }, fresh);
  const moments = useApi<TopologyMomentList>('/api/v1/topology/moments', { ...scope, limit: MOST_MOMENTS }, fresh);
  const ahead = useAhead();
  const questions: Readonly<Record<View, () => readonly Question[]>> = {
    at: () => [],
    diff: () => (moments.data === undefined ? [] : [toDiffQuestion(scope, toDefaultFrom(moments.data.items), toEndOfMinute())]),
    drift: () => [toDrift(tenant)],
  };
  const sources = [...new Set(scopes.data?.items.map(({ source }) => source) ?? [])];
  return (
    <div className="stack">
      <div className="page-head">
        <h1>Topology</h1>
        <span className="quiet">{tenant}</span>
      </div>
      <div className="filters">
        <fieldset className="choice">
          <legend className="hidden">View</legend>
          {viewNames.map((name) => (
            <button
              key={name}
              type="button"
              aria-pressed={name === view}
              {...ahead(questions[name])}
              onClick={() => set({ view: name, edge: undefined, from: undefined, to: undefined, span: undefined }, { push: true })}
            >
              {views[name]}
            </button>
          ))}
        </fieldset>
        {view !== 'drift' && (
          <>
            <ResourceSearch
              tenant={tenant}
              label="Resource"
              value={scope.resource}
              onChoose={(urn) => set({ resource: urn, edge: undefined }, { push: true })}
            />
            <Choice
              label="Source"
              value={scope.source}
              options={sources.map((source) => [source, source])}
              onChoose={(source) => set({ source, edge: undefined }, { push: true })}
            />
            <Choice
              label="Relation"
              value={scope.relation}
              onChoose={(relation) => set({ relation, edge: undefined }, { push: true })}
              options={Object.entries(relationLooks).map(([relation, { title }]) => [relation, title])}
            />
          </>
        )}
      </div>
      {scopes.data && <ScopeWarning list={scopes.data} />}
      {view === 'drift' ? (
        <DriftView tenant={tenant} firstDeclaredAt={moments.data && toFirst(moments.data)} />
      ) : (
        <Answer
          of={moments}
          what="history"
          isEmpty={({ items }) => items.length === 0}
          empty={<NothingDeclared isNarrow={Boolean(scope.source ?? scope.relation ?? scope.resource)} />}
        >
          {({ items }) => <TopologyView isDiff={view === 'diff'} scope={scope} moments={items} />}
        </Answer>
      )}
      <Answer of={scopes} what="sources" isEmpty={({ items }) => items.length === 0} empty={null}>
        {(list) => <ScopeTable list={list} />}
      </Answer>
    </div>
  );
}

/** When the first of all moments was; null without any, undefined where older ones were not asked for. */
function toFirst({ items, next_cursor }: TopologyMomentList): string | null | undefined {
  return next_cursor === undefined ? (items.at(-1)?.at ?? null) : undefined;
}

function NothingDeclared({ isNarrow }: { readonly isNarrow: boolean }) {
  if (isNarrow) return <Empty title="No document declares an edge like that." advice="Take a filter away to see others." />;
  return (
    <Empty
      title="No document declares any edge of this tenant."
      advice={
        <>
          Name the places of Terraform, Pulumi, Kubernetes, Compose or Ansible documents, or of cloud accounts, under <code>topology</code>{' '}
          of the tenant in the configuration; the jobs <code>topo-iac</code> and <code>topo-ansible</code> read them.
        </>
      }
    />
  );
}
