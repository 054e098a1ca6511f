import { aggregate, prepareSession } from '../../aggregate/aggregate.ts';
import type { Aggregation } from '../../aggregate/catalog.ts';
import { listPushable, mergeResults, type PushedWindow, surveyWindow } from '../../aggregate/push-down/push-down.ts';
import { createResources, type Resources } from '../../aggregate/resources.ts';
import { openSession, type SessionConfig } from '../../aggregate/session.ts';
import type { Reconciliation } from '../../aggregate/stage.ts';
import { ObserveBridgeError, throwIfAborted } from '../../core/error.ts';
import type { ResourceRule } from '../../core/place.ts';
import type { PushDown } from '../../core/push-down.ts';
import { rank } from '../../core/severity.ts';
import { type Signal, signals } from '../../core/signal.ts';
import { MINUTE } from '../../core/time.ts';
import type { Window } from '../../core/window.ts';
import type { PatternMiner } from '../../patterns/miner.ts';
import type { Slice, Source } from '../../sources/source.ts';
import type { Db } from '../../store/db.ts';
import { findAliases } from '../../store/dimension.ts';
import { listWindowStats } from '../../store/window-stats.ts';
import type { Job, PreparedBatch } from '../job.ts';
import { lockWindow } from '../lock-window.ts';
import { countReach, type ReachCounts, reachOf } from './reach.ts';
import { type AggregatedBatch, writeBatch } from './write-batch.ts';

export interface OoAggDeps {
  readonly tenantId: string;
  readonly source: Source;
  readonly db: Db;
  readonly aggregations: readonly Aggregation[];
  readonly miner: PatternMiner;
  readonly session: SessionConfig;
  readonly rules?: readonly ResourceRule[];
  /** Where metrics and calls are aggregated: here, or by OpenObserve itself as far as it can. */
  readonly engine?: 'local' | 'openobserve';
  /** Milliseconds of a steady clock, for the stage durations. */
  readonly clock: () => number;
}

/** How often a window is read from a new snapshot when objects vanish under it. */
const SNAPSHOTS = 3;

/** Turns the telemetry of windows into the rows of every aggregation. */
export function createOoAggJob(deps: OoAggDeps): Job {
  return {
    name: 'oo-agg',
    async prepare(windows, signal, { onlyIfChanged = false } = {}) {
      for (let attempt = 1; ; attempt++) {
        try {
          const batch = await readBatch(deps, windows, signal, onlyIfChanged);
          return batch ? toPrepared(deps, batch, windows) : confirm(windows);
        } catch (error) {
          throwIfAborted(signal);
          const again = error instanceof ObserveBridgeError && error.code === 'OB_SOURCE_OBJECT_GONE' && attempt < SNAPSHOTS;
          if (!again) throw error;
        }
      }
    },
  };
}

/** Undefined when only what changed was to be read, and nothing has. */
async function readBatch(
  deps: OoAggDeps,
  windows: readonly Window[],
  signal: AbortSignal,
  onlyIfChanged: boolean,
): Promise<ReadBatch | undefined> {
  const { source, aggregations, miner, clock } = deps;
  const window = { from: windows[0]?.from ?? 0, to: windows.at(-1)?.to ?? 0 };
  const started = clock();
  await using session = await openSession(deps.session);
  session.abortOn(signal);
  await prepareSession(session);
  const ranks: number[] = [];
  let linesCoarsened = 0;
  session.defineFunction('log_pattern', (line) => {
    const before = miner.coarsened;
    const code = miner.code(line);
    linesCoarsened += miner.coarsened - before;
    ranks[code] ??= rank(miner.pattern(code).severity);
    return code * 8 + ranks[code];
  });
  const pushable = deps.engine === 'openobserve' ? listPushable(aggregations) : [];
  const reach = (signalName: Signal): Window => reachOf(aggregations, signalName, window);
  const toOpen = (signalName: Signal): Window =>
    pushable.includes(signalName) ? { from: window.from, to: window.from } : reach(signalName);
  await using slice = await source.open(
    { logs: toOpen('logs'), spans: toOpen('spans'), metric_points: toOpen('metric_points') },
    session,
    signal,
  );
  const opened = clock();
  const resources: Resources = createResources(deps.tenantId, (names) => findAliases(deps.db, deps.tenantId, names), deps.rules);
  try {
    const { streams } = slice;
    const pushed = pushable.length > 0 ? await surveyWindow(toPushDown(slice), window, aggregations) : undefined;
    const read = (rest: PushedWindow['rest']) => readRest(slice, rest, reach);
    let relations = { ...slice.relations, ...(pushed && (await read(pushed.rest))) };
    const counts = await countReach(session, relations, aggregations, windows, pushed?.counts);
    if (onlyIfChanged && (await isAsRead(deps, windows, counts))) return undefined;
    const pattern = (code: number): string => miner.pattern(code).fingerprint;
    const inCluster = await pushed?.aggregate(resources);
    if (inCluster) relations = { ...relations, ...(await read(inCluster.rest)) };
    const here = await aggregate({ session, relations, streams, window, resources, rules: deps.rules, pattern }, aggregations);
    const result = inCluster ? mergeResults([here, inCluster.result], aggregations) : here;
    const ms = { open: Math.round(opened - started), aggregate: Math.round(clock() - opened) };
    return {
      window,
      ...result,
      reach: counts,
      resources: resources.met,
      templates: templatesOf(miner),
      ms,
      objects: slice.objects,
      bytes: slice.bytes,
      linesCoarsened,
      ...(pushed ? { pushedDown: pushed.stats } : {}),
    };
  } catch (error) {
    throw slice.explain(error);
  }
}

interface ReadBatch extends AggregatedBatch {
  /** Lines whose pattern is coarser than it could be, because there were more shapes than `max_signatures`. */
  readonly linesCoarsened: number;
  /** Of each window, in order. */
  readonly reach: readonly ReachCounts[];
  readonly pushedDown?: PushedWindow['stats'];
}

function toPushDown({ pushDown }: Slice): PushDown {
  if (pushDown) return pushDown;
  throw new ObserveBridgeError('OB_CONFIG_INVALID', 'config', '`engine: openobserve` needs a source of type openobserve_api.');
}

/** Reads what the cluster does not aggregate. */
async function readRest(
  slice: Slice,
  rest: PushedWindow['rest'],
  reach: (signal: Signal) => Window,
): Promise<Partial<Record<Signal, string>>> {
  const relations: Partial<Record<Signal, string>> = {};
  for (const [signal, names] of rest) relations[signal] = await toPushDown(slice).read(signal, names, reach(signal));
  return relations;
}

/** Whether every window depends on as many rows now as when it was read last. */
async function isAsRead({ db, tenantId }: OoAggDeps, windows: readonly Window[], counts: readonly ReachCounts[]): Promise<boolean> {
  const known = await listWindowStats<{ reach?: ReachCounts }>(db, { job: 'oo-agg', tenantId }, windows);
  return windows.every((window, index) => {
    const reach = known.get(window.from)?.reach;
    return reach !== undefined && signals.every((signal) => reach[signal] === counts[index]?.[signal]);
  });
}

function confirm(windows: readonly Window[]): PreparedBatch {
  return { write: async () => ({ rows: {}, changed: 0, stats: windows.map(() => ({ confirmed: true })) }) };
}

/** Template of each fingerprint the miner has met. */
function templatesOf(miner: PatternMiner): (fingerprint: string) => string {
  const templates = new Map<string, string>();
  let next = 0;
  return (fingerprint) => {
    for (; next < miner.size && !templates.has(fingerprint); next++) {
      const pattern = miner.pattern(next);
      templates.set(pattern.fingerprint, pattern.template);
    }
    return templates.get(fingerprint) ?? '';
  };
}

function toPrepared(deps: OoAggDeps, batch: ReadBatch, windows: readonly Window[]): PreparedBatch {
  const { tenantId, source, aggregations } = deps;
  return {
    async write(tx) {
      const started = deps.clock();
      await lockWindow(tx, tenantId, aggregations, batch.window);
      const written = await writeBatch(tx, { tenantId, organization: source.organization, webUrl: source.webUrl, aggregations }, batch);
      const write = Math.round(deps.clock() - started);
      const stats = windows.map((window, index) => ({
        ...toWindowStats(window, batch.reconciliation),
        ...{
          reach: batch.reach[index],
          windows_in_read: windows.length,
          objects: batch.objects,
          bytes: batch.bytes,
          lines_coarsened: batch.linesCoarsened,
          ms: { ...batch.ms, write },
          ...(batch.pushedDown ? { pushed_down: batch.pushedDown } : {}),
        },
      }));
      return { rows: written.rows, changed: written.changed, stats };
    },
  };
}

function toWindowStats(window: Window, reconciliation: readonly Reconciliation[]) {
  const read: Record<string, number> = {};
  const rejected: Record<string, number> = {};
  for (const row of reconciliation) {
    const time = row.minute * MINUTE;
    if (time < window.from || time >= window.to) continue;
    read[row.signal] = (read[row.signal] ?? 0) + row.read;
    for (const [reason, rows] of Object.entries(row.rejected)) rejected[reason] = (rejected[reason] ?? 0) + rows;
  }
  return { rows_read: read, rows_rejected: rejected };
}
