import { DAY, formatTime, HOUR, type Micros, parseTime } from '../core/time.ts';
import { floorTo, type Window } from '../core/window.ts';
import type { Db, Queryable, Tx } from './db.ts';
import { metricSumColumns, metricSums } from './metric-rows.ts';
import { severityRank, severityScale } from './severity-scale.ts';
import { type RolledHours, type RolledTable, sumsOf } from './spans.ts';

const weighted = (percentile: string, weight: string): string =>
  `sum(${percentile} * ${weight}) / nullif(sum(${weight}) filter (where ${percentile} is not null), 0)::float8`;
const worst = `(${severityScale})[max(${severityRank('severity')})]`;

/** Columns and their sums over the rows of an hour, and over the hours of a day. */
const sums: Readonly<
  Record<RolledTable, { readonly columns: string; readonly key: string; readonly byHours: Readonly<Record<RolledHours, string>> }>
> = {
  metric_1m: {
    key: 'resource_id, metric',
    columns: metricSumColumns,
    byHours: { 1: metricSums.ofMinutes, 24: metricSums.ofSums },
  },
  service_call_5m: {
    key: 'src_resource_id, dst_resource_id',
    columns: 'rows, calls, errors, timed_calls, p50_ms, p95_ms, last_bucket, sample_ref',
    byHours: {
      1: `count(*), sum(calls), sum(errors), coalesce(sum(calls) filter (where p95_ms is not null), 0),
        ${weighted('p50_ms', 'calls')}, ${weighted('p95_ms', 'calls')}, max(bucket), max(sample_ref)`,
      24: `sum(rows), sum(calls), sum(errors), sum(timed_calls), ${weighted('p50_ms', 'timed_calls')}, ${weighted('p95_ms', 'timed_calls')},
        max(last_bucket), max(sample_ref)`,
    },
  },
  log_pattern_5m: {
    key: 'resource_id, fingerprint',
    columns: 'count_total, count_error, severity, last_bucket, last_error_bucket',
    byHours: {
      1: `sum(count_total), sum(count_error), ${worst}, max(bucket), max(bucket) filter (where count_error > 0)`,
      24: `sum(count_total), sum(count_error), ${worst}, max(last_bucket), max(last_error_bucket)`,
    },
  },
};

export const rolledTables = Object.keys(sums) as readonly RolledTable[];

/** Takes away the marks of the hours and days that a window touches, in the transaction that changes rows of the table in it. */
export async function unmarkRollUps(tx: Tx, tenantId: string, table: string, window: Window): Promise<void> {
  if (!Object.hasOwn(sums, table)) return;
  await tx.query(
    `delete from rollup_bucket where tenant_id = $1 and table_name = $2 and bucket > $3::timestamptz - interval '1 day' and bucket < $4::timestamptz
       and bucket + hours * interval '1 hour' > $3::timestamptz`,
    [tenantId, table, formatTime(window.from), formatTime(window.to)],
  );
}

/** Days with rows in hours that end by `until` and have no sums, or whose rows have changed since; newest first. */
export async function listUnrolledDays(db: Queryable, tenantId: string, table: RolledTable, until: Micros): Promise<Micros[]> {
  const rows = await db.query<{ day: string }>(
    `select d.day from (select date_trunc('day', bucket) as day from ${table} where tenant_id = $1 order by tenant_id, bucket limit 1) first
     cross join generate_series(first.day, $3::timestamptz - interval '1 hour', interval '1 day') as s (day)
     cross join lateral (select s.day, least(s.day + interval '1 day', $3::timestamptz) as until) d
     where exists (select from ${table} t where t.tenant_id = $1 and t.bucket >= d.day and t.bucket < d.until)
       and (select count(*) from rollup_bucket r where r.tenant_id = $1 and r.table_name = $2 and r.hours = 1 and r.bucket >= d.day and r.bucket < d.until)
         < extract(epoch from d.until - d.day) / 3600
     order by d.day desc`,
    [tenantId, table, formatTime(floorTo(until, HOUR))],
  );
  return rows.flatMap(({ day }) => parseTime(day) ?? []);
}

/** What one transaction summed up. */
export interface RolledDay {
  readonly hours: number;
  /** Written, of hours and of the day. */
  readonly rows: number;
}

/**
 * Sums up those hours of a day that end by `until` and have no sums, and the day once all its hours have them. `lock` waits until nobody writes rows
 * of a window and keeps it so until the transaction ends.
 */
export function rollUpDay(
  db: Db,
  { tenantId, table, day, until }: { readonly tenantId: string; readonly table: RolledTable; readonly day: Micros; readonly until: Micros },
  lock: (tx: Tx, window: Window) => Promise<void>,
): Promise<RolledDay> {
  const { key, columns, byHours } = sums[table];
  const end = Math.min(day + DAY, floorTo(until, HOUR));
  const within = 'tenant_id = $1 and bucket >= $2::timestamptz and bucket < $3::timestamptz';
  return db.transaction(async (tx) => {
    await lock(tx, { from: day, to: end });
    const params = [tenantId, formatTime(day), formatTime(end)];
    const marked = await tx.query<{ hour: string }>(
      `insert into rollup_bucket (tenant_id, table_name, bucket, hours, buckets)
       select $1::text, $4::text, h.hour, 1, (
         select count(distinct bucket) from ${table} where tenant_id = $1 and bucket >= h.hour and bucket < h.hour + interval '1 hour')
       from generate_series($2::timestamptz, $3::timestamptz - interval '1 hour', interval '1 hour') as h (hour)
       on conflict do nothing returning bucket as hour`,
      [...params, table],
    );
    const hours = marked.map(({ hour }) => hour);
    await tx.query(`delete from ${sumsOf(table, 1)} where tenant_id = $1 and bucket = any($2::timestamptz[])`, [tenantId, hours]);
    const rows = await insert(
      tx,
      `insert into ${sumsOf(table, 1)} (tenant_id, bucket, ${key}, ${columns})
       select tenant_id, date_trunc('hour', bucket), ${key}, ${byHours[1]} from ${table}
       where ${within} and date_trunc('hour', bucket) = any($4::timestamptz[]) group by 1, 2, ${key}`,
      [...params, hours],
    );
    const whole = await tx.query(
      `insert into rollup_bucket (tenant_id, table_name, bucket, hours, buckets)
       select tenant_id, table_name, $2::timestamptz, 24, sum(buckets) from rollup_bucket where ${within} and table_name = $4 and hours = 1
       group by tenant_id, table_name having count(*) = 24 on conflict do nothing returning 1`,
      [...params, table],
    );
    if (whole.length === 0) return { hours: hours.length, rows };
    await tx.query(`delete from ${sumsOf(table, 24)} where tenant_id = $1 and bucket = $2::timestamptz`, params.slice(0, 2));
    const rowsOfDay = await insert(
      tx,
      `insert into ${sumsOf(table, 24)} (tenant_id, bucket, ${key}, ${columns})
       select tenant_id, $2::timestamptz, ${key}, ${byHours[24]} from ${sumsOf(table, 1)} where ${within} group by 1, ${key}`,
      params,
    );
    return { hours: hours.length, rows: rows + rowsOfDay };
  });
}

async function insert(tx: Tx, statement: string, params: readonly unknown[]): Promise<number> {
  const [written] = await tx.query<{ rows: number }>(
    `with written as (${statement} returning 1) select count(*)::int as rows from written`,
    params,
  );
  return written?.rows ?? 0;
}
