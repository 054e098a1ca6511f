import type { ScopeList } from '../../../../src/api/contract.ts';
import { Table } from '../../parts/table.tsx';
import { Time } from '../../parts/time.tsx';
import { formatCount } from '../../text/format.ts';

/** Where topology comes from, and whether the newest look at it went well. */
export function ScopeTable({ list }: { readonly list: ScopeList }) {
  return (
    <section className="panel" aria-labelledby="scopes-title">
      <h2 id="scopes-title">Where it comes from</h2>
      <Table
        caption="Sources and scopes"
        rows={list.items}
        rowKey={({ source, scope }) => `${source} ${scope}`}
        columns={[
          { title: 'Scope', cell: ({ scope }) => <span className="wrap">{scope}</span> },
          { title: 'Source', cell: ({ source }) => source },
          {
            title: 'Newest look',
            cell: ({ status, status_reason, complete }) => (
              <span className={status === 'ok' ? '' : 'wrong'}>
                {status}
                {status_reason && `: ${status_reason}`}
                {!complete && ' (not all of it was seen, so it closes nothing)'}
              </span>
            ),
          },
          { title: 'Edges', isNumber: true, cell: ({ edges }) => formatCount(edges) },
          { title: 'Document of', isMinor: true, cell: ({ observed_at }) => <Time at={observed_at} /> },
          { title: 'Looked at', isMinor: true, cell: ({ updated_at }) => <Time at={updated_at} asOf={list.as_of} /> },
        ]}
      />
    </section>
  );
}
