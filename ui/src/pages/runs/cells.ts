import type { RunStatus, WindowState } from '../../api/types.ts';
import { toMs } from '../../text/format.ts';

/** Neighbouring windows of a job and tenant as one cell. */
export interface Cell {
  readonly from: number;
  readonly to: number;
  /** Place and width within what is shown, as shares of it. */
  readonly left: number;
  readonly width: number;
  /** The status that asks most for a look among the windows. */
  readonly status: RunStatus | 'none';
  readonly windows: readonly WindowState[];
}

/** Cells of a job and tenant, in order of time. */
export interface Lane {
  readonly key: string;
  readonly job: string;
  readonly tenantId: string;
  readonly cells: readonly Cell[];
}

const roundWidths = [2, 5, 10, 15, 30, 60, 120, 240, 360, 720, 1440].map((minutes) => minutes * 60_000);

const urgency: readonly (RunStatus | 'none')[] = ['dead', 'running', 'queued', 'canceled', 'skipped', 'none', 'success'];

/** Windows by job and tenant, joined so that no lane has many more than `most` cells between `from` and `to` (ms since 1970). */
export function toLanes(windows: readonly WindowState[], from: number, to: number, most: number): Lane[] {
  const byLane = Map.groupBy(windows, ({ job, tenant_id }) => `${job} ${tenant_id}`);
  return [...byLane].map(([key, list]) => {
    const { job = '', tenant_id: tenantId = '' } = list[0] ?? {};
    return { key, job, tenantId, cells: toCells(list, from, to, most) };
  });
}

function toCells(windows: readonly WindowState[], begin: number, end: number, most: number): Cell[] {
  const [first] = windows;
  if (first === undefined) return [];
  const align = toMs(first.window_to) - toMs(first.window_from);
  const least = align * Math.ceil((end - begin) / align / most);
  const width = least === align ? align : (roundWidths.find((round) => round >= least && round % align === 0) ?? least);
  const runs = windows.filter(({ status }) => status !== null);
  const [firstRun, lastRun] = [runs[0]?.window_from ?? '', runs.at(-1)?.window_from ?? ''];
  // Borders that are multiples of the width stay where they are while the newest windows come in.
  const groups = Map.groupBy(windows, ({ window_from }) => Math.floor(toMs(window_from) / width));
  return [...groups.values()].flatMap((group) => {
    const from = toMs(group[0]?.window_from ?? '');
    const to = toMs(group.at(-1)?.window_to ?? '');
    const left = (Math.max(begin, from) - begin) / (end - begin);
    const right = (Math.min(end, to) - begin) / (end - begin);
    if (right <= left) return [];
    // Windows before the first run and after the newest one are no gaps.
    const within = group.filter(({ window_from }) => window_from >= firstRun && window_from <= lastRun);
    return [{ from, to, left, width: right - left, status: worst(within.map(({ status }) => status ?? 'none')), windows: group }];
  });
}

function worst(statuses: readonly (RunStatus | 'none')[]): RunStatus | 'none' {
  return urgency.find((status) => statuses.includes(status)) ?? 'none';
}

/** How many windows of a cell have each status, in words. */
export function describeCell({ windows }: Cell): string {
  const [only] = windows;
  if (windows.length === 1 && only !== undefined) {
    const { status, attempt, error_code } = only;
    if (status === null) return 'no run';
    return [status, attempt !== null && attempt > 1 && `attempt ${attempt}`, error_code].filter(Boolean).join(', ');
  }
  const groups = Map.groupBy(windows, ({ status }) => status ?? 'without a run');
  return `${windows.length} windows: ${[...groups].map(([status, list]) => `${list.length} ${status}`).join(', ')}`;
}
