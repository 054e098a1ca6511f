import { ObserveBridgeError, toObserveBridgeError } from '../../core/error.ts';
import { signals } from '../../core/signal.ts';
import { formatDuration, formatTime, MINUTE, type Micros } from '../../core/time.ts';
import { floorTo } from '../../core/window.ts';
import type { Finding, Stream } from '../source.ts';
import type { OpenObserveFilesConfig } from './config.ts';
import type { FileList } from './file-list.ts';
import { classifyFile, keyOf, streamTypes } from './object-key.ts';
import type { Stores } from './stores.ts';

export interface DescribeRootOptions {
  readonly config: OpenObserveFilesConfig;
  readonly stores: Stores;
  readonly now: Micros;
  listAllStreams(): Promise<Stream[]>;
  openList(): Promise<FileList | undefined>;
}

/** Says in sentences what is found at the root, how old the newest object is, and what stands in the way of reading. */
export async function describeRoot(options: DescribeRootOptions, aborted: AbortSignal): Promise<Finding[]> {
  const { config, stores } = options;
  try {
    for (const { store } of stores.all) await store.verify(aborted);
    const streams = await options.listAllStreams();
    const counts = signals.map((signal) => `${streams.filter((stream) => stream.signal === signal).length} ${streamTypes[signal]}`);
    const findings: Finding[] = [
      {
        level: streams.length > 0 ? 'ok' : 'warning',
        text: `Organization ${config.organization} at ${config.root} has ${counts.join(', ')} streams.`,
      },
    ];
    const list = await options.openList();
    if (list) findings.push(...(await describeNewest(options, list, aborted)));
    else
      findings.push({
        level: 'warning',
        text: 'No file_list is configured, so only hours whose newest object is older than 2 h 15 m can be read.',
      });
    const untyped = streams.filter((stream) => stream.signal === 'metric_points' && stream.metricType === undefined).length;
    if (untyped > 0) findings.push({ level: 'ok', text: `${untyped} metric streams have no recorded type; it is told from their names.` });
    return findings;
  } catch (error) {
    const known = toObserveBridgeError(error, 'OB_SOURCE_UNREADABLE', 'read');
    return [{ level: 'error', text: `${known.message} ${known.remedy}` }];
  }
}

/** A list and a root that do not belong together are found by looking for the newest object of the one in the other. */
async function describeNewest({ config, stores, now }: DescribeRootOptions, list: FileList, aborted: AbortSignal): Promise<Finding[]> {
  const newest = await list.newest();
  if (!newest) return [];
  const store = stores.of(newest.account);
  const key = keyOf(config.organization, newest);
  const age = now - newest.maxTime;
  const findings: Finding[] = [
    {
      level: 'ok',
      text: `The object listed last holds rows up to ${formatTime(newest.maxTime)}${age >= MINUTE ? `, ${formatDuration(floorTo(age, MINUTE))} ago` : ''}.`,
    },
  ];
  if (classifyFile(newest.file) === 'vortex')
    findings.push({ level: 'error', text: `The object ${store.addressOf(key)} is in the Vortex format, which cannot be read.` });
  try {
    await store.size(key, aborted);
  } catch (error) {
    if (!(error instanceof ObserveBridgeError && error.code === 'OB_SOURCE_OBJECT_GONE')) throw error;
    findings.push({
      level: 'error',
      text: `The object listed last is not at ${store.addressOf(key)}: root and file_list do not belong together.`,
    });
  }
  return findings;
}
