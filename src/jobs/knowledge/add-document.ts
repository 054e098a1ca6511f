import { ObserveBridgeError } from '../../core/error.ts';
import { hashHex } from '../../core/hash.ts';
import { findResource } from '../../graph/find-resource.ts';
import { listMentions } from '../../knowledge/mentions.ts';
import type { Passage } from '../../knowledge/passages.ts';
import { type DocumentFormat, readDocument } from '../../knowledge/read-document.ts';
import type { Db, Queryable } from '../../store/db.ts';
import { hasLanguage, putDocument, toDocumentId } from '../../store/knowledge.ts';
import { findMentioned, type ResourceLink, setDocumentResources } from '../../store/knowledge-resources.ts';

/** A document as somebody gives it. */
export interface GivenDocument {
  readonly tenantId: string;
  /** Where it is from; the same URI means the same document. It is never fetched. */
  readonly uri: string;
  readonly format: DocumentFormat;
  readonly text: string;
  /** Replaces the document's own title. */
  readonly title?: string | undefined;
  /** Text search configuration of PostgreSQL. */
  readonly language: string;
  /** Directory of the import that brings it. */
  readonly root?: string | undefined;
  /** URNs, names or aliases of resources that it is about, besides those it mentions. */
  readonly resources?: readonly string[] | undefined;
}

/** What became of a document; `changed` is false when its text was there already. */
export interface AddedDocument {
  readonly doc_id: string;
  readonly uri: string;
  readonly title: string | null;
  readonly changed: boolean;
  readonly passages: number;
  /** Resources that it is about. */
  readonly resources: number;
}

/** Part of every hash: another way to cut documents makes all of them new. */
const CUT = '1';

/**
 * Cuts a document into passages, stores it unless its text is there already, and links it to the resources that it mentions, also when only the
 * resources are new. Rejects with `OB_DOCUMENT_INVALID` for a URI, language or text that cannot be kept, and as `findResource` does for
 * resources that were named.
 */
export async function addDocument(db: Db, given: GivenDocument): Promise<AddedDocument> {
  const { tenantId, uri, language, root } = given;
  checkUri(uri);
  if (!(await hasLanguage(db, language))) throw refuse(`The database has no text search configuration ${language}.`);
  const { title, passages } = readDocument(uri, given.format, given.text, given.title);
  const links = await findLinks(db, given, passages);
  const contentHash = hashHex(CUT, given.format, language, given.title ?? '', given.text);
  const changed = await db.transaction(async (tx) => {
    const isNew = await putDocument(tx, { tenantId, uri, title, root, language, contentHash, passages });
    await setDocumentResources(tx, tenantId, uri, links);
    return isNew;
  });
  const id = String(toDocumentId(tenantId, uri));
  return { doc_id: id, uri, title: title ?? null, changed, passages: passages.length, resources: links.length };
}

/** A console may show the URI as a link, so that it must not be a program. */
function checkUri(uri: string): void {
  const [, scheme] = /^([a-z][a-z0-9+.-]*):/i.exec(uri) ?? [];
  const isKnown = scheme === undefined || ['http', 'https', 'file', 's3', 'git', 'urn'].includes(scheme.toLowerCase());
  if (isKnown && !/[\s\p{Cc}\p{Cs}]/u.test(uri) && uri.length > 0 && uri.length <= 2000) return;
  throw refuse('The URI of a document is at most 2000 characters without spaces: a path, or http, https, file, s3, git or urn.');
}

async function findLinks(
  db: Queryable,
  { tenantId, resources = [] }: GivenDocument,
  passages: readonly Passage[],
): Promise<ResourceLink[]> {
  const links = new Map<bigint, ResourceLink>();
  for (const reference of resources) {
    const { id } = await findResource(db, tenantId, reference);
    links.set(id, { resourceId: id, foundAs: 'given', chunk: undefined });
  }
  const { urns, names } = listMentions(passages);
  // URNs come first: they say more than a name.
  for (const { resource_id: id, found_as: foundAs, found } of await findMentioned(db, tenantId, [...urns.keys()], [...names.keys()])) {
    const chunk = (foundAs === 'urn' ? urns : names).get(found);
    if (!links.has(id)) links.set(id, { resourceId: id, foundAs, chunk });
  }
  return [...links.values()];
}

function refuse(sentence: string): ObserveBridgeError {
  return new ObserveBridgeError('OB_DOCUMENT_INVALID', 'usage', sentence);
}
