import { formatTime, type Micros } from '../core/time.ts';
import type { Resource } from '../core/urn.ts';
import type { Queryable, Tx } from './db.ts';

/** A resource with the range of minutes in which it was seen. */
export interface SeenResource {
  readonly id: bigint;
  readonly resource: Resource;
  readonly firstSeen: Micros;
  readonly lastSeen: Micros;
}

/** Makes sure the tenant has a row. */
export async function upsertTenant(db: Queryable, tenantId: string, name: string | undefined): Promise<void> {
  await db.query(
    `insert into dim_tenant as t (tenant_id, name) values ($1, $2) on conflict (tenant_id) do update set name = excluded.name where t.name is distinct from excluded.name`,
    [tenantId, name ?? tenantId],
  );
}

/** A tenant that a row of `dim_tenant` describes. */
export interface TenantSettings {
  readonly tenant_id: string;
  readonly settings: Readonly<Record<string, unknown>>;
}

/** Tenants whose rows say where their telemetry comes from, in order of their ids. */
export function listTenantSettings(db: Queryable): Promise<TenantSettings[]> {
  return db.query(`select tenant_id, settings from dim_tenant where settings ? 'source' order by tenant_id`);
}

/** Adds resources and widens the range in which known ones were seen; order and repetition make no difference. */
export async function upsertResources(tx: Tx, tenantId: string, seen: readonly SeenResource[]): Promise<void> {
  await tx.query(
    `insert into dim_resource as r (tenant_id, resource_id, urn, kind, name, first_seen, last_seen)
     select $1, * from unnest($2::bigint[], $3::text[], $4::text[], $5::text[], $6::timestamptz[], $7::timestamptz[])
     on conflict (tenant_id, resource_id) do update set first_seen = least(r.first_seen, excluded.first_seen), last_seen = greatest(r.last_seen, excluded.last_seen)
       where excluded.first_seen < r.first_seen or excluded.last_seen > r.last_seen`,
    [
      ...[tenantId, seen.map(({ id }) => id), seen.map(({ resource }) => resource.urn), seen.map(({ resource }) => resource.kind)],
      ...[
        seen.map(({ resource }) => resource.name),
        seen.map(({ firstSeen }) => formatTime(firstSeen)),
        seen.map(({ lastSeen }) => formatTime(lastSeen)),
      ],
    ],
  );
}

/** Sets the range in which resources were seen, for those whose rows became fewer; resources seen nowhere any more go, unless topology or an alias names them. */
export async function setSeen(
  tx: Tx,
  tenantId: string,
  ranges: ReadonlyMap<bigint, { firstSeen: Micros; lastSeen: Micros } | undefined>,
): Promise<void> {
  for (const [id, range] of ranges) {
    if (range) {
      await tx.query('update dim_resource set first_seen = $3, last_seen = $4 where tenant_id = $1 and resource_id = $2', [
        ...[tenantId, id, formatTime(range.firstSeen), formatTime(range.lastSeen)],
      ]);
      continue;
    }
    await tx.query(
      `delete from dim_resource r where tenant_id = $1 and resource_id = $2
         and not exists (select from dim_resource_alias a where a.tenant_id = r.tenant_id and a.resource_id = r.resource_id)
         and not exists (select from topo_edge_time e where e.tenant_id = r.tenant_id and r.resource_id in (e.src_resource_id, e.dst_resource_id))`,
      [tenantId, id],
    );
  }
}

/** Names of resources by id; unknown ids are absent. */
export async function getResourceNames(db: Queryable, tenantId: string, ids: readonly bigint[]): Promise<Map<bigint, string>> {
  const rows = await db.query<{ resource_id: bigint; name: string }>(
    'select resource_id, name from dim_resource where tenant_id = $1 and resource_id = any($2::bigint[])',
    [...[tenantId, ids]],
  );
  return new Map(rows.map((row) => [row.resource_id, row.name]));
}

/** The resources that the names are aliases of. A name that stands for more than one resource is left out, because it identifies none. */
export async function findAliases(db: Queryable, tenantId: string, names: readonly string[]): Promise<Map<string, Resource>> {
  if (names.length === 0) return new Map();
  const rows = await db.query<Resource & { alias: string }>(
    `select a.alias, min(r.urn) as urn, min(r.kind) as kind, min(r.name) as name
     from dim_resource_alias a join dim_resource r using (tenant_id, resource_id)
     where a.tenant_id = $1 and a.alias = any($2::text[]) group by a.alias having count(distinct r.resource_id) = 1`,
    [tenantId, names],
  );
  return new Map(rows.map(({ alias, ...resource }) => [alias, resource]));
}
