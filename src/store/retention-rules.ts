import { hash64 } from '../core/hash.ts';
import { formatTime, HOUR, type Micros, toMicros } from '../core/time.ts';
import { floorTo } from '../core/window.ts';
import type { AggregateTable } from './aggregate-table.ts';
import type { Bind } from './bind.ts';
import type { Queryable } from './db.ts';

/** How long each kind of record is kept, and how much one pass may do; ages and `budget` are lengths of time such as `30d`. */
export interface RetentionPolicy {
  readonly runs: string;
  readonly failed_runs: string;
  readonly keep_runs: number;
  readonly attempts: string;
  readonly triggers: string;
  readonly backfills: string;
  readonly partials: string;
  readonly aggregates: string;
  readonly reconciliation: string;
  readonly events: string;
  readonly batch_rows: number;
  readonly budget: string;
}

/**
 * Which rows of a table are removed: those whose `column` lies before `until`. The row is `t` in SQL; `bind` gives placeholders. An index must
 * begin with `by`, `column` and `tie`, because a pass walks along it once.
 */
export interface RetentionRule {
  readonly table: string;
  readonly column: string;
  /** Rows whose time is not before this stay. */
  readonly until: Micros;
  /** Text columns that stand before `column` in the index. */
  readonly by?: readonly string[];
  /** A bigint column behind `column` in the index. Needed where `spare` may keep more rows of one time than a batch holds. */
  readonly tie?: string;
  /** What must hold besides the age. */
  readonly where?: (bind: Bind) => string;
  /** An earlier limit than `until` for one group, as SQL over `g` with the columns of `by`; null for none. */
  readonly groupUntil?: (bind: Bind) => string;
  /** Further columns that `spare` needs. */
  readonly carry?: readonly string[];
  /** SQL of the `row_id` that go, from `candidate` (the columns of `by` and `carry`); all if absent. */
  readonly spare?: (bind: Bind) => string;
  /** What is done with the removed rows in their transaction: SQL over `gone`, which has the columns that `returning` names. */
  readonly returning?: readonly string[];
  readonly effect?: string;
  /** Tables that must be without expired rows first. */
  readonly after?: readonly string[];
  /** Rows of one transaction, where they bring others with them. */
  readonly batchRows?: number;
}

/** The aggregate tables of the schema, before them the sums of their hours and days, and the column that says which bucket a row is of. */
const builtIn = [
  { table: 'metric_1d', column: 'bucket' },
  { table: 'metric_1h', column: 'bucket' },
  { table: 'service_call_1d', column: 'bucket' },
  { table: 'service_call_1h', column: 'bucket' },
  { table: 'log_pattern_1d', column: 'bucket' },
  { table: 'log_pattern_1h', column: 'bucket' },
  { table: 'metric_1m', column: 'bucket' },
  { table: 'service_call_5m', column: 'bucket' },
  { table: 'log_pattern_5m', column: 'bucket' },
];

/** Names the lock that one pruning process holds during a batch. */
export const retentionLock = hash64('retention');

const raiseLowWaterMark = (select: string): string => `insert into etl_watermark as w (job, tenant_id, low_water_mark) ${select}
  on conflict (job, tenant_id) do update set low_water_mark = excluded.low_water_mark, updated_at = now()
    where w.low_water_mark is null or w.low_water_mark < excluded.low_water_mark`;

/** The rules at `now`, in the order in which they must run: what points to something goes before it. */
export async function listRules(
  db: Queryable,
  policy: RetentionPolicy,
  aggregates: readonly AggregateTable[],
  now: Micros,
): Promise<RetentionRule[]> {
  const before = (age: string): Micros => now - toMicros(age);
  const aggregatesUntil = floorTo(before(policy.aggregates), HOUR);
  const tables = [...builtIn, ...aggregates.flatMap(toAgedTable)].filter(
    ({ table }, index, all) => all.findIndex((other) => other.table === table) === index,
  );
  const present = await db.query<{ name: string }>(
    'select name from unnest($1::text[]) as t (name) where to_regclass(quote_ident(name)) is not null',
    [tables.map(({ table }) => table)],
  );
  const aged = tables.filter(({ table }) => present.some(({ name }) => name === table));
  return [
    { table: 'rollup_bucket', column: 'bucket', until: aggregatesUntil, by: ['tenant_id', 'table_name'] },
    ...aged.map(({ table, column }) => ({ table, column, until: aggregatesUntil, by: ['tenant_id'] })),
    {
      table: 'oo_locator',
      column: 'bucket',
      until: aggregatesUntil,
      by: ['tenant_id', 'aggregation'],
      where: (bind) => `t.aggregation = any(${bind(aged.map(({ table }) => table))}::text[])`,
      after: aged.map(({ table }) => table),
    },
    {
      table: 'log_pattern',
      column: 'last_seen',
      until: aggregatesUntil,
      by: ['tenant_id'],
      // The template that absorbed it stays the same only as long as all that it absorbed are there.
      where: () =>
        `not exists (select from log_pattern g where g.tenant_id = t.tenant_id and g.fingerprint = t.alias_of and g.last_seen >= $1::timestamptz)`,
    },
    // What was true or believed only before that; what is still true stays, however old.
    {
      table: 'topo_edge_time',
      column: 'recorded_at',
      until: aggregatesUntil,
      where: () => 'not upper_inf(t.valid) and upper(t.valid) < $1::timestamptz',
    },
    { table: 'topo_edge_history', column: 'recorded_at', until: aggregatesUntil, where: () => 'upper(t.recorded) < $1::timestamptz' },
    await toPartialRule(db, floorTo(before(policy.partials), HOUR)),
    { table: 'etl_reconciliation', column: 'window_from', until: before(policy.reconciliation), by: ['tenant_id', 'job'] },
    {
      table: 'etl_job_attempt',
      column: 'started_at',
      until: before(policy.attempts),
      where: () =>
        `t.finished_at < $1::timestamptz and not exists (select from etl_job_run r where r.id = t.job_run_id and r.status = 'running')`,
    },
    toRunRule(before(policy.runs), before(policy.failed_runs), policy.keep_runs),
    { table: 'etl_trigger', column: 'received_at', until: before(policy.triggers) },
    { table: 'etl_backfill', column: 'finished_at', until: before(policy.backfills), batchRows: 1 },
    { table: 'event_envelope', column: 'received_at', until: before(policy.events) },
  ];
}

function toAgedTable({ name, columns }: AggregateTable): { table: string; column: string }[] {
  const bucket = columns.find((column) => column.key && column.type === 'timestamp');
  return bucket ? [{ table: name, column: bucket.name }] : [];
}

/**
 * Finished runs, except: the newest success and the newest `keep` windows of each job and tenant; what is not behind the watermark of a job
 * that is scheduled; what will be read again, belongs to a backfill that goes on, or is awaited by a blocked window. Removing a run raises the
 * low-water mark beyond its window, so that nothing runs it again by itself.
 */
function toRunRule(success: Micros, others: Micros, keep: number): RetentionRule {
  return {
    table: 'etl_job_run',
    column: 'finished_at',
    tie: 'id',
    until: Math.max(success, others),
    carry: ['job', 'tenant_id', 'window_from', 'window_to'],
    where: (bind) => `t.status in ('success', 'dead', 'canceled', 'skipped') and t.settle_at is null
      and t.finished_at < case when t.status = 'success' then ${bind(formatTime(success))}::timestamptz else ${bind(formatTime(others))}::timestamptz end`,
    spare: (bind) => `select c.row_id from candidate c join (
        select p.job, p.tenant_id,
          (select k.window_from from etl_job_run k where k.job = p.job and k.tenant_id = p.tenant_id
            order by k.window_from desc offset ${bind(keep - 1)}::int limit 1) as kept_from,
          (select k.id from etl_job_run k where k.job = p.job and k.tenant_id = p.tenant_id and k.status = 'success'
            order by k.window_from desc, k.window_to desc limit 1) as newest_success,
          coalesce((select coalesce(w.watermark, '-infinity') from etl_schedule s left join etl_watermark w using (job, tenant_id)
            where s.job = p.job and s.tenant_id = p.tenant_id and s.enabled), 'infinity') as planned_from
        from (select distinct job, tenant_id from candidate) p
        offset 0
      ) p using (job, tenant_id)
      where c.window_from < p.kept_from and c.window_to <= p.planned_from and c.tie is distinct from p.newest_success
        and not exists (select from etl_backfill b where b.job = c.job and b.tenant_id = c.tenant_id and b.status in ('running', 'paused')
          and c.window_from >= b.window_from and c.window_from < b.window_to)
        and not exists (select from etl_job_run b where b.tenant_id = c.tenant_id and b.status = 'queued' and b.blocked_by is not null
          and b.window_to > c.window_from and b.window_from < c.window_to and b.blocked_by = c.job)`,
    returning: ['job', 'tenant_id', 'window_to'],
    effect: raiseLowWaterMark('select job, tenant_id, max(window_to) from gone group by job, tenant_id order by job, tenant_id'),
  };
}

/**
 * One-minute partials, by whole hours. A wider row cannot be repaired without them: those of windows that will still be read stay, and windows
 * before the oldest kept hour are not run again by themselves.
 */
async function toPartialRule(db: Queryable, until: Micros): Promise<RetentionRule> {
  // Each part is answered from an index of its own; the rows are few, because work that waits longer than partials are kept is rare.
  const awaited = await db.query<{ tenant_id: string; kept_from: string }>(
    `select tenant_id, date_trunc('hour', min(window_from)) as kept_from from (
       select tenant_id, window_from from etl_job_run where job = 'oo-agg' and status = 'queued' and blocked_by is null
       union all select tenant_id, window_from from etl_job_run where job = 'oo-agg' and status = 'queued' and blocked_by is not null
       union all select tenant_id, window_from from etl_job_run where job = 'oo-agg' and status = 'running'
       union all select tenant_id, window_from from etl_job_run where job = 'oo-agg' and settle_at is not null
       union all select tenant_id, window_from from etl_backfill where job = 'oo-agg' and status in ('running', 'paused')
       union all select tenant_id, planned_until from etl_schedule where job = 'oo-agg' and enabled
     ) as live where window_from < $1::timestamptz group by tenant_id`,
    [formatTime(until)],
  );
  return {
    table: 'aggregation_partial_1m',
    column: 'bucket',
    until,
    by: ['tenant_id', 'aggregation'],
    groupUntil: (bind) => `(select a.kept_from from unnest(${bind(awaited.map((row) => row.tenant_id))}::text[],
      ${bind(awaited.map((row) => row.kept_from))}::timestamptz[]) as a (tenant_id, kept_from) where a.tenant_id = g.tenant_id)`,
    returning: ['tenant_id', 'bucket'],
    effect: raiseLowWaterMark(
      `select 'oo-agg', tenant_id, date_trunc('hour', max(bucket)) + interval '1 hour' from gone group by tenant_id order by tenant_id`,
    ),
  };
}
