import type { Queryable } from './db.ts';

/** A resource as lists show it; times are ISO 8601 UTC. */
export interface ResourceRow {
  readonly urn: string;
  readonly kind: string;
  readonly name: string;
  readonly first_seen: string;
  readonly last_seen: string;
  /** What was searched for was found in this; null when nothing was searched for. */
  readonly matched: 'urn' | 'name' | 'alias' | null;
  readonly alias: string | null;
}

/** Which resources; what is absent does not restrict. */
export interface ResourceFilter {
  readonly tenantId: string;
  /** Part of a name, URN or alias, in any case. */
  readonly text?: string | undefined;
  readonly kind?: string | undefined;
  /** Key of the last resource of the page before. */
  readonly after?: ResourceKey | undefined;
  readonly limit: number;
}

/** Place of a resource in the list: rank of the match, name and URN. */
export type ResourceKey = readonly [rank: number, name: string, urn: string];

/**
 * Resources by name, or those that contain the text: whose name, URN or alias it is comes first, then names that begin with it, names that contain
 * it, aliases and URNs.
 */
export function listResources(db: Queryable, filter: ResourceFilter): Promise<(ResourceRow & { readonly rank: number })[]> {
  const { tenantId, text, kind, after, limit } = filter;
  const [rank = null, name = null, urn = null] = after ?? [];
  return db.query(
    `with other as (
       select resource_id, min(alias) as alias, bool_or(alias = lower($2)) as is_whole from dim_resource_alias
       where tenant_id = $1 and $2::text is not null and position(lower($2) in alias) > 0 group by resource_id),
     ranked as (
       select r.urn, r.kind, r.name, r.first_seen, r.last_seen, o.alias,
         case when $2::text is null then 0 when lower(r.name) = lower($2) or lower(r.urn) = lower($2) or o.is_whole then 0
           when starts_with(lower(r.name), lower($2)) then 1 when position(lower($2) in lower(r.name)) > 0 then 2
           when o.alias is not null then 3 when position(lower($2) in lower(r.urn)) > 0 then 4 end as rank
       from dim_resource r left join other o using (resource_id) where r.tenant_id = $1 and ($3::text is null or r.kind = $3))
     select urn, kind, name, first_seen, last_seen, rank, alias,
       case when $2::text is null then null when position(lower($2) in lower(name)) > 0 then 'name' when alias is not null then 'alias' else 'urn' end as matched
     from ranked
     where rank is not null and ($4::int is null or (rank, name collate "C", urn collate "C") > ($4, $5, $6))
     order by rank, name collate "C", urn collate "C" limit $7`,
    [tenantId, text ?? null, kind ?? null, rank, name, urn, limit],
  );
}

/** Another name of a resource and what said so. */
export interface AliasRow {
  readonly kind: string;
  readonly alias: string;
  readonly provenance: string;
  readonly first_seen: string;
  readonly last_seen: string;
}

/** What is known of a resource itself; undefined when the tenant has none of this id. */
export async function getResource(
  db: Queryable,
  tenantId: string,
  resourceId: bigint,
  limit: number,
): Promise<
  | {
      readonly attrs: Readonly<Record<string, unknown>>;
      readonly first_seen: string;
      readonly last_seen: string;
      readonly aliases: AliasRow[];
    }
  | undefined
> {
  const [resource] = await db.query<{ attrs: Record<string, unknown>; first_seen: string; last_seen: string }>(
    'select attrs, first_seen, last_seen from dim_resource where tenant_id = $1 and resource_id = $2',
    [tenantId, resourceId],
  );
  if (resource === undefined) return undefined;
  const aliases = await db.query<AliasRow>(
    `select alias_kind as kind, alias, provenance, first_seen, last_seen from dim_resource_alias
     where tenant_id = $1 and resource_id = $2 order by alias_kind, alias, provenance limit $3`,
    [tenantId, resourceId, limit],
  );
  return { ...resource, aliases };
}
