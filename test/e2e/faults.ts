import { setTimeout as sleep } from 'node:timers/promises';
import { ObserveBridgeError } from '../../src/core/error.ts';
import type { Db } from '../../src/store/db.ts';
import { reapRuns } from '../../src/store/run-queue.ts';
import type { TestServer } from '../support/databases.ts';
import type { Fleet, Member } from './fleet.ts';

/** What can be done to the processes; each kind strikes at least once. */
const KINDS = ['kill', 'zombie', 'drop', 'expire', 'kill scheduler', 'kill', 'crash server', 'zombie', 'expire'] as const;
type Kind = (typeof KINDS)[number];

/** How often each kind strikes after the first round, which has all of them. */
const LATER: readonly Kind[] = ['kill', 'kill', 'kill', 'zombie', 'drop', 'expire', 'expire'];

/** Longer than a lease and the pause between two looks for expired ones. */
const FROZEN_MS = 9_000;
const TIMES_ASKED = 40;
/** Windows that must be done before the next fault after the first round, so that a slow machine is not struck faster than it works. */
const WINDOWS_BETWEEN = 6;

export interface FaultsDeps {
  readonly db: Db;
  readonly server: TestServer;
  readonly fleet: Fleet;
  readonly seed: number;
  /** A tenant whose windows tell nothing, because its source does not answer. */
  readonly spared: string;
}

/** Faults that strike in an order that the seed decides. */
export interface Faults {
  /** Strikes until the signal fires and nothing is frozen any more. */
  strikeUntil(signal: AbortSignal): Promise<void>;
  /** Resolves when every kind has struck. */
  readonly firstRound: Promise<void>;
  readonly isFirstRoundOver: () => boolean;
  /** How long a scheduler and the server have been there without a break. */
  secondsWithReaper(): number;
  readonly counts: FaultCounts;
  /** Workers that were killed while they held windows, by their name in the leases, with the database's time of it. */
  readonly killed: readonly { readonly worker: string; readonly at: string }[];
}

export interface FaultCounts {
  kills: number;
  scheduler_kills: number;
  server_crashes: number;
  dropped_connections: number;
  zombies_stopped: number;
  leases_taken: number;
}

export function createFaults({ db, server, fleet, seed, spared }: FaultsDeps): Faults {
  const random = createRandom(seed);
  const pick = <T>(items: readonly T[]): T | undefined => items[Math.floor(random() * items.length)];
  const counts: FaultCounts = {
    kills: 0,
    scheduler_kills: 0,
    server_crashes: 0,
    dropped_connections: 0,
    zombies_stopped: 0,
    leases_taken: 0,
  };
  const killed: { worker: string; at: string }[] = [];
  const frozen = new Map<Member, Promise<void>>();
  const first = Promise.withResolvers<void>();
  let reaperSince = performance.now();
  let over = false;

  /** A worker that holds windows now, which is what makes a fault hurt. */
  const findBusy = async (signal: AbortSignal): Promise<{ member: Member; worker: string } | undefined> => {
    for (let asked = 0; asked < TIMES_ASKED && !signal.aborted; asked++) {
      const rows = await db
        .query<{ worker: string }>(
          `select distinct worker from etl_job_run where status = 'running' and job = 'oo-agg' and tenant_id <> $1 order by 1`,
          [spared],
        )
        .catch((error) => ignoreAway(error) ?? []);
      const busy = rows.flatMap(({ worker }) => {
        const member = fleet.workers.find(({ pid }) => worker.includes(`-${pid}-`));
        return member && !frozen.has(member) ? [{ member, worker }] : [];
      });
      const found = pick(busy);
      if (found) return found;
      await sleep(50);
    }
    return undefined;
  };

  const countDone = async (): Promise<number> => {
    const [row] = await db
      .query<{ done: number }>(`select count(*)::int as done from etl_job_run where status = 'success'`)
      .catch((error) => ignoreAway(error) ?? []);
    return row?.done ?? 0;
  };
  const untilDone = async (windows: number, signal: AbortSignal): Promise<void> => {
    while (!signal.aborted && (await countDone()) < windows) await sleep(200);
  };

  const strikes: Record<Kind, (signal: AbortSignal) => Promise<void>> = {
    async kill(signal) {
      const busy = await findBusy(signal);
      if (!busy) return;
      fleet.replaceWorker(busy.member);
      counts.kills++;
      const [row] = await db.query<{ at: string }>('select clock_timestamp() as at');
      if (row) killed.push({ worker: busy.worker, at: row.at });
    },
    async 'kill scheduler'() {
      reaperSince = Number.POSITIVE_INFINITY;
      await fleet.replaceScheduler();
      counts.scheduler_kills++;
      reaperSince = performance.now();
    },
    async 'crash server'() {
      reaperSince = Number.POSITIVE_INFINITY;
      await server.crash();
      counts.server_crashes++;
      reaperSince = performance.now();
    },
    async drop() {
      const dropped = await db.query(
        `select pg_terminate_backend(pid) from (
           select pid from pg_stat_activity where datname = current_database() and application_name = 'observebridge' order by random() limit 4) c`,
      );
      counts.dropped_connections += dropped.length;
    },
    async expire(signal) {
      const busy = await findBusy(signal);
      if (!busy) return;
      counts.leases_taken += await db.transaction(async (tx) => {
        await tx.query(`update etl_job_run set lease_until = now() - interval '1 second' where status = 'running' and worker = $1`, [
          busy.worker,
        ]);
        return reapRuns(tx, 1_000);
      });
    },
    async zombie(signal) {
      const busy = await findBusy(signal);
      if (!busy) return;
      const { process } = busy.member.started;
      process.kill('SIGSTOP');
      counts.zombies_stopped++;
      const thawed = sleep(FROZEN_MS).then(() => {
        process.kill('SIGCONT');
        frozen.delete(busy.member);
      });
      frozen.set(busy.member, thawed);
    },
  };

  return {
    ...{ counts, killed, firstRound: first.promise, isFirstRoundOver: () => over },
    secondsWithReaper: () => Math.max(0, performance.now() - reaperSince) / 1000,
    async strikeUntil(signal) {
      const planned = shuffle(KINDS, random);
      while (!signal.aborted) {
        const kind = planned.shift() ?? pick(LATER) ?? 'kill';
        // A fault needs the database to choose its victim, and another one may just have taken it away.
        await strikes[kind](signal).catch(ignoreAway);
        if (planned.length === 0 && !over) {
          over = true;
          first.resolve();
        }
        await sleep(500 + random() * 1_000, undefined, { signal }).catch(() => undefined);
        if (over) await untilDone((await countDone()) + WINDOWS_BETWEEN, signal);
      }
      await Promise.all(frozen.values());
    },
  };
}

function shuffle<T>(items: readonly T[], random: () => number): T[] {
  const left = [...items];
  return items.flatMap(() => left.splice(Math.floor(random() * left.length), 1));
}

/** Numbers in `[0, 1)` that the seed decides (mulberry32). */
function createRandom(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** Takes it that the server is away now and then; other errors are rethrown. */
export function ignoreAway(error: unknown): undefined {
  if (error instanceof ObserveBridgeError && error.code === 'OB_DATABASE_UNREACHABLE') return undefined;
  throw error;
}
