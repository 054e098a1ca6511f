import type { Aggregation } from '../../aggregate/catalog.ts';
import type { Session } from '../../aggregate/session.ts';
import { during } from '../../aggregate/stage.ts';
import { type Signal, signals } from '../../core/signal.ts';
import { MINUTE } from '../../core/time.ts';
import { floorTo, type Window } from '../../core/window.ts';

/** Rows that the result of a window depends on, by signal. */
export type ReachCounts = Readonly<Partial<Record<Signal, number>>>;

/** The event-time range of a signal that the aggregations need for a window. */
export function reachOf(aggregations: readonly Aggregation[], signal: Signal, window: Window): Window {
  const readers = aggregations.filter((aggregation) => aggregation.contract.reads === signal);
  const longest = (key: 'lookback' | 'lookahead'): number => Math.max(0, ...readers.map((aggregation) => aggregation[key]));
  return { from: window.from - longest('lookback'), to: window.to + longest('lookahead') };
}

/** Rows by signal and minute that are counted elsewhere. */
export type CountedElsewhere = ReadonlyMap<Signal, ReadonlyMap<number, number>>;

/**
 * Counts what each window depends on, over the whole minutes of its reach, so that a window has the same count whether it is read alone or with
 * others. Signals that nobody reads are left out.
 */
export async function countReach(
  session: Session,
  relations: Readonly<Record<Signal, string>>,
  aggregations: readonly Aggregation[],
  windows: readonly Window[],
  elsewhere: CountedElsewhere = new Map(),
): Promise<ReachCounts[]> {
  const counts: Partial<Record<Signal, number>>[] = windows.map(() => ({}));
  const all = { from: windows[0]?.from ?? 0, to: windows.at(-1)?.to ?? 0 };
  for (const signal of signals) {
    if (!aggregations.some(({ contract }) => contract.reads === signal)) continue;
    const rows = await session.rows<{ minute: number; rows: bigint }>(
      `select (timestamp // ${MINUTE})::integer as minute, count(*) as rows from (${relations[signal]}) where ${during(reachOf(aggregations, signal, all))} group by 1`,
    );
    const found = [...rows.map(({ minute, rows: inMinute }) => [minute, Number(inMinute)] as const), ...(elsewhere.get(signal) ?? [])];
    windows.forEach((window, index) => {
      const reach = reachOf(aggregations, signal, window);
      const [first, last] = [Math.ceil(reach.from / MINUTE), floorTo(reach.to, MINUTE) / MINUTE];
      const inside = found.filter(([minute]) => minute >= first && minute < last);
      const counted = counts[index];
      if (counted) counted[signal] = inside.reduce((total, [, inMinute]) => total + inMinute, 0);
    });
  }
  return counts;
}
