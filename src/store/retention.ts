import { type ObserveBridgeError, toObserveBridgeError } from '../core/error.ts';
import { formatTime, type Micros, SECOND, toMicros } from '../core/time.ts';
import type { AggregateTable } from './aggregate-table.ts';
import { type Bind, binder } from './bind.ts';
import type { Db, Tx } from './db.ts';
import { quoteName } from './quote-name.ts';
import { listRules, type RetentionPolicy, type RetentionRule, retentionLock } from './retention-rules.ts';

export interface PruneOptions {
  /** Ages count from here; from the server's clock if absent. */
  readonly now?: Micros;
  /** Counts what would be removed, and removes nothing. */
  readonly dryRun?: boolean;
  /** Ends the pass after the transaction that runs. */
  readonly signal?: AbortSignal;
  /** Only these tables, and those that must be pruned before them; all if absent. */
  readonly tables?: readonly string[];
  /** Tables of aggregations of one's own; those of the schema are known. */
  readonly aggregates?: readonly AggregateTable[];
  /** Called after every transaction with the rows that it removed. */
  readonly onBatch?: (table: string, rows: number) => void;
}

/** What was done with one table: rows removed (or that would be), and the failure that ended it early. */
export interface PrunedTable {
  readonly table: string;
  readonly rows: number;
  readonly batches: number;
  readonly ms: number;
  readonly longest_batch_ms: number;
  readonly error?: ObserveBridgeError;
}

/** What one pass did. It is `complete` when nothing is left that could be removed, and `busy` when it ended because another process prunes. */
export interface PruneReport {
  readonly dry_run: boolean;
  readonly complete: boolean;
  readonly busy: boolean;
  readonly rows: number;
  readonly tables: readonly PrunedTable[];
}

/** Names of the tables that have a retention, in the order of pruning. */
export async function listPrunedTables(db: Db, policy: RetentionPolicy, aggregates: readonly AggregateTable[] = []): Promise<string[]> {
  return (await listRules(db, policy, aggregates, 0)).map((rule) => rule.table);
}

/**
 * Removes what the policy no longer keeps: batch by batch, each in a transaction of its own that waits for nobody, until nothing is left, the
 * budget is used up, the signal fires, or another process is found pruning. A table that fails does not stop the others; its error is in the
 * report. Rejects only when the rules cannot be read.
 */
export async function pruneOnce(db: Db, policy: RetentionPolicy, options: PruneOptions = {}): Promise<PruneReport> {
  const { dryRun = false, signal } = options;
  const [clock] = await db.query<{ now: bigint }>('select (extract(epoch from now()) * 1000000)::bigint as now');
  const rules = await listRules(db, policy, options.aggregates ?? [], options.now ?? Number(clock?.now));
  const deadline = performance.now() + (toMicros(policy.budget) / SECOND) * 1000;
  const wanted = selectRules(rules, options.tables);
  const tables: PrunedTable[] = [];
  const unfinished = new Set<string>();
  let busy = false;
  for (const [index, rule] of wanted.entries()) {
    if (busy || signal?.aborted || rule.after?.some((table) => unfinished.has(table))) {
      unfinished.add(rule.table);
      continue;
    }
    // An equal share of the time that is left, so that one long backlog does not hold up the tables behind it.
    const started = performance.now();
    const share = (deadline - started) / (wanted.length - index);
    const mayGoOn = (): boolean => !signal?.aborted && performance.now() < started + share;
    const done = dryRun ? await countExpired(db, rule) : await removeExpired(db, rule, policy.batch_rows, mayGoOn, options.onBatch);
    busy = done.end === 'busy';
    if (done.end !== 'finished') unfinished.add(rule.table);
    const ms = (figure: number): number => Math.round(figure * 10) / 10;
    tables.push({
      ...{ table: rule.table, rows: done.rows, batches: done.batches, ms: ms(done.ms), longest_batch_ms: ms(done.longest) },
      ...(done.error ? { error: done.error } : {}),
    });
  }
  return {
    dry_run: dryRun,
    complete: unfinished.size === 0,
    busy,
    rows: tables.reduce((total, { rows }) => total + rows, 0),
    tables,
  };
}

function selectRules(rules: readonly RetentionRule[], tables: readonly string[] | undefined): readonly RetentionRule[] {
  if (tables === undefined) return rules;
  const wanted = new Set(tables);
  for (const rule of rules) if (wanted.has(rule.table)) for (const table of rule.after ?? []) wanted.add(table);
  return rules.filter((rule) => wanted.has(rule.table));
}

interface Done {
  readonly rows: number;
  readonly batches: number;
  readonly ms: number;
  readonly longest: number;
  readonly end: 'finished' | 'stopped' | 'busy' | 'failed';
  readonly error?: ObserveBridgeError;
}

async function countExpired(db: Db, rule: RetentionRule): Promise<Done> {
  const started = performance.now();
  const spent = () => performance.now() - started;
  try {
    const params: unknown[] = [];
    const sql = `${candidates(rule, binder(params), firstPlace(rule), null)} select count(*)::float8 as rows from (${chosen(rule, binder(params))}) c`;
    const [row] = await db.query<{ rows: number }>(sql, params);
    return { rows: row?.rows ?? 0, batches: 1, ms: spent(), longest: spent(), end: 'finished' };
  } catch (error) {
    return { rows: 0, batches: 1, ms: spent(), longest: spent(), end: 'failed', error: toObserveBridgeError(error) };
  }
}

async function removeExpired(
  db: Db,
  rule: RetentionRule,
  batchRows: number,
  mayGoOn: () => boolean,
  onBatch: PruneOptions['onBatch'],
): Promise<Done> {
  const limit = rule.batchRows ?? batchRows;
  const total = { rows: 0, batches: 0, ms: 0, longest: 0 };
  let place = firstPlace(rule);
  try {
    for (;;) {
      const started = performance.now();
      const batch = await db.transaction((tx) => removeBatch(tx, rule, place, limit));
      const ms = performance.now() - started;
      if (batch === 'busy') return { ...total, end: 'busy' };
      total.rows += batch.removed;
      total.batches++;
      total.ms += ms;
      total.longest = Math.max(total.longest, ms);
      if (batch.removed > 0) onBatch?.(rule.table, batch.removed);
      // Rows that others hold locked can fill a batch; the next pass finds them again.
      const stuck = batch.removed === 0 && isSamePlace(batch.place, place);
      if (batch.seen < limit) return { ...total, end: 'finished' };
      if (stuck || !mayGoOn()) return { ...total, end: 'stopped' };
      place = batch.place;
    }
  } catch (error) {
    return { ...total, end: 'failed', error: toObserveBridgeError(error) };
  }
}

/** Where a walk along the index of a rule has got to. */
interface Place {
  readonly group: readonly string[];
  readonly at: string;
  readonly tie: bigint;
}

const firstPlace = (rule: RetentionRule): Place => ({
  group: (rule.by ?? []).map(() => ''),
  at: '-infinity',
  tie: -(2n ** 63n),
});

const isSamePlace = (a: Place, b: Place): boolean => a.at === b.at && a.tie === b.tie && a.group.join('\0') === b.group.join('\0');

async function removeBatch(
  tx: Tx,
  rule: RetentionRule,
  place: Place,
  limit: number,
): Promise<'busy' | { seen: number; removed: number; place: Place }> {
  // A lost batch is removed by the next pass, so its commit need not wait for the disk.
  const [lock] = await tx.query<{ mine: boolean }>(
    `select set_config('lock_timeout', '2s', true), set_config('statement_timeout', '30s', true), set_config('synchronous_commit', 'off', true),
       pg_try_advisory_xact_lock($1) as mine`,
    [retentionLock],
  );
  if (!lock?.mine) return 'busy';
  const params: unknown[] = [];
  const bind = binder(params);
  const table = quoteName(rule.table);
  const by = rule.by ?? [];
  const order = [...by.map(quoteName), 'at', ...(rule.tie ? ['tie'] : [])];
  const [row] = await tx.query<{ seen: number; removed: number; at: string | null; tie: bigint | null; groups: string[] | null }>(
    `${candidates(rule, bind, place, limit)},
     doomed as (
       select t.ctid as row_id from ${table} t where t.ctid = any(array(${chosen(rule, bind)}))
         and t.${quoteName(rule.column)} < $1::timestamptz and ${rule.where?.(bind) ?? 'true'} for update skip locked
     ),
     gone as (delete from ${table} t where t.ctid = any(array(select row_id from doomed)) returning ${(rule.returning ?? ['1']).join(', ')})
     ${rule.effect ? `, effect as (${rule.effect})` : ''}
     select (select count(*)::int from candidate) as seen, (select count(*)::int from gone) as removed, last.*
     from (select 1) as one left join (
       select at, ${rule.tie ? 'tie' : 'null::bigint as tie'}, array[${by.map(quoteName).join(', ')}]::text[] as groups
       from candidate order by ${order.map((name) => `${name} desc`).join(', ')} limit 1
     ) as last on true`,
    params,
  );
  const next = { group: row?.groups ?? place.group, at: row?.at ?? place.at, tie: row?.tie ?? place.tie };
  return { seen: row?.seen ?? 0, removed: row?.removed ?? 0, place: next };
}

/** SQL that begins a statement: `candidate` holds the expired rows from `place` on, at most `limit`; $1 is the rule's `until`. */
function candidates(rule: RetentionRule, bind: Bind, place: Place, limit: number | null): string {
  const table = quoteName(rule.table);
  const column = quoteName(rule.column);
  const until = `${bind(formatTime(rule.until))}::timestamptz`;
  const at = `${bind(place.at)}::timestamptz`;
  const most = `${bind(limit)}::bigint`;
  const columns = [`t.ctid as row_id`, `t.${column} as at`, ...(rule.tie ? [`t.${rule.tie} as tie`] : [])];
  const carried = (rule.carry ?? []).map((name) => `t.${quoteName(name)}`);
  const where = rule.where?.(bind) ?? 'true';
  const by = (rule.by ?? []).map(quoteName);
  if (by.length === 0) {
    const from = rule.tie ? `(t.${column}, t.${rule.tie}) > (${at}, ${bind(place.tie)}::bigint)` : `t.${column} >= ${at}`;
    return `with candidate as materialized (
      select ${[...columns, ...carried].join(', ')} from ${table} t where ${from} and t.${column} < ${until} and ${where}
      order by t.${column}${rule.tie ? `, t.${rule.tie}` : ''} limit ${most})`;
  }
  const names = (prefix: string): string => by.map((name) => `${prefix}.${name}`).join(', ');
  const first = place.group.map((value) => bind(value)).join(', ');
  // The index has no time of its own before the group, so the walk goes from group to group.
  return `with recursive g as (
      (select ${names('t')} from ${table} t where (${names('t')}) >= (${first}) order by ${names('t')} limit 1)
      union all
      select n.* from g cross join lateral (
        select ${names('t')} from ${table} t where (${names('t')}) > (${names('g')}) order by ${names('t')} limit 1) n
    ), candidate as materialized (
      select ${names('g')}, e.* from g cross join lateral (
        select ${[...columns, ...carried].join(', ')} from ${table} t
        where ${by.map((name) => `t.${name} = g.${name}`).join(' and ')}
          and t.${column} >= case when (${names('g')}) = (${first}) then ${at} else '-infinity' end
          and t.${column} < ${rule.groupUntil ? `least(${until}, ${rule.groupUntil(bind)})` : until} and ${where}
        order by ${by.map((name) => `t.${name}`).join(', ')}, t.${column} limit ${most}) e
      limit ${most})`;
}

const chosen = (rule: RetentionRule, bind: Bind): string => rule.spare?.(bind) ?? 'select row_id from candidate';
