import { hash64 } from '../core/hash.ts';
import { ensureGraph, property, withAgCatalog } from './age.ts';
import type { GraphTx } from './graph-db.ts';

/** What calls from one resource to another were like over the active window, all protocols together. */
export interface CallEdge {
  readonly src: bigint;
  readonly dst: bigint;
  readonly calls: bigint;
  /** Calls per second. */
  readonly rps: number;
  /** 0 to 1. */
  readonly errRate: number;
  readonly p50Ms: number | null;
  readonly p95Ms: number | null;
  /** ISO 8601 UTC. */
  readonly lastSeen: string;
}

export interface GraphContent {
  readonly tenantId: string;
  readonly calls: readonly CallEdge[];
  /** Time, ISO 8601 UTC, whose declared edges become `:STRUCT`; without it there are none. */
  readonly structAt: string | null;
}

/** Vertices and edges of the tenant after a refresh, and how many rows it wrote or removed. */
export interface GraphCounts {
  readonly resources: number;
  readonly calls: number;
  readonly structs: number;
  readonly changed: number;
}

/** Waits for the right to write the tenant's part of the graph and keeps it until the transaction ends. */
export async function lockGraph(tx: GraphTx, tenantId: string): Promise<void> {
  await tx.query('select pg_advisory_xact_lock($1)', [hash64('observebridge', 'graph ops', tenantId)]);
}

/**
 * Makes the tenant's part of the AGE graph `ops` equal to the content and leaves equal rows untouched: `(:Resource {tenant_id, urn, kind, name})`
 * for every end of an edge, `[:CALLS {last_seen, calls, rps, err_rate, p50_ms, p95_ms}]`, and `[:STRUCT {relations, sources, since}]`, at most one
 * of each per pair. The rows of other tenants are not touched. The caller holds `lockGraph`.
 */
export async function refreshGraph(tx: GraphTx, content: GraphContent): Promise<GraphCounts> {
  return withAgCatalog(tx, async () => {
    await ensureGraph(tx);
    await stageEdges(tx, content);
    const tenant = JSON.stringify(content.tenantId);
    await stageVertices(tx, content.tenantId, tenant);
    const written = [
      await tx.query<Count>(`with w as (${INSERT_VERTICES}) select count(*)::int as n from w`),
      await tx.query<Count>(`with w as (${UPDATE_VERTICES}) select count(*)::int as n from w`),
    ];
    await tx.query(FIND_NEW_VERTICES, [tenant]);
    for (const label of ['CALLS', 'STRUCT'])
      written.push(
        await tx.query<Count>(`with w as (${deleteEdges(label)}) select count(*)::int as n from w`, [tenant]),
        await tx.query<Count>(`with w as (${upsertEdges(label)}) select count(*)::int as n from w`),
      );
    written.push(await tx.query<Count>(`with w as (${DELETE_VERTICES}) select count(*)::int as n from w`, [tenant]));
    const [counts] = await tx.query<{ resources: number; calls: number; structs: number }>(
      `select (select count(*) from graph_vertex)::int as resources, (select count(*) from graph_edge where label = 'CALLS')::int as calls,
         (select count(*) from graph_edge where label = 'STRUCT')::int as structs`,
    );
    const changed = written.reduce((total, [row]) => total + (row?.n ?? 0), 0);
    return { resources: counts?.resources ?? 0, calls: counts?.calls ?? 0, structs: counts?.structs ?? 0, changed };
  });
}

interface Count {
  readonly n: number;
}

async function stageEdges(tx: GraphTx, { tenantId, calls, structAt }: GraphContent): Promise<void> {
  await tx.script(`
    create temp table if not exists graph_call (src bigint, dst bigint, calls bigint, rps float8, err_rate float8, p50_ms float8, p95_ms float8,
      last_seen text) on commit delete rows;
    create temp table if not exists graph_edge (label text, src bigint, dst bigint, properties agtype) on commit delete rows;
    create temp table if not exists graph_vertex (resource_id bigint, urn text, properties agtype, id graphid, is_known boolean, is_same boolean)
      on commit delete rows;
    delete from graph_call; delete from graph_edge; delete from graph_vertex`);
  await tx.copy(
    'graph_call',
    ['src', 'dst', 'calls', 'rps', 'err_rate', 'p50_ms', 'p95_ms', 'last_seen'],
    calls.map((edge) => [edge.src, edge.dst, edge.calls, edge.rps, edge.errRate, edge.p50Ms, edge.p95Ms, edge.lastSeen]),
  );
  await tx.query(
    `insert into graph_edge select 'CALLS', src, dst, agtype_build_map_nonull('last_seen', last_seen, 'calls', calls, 'rps', rps,
       'err_rate', err_rate, 'p50_ms', p50_ms, 'p95_ms', p95_ms) from graph_call`,
  );
  if (structAt === null) return;
  await tx.query(
    `insert into graph_edge
     select 'STRUCT', src_resource_id, dst_resource_id, jsonb_build_object('relations', jsonb_agg(distinct relation), 'sources', jsonb_agg(distinct source),
       'since', to_char(min(lower(valid)), 'YYYY-MM-DD"T"HH24:MI:SS"Z"'))::text::agtype
     from topo_edge_time where tenant_id = $1 and valid @> $2::timestamptz group by src_resource_id, dst_resource_id`,
    [tenantId, structAt],
  );
}

async function stageVertices(tx: GraphTx, tenantId: string, tenant: string): Promise<void> {
  // A call whose resource has no row is shown all the same: the graph has as many edges as the table.
  await tx.query(
    `insert into graph_vertex (resource_id, urn, properties, id, is_known, is_same)
     with wanted as (select src as resource_id from graph_edge union select dst from graph_edge),
       resource as (select w.resource_id, coalesce(r.urn, 'urn:unknown:' || w.resource_id) as urn, coalesce(r.kind, 'other') as kind, r.name
         from wanted w left join dim_resource r on r.tenant_id = $1 and r.resource_id = w.resource_id),
       vertex as (select resource_id, urn, agtype_build_map('tenant_id', $1::text, 'urn', urn, 'kind', kind, 'name', coalesce(name, urn)) as properties
         from resource),
       known as materialized (select id, agtype_object_field_text(properties, 'urn') as urn, properties from ops."Resource"
         where ${property('tenant_id')} = $2::text::agtype)
     select v.resource_id, v.urn, v.properties, k.id, k.id is not null, k.properties = v.properties
     from vertex v left join known k on k.urn = v.urn`,
    [tenantId, tenant],
  );
  await tx.script('analyze graph_vertex');
}

const INSERT_VERTICES = `insert into ops."Resource" (properties) select properties from graph_vertex where not is_known returning 1`;

const UPDATE_VERTICES = `update ops."Resource" r set properties = v.properties from graph_vertex v where not v.is_same and r.id = v.id returning 1`;

const FIND_NEW_VERTICES = `update graph_vertex v set id = r.id from (select id, agtype_object_field_text(properties, 'urn') as urn from ops."Resource"
    where ${property('tenant_id')} = $1::text::agtype) r
  where not v.is_known and r.urn = v.urn`;

const DELETE_VERTICES = `delete from ops."Resource" r where ${property('tenant_id', 'r.properties')} = $1::text::agtype
  and not exists (select from graph_vertex v where v.id = r.id) returning 1`;

const endsOf = (label: string): string => `select s.id as start_id, d.id as end_id, e.properties from graph_edge e
  join graph_vertex s on s.resource_id = e.src join graph_vertex d on d.resource_id = e.dst where e.label = '${label}'`;

const deleteEdges = (label: string): string => `delete from ops."${label}" c
  where c.start_id in (select id from ops."Resource" r where ${property('tenant_id', 'r.properties')} = $1::text::agtype)
    and not exists (select from (${endsOf(label)}) e where e.start_id = c.start_id and e.end_id = c.end_id) returning 1`;

const upsertEdges = (label: string): string => `insert into ops."${label}" as c (start_id, end_id, properties) ${endsOf(label)}
  on conflict (start_id, end_id) do update set properties = excluded.properties where c.properties <> excluded.properties returning 1`;
