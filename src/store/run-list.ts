import type { LogLine } from '../core/run-log.ts';
import { formatTime, type Micros } from '../core/time.ts';
import type { Origin } from '../core/trigger.ts';
import type { Window } from '../core/window.ts';
import type { Queryable } from './db.ts';

/** What a run can be; `queued` and `running` are the ones that have not ended. */
export const runStatuses = ['queued', 'running', 'success', 'dead', 'canceled', 'skipped'] as const;
export type RunStatus = (typeof runStatuses)[number];

/** A run as lists show it; times are ISO 8601 UTC. */
export interface RunRow {
  readonly id: number;
  readonly job: string;
  readonly tenant_id: string;
  readonly window_from: string;
  readonly window_to: string;
  readonly status: RunStatus;
  readonly attempt: number;
  readonly retries: number;
  readonly priority: number;
  readonly trigger: string;
  readonly run_after: string;
  readonly blocked_by: string | null;
  readonly worker: string | null;
  readonly lease_until: string | null;
  readonly heartbeat_at: string | null;
  readonly started_at: string | null;
  readonly finished_at: string | null;
  readonly settle_at: string | null;
  readonly cancel_requested: boolean;
  readonly error_code: string | null;
  readonly error_message: string | null;
  readonly skip_reason: string | null;
  /** 0 to 1. */
  readonly progress: number | null;
  readonly run_id: string | null;
  /** Every id that ever touched the run, oldest first. */
  readonly run_ids: string[];
  readonly origins: Readonly<Record<string, Origin>>;
  readonly stats: Readonly<Record<string, unknown>>;
}

/** One try of a run. */
export interface AttemptRow {
  readonly attempt: number;
  readonly worker: string | null;
  readonly status: string;
  readonly started_at: string;
  readonly finished_at: string | null;
  readonly error_code: string | null;
  readonly error_message: string | null;
  readonly stats: Readonly<Record<string, unknown>>;
  /** Oldest line first; while the attempt runs, only the line of its claim. */
  readonly log: LogLine[];
}

/** Attempts of a run that are shown: the newest ones. */
export const MOST_ATTEMPTS = 50;

/** Which runs; what is absent does not restrict. `from` and `to` bound the beginning of the window, `to` not included. */
export interface RunFilter {
  /** The only tenants the reader may see. */
  readonly tenants?: readonly string[] | undefined;
  readonly tenantId?: string | undefined;
  readonly job?: string | undefined;
  readonly status?: RunStatus | undefined;
  /** Canonical UUID that touched the run at any time. */
  readonly runId?: string | undefined;
  readonly from?: Micros | undefined;
  readonly to?: Micros | undefined;
  readonly limit: number;
  /** `nextCursor` of the page before. */
  readonly cursor?: string | undefined;
}

/** A part of a list; `nextCursor` is there when there is more. */
export interface Page<Row> {
  readonly items: Row[];
  readonly nextCursor?: string;
}

/** Text that a cursor of `listRuns` has: µs of the window's beginning and the id of the last run. */
export const runCursorPattern = '^-?\\d{1,16}_\\d{1,18}$';

const columns = `r.id::float8 as id, r.job, r.tenant_id, r.window_from, r.window_to, r.status, r.attempt, r.retries, r.priority, r.trigger, r.run_after,
  r.blocked_by, r.worker, r.lease_until, r.heartbeat_at, r.started_at, r.finished_at, r.settle_at, r.cancel_requested, r.error_code, r.error_message,
  r.skip_reason, r.progress, r.run_id, coalesce(r.payload->'run_ids', '[]') as run_ids, coalesce(r.payload->'origins', '{}') as origins, r.stats`;

/** Runs, newest window first. */
export async function listRuns(db: Queryable, filter: RunFilter): Promise<Page<RunRow>> {
  const params: unknown[] = [];
  const conditions: string[] = [];
  const where = (toCondition: (placeholder: string) => string, value: unknown): void => {
    if (value === undefined) return;
    params.push(value);
    conditions.push(toCondition(`$${params.length}`));
  };
  where((value) => `r.tenant_id = any(${value}::text[])`, filter.tenants);
  where((value) => `r.tenant_id = ${value}`, filter.tenantId);
  where((value) => `r.job = ${value}`, filter.job);
  where((value) => `r.status = ${value}`, filter.status);
  where((value) => `(r.run_id = ${value}::uuid or (r.payload <> '{}' and r.payload->'run_ids' ? ${value}::text))`, filter.runId);
  where((value) => `r.window_from >= ${value}::timestamptz`, filter.from === undefined ? undefined : formatTime(filter.from));
  where((value) => `r.window_from < ${value}::timestamptz`, filter.to === undefined ? undefined : formatTime(filter.to));
  if (filter.cursor !== undefined) {
    const [micros, id] = filter.cursor.split('_');
    params.push(formatTime(Number(micros)), id);
    conditions.push(`(r.window_from, r.id) < ($${params.length - 1}::timestamptz, $${params.length}::bigint)`);
  }
  params.push(filter.limit + 1);
  const rows = await db.query<RunRow & { cursor: string }>(
    `select ${columns}, (extract(epoch from r.window_from) * 1000000)::bigint || '_' || r.id as cursor from etl_job_run r
     ${conditions.length > 0 ? `where ${conditions.join(' and ')}` : ''} order by r.window_from desc, r.id desc limit $${params.length}`,
    params,
  );
  const items = rows.slice(0, filter.limit);
  const last = items.at(-1);
  return {
    items: items.map(({ cursor: _, ...run }) => run),
    ...(rows.length > filter.limit && last ? { nextCursor: last.cursor } : {}),
  };
}

/** One run with its newest attempts, oldest first; undefined when there is none that the reader may see. */
export async function getRun(
  db: Queryable,
  id: bigint,
  tenants?: readonly string[],
): Promise<(RunRow & { readonly attempts: AttemptRow[] }) | undefined> {
  const [run] = await db.query<RunRow>(
    `select ${columns} from etl_job_run r where r.id = $1::bigint and ($2::text[] is null or r.tenant_id = any($2::text[]))`,
    [id, tenants ?? null],
  );
  if (run === undefined) return undefined;
  const attempts = await db.query<AttemptRow>(
    `select attempt, worker, status, started_at, finished_at, error_code, error_message, stats, log
     from etl_job_attempt where job_run_id = $1::bigint order by attempt desc limit $2`,
    [id, MOST_ATTEMPTS],
  );
  return { ...run, attempts: attempts.reverse() };
}

/** The runs of all windows within a range of one job and tenant, in order of time. */
export function listWindowRuns(
  db: Queryable,
  job: string,
  tenantId: string,
  range: Window,
): Promise<Pick<RunRow, 'id' | 'window_from' | 'window_to' | 'status' | 'run_after'>[]> {
  return db.query(
    `select id::float8 as id, window_from, window_to, status, run_after from etl_job_run
     where job = $1 and tenant_id = $2 and window_from >= $3::timestamptz and window_to <= $4::timestamptz order by window_from`,
    [job, tenantId, formatTime(range.from), formatTime(range.to)],
  );
}
