import type { Run } from '../../api/types.ts';
import { count, formatMs, toMs } from '../../text/format.ts';

/** How long a run or an attempt took, and of how many windows that is the time; undefined before it ends. */
export function describeTook({ started_at, finished_at, stats }: Pick<Run, 'started_at' | 'finished_at' | 'stats'>): string | undefined {
  if (started_at === null || finished_at === null) return undefined;
  const took = formatMs(Math.max(0, toMs(finished_at) - toMs(started_at)));
  // What a window that had nothing new took is not what its read took, whose statistics it keeps.
  const windows = stats.confirmed === true ? 1 : toWindowsInRead(stats);
  return windows === 1 ? took : `${took} for ${count(windows, 'window')}`;
}

/** Windows that were read in one go with this one, itself among them. */
export const toWindowsInRead = ({ windows_in_read }: Run['stats']): number => (typeof windows_in_read === 'number' ? windows_in_read : 1);
