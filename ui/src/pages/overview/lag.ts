import type { JobState } from '../../api/types.ts';
import { toMs } from '../../text/format.ts';

/** How late a job of a tenant is. */
export interface Lag {
  readonly job: string;
  readonly tenantId: string;
  readonly state: 'on time' | 'late' | 'paused' | 'not begun';
  /** Seconds since the end of its oldest window that is not finished; undefined before its first one. */
  readonly seconds: number | undefined;
  /** Seconds that are no lateness: a window is read this long after it ended, and the next one ends one alignment later. */
  readonly allowedSeconds: number;
}

/** Lags of the enabled jobs, the worst first; `asOf` is when the server answered. */
export function toLags(jobs: readonly JobState[], asOf: string): Lag[] {
  return jobs
    .filter(({ enabled }) => enabled)
    .map((job) => toLag(job, asOf))
    .sort((left, right) => toRatio(right) - toRatio(left));
}

function toLag({ job, tenant_id: tenantId, watermark, paused, align_seconds, delay_seconds }: JobState, asOf: string): Lag {
  const allowedSeconds = align_seconds + delay_seconds;
  const seconds = watermark === null ? undefined : Math.max(0, (toMs(asOf) - toMs(watermark)) / 1000 - align_seconds);
  const isLate = seconds !== undefined && seconds > allowedSeconds;
  const state = paused ? 'paused' : seconds === undefined ? 'not begun' : isLate ? 'late' : 'on time';
  return { job, tenantId, state, seconds, allowedSeconds };
}

/** The lag over what is allowed; a paused job comes after all that run. */
export function toRatio({ state, seconds, allowedSeconds }: Lag): number {
  return state === 'paused' ? -1 : (seconds ?? 0) / allowedSeconds;
}
