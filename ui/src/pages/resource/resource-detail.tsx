import { Link } from 'wouter';
import type { ResourcePage } from '../../../../src/api/contract.ts';
import { useApi } from '../../api/use-api.ts';
import { useAddress, useToPage } from '../../frame/address.ts';
import { SpanChoice, useSpan } from '../../parts/span-choice.tsx';
import { Answer, Empty } from '../../parts/states.tsx';
import { Table } from '../../parts/table.tsx';
import { Time } from '../../parts/time.tsx';
import { toShortName } from '../../text/urn.ts';
import { DeclaredEdge } from '../topology/declared-edge.tsx';
import { EdgeTable } from '../topology/edge-table.tsx';
import { useNames } from '../topology/names.ts';
import { toEdgeId } from '../topology/topology-picture.ts';
import { CallPanels } from './call-panels.tsx';
import { ChangesPanel, DocumentsPanel, PatternsPanel } from './link-panels.tsx';
import { MetricsPanel } from './metrics-panel.tsx';
import './resource.css';

interface ResourceDetailProps {
  readonly tenant: string | undefined;
  /** URN, name or alias. */
  readonly urn: string;
}

/** All that is known about one resource. */
export function ResourceDetail({ tenant, urn }: ResourceDetailProps) {
  const toPage = useToPage();
  const path = `/api/v1/resources/${encodeURIComponent(urn)}`;
  const page = useApi<ResourcePage>(path, { tenant_id: tenant }, { every: 60, wait: tenant === undefined });
  return (
    <div className="stack">
      <p className="quiet">
        <Link href={toPage('/resource')}>Resources</Link> › {toShortName(urn)}
      </p>
      {page.data === undefined && <h1>{toShortName(urn)}</h1>}
      <Answer of={page} what="resource">
        {(resource) => <Everything resource={resource} tenant={tenant ?? ''} />}
      </Answer>
    </div>
  );
}

function Everything({ resource, tenant }: { readonly resource: ResourcePage; readonly tenant: string }) {
  const [get] = useAddress();
  const toPage = useToPage();
  const span = useSpan(tenant);
  const names = useNames(tenant);
  const { urn, name, kind, aliases, attrs, topology, truncated, calls } = resource;
  const chosen = topology.find((edge) => toEdgeId(edge) === get('edge'));
  const facts = Object.entries(attrs);
  const { from, to } = span.range;
  const range = from !== undefined && to !== undefined ? { from, to } : span.isWaiting ? undefined : { from: calls.from, to: calls.to };
  const hasCalls = calls.callers + calls.callees > 0;
  return (
    <div className="stack">
      <div className="page-head">
        <div>
          <h1>
            {name} <span className="quiet resource-kind">{kind.replace('_', ' ')}</span>
          </h1>
          <code className="wrap">{urn}</code>
          <p className="quiet">
            first seen <Time at={resource.first_seen} /> UTC, last seen <Time at={resource.last_seen} asOf={resource.as_of} />
          </p>
        </div>
        <nav className="resource-links" aria-label="Elsewhere">
          <Link href={toPage('/map', { focus: urn })}>On the map</Link>
          <Link href={toPage('/topology', { resource: urn })}>In the topology</Link>
          <Link href={toPage('/patterns', { service: urn })}>Its patterns</Link>
        </nav>
      </div>
      <div className="filters">
        <SpanChoice {...span} answered={range} />
      </div>
      <CallPanels tenant={tenant} urn={urn} span={span} isQuiet={!hasCalls} />
      <MetricsPanel tenant={tenant} urn={urn} metrics={resource.metrics} span={span} isCut={truncated.includes('metrics')} />
      <PatternsPanel patterns={resource.patterns} />
      <ChangesPanel tenant={tenant} urn={urn} range={range} />
      {chosen && (
        <section className="panel" aria-label="Chosen edge">
          <DeclaredEdge edge={chosen} names={names} isWhole />
        </section>
      )}
      {topology.length === 0 ? (
        <section className="panel" aria-labelledby="topology-title">
          <h2 id="topology-title">Declared edges</h2>
          <Empty title="No document declares an edge of it now." advice="The topology page reaches back in time." />
        </section>
      ) : (
        <EdgeTable edges={topology} chosen={chosen} names={names} />
      )}
      <div className="columns">
        <DocumentsPanel documents={resource.documents} />
        <section className="panel" aria-labelledby="names-title">
          <h2 id="names-title">Names and attributes</h2>
          {facts.length > 0 && (
            <dl className="facts">
              {facts.map(([field, value]) => (
                <Fact key={field} name={field} value={value} />
              ))}
            </dl>
          )}
          {aliases.length > 0 ? (
            <Table
              caption="Other names"
              rows={aliases}
              rowKey={(alias) => `${alias.kind} ${alias.alias} ${alias.provenance}`}
              columns={[
                { title: 'Other name', cell: ({ alias }) => <span className="wrap">{alias}</span> },
                { title: 'Kind', cell: (alias) => alias.kind },
                { title: 'Said by', cell: ({ provenance }) => <span className="wrap">{provenance}</span> },
                { title: 'Last seen', isMinor: true, cell: ({ last_seen }) => <Time at={last_seen} asOf={resource.as_of} /> },
              ]}
            />
          ) : (
            facts.length === 0 && (
              <Empty title="It has no other names." advice="Pods, addresses and attributes come with topology documents." />
            )
          )}
        </section>
      </div>
      {truncated.length > 0 && <p className="quiet">There are more {truncated.join(', ')} than are shown here.</p>}
    </div>
  );
}

function Fact({ name, value }: { readonly name: string; readonly value: unknown }) {
  return (
    <>
      <dt>{name}</dt>
      <dd>{typeof value === 'object' ? JSON.stringify(value) : String(value)}</dd>
    </>
  );
}
