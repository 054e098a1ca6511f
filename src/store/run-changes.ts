import type { Queryable } from './db.ts';
import type { RunStatus } from './run-list.ts';

/** A run as it stands; times are ISO 8601 UTC. */
export interface RunState {
  readonly id: number;
  readonly job: string;
  readonly tenant_id: string;
  readonly window_from: string;
  readonly window_to: string;
  readonly status: RunStatus;
  readonly attempt: number;
  /** 0 to 1. */
  readonly progress: number | null;
  readonly error_code: string | null;
}

/** Runs that may have changed and that one look gives at most, of each sort. */
const MOST = 1000;

/** The greatest id of a run there is, 0 without runs. */
export async function findNewestRunId(db: Queryable): Promise<number> {
  const [row] = await db.query<{ id: number }>('select coalesce(max(id), 0)::float8 as id from etl_job_run');
  return row?.id ?? 0;
}

/** Runs that run, that ended in the last minute, that are newer than an id, and those of the given ids; the newest thousand of each. */
export function listRunStates(db: Queryable, newerThan: number, ids: readonly number[]): Promise<RunState[]> {
  const columns = 'id, job, tenant_id, window_from, window_to, status, attempt, progress, error_code';
  return db.query(
    `select id::float8 as id, job, tenant_id, window_from, window_to, status, attempt, progress, error_code from (
       (select ${columns} from etl_job_run where status = 'running' order by id desc limit ${MOST})
       union (select ${columns} from etl_job_run where status in ('success', 'dead', 'canceled', 'skipped') and finished_at > now() - interval '1 minute'
         order by finished_at desc, id desc limit ${MOST})
       union (select ${columns} from etl_job_run where id > $1 order by id desc limit ${MOST})
       union (select ${columns} from etl_job_run where id = any($2::bigint[]))) r
     order by id`,
    [newerThan, ids],
  );
}
