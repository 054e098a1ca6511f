import { type EdgeKind, type EdgeView, edgeParams, edgesSql } from './edge-view.ts';
import type { FoundResource } from './find-resource.ts';
import type { GraphReader } from './graph-db.ts';
import { MOST_HOPS } from './neighbours.ts';

/** Beginnings of paths that are looked at before a question gives up. */
const MOST_TRIES = 100_000;

export interface PathsQuery {
  readonly from: FoundResource;
  readonly to: FoundResource;
  /** Most edges of a path, 1 to `MOST_HOPS`; more count as that. */
  readonly hops: number;
  readonly edges: EdgeKind;
  readonly limit: number;
}

/** One way from a resource to another along the direction of the edges; it visits nothing twice. */
export interface Path {
  readonly hops: number;
  /** URNs from the first to the last resource. */
  readonly urns: readonly string[];
  /** Calls per second over the span of the view of the edge with the fewest; null when an edge is only declared. */
  readonly least_rps: number | null;
}

export interface Paths {
  readonly paths: readonly Path[];
  /** Whether there may be more. */
  readonly truncated: boolean;
}

/** Paths between two resources, shortest first, then those with more calls, then by URNs; there is none from a resource to itself. */
export async function listPaths(db: GraphReader, view: EdgeView, query: PathsQuery): Promise<Paths> {
  const rows = await db.query<{ hops: number | null; urns: string[]; least_rps: number | null; tries: number }>(
    // Only what can still reach the end within the hops that are left is followed.
    `with recursive edge as materialized (
       select src, dst, bool_or(rps is null) as is_declared, max(rps) as rps from (${edgesSql(query.edges)}) e group by src, dst),
     back (id, hops) as (
       select $6::bigint, 0
       union
       select e.src, b.hops + 1 from back b join edge e on e.dst = b.id where b.hops < $7::int - 1 and e.src <> $5::bigint),
     ahead as materialized (select id, min(hops) as hops from back group by id),
     walk (id, hops, ids, least_rps) as (
       select $5::bigint, 0, array[$5::bigint], 'infinity'::float8
       union all
       select * from (
         select e.dst, w.hops + 1, w.ids || e.dst, least(w.least_rps, coalesce(e.rps, '-infinity'))
         from walk w join edge e on e.src = w.id join ahead a on a.id = e.dst
         where w.hops + 1 + a.hops <= $7::int and w.id <> $6::bigint and not e.dst = any(w.ids)
         limit ${MOST_TRIES}) next),
     tried as materialized (select * from walk limit ${MOST_TRIES}),
     found as (select * from tried where id = $6::bigint and hops > 0 order by hops, least_rps desc, ids limit $8)
     select f.hops, nullif(f.least_rps, '-infinity') as least_rps, t.tries,
       (select array_agg(coalesce(r.urn, 'urn:unknown:' || p.id) order by p.place) from unnest(f.ids) with ordinality p (id, place)
          left join dim_resource r on r.tenant_id = $1 and r.resource_id = p.id) as urns
     from (select count(*)::int as tries from tried) t left join found f on true order by f.hops, f.least_rps desc, urns`,
    [...edgeParams(view), query.from.id, query.to.id, Math.min(query.hops, MOST_HOPS), query.limit + 1],
  );
  const paths = rows.flatMap(({ hops, urns, least_rps }) => (hops === null ? [] : [{ hops, urns, least_rps }]));
  return { paths: paths.slice(0, query.limit), truncated: paths.length > query.limit || (rows[0]?.tries ?? 0) >= MOST_TRIES };
}
