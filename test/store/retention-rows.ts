import { formatTime, HOUR, parseTime } from '../../src/core/time.ts';
import type { Db } from '../../src/store/db.ts';
import type { RetentionPolicy } from '../../src/store/retention-rules.ts';

/** The defaults, with small batches. */
export const policy: RetentionPolicy = {
  ...{ runs: '30d', failed_runs: '90d', keep_runs: 1, attempts: '14d', triggers: '90d', backfills: '90d', partials: '14d' },
  ...{ aggregates: '400d', reconciliation: '90d', events: '90d', batch_rows: 7, budget: '60s' },
};
/** The time that ages count from. */
export const now = parseTime('2026-06-01') ?? 0;
export const daysAgo = (days: number): string => formatTime(now - days * 24 * HOUR);

export interface RunRow {
  readonly job?: string;
  readonly tenant?: string;
  readonly at: string;
  readonly status?: string;
  /** When it finished; at the end of its window if absent. */
  readonly finished?: string | null;
  readonly settle?: string;
}

/** One-minute windows, each begun at `at`. */
export async function addRuns(db: Db, rows: readonly RunRow[]): Promise<void> {
  await db.query(
    `insert into etl_job_run (job, tenant_id, window_from, window_to, status, finished_at, settle_at, skip_reason)
     select job, tenant_id, at, at + interval '1 minute', status, finished, settle, case when status = 'skipped' then 'asked for' end
     from unnest($1::text[], $2::text[], $3::timestamptz[], $4::text[], $5::timestamptz[], $6::timestamptz[]) as r (job, tenant_id, at, status, finished, settle)`,
    [
      ...[rows.map((row) => row.job ?? 'oo-agg'), rows.map((row) => row.tenant ?? 'a'), rows.map((row) => row.at)],
      ...[rows.map((row) => row.status ?? 'success'), rows.map((row) => (row.finished === undefined ? row.at : row.finished))],
      rows.map((row) => row.settle ?? null),
    ],
  );
}

/** A few expired and a few kept rows of every table. */
export async function fillEverything(db: Db): Promise<void> {
  await addRuns(
    db,
    Array.from({ length: 40 }, (_, index) => ({
      at: daysAgo(100 - index * 2),
      tenant: index % 2 ? 'a' : 'b',
      job: index % 3 ? 'oo-agg' : 'age-refresh',
    })),
  );
  await addRuns(db, [
    { at: daysAgo(95), status: 'dead', tenant: 'c' },
    { at: daysAgo(85), status: 'dead', tenant: 'c' },
    { at: daysAgo(84), status: 'skipped', tenant: 'c' },
  ]);
  await db.query(
    `insert into etl_job_attempt (job_run_id, attempt, status, started_at, finished_at) select id, 1, 'success', finished_at, finished_at from etl_job_run`,
  );
  await db.query(
    `insert into etl_trigger (run_id, trigger, job, tenant_id, outcome, received_at)
     select '00000000-0000-7000-8000-000000000000', 'cli', 'oo-agg', 'a', 'accepted', $1::timestamptz - day * interval '1 day' from generate_series(80, 99) as day`,
    [formatTime(now)],
  );
  await db.query(
    `insert into event_envelope (tenant_id, source, id, type, time, received_at)
     select 'a', 's', day::text, 't', now(), $1::timestamptz - day * interval '1 day' from generate_series(80, 99) as day`,
    [formatTime(now)],
  );
  for (const tenant of ['a', 'b']) {
    const params = [tenant, formatTime(now)];
    const times = `(select $2::timestamptz - hour * interval '1 hour' as at, hour from generate_series($3::int, $4::int) as hour) as h`;
    await db.query(
      `insert into metric_1m (tenant_id, bucket, resource_id, metric, kind, samples, series, sample_ref) select $1, at, 1, 'm', 'gauge', 1, 1, hour from ${times}`,
      [...params, 399 * 24, 401 * 24],
    );
    await db.query(
      `insert into oo_locator (tenant_id, locator_id, aggregation, bucket, organization, stream, stream_type, window_from, window_to, query)
       select $1, hour, 'metric_1m', at, 'o', 's', 'metrics', at, at, 'q' from ${times}`,
      [...params, 399 * 24, 401 * 24],
    );
    await db.query(
      `insert into aggregation_partial_1m (tenant_id, aggregation, bucket, row_count, rows) select $1, 'log_pattern_5m', at, 1, '' from ${times}`,
      [...params, 13 * 24, 16 * 24],
    );
    await db.query(
      `insert into etl_reconciliation (tenant_id, job, signal, window_from, rows_read, aggregated) select $1, 'oo-agg', 'logs', at, 1, 1 from ${times}`,
      [...params, 89 * 24, 91 * 24],
    );
    await db.query(
      `insert into log_pattern (tenant_id, fingerprint, template, first_seen, last_seen) select $1, hour::text, 't', at, at from ${times}`,
      [...params, 399 * 24, 401 * 24],
    );
    await db.query(
      `insert into topo_edge_time (tenant_id, src_resource_id, dst_resource_id, relation, source, scope, valid, recorded_at)
       select $1, hour, 2, 'DEPENDS_ON', 'terraform', 's', tstzrange(at, case when hour % 2 = 0 then at + interval '1 minute' end), at from ${times}`,
      [...params, 399 * 24, 401 * 24],
    );
    await db.query(
      `insert into topo_edge_history (tenant_id, src_resource_id, dst_resource_id, relation, source, scope, valid, recorded_at, recorded)
       select $1, hour, 2, 'DEPENDS_ON', 'terraform', 's', tstzrange(at, null), at, tstzrange(at, at + interval '1 minute') from ${times}`,
      [...params, 399 * 24, 401 * 24],
    );
  }
  await db.query(
    `insert into etl_backfill (tenant_id, job, window_from, window_to, mode, status, finished_at)
     select 'a', 'x' || day, now() - interval '1 hour', now(), 'none', 'success', $1::timestamptz - day * interval '1 day' from generate_series(88, 92) as day`,
    [formatTime(now)],
  );
  await db.query(
    `insert into etl_backfill_window (backfill_id, tenant_id, window_from, window_to) select backfill_id, tenant_id, window_from, window_to from etl_backfill`,
  );
}
