import { type EdgeKind, type EdgeView, edgeParams, edgesSql } from './edge-view.ts';
import type { FoundResource, ResourceRef } from './find-resource.ts';
import type { GraphReader } from './graph-db.ts';
import { walkHops } from './walk-hops.ts';

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
  const { resource, direction, edges: kind, limit } = query;
  const hops = Math.min(query.hops, MOST_HOPS);
  const near = `(${edgesSql(kind)}) e where ${ENDS[direction].map((end) => `${end} = any($5::bigint[])`).join(' or ')}`;
  const step = ENDS[direction].map((end) => `select ${end} as near, ${end === 'src' ? 'dst' : 'src'} as far, src, dst, relation from edge`);
  // The hop that brings more than the limit allows is the last one that the answer shows anything of.
  const found = await walkHops(
    resource.id,
    hops,
    (ids) =>
      db.query<{ id: bigint }>(
        `with edge as materialized (select src, dst, relation from ${near}), step as (${step.join(' union all ')})
         select distinct far as id from step where near = any($5::bigint[])`,
        [...edgeParams(view), ids],
      ),
    limit,
  );
  const resources = await db.query<Neighbour>(
    `select n.hops, ${RESOURCE('n.id')} from unnest($2::bigint[], $3::int[]) as n (id, hops)
     left join dim_resource r on r.tenant_id = $1 and r.resource_id = n.id where n.hops > 0 order by n.hops, urn limit $4`,
    [view.tenantId, [...found.keys()], [...found.values()], limit + 1],
  );
  const inner = [...found].filter(([, distance]) => distance < hops);
  const edges = await db.query<NeighbourEdge>(
    `with edge as materialized (select e.* from ${near}), step as (${step.join(' union all ')}),
     way as (
       select n.hops + 1 as hops, s.src, s.dst, s.relation from step s join unnest($5::bigint[], $6::int[]) as n (id, hops) on n.id = s.near)
     select min(w.hops) as hops, ${URN('s', 'e.src')} as src_urn, ${URN('d', 'e.dst')} as dst_urn, e.relation, e.calls, e.rps, e.err_rate, e.worst_p95_ms
     from way w join edge e using (src, dst, relation)
     left join dim_resource s on s.tenant_id = $1 and s.resource_id = e.src left join dim_resource d on d.tenant_id = $1 and d.resource_id = e.dst
     group by e.src, e.dst, s.urn, d.urn, e.relation, e.calls, e.rps, e.err_rate, e.worst_p95_ms
     order by hops, rps desc nulls last, src_urn, dst_urn, relation limit $7`,
    [...edgeParams(view), inner.map(([id]) => id), inner.map(([, distance]) => distance), limit + 1],
  );
  return {
    resources: resources.slice(0, limit),
    edges: edges.slice(0, limit),
    truncated: resources.length > limit || edges.length > limit,
  };
}

/** The end of an edge that is nearer. */
const ENDS: Readonly<Record<Direction, readonly ('src' | 'dst')[]>> = { out: ['src'], in: ['dst'], both: ['src', 'dst'] };

const URN = (alias: string, id: string): string => `coalesce(${alias}.urn, 'urn:unknown:' || ${id})`;

const RESOURCE = (id: string): string =>
  `${URN('r', id)} as urn, coalesce(r.kind, 'other') as kind, coalesce(r.name, ${URN('r', id)}) as name`;
