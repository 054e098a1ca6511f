import { mkdtemp, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { ObserveBridgeError, throwIfAborted, toObserveBridgeError } from '../../core/error.ts';
import type { PushDown } from '../../core/push-down.ts';
import { type Signal, signals } from '../../core/signal.ts';
import type { SqlSession } from '../../core/sql-session.ts';
import type { Micros } from '../../core/time.ts';
import type { Window } from '../../core/window.ts';
import { emptyRelation, type KeptLabels } from '../canonical.ts';
import type { Slice, Source } from '../source.ts';
import { createStreamFilter } from '../stream-filter.ts';
import { type ApiClientDeps, createApiClient } from './api-client.ts';
import type { OpenObserveApiConfig } from './config.ts';
import { describeServer } from './describe-server.ts';
import { RequestFailure } from './failure.ts';
import { findBusyStreams } from './find-busy-streams.ts';
import { listNeededColumns } from './needed-columns.ts';
import { createPushDown } from './push-down.ts';
import { readStream } from './read-stream.ts';
import { createStaging } from './row-staging.ts';
import { searchEvidence } from './search-evidence.ts';
import { type ApiStream, getLongestQuery, listApiStreams } from './stream-list.ts';

export interface OpenObserveApiDeps extends ApiClientDeps {
  now(): Micros;
  keptLabels?: KeptLabels;
}

/** Reads OpenObserve through its search API. `open` reads the rows into files of the session's directory, of which memory holds one slice. */
export function createOpenObserveApiSource(config: OpenObserveApiConfig, deps: OpenObserveApiDeps): Source {
  const { organization } = config;
  const client = createApiClient(config, deps);
  const widths = new Map<string, Micros>();
  const isWanted = createStreamFilter(config.streams);
  let serverHours: number | undefined;
  const list = async (signal: AbortSignal): Promise<ApiStream[]> => {
    serverHours ??= await getLongestQuery(client, signal);
    return listApiStreams({ client, organization, isWanted, longestQueryHours: serverHours, signal });
  };

  const readSignal = async (
    ...[name, streams, range, session, directory, signal]: [Signal, readonly ApiStream[], Window, SqlSession, string, AbortSignal]
  ) => {
    const busy = range.from < range.to ? await findBusyStreams(client, streams, range, signal) : [];
    if (busy.length === 0) return { relation: emptyRelation(name), costs: [] };
    const needed = listNeededColumns(name, new Set(busy.flatMap((stream) => stream.columns)), deps.keptLabels);
    const staging = createStaging({ ...{ session, directory, signal: name, range, columns: needed }, keptLabels: deps.keptLabels });
    const costs = await eachAtOnce(busy, config.concurrency, signal, (stream, aborted) => {
      const columns = ['_timestamp', ...needed.filter((column) => stream.columns.includes(column))];
      return readStream({ client, staging, stream, columns, range, widths, signal: aborted });
    });
    return { relation: await staging.finish(), costs };
  };

  return {
    organization,
    webUrl: config.web_url ?? config.url.replace(/\/+$/, ''),
    async open(ranges, session, signal) {
      throwIfAborted(signal);
      const directory = await mkdtemp(join(session.directory, 'openobserve-'));
      const removeFiles = (): Promise<void> => rm(directory, { recursive: true, force: true });
      try {
        const streams = await list(signal);
        const relations = {} as Record<Signal, string>;
        const costs: { requests: number; bytes: number }[] = [];
        for (const name of signals) {
          const ofSignal = streams.filter((stream) => stream.signal === name && stream.columns.length > 0);
          const read = await readSignal(name, ofSignal, ranges[name], session, directory, signal);
          relations[name] = read.relation;
          costs.push(...read.costs);
        }
        throwIfAborted(signal);
        const pushDown = createPushDown({
          ...{ client, streams, keptLabels: deps.keptLabels, signal },
          onSearch: () => void costs.push({ requests: 1, bytes: 0 }),
          async read(name, chosen, range) {
            const files = await mkdtemp(join(directory, 'read-'));
            const read = await readSignal(name, chosen, range, session, files, signal);
            costs.push(...read.costs);
            return read.relation;
          },
        });
        return toSlice(relations, streams, costs, removeFiles, pushDown);
      } catch (error) {
        await removeFiles();
        throwIfAborted(signal);
        throw error instanceof RequestFailure ? error.error : explainReadError(error);
      }
    },
    async readEvidence(place, bounds, _session, signal) {
      try {
        return await searchEvidence(client, place, bounds, signal);
      } catch (error) {
        throwIfAborted(signal);
        throw error instanceof RequestFailure ? error.error : error;
      }
    },
    check: (signal) => describeServer({ ...{ config, client, list, signal }, now: deps.now }),
    [Symbol.asyncDispose]: () => Promise.resolve(client[Symbol.asyncDispose]()),
  };
}

function toSlice(
  relations: Record<Signal, string>,
  streams: readonly ApiStream[],
  costs: readonly { requests: number; bytes: number }[],
  removeFiles: () => Promise<void>,
  pushDown: PushDown,
): Slice {
  return {
    ...{ relations, pushDown },
    streams: streams.map(({ name, signal, metricType }) => (metricType === undefined ? { name, signal } : { name, signal, metricType })),
    get objects() {
      return costs.reduce((total, cost) => total + cost.requests, 0);
    },
    get bytes() {
      return costs.reduce((total, cost) => total + cost.bytes, 0);
    },
    explain: explainReadError,
    [Symbol.asyncDispose]: removeFiles,
  };
}

function explainReadError(error: unknown): ObserveBridgeError {
  if (error instanceof ObserveBridgeError) return error;
  const text = error instanceof Error ? error.message : String(error);
  // The engine's words may quote values, which neither message nor cause repeats.
  const reason = new Error((text.split('\n')[0] ?? '').replace(/"[^"]*"?|'[^']*'?/g, '…'));
  if (/Out of Memory/i.test(text))
    return new ObserveBridgeError('OB_MEMORY_LIMIT', 'aggregate', 'The window does not fit into the memory limit of the engine.', reason);
  if (/malformed json|read_json|json/i.test(text))
    return new ObserveBridgeError(
      'OB_SOURCE_UNAVAILABLE',
      'read',
      'An answer of OpenObserve has rows that cannot be read as JSON.',
      reason,
    );
  return toObserveBridgeError(reason, 'OB_AGGREGATION_FAILED', 'aggregate');
}

/** Does the work for all items, so many at once; the first failure stops the others and is thrown once they have stopped. */
async function eachAtOnce<Item, Result>(
  items: readonly Item[],
  limit: number,
  signal: AbortSignal,
  work: (item: Item, signal: AbortSignal) => Promise<Result>,
): Promise<Result[]> {
  const stop = new AbortController();
  const either = AbortSignal.any([signal, stop.signal]);
  const results: Result[] = [];
  const failures: unknown[] = [];
  const queue = items.values();
  const worker = async (): Promise<void> => {
    for (const item of queue) {
      if (failures.length > 0) return;
      try {
        results.push(await work(item, either));
      } catch (error) {
        failures.push(error);
        stop.abort();
      }
    }
  };
  await Promise.all(Array.from({ length: Math.min(limit, items.length) }, worker));
  if (failures.length > 0) throw failures[0];
  return results;
}
