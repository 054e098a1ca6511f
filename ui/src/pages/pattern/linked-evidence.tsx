import { Link } from 'wouter';
import type { EvidenceLinkList } from '../../../../src/api/contract.ts';
import { useApi } from '../../api/use-api.ts';
import { useToPage } from '../../frame/address.ts';
import { WebLink } from '../../parts/web-link.tsx';

/** What people and agents have linked with a pattern, such as a document; nothing where there is nothing. */
export function LinkedEvidence({ tenant, fingerprint }: { readonly tenant: string; readonly fingerprint: string }) {
  const toPage = useToPage();
  const query = { tenant_id: tenant, subject_kind: 'pattern', subject_id: fingerprint, limit: 50 };
  const items = useApi<EvidenceLinkList>('/api/v1/evidence-links', query).data?.items ?? [];
  if (items.length === 0) return null;
  return (
    <section className="panel" aria-labelledby="linked-title">
      <h2 id="linked-title">Linked with it</h2>
      <ul className="aliases">
        {items.map(({ link_id, evidence_kind, evidence_ref, label, note }) => (
          <li key={link_id}>
            {evidence_kind === 'document' ? (
              <Link href={toPage(`/knowledge/${evidence_ref}`, { tenant })}>{label ?? 'a document that is gone'}</Link>
            ) : (
              <WebLink href={evidence_kind === 'url' ? evidence_ref : null}>{label ?? evidence_ref}</WebLink>
            )}{' '}
            <span className="quiet">{note ?? evidence_kind}</span>
          </li>
        ))}
      </ul>
    </section>
  );
}
