import { formatTime, type Micros } from '../core/time.ts';
import type { Tx } from './db.ts';
import type { Lane } from './schedule.ts';

/** Whether a window of the lane that ends later than `to` has succeeded with these statistics among its own, even if it runs again now. */
export async function hasLaterWindow(tx: Tx, { job, tenantId }: Lane, to: Micros, stats: object): Promise<boolean> {
  const rows = await tx.query(
    `select from (
       select window_to from etl_job_run where tenant_id = $1 and job = $2 and stats @> $4::jsonb order by window_from desc, window_to desc limit 1
     ) newest where window_to > $3`,
    [tenantId, job, formatTime(to), JSON.stringify(stats)],
  );
  return rows.length > 0;
}
