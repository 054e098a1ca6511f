import type { Relation } from '../core/observation.ts';
import { formatTime, type Micros } from '../core/time.ts';
import type { Queryable } from './db.ts';
import { byUrns, compare, type EdgeKey, listUrns, readEdgeCursor, toEdgeCursor } from './edge-page.ts';

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
 * Lists the edges that were true at a time, as is believed now, or as was believed at `believedAt`, with everyone who says so. Pages follow each
 * other by the ids of the resources; within a page edges are in order of their URNs. A cursor has `edgeCursorPattern`.
 */
export async function listTopologyAt(
  db: Queryable,
  filter: TopologyFilter & { readonly at: Micros; readonly believedAt?: Micros | undefined },
): Promise<TopologyPage<TopologyEdge>> {
  const { tenantId, at, believedAt, limit, cursor } = filter;
  const ends = 'src_resource_id, dst_resource_id, relation';
  const params = [...toParams(filter), formatTime(at), believedAt === undefined ? null : formatTime(believedAt), ...readEdgeCursor(cursor)];
  const believed = [
    ['topo_edge_time', `${validAt('e', '$5')} and ($6::timestamptz is null or e.recorded_at <= $6)`, 'e.edge_id'],
    ...(believedAt === undefined
      ? []
      : [['topo_edge_history', 'e.valid @> $5::timestamptz and e.recorded @> $6::timestamptz', historyEdgeId]]),
  ] as const;
  const fromCursor = `${ofFilter('e')} and ($7::bigint is null or (${ends}) >= ($7, $8::bigint, $9::text))`;
  // Edges come in the order of the primary keys, of which no more is read than a page: in order of URNs all 20 000 had to be named and sorted.
  const first = believed.map(
    ([table, isBelieved]) =>
      `(select distinct ${ends} from ${table} e where ${isBelieved} and ${fromCursor} order by ${ends} limit $10 + 1)`,
  );
  const [next] = await db.query<EdgeKey>(
    `select src_resource_id as src, dst_resource_id as dst, relation from (${first.join(' union ')}) e order by ${ends} offset $10 limit 1`,
    [...params, limit],
  );
  const ofPage = `${fromCursor} and ($10::bigint is null or (${ends}) < ($10, $11::bigint, $12::text))`;
  const claimed = believed.map(
    ([table, isBelieved, edgeId]) =>
      `select ${ends}, source, scope, lower(valid) as valid_from, upper(valid) as valid_to, recorded_at, attrs, evidence, ${edgeId} as edge_id
       from ${table} e where ${isBelieved} and ${ofPage}`,
  );
  const claims = await db.query<Claim>(
    `with claim as materialized (
       ${claimed.join(' union all ')}
     ), ended as materialized (
       select edge_id, upper(valid) as ended_at from topo_edge_time e where not upper_inf(valid) and ${ofPage}
     ), again as (
       select c.edge_id, c.valid_from, count(*)::int as reopened from claim c join ended o on o.edge_id = c.edge_id and o.ended_at < c.valid_from group by 1, 2
     )
     select c.src_resource_id as src, c.dst_resource_id as dst, c.relation, c.source, c.scope, c.valid_from, c.valid_to, c.recorded_at, c.attrs,
       c.evidence, coalesce(a.reopened, 0) as reopened
     from claim c left join again a using (edge_id, valid_from)`,
    [...params, next?.src ?? null, next?.dst ?? null, next?.relation ?? null],
  );
  const items = toEdges(claims, await listUrns(db, tenantId, new Set(claims.flatMap(({ src, dst }) => [src, dst]))));
  return { items, ...(next === undefined ? {} : { nextCursor: toEdgeCursor(next) }) };
}

/** `topo_edge_time.edge_id` of a row of the history. */
const historyEdgeId = `hashtextextended(e.tenant_id || '/' || e.src_resource_id::text || '/' || e.dst_resource_id::text || '/' || e.relation || '/' || e.source || '/' || e.scope, 0)`;

/** An edge as one source declares it. */
interface Claim extends EdgeKey, Declaration {
  readonly relation: Relation;
}

/** Puts the claims of each edge together; edges in order of URNs, claims in that of source and scope. */
function toEdges(claims: readonly Claim[], urns: ReadonlyMap<bigint, string>): TopologyEdge[] {
  const edges = new Map<string, TopologyEdge & { declared_by: Declaration[] }>();
  for (const { src, dst, relation, source, scope, valid_from, valid_to, recorded_at, reopened, attrs, evidence } of claims) {
    const [src_urn, dst_urn] = [urns.get(src), urns.get(dst)];
    if (src_urn === undefined || dst_urn === undefined) continue;
    const key = toEdgeCursor({ src, dst, relation });
    const edge = edges.get(key) ?? { src_urn, relation, dst_urn, declared_by: [] };
    const times = { valid_from: toIso(valid_from), valid_to: valid_to && toIso(valid_to), recorded_at: toIso(recorded_at) };
    edge.declared_by.push({ source, scope, ...times, reopened, attrs, evidence });
    edges.set(key, edge);
  }
  for (const { declared_by } of edges.values())
    if (declared_by.length > 1) declared_by.sort((one, other) => compare(one.source, other.source) || compare(one.scope, other.scope));
  return [...edges.values()].sort(byUrns);
}

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
