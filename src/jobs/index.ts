import { ObserveBridgeError } from '../core/error.ts';
import { type AgeRefreshDeps, createAgeRefreshJob } from './age-refresh/age-refresh.ts';
import type { Job } from './job.ts';
import { createOoAggJob, type OoAggDeps } from './oo-agg/oo-agg.ts';
import { createPruneJob, type PruneDeps } from './prune/prune.ts';
import { createRollUpJob, type RollUpDeps } from './roll-up/roll-up.ts';
import { createTopologyJob, type TopologyJobDeps } from './topology/topology.ts';

/** Everything a job of one tenant may need. */
export type JobDeps = OoAggDeps & AgeRefreshDeps & RollUpDeps & TopologyJobDeps;

/** Jobs that run for every tenant, and those that the installation runs for itself. */
export const tenantJobs = ['oo-agg', 'age-refresh', 'roll-up', 'topo-iac', 'topo-ansible'] as const;
export const installationJobs = ['prune'] as const;

const jobs: Readonly<Record<string, (deps: JobDeps) => Job>> = {
  'oo-agg': createOoAggJob,
  'age-refresh': createAgeRefreshJob,
  'roll-up': createRollUpJob,
  'topo-iac': (deps) => createTopologyJob('topo-iac', deps),
  'topo-ansible': (deps) => createTopologyJob('topo-ansible', deps),
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

/** Everything a job of the installation itself may need. */
export type InstallationJobDeps = PruneDeps;

const ownJobs: Readonly<Record<string, (deps: InstallationJobDeps) => Job>> = {
  prune: createPruneJob,
};

/** Creates a job that the installation runs for itself. Throws `OB_JOB_UNKNOWN` for a job that it does not have. */
export function createInstallationJob(name: string, deps: InstallationJobDeps): Job {
  const create = ownJobs[name];
  if (!create)
    throw new ObserveBridgeError(
      'OB_JOB_UNKNOWN',
      'usage',
      `The installation cannot run the job ${name} for itself; it can run ${Object.keys(ownJobs).join(', ')}.`,
    );
  return create(deps);
}
