import { MINUTE, parseTime } from '../../src/core/time.ts';
import { createMockSource } from '../../src/sources/mock/mock.ts';
import type { Db } from '../../src/store/db.ts';
import { createPipeline, TENANT } from '../jobs/pipeline.ts';
import { mockConfig } from '../jobs/worlds.ts';

const NOON = parseTime('2026-01-01T12:00:00Z') ?? 0;
/** An id that an orchestrator gave to the dead run. */
export const RUN_ID = '0192f0c0-1111-7222-8333-444455556666';

/** Ten minutes of the generated shop as tenant `shop`, up to noon of 2026-01-01, written by the main job. */
export async function fillShop(db: Db): Promise<void> {
  const { run } = await createPipeline(db, createMockSource(mockConfig(), { now: () => NOON }));
  await run({ from: NOON - 10 * MINUTE, to: NOON });
  await db.query(
    `insert into etl_schedule (job, tenant_id, align, delay, initial_lookback, max_batch) values ('oo-agg', $1, '1 minute', '2 minutes', '1 hour', 60)`,
    [TENANT],
  );
  await db.query(
    `insert into etl_watermark (job, tenant_id, watermark) values ('oo-agg', $1, '2026-01-01 11:58+00')
     on conflict (job, tenant_id) do update set watermark = excluded.watermark`,
    [TENANT],
  );
}

/** Tenant `a` with an hour of runs up to noon of which one of each status has not succeeded, and `b` whose breaker is open. */
export async function fillRuns(db: Db): Promise<void> {
  await db.query(`insert into dim_tenant (tenant_id, name) values ('a', 'Tenant A'), ('b', null)`);
  await db.query(
    `insert into etl_schedule (job, tenant_id, align, delay, initial_lookback, max_batch)
     select 'oo-agg', tenant, '1 minute', '2 minutes', '1 hour', 60 from unnest(array['a', 'b']) as tenant`,
  );
  await db.query(
    `insert into etl_watermark (job, tenant_id, watermark) values ('oo-agg', 'a', '2026-01-01 11:58+00'), ('oo-agg', 'b', '2026-01-01 11:00+00')`,
  );
  await db.query(
    `insert into etl_job_run (job, tenant_id, window_from, window_to, status, attempt, run_after, started_at, finished_at, worker, skip_reason, stats, payload)
     select 'oo-agg', 'a', at, at + interval '1 minute',
       case at when '2026-01-01 11:10+00' then 'dead' when '2026-01-01 11:20+00' then 'queued' when '2026-01-01 11:30+00' then 'skipped' else 'success' end,
       1, at + interval '3 minutes', at + interval '3 minutes 1 second', at + interval '3 minutes 3 seconds', 'w1',
       case at when '2026-01-01 11:30+00' then 'the source has no rows that old' end,
       '{"ms": {"open": 250, "write": 150, "aggregate": 1500}, "rows_read": {"logs": 4000, "spans": 900}, "windows_in_read": 5}', '{}'
     from generate_series(timestamptz '2026-01-01 11:00+00', '2026-01-01 11:57+00', '1 minute') as at`,
  );
  await db.query(
    `update etl_job_run set attempt = 2, error_code = 'OB_READ_TIMEOUT', error_message = 'The source did not answer within 30 s.', run_id = $1::uuid,
       payload = jsonb_build_object('run_ids', jsonb_build_array($1::text), 'origins', jsonb_build_object($1::text, '{"system": "argo", "name": "nightly", "url": "javascript:alert(1)"}'::jsonb))
     where status = 'dead'`,
    [RUN_ID],
  );
  await db.query(
    `insert into etl_job_attempt (job_run_id, attempt, worker, status, started_at, finished_at, error_code, error_message, log)
     select id, n, 'w' || n, 'failed', started_at + n * interval '1 minute', started_at + n * interval '1 minute' + interval '30 seconds', error_code, error_message,
       case n when 1 then '[]' else '[{"at": "2026-01-01T11:15:01.250000Z", "level": "info", "text": "Attempt 2, claimed by worker w2."},
         {"at": "2026-01-01T11:15:31Z", "level": "error", "text": "OB_READ_TIMEOUT (read): The source did not answer within 30 s."}]'::jsonb end
     from etl_job_run, generate_series(1, 2) as n where status = 'dead'`,
  );
  await db.query(`update etl_job_run set started_at = null, finished_at = null, attempt = 0, stats = '{}' where status = 'queued'`);
  await db.query(
    `insert into etl_job_circuit (job, tenant_id, state, failures, reason, opened_at, next_probe_at)
     values ('oo-agg', 'b', 'open', 5, 'The source did not answer.', '2026-01-01 11:05+00', '2026-01-01 12:01+00')`,
  );
}
