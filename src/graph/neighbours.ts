import { type EdgeKind, type EdgeView, edgeParams, edgesSql } from './edge-view.ts';
import type { FoundResource, ResourceRef } from './find-resource.ts';
import type { GraphReader } from './graph-db.ts';

/** Which way edges are followed: to callers (`in`), to callees (`out`), or both ways at every step. */
export const directions = ['in', 'out', 'both'] as const;
export type Direction = (typeof directions)[number];

/** Most hops that a question may ask for. */
export const MOST_HOPS = 10;

export interface NeighboursQuery {
  readonly resource: FoundResource;
  readonly direction: Direction;
  /** 1 to `MOST_HOPS`; more count as that. */
  readonly hops: number;
  readonly edges: EdgeKind;
  /** How many resources and how many edges at most. */
  readonly limit: number;
}

export interface Neighbour extends ResourceRef {
  /** Edges on the shortest way from the asked resource. */
  readonly hops: number;
}

/** An edge of the view between two resources, by URN. Measures are null where nothing was called. */
export interface NeighbourEdge {
  readonly hops: number;
  readonly src_urn: string;
  readonly dst_urn: string;
  readonly relation: string;
  readonly calls: bigint | null;
  /** Calls per second over the span of the view. */
  readonly rps: number | null;
  readonly err_rate: number | null;
  readonly worst_p95_ms: number | null;
}

export interface Neighbours {
  readonly resources: readonly Neighbour[];
  /** Edges that lie on the way: each leads from a resource of `hops - 1` on. */
  readonly edges: readonly NeighbourEdge[];
  readonly truncated: boolean;
}

/**
 * The resources within so many hops, nearest first, then by URN, and the edges that lead there. Circles end where they close: a resource counts
 * once, at its shortest distance.
 */
export async function listNeighbours(db: GraphReader, view: EdgeView, query: NeighboursQuery): Promise<Neighbours> {
  const params = [...edgeParams(view), query.resource.id, Math.min(query.hops, MOST_HOPS)];
  const reached = `with recursive edge as materialized (${edgesSql(query.edges)}),
    step as (${STEPS[query.direction]}),
    walk (id, hops) as (
      select $5::bigint, 0
      union
      select s.far, w.hops + 1 from walk w join step s on s.near = w.id where w.hops < $6::int),
    reached as materialized (select id, min(hops) as hops from walk group by id)`;
  const resources = await db.query<Neighbour>(
    `${reached}
     select n.hops, ${RESOURCE('n.id')} from reached n left join dim_resource r on r.tenant_id = $1 and r.resource_id = n.id
     where n.hops > 0 order by n.hops, urn limit $7`,
    [...params, query.limit + 1],
  );
  const edges = await db.query<NeighbourEdge>(
    `${reached}, way as (
       select near.hops + 1 as hops, s.src, s.dst, s.relation from step s join reached near on near.id = s.near where near.hops < $6::int)
     select min(w.hops) as hops, ${URN('s', 'e.src')} as src_urn, ${URN('d', 'e.dst')} as dst_urn, e.relation, e.calls, e.rps, e.err_rate, e.worst_p95_ms
     from way w join edge e using (src, dst, relation)
     left join dim_resource s on s.tenant_id = $1 and s.resource_id = e.src left join dim_resource d on d.tenant_id = $1 and d.resource_id = e.dst
     group by e.src, e.dst, s.urn, d.urn, e.relation, e.calls, e.rps, e.err_rate, e.worst_p95_ms
     order by hops, rps desc nulls last, src_urn, dst_urn, relation limit $7`,
    [...params, query.limit + 1],
  );
  return {
    resources: resources.slice(0, query.limit),
    edges: edges.slice(0, query.limit),
    truncated: resources.length > query.limit || edges.length > query.limit,
  };
}

const STEPS: Readonly<Record<Direction, string>> = {
  out: 'select src as near, dst as far, src, dst, relation from edge',
  in: 'select dst as near, src as far, src, dst, relation from edge',
  both: 'select src as near, dst as far, src, dst, relation from edge union all select dst, src, src, dst, relation from edge',
};

const URN = (alias: string, id: string): string => `coalesce(${alias}.urn, 'urn:unknown:' || ${id})`;

const RESOURCE = (id: string): string =>
  `${URN('r', id)} as urn, coalesce(r.kind, 'other') as kind, coalesce(r.name, ${URN('r', id)}) as name`;
