import { Link } from 'wouter';
import type { TopologyEdge } from '../../../../src/api/contract.ts';
import { useToPage } from '../../frame/address.ts';
import { Table } from '../../parts/table.tsx';
import { Time } from '../../parts/time.tsx';
import { formatTime } from '../../text/format.ts';
import type { Names } from './names.ts';
import { formatAttrs, formatEvidence, relationLooks } from './topology-picture.ts';

interface DeclaredEdgeProps {
  readonly edge: TopologyEdge;
  readonly names: Names;
  /** With every declaration and links; else in a few words. */
  readonly isWhole?: boolean;
}

/** An edge and who declares it where. */
export function DeclaredEdge({ edge, names, isWhole = false }: DeclaredEdgeProps) {
  const { src_urn, relation, dst_urn, declared_by } = edge;
  const [first] = declared_by;
  const toPage = useToPage();
  if (!isWhole)
    return (
      <>
        <p>
          <strong>{names(src_urn).name}</strong> {relationLooks[relation].title} <strong>{names(dst_urn).name}</strong>
        </p>
        {first && (
          <p>
            {first.source} {first.scope}, since {formatTime(first.valid_from)} UTC
            <br />
            {formatEvidence(first.evidence)}
          </p>
        )}
        {declared_by.length > 1 && <p>and {declared_by.length - 1} more</p>}
      </>
    );
  return (
    <>
      <h2>
        <Link href={toPage('/resource', { urn: src_urn })}>{names(src_urn).name}</Link> {relationLooks[relation].title}{' '}
        <Link href={toPage('/resource', { urn: dst_urn })}>{names(dst_urn).name}</Link>
      </h2>
      <p className="quiet wrap">
        {src_urn} → {dst_urn}
      </p>
      <Table
        caption="Declarations of the edge"
        rows={declared_by}
        rowKey={({ source, scope }) => `${source} ${scope}`}
        columns={[
          { title: 'Source', cell: ({ source }) => source },
          { title: 'Scope', cell: ({ scope }) => <span className="wrap">{scope}</span> },
          { title: 'File, line and rule', cell: ({ evidence }) => <code className="wrap">{formatEvidence(evidence)}</code> },
          { title: 'Since', cell: ({ valid_from }) => <Time at={valid_from} /> },
          { title: 'Until', cell: ({ valid_to }) => (valid_to === null ? 'open' : <Time at={valid_to} />) },
          { title: 'Attributes', cell: ({ attrs }) => formatAttrs(attrs) || '–' },
          { title: 'Came back', isNumber: true, isMinor: true, cell: ({ reopened }) => (reopened === 0 ? 'never' : `${reopened} ×`) },
          { title: 'Recorded', isMinor: true, cell: ({ recorded_at }) => <Time at={recorded_at} /> },
        ]}
      />
    </>
  );
}
