import { throwIfAborted } from '../../core/error.ts';
import type { PushDown } from '../../core/push-down.ts';
import type { Signal } from '../../core/signal.ts';
import type { Window } from '../../core/window.ts';
import type { KeptLabels } from '../canonical.ts';
import type { ApiClient } from './api-client.ts';
import { selectInCluster } from './cluster-select.ts';
import { toClusterStream } from './cluster-stream.ts';
import { RequestFailure } from './failure.ts';
import { findBusyStreams } from './find-busy-streams.ts';
import type { ApiStream } from './stream-list.ts';

export interface ClusterOptions {
  readonly client: ApiClient;
  readonly streams: readonly ApiStream[];
  readonly keptLabels: KeptLabels | undefined;
  /** Reads all rows of streams of one signal and resolves to their canonical select. */
  read(name: Signal, streams: readonly ApiStream[], range: Window): Promise<string>;
  /** Called for each search. */
  onSearch(): void;
  readonly signal: AbortSignal;
}

/** Lets OpenObserve aggregate by itself, over the streams of a slice. */
export function createPushDown({ client, streams, keptLabels, read, onSearch, signal }: ClusterOptions): PushDown {
  const refuse = (error: unknown): never => {
    throwIfAborted(signal);
    throw error instanceof RequestFailure ? error.error : error;
  };
  const ofSignal = (name: Signal): ApiStream[] => streams.filter((stream) => stream.signal === name && stream.columns.length > 0);
  return {
    async listStreams(name, range) {
      const busy = await findBusyStreams(client, ofSignal(name), range, signal).catch(refuse);
      const known = busy.map((stream) => ({ name: stream.name, cluster: toClusterStream(stream, keptLabels) }));
      return {
        streams: known.flatMap(({ cluster }) => (cluster === undefined ? [] : [cluster])),
        others: known.filter(({ cluster }) => cluster === undefined).map((stream) => stream.name),
      };
    },
    select(query) {
      const { name, signal: kind } = query.stream;
      const maxQueryHours = streams.find((stream) => stream.name === name && stream.signal === kind)?.maxQueryHours ?? 0;
      return selectInCluster({ client, maxQueryHours, onSearch, signal }, query).catch(refuse);
    },
    read: (name, names, range) =>
      read(
        name,
        ofSignal(name).filter((stream) => names.includes(stream.name)),
        range,
      ).catch(refuse),
  };
}
