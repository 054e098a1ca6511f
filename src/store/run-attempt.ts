import type { LogLine } from '../core/run-log.ts';
import type { Tx } from './db.ts';

/** The logs of attempts by the id of their run. */
export type RunLogs = ReadonlyMap<bigint, readonly LogLine[]>;

/** A line of a log as JSON, written by the database; `text` is an expression. */
const toLine = (level: LogLine['level'], text: string): string =>
  `jsonb_build_object('at', to_char(now() at time zone 'utc', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"'), 'level', '${level}', 'text', ${text})`;

/** The statement that begins attempts; `runs` is a table of runs with their `id`, `attempt` and `worker`. The claim is the first line of the log. */
export const beginAttempts = (runs: string): string =>
  `insert into etl_job_attempt (job_run_id, attempt, worker, status, started_at, log)
   select id, attempt, worker, 'running', now(), jsonb_build_array(${toLine('info', `'Attempt ' || attempt || ', claimed by worker ' || worker || '.'`)})
   from ${runs}`;

/** How attempts end without success. */
export interface AttemptEnd {
  readonly status: 'failed' | 'canceled' | 'lost';
  readonly error?: { readonly code: string; readonly message: string };
  /** Lines that the worker wrote. */
  readonly logs?: RunLogs;
  /** A line for those whose worker can no longer write one. */
  readonly note?: string;
}

/** Ends the running attempts of the runs. */
export async function endAttempts(tx: Tx, ids: readonly bigint[], { status, error, logs, note }: AttemptEnd): Promise<void> {
  await tx.query(
    `update etl_job_attempt a set status = $3, finished_at = now(), error_code = $4, error_message = $5,
       log = a.log || e.log::jsonb || case when $6::text is null then '[]' else jsonb_build_array(${toLine('warn', '$6::text')}) end
     from unnest($1::bigint[], $2::text[]) as e (id, log) where a.job_run_id = e.id and a.status = 'running'`,
    [ids, toTexts(ids, logs), status, error?.code ?? null, error?.message ?? null, note ?? null],
  );
}

/** Ends the running attempts of the runs well, with what each of them read, wrote and took, in the order of the ids. */
export async function succeedAttempts(tx: Tx, ids: readonly bigint[], stats: readonly string[], logs?: RunLogs): Promise<void> {
  await tx.query(
    `update etl_job_attempt a set status = 'success', finished_at = now(), stats = e.stats::jsonb, log = a.log || e.log::jsonb
     from unnest($1::bigint[], $2::text[], $3::text[]) as e (id, stats, log) where a.job_run_id = e.id and a.status = 'running'`,
    [ids, stats, toTexts(ids, logs)],
  );
}

function toTexts(ids: readonly bigint[], logs: RunLogs | undefined): string[] {
  return ids.map((id) => JSON.stringify(logs?.get(id) ?? []));
}
