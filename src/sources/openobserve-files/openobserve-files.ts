import { randomUUID } from 'node:crypto';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { type Signal, signals } from '../../core/signal.ts';
import type { SqlSession } from '../../core/sql-session.ts';
import type { Micros } from '../../core/time.ts';
import type { Window } from '../../core/window.ts';
import type { KeptLabels } from '../canonical.ts';
import { rangesOf, signalOf } from '../read-evidence.ts';
import type { Slice, Source, Stream } from '../source.ts';
import { createStreamFilter } from '../stream-filter.ts';
import type { OpenObserveFilesConfig } from './config.ts';
import { describeRoot } from './describe-root.ts';
import { type FileList, openFileList } from './file-list.ts';
import { createFooterReader, type FooterMemory } from './footers.ts';
import { listLiveObjects, listStreams } from './listing.ts';
import { type ListedObject, streamTypes } from './object-key.ts';
import { explainReadError } from './read-error.ts';
import { readObjects } from './read-objects.ts';
import { toRelation } from './relation.ts';
import { readMetricTypes } from './saved-streams.ts';
import { takeSnapshot } from './snapshot.ts';
import { createStores } from './stores.ts';

export interface OpenObserveFilesDeps {
  now(): Micros;
  keptLabels?: KeptLabels;
  /** Where objects of a bucket are kept when the configuration does not say. */
  cacheDirectory?: string;
}

/**
 * Reads OpenObserve's objects from a directory or a bucket. What is live comes from `file_list`, or from the safe listing protocol when
 * none is configured.
 */
export function createOpenObserveFilesSource(config: OpenObserveFilesConfig, deps: OpenObserveFilesDeps): Source {
  const { root, organization, file_list: location } = config;
  const stores = createStores(config, deps);
  const wanted = createStreamFilter(config.stream_filter);
  const memory: FooterMemory = new Map();
  const { concurrency } = stores;
  let fileList: Promise<FileList> | undefined;
  const openList = async (): Promise<FileList | undefined> => {
    if (location !== undefined) fileList ??= openFileList({ location, organization, wanted });
    return fileList;
  };

  const listLive = async (signal: Signal, window: Window, session: SqlSession, directory: string, aborted: AbortSignal) => {
    const list = await openList();
    if (list) return list.liveObjects(signal, window);
    const footers = createFooterReader({ memory, session, directory, concurrency });
    const live: ListedObject[] = [];
    for (const { account, store } of stores.all) {
      const place = { store, account, organization, concurrency, wanted };
      live.push(...(await listLiveObjects({ ...place, signal, window, now: deps.now(), footers, aborted })));
    }
    return live;
  };

  const listNames = async (signal: Signal, aborted: AbortSignal): Promise<Iterable<string>> => {
    const list = await openList();
    if (list) return list.streams(signal);
    const names = new Set<string>();
    for (const { store } of stores.all)
      for (const name of await listStreams({ store, organization, signal, aborted, wanted })) names.add(name);
    return names;
  };

  const listAllStreams = async (aborted: AbortSignal): Promise<Stream[]> => {
    const types = config.streams === undefined ? new Map<string, string>() : await readMetricTypes(config.streams);
    const perSignal = signals.map(async (signal) =>
      [...(await listNames(signal, aborted))].map((name): Stream => {
        const metricType = signal === 'metric_points' ? types.get(name) : undefined;
        return metricType === undefined ? { name, signal } : { name, signal, metricType };
      }),
    );
    return (await Promise.all(perSignal)).flat();
  };

  return {
    organization,
    ...(config.web_url === undefined ? {} : { webUrl: config.web_url }),
    async open(ranges, session, aborted) {
      for (const { store } of stores.all) await store.verify(aborted);
      const directory = join(session.directory, `objects-${randomUUID()}`);
      const remove = (): Promise<void> => rm(directory, { recursive: true, force: true });
      try {
        const list = (signal: Signal, window: Window) => listLive(signal, window, session, directory, aborted);
        const snapshot = await takeSnapshot(ranges, { stores, organization, directory, listLive: list }, aborted);
        const objects = Object.values(snapshot).flat();
        const relations = {} as Record<Signal, string>;
        try {
          for (const name of signals)
            relations[name] = await toRelation({
              ...{ signal: name, objects: snapshot[name], range: ranges[name], keptLabels: deps.keptLabels, session },
              directory: stores.inPlace ? join(root, 'files', organization, streamTypes[name]) : join(directory, streamTypes[name]),
            });
        } catch (error) {
          throw explainReadError(error, objects);
        }
        const slice: Slice = {
          relations,
          streams: await listAllStreams(aborted),
          objects: objects.length,
          bytes: objects.reduce((total, object) => total + object.bytes, 0),
          explain: (error) => explainReadError(error, objects),
          [Symbol.asyncDispose]: remove,
        };
        return slice;
      } catch (error) {
        await remove().catch(() => undefined); // what failed first says more
        throw error;
      }
    },
    async readEvidence(place, bounds, session, aborted) {
      for (const { store } of stores.all) await store.verify(aborted);
      const directory = join(session.directory, `evidence-${randomUUID()}`);
      const listStream = async (signal: Signal, window: Window) =>
        (await listLive(signal, window, session, directory, aborted)).filter(({ stream }) => stream === place.stream);
      try {
        const snapshot = await takeSnapshot(rangesOf(place), { stores, organization, directory, listLive: listStream }, aborted);
        const objects = snapshot[signalOf(place.streamType)];
        return await readObjects(objects, place, bounds, session).catch((error: unknown) => {
          throw explainReadError(error, objects);
        });
      } finally {
        await rm(directory, { recursive: true, force: true });
      }
    },
    check: (aborted) => describeRoot({ config, stores, now: deps.now(), listAllStreams: () => listAllStreams(aborted), openList }, aborted),
    async [Symbol.asyncDispose]() {
      await (await fileList)?.[Symbol.asyncDispose]();
      fileList = undefined;
      await stores[Symbol.asyncDispose]();
    },
  };
}
