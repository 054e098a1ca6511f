import { formatTime, MINUTE, parseTime } from '../core/time.ts';
import { floorTo, type Window } from '../core/window.ts';
import type { CallReader } from './call-reader.ts';
import type { FoundResource } from './find-resource.ts';
import type { GraphReader } from './graph-db.ts';
import { findMovedEdges } from './moved-edges.ts';
import { MOST_HOPS } from './neighbours.ts';
import { walkHops } from './walk-hops.ts';

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
export async function listChanges(db: GraphReader, tenantId: string, query: ChangesQuery, calls: CallReader): Promise<Changes> {
  const { range, near, kind, offset, limit } = query;
  const hops = near && (await findNear(db, tenantId, range, near, calls));
  const bounds = [tenantId, formatTime(range.from), formatTime(range.to), hops ? [...hops.keys()] : null, offset + limit + 1];
  const wanted = (...kinds: ChangeKind[]): boolean => kind === undefined || kinds.includes(kind);
  const found: Found[] = [];
  if (wanted('edge_opened')) found.push(...(await db.query<Found>(OPENED, bounds)));
  if (wanted('edge_closed')) found.push(...(await db.query<Found>(CLOSED, bounds)));
  if (wanted('edge_changed')) found.push(...(await db.query<Found>(CHANGED, bounds)));
  if (wanted('event')) found.push(...(await db.query<Found>(EVENTS, bounds)));
  if (wanted('pattern_new')) found.push(...(await db.query<Found>(PATTERNS, bounds)));
  const changes = found.map(({ ids, ...change }): Change => ({ ...change, text: describe(change), hops: nearest(ids, hops) }));
  if (wanted('edge_moved')) changes.push(...(await listMoved(db, tenantId, { range, hops, calls })));
  const all = changes.toSorted((a, b) => (parseTime(a.at) ?? 0) - (parseTime(b.at) ?? 0) || compare(keyOf(a), keyOf(b)));
  return { items: all.slice(offset, offset + limit), ...(all.length > offset + limit ? { nextOffset: offset + limit } : {}) };
}

/** Hops by the id of every resource that is near enough. */
async function findNear(
  db: GraphReader,
  tenantId: string,
  range: Window,
  { resource, hops }: { resource: FoundResource; hops: number },
  calls: CallReader,
): Promise<Map<bigint, number>> {
  const called = { from: floorTo(2 * range.from - range.to, BUCKET), to: range.to };
  const times = [formatTime(range.from), formatTime(range.to)];
  return walkHops(resource.id, Math.min(hops, MOST_HOPS), async (ids) => [
    ...(await calls.listPeers(called, ids)),
    ...(await db.query<{ id: bigint }>(STEP, [tenantId, ...times, ids])),
  ]);
}

async function listMoved(
  db: GraphReader,
  tenantId: string,
  query: {
    readonly range: Window;
    readonly hops: ReadonlyMap<bigint, number> | undefined;
    readonly calls: CallReader;
  },
): Promise<Change[]> {
  const { range, hops, calls } = query;
  const window = { from: floorTo(range.from, BUCKET), to: floorTo(range.to + BUCKET - 1, BUCKET) };
  const moved = { window, baseline: 'before', minCalls: MOVED_CALLS, near: hops && [...hops.keys()] } as const;
  const found = await findMovedEdges(db, tenantId, moved, calls);
  return found.map(({ ids, edge: { src_urn, dst_urn, moved, calls, baseline_calls, ...measures } }) => ({
    ...{ at: formatTime(window.from), kind: 'edge_moved', urns: [src_urn, dst_urn], hops: nearest(ids, hops) },
    text: `Calls from ${src_urn} to ${dst_urn} moved: ${moved.join(', ')}.`,
    details: { moved, calls: Number(calls), baseline_calls: Number(baseline_calls), ...measures },
    provenance: { table: 'service_call_5m', from: formatTime(window.from), to: formatTime(window.to), compared_with: 'right before' },
  }));
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
  where ${NEAR} and lower(e.valid) >= $2::timestamptz and lower(e.valid) < $3::timestamptz order by 1, s.urn collate "C", d.urn collate "C" limit $5`;

const CLOSED = `select upper(e.valid) as at, 'edge_closed' as kind, ${EDGE}, jsonb_build_object(${DETAILS}) as details, ${CLAIM}
  from topo_edge_time e ${ENDS}
  where ${NEAR} and not upper_inf(e.valid) and upper(e.valid) >= $2::timestamptz and upper(e.valid) < $3::timestamptz
  order by 1, s.urn collate "C", d.urn collate "C" limit $5`;

const CHANGED = `select upper(h.recorded) as at, 'edge_changed' as kind, ${EDGE}, jsonb_build_object(${DETAILS}, 'attrs_before', h.attrs) as details, ${CLAIM}
  from topo_edge_history h join topo_edge_time e on e.tenant_id = h.tenant_id and e.src_resource_id = h.src_resource_id
    and e.dst_resource_id = h.dst_resource_id and e.relation = h.relation and e.source = h.source and e.scope = h.scope and e.valid && h.valid ${ENDS}
  where ${NEAR} and h.tenant_id = $1 and upper(h.recorded) >= $2::timestamptz and upper(h.recorded) < $3::timestamptz and h.attrs <> e.attrs
  order by 1, s.urn collate "C", d.urn collate "C" limit $5`;

/** Takes tenant, from, to and ids; gives the ids one hop from those over edges declared in the range. */
const STEP = ['src', 'dst']
  .map(
    (end) => `select ${end === 'src' ? 'dst' : 'src'}_resource_id as id from topo_edge_time
      where tenant_id = $1 and ${end}_resource_id = any($4::bigint[]) and lower(valid) < $3::timestamptz and (upper_inf(valid) or upper(valid) > $2::timestamptz)`,
  )
  .join(' union ');

// A subject names a resource by URN, name or alias; an event without a subject concerns everything. Which names are near is known before the
// events are read, and what a subject means is looked up for those of the page only.
const EVENTS = `with page as materialized (
    select * from event_envelope v
    where tenant_id = $1 and time >= $2::timestamptz and time < $3::timestamptz and ($4::bigint[] is null or subject is null
      or subject in (select urn from dim_resource where tenant_id = $1 and resource_id = any($4))
      or lower(subject) in (select lower(name) from dim_resource where tenant_id = $1 and resource_id = any($4)
        union all select alias from dim_resource_alias where tenant_id = $1 and resource_id = any($4)))
    order by time, event_id limit $5),
  named as materialized (
    select s.subject, n.urns, n.ids from (select distinct subject from page where subject is not null) s cross join lateral (
      select array_agg(r.urn order by r.urn) as urns, array_agg(r.resource_id order by r.urn) as ids from dim_resource r
      where r.tenant_id = $1 and r.resource_id in (
        select u.resource_id from dim_resource u where u.tenant_id = $1 and u.urn = s.subject
        union all select u.resource_id from dim_resource u where u.tenant_id = $1 and lower(u.name) = lower(s.subject)
        union all select a.resource_id from dim_resource_alias a where a.tenant_id = $1 and a.alias = lower(s.subject))) n)
  select v.time as at, 'event' as kind, coalesce(n.urns, '{}') as urns, coalesce(n.ids, '{}') as ids,
    jsonb_build_object('type', v.type, 'subject', v.subject, 'extensions', v.extensions) as details,
    jsonb_build_object('table', 'event_envelope', 'event_id', v.event_id::text, 'source', v.source, 'id', v.id, 'received_at', ${iso('v.received_at')}) as provenance
  from page v left join named n on n.subject = v.subject order by v.time, v.event_id`;

const COUNTED = `c.tenant_id = $1 and c.bucket > $2::timestamptz - interval '5 minutes' and c.bucket < $3::timestamptz`;

// Each step is a small set of its own: right after a first load the server knows nothing of the tables and would join them row by row.
const PATTERNS = `with listed as materialized (
    select fingerprint, first_seen, template, severity from log_pattern p
    where tenant_id = $1 and alias_of is null and first_seen >= $2::timestamptz and first_seen < $3::timestamptz
      and ($4::bigint[] is null or exists (
        select from (select p.fingerprint union all select m.fingerprint from log_pattern m where m.tenant_id = $1 and m.alias_of = p.fingerprint) f
        join log_pattern_5m c using (fingerprint) where c.resource_id = any($4) and ${COUNTED}))
    order by first_seen, fingerprint limit $5),
  member as materialized (
    select fingerprint, fingerprint as pattern from listed
    union all select m.fingerprint, m.alias_of from log_pattern m where m.tenant_id = $1 and m.alias_of in (select fingerprint from listed)),
  counted as materialized (
    select m.pattern as fingerprint, array_agg(distinct c.resource_id) as ids, sum(c.count_total::float8) as lines, min(c.sample_ref)::text as locator_id
    from log_pattern_5m c join member m using (fingerprint) where ${COUNTED} group by 1)
  select first_seen as at, 'pattern_new' as kind, coalesce(ids, '{}') as ids,
    array(select r.urn from dim_resource r where r.tenant_id = $1 and r.resource_id = any(n.ids) order by r.urn) as urns,
    jsonb_build_object('fingerprint', fingerprint, 'template', template, 'severity', severity, 'lines', lines) as details,
    jsonb_build_object('table', 'log_pattern', 'fingerprint', fingerprint, 'locator_id', locator_id) as provenance
  from listed left join counted n using (fingerprint) order by 1, fingerprint`;
