import type { Job } from '../jobs/job.ts';
import type { Lane } from '../store/schedule.ts';

/**
 * Finds the job of a lane: one that was opened for the same settings, else a new one. A job that cannot be opened is not kept, so that the next
 * look opens it again.
 */
export function keepJobs<Settings>(
  open: (lane: Lane, settings: Settings) => Promise<Job>,
): (lane: Lane, settings: Settings) => Promise<Job> {
  const kept = new Map<string, { settings: Settings; job: Promise<Job> }>();
  return (lane, settings) => {
    const key = `${lane.job} ${lane.tenantId}`;
    const known = kept.get(key);
    if (known !== undefined && known.settings === settings) return known.job;
    const job = open(lane, settings);
    job.catch(() => kept.delete(key));
    kept.set(key, { settings, job });
    return job;
  };
}
