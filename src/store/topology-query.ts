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
const fields = 'tenant_id, src_resource_id, dst_resource_id, relation, source, scope, valid, recorded_at, attrs, evidence';
const ofFilter = (row: string): string =>
  `${row}.tenant_id = $1 and ($2::text is null or ${row}.relation = $2) and ($3::text is null or ${row}.source = $3)
   and ($4::bigint is null or $4 in (${row}.src_resource_id, ${row}.dst_resource_id))`;
const withNames = `join dim_resource s on s.tenant_id = e.tenant_id and s.resource_id = e.src_resource_id
  join dim_resource d on d.tenant_id = e.tenant_id and d.resource_id = e.dst_resource_id`;

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
  const beliefs =
    believedAt === undefined
      ? `select ${fields} from topo_edge_time e where ${validAt('e', '$5')} and ${ofFilter('e')}`
      : `select ${fields} from topo_edge_time e where ${validAt('e', '$5')} and recorded_at <= $10 and ${ofFilter('e')}
         union all select ${fields} from topo_edge_history e where valid @> $5::timestamptz and recorded @> $10::timestamptz and ${ofFilter('e')}`;
  const rows = await db.query<TopologyEdge>(
    `with edges as (
       select s.urn as src_urn, d.urn as dst_urn, e.* from (${beliefs}) e ${withNames}
     ), page as (
       select src_urn collate "C" as src, dst_urn collate "C" as dst, relation collate "C" as relation from edges
       where $6::text is null or (src_urn collate "C", dst_urn collate "C", relation collate "C") > ($6, $7, $8) group by 1, 2, 3 order by 1, 2, 3 limit $9
     )
     select p.src as src_urn, p.relation, p.dst as dst_urn, jsonb_agg(jsonb_build_object('source', e.source, 'scope', e.scope,
         'valid_from', ${iso('lower(e.valid)')}, 'valid_to', ${iso('upper(e.valid)')}, 'recorded_at', ${iso('e.recorded_at')},
         'reopened', (select count(*) from topo_edge_time o where o.tenant_id = e.tenant_id and o.src_resource_id = e.src_resource_id
           and o.dst_resource_id = e.dst_resource_id and o.relation = e.relation and o.source = e.source and o.scope = e.scope and upper(o.valid) < lower(e.valid)),
         'attrs', e.attrs, 'evidence', e.evidence) order by e.source, e.scope) as declared_by
     from page p join edges e on e.src_urn = p.src and e.dst_urn = p.dst and e.relation = p.relation
     group by p.src, p.dst, p.relation order by p.src, p.dst, p.relation`,
    [...toParams(filter), formatTime(at), ...after, limit + 1, ...(believedAt === undefined ? [] : [formatTime(believedAt)])],
  );
  return toPage(rows, limit, ({ src_urn, dst_urn, relation }) => [src_urn, dst_urn, relation]);
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
