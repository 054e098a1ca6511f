import type { Db, Tx } from '../store/db.ts';
import { reapRuns } from '../store/run-queue.ts';
import { type Planned, planWindows, queueSettling, type ScheduleEntry, syncSchedule, unblockWindows } from '../store/schedule.ts';
import type { Wake } from './wake.ts';

export interface SchedulerDeps {
  readonly db: Db;
  readonly maxAttempts: number;
  readonly wake: Wake;
  /** What there is to schedule now; the same array as before when nothing has changed. */
  listEntries(): Promise<readonly ScheduleEntry[]>;
  /** Queues what running backfills may run next; returns how many windows. */
  advanceBackfills(tx: Tx): Promise<number>;
  /** Told what a tick did, when it did anything. */
  onTick?(tick: Tick): void;
  onError?(error: unknown): void;
}

/** What one tick did, in windows. */
export interface Tick {
  readonly planned: number;
  readonly unblocked: number;
  readonly settling: number;
  readonly backfilled: number;
  readonly reaped: number;
  readonly skipped: Planned['skipped'];
  /** Whether more is due already; the next tick should follow at once. */
  readonly more: boolean;
}

const TICK_MS = 1_000;
const PAUSE_AFTER_ERROR_MS = 2_000;
/** How often it is looked whether there are other entries. */
const LIST_MS = 5_000;
const LANES_PER_PLAN = 5_000;
/** Expired leases and dependencies do not wait longer than this for planning. */
const PLAN_MS = 400;
const SETTLING_PER_TICK = 5_000;

/** A scheduler; several may run against one database. */
export interface Scheduler {
  /** Does once everything that is due. */
  tick(): Promise<Tick>;
}

/** Decides what is due: it queues windows and lets others run them. All of its decisions go by the database's clock. */
export function createScheduler(deps: SchedulerDeps): Scheduler {
  const { db } = deps;
  let entries: readonly ScheduleEntry[] | undefined;
  let listedAt = Number.NEGATIVE_INFINITY;
  return {
    async tick() {
      if (performance.now() - listedAt >= LIST_MS) {
        const listed = await deps.listEntries();
        if (listed !== entries) await db.transaction((tx) => syncSchedule(tx, listed));
        entries = listed;
        listedAt = performance.now();
      }
      const reaped = await db.transaction((tx) => reapRuns(tx, deps.maxAttempts));
      let planned = 0;
      const skipped: Planned['skipped'][number][] = [];
      const began = performance.now();
      let more = true;
      while (more && performance.now() - began < PLAN_MS) {
        const plan = await db.transaction((tx) => planWindows(tx, LANES_PER_PLAN));
        planned += plan.windows;
        skipped.push(...plan.skipped);
        more = plan.lanes === LANES_PER_PLAN;
      }
      const unblocked = await db.transaction(unblockWindows);
      const settling = await db.transaction((tx) => queueSettling(tx, SETTLING_PER_TICK));
      const backfilled = await db.transaction(deps.advanceBackfills);
      return { planned, unblocked, settling, backfilled, reaped, skipped, more };
    },
  };
}

/** Ticks every second, and when woken, until the signal fires. A tick that fails is told and tried again. */
export async function runScheduler(deps: SchedulerDeps, signal: AbortSignal): Promise<void> {
  const scheduler = createScheduler(deps);
  while (!signal.aborted) {
    let pause = TICK_MS;
    try {
      const tick = await scheduler.tick();
      if (tick.planned + tick.unblocked + tick.settling + tick.backfilled + tick.reaped + tick.skipped.length > 0) deps.onTick?.(tick);
      if (tick.more) pause = 0;
    } catch (error) {
      deps.onError?.(error);
      pause = PAUSE_AFTER_ERROR_MS;
    }
    await deps.wake.rest(pause, signal);
  }
}
