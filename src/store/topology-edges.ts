import type { DeclaredEdge } from '../core/observation.ts';
import { formatTime, type Micros } from '../core/time.ts';
import type { Tx } from './db.ts';
import { toResourceId } from './topology-resources.ts';
import type { ScopeKey } from './topology-scope.ts';

/** Edges by what becomes of them; `open` counts those that were open before. */
export interface EdgeDiff {
  readonly shown: number;
  readonly open: number;
  readonly opened: number;
  readonly closed: number;
  readonly changed: number;
}

const sameEdge = (a: string, b: string): string =>
  `${a}.src_resource_id = ${b}.src_resource_id and ${a}.dst_resource_id = ${b}.dst_resource_id and ${a}.relation = ${b}.relation`;
const ofScope = (table: string): string => `${table}.tenant_id = $1 and ${table}.source = $2 and ${table}.scope = $3`;
const keyOf = ({ tenantId, source, scope }: ScopeKey): string[] => [tenantId, source, scope];

/** Puts the edges of an observation into a temporary table of this transaction, each once, and returns their number. */
export async function stageEdges(tx: Tx, tenantId: string, edges: readonly DeclaredEdge[]): Promise<number> {
  await tx.script(
    `create temp table if not exists topo_stage (src_resource_id bigint, dst_resource_id bigint, relation text, attrs jsonb, evidence jsonb, since timestamptz)
       on commit delete rows;
     create temp table if not exists topo_diff (old_row tid, src_resource_id bigint, dst_resource_id bigint, relation text, action text,
       old_valid tstzrange, new_valid tstzrange, attrs jsonb, evidence jsonb, misses int, missed_at timestamptz) on commit delete rows;
     delete from topo_stage; delete from topo_diff`,
  );
  const rows = await tx.copy(
    'topo_stage',
    ['src_resource_id', 'dst_resource_id', 'relation', 'attrs', 'evidence', 'since'],
    toStageRows(tenantId, edges),
  );
  await tx.query('analyze topo_stage (src_resource_id, dst_resource_id, relation)');
  return rows;
}

function* toStageRows(tenantId: string, edges: readonly DeclaredEdge[]): Iterable<readonly unknown[]> {
  const ids = new Map<string, bigint>();
  const toId = (urn: string): bigint => {
    const known = ids.get(urn) ?? toResourceId(tenantId, urn);
    ids.set(urn, known);
    return known;
  };
  const seen = new Set<string>();
  for (const { src, dst, relation, attrs = {}, evidence, since } of edges) {
    const key = `${src} ${dst} ${relation}`;
    if (seen.has(key)) continue;
    seen.add(key);
    const declaredSince = since === undefined ? null : formatTime(since);
    yield [toId(src), toId(dst), relation, JSON.stringify(attrs), JSON.stringify(evidence), declaredSince];
  }
}

/**
 * Compares the staged edges with the open ones of the scope, for a document of time `at` that is the newest. New edges begin when the document
 * says they did, but not before `knownUntil`, when the scope was last known not to have them. An edge closes when it was missed `misses` times.
 */
export async function diffNewest(
  tx: Tx,
  key: ScopeKey,
  shown: number,
  { at, knownUntil, misses }: { at: Micros; knownUntil: Micros | undefined; misses: number },
): Promise<EdgeDiff> {
  await tx.query(
    `insert into topo_diff
     select e.old_row, coalesce(s.src_resource_id, e.src_resource_id), coalesce(s.dst_resource_id, e.dst_resource_id), coalesce(s.relation, e.relation),
       case when e.valid is null then 'open' when s.relation is not null then
           case when (e.attrs, e.evidence) is distinct from (s.attrs, s.evidence) then 'change' else 'seen' end
         when e.misses + 1 >= $6 then 'close' else 'miss' end,
       e.valid,
       case when e.valid is null then tstzrange(case when s.since < $4 and (s.since > $5 or $5 is null) then s.since else $4 end, null)
         when s.relation is not null or e.misses + 1 < $6 then e.valid
         when lower(e.valid) < coalesce(e.missed_at, $4) then tstzrange(lower(e.valid), coalesce(e.missed_at, $4)) end,
       coalesce(s.attrs, e.attrs), coalesce(s.evidence, e.evidence),
       case when s.relation is null then e.misses + 1 else 0 end, case when s.relation is null then coalesce(e.missed_at, $4) end
     from (select e.*, e.ctid as old_row from topo_edge_time e where ${ofScope('e')} and upper_inf(valid)) e full join topo_stage s on ${sameEdge('s', 'e')}
     where e.valid is null or s.relation is null or e.misses > 0 or (e.attrs, e.evidence) is distinct from (s.attrs, s.evidence)`,
    [...keyOf(key), formatTime(at), knownUntil === undefined ? null : formatTime(knownUntil), misses],
  );
  await tx.query('analyze topo_diff (src_resource_id, dst_resource_id, relation, action)');
  const [counts] = await tx.query<{ opened: number; closed: number; changed: number; missed: number }>(
    `select count(*) filter (where action = 'open')::int as opened, count(*) filter (where action = 'close')::int as closed,
       count(*) filter (where action = 'change')::int as changed, count(*) filter (where action = 'miss')::int as missed from topo_diff`,
  );
  const { opened = 0, closed = 0, changed = 0, missed = 0 } = counts ?? {};
  if (opened > 0) await joinPrior(tx, key);
  return { shown, open: shown - opened + closed + missed, opened, closed, changed };
}

/** An edge that was closed at the very moment at which it opens was never closed: its range goes on. */
async function joinPrior(tx: Tx, key: ScopeKey): Promise<void> {
  await tx.query(
    `update topo_diff d set old_row = case when upper(p.valid) >= lower(d.new_valid) then p.old_row end,
       old_valid = case when upper(p.valid) >= lower(d.new_valid) then p.valid end,
       new_valid = tstzrange(case when upper(p.valid) >= lower(d.new_valid) then lower(p.valid) else lower(d.new_valid) end, null)
     from (select o.src_resource_id, o.dst_resource_id, o.relation, e.valid, e.old_row from topo_diff o cross join lateral (
             select e.valid, e.ctid as old_row from topo_edge_time e where ${ofScope('e')} and ${sameEdge('e', 'o')} order by e.valid desc limit 1) e
           where o.action = 'open') p
     where d.action = 'open' and ${sameEdge('d', 'p')}`,
    keyOf(key),
  );
}

/**
 * Compares the staged edges with what is believed about `[from, to)`, for a document that is older than others. It fills what was not known then;
 * `cut` also takes out what it does not show. Nothing is said about the time from `to` on.
 */
export async function diffPast(
  tx: Tx,
  key: ScopeKey,
  shown: number,
  { from, to, cut }: { from: Micros; to: Micros; cut: boolean },
): Promise<EdgeDiff> {
  const params = [...keyOf(key), formatTime(from), formatTime(to)];
  const interval = 'tstzrange($4, $5)';
  await tx.query(
    `insert into topo_diff (old_row, src_resource_id, dst_resource_id, relation, action, old_valid, new_valid, attrs, evidence)
     with touched as (
       select e.*, e.ctid as old_row, row_number() over (partition by e.src_resource_id, e.dst_resource_id, e.relation order by e.valid) as place
       from topo_stage s join topo_edge_time e on ${sameEdge('s', 'e')}
       where ${ofScope('e')} and (e.valid && ${interval} or e.valid -|- ${interval})
     ), whole as (
       select src_resource_id, dst_resource_id, relation,
         tstzrange(least($4, min(lower(valid))), case when not bool_or(upper_inf(valid)) then greatest($5, max(upper(valid))) end) as valid,
         (array_agg(attrs order by valid desc) filter (where upper_inf(valid) or upper(valid) > $5))[1] as attrs,
         (array_agg(evidence order by valid desc) filter (where upper_inf(valid) or upper(valid) > $5))[1] as evidence
       from touched group by 1, 2, 3
     )
     select t.old_row, s.src_resource_id, s.dst_resource_id, s.relation,
       case when t.valid is null or (t.place = 1 and t.valid <> w.valid) then 'open' when t.place > 1 then 'join' else 'change' end,
       t.valid, case when t.valid is null then ${interval} when t.place = 1 then w.valid end,
       coalesce(w.attrs, s.attrs), coalesce(w.evidence, s.evidence)
     from topo_stage s left join touched t on ${sameEdge('t', 's')} left join whole w on ${sameEdge('w', 's')}
     where t.valid is null or t.place > 1 or t.valid <> w.valid or (t.attrs, t.evidence) is distinct from (coalesce(w.attrs, s.attrs), coalesce(w.evidence, s.evidence))`,
    params,
  );
  // A range that begins within the interval begins there because a newer document says so.
  const unseen = `from topo_edge_time e where ${ofScope('e')} and e.valid @> $4::timestamptz
    and not exists (select from topo_stage s where ${sameEdge('s', 'e')})`;
  if (cut) {
    await tx.query(
      `insert into topo_diff (old_row, src_resource_id, dst_resource_id, relation, action, old_valid, new_valid, attrs, evidence)
       select e.ctid, e.src_resource_id, e.dst_resource_id, e.relation, 'close', e.valid, case when lower(e.valid) < $4 then tstzrange(lower(e.valid), $4) end,
         e.attrs, e.evidence ${unseen}
       union all
       select null, e.src_resource_id, e.dst_resource_id, e.relation, 'rest', null, tstzrange($5, upper(e.valid)), e.attrs, e.evidence
       ${unseen} and (upper_inf(e.valid) or upper(e.valid) > $5)`,
      params,
    );
  }
  await tx.query('analyze topo_diff (src_resource_id, dst_resource_id, relation, action)');
  const [counts] = await tx.query<{ opened: number; closed: number; changed: number; open: number }>(
    `select count(*) filter (where action = 'open')::int as opened, count(*) filter (where action = 'close')::int as closed,
       count(*) filter (where action = 'change')::int as changed,
       (select count(*)::int from topo_edge_time e where ${ofScope('e')} and e.valid @> $4::timestamptz) as open from topo_diff`,
    params.slice(0, 4),
  );
  const { opened = 0, closed = 0, changed = 0, open = 0 } = counts ?? {};
  return { shown, open, opened, closed, changed };
}

/** Forgets what the diff would close, for an observation that may not. */
export async function dropClosing(tx: Tx): Promise<void> {
  await tx.query(`delete from topo_diff where action in ('close', 'rest', 'miss')`);
}

/**
 * Writes the diff: what is no longer believed goes to the history with the time until which it was. Rows are found by their place in the table,
 * which only the holder of the scope's lock changes: a statement joins them by their keys the slow way when the table has grown a lot.
 */
export async function writeDiff(tx: Tx, key: ScopeKey, recordedAt: Micros): Promise<void> {
  const at = formatTime(recordedAt);
  await tx.query(
    `insert into topo_edge_history (tenant_id, src_resource_id, dst_resource_id, relation, source, scope, valid, recorded_at, attrs, evidence, recorded)
     select e.tenant_id, e.src_resource_id, e.dst_resource_id, e.relation, e.source, e.scope, e.valid, e.recorded_at, e.attrs, e.evidence,
       tstzrange(e.recorded_at, $1)
     from topo_diff d join topo_edge_time e on e.ctid = d.old_row where d.action not in ('seen', 'miss') and e.recorded_at < $1`,
    [at],
  );
  await tx.query(
    `update topo_edge_time e set misses = d.misses, missed_at = d.missed_at from topo_diff d where e.ctid = d.old_row and d.action in ('seen', 'miss')`,
  );
  await tx.query('delete from topo_edge_time e using topo_diff d where e.ctid = d.old_row and d.new_valid is null');
  await tx.query(
    `update topo_edge_time e set valid = d.new_valid, attrs = d.attrs, evidence = d.evidence, recorded_at = $1, misses = 0, missed_at = null
     from topo_diff d where e.ctid = d.old_row and d.new_valid is not null and d.action not in ('seen', 'miss')`,
    [at],
  );
  const [inserted] = await tx.query<{ rows: number }>(
    `with inserted as (
       insert into topo_edge_time (tenant_id, src_resource_id, dst_resource_id, relation, source, scope, valid, recorded_at, attrs, evidence)
       select $1, src_resource_id, dst_resource_id, relation, $2, $3, new_valid, $4, attrs, evidence from topo_diff where old_row is null
       -- In the order of the primary key: a tenth of 100 000 edges' time.
       order by src_resource_id, dst_resource_id
       returning 1
     ) select count(*)::int as rows from inserted`,
    [...keyOf(key), at],
  );
  // Until somebody counts them again, the planner takes the table for as small as it was.
  if ((inserted?.rows ?? 0) > 10_000) await tx.query('analyze topo_edge_time (tenant_id, src_resource_id, dst_resource_id, source, scope)');
}

/** How many edges of the scope are open. */
export async function countOpen(tx: Tx, key: ScopeKey): Promise<number> {
  const [row] = await tx.query<{ edges: number }>(
    `select count(*)::int as edges from topo_edge_time e where ${ofScope('e')} and upper_inf(valid)`,
    keyOf(key),
  );
  return row?.edges ?? 0;
}
