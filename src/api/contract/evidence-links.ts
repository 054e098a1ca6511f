import { type Static, Type } from 'typebox';
import { evidenceKinds, subjectKinds } from '../../store/evidence-link.ts';
import { asOf, bigId, closed, listOf, listQuery, nullable, oneOf, plain, tenantId, time } from './shape.ts';

const keyWords = {
  subject:
    'URN of a resource, fingerprint of a pattern, event_id, doc_id, or for an edge the URN of its source, its relation and the URN of its target, with a space between.',
  evidence: 'locator_id, doc_id, event_id, or an http(s) address, which is never fetched.',
};
const ends = {
  subject_kind: oneOf(subjectKinds),
  subject_id: plain(keyWords.subject, 6000),
  evidence_kind: oneOf(evidenceKinds),
  evidence_ref: plain(keyWords.evidence, 6000),
};

export const EvidenceLinkQuerySchema = listQuery({
  tenant_id: tenantId,
  subject_kind: Type.Optional(ends.subject_kind),
  subject_id: Type.Optional(ends.subject_id),
  evidence_kind: Type.Optional(ends.evidence_kind),
  evidence_ref: Type.Optional(ends.evidence_ref),
});
export const EvidenceLinkListSchema = listOf(
  Type.Object({
    link_id: bigId('Identity of the link.'),
    ...ends,
    note: nullable(Type.String({ description: 'What the link means, in words.' })),
    label: nullable(Type.String({ description: 'What the evidence is, in words; null when it is gone.' })),
    created_at: time(),
  }),
);
export type EvidenceLinkList = Static<typeof EvidenceLinkListSchema>;

export const EvidenceLinkBodySchema = Type.Object(
  {
    tenant_id: plain('Tenant that has both ends.'),
    links: Type.Array(Type.Object({ ...ends, note: Type.Optional(plain('What the link means, in words.', 2000)) }, closed), {
      minItems: 1,
      maxItems: 100,
    }),
  },
  closed,
);
export const EvidenceLinkParamsSchema = Type.Object({ id: bigId('Identity of the link.') }, closed);
export const EvidenceLinkTenantQuerySchema = Type.Object({ tenant_id: tenantId }, closed);
export const EvidenceLinkRemovedSchema = Type.Object({ link_id: bigId('Identity of the link.'), removed: Type.Literal(true), as_of: asOf });

export const EvidenceLinkAnswerSchema = Type.Object({
  received: Type.Integer(),
  stored: Type.Integer({ description: 'Links that were not there before.' }),
  as_of: asOf,
});
