import type { Queryable, Tx } from './db.ts';
import { toDocumentId } from './knowledge.ts';

/** A link of a document to a resource; `chunk` is the passage that first mentions it. */
export interface ResourceLink {
  readonly resourceId: bigint;
  readonly foundAs: 'urn' | 'name' | 'given';
  readonly chunk: number | undefined;
}

/** A name that more resources have than this says nothing about one of them. */
const MOST_NAMESAKES = 5;

/** The resources that have one of the URNs or names (in lower case), with the URN or name that was found. */
export function findMentioned(
  db: Queryable,
  tenantId: string,
  urns: readonly string[],
  names: readonly string[],
): Promise<{ resource_id: bigint; found_as: 'urn' | 'name'; found: string }[]> {
  return db.query(
    `select resource_id, 'urn' as found_as, urn as found from dim_resource where tenant_id = $1 and urn = any($2::text[])
     union all
     select resource_id, 'name', found from (
       select resource_id, lower(name) as found, count(*) over (partition by lower(name)) as namesakes
       from dim_resource where tenant_id = $1 and lower(name) = any($3::text[])
     ) named where namesakes <= ${MOST_NAMESAKES}`,
    [tenantId, urns, names],
  );
}

/** Makes the links of a document these ones; those that are as they were are not written. */
export async function setDocumentResources(tx: Tx, tenantId: string, uri: string, links: readonly ResourceLink[]): Promise<void> {
  const id = toDocumentId(tenantId, uri);
  await tx.query('delete from kb_doc_resource where tenant_id = $1 and doc_id = $2 and resource_id <> all($3::bigint[])', [
    ...[tenantId, id, links.map(({ resourceId }) => resourceId)],
  ]);
  await tx.query(
    `insert into kb_doc_resource as l (tenant_id, doc_id, resource_id, found_as, chunk)
     select $1, $2, * from unnest($3::bigint[], $4::text[], $5::int[])
     on conflict (tenant_id, doc_id, resource_id) do update set found_as = excluded.found_as, chunk = excluded.chunk
       where (l.found_as, l.chunk) is distinct from (excluded.found_as, excluded.chunk)`,
    [tenantId, id, links.map(({ resourceId }) => resourceId), links.map(({ foundAs }) => foundAs), links.map(({ chunk }) => chunk ?? null)],
  );
}
