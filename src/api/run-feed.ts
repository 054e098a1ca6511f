import { setTimeout as sleep } from 'node:timers/promises';
import { ObserveBridgeError } from '../core/error.ts';
import type { Db } from '../store/db.ts';
import { findNewestRunId, listRunStates, type RunState } from '../store/run-changes.ts';

/** What became of runs since the look before. */
export type RunListener = (changed: readonly RunState[]) => void;

export interface RunFeedDeps {
  readonly db: Db;
  readonly onError: (error: unknown) => void;
  readonly everyMs?: number;
  readonly most?: number;
}

/** Tells listeners about runs that changed. One query per look serves all of them, and nothing is asked while there are none. */
export interface RunFeed {
  /**
   * Adds a listener and resolves to how to remove it, once what changes from then on will be told. Rejects with `OB_API_BUSY` when there are as
   * many as may be, or as the database does.
   */
  listen(listener: RunListener): Promise<() => void>;
  /** Ends the looks; listeners hear nothing more. */
  close(): void;
}

const EVERY_MS = 1000;
const MOST_LISTENERS = 200;
/** Runs that were told last and are looked at again, so that one that is queued again is noticed. */
const WATCHED = 500;
const REMEMBERED = 5000;

interface Looks {
  readonly stop: AbortController;
  /** The first look, which tells how things stood before anybody listened. */
  readonly begun: Promise<void>;
}

export function createRunFeed({ db, onError, everyMs = EVERY_MS, most = MOST_LISTENERS }: RunFeedDeps): RunFeed {
  const listeners = new Set<RunListener>();
  let looks: Looks | undefined;

  const begin = (): Looks => {
    const stop = new AbortController();
    const look = createLook(db);
    const begun = look().then(() => undefined);
    const follow = async (): Promise<void> => {
      await begun;
      for (;;) {
        await sleep(everyMs, undefined, { signal: stop.signal, ref: false }).catch(() => undefined);
        if (stop.signal.aborted) return;
        const changed = await look().catch((error: unknown) => {
          if (!stop.signal.aborted) onError(error);
          return [];
        });
        if (changed.length > 0) for (const listener of [...listeners]) listener(changed);
      }
    };
    // Whoever listens is told of a first look that fails.
    follow().catch(() => undefined);
    return { stop, begun };
  };

  const end = (): void => {
    looks?.stop.abort();
    looks = undefined;
  };

  return {
    async listen(listener) {
      if (listeners.size >= most) throw new ObserveBridgeError('OB_API_BUSY', 'usage', `${most} listeners follow the runs already.`);
      listeners.add(listener);
      const leave = (): void => {
        listeners.delete(listener);
        if (listeners.size === 0) end();
      };
      looks ??= begin();
      try {
        await looks.begun;
      } catch (error) {
        leave();
        throw error;
      }
      return leave;
    },
    close() {
      listeners.clear();
      end();
    },
  };
}

/** Each look gives the runs that are not as the look before found them; the first one gives all that it finds. */
function createLook(db: Db): () => Promise<RunState[]> {
  const known = new Map<number, string>();
  let newest: number | undefined;
  return async () => {
    newest ??= await findNewestRunId(db);
    const states = await listRunStates(db, newest, [...known.keys()].slice(-WATCHED));
    const changed = states.filter((state) => known.get(state.id) !== toKey(state));
    for (const state of changed) {
      known.delete(state.id);
      known.set(state.id, toKey(state));
      newest = Math.max(newest, state.id);
    }
    for (const id of [...known.keys()].slice(0, Math.max(0, known.size - REMEMBERED))) known.delete(id);
    return changed;
  };
}

const toKey = ({ status, attempt, progress }: RunState): string => `${status} ${attempt} ${progress}`;
