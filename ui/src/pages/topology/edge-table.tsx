import { useState } from 'react';
import { Link } from 'wouter';
import type { TopologyEdge } from '../../../../src/api/contract.ts';
import { useAddress, useToPage } from '../../frame/address.ts';
import { Table } from '../../parts/table.tsx';
import { Time } from '../../parts/time.tsx';
import { formatCount } from '../../text/format.ts';
import type { Names } from './names.ts';
import { Place } from './place.tsx';
import { formatEvidence, relationLooks, toEdgeId } from './topology-picture.ts';

const STEP = 25;
/** Shorter lists are seen at a glance. */
const LEAST_FILTERED = 9;

interface EdgeTableProps {
  readonly edges: readonly TopologyEdge[];
  readonly chosen: TopologyEdge | undefined;
  readonly names: Names;
  /** Above the table; `Declared edges` if absent. */
  readonly title?: string;
}

/** Declared edges as a table: everything that the drawing shows, for keyboards and readers of the screen. */
export function EdgeTable({ edges, chosen, names, title = 'Declared edges' }: EdgeTableProps) {
  const [get, set] = useAddress();
  const toPage = useToPage();
  const [most, setMost] = useState(STEP);
  const filter = (get('edges') ?? '').trim().toLowerCase();
  const found = edges.filter((edge) => filter === '' || toWords(edge, names).includes(filter));
  return (
    <section className="panel" aria-labelledby="edges-title">
      <div className="panel-head">
        <h2 id="edges-title">{title}</h2>
        {edges.length >= LEAST_FILTERED && (
          <div className="filters">
            <label>
              Filter
              <input
                type="search"
                placeholder="name, source or file"
                value={get('edges') ?? ''}
                onChange={({ target }) => set({ edges: target.value })}
              />
            </label>
          </div>
        )}
      </div>
      {found.length === 0 && <p className="quiet">No edge has this in its names, sources or files.</p>}
      <Table
        caption={title}
        rows={found.slice(0, most)}
        rowKey={toEdgeId}
        isChosen={(edge) => edge === chosen}
        columns={[
          {
            title: 'From',
            cell: ({ src_urn }) => (
              <Link href={toPage('/resource', { urn: src_urn })} title={src_urn}>
                {names(src_urn).name}
              </Link>
            ),
          },
          { title: 'Relation', cell: ({ relation }) => <span className="nowrap">{relationLooks[relation].title}</span> },
          {
            title: 'To',
            cell: ({ dst_urn }) => (
              <Link href={toPage('/resource', { urn: dst_urn })} title={dst_urn}>
                {names(dst_urn).name}
              </Link>
            ),
          },
          { title: 'Source', cell: ({ declared_by }) => [...new Set(declared_by.map(({ source }) => source))].join(', ') },
          {
            ...{ title: 'Evidence', isMinor: true },
            cell: ({ declared_by }) => <Place evidence={declared_by[0]?.evidence ?? {}} />,
          },
          { title: 'Since', isMinor: true, cell: ({ declared_by }) => <Time at={declared_by[0]?.valid_from ?? null} /> },
          {
            title: 'Details',
            cell: (edge) => (
              <button
                type="button"
                className="small"
                aria-label={`Details of ${toEdgeId(edge)}`}
                aria-pressed={edge === chosen}
                onClick={() => set({ edge: edge === chosen ? undefined : toEdgeId(edge) }, { push: true })}
              >
                {edge === chosen ? 'Hide' : 'Show'}
              </button>
            ),
          },
        ]}
      />
      {found.length > most && (
        <button type="button" className="more" onClick={() => setMost(most + STEP)}>
          Show more of {formatCount(found.length)}
        </button>
      )}
    </section>
  );
}

function toWords({ src_urn, relation, dst_urn, declared_by }: TopologyEdge, names: Names): string {
  const claims = declared_by.flatMap(({ source, scope, evidence }) => [source, scope, formatEvidence(evidence)]);
  return [names(src_urn).name, relationLooks[relation].title, names(dst_urn).name, ...claims].join(' ').toLowerCase();
}
