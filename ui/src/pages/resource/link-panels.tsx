import { Link } from 'wouter';
import type { ChangeList, ResourcePage } from '../../../../src/api/contract.ts';
import { useApi } from '../../api/use-api.ts';
import { useToPage } from '../../frame/address.ts';
import { Answer, Empty } from '../../parts/states.tsx';
import { Table } from '../../parts/table.tsx';
import { Time } from '../../parts/time.tsx';
import { formatCount, formatWindow } from '../../text/format.ts';

/** Log patterns of a resource in the newest hour with lines. */
export function PatternsPanel({ patterns }: Pick<ResourcePage, 'patterns'>) {
  const toPage = useToPage();
  return (
    <section className="panel" aria-labelledby="patterns-title">
      <div className="panel-head">
        <h2 id="patterns-title">Log patterns</h2>
        <span className="quiet">newest hour with lines</span>
      </div>
      {patterns.length === 0 ? (
        <Empty title="It wrote no log lines in the newest hour." advice="Patterns reaches further back." />
      ) : (
        <Table
          caption="Log patterns"
          rows={patterns}
          rowKey={({ fingerprint }) => fingerprint}
          columns={[
            {
              title: 'Pattern',
              cell: ({ fingerprint, template }) => (
                <Link href={toPage(`/patterns/${encodeURIComponent(fingerprint)}`)}>
                  <code className="clamp" title={template}>
                    {template}
                  </code>
                </Link>
              ),
            },
            { title: 'Trend', cell: ({ trend }) => (trend === 'steady' ? 'steady' : <strong>{trend}</strong>) },
            { title: 'Level', cell: ({ severity }) => severity ?? '–' },
            { title: 'Lines', isNumber: true, cell: ({ lines }) => formatCount(lines) },
            { title: 'Errors', isNumber: true, cell: ({ errors }) => formatCount(errors) },
            {
              ...{ title: 'OpenObserve', isMinor: true },
              cell: ({ evidence_url }) =>
                evidence_url !== null && /^https?:/i.test(evidence_url) ? (
                  <a href={evidence_url} target="_blank" rel="noreferrer">
                    Open
                  </a>
                ) : (
                  '–'
                ),
            },
          ]}
        />
      )}
    </section>
  );
}

interface ChangesPanelProps {
  readonly tenant: string;
  readonly urn: string;
  /** Beginning and end. */
  readonly range: { readonly from: string; readonly to: string } | undefined;
}

/** What changed at a resource and one hop around it. */
export function ChangesPanel({ tenant, urn, range }: ChangesPanelProps) {
  const toPage = useToPage();
  const query = { tenant_id: tenant, resource: urn, hops: 1, ...range, limit: 50 };
  const changes = useApi<ChangeList>('/api/v1/changes', query, { every: 60, wait: range === undefined });
  return (
    <section className="panel" aria-labelledby="changes-title">
      <div className="panel-head">
        <h2 id="changes-title">Changes here and one hop away</h2>
        <span className="quiet">{changes.data && `${formatWindow(changes.data.from, changes.data.to)} UTC`}</span>
      </div>
      <Answer
        of={changes}
        what="changes"
        isEmpty={({ items }) => items.length === 0}
        empty={<Empty title="Nothing changed in this time." advice="Choose a longer time to look further back." />}
      >
        {({ items, next_cursor }) => (
          <>
            <ul className="changes">
              {items.map(({ at, kind, text, urns, hops }) => (
                <li key={`${at} ${kind} ${text}`}>
                  <span className="quiet">
                    <Time at={at} /> · <strong>{kind.replace('_', ' ')}</strong>
                    {hops !== null && hops > 0 && ' · a neighbour'}
                  </span>
                  <span className="wrap">
                    {text}{' '}
                    {urns
                      .filter((other) => other !== urn)
                      .slice(0, 1)
                      .map((other) => (
                        <Link key={other} href={toPage('/resource', { urn: other })} aria-label={`See ${other}`}>
                          See the other end
                        </Link>
                      ))}
                  </span>
                </li>
              ))}
            </ul>
            {next_cursor !== undefined && <p className="quiet">These are the first; a shorter time shows the later ones.</p>}
          </>
        )}
      </Answer>
    </section>
  );
}

/** Documents that are about a resource. */
export function DocumentsPanel({ documents }: Pick<ResourcePage, 'documents'>) {
  const toPage = useToPage();
  return (
    <section className="panel" aria-labelledby="documents-title">
      <h2 id="documents-title">Documents</h2>
      {documents.length === 0 ? (
        <Empty title="No document is about it." advice="Knowledge takes Markdown and HTML; documents that name it appear here." />
      ) : (
        <ul className="changes">
          {documents.map(({ doc_id, title, uri, found_as }) => (
            <li key={doc_id}>
              <Link href={toPage(`/knowledge/${doc_id}`)}>{title ?? uri}</Link>
              <span className="quiet wrap">
                {uri} · {found_as === 'given' ? 'linked by whoever added it' : `mentions its ${found_as === 'urn' ? 'URN' : 'name'}`}
              </span>
            </li>
          ))}
        </ul>
      )}
    </section>
  );
}
