import { formatTime } from '../core/time.ts';
import type { Window } from '../core/window.ts';
import type { Queryable } from './db.ts';
import type { ResourceRow } from './resource-list.ts';

/** Calls that a resource got in a range. */
export interface Activity {
  readonly calls: number;
  readonly rps: number;
  /** Share of them that failed, 0 to 1; null without calls. */
  readonly err_rate: number | null;
}

const measures = `coalesce(a.calls, 0) as calls, coalesce(a.calls, 0) / extract(epoch from $3::timestamptz - $2::timestamptz)::float8 as rps,
  a.errors / nullif(a.calls, 0) as err_rate`;

/**
 * Resources by how many calls they got and made in a range, most first, then those without any by when they were last seen, then by URN; from
 * `offset` on.
 */
export function listActiveResources(
  db: Queryable,
  { tenantId, kind, range, offset, limit }: { tenantId: string; kind?: string | undefined; range: Window; offset: number; limit: number },
): Promise<(ResourceRow & Activity)[]> {
  return db.query(
    `with seen as materialized (
       select src_resource_id as src, dst_resource_id as dst, sum(calls)::float8 as calls, sum(errors)::float8 as errors
       from service_call_5m where tenant_id = $1 and bucket >= $2::timestamptz and bucket < $3::timestamptz group by 1, 2),
     active as (
       select id, sum(calls) as calls, sum(errors) as errors, sum(calls + made) as share
       from (select dst as id, calls, errors, 0 as made from seen union all select src, 0, 0, calls from seen where src <> dst) ends group by id)
     select r.urn, r.kind, r.name, r.first_seen, r.last_seen, null as matched, null as alias, ${measures}
     from dim_resource r left join active a on a.id = r.resource_id
     where r.tenant_id = $1 and ($4::text is null or r.kind = $4)
     order by coalesce(a.share, 0) desc, r.last_seen desc, r.urn offset $5 limit $6`,
    [tenantId, formatTime(range.from), formatTime(range.to), kind ?? null, offset, limit],
  );
}

/** The calls that resources got in a range, by URN. */
export async function countActivity(
  db: Queryable,
  tenantId: string,
  urns: readonly string[],
  range: Window,
): Promise<ReadonlyMap<string, Activity>> {
  const rows = await db.query<Activity & { urn: string }>(
    `select r.urn, ${measures} from dim_resource r cross join lateral (
       select sum(c.calls)::float8 as calls, sum(c.errors)::float8 as errors from service_call_5m c
       where c.tenant_id = $1 and c.dst_resource_id = r.resource_id and c.bucket >= $2::timestamptz and c.bucket < $3::timestamptz) a
     where r.tenant_id = $1 and r.urn = any($4::text[])`,
    [tenantId, formatTime(range.from), formatTime(range.to), urns],
  );
  return new Map(rows.map(({ urn, ...activity }) => [urn, activity]));
}
