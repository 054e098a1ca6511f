import { ObserveBridgeError } from '../core/error.ts';
import { SECOND } from '../core/time.ts';
import type { Db } from '../store/db.ts';
import { type ClaimedRun, type Holder, renewLeases } from '../store/run-queue.ts';

/** Runs that are held. `signal` fires with an `ObserveBridgeError` as its reason when they are lost (`OB_LEASE_LOST`) or canceled (`OB_CANCELED`). */
export interface Hold extends Disposable {
  readonly signal: AbortSignal;
}

/** Keeps the leases of this worker's runs alive, all with one statement. Dispose stops it. */
export interface Leases extends Disposable {
  /** Begins to keep the runs; disposing the hold ends that, whatever became of them. */
  hold(runs: readonly ClaimedRun[]): Hold;
}

/** Heartbeats within one lease: two may be lost before the lease is. */
const BEATS_PER_LEASE = 3;

/** Renews every third of a lease. When the database cannot be reached for a whole lease, the runs count as lost here too. */
export function keepLeases(db: Db, holder: Holder): Leases {
  const holds = new Map<AbortController, { runs: readonly ClaimedRun[]; renewed: number }>();
  const beat = async (): Promise<void> => {
    const asked = [...holds];
    if (asked.length === 0) return;
    const began = performance.now();
    const runs = asked.flatMap(([, hold]) => hold.runs);
    const renewed = await renewLeases(db, runs, holder).catch(() => undefined);
    for (const [controller, hold] of asked) {
      const isOf = (run: ClaimedRun): boolean => hold.runs.includes(run);
      if (renewed && !renewed.lost.some(isOf)) hold.renewed = began;
      const late = performance.now() - hold.renewed > holder.lease / 1000;
      if (late || renewed?.lost.some(isOf)) controller.abort(lost());
      else if (renewed?.canceled.some(isOf)) controller.abort(new ObserveBridgeError('OB_CANCELED', 'internal', 'The run was canceled.'));
    }
  };
  let beating = Promise.resolve();
  const timer = setInterval(
    () => {
      beating = beating.then(beat);
    },
    ((holder.lease / SECOND) * 1000) / BEATS_PER_LEASE,
  );
  return {
    hold(runs) {
      const controller = new AbortController();
      holds.set(controller, { runs, renewed: performance.now() });
      return { signal: controller.signal, [Symbol.dispose]: () => void holds.delete(controller) };
    },
    [Symbol.dispose]() {
      clearInterval(timer);
    },
  };
}

function lost(): ObserveBridgeError {
  return new ObserveBridgeError('OB_LEASE_LOST', 'internal', 'The lease of the window is over.');
}
