import { formatTime } from '../core/time.ts';
import type { Window } from '../core/window.ts';
import type { BatchOutcome } from '../runtime/execute.ts';

interface WindowStats {
  readonly rows_read?: Readonly<Record<string, number>>;
  readonly rows_rejected?: Readonly<Record<string, number>>;
  readonly rows_removed?: Readonly<Record<string, number>>;
  readonly confirmed?: boolean;
  readonly ms?: Readonly<Record<string, number>>;
}

/** One line per window for a person: what was read, and at the end what the batch wrote and how long it took; or why it failed. */
export function toOutcomeLines(tenantId: string, { windows, rows, stats, error }: BatchOutcome): string[] {
  if (error) return [`${tenantId} ${at(windows[0])} failed: ${error.message} ${error.remedy} (${error.code})`];
  const lines = windows.map((window, index) => `${tenantId} ${at(window)}  ${describe((stats[index] ?? {}) as WindowStats)}`);
  const written = Object.entries(rows).map(([table, count]) => `${table} ${count}`);
  if (written.length === 0) return lines;
  const { ms = {} } = (stats[0] ?? {}) as WindowStats;
  const total = Object.values(ms).reduce((sum, part) => sum + part, 0);
  return [...lines.slice(0, -1), `${lines.at(-1)} → ${written.join(', ')} in ${total} ms`];
}

function describe({ rows_read = {}, rows_rejected = {}, rows_removed = {}, confirmed }: WindowStats): string {
  if (confirmed) return 'nothing new';
  const list = (counts: Readonly<Record<string, number>>): string =>
    Object.entries(counts)
      .map(([name, count]) => `${count} ${name.replaceAll('_', ' ')}`)
      .join(', ');
  if (list(rows_removed)) return `removed: ${list(rows_removed)}`;
  return `${list(rows_read) || 'no rows'}${list(rows_rejected) && ` (rejected: ${list(rows_rejected)})`}`;
}

function at(window: Window | undefined): string {
  return formatTime(window?.from ?? 0)
    .slice(0, 16)
    .replace('T', ' ');
}
