import { useState } from 'react';
import { Link } from 'wouter';
import type { TopologyEdge } from '../../../../src/api/contract.ts';
import { useAddress, useToPage } from '../../frame/address.ts';
import { Table } from '../../parts/table.tsx';
import { Time } from '../../parts/time.tsx';
import type { Names } from './names.ts';
import { Place } from './place.tsx';
import { relationLooks, toEdgeId } from './topology-picture.ts';

const STEP = 50;

interface EdgeTableProps {
  readonly edges: readonly TopologyEdge[];
  readonly chosen: TopologyEdge | undefined;
  readonly names: Names;
  /** Above the table; `Declared edges` if absent. */
  readonly title?: string;
}

/** Declared edges as a table: everything that the drawing shows, for keyboards and readers of the screen. */
export function EdgeTable({ edges, chosen, names, title = 'Declared edges' }: EdgeTableProps) {
  const [, set] = useAddress();
  const toPage = useToPage();
  const [most, setMost] = useState(STEP);
  return (
    <section className="panel" aria-labelledby="edges-title">
      <h2 id="edges-title">{title}</h2>
      <Table
        caption={title}
        rows={edges.slice(0, most)}
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
          { title: 'Relation', cell: ({ relation }) => relationLooks[relation].title },
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
      {edges.length > most && (
        <button type="button" className="more" onClick={() => setMost(most + STEP)}>
          Show more
        </button>
      )}
    </section>
  );
}
