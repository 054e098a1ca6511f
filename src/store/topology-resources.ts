import { hash64 } from '../core/hash.ts';
import type { DeclaredResource } from '../core/observation.ts';
import { formatTime, type Micros } from '../core/time.ts';
import type { Tx } from './db.ts';
import { lockBuckets } from './replace-rows.ts';
import type { ScopeKey } from './topology-scope.ts';

/** The resources of one observation and what may be said about them. */
export interface DeclaredResources {
  readonly key: ScopeKey;
  readonly at: Micros;
  readonly resources: readonly DeclaredResource[];
  /** `past` only adds the resources, `partial` also their aliases and attributes, `whole` takes away the aliases that the scope no longer gives. */
  readonly extent: 'past' | 'partial' | 'whole';
}

/** Id of a resource, as telemetry computes it too. */
export function toResourceId(tenantId: string, urn: string): bigint {
  return hash64(tenantId, urn);
}

/**
 * Adds resources and aliases of observations, widens the range in which known ones were seen, and takes away what whole scopes no longer give.
 * Equal rows are not touched. Returns how many rows were new or different or gone.
 */
export async function writeDeclaredResources(tx: Tx, tenantId: string, all: readonly DeclaredResources[]): Promise<number> {
  // Telemetry writes the same tables under this lock.
  await lockBuckets(tx, tenantId, 'dimensions', [0]);
  let changed = 0;
  for (const declared of all) {
    changed += await writeResources(tx, tenantId, declared);
    if (declared.extent !== 'past') changed += await writeAliases(tx, tenantId, declared);
  }
  return changed;
}

const chunkRows = 10_000;

async function writeResources(tx: Tx, tenantId: string, { resources, at, extent }: DeclaredResources): Promise<number> {
  let changed = 0;
  for (const chunk of toChunks([...new Map(resources.map((each) => [each.urn, each])).values()])) {
    const rows = await tx.query(
      `insert into dim_resource as r (tenant_id, resource_id, urn, kind, name, attrs, first_seen, last_seen)
       select $1, d.id, d.urn, d.kind, d.name, d.attrs, $7, $7
       from unnest($2::bigint[], $3::text[], $4::text[], $5::text[], $6::jsonb[]) as d (id, urn, kind, name, attrs)
       on conflict (tenant_id, resource_id) do update set first_seen = least(r.first_seen, excluded.first_seen),
         last_seen = greatest(r.last_seen, excluded.last_seen), attrs = r.attrs || excluded.attrs
         where excluded.first_seen < r.first_seen or excluded.last_seen > r.last_seen or not r.attrs @> excluded.attrs
       returning 1`,
      [
        ...[tenantId, chunk.map(({ urn }) => toResourceId(tenantId, urn)), chunk.map(({ urn }) => urn), chunk.map(({ kind }) => kind)],
        ...[
          chunk.map(({ name }) => name),
          chunk.map(({ attrs }) => JSON.stringify(extent === 'past' ? {} : (attrs ?? {}))),
          formatTime(at),
        ],
      ],
    );
    changed += rows.length;
  }
  return changed;
}

async function writeAliases(tx: Tx, tenantId: string, { key, resources, at, extent }: DeclaredResources): Promise<number> {
  const provenance = `${key.source}:${key.scope}`;
  await tx.script(
    `create temp table if not exists topo_alias_stage (alias_kind text, alias text, resource_id bigint) on commit delete rows;
     delete from topo_alias_stage`,
  );
  await tx.copy('topo_alias_stage', ['alias_kind', 'alias', 'resource_id'], toAliasRows(tenantId, resources));
  const [written] = await tx.query<{ changed: number }>(
    `with written as (
       insert into dim_resource_alias as a (tenant_id, alias_kind, alias, resource_id, provenance, first_seen, last_seen)
       select $1, alias_kind, alias, resource_id, $2, $3, $3 from topo_alias_stage
       on conflict (tenant_id, alias_kind, alias, resource_id, provenance) do update
         set first_seen = least(a.first_seen, excluded.first_seen), last_seen = greatest(a.last_seen, excluded.last_seen)
         where excluded.first_seen < a.first_seen or excluded.last_seen > a.last_seen
       returning 1
     ) select count(*)::int as changed from written`,
    [tenantId, provenance, formatTime(at)],
  );
  if (extent !== 'whole') return written?.changed ?? 0;
  const gone = await tx.query(
    `delete from dim_resource_alias a where tenant_id = $1 and provenance = $2 and (alias_kind, alias, resource_id) not in (
       select alias_kind, alias, resource_id from topo_alias_stage) returning 1`,
    [tenantId, provenance],
  );
  return (written?.changed ?? 0) + gone.length;
}

function* toAliasRows(tenantId: string, resources: readonly DeclaredResource[]): Iterable<readonly unknown[]> {
  const seen = new Set<string>();
  for (const { urn, aliases = [] } of resources) {
    for (const { kind, alias } of aliases) {
      const row = `${kind} ${alias} ${urn}`;
      if (seen.has(row)) continue;
      seen.add(row);
      yield [kind, alias, toResourceId(tenantId, urn)];
    }
  }
}

function* toChunks<Item>(items: readonly Item[]): Iterable<readonly Item[]> {
  for (let at = 0; at < items.length; at += chunkRows) yield items.slice(at, at + chunkRows);
}
