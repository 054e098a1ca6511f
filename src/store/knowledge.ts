import { hash64 } from '../core/hash.ts';
import type { Db, Queryable, Tx } from './db.ts';

/** A passage as it is stored: its path of headings and its text. */
export interface StoredPassage {
  readonly headings: readonly string[];
  readonly content: string;
}

/** A document with everything that its row says. */
export interface NewDocument {
  readonly tenantId: string;
  readonly uri: string;
  readonly title: string | undefined;
  /** Directory of the import that brings it; undefined for a document of its own. */
  readonly root: string | undefined;
  /** Text search configuration of PostgreSQL. */
  readonly language: string;
  readonly contentHash: string;
  readonly passages: readonly StoredPassage[];
}

/** Identity of a document: the same on every machine. */
export function toDocumentId(tenantId: string, uri: string): bigint {
  return hash64(tenantId, uri);
}

/** Whether the database has the text search configuration. */
export async function hasLanguage(db: Queryable, language: string): Promise<boolean> {
  const found = await db.query('select from pg_ts_config where cfgname = $1 and pg_ts_config_is_visible(oid)', [language]);
  return found.length > 0;
}

/**
 * Stores a document and returns whether its text was new; one with the hash of the stored one only takes its root. Vectors of passages that
 * stay as they were are kept.
 */
export async function putDocument(tx: Tx, document: NewDocument): Promise<boolean> {
  const { tenantId, uri, title, root, language, contentHash, passages } = document;
  const id = toDocumentId(tenantId, uri);
  await tx.query(
    `insert into kb_doc as d (tenant_id, doc_id, uri, root, content_hash) values ($1, $2, $3, $4, '')
     on conflict (tenant_id, doc_id) do update set root = excluded.root where d.root is distinct from excluded.root`,
    [tenantId, id, uri, root ?? null],
  );
  const changed = await tx.query(
    `update kb_doc set title = $3, language = $4::regconfig, content_hash = $5, chunks = $6, updated_at = now()
     where tenant_id = $1 and doc_id = $2 and content_hash <> $5 returning doc_id`,
    [tenantId, id, title ?? null, language, contentHash, passages.length],
  );
  if (changed.length === 0) return false;
  await tx.query('update kb_chunk set chunk = -1 - chunk where tenant_id = $1 and doc_id = $2', [tenantId, id]);
  await tx.query(
    `insert into kb_chunk (tenant_id, doc_id, chunk, headings, content, language, model, embedding)
     select $1, $2, n.place - 1, n.headings::jsonb, n.content, $3::regconfig, o.model, o.embedding
     from unnest($4::text[], $5::text[]) with ordinality as n (headings, content, place)
     left join lateral (
       select model, embedding from kb_chunk where tenant_id = $1 and doc_id = $2 and chunk < 0 and content = n.content and headings = n.headings::jsonb limit 1
     ) o on true`,
    [tenantId, id, language, passages.map(({ headings }) => JSON.stringify(headings)), passages.map(({ content }) => content)],
  );
  await tx.query('delete from kb_chunk where tenant_id = $1 and doc_id = $2 and chunk < 0', [tenantId, id]);
  return true;
}

/** Removes a document and returns whether there was one; links of other things to it go too. */
export async function removeDocument(db: Db, tenantId: string, id: bigint): Promise<boolean> {
  return (await removeWhere(db, tenantId, 'doc_id = $2', [id])) > 0;
}

/** Removes the documents of an import whose URIs are not among the present ones, and returns their number. */
export async function removeAbsent(db: Db, tenantId: string, root: string, present: readonly string[]): Promise<number> {
  return removeWhere(db, tenantId, 'root = $2 and uri <> all($3::text[])', [root, present]);
}

async function removeWhere(db: Db, tenantId: string, condition: string, params: readonly unknown[]): Promise<number> {
  const removed = await db.query(
    `with gone as (delete from kb_doc where tenant_id = $1 and ${condition} returning doc_id),
       unlinked as (delete from evidence_link e using gone where e.tenant_id = $1
         and ((e.evidence_kind = 'document' and e.evidence_ref = gone.doc_id::text) or (e.subject_kind = 'document' and e.subject_id = gone.doc_id::text)))
     select doc_id from gone`,
    [tenantId, ...params],
  );
  return removed.length;
}

/** A passage without a vector of the model; `contentHash` is that of its document. */
export interface BarePassage {
  readonly doc_id: bigint;
  readonly chunk: number;
  readonly headings: readonly string[];
  readonly content: string;
  readonly content_hash: string;
}

/** How many passages of the tenant have no vector of the model. */
export async function countBarePassages(db: Queryable, tenantId: string, model: string): Promise<number> {
  const [row] = await db.query<{ count: number }>(
    'select count(*)::int as count from kb_chunk where tenant_id = $1 and model is distinct from $2',
    [tenantId, model],
  );
  return row?.count ?? 0;
}

/** Passages of the tenant, or of one of its documents, that have no vector of the model, in order of their keys after `after`. */
export function listBarePassages(
  db: Queryable,
  {
    tenantId,
    docId,
    model,
    after,
    limit,
  }: {
    readonly tenantId: string;
    readonly docId?: bigint | undefined;
    readonly model: string;
    readonly after?: Pick<BarePassage, 'doc_id' | 'chunk'> | undefined;
    readonly limit: number;
  },
): Promise<BarePassage[]> {
  return db.query<BarePassage>(
    `select c.doc_id, c.chunk, c.headings, c.content, d.content_hash from kb_chunk c join kb_doc d using (tenant_id, doc_id)
     where c.tenant_id = $1 and c.model is distinct from $2 and ($3::bigint is null or c.doc_id = $3)
       and ($4::bigint is null or (c.doc_id, c.chunk) > ($4, $5::int))
     order by c.doc_id, c.chunk limit $6`,
    [tenantId, model, docId ?? null, after?.doc_id ?? null, after?.chunk ?? null, limit],
  );
}

/** Keeps vectors of length 1 of passages whose document is still the one that was read, and returns how many were kept. */
export async function putVectors(
  db: Queryable,
  tenantId: string,
  model: string,
  vectors: readonly { readonly passage: BarePassage; readonly vector: readonly number[] }[],
): Promise<number> {
  const kept = await db.query(
    `update kb_chunk c set model = $2, embedding = v.vector::real[]
     from unnest($3::bigint[], $4::int[], $5::text[], $6::text[]) as v (doc_id, chunk, content_hash, vector)
     join kb_doc d on d.tenant_id = $1 and d.doc_id = v.doc_id and d.content_hash = v.content_hash
     where c.tenant_id = $1 and c.doc_id = v.doc_id and c.chunk = v.chunk returning c.chunk`,
    [
      ...[tenantId, model, vectors.map(({ passage }) => passage.doc_id), vectors.map(({ passage }) => passage.chunk)],
      ...[vectors.map(({ passage }) => passage.content_hash), vectors.map(({ vector }) => `{${vector.join()}}`)],
    ],
  );
  return kept.length;
}
