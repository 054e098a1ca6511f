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
  // Either end in the order of its index, which is read no further than the page needs.
  const newest = (end: string, isThere: string, counted: string): string =>
    `(select ${end}(valid) as at, ${counted} from topo_edge_time where tenant_id = $1 and ${isThere} and ($2::text is null or relation = $2)
       and ($3::text is null or source = $3) and ($4::bigint is null or $4 in (src_resource_id, dst_resource_id))
       and ($5::timestamptz is null or ${end}(valid) < $5) group by 1 order by 1 desc limit $6)`;
  return db.query(
    `select to_char(at at time zone 'utc', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"') as at, sum(opened)::int as opened, sum(closed)::int as closed
     from (${newest('lower', 'lower(valid) is not null', 'count(*) as opened, 0 as closed')}
       union all ${newest('upper', 'not upper_inf(valid)', '0, count(*)')}) m (at, opened, closed)
     group by m.at order by m.at desc limit $6`,
    [tenantId, relation ?? null, source ?? null, resourceId ?? null, before ?? null, limit],
  );
}
