import { ObserveBridgeError } from '../core/error.ts';
import { hash64 } from '../core/hash.ts';
import type { Db, Queryable } from './db.ts';

export const subjectKinds = ['resource', 'edge', 'pattern', 'event', 'document'] as const;
export const evidenceKinds = ['locator', 'document', 'event', 'url'] as const;
type Kind = (typeof subjectKinds)[number] | (typeof evidenceKinds)[number];

/**
 * What supports what. Keys are text: the URN of a resource, the fingerprint of a pattern, the `event_id`, `doc_id` or `locator_id`, the address
 * of a url, and for an edge the URN of its source, its relation and the URN of its target with a space between.
 */
export interface EvidenceLink {
  readonly subject_kind: (typeof subjectKinds)[number];
  readonly subject_id: string;
  readonly evidence_kind: (typeof evidenceKinds)[number];
  readonly evidence_ref: string;
  /** What the link means, in words. */
  readonly note: string | null;
}

/** A link as it is kept: `label` says in words what the evidence is, as far as it is known; times are ISO 8601 UTC. */
export interface EvidenceLinkRow extends EvidenceLink {
  readonly link_id: string;
  readonly label: string | null;
  readonly created_at: string;
}

/** Which links; what is absent does not restrict. Subject and evidence may both be asked for, so that links are found from either end. */
export interface EvidenceLinkFilter {
  readonly tenantId: string;
  readonly subjectKind?: string | undefined;
  readonly subjectId?: string | undefined;
  readonly evidenceKind?: string | undefined;
  readonly evidenceRef?: string | undefined;
  /** Creation time and id of the last link of the page before. */
  readonly before?: readonly [createdAt: string, linkId: string] | undefined;
  readonly limit: number;
}

/**
 * Keeps links and returns how many were new; a known one only takes the new note. Rejects with `OB_EVIDENCE_UNKNOWN` when the tenant does not
 * have one of the ends: nothing is kept then.
 */
export async function addEvidenceLinks(db: Db, tenantId: string, links: readonly EvidenceLink[]): Promise<number> {
  return db.transaction(async (tx) => {
    for (const link of links) {
      await requireEnd(tx, tenantId, link.subject_kind, link.subject_id);
      await requireEnd(tx, tenantId, link.evidence_kind, link.evidence_ref);
    }
    const column = <Value>(read: (link: EvidenceLink) => Value): Value[] => links.map(read);
    const ids = column((link) => hash64(tenantId, link.subject_kind, link.subject_id, link.evidence_kind, link.evidence_ref));
    const kept = await tx.query<{ is_new: boolean }>(
      `insert into evidence_link as e (tenant_id, link_id, subject_kind, subject_id, evidence_kind, evidence_ref, note)
       select distinct on (link_id) $1, * from unnest($2::bigint[], $3::text[], $4::text[], $5::text[], $6::text[], $7::text[])
         as l (link_id, subject_kind, subject_id, evidence_kind, evidence_ref, note)
       on conflict (tenant_id, link_id) do update set note = excluded.note where e.note is distinct from excluded.note
       returning xmax = 0 as is_new`,
      [
        ...[tenantId, ids, column((link) => link.subject_kind), column((link) => link.subject_id)],
        ...[column((link) => link.evidence_kind), column((link) => link.evidence_ref), column((link) => link.note)],
      ],
    );
    return kept.filter(({ is_new: isNew }) => isNew).length;
  });
}

/** Removes a link and returns whether there was one; what it tied together stays. */
export async function removeEvidenceLink(db: Queryable, tenantId: string, linkId: bigint): Promise<boolean> {
  const removed = await db.query('delete from evidence_link where tenant_id = $1 and link_id = $2 returning 1', [tenantId, linkId]);
  return removed.length > 0;
}

/** Links, newest first. */
export function listEvidenceLinks(db: Queryable, filter: EvidenceLinkFilter): Promise<EvidenceLinkRow[]> {
  const { tenantId, subjectKind, subjectId, evidenceKind, evidenceRef, before, limit } = filter;
  return db.query<EvidenceLinkRow>(
    `select e.link_id::text as link_id, e.subject_kind, e.subject_id, e.evidence_kind, e.evidence_ref, e.note, e.created_at,
       case e.evidence_kind
         when 'document' then (select coalesce(title, uri) from kb_doc d where d.tenant_id = $1 and d.doc_id::text = e.evidence_ref)
         when 'locator' then (select stream_type || ' of stream ' || stream || ', ' || to_char(bucket, 'YYYY-MM-DD"T"HH24:MI:SS"Z"')
           from oo_locator o where o.tenant_id = $1 and o.locator_id::text = e.evidence_ref)
         when 'event' then (select type || coalesce(' ' || subject, '') from event_envelope v where v.tenant_id = $1 and v.event_id::text = e.evidence_ref)
         else e.evidence_ref end as label
     from (
       select * from evidence_link
       where tenant_id = $1 and ($2::text is null or subject_kind = $2) and ($3::text is null or subject_id = $3)
         and ($4::text is null or evidence_kind = $4) and ($5::text is null or evidence_ref = $5)
         and ($6::timestamptz is null or (created_at, link_id) < ($6, $7::bigint))
       order by created_at desc, link_id desc limit $8
     ) e order by e.created_at desc, e.link_id desc`,
    [
      ...[tenantId, subjectKind ?? null, subjectId ?? null, evidenceKind ?? null, evidenceRef ?? null],
      ...[...(before ?? [null, null]), limit],
    ],
  );
}

const lookups: Readonly<Record<Exclude<Kind, 'url' | 'edge'>, string>> = {
  resource: 'select from dim_resource where tenant_id = $1 and urn = $2',
  pattern: 'select from log_pattern where tenant_id = $1 and fingerprint = $2',
  event: 'select from event_envelope where tenant_id = $1 and event_id = $2::bigint',
  document: 'select from kb_doc where tenant_id = $1 and doc_id = $2::bigint',
  locator: 'select from oo_locator where tenant_id = $1 and locator_id = $2::bigint',
};

async function requireEnd(db: Queryable, tenantId: string, kind: Kind, key: string): Promise<void> {
  if (kind === 'url') {
    if (!/^https?:\/\/[^\s\p{Cc}]+$/iu.test(key))
      throw unknown('A url of an evidence link begins with http:// or https:// and has no spaces.');
    return;
  }
  if (kind === 'edge') {
    const [source, relation, target, ...rest] = key.split(' ');
    if (!source || !target || rest.length > 0 || !/^[A-Z_]+$/.test(relation ?? ''))
      throw unknown('An edge is the URN of its source, its relation and the URN of its target, with a space between.');
    await requireEnd(db, tenantId, 'resource', source);
    return requireEnd(db, tenantId, 'resource', target);
  }
  const isNumber = kind !== 'resource' && kind !== 'pattern';
  const found = isNumber && !isBigint(key) ? [] : await db.query(lookups[kind], [tenantId, key]);
  if (found.length === 0) throw unknown(`The tenant has no ${kind} of the key that the link names.`);
}

function isBigint(text: string): boolean {
  return /^-?\d{1,19}$/.test(text) && BigInt.asIntN(64, BigInt(text)) === BigInt(text);
}

function unknown(sentence: string): ObserveBridgeError {
  return new ObserveBridgeError('OB_EVIDENCE_UNKNOWN', 'usage', sentence);
}
