import { Link } from 'wouter';
import { useToPage } from '../../frame/address.ts';
import { Table } from '../../parts/table.tsx';
import { Time } from '../../parts/time.tsx';
import { count } from '../../text/format.ts';
import { noteOf } from './edge-words.tsx';
import type { Names } from './names.ts';
import { Place } from './place.tsx';
import { type Change, changeLooks, relationLooks, toEdgeId } from './topology-picture.ts';

interface ChangeTableProps {
  readonly changes: readonly Change[];
  /** Id of the chosen edge. */
  readonly chosen: string | undefined;
  readonly names: Names;
}

/** Differences between two times as a table. */
export function ChangeTable({ changes, chosen, names }: ChangeTableProps) {
  const toPage = useToPage();
  return (
    <section className="panel" aria-labelledby="changes-title">
      <h2 id="changes-title">{count(changes.length, 'difference')}</h2>
      <Table
        caption="Differences"
        rows={changes}
        isChosen={(change) => toEdgeId(change) === chosen}
        rowKey={(change) => `${change.change} ${toEdgeId(change)} ${change.source} ${change.scope}`}
        columns={[
          {
            title: 'What',
            cell: ({ change }) => (
              <span className={`change is-${change}`}>
                <span aria-hidden="true">{changeLooks[change].sign}</span> {change}
              </span>
            ),
          },
          { title: 'From', cell: ({ src_urn }) => <Link href={toPage('/resource', { urn: src_urn })}>{names(src_urn).name}</Link> },
          { title: 'Relation', cell: ({ relation }) => <span className="nowrap">{relationLooks[relation].title}</span> },
          { title: 'To', cell: ({ dst_urn }) => <Link href={toPage('/resource', { urn: dst_urn })}>{names(dst_urn).name}</Link> },
          { title: 'When', cell: ({ at }) => <Time at={at} /> },
          { title: 'Source', isMinor: true, cell: ({ source, scope }) => <span className="wrap">{`${source} ${scope}`}</span> },
          { title: 'Evidence', isMinor: true, cell: ({ evidence }) => <Place evidence={evidence} /> },
          { title: 'Note', cell: noteOf },
        ]}
      />
    </section>
  );
}
