import type { FastifyRequest } from 'fastify';
import { ObserveBridgeError } from '../../core/error.ts';
import { formatTime } from '../../core/time.ts';
import { findResource } from '../../graph/find-resource.ts';
import { addDocument } from '../../jobs/knowledge/add-document.ts';
import { embedPassages } from '../../jobs/knowledge/embed-passages.ts';
import { searchKnowledge } from '../../jobs/knowledge/search-knowledge.ts';
import type { KnowledgeSettings } from '../../jobs/knowledge/settings.ts';
import { removeDocument } from '../../store/knowledge.ts';
import { listDocumentResources, listKnowledge, listPassages } from '../../store/knowledge-list.ts';
import {
  DocumentAnswerSchema,
  DocumentBodySchema,
  DocumentListSchema,
  DocumentPageQuerySchema,
  DocumentPageSchema,
  DocumentParamsSchema,
  DocumentQuerySchema,
  DocumentRemovedSchema,
  DocumentTenantQuerySchema,
  KnowledgeSearchQuerySchema,
  KnowledgeSearchSchema,
} from '../contract.ts';
import type { Api, ApiDeps } from '../deps.ts';
import { decodeCursor, defaultLimit, encodeCursor, toList } from '../list.ts';
import { requireTenant } from '../question.ts';

const RESOURCES = 100;
const defaultKnowledge: KnowledgeSettings = { language: 'simple' };

/** Documents: search, list, one with its passages, upload, removal. */
export function addKnowledgeRoutes(server: Api, deps: ApiDeps): void {
  addReadingRoutes(server, deps);
  addSearchRoute(server, deps);
  addWritingRoutes(server, deps);
}

function addReadingRoutes(server: Api, deps: ApiDeps): void {
  const { db, now } = deps;
  server.get(
    '/api/v1/knowledge',
    {
      config: { role: 'viewer' },
      schema: { summary: 'Documents by URI', querystring: DocumentQuerySchema, response: { 200: DocumentListSchema } },
    },
    async (request) => {
      const { q, resource, limit = defaultLimit, cursor } = request.query;
      const tenantId = await requireTenant(deps, request, request.query.tenant_id);
      const [after] = cursor === undefined ? [] : decodeCursor(cursor, 1);
      const resourceId = resource === undefined ? undefined : (await findResource(db, tenantId, resource)).id;
      const rows = await listKnowledge(db, { tenantId, text: q, resourceId, after, limit: limit + 1 });
      return toList(rows, limit, now(), (last) => encodeCursor([last.uri]));
    },
  );
  server.get(
    '/api/v1/knowledge/:id',
    {
      config: { role: 'viewer' },
      schema: {
        summary: 'One document with its passages and what it is about',
        params: DocumentParamsSchema,
        querystring: DocumentPageQuerySchema,
        response: { 200: DocumentPageSchema },
      },
    },
    async (request) => {
      const { limit = defaultLimit, cursor } = request.query;
      const tenantId = await requireTenant(deps, request, request.query.tenant_id);
      const docId = toDocId(request.params.id);
      const [document] = await listKnowledge(db, { tenantId, docId, limit: 1 });
      if (!document) throw noDocument();
      const [passages, resources] = await Promise.all([
        listPassages(db, tenantId, docId, { from: Number(cursor ?? 0), limit: limit + 1 }),
        listDocumentResources(db, tenantId, docId, RESOURCES),
      ]);
      const page = toList(passages, limit, now(), (last) => String(last.passage + 1));
      return { ...document, resources, ...page, items: page.items.map((item) => ({ ...item, headings: [...item.headings] })) };
    },
  );
}

function addSearchRoute(server: Api, deps: ApiDeps): void {
  const { db, now } = deps;
  server.get(
    '/api/v1/knowledge/search',
    {
      config: { role: 'viewer' },
      schema: {
        summary: 'Passages for a question, best first',
        description:
          'Rare words count more than common ones. With `knowledge.embeddings` in the configuration passages are also found by similarity, and both ' +
          'rankings become one.',
        querystring: KnowledgeSearchQuerySchema,
        response: { 200: KnowledgeSearchSchema },
      },
    },
    async (request) => {
      const { q: question, resource, limit = 10, cursor } = request.query;
      const tenantId = await requireTenant(deps, request, request.query.tenant_id);
      const resourceId = resource === undefined ? undefined : (await findResource(db, tenantId, resource)).id;
      const offset = Number(cursor ?? 0);
      const search = { tenantId, question, resourceId, offset, limit: limit + 1, signal: request.signal };
      const { passages, vector_search } = await searchKnowledge(db, deps.knowledge ?? defaultKnowledge, search);
      const page = toList(passages, limit, now(), () => String(offset + limit));
      const items = page.items.map((item) => ({ ...item, headings: [...item.headings], resources: [...item.resources] }));
      return { ...page, items, vector_search };
    },
  );
}

function addWritingRoutes(server: Api, deps: ApiDeps): void {
  const { db, now, knowledge = defaultKnowledge } = deps;
  server.post(
    '/api/v1/knowledge',
    {
      config: { role: 'operator' },
      schema: { summary: 'Add or replace a document', body: DocumentBodySchema, response: { 200: DocumentAnswerSchema } },
    },
    async (request) => {
      const { tenant_id, language = knowledge.language, ...document } = request.body;
      const tenantId = await requireTenant(deps, request, tenant_id);
      const added = await addDocument(db, { ...document, tenantId, language });
      return { ...added, ...(await makeVectors(deps, request, tenantId, BigInt(added.doc_id))), as_of: formatTime(now()) };
    },
  );
  server.delete(
    '/api/v1/knowledge/:id',
    {
      config: { role: 'operator' },
      schema: {
        summary: 'Remove a document',
        params: DocumentParamsSchema,
        querystring: DocumentTenantQuerySchema,
        response: { 200: DocumentRemovedSchema },
      },
    },
    async (request) => {
      const tenantId = await requireTenant(deps, request, request.query.tenant_id);
      const { id } = request.params;
      if (!(await removeDocument(db, tenantId, toDocId(id)))) throw noDocument();
      return { doc_id: id, removed: true as const, as_of: formatTime(now()) };
    },
  );
}

interface Vectors {
  vectors: number | null;
  vector_problem: string | null;
}

/** A document is worth keeping also while the service for vectors fails; what went wrong there names no host to the client. */
async function makeVectors({ db, knowledge, logger }: ApiDeps, request: FastifyRequest, tenantId: string, docId: bigint): Promise<Vectors> {
  const embedder = knowledge?.embedder;
  if (!embedder) return { vectors: null, vector_problem: null };
  try {
    return { vectors: await embedPassages(db, embedder, tenantId, { docId, signal: request.signal }), vector_problem: null };
  } catch (error) {
    if (!(error instanceof ObserveBridgeError) || !error.code.startsWith('OB_EMBEDDINGS_')) throw error;
    logger.warn({ tenant_id: tenantId, error }, 'a document has no vectors yet');
    return { vectors: null, vector_problem: 'The embeddings service failed; `observebridge knowledge embed` makes the vectors later.' };
  }
}

function toDocId(text: string): bigint {
  const id = BigInt(text);
  if (BigInt.asIntN(64, id) !== id) throw noDocument();
  return id;
}

function noDocument(): ObserveBridgeError {
  return new ObserveBridgeError('OB_DOCUMENT_UNKNOWN', 'usage', 'The tenant has no document of this id.');
}
