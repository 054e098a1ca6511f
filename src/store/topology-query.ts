import type { Relation } from '../core/observation.ts';
import { formatTime, type Micros } from '../core/time.ts';
import type { Queryable } from './db.ts';

/** Who says that an edge is there; times are ISO 8601 UTC, `valid_to` is null while it is open, `reopened` counts how often it came back. */
export interface Declaration {
  readonly source: string;
  readonly scope: string;
  readonly valid_from: string;
  readonly valid_to: string | null;
  readonly recorded_at: string;
  readonly reopened: number;
  readonly attrs: Readonly<Record<string, unknown>>;
  readonly evidence: Readonly<Record<string, unknown>>;
}

/** An edge as at least one source declares it. */
export interface TopologyEdge {
  readonly src_urn: string;
  readonly relation: Relation;
  readonly dst_urn: string;
  readonly declared_by: readonly Declaration[];
}

/** Which edges; what is absent does not restrict. */
export interface TopologyFilter {
  readonly tenantId: string;
  readonly relation?: Relation | undefined;
  readonly source?: string | undefined;
  /** Only edges from or to this resource. */
  readonly resourceId?: bigint | undefined;
  readonly limit: number;
  /** `nextCursor` of the page before. */
  readonly cursor?: string | undefined;
}

/** A part of a list; `nextCursor` is there when there is more. */
export interface TopologyPage<Row> {
  readonly items: Row[];
  readonly nextCursor?: string;
}

const iso = (time: string): string => `to_char(${time} at time zone 'utc', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"')`;
/** As `valid @> time`, in the words of the indexes. */
const validAt = (row: string, time: string): string =>
  `lower(${row}.valid) <= ${time} and (upper_inf(${row}.valid) or upper(${row}.valid) > ${time})`;
const ofFilter = (row: string): string =>
  `${row}.tenant_id = $1 and ($2::text is null or ${row}.relation = $2) and ($3::text is null or ${row}.source = $3)
   and ($4::bigint is null or $4 in (${row}.src_resource_id, ${row}.dst_resource_id))`;
// The tenant as a parameter: joined by both columns, the planner takes a page for a few dozen edges.
const withNames = `join dim_resource s on s.tenant_id = $1 and s.resource_id = e.src_resource_id
  join dim_resource d on d.tenant_id = $1 and d.resource_id = e.dst_resource_id`;

const toParams = ({ tenantId, relation, source, resourceId }: TopologyFilter): unknown[] => [
  ...[tenantId, relation ?? null, source ?? null, resourceId ?? null],
];

/**
 * Lists the edges that were true at a time, as is believed now, or as was believed at `believedAt`; in order of the URNs, with everyone who says so.
 * Rejects with a `RangeError` for a cursor that is none.
 */
export async function listTopologyAt(
  db: Queryable,
  filter: TopologyFilter & { readonly at: Micros; readonly believedAt?: Micros | undefined },
): Promise<TopologyPage<TopologyEdge>> {
  const { at, believedAt, limit, cursor } = filter;
  const after = readCursor(cursor, 3);
  const ends = 'src_resource_id, dst_resource_id, relation';
  const beliefs =
    believedAt === undefined
      ? `select ${ends}, ctid as place, true as is_current from topo_edge_time e where ${validAt('e', '$5')} and ${ofFilter('e')}`
      : `select ${ends}, ctid as place, true as is_current from topo_edge_time e where ${validAt('e', '$5')} and recorded_at <= $10 and ${ofFilter('e')}
         union all select ${ends}, ctid, false from topo_edge_history e
         where valid @> $5::timestamptz and recorded @> $10::timestamptz and ${ofFilter('e')}`;
  const edgeId = `hashtextextended(tenant_id || '/' || src_resource_id::text || '/' || dst_resource_id::text || '/' || e.relation || '/' || source || '/' || scope, 0)`;
  const claims = (table: string, places: string, id: string): string =>
    `select p.number, p.src_urn, p.relation, p.dst_urn, e.source, e.scope, lower(e.valid) as valid_from, upper(e.valid) as valid_to, e.recorded_at,
       e.attrs, e.evidence, ${id} as edge_id
     from page p cross join lateral unnest(p.${places}) as l (place) join ${table} e on e.ctid = l.place`;
  // All edges are named to be put in order, but only those of the page are read whole, by their place: joined by their keys, the planner takes them
  // for one. As is how often they came back, all at once and in no order: a probe and a sort of wide rows were most of the time.
  const rows = await db.query<ClaimRow>(
    `with page as materialized (
       select row_number() over (order by s.urn collate "C", d.urn collate "C", e.relation collate "C")::int as number,
         s.urn as src_urn, e.relation, d.urn as dst_urn, e.places, e.old_places
       from (select ${ends}, array_agg(place) filter (where is_current) as places, array_agg(place) filter (where not is_current) as old_places
         from (${beliefs}) b group by ${ends}) e ${withNames}
       where $6::text is null or (s.urn collate "C", d.urn collate "C", e.relation collate "C") > ($6, $7, $8)
       order by 1 limit $9
     ), claim as materialized (
       ${claims('topo_edge_time', 'places', 'edge_id')}${believedAt === undefined ? '' : ` union all ${claims('topo_edge_history', 'old_places', edgeId)}`}
     ), again as (
       select c.number, c.edge_id, count(*)::int as reopened from claim c
       join topo_edge_time o on o.edge_id = c.edge_id and not upper_inf(o.valid) and upper(o.valid) < c.valid_from group by 1, 2
     )
     select c.number, c.src_urn, c.relation, c.dst_urn, c.source, c.scope, c.valid_from, c.valid_to, c.recorded_at, c.attrs, c.evidence,
       coalesce(a.reopened, 0) as reopened
     from claim c left join again a on a.number = c.number and a.edge_id = c.edge_id`,
    [...toParams(filter), formatTime(at), ...after, limit + 1, ...(believedAt === undefined ? [] : [formatTime(believedAt)])],
  );
  return toPage(toEdges(rows), limit, ({ src_urn, dst_urn, relation }) => [src_urn, dst_urn, relation]);
}

/** `number` is the place of the edge on the page, from 1. */
type ClaimRow = Omit<TopologyEdge, 'declared_by'> & Declaration & { readonly number: number };

/** Puts the claims of each edge together, in order of source and scope. */
function toEdges(rows: readonly ClaimRow[]): TopologyEdge[] {
  const edges: (TopologyEdge & { declared_by: Declaration[] })[] = [];
  for (const { number, src_urn, relation, dst_urn, source, scope, valid_from, valid_to, recorded_at, reopened, attrs, evidence } of rows) {
    const times = { valid_from: toIso(valid_from), valid_to: valid_to && toIso(valid_to), recorded_at: toIso(recorded_at) };
    edges[number - 1] ??= { src_urn, relation, dst_urn, declared_by: [] };
    edges[number - 1]?.declared_by.push({ source, scope, ...times, reopened, attrs, evidence });
  }
  for (const { declared_by } of edges)
    if (declared_by.length > 1) declared_by.sort((a, b) => compare(a.source, b.source) || compare(a.scope, b.scope));
  return edges;
}

const compare = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0);

/** A time with its microseconds, also where there are none. */
function toIso(time: string): string {
  return time.length === 20 ? `${time.slice(0, 19)}.000000Z` : time;
}

/** How an edge of one source and scope differs between two times. */
export interface TopologyChange {
  readonly change: 'opened' | 'closed' | 'changed';
  readonly src_urn: string;
  readonly relation: Relation;
  readonly dst_urn: string;
  readonly source: string;
  readonly scope: string;
  /** When it opened or closed, or since when what changed is known. */
  readonly at: string;
  readonly attrs: Readonly<Record<string, unknown>>;
  /** What `attrs` were where they changed. */
  readonly attrs_before: Readonly<Record<string, unknown>> | null;
  readonly evidence: Readonly<Record<string, unknown>>;
  /** Whether another source or scope declares the same edge at the second time. */
  readonly still_declared: boolean;
}

/**
 * Lists what is different at `to` from what was at `from`: the edges at `from`, less the closed and with the opened ones, are those at `to`.
 * `changed` ones are there at both times, and what was believed of their attributes at `from` is not what is believed now.
 */
export async function listTopologyDiff(
  db: Queryable,
  filter: TopologyFilter & { readonly from: Micros; readonly to: Micros },
): Promise<TopologyPage<TopologyChange>> {
  const { from, to, limit, cursor } = filter;
  const after = readCursor(cursor, 6);
  const sameEdge = (other: string): string => `${other}.tenant_id = e.tenant_id and ${other}.src_resource_id = e.src_resource_id
    and ${other}.dst_resource_id = e.dst_resource_id and ${other}.relation = e.relation`;
  const sameClaim = (other: string): string => `${sameEdge(other)} and ${other}.source = e.source and ${other}.scope = e.scope`;
  const without = (time: string): string => `not exists (select from topo_edge_time o where ${sameClaim('o')} and ${validAt('o', time)})`;
  const key = '(change, src_urn collate "C", dst_urn collate "C", relation, source collate "C", scope collate "C")';
  const rows = await db.query<TopologyChange>(
    `select change, src_urn, relation, dst_urn, source, scope, ${iso('at')} as at, attrs, attrs_before, evidence, still_declared from (
       select c.change, s.urn as src_urn, e.relation, d.urn as dst_urn, e.source, e.scope, c.at, e.attrs, c.attrs_before, e.evidence,
         exists (select from topo_edge_time o where ${sameEdge('o')} and (o.source, o.scope) <> (e.source, e.scope) and ${validAt('o', '$6')}) as still_declared
       from topo_edge_time e ${withNames} cross join lateral (
         select 'opened' as change, lower(e.valid) as at, null::jsonb as attrs_before where lower(e.valid) > $5 and ${validAt('e', '$6')} and ${without('$5')}
         union all
         select 'closed', upper(e.valid), null where upper(e.valid) <= $6 and ${validAt('e', '$5')} and ${without('$6')}
         union all
         select 'changed', e.recorded_at, h.attrs from topo_edge_history h where e.recorded_at > $5 and ${sameClaim('h')} and ${validAt('e', '$5')}
           and ${validAt('e', '$6')} and h.valid @> $5::timestamptz and h.recorded @> $5::timestamptz and h.attrs <> e.attrs
       ) c where ${ofFilter('e')} and ((lower(e.valid) > $5 and lower(e.valid) <= $6) or (upper(e.valid) > $5 and upper(e.valid) <= $6)
         or (e.recorded_at > $5 and (e.src_resource_id, e.dst_resource_id, e.relation, e.source, e.scope) in (
           select src_resource_id, dst_resource_id, relation, source, scope from topo_edge_history where tenant_id = $1)))
     ) changes where $7::text is null or ${key} > ($7, $8, $9, $10, $11, $12)
     order by change, src_urn collate "C", dst_urn collate "C", relation, source collate "C", scope collate "C" limit $13`,
    [...toParams(filter), formatTime(from), formatTime(to), ...after, limit + 1],
  );
  return toPage(rows, limit, (row) => [row.change, row.src_urn, row.dst_urn, row.relation, row.source, row.scope]);
}

function readCursor(cursor: string | undefined, length: number): (string | null)[] {
  if (cursor === undefined) return Array<null>(length).fill(null);
  const values: unknown = JSON.parse(Buffer.from(cursor, 'base64url').toString());
  if (Array.isArray(values) && values.length === length && values.every((value) => typeof value === 'string')) return values;
  throw new RangeError('The cursor is not one that this list gave.');
}

function toPage<Row>(rows: readonly Row[], limit: number, keyOf: (last: Row) => readonly string[]): TopologyPage<Row> {
  const items = rows.slice(0, limit);
  const last = items.at(-1);
  if (rows.length <= limit || last === undefined) return { items };
  return { items, nextCursor: Buffer.from(JSON.stringify(keyOf(last))).toString('base64url') };
}
