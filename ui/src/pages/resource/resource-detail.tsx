import { Link } from 'wouter';
import type { ResourcePage } from '../../../../src/api/contract.ts';
import { useApi } from '../../api/use-api.ts';
import { useAddress, useToPage } from '../../frame/address.ts';
import { SpanChoice, useSpan } from '../../parts/span-choice.tsx';
import { Absent, Answer } from '../../parts/states.tsx';
import { Table } from '../../parts/table.tsx';
import { Time } from '../../parts/time.tsx';
import { toIso, toMs } from '../../text/format.ts';
import { toShortName } from '../../text/urn.ts';
import { DeclaredEdge } from '../topology/declared-edge.tsx';
import { EdgeTable } from '../topology/edge-table.tsx';
import { useNames } from '../topology/names.ts';
import { toEdgeId } from '../topology/topology-picture.ts';
import { CallPanels } from './call-panels.tsx';
import { ChangesPanel } from './changes-panel.tsx';
import { DocumentsPanel } from './documents-panel.tsx';
import { MetricsPanel } from './metrics-panel.tsx';
import { PatternsPanel } from './patterns-panel.tsx';
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
  const { urn, name, kind, calls, topology, documents, truncated } = resource;
  const names = useNames(topology.length === 0 ? undefined : tenant);
  const end = toNewest(resource);
  const span = useSpan(tenant, undefined, end);
  const range = { from: span.range.from ?? end, to: span.range.to ?? end };
  const chosen = topology.find((edge) => toEdgeId(edge) === get('edge'));
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
          <Link href={toPage('/knowledge', { resource: urn })}>Documents</Link>
        </nav>
      </div>
      <div className="filters">
        <SpanChoice {...span} answered={range} />
      </div>
      <CallPanels {...{ tenant, urn, range }} expected={{ isInward: calls.callers > 0, isOutward: calls.callees > 0 }} />
      <MetricsPanel {...{ tenant, urn, range }} metrics={resource.metrics} isCut={truncated.includes('metrics')} />
      <ChangesPanel {...{ tenant, urn, range }} />
      <PatternsPanel {...{ tenant, urn, range }} />
      {chosen && (
        <section className="panel" aria-label="Chosen edge">
          <DeclaredEdge edge={chosen} names={names} isWhole />
        </section>
      )}
      {topology.length > 0 && <EdgeTable edges={topology} chosen={chosen} names={names} />}
      <div className="columns">
        {documents.length > 0 && <DocumentsPanel documents={documents} />}
        <NamesPanel resource={resource} />
      </div>
      <div className="last">
        {topology.length === 0 && (
          <Absent advice={<Link href={toPage('/topology', { resource: urn })}>The topology reaches back in time</Link>}>
            No document declares an edge of it now.
          </Absent>
        )}
        {documents.length === 0 && (
          <Absent advice={<Link href={toPage('/knowledge')}>Knowledge takes Markdown and HTML</Link>}>No document is about it.</Absent>
        )}
        {truncated.length > 0 && <p className="quiet">There are more {truncated.join(', ')} than are shown here.</p>}
      </div>
    </div>
  );
}

/** When the newest that is known of a resource ends: its calls, else its metrics, else the newest of the tenant. */
function toNewest({ calls, metrics }: ResourcePage): string {
  const newest = metrics.map(({ last_bucket }) => toMs(last_bucket) + 60_000);
  return calls.callers + calls.callees > 0 || newest.length === 0 ? calls.to : toIso(Math.max(...newest));
}

/** Other names of a resource and what documents say of it; nothing where there is none. */
function NamesPanel({ resource }: { readonly resource: ResourcePage }) {
  const { aliases, attrs, as_of } = resource;
  const facts = Object.entries(attrs);
  if (facts.length + aliases.length === 0) return null;
  return (
    <section className="panel" aria-labelledby="names-title">
      <h2 id="names-title">Names and attributes</h2>
      {facts.length > 0 && (
        <dl className="facts">
          {facts.map(([field, value]) => (
            <Fact key={field} name={field} value={value} />
          ))}
        </dl>
      )}
      {aliases.length > 0 && (
        <Table
          caption="Other names"
          rows={aliases}
          rowKey={(alias) => `${alias.kind} ${alias.alias} ${alias.provenance}`}
          columns={[
            { title: 'Other name', cell: ({ alias }) => <span className="wrap">{alias}</span> },
            { title: 'Kind', cell: (alias) => alias.kind },
            { title: 'Said by', cell: ({ provenance }) => <span className="wrap">{provenance}</span> },
            { title: 'Last seen', isMinor: true, cell: ({ last_seen }) => <Time at={last_seen} asOf={as_of} /> },
          ]}
        />
      )}
    </section>
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
