import { rankBySimilarity } from '../core/similarity.ts';
import type { Queryable } from './db.ts';

/** Resources whose names are compared. */
const COMPARED = 20_000;

/** URNs of the resources whose name, URN or alias is most like a text, most alike first; those that share next to nothing with it are left out. */
export async function listSimilarResources(db: Queryable, tenantId: string, text: string, limit: number): Promise<string[]> {
  const rows = await db.query<{ urn: string; name: string }>(
    `select urn, name from dim_resource where tenant_id = $1
     union all
     select r.urn, a.alias from dim_resource_alias a join dim_resource r using (tenant_id, resource_id) where a.tenant_id = $1
     order by 1, 2 limit ${COMPARED}`,
    [tenantId],
  );
  return rankBySimilarity(
    text,
    rows.flatMap(({ urn, name }) => [
      { text: name, value: urn },
      { text: urn, value: urn },
    ]),
    limit,
  );
}
