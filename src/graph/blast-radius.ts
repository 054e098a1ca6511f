import { type EdgeView, edgeParams, edgesSql } from './edge-view.ts';
import type { FoundResource, ResourceRef } from './find-resource.ts';
import type { GraphReader } from './graph-db.ts';
import { MOST_HOPS } from './neighbours.ts';

export interface BlastRadiusQuery {
  readonly resource: FoundResource;
  /** 1 to `MOST_HOPS`; more count as that. */
  readonly hops: number;
  readonly limit: number;
}

export interface AffectedCaller extends ResourceRef {
  /** Calls on the shortest way to the resource. */
  readonly hops: number;
  /** Share, 0 to 1, of the caller's calls that go to the resource or through it. */
  readonly affected_share: number;
  /** The same as calls per second that leave the caller, over the span of the view. */
  readonly affected_rps: number;
}

export interface BlastRadius {
  readonly callers: readonly AffectedCaller[];
  readonly truncated: boolean;
}

/**
 * Who is affected when a resource fails: its direct and indirect callers, those with most affected calls per second first. With
 * p(c, d) = rps(c → d) / Σ rps(c → ·), the share of caller c is the chance that a call which leaves c, and goes on at each callee d along one of its
 * own calls with chance p, comes to the resource within `hops` calls: share₀ = 1 at the resource and 0 elsewhere, share(c) = Σ_d p(c, d) · share(d).
 * It never exceeds 1, circles included. A topic is no caller, because what it holds waits. Declared edges have no calls and do not count.
 */
export async function listBlastRadius(db: GraphReader, view: EdgeView, query: BlastRadiusQuery): Promise<BlastRadius> {
  const rows = await db.query<AffectedCaller>(
    // Each row of \`step\` is the chance to come to the resource with exactly so many calls, for every caller at once.
    `with recursive called as materialized (${edgesSql('calls')}),
     edge as materialized (
       select e.src, e.dst, e.rps / sum(e.rps) over (partition by e.src) as chance from called e
       left join dim_resource r on r.tenant_id = $1 and r.resource_id = e.src where r.kind is distinct from 'topic'),
     leaving as materialized (select src as id, sum(rps) as rps from called group by src),
     step (hops, ids, shares) as (
       select 0, array[$5::bigint], array[1::float8]
       union all
       select s.hops + 1, next.ids, next.shares from step s cross join lateral (
         select array_agg(c.id order by c.id) as ids, array_agg(c.share order by c.id) as shares from (
           select e.src as id, sum(e.chance * now.share order by e.dst) as share
           from unnest(s.ids, s.shares) as now (id, share) join edge e on e.dst = now.id where e.src <> $5::bigint group by e.src) c) next
       where s.hops < $6::int and next.ids is not null),
     affected as (
       select c.id, min(s.hops) as hops, least(1, sum(c.share order by s.hops)) as share
       from step s cross join lateral unnest(s.ids, s.shares) as c (id, share) where s.hops > 0 group by c.id)
     select coalesce(r.urn, 'urn:unknown:' || a.id) as urn, coalesce(r.kind, 'other') as kind, coalesce(r.name, 'unknown') as name, a.hops,
       a.share as affected_share, a.share * l.rps as affected_rps
     from affected a join leaving l on l.id = a.id left join dim_resource r on r.tenant_id = $1 and r.resource_id = a.id
     order by affected_rps desc, urn limit $7`,
    [...edgeParams(view), query.resource.id, Math.min(query.hops, MOST_HOPS), query.limit + 1],
  );
  return { callers: rows.slice(0, query.limit), truncated: rows.length > query.limit };
}
