import { ObserveBridgeError } from '../core/error.ts';
import type { Job } from './job.ts';
import { createOoAggJob, type OoAggDeps } from './oo-agg/oo-agg.ts';

/** Everything a job of one tenant may need. */
export type JobDeps = OoAggDeps;

const jobs: Readonly<Record<string, (deps: JobDeps) => Job>> = {
  'oo-agg': createOoAggJob,
};

/** Creates a job by its name. Throws `OB_JOB_UNKNOWN` for a job that this version cannot run. */
export function createJob(name: string, deps: JobDeps): Job {
  const create = jobs[name];
  if (!create)
    throw new ObserveBridgeError(
      'OB_JOB_UNKNOWN',
      'usage',
      `This version cannot run the job ${name}; it can run ${Object.keys(jobs).join(', ')}.`,
    );
  return create(deps);
}
