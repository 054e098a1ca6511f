import { formatTime, type Micros } from '../core/time.ts';
import type { Window } from '../core/window.ts';
import type { Queryable } from './db.ts';
import type { Lane } from './schedule.ts';

/** What the last reads of windows recorded, by the beginning of the window; windows without a run are absent. */
export async function listWindowStats<Stats extends object>(
  db: Queryable,
  { job, tenantId }: Lane,
  windows: readonly Window[],
): Promise<Map<Micros, Stats>> {
  const rows = await db.query<{ from: bigint; stats: Stats }>(
    `select (extract(epoch from r.window_from) * 1000000)::bigint as from, r.stats
     from etl_job_run r join unnest($3::timestamptz[], $4::timestamptz[]) as w (window_from, window_to) using (window_from, window_to)
     where r.job = $1 and r.tenant_id = $2`,
    [job, tenantId, windows.map((window) => formatTime(window.from)), windows.map((window) => formatTime(window.to))],
  );
  return new Map(rows.map(({ from, stats }) => [Number(from), stats]));
}
