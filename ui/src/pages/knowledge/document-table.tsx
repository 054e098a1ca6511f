import { Link } from 'wouter';
import type { KnowledgeDocument } from '../../../../src/api/contract.ts';
import { useApiList } from '../../api/use-api.ts';
import { useToPage } from '../../frame/address.ts';
import { Answer, Empty } from '../../parts/states.tsx';
import { More, Table } from '../../parts/table.tsx';
import { Time } from '../../parts/time.tsx';
import { formatCount } from '../../text/format.ts';

interface DocumentTableProps {
  readonly tenant: string;
  readonly resource: string | undefined;
  readonly onAdd: () => void;
}

/** Documents of the tenant, or those about a resource, by where they are from. */
export function DocumentTable({ tenant, resource, onAdd }: DocumentTableProps) {
  const toPage = useToPage();
  const documents = useApiList<KnowledgeDocument>('/api/v1/knowledge', { tenant_id: tenant, resource, limit: 50 });
  return (
    <section className="panel" aria-labelledby="documents-title">
      <h2 id="documents-title">Documents</h2>
      <Answer
        of={documents}
        what="documents"
        isEmpty={({ items }) => items.length === 0}
        empty={
          <Empty
            title={resource === undefined ? 'There is no document yet.' : 'No document is about this resource.'}
            advice={
              <>
                Runbooks in Markdown or HTML are found here by people and agents.{' '}
                <button type="button" className="small" onClick={onAdd}>
                  Add the first
                </button>
              </>
            }
          />
        }
      >
        {({ items, as_of }) => (
          <>
            <Table
              caption="Documents"
              rows={items}
              rowKey={({ doc_id }) => doc_id}
              columns={[
                {
                  title: 'Document',
                  cell: ({ doc_id, title, uri }) => (
                    <>
                      <Link href={toPage(`/knowledge/${doc_id}`, { tenant })}>{title ?? uri}</Link>
                      {title !== null && <p className="quiet document-uri">{uri}</p>}
                    </>
                  ),
                },
                { title: 'Passages', isNumber: true, cell: ({ passages }) => formatCount(passages) },
                { title: 'Vectors', isNumber: true, isMinor: true, cell: ({ vectors }) => formatCount(vectors) },
                { title: 'Stored', cell: ({ updated_at }) => <Time at={updated_at} asOf={as_of} /> },
              ]}
            />
            <More list={documents} />
          </>
        )}
      </Answer>
    </section>
  );
}
