import { ObserveBridgeError } from '../../core/error.ts';
import { formatTime } from '../../core/time.ts';
import { addEvidenceLinks, listEvidenceLinks, removeEvidenceLink } from '../../store/evidence-link.ts';
import {
  EvidenceLinkAnswerSchema,
  EvidenceLinkBodySchema,
  EvidenceLinkListSchema,
  EvidenceLinkParamsSchema,
  EvidenceLinkQuerySchema,
  EvidenceLinkRemovedSchema,
  EvidenceLinkTenantQuerySchema,
} from '../contract.ts';
import type { Api, ApiDeps } from '../deps.ts';
import { decodeCursor, defaultLimit, encodeCursor, readTime, toList } from '../list.ts';
import { invalid } from '../problem.ts';
import { requireTenant } from '../question.ts';

/** Links from what the database says to what supports it, found from either end. */
export function addEvidenceLinkRoutes(server: Api, deps: ApiDeps): void {
  const { db, now } = deps;
  server.get(
    '/api/v1/evidence-links',
    {
      config: { role: 'viewer' },
      schema: {
        summary: 'Links to evidence, newest first',
        description: 'By subject: what supports it. By evidence: what it supports.',
        querystring: EvidenceLinkQuerySchema,
        response: { 200: EvidenceLinkListSchema },
      },
    },
    async (request) => {
      const { subject_kind, subject_id, evidence_kind, evidence_ref, limit = defaultLimit, cursor } = request.query;
      const tenantId = await requireTenant(deps, request, request.query.tenant_id);
      const rows = await listEvidenceLinks(db, {
        ...{ tenantId, subjectKind: subject_kind, subjectId: subject_id, evidenceKind: evidence_kind, evidenceRef: evidence_ref },
        ...{ before: readCursor(cursor), limit: limit + 1 },
      });
      return toList(rows, limit, now(), (last) => encodeCursor([last.created_at, last.link_id]));
    },
  );
  server.post(
    '/api/v1/evidence-links',
    {
      config: { role: 'operator' },
      schema: {
        summary: 'Link things to evidence',
        description: 'A link that is there already only takes the new note. Both ends must be of the tenant.',
        body: EvidenceLinkBodySchema,
        response: { 200: EvidenceLinkAnswerSchema },
      },
    },
    async (request) => {
      const tenantId = await requireTenant(deps, request, request.body.tenant_id);
      const links = request.body.links.map((link) => ({ ...link, note: link.note ?? null }));
      return { received: links.length, stored: await addEvidenceLinks(db, tenantId, links), as_of: formatTime(now()) };
    },
  );
  server.delete(
    '/api/v1/evidence-links/:id',
    {
      config: { role: 'operator' },
      schema: {
        summary: 'Remove a link to evidence',
        description: 'Both of its ends stay.',
        params: EvidenceLinkParamsSchema,
        querystring: EvidenceLinkTenantQuerySchema,
        response: { 200: EvidenceLinkRemovedSchema },
      },
    },
    async (request) => {
      const tenantId = await requireTenant(deps, request, request.query.tenant_id);
      const { id } = request.params;
      if (!isLinkId(id) || !(await removeEvidenceLink(db, tenantId, BigInt(id)))) {
        throw new ObserveBridgeError('OB_EVIDENCE_UNKNOWN', 'usage', 'The tenant has no link of this id.');
      }
      return { link_id: id, removed: true as const, as_of: formatTime(now()) };
    },
  );
}

function readCursor(cursor: string | undefined): readonly [string, string] | undefined {
  if (cursor === undefined) return undefined;
  const [createdAt = '', linkId = ''] = decodeCursor(cursor, 2);
  if (!isLinkId(linkId)) throw invalid('`cursor` in the query is not one that this list gave.');
  return [formatTime(readTime('cursor', createdAt)), linkId];
}

function isLinkId(text: string): boolean {
  return /^-?\d{1,19}$/.test(text) && BigInt.asIntN(64, BigInt(text)) === BigInt(text);
}
