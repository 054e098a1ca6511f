import { Link } from 'wouter';
import type { ResourcePage } from '../../../../src/api/contract.ts';
import { useToPage } from '../../frame/address.ts';

/** Documents that are about a resource. */
export function DocumentsPanel({ documents }: Pick<ResourcePage, 'documents'>) {
  const toPage = useToPage();
  return (
    <section className="panel" aria-labelledby="documents-title">
      <h2 id="documents-title">Documents</h2>
      <ul className="changes documents">
        {documents.map(({ doc_id, title, uri, found_as, passage }) => (
          <li key={doc_id}>
            <Link href={toPage(`/knowledge/${doc_id}`, passage === null ? {} : { passage: String(passage) })}>{title ?? uri}</Link>
            <span className="quiet wrap">
              {uri} · {found_as === 'given' ? 'linked by whoever added it' : `mentions its ${found_as === 'urn' ? 'URN' : 'name'}`}
            </span>
          </li>
        ))}
      </ul>
    </section>
  );
}
