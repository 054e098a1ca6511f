import type { Queryable } from './db.ts';

/** How late a job of a tenant is: seconds since the end of its oldest window that is not finished. */
export interface LagRow {
  readonly job: string;
  readonly tenant_id: string;
  readonly lag_seconds: number;
  /** An operator has stopped the schedule. */
  readonly paused: boolean;
}

/** Lags of all schedules that the configuration names. Without a watermark the oldest planned window counts; without that there is no row. */
export function listLags(db: Queryable): Promise<LagRow[]> {
  return db.query<LagRow>(
    `select job, tenant_id, paused, greatest(0, extract(epoch from now() - (first_open + align)))::float8 as lag_seconds
     from (select s.job, s.tenant_id, s.paused, s.align, coalesce(w.watermark,
         (select r.window_from from etl_job_run r where r.job = s.job and r.tenant_id = s.tenant_id and r.trigger = 'schedule'
          order by r.window_from limit 1)) as first_open
       from etl_schedule s left join etl_watermark w using (job, tenant_id) where s.enabled) as open_windows
     where first_open is not null order by job, tenant_id`,
  );
}

/** Runs that have not ended, by job and status; a scheduled job without any has zeros. */
export function listQueueDepths(db: Queryable): Promise<{ job: string; status: string; runs: number }[]> {
  // Three counts, because each of them is answered from an index of its own.
  return db.query(
    `select job, status, sum(runs)::float8 as runs from (
       select job, 'queued' as status, count(*) as runs from etl_job_run where status = 'queued' and blocked_by is null group by job
       union all select job, 'queued', count(*) from etl_job_run where status = 'queued' and blocked_by is not null group by job
       union all select job, 'running', count(*) from etl_job_run where status = 'running' group by job
       union all select distinct job, 'queued', 0 from etl_schedule where enabled
       union all select distinct job, 'running', 0 from etl_schedule where enabled) as depths
     group by job, status order by job, status`,
  );
}

/** The circuit breaker of a job and tenant; times are ISO 8601 UTC. */
export interface CircuitRow {
  readonly job: string;
  readonly tenant_id: string;
  readonly state: 'closed' | 'half_open' | 'open';
  readonly failures: number;
  readonly opened_at: string | null;
  readonly next_probe_at: string | null;
  readonly probe_by: string | null;
  readonly reason: string | null;
  readonly updated_at: string;
}

/** Circuits in order of job and tenant, after the given one. */
export function listCircuits(
  db: Queryable,
  options: { tenants?: readonly string[] | undefined; after?: readonly [string, string] | undefined; limit?: number } = {},
): Promise<CircuitRow[]> {
  return db.query<CircuitRow>(
    `select job, tenant_id, state, failures, opened_at, next_probe_at, probe_by, reason, updated_at from etl_job_circuit
     where ($1::text[] is null or tenant_id = any($1::text[])) and ($2::text is null or (job, tenant_id) > ($2, $3::text))
     order by job, tenant_id limit $4`,
    [options.tenants ?? null, ...(options.after ?? [null, null]), options.limit ?? null],
  );
}

/** Sizes of the tables of this schema with their indexes, in bytes. */
export function listTableSizes(db: Queryable): Promise<{ table: string; bytes: number }[]> {
  return db.query(
    `select c.relname as "table", pg_total_relation_size(c.oid)::float8 as bytes from pg_class c
     where c.relkind in ('r', 'p') and c.relnamespace = current_schema()::regnamespace order by c.relname`,
  );
}

/** Resolves when the database answers. */
export async function ping(db: Queryable): Promise<void> {
  await db.query('select 1');
}
