import { DAY, formatTime, type Micros, SECOND } from '../core/time.ts';
import type { Window } from '../core/window.ts';
import type { Queryable } from './db.ts';
import type { RunStatus } from './run-list.ts';

/** Names a schedule, and its place in lists. */
export type ScheduleKey = readonly [job: string, tenantId: string];

/** What the scheduler does for a job and tenant; times are ISO 8601 UTC. */
export interface ScheduleRow {
  readonly job: string;
  readonly tenant_id: string;
  readonly align_seconds: number;
  readonly delay_seconds: number;
  readonly settle_seconds: number[];
  readonly after: string[];
  readonly catch_up: string;
  readonly enabled: boolean;
  readonly paused: boolean;
  readonly planned_until: string | null;
  /** End of the last contiguous successful window. */
  readonly watermark: string | null;
  readonly low_water_mark: string | null;
  readonly skip_reason: string | null;
}

export interface ScheduleFilter {
  readonly tenants?: readonly string[] | undefined;
  readonly tenantId?: string | undefined;
  readonly job?: string | undefined;
  /** Only those after this one, or that one too with `inclusive`. */
  readonly after?: ScheduleKey | undefined;
  readonly inclusive?: boolean;
  readonly limit: number;
}

/** Schedules in order of job and tenant. */
export function listSchedules(db: Queryable, filter: ScheduleFilter): Promise<ScheduleRow[]> {
  return db.query<ScheduleRow>(
    `select s.job, s.tenant_id, extract(epoch from s.align)::float8 as align_seconds, extract(epoch from s.delay)::float8 as delay_seconds,
       array(select extract(epoch from moment)::float8 from unnest(s.settle) as moment order by 1) as settle_seconds,
       s.after, s.catch_up, s.enabled, s.paused, s.planned_until, w.watermark, w.low_water_mark, s.skip_reason
     from etl_schedule s left join etl_watermark w using (job, tenant_id)
     where ($1::text[] is null or s.tenant_id = any($1::text[])) and ($2::text is null or s.tenant_id = $2) and ($3::text is null or s.job = $3)
       and ($4::text is null or (s.job, s.tenant_id) > ($4, $5::text) or ($6::boolean and (s.job, s.tenant_id) = ($4, $5::text)))
     order by s.job, s.tenant_id limit $7`,
    [
      ...[filter.tenants ?? null, filter.tenantId ?? null, filter.job ?? null, ...(filter.after ?? [null, null])],
      ...[filter.inclusive ?? false, filter.limit],
    ],
  );
}

/** A job and tenant with windows; `align_seconds` is the length of each. */
export type LaneRow = Pick<ScheduleRow, 'job' | 'tenant_id' | 'align_seconds'>;

/**
 * What has a schedule, and what has runs within the range without one, as after runs by command on a database that no scheduler has looked after;
 * in order of job and tenant. The length of the latter's windows is that of their newest run of the range.
 */
export function listLanes(
  db: Queryable,
  { tenants, tenantId, job, after, inclusive, limit }: ScheduleFilter,
  range: Window,
): Promise<LaneRow[]> {
  return db.query<LaneRow>(
    `with recursive seen as (
       (select job, tenant_id from etl_job_run order by job, tenant_id limit 1)
       union all
       select n.job, n.tenant_id from seen cross join lateral (
         select r.job, r.tenant_id from etl_job_run r where (r.job, r.tenant_id) > (seen.job, seen.tenant_id) order by r.job, r.tenant_id limit 1) n
     ),
     lane as (
       select job, tenant_id, align from etl_schedule
       union all
       select l.job, l.tenant_id, newest.align from seen l cross join lateral (
         select r.window_to - r.window_from as align from etl_job_run r
         where r.job = l.job and r.tenant_id = l.tenant_id and r.window_from >= $7::timestamptz and r.window_from < $8::timestamptz
         order by r.window_from desc, r.window_to limit 1) newest
       where not exists (select from etl_schedule s where s.job = l.job and s.tenant_id = l.tenant_id)
     )
     select job, tenant_id, extract(epoch from align)::float8 as align_seconds from lane s
     where ($1::text[] is null or s.tenant_id = any($1::text[])) and ($2::text is null or s.tenant_id = $2) and ($3::text is null or s.job = $3)
       and ($4::text is null or (s.job, s.tenant_id) > ($4, $5::text) or ($6::boolean and (s.job, s.tenant_id) = ($4, $5::text)))
     order by s.job, s.tenant_id limit $9`,
    [
      ...[tenants ?? null, tenantId ?? null, job ?? null, ...(after ?? [null, null]), inclusive ?? false],
      ...[formatTime(range.from), formatTime(range.to), limit],
    ],
  );
}

/** A tenant that the database knows. */
export interface TenantRow {
  readonly tenant_id: string;
  readonly name: string | null;
  readonly created_at: string;
}

/** Tenants in order of their ids, after the given one. */
export function listTenants(
  db: Queryable,
  filter: { tenants?: readonly string[] | undefined; after?: string | undefined; limit: number },
): Promise<TenantRow[]> {
  return db.query<TenantRow>(
    `select tenant_id, name, created_at from dim_tenant
     where ($1::text[] is null or tenant_id = any($1::text[])) and ($2::text is null or tenant_id > $2) order by tenant_id limit $3`,
    [filter.tenants ?? null, filter.after ?? null, filter.limit],
  );
}

/** Whether a tenant has a row. */
export async function hasTenant(db: Queryable, tenantId: string): Promise<boolean> {
  return (await db.query('select from dim_tenant where tenant_id = $1', [tenantId])).length > 0;
}

/** An aligned window of a schedule with the newest outcome of its run; `status` is null when it has none. */
export interface WindowRow {
  readonly job: string;
  readonly tenant_id: string;
  readonly window_from: string;
  readonly window_to: string;
  readonly status: RunStatus | null;
  readonly id: number | null;
  readonly attempt: number | null;
  readonly error_code: string | null;
}

/** Neighbouring windows of one schedule: `from` and `to` are multiples of `align`. */
export interface WindowSpan {
  readonly job: string;
  readonly tenantId: string;
  readonly from: Micros;
  readonly to: Micros;
  readonly align: Micros;
}

/** Every aligned window of the spans, in their order. */
export async function listWindows(db: Queryable, spans: readonly WindowSpan[]): Promise<WindowRow[]> {
  const runs = await db.query<Run>(
    `select s.place::int as place, (date_part('epoch', r.window_from) - date_part('epoch', s.span_from)) / date_part('epoch', s.align) as number,
       r.status, r.id::float8 as id, r.attempt, r.error_code
     from unnest($1::text[], $2::text[], $3::timestamptz[], $4::timestamptz[], $5::interval[])
       with ordinality as s (job, tenant_id, span_from, span_to, align, place)
     join etl_job_run r on r.job = s.job and r.tenant_id = s.tenant_id and r.window_from >= s.span_from and r.window_from < s.span_to
       and r.window_to = r.window_from + s.align`,
    [
      ...[spans.map(({ job }) => job), spans.map(({ tenantId }) => tenantId)],
      ...[spans.map(({ from }) => formatTime(from)), spans.map(({ to }) => formatTime(to))],
      spans.map(({ align }) => `${align / SECOND} seconds`),
    ],
  );
  const bySpan = Map.groupBy(runs, ({ place }) => place);
  // What follows from the spans is not asked of the database: all columns of 10 000 windows took twice its time.
  return spans.flatMap(({ job, tenantId: tenant_id, from, to, align }, index) => {
    const byNumber = new Map((bySpan.get(index + 1) ?? []).map((run) => [run.number, run]));
    const toText = createTimeWriter();
    let window_to = toText(from);
    return Array.from({ length: (to - from) / align }, (_, number): WindowRow => {
      const window_from = window_to;
      window_to = toText(from + (number + 1) * align);
      const { status, id, attempt, error_code } = byNumber.get(number) ?? noRun;
      return { job, tenant_id, window_from, window_to, status, id, attempt, error_code };
    });
  });
}

interface Run extends Pick<WindowRow, 'status' | 'id' | 'attempt' | 'error_code'> {
  /** Of its span, from 1. */
  readonly place: number;
  /** Of its window in the span, from 0; a fraction where it does not begin with one. */
  readonly number: number;
}

const noRun = { status: null, id: null, attempt: null, error_code: null };
const twoDigits = Array.from({ length: 60 }, (_, number) => String(number).padStart(2, '0'));

/** Writes times as `formatTime` does, those of one day after each other in a tenth of its time. */
function createTimeWriter(): (time: Micros) => string {
  let day = Number.NaN;
  let date = '';
  return (time) => {
    const begin = Math.floor(time / DAY) * DAY;
    const seconds = (time - begin) / SECOND;
    if (!Number.isInteger(seconds)) return formatTime(time);
    if (begin !== day) {
      day = begin;
      date = formatTime(begin).slice(0, 11);
    }
    return `${date}${twoDigits[Math.floor(seconds / 3600)]}:${twoDigits[Math.floor(seconds / 60) % 60]}:${twoDigits[seconds % 60]}Z`;
  };
}
