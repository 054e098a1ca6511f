import { Link } from 'wouter';
import type { ResourceList } from '../../../../src/api/contract.ts';
import { useApiList } from '../../api/use-api.ts';
import { useAddress, useToPage } from '../../frame/address.ts';
import { lookOf } from '../../graph/picture.ts';
import { Answer, Empty } from '../../parts/states.tsx';
import { More, Table } from '../../parts/table.tsx';
import { TextFilter } from '../../parts/text-filter.tsx';
import { Time } from '../../parts/time.tsx';
import { formatShare, formatShort } from '../../text/format.ts';

const kinds = ['service', 'host', 'database', 'topic', 'external', 'load_balancer', 'network', 'function', 'storage', 'component', 'other'];

/** Resources of a tenant, by part of a name, URN or alias. */
export function ResourceTable({ tenant }: { readonly tenant: string | undefined }) {
  const [get, set] = useAddress();
  const toPage = useToPage();
  const { q, kind } = { q: get('q'), kind: get('kind') };
  const list = useApiList<ResourceList['items'][number]>(
    '/api/v1/resources',
    { tenant_id: tenant, q, kind, order: 'activity', limit: 100 },
    { every: 60, wait: tenant === undefined },
  );
  return (
    <div className="stack">
      <div className="page-head">
        <h1>Resources</h1>
        <span className="quiet">{tenant}</span>
      </div>
      <div className="filters">
        <TextFilter label="Search" placeholder="name, URN or alias" value={q} onChange={(text) => set({ q: text })} />
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
              <p className="quiet">
                {q === undefined
                  ? 'Those that were called and called others most in the newest hour come first.'
                  : 'The best match comes first.'}
              </p>
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
                  { title: 'Called/s', isNumber: true, cell: ({ calls = 0, rps = 0 }) => (calls === 0 ? '–' : formatShort(rps)) },
                  {
                    ...{ title: 'Errors', isNumber: true },
                    cell: ({ err_rate: rate = null }) =>
                      rate === null ? '–' : <span className={rate >= 0.05 ? 'wrong' : ''}>{formatShare(rate)}</span>,
                  },
                  { title: 'Last seen', isMinor: true, cell: ({ last_seen }) => <Time at={last_seen} asOf={as_of} /> },
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
