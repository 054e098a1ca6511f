import { formatTime, MINUTE, parseTime } from '../core/time.ts';
import { floorTo, type Window } from '../core/window.ts';
import type { FoundResource } from './find-resource.ts';
import type { GraphReader } from './graph-db.ts';
import { listMovedEdges } from './moved-edges.ts';
import { MOST_HOPS } from './neighbours.ts';

/** What can have changed, as answers name it. */
export const changeKinds = ['edge_opened', 'edge_closed', 'edge_changed', 'event', 'pattern_new', 'edge_moved'] as const;
export type ChangeKind = (typeof changeKinds)[number];

export interface ChangesQuery {
  readonly range: Window;
  /** Only what concerns resources near this one, over calls of the range and of as long before it, and over edges declared in the range. */
  readonly near?: { readonly resource: FoundResource; readonly hops: number } | undefined;
  readonly kind?: ChangeKind | undefined;
  /** Changes of the answer before, in the same order. */
  readonly offset: number;
  readonly limit: number;
}

/** One change; times are ISO 8601 UTC. */
export interface Change {
  readonly at: string;
  readonly kind: ChangeKind;
  readonly text: string;
  readonly urns: readonly string[];
  /** From the nearest of the resources to the asked one; null without one, and for events about nothing in particular. */
  readonly hops: number | null;
  readonly details: Readonly<Record<string, unknown>>;
  readonly provenance: Readonly<Record<string, unknown>>;
}

export interface Changes {
  readonly items: readonly Change[];
  readonly nextOffset?: number;
}

const BUCKET = 5 * MINUTE;
/** Calls that an edge needs before and after, to tell a change from chance. */
const MOVED_CALLS = 20;

/** A row of any of the statements; `ids` are the resources that it concerns. */
interface Found extends Omit<Change, 'hops' | 'text'> {
  readonly ids: readonly bigint[];
}

/**
 * What changed in a range: declared edges that opened, closed or got other attributes, events, patterns whose first line lies in it, and calls that
 * moved against the time right before. In order of time, then of kind and resources. Moved calls stand at the beginning of the range.
 */
export async function listChanges(db: GraphReader, tenantId: string, query: ChangesQuery): Promise<Changes> {
  const { range, near, kind, offset, limit } = query;
  const hops = near && (await findNear(db, tenantId, range, near));
  const bounds = [tenantId, formatTime(range.from), formatTime(range.to), hops ? [...hops.keys()] : null, offset + limit + 1];
  const wanted = (...kinds: ChangeKind[]): boolean => kind === undefined || kinds.includes(kind);
  const found: Found[] = [];
  if (wanted('edge_opened')) found.push(...(await db.query<Found>(OPENED, bounds)));
  if (wanted('edge_closed')) found.push(...(await db.query<Found>(CLOSED, bounds)));
  if (wanted('edge_changed')) found.push(...(await db.query<Found>(CHANGED, bounds)));
  if (wanted('event')) found.push(...(await db.query<Found>(EVENTS, bounds)));
  if (wanted('pattern_new')) found.push(...(await db.query<Found>(PATTERNS, bounds)));
  const changes = found.map(({ ids, ...change }): Change => ({ ...change, text: describe(change), hops: nearest(ids, hops) }));
  if (wanted('edge_moved')) changes.push(...(await listMoved(db, tenantId, range, offset + limit + 1, hops)));
  const all = changes.toSorted((a, b) => (parseTime(a.at) ?? 0) - (parseTime(b.at) ?? 0) || compare(keyOf(a), keyOf(b)));
  return { items: all.slice(offset, offset + limit), ...(all.length > offset + limit ? { nextOffset: offset + limit } : {}) };
}

/** Hops by the id of every resource that is near enough. */
async function findNear(
  db: GraphReader,
  tenantId: string,
  range: Window,
  { resource, hops }: { resource: FoundResource; hops: number },
): Promise<Map<bigint, number>> {
  const callsFrom = floorTo(2 * range.from - range.to, BUCKET);
  const rows = await db.query<{ id: bigint; hops: number }>(
    `with recursive edge as materialized (
       select distinct src_resource_id as src, dst_resource_id as dst from service_call_5m
       where tenant_id = $1 and bucket >= $6::timestamptz and bucket < $3::timestamptz
       union select src_resource_id, dst_resource_id from topo_edge_time
       where tenant_id = $1 and lower(valid) < $3::timestamptz and (upper_inf(valid) or upper(valid) > $2::timestamptz)),
     step as (select src as near, dst as far from edge union all select dst, src from edge),
     walk (id, hops) as (
       select $4::bigint, 0
       union
       select s.far, w.hops + 1 from walk w join step s on s.near = w.id where w.hops < $5::int)
     select id, min(hops) as hops from walk group by id`,
    [tenantId, formatTime(range.from), formatTime(range.to), resource.id, Math.min(hops, MOST_HOPS), formatTime(callsFrom)],
  );
  return new Map(rows.map((row) => [row.id, row.hops]));
}

async function listMoved(
  db: GraphReader,
  tenantId: string,
  range: Window,
  limit: number,
  hops: ReadonlyMap<bigint, number> | undefined,
): Promise<Change[]> {
  const window = { from: floorTo(range.from, BUCKET), to: floorTo(range.to + BUCKET - 1, BUCKET) };
  // What is near is known only afterwards, so more are asked for.
  const { edges } = await listMovedEdges(db, tenantId, {
    ...{ window, baseline: 'before', minCalls: MOVED_CALLS },
    limit: hops ? Math.max(limit, 1000) : limit,
  });
  const ids = await findIds(db, tenantId, [...new Set(edges.flatMap(({ src_urn, dst_urn }) => [src_urn, dst_urn]))]);
  return edges.flatMap(({ src_urn, dst_urn, moved, calls, baseline_calls, ...measures }) => {
    const ends = [src_urn, dst_urn].flatMap((urn) => ids.get(urn) ?? []);
    if (hops && !ends.some((id) => hops.has(id))) return [];
    return {
      ...{ at: formatTime(window.from), kind: 'edge_moved', urns: [src_urn, dst_urn], hops: nearest(ends, hops) },
      text: `Calls from ${src_urn} to ${dst_urn} moved: ${moved.join(', ')}.`,
      details: { moved, calls: Number(calls), baseline_calls: Number(baseline_calls), ...measures },
      provenance: { table: 'service_call_5m', from: formatTime(window.from), to: formatTime(window.to), compared_with: 'right before' },
    } satisfies Change;
  });
}

async function findIds(db: GraphReader, tenantId: string, urns: readonly string[]): Promise<Map<string, bigint>> {
  const rows = await db.query<{ urn: string; id: bigint }>(
    'select urn, resource_id as id from dim_resource where tenant_id = $1 and urn = any($2::text[])',
    [tenantId, urns],
  );
  return new Map(rows.map(({ urn, id }) => [urn, id]));
}

function nearest(ids: readonly bigint[], hops: ReadonlyMap<bigint, number> | undefined): number | null {
  const reached = ids.flatMap((id) => hops?.get(id) ?? []);
  return reached.length === 0 ? null : Math.min(...reached);
}

function describe({ kind, urns, details, provenance }: Omit<Found, 'ids'>): string {
  const [first = 'something', second = 'something'] = urns;
  const edge = `${first} ${details.relation} ${second}`;
  const { source, scope } = provenance;
  if (kind === 'edge_opened') return `${edge} is declared by ${source} ${scope}.`;
  if (kind === 'edge_closed') return `${edge} is no longer declared by ${source} ${scope}.`;
  if (kind === 'edge_changed') return `${edge} has other attributes in ${source} ${scope}.`;
  if (kind === 'event') return `${details.type} from ${source}${details.subject ? ` about ${details.subject}` : ''}.`;
  return `A new pattern in ${urns.join(', ') || 'the logs'}: ${details.template}`;
}

const keyOf = (change: Change): string[] => [change.kind, ...change.urns, change.text];

function compare(left: readonly string[], right: readonly string[]): number {
  const index = left.findIndex((text, place) => text !== right[place]);
  if (index < 0) return 0;
  return (left[index] ?? '') < (right[index] ?? '') ? -1 : 1;
}

const iso = (time: string): string => `to_char(${time} at time zone 'utc', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"')`;

/** Each statement takes tenant, from, to, the ids that are near or null, and how many rows at most. */
const EDGE = `array[s.urn, d.urn] as urns, array[e.src_resource_id, e.dst_resource_id] as ids`;
const CLAIM = `jsonb_build_object('table', 'topo_edge_time', 'source', e.source, 'scope', e.scope, 'recorded_at', ${iso('e.recorded_at')}, 'evidence', e.evidence)
  as provenance`;
const ENDS = `join dim_resource s on s.tenant_id = e.tenant_id and s.resource_id = e.src_resource_id
  join dim_resource d on d.tenant_id = e.tenant_id and d.resource_id = e.dst_resource_id`;
const NEAR = `e.tenant_id = $1 and ($4::bigint[] is null or e.src_resource_id = any($4) or e.dst_resource_id = any($4))`;
const DETAILS = `'relation', e.relation, 'attrs', e.attrs`;

const OPENED = `select lower(e.valid) as at, 'edge_opened' as kind, ${EDGE}, jsonb_build_object(${DETAILS}) as details, ${CLAIM}
  from topo_edge_time e ${ENDS}
  where ${NEAR} and lower(e.valid) >= $2::timestamptz and lower(e.valid) < $3::timestamptz order by 1, s.urn, d.urn limit $5`;

const CLOSED = `select upper(e.valid) as at, 'edge_closed' as kind, ${EDGE}, jsonb_build_object(${DETAILS}) as details, ${CLAIM}
  from topo_edge_time e ${ENDS}
  where ${NEAR} and not upper_inf(e.valid) and upper(e.valid) >= $2::timestamptz and upper(e.valid) < $3::timestamptz
  order by 1, s.urn, d.urn limit $5`;

const CHANGED = `select upper(h.recorded) as at, 'edge_changed' as kind, ${EDGE}, jsonb_build_object(${DETAILS}, 'attrs_before', h.attrs) as details, ${CLAIM}
  from topo_edge_history h join topo_edge_time e on e.tenant_id = h.tenant_id and e.src_resource_id = h.src_resource_id
    and e.dst_resource_id = h.dst_resource_id and e.relation = h.relation and e.source = h.source and e.scope = h.scope and e.valid && h.valid ${ENDS}
  where ${NEAR} and h.tenant_id = $1 and upper(h.recorded) >= $2::timestamptz and upper(h.recorded) < $3::timestamptz and h.attrs <> e.attrs
  order by 1, s.urn, d.urn limit $5`;

// A subject names a resource by URN, name or alias; an event without a subject concerns everything.
const EVENTS = `select v.time as at, 'event' as kind, coalesce(n.urns, '{}') as urns, coalesce(n.ids, '{}') as ids,
    jsonb_build_object('type', v.type, 'subject', v.subject, 'extensions', v.extensions) as details,
    jsonb_build_object('table', 'event_envelope', 'event_id', v.event_id::text, 'source', v.source, 'id', v.id, 'received_at', ${iso('v.received_at')}) as provenance
  from event_envelope v left join lateral (
    select array_agg(r.urn order by r.urn) as urns, array_agg(r.resource_id order by r.urn) as ids from dim_resource r
    where r.tenant_id = $1 and (r.urn = v.subject or lower(r.name) = lower(v.subject)
      or r.resource_id in (select a.resource_id from dim_resource_alias a where a.tenant_id = $1 and a.alias = lower(v.subject)))) n on v.subject is not null
  where v.tenant_id = $1 and v.time >= $2::timestamptz and v.time < $3::timestamptz and ($4::bigint[] is null or v.subject is null or n.ids && $4)
  order by 1, v.event_id limit $5`;

// Each step is a small set of its own: right after a first load the server knows nothing of the tables and would join them row by row.
const PATTERNS = `with fresh as materialized (
    select fingerprint, first_seen, template, severity from log_pattern
    where tenant_id = $1 and alias_of is null and first_seen >= $2::timestamptz and first_seen < $3::timestamptz),
  member as materialized (
    select fingerprint, fingerprint as pattern from fresh
    union all select m.fingerprint, m.alias_of from log_pattern m where m.tenant_id = $1 and m.alias_of in (select fingerprint from fresh)),
  counted as materialized (
    select m.pattern as fingerprint, array_agg(distinct c.resource_id) as ids, sum(c.count_total)::float8 as lines, min(c.sample_ref)::text as locator_id
    from log_pattern_5m c join member m using (fingerprint)
    where c.tenant_id = $1 and c.bucket > $2::timestamptz - interval '5 minutes' and c.bucket < $3::timestamptz group by 1),
  listed as materialized (
    select p.*, coalesce(n.ids, '{}') as ids, n.lines, n.locator_id from fresh p left join counted n using (fingerprint)
    where $4::bigint[] is null or n.ids && $4 order by p.first_seen, p.fingerprint limit $5)
  select first_seen as at, 'pattern_new' as kind, ids,
    array(select r.urn from dim_resource r where r.tenant_id = $1 and r.resource_id = any(l.ids) order by r.urn) as urns,
    jsonb_build_object('fingerprint', fingerprint, 'template', template, 'severity', severity, 'lines', lines) as details,
    jsonb_build_object('table', 'log_pattern', 'fingerprint', fingerprint, 'locator_id', locator_id) as provenance
  from listed l order by 1, fingerprint`;
