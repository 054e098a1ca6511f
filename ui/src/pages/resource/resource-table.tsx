import { useState } from 'react';
import { Link } from 'wouter';
import type { ResourceList } from '../../../../src/api/contract.ts';
import { useApiList } from '../../api/use-api.ts';
import { useAddress, useToPage } from '../../frame/address.ts';
import { lookOf } from '../../graph/picture.ts';
import { Answer, Empty } from '../../parts/states.tsx';
import { More, Table } from '../../parts/table.tsx';
import { Time } from '../../parts/time.tsx';

const kinds = ['service', 'host', 'database', 'topic', 'external', 'load_balancer', 'network', 'function', 'storage', 'component', 'other'];

/** Resources of a tenant, by part of a name, URN or alias. */
export function ResourceTable({ tenant }: { readonly tenant: string | undefined }) {
  const [get, set] = useAddress();
  const toPage = useToPage();
  const [text, setText] = useState(get('q') ?? '');
  const { q, kind } = { q: get('q'), kind: get('kind') };
  const list = useApiList<ResourceList['items'][number]>(
    '/api/v1/resources',
    { tenant_id: tenant, q, kind, limit: 100 },
    { every: 60, wait: tenant === undefined },
  );
  return (
    <div className="stack">
      <div className="page-head">
        <h1>Resources</h1>
        <span className="quiet">{tenant}</span>
      </div>
      <div className="filters">
        <label>
          Search
          <input
            type="search"
            value={text}
            placeholder="name, URN or alias"
            spellCheck={false}
            onChange={({ target }) => {
              setText(target.value);
              set({ q: target.value.trim() });
            }}
          />
        </label>
        <label>
          Kind
          <select value={kind ?? ''} onChange={({ target }) => set({ kind: target.value }, { push: true })}>
            <option value="">All</option>
            {kinds.map((name) => (
              <option key={name} value={name}>
                {name.replace('_', ' ')}
              </option>
            ))}
          </select>
        </label>
      </div>
      <section className="panel" aria-label="Found">
        <Answer
          of={list}
          what="resources"
          isEmpty={({ items }) => items.length === 0}
          empty={
            q || kind ? (
              <Empty title="No resource is like that." advice="Take a filter away, or search for less of the name." />
            ) : (
              <Empty
                title="No resource is known yet."
                advice="Resources come with telemetry and with topology documents; Runs shows whether any has been read."
              />
            )
          }
        >
          {({ items, as_of }) => (
            <>
              <Table
                caption="Resources"
                rows={items}
                rowKey={({ urn }) => urn}
                columns={[
                  { title: 'Name', cell: ({ urn, name }) => <Link href={toPage('/resource', { urn })}>{name}</Link> },
                  {
                    title: 'Kind',
                    cell: ({ kind: own }) => <span style={{ color: `var(${lookOf(own).colour})` }}>{own.replace('_', ' ')}</span>,
                  },
                  {
                    ...{ title: 'URN', isMinor: true },
                    cell: ({ urn, alias }) => (
                      <>
                        <code className="wrap">{urn}</code>
                        {alias !== null && <div className="quiet wrap">also {alias}</div>}
                      </>
                    ),
                  },
                  { title: 'Last seen', cell: ({ last_seen }) => <Time at={last_seen} asOf={as_of} /> },
                ]}
              />
              <More list={list} />
            </>
          )}
        </Answer>
      </section>
    </div>
  );
}
