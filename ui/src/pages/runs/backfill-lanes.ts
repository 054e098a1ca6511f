import type { JobState, WindowState } from '../../api/types.ts';
import { toMs } from '../../text/format.ts';

/** A job of a tenant that can be filled. */
export interface BackfillLane {
  readonly job: string;
  readonly tenantId: string;
  readonly alignMs: number;
  readonly delayMs: number;
  /** Whether a scheduler looks after it; without one its windows wait until one runs. */
  readonly isScheduled: boolean;
}

/** What has a schedule, and what has windows without one; in order of job and tenant. */
export function toBackfillLanes(jobs: readonly JobState[], windows: readonly WindowState[]): BackfillLane[] {
  const lanes = new Map<string, BackfillLane>();
  for (const { job, tenant_id: tenantId, align_seconds, delay_seconds } of jobs) {
    lanes.set(`${job} ${tenantId}`, { job, tenantId, alignMs: align_seconds * 1000, delayMs: delay_seconds * 1000, isScheduled: true });
  }
  for (const { job, tenant_id: tenantId, window_from, window_to } of windows) {
    const key = `${job} ${tenantId}`;
    if (lanes.has(key)) continue;
    lanes.set(key, { job, tenantId, alignMs: toMs(window_to) - toMs(window_from), delayMs: 0, isScheduled: false });
  }
  return [...lanes.values()].sort((left, right) => left.job.localeCompare(right.job) || left.tenantId.localeCompare(right.tenantId));
}
