import { throwIfAborted } from '../../core/error.ts';
import { formatTime } from '../../core/time.ts';
import { activeWindow, listActiveCalls } from '../../graph/active-calls.ts';
import { hasAge } from '../../graph/age.ts';
import { type GraphCounts, lockGraph, refreshGraph } from '../../graph/refresh-graph.ts';
import type { Db, Tx } from '../../store/db.ts';
import { hasLaterWindow } from '../../store/later-window.ts';
import type { Job } from '../job.ts';
import { createEdgeMerger } from '../merged-calls.ts';

export interface AgeRefreshDeps {
  readonly tenantId: string;
  readonly db: Db;
  /** Milliseconds of a steady clock, for the stage durations. */
  readonly clock: () => number;
  /** Whether declared edges become `:STRUCT`. */
  readonly structEdges?: boolean;
}

const NAME = 'age-refresh';
const NO_AGE = 'The database has no AGE, so there is no graph for Cypher; the graph questions of the command line and SQL work without it.';

/** Databases whose operator was told. */
const told = new WeakSet<Db>();

/**
 * Projects the calls of the ten minutes before the end of the last window into the AGE graph `ops`, as of then. A window that ends before one
 * that is in the graph leaves it as it is, so that the order of replays makes no difference. Without AGE it says so once and succeeds.
 */
export function createAgeRefreshJob(deps: AgeRefreshDeps): Job {
  const { db, tenantId, clock } = deps;
  const mergeEdges = createEdgeMerger(db, tenantId, Number.POSITIVE_INFINITY);
  return {
    name: NAME,
    async prepare(windows, signal, { onNotice } = {}) {
      const skipped = (reason: string) => ({ rows: {}, changed: 0, stats: windows.map(() => ({ projected: false, reason })) });
      if (!(await hasAge(db))) {
        if (!told.has(db)) onNotice?.(NO_AGE);
        told.add(db);
        return { write: async () => skipped('no AGE') };
      }
      const started = clock();
      const asOf = windows.at(-1)?.to ?? 0;
      const window = activeWindow(asOf);
      const listed = await listActiveCalls(db, tenantId, window);
      throwIfAborted(signal);
      const merged = await mergeEdges(window);
      const calls = listed.map((edge) => {
        const found = merged?.get(`${edge.src} ${edge.dst}`);
        return found?.calls === Number(edge.calls) ? { ...edge, p50Ms: found.p50Ms, p95Ms: found.p95Ms } : edge;
      });
      throwIfAborted(signal);
      const read = Math.round(clock() - started);
      return {
        async write(tx: Tx) {
          const begun = clock();
          await lockGraph(tx, tenantId);
          if (await hasLaterWindow(tx, { job: NAME, tenantId }, asOf, { projected: true }))
            return skipped('a later window is in the graph');
          const structAt = deps.structEdges ? formatTime(asOf) : null;
          const counts = await refreshGraph(tx, { tenantId, calls, structAt });
          const ms = { read, write: Math.round(clock() - begun) };
          const stats = {
            rows_read: { service_call_5m: listed.length },
            projected: true,
            as_of: formatTime(asOf),
            edges: counts.calls,
            ms,
          };
          return { rows: toRows(counts), changed: counts.changed, stats: windows.map(() => stats) };
        },
      };
    },
  };
}

function toRows({ resources, calls, structs }: GraphCounts): Record<string, number> {
  return { 'ops.Resource': resources, 'ops.CALLS': calls, ...(structs > 0 ? { 'ops.STRUCT': structs } : {}) };
}
