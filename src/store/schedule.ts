import { type Micros, SECOND } from '../core/time.ts';
import { priorities } from '../core/trigger.ts';
import type { Tx } from './db.ts';

/** How one job of one tenant is scheduled. */
export interface ScheduleEntry {
  readonly job: string;
  readonly tenantId: string;
  readonly align: Micros;
  readonly delay: Micros;
  /** Lengths of time after the end of a window at which it is read again. */
  readonly settle: readonly Micros[];
  readonly initialLookback: Micros;
  readonly maxBatch: number;
  readonly concurrency: number;
  /** Jobs whose same time must have succeeded first. */
  readonly after: readonly string[];
  readonly catchUp: 'all' | 'last' | 'none';
  readonly maxAge: Micros;
}

/** A job of a tenant. */
export interface Lane {
  readonly job: string;
  readonly tenantId: string;
}

const COLUMNS = ['align', 'delay', 'settle', 'initial_lookback', 'max_batch', 'concurrency', 'after', 'catch_up', 'max_age', 'enabled'];

/** Makes the schedule equal to the entries; what is no longer named is kept but disabled. Returns how many rows changed. */
export async function syncSchedule(tx: Tx, entries: readonly ScheduleEntry[]): Promise<number> {
  await tx.script('create temp table schedule_entry (like etl_schedule including defaults) on commit drop');
  const interval = (time: Micros): string => `${time / SECOND} s`;
  await tx.copy(
    'schedule_entry',
    ['job', 'tenant_id', ...COLUMNS],
    entries.map((entry) => [
      ...[
        entry.job,
        entry.tenantId,
        interval(entry.align),
        interval(entry.delay),
        entry.settle.map(interval),
        interval(entry.initialLookback),
      ],
      ...[entry.maxBatch, entry.concurrency, [...entry.after], entry.catchUp, interval(entry.maxAge), true],
    ]),
  );
  const list = (prefix: string): string => COLUMNS.map((column) => `${prefix}.${column}`).join(', ');
  const changed = await tx.query(
    `insert into etl_schedule as s (job, tenant_id, ${COLUMNS.join(', ')}) select job, tenant_id, ${COLUMNS.join(', ')} from schedule_entry
     on conflict (job, tenant_id) do update set ${COLUMNS.map((column) => `${column} = excluded.${column}`).join(', ')}, next_plan_at = '-infinity'
       where (${list('s')}) is distinct from (${list('excluded')})
     returning 1`,
  );
  const disabled = await tx.query(
    `update etl_schedule s set enabled = false where s.enabled and not exists (select from schedule_entry e where (e.job, e.tenant_id) = (s.job, s.tenant_id)) returning 1`,
  );
  return changed.length + disabled.length;
}

/**
 * The first job of the lane's `after` that has not finished the time of the window, or not well, as SQL over a schedule `s` and a window `w`; null
 * when there is none. A window that is only read again has succeeded before.
 */
const BLOCKING_JOB = `(select d.job from unnest(s.after) as n (job) join etl_schedule d on d.job = n.job and d.tenant_id = s.tenant_id and d.enabled
    left join etl_watermark m on m.job = d.job and m.tenant_id = d.tenant_id
  where m.watermark is null or m.watermark < w.window_to or exists (
    select from etl_job_run u where u.job = d.job and u.tenant_id = d.tenant_id and u.window_from > w.window_from - d.align and u.window_from < w.window_to
      and u.status not in ('success', 'skipped', 'canceled') and u.trigger <> 'settle')
  order by d.job limit 1)`;

/** What one call of `planWindows` did. */
export interface Planned {
  /** Jobs of tenants that were looked at. */
  readonly lanes: number;
  /** Windows that are new in the queue. */
  readonly windows: number;
  /** Ranges that were left out; `intended` when the catch-up policy of the job is to do so. */
  readonly skipped: readonly { job: string; tenant_id: string; reason: string; intended: boolean }[];
}

/** How many batches of one lane wait in the queue at most, so that a long catch-up neither fills the table nor hides new windows. */
const BATCHES_AHEAD = 4;

/**
 * Queues the windows that are due at `now` (ISO; the server's clock if absent) for at most `limit` lanes: by arithmetic from where the lane was
 * planned until, else from its watermark, else from `initial_lookback`. Several schedulers may plan at once; each lane is planned by one.
 */
export async function planWindows(tx: Tx, limit: number, now?: string): Promise<Planned> {
  const rows = await tx.query<PlannedLane>(
    `with clock as materialized (select coalesce($1::timestamptz, now()) as now),
     due as materialized (
       select s.*, clock.now, date_bin(s.align, clock.now - s.delay, 'epoch') as upper
       from clock, etl_schedule s
       where s.enabled and not s.paused and s.next_plan_at <= clock.now
       order by s.next_plan_at limit $2 for update of s skip locked
     ),
     start as materialized (
       select d.*, m.watermark is null as is_new, date_bin(d.align, coalesce(d.planned_until, m.watermark, d.now - d.initial_lookback), 'epoch') as wished,
         greatest(date_bin(d.align, m.low_water_mark + d.align - interval '1 microsecond', 'epoch'),
           case when d.planned_until is not null or m.watermark is not null then
             greatest(date_bin(d.align, d.now - d.max_age, 'epoch'),
               case d.catch_up when 'last' then d.upper - d.align when 'none' then date_bin(d.align, d.now - d.delay - interval '1 minute', 'epoch') end)
           end) as earliest
       from due d left join etl_watermark m using (job, tenant_id)
     ),
     range as materialized (
       select s.*, greatest(s.wished, s.earliest) as first, coalesce(s.wished < s.earliest and s.wished < s.upper, false) as skips
       from start s
     ),
     target as materialized (
       select r.*, greatest(r.first, least(r.upper, r.first + r.align * case when r.upper - r.first <= r.align then 1 else greatest(0, ${BATCHES_AHEAD} * r.max_batch - waiting.windows) end)) as last
       from range r cross join lateral (
         select count(*)::int as windows from (
           select from etl_job_run q where r.upper - r.first > r.align and q.job = r.job and q.tenant_id = r.tenant_id and q.status = 'queued'
             and q.window_from >= r.first - r.align * ${2 * BATCHES_AHEAD} * r.max_batch
           limit ${BATCHES_AHEAD} * r.max_batch) q
       ) waiting
     ),
     queued as (
       insert into etl_job_run (job, tenant_id, window_from, window_to, priority, trigger, run_after, blocked_by)
       select s.job, s.tenant_id, w.window_from, w.window_to, ${priorities.schedule}, 'schedule', s.now, case when s.after <> '{}' then ${BLOCKING_JOB} end
       from target s cross join lateral (
         select g as window_from, g + s.align as window_to from generate_series(s.first, s.last - s.align, s.align) as g
       ) w
       on conflict on constraint ux_job_once do nothing
       returning job, tenant_id
     ),
     planned as (
       update etl_schedule e set planned_until = t.last,
         next_plan_at = case when t.last < t.upper then t.now + interval '1 second' else t.last + t.align + t.delay end,
         skipped = case when t.skips then tstzrange(t.wished, t.first) else e.skipped end,
         skip_reason = case when t.skips then 'catch_up ' || t.catch_up || ', max_age ' || t.max_age else e.skip_reason end
       from target t where (e.job, e.tenant_id) = (t.job, t.tenant_id)
     ),
     begun as (
       insert into etl_watermark (job, tenant_id, watermark) select job, tenant_id, first from target where is_new
       on conflict (job, tenant_id) do update set watermark = excluded.watermark where etl_watermark.watermark is null
     ),
     added as (select job, tenant_id, count(*)::int as windows from queued group by job, tenant_id)
     select t.job, t.tenant_id, coalesce(a.windows, 0) as windows, t.skips, t.planned_until is not null
         and (t.skips or coalesce(a.windows, 0) < round(extract(epoch from t.last - t.first) / extract(epoch from t.align))) as met, t.catch_up
     from target t left join added a using (job, tenant_id)`,
    [now ?? null, limit],
  );
  await advanceWatermarks(
    tx,
    rows.filter((row) => row.met).map((row) => ({ job: row.job, tenantId: row.tenant_id })),
  );
  return {
    lanes: rows.length,
    windows: rows.reduce((total, row) => total + row.windows, 0),
    skipped: rows
      .filter((row) => row.skips)
      .map(({ job, tenant_id, catch_up }) => ({
        ...{ job, tenant_id, reason: `catch_up ${catch_up} or max_age left out missed windows` },
        intended: catch_up !== 'all',
      })),
  };
}

interface PlannedLane {
  readonly job: string;
  readonly tenant_id: string;
  readonly windows: number;
  readonly skips: boolean;
  /** Whether windows were left out, or had run already by other ways. */
  readonly met: boolean;
  readonly catch_up: string;
}

/** Moves the watermark of the lanes to the first planned window that has not ended; windows that are only read again have ended before. */
export async function advanceWatermarks(tx: Tx, lanes: readonly Lane[]): Promise<void> {
  if (lanes.length === 0) return;
  const params = [lanes.map((lane) => lane.job), lanes.map((lane) => lane.tenantId)];
  // The lock comes first, so that the next statement sees what others who moved it have committed.
  await tx.query(
    `select from etl_watermark where (job, tenant_id) in (select * from unnest($1::text[], $2::text[])) order by job, tenant_id for update`,
    params,
  );
  await tx.query(
    `with reached as materialized (
       select m.job, m.tenant_id, coalesce((
         select r.window_from from etl_job_run r where r.job = m.job and r.tenant_id = m.tenant_id and r.window_from >= m.watermark
           and r.window_from < s.planned_until and r.status in ('queued', 'running') and r.trigger <> 'settle'
         order by r.window_from limit 1), s.planned_until) as upto
       from etl_watermark m join etl_schedule s using (job, tenant_id)
       where (m.job, m.tenant_id) in (select * from unnest($1::text[], $2::text[]))
     )
     update etl_watermark m set watermark = r.upto, updated_at = now() from reached r
     where (m.job, m.tenant_id) = (r.job, r.tenant_id) and m.watermark < r.upto`,
    params,
  );
}

/** Lets windows go whose dependencies have succeeded meanwhile, and says of the others what they wait for. Returns how many may go. */
export async function unblockWindows(tx: Tx): Promise<number> {
  const rows = await tx.query<{ free: boolean }>(
    `update etl_job_run r set blocked_by = b.job
     from (
       select w.id, ${BLOCKING_JOB} as job
       from etl_job_run w join etl_watermark reached on reached.job = w.blocked_by and reached.tenant_id = w.tenant_id and reached.watermark >= w.window_to
         join etl_schedule s on s.job = w.job and s.tenant_id = w.tenant_id
       where w.status = 'queued' and w.blocked_by is not null
     ) b
     where b.id = r.id and r.blocked_by is distinct from b.job and r.status = 'queued' returning r.blocked_by is null as free`,
  );
  return rows.filter((row) => row.free).length;
}

/** Queues finished windows whose time to be read again has come, at most `limit`. Returns how many. */
export async function queueSettling(tx: Tx, limit: number, now?: string): Promise<number> {
  const rows = await tx.query(
    `update etl_job_run r set status = 'queued', trigger = 'settle', priority = ${priorities.settle}, run_after = now(), settle_at = null, retries = 0
     where r.id in (select id from etl_job_run where settle_at <= coalesce($1::timestamptz, now()) order by settle_at limit $2 for update skip locked)
       and r.status = 'success' returning 1`,
    [now ?? null, limit],
  );
  return rows.length;
}
