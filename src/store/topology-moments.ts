import type { Queryable } from './db.ts';
import type { TopologyFilter } from './topology-query.ts';

/** A time at which declarations of edges began or ended, ISO 8601 UTC. */
export interface TopologyMoment {
  readonly at: string;
  readonly opened: number;
  readonly closed: number;
}

/** Which edges; only moments before `before`. */
export type MomentFilter = Omit<TopologyFilter, 'cursor'> & { readonly before?: string | undefined };

/** Lists the moments at which what is declared changed, as is believed now, newest first. */
export function listTopologyMoments(db: Queryable, filter: MomentFilter): Promise<TopologyMoment[]> {
  const { tenantId, relation, source, resourceId, before, limit } = filter;
  return db.query(
    `with declared as (
       select valid from topo_edge_time where tenant_id = $1 and ($2::text is null or relation = $2) and ($3::text is null or source = $3)
         and ($4::bigint is null or $4 in (src_resource_id, dst_resource_id))),
     moment as (select lower(valid) as at, 1 as opened, 0 as closed from declared union all select upper(valid), 0, 1 from declared)
     select to_char(at at time zone 'utc', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"') as at, sum(opened)::int as opened, sum(closed)::int as closed
     from moment where at is not null and ($5::timestamptz is null or at < $5) group by moment.at order by moment.at desc limit $6`,
    [tenantId, relation ?? null, source ?? null, resourceId ?? null, before ?? null, limit],
  );
}
