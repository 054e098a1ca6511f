import type { Queryable } from './db.ts';
import type { StoredPassage } from './knowledge.ts';

/** A document without its text; `updated_at` is ISO 8601 UTC, `vectors` counts the passages that have one. */
export interface DocumentRow {
  readonly doc_id: string;
  readonly uri: string;
  readonly title: string | null;
  readonly root: string | null;
  readonly language: string;
  readonly passages: number;
  readonly vectors: number;
  readonly content_hash: string;
  readonly updated_at: string;
}

/** A resource that a document is about. */
export interface DocumentResource {
  readonly urn: string;
  readonly kind: string;
  readonly name: string;
  readonly found_as: 'urn' | 'name' | 'given';
  /** Position of the first passage that mentions it; null where whoever added the document named it. */
  readonly passage: number | null;
}

export interface DocumentFilter {
  readonly tenantId: string;
  /** Part of URI or title, in any case. */
  readonly text?: string | undefined;
  readonly resourceId?: bigint | undefined;
  readonly docId?: bigint | undefined;
  /** Only URIs after this one. */
  readonly after?: string | undefined;
  readonly limit: number;
}

/** Documents in order of their URIs. */
export function listKnowledge(db: Queryable, { tenantId, text, resourceId, docId, after, limit }: DocumentFilter): Promise<DocumentRow[]> {
  return db.query<DocumentRow>(
    `select d.doc_id::text, d.uri, d.title, d.root, d.language::text, d.chunks as passages, d.content_hash, d.updated_at,
       (select count(*)::int from kb_chunk c where c.tenant_id = d.tenant_id and c.doc_id = d.doc_id and c.model is not null) as vectors
     from kb_doc d
     where d.tenant_id = $1 and ($2::text is null or strpos(lower(d.uri || ' ' || coalesce(d.title, '')), lower($2)) > 0)
       and ($3::bigint is null or exists (select from kb_doc_resource r where r.tenant_id = d.tenant_id and r.doc_id = d.doc_id and r.resource_id = $3))
       and ($4::bigint is null or d.doc_id = $4) and ($5::text is null or d.uri collate "C" > $5)
     order by d.uri collate "C" limit $6`,
    [tenantId, text ?? null, resourceId ?? null, docId ?? null, after ?? null, limit],
  );
}

/** Passages of a document in order, from position `from` on. */
export function listPassages(
  db: Queryable,
  tenantId: string,
  docId: bigint,
  { from, limit }: { readonly from: number; readonly limit: number },
): Promise<(StoredPassage & { readonly passage: number })[]> {
  return db.query(
    'select chunk as passage, headings, content from kb_chunk where tenant_id = $1 and doc_id = $2 and chunk >= $3 order by chunk limit $4',
    [tenantId, docId, from, limit],
  );
}

/** The resources that a document is about, given ones first, then in order of their first mention. */
export function listDocumentResources(db: Queryable, tenantId: string, docId: bigint, limit: number): Promise<DocumentResource[]> {
  return db.query<DocumentResource>(
    `select r.urn, r.kind, r.name, l.found_as, l.chunk as passage
     from kb_doc_resource l join dim_resource r using (tenant_id, resource_id)
     where l.tenant_id = $1 and l.doc_id = $2 order by l.chunk nulls first, r.urn limit $3`,
    [tenantId, docId, limit],
  );
}

/** The documents about a resource: those that were added for it first, then those with its URN, then those with its name. */
export function listResourceDocuments(
  db: Queryable,
  tenantId: string,
  resourceId: bigint,
  limit: number,
): Promise<(Pick<DocumentRow, 'doc_id' | 'uri' | 'title'> & Pick<DocumentResource, 'found_as' | 'passage'>)[]> {
  return db.query(
    `select d.doc_id::text, d.uri, d.title, l.found_as, l.chunk as passage
     from kb_doc_resource l join kb_doc d using (tenant_id, doc_id)
     where l.tenant_id = $1 and l.resource_id = $2
     order by array_position(array['given', 'urn', 'name'], l.found_as), d.uri limit $3`,
    [tenantId, resourceId, limit],
  );
}
