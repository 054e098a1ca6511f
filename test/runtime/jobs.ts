import { ObserveBridgeError } from '../../src/core/error.ts';
import type { Window } from '../../src/core/window.ts';
import type { Job } from '../../src/jobs/job.ts';

/** A job that reads nothing and writes nothing, and what was asked of it. `fails` gives the error of a batch, if it has one. */
export function createIdleJob(fails: (windows: readonly Window[], signal: AbortSignal) => ObserveBridgeError | undefined | Promise<never>) {
  const prepared: Window[][] = [];
  const job: Job = {
    name: 'oo-agg',
    async prepare(windows, signal) {
      prepared.push([...windows]);
      const error = await fails(windows, signal);
      if (error) throw error;
      return { write: async () => ({ rows: {}, changed: 0, stats: windows.map(() => ({})) }) };
    },
  };
  return { job, prepared };
}

export const corrupt = (name: string): ObserveBridgeError =>
  new ObserveBridgeError('OB_SOURCE_OBJECT_CORRUPT', 'read', `The object ${name} is damaged.`);
