import { readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { type ErrorCode, ObserveBridgeError, type Stage, throwIfAborted, toObserveBridgeError } from '../../core/error.ts';
import { type Signal, signals } from '../../core/signal.ts';
import type { SqlSession } from '../../core/sql-session.ts';
import type { Micros } from '../../core/time.ts';
import type { Window } from '../../core/window.ts';
import type { KeptLabels } from '../canonical.ts';
import type { Finding, ReadRanges, Slice, Source, Stream } from '../source.ts';
import type { OpenObserveFilesConfig } from './config.ts';
import { type FileList, openFileList } from './file-list.ts';
import { listLiveObjects, listStreams } from './listing.ts';
import { type LiveObject, streamTypes } from './object-key.ts';
import { toRelation } from './relation.ts';
import { readMetricTypes } from './saved-streams.ts';

export interface OpenObserveFilesDeps {
  now(): Micros;
  keptLabels?: KeptLabels;
}

/** A listed object that is gone by the time it is looked at means the list has aged; a fresh one names its successor. */
const SNAPSHOT_ATTEMPTS = 3;

/** Reads OpenObserve's data directory. What is live comes from `file_list`, or from the safe listing protocol when none is configured. */
export function createOpenObserveFilesSource(config: OpenObserveFilesConfig, deps: OpenObserveFilesDeps): Source {
  const { root, organization } = config;
  let fileList: Promise<FileList> | undefined;
  const openList = (location: string): Promise<FileList> => {
    fileList ??= openFileList(location, root, organization);
    return fileList;
  };

  const listLive = async (signal: Signal, window: Window, session: SqlSession): Promise<LiveObject[]> =>
    config.file_list === undefined
      ? listLiveObjects({ root, organization, signal, window, now: deps.now(), session })
      : (await openList(config.file_list)).liveObjects(signal, window);

  const listAllStreams = async (): Promise<Stream[]> => {
    const types = config.streams === undefined ? new Map<string, string>() : await readMetricTypes(config.streams);
    const perSignal = signals.map(async (signal) => {
      const names =
        config.file_list === undefined
          ? await listStreams(root, organization, signal)
          : await (await openList(config.file_list)).streams(signal);
      return names.map((name): Stream => {
        const metricType = signal === 'metric_points' ? types.get(name) : undefined;
        return metricType === undefined ? { name, signal } : { name, signal, metricType };
      });
    });
    return (await Promise.all(perSignal)).flat();
  };

  return {
    organization,
    ...(config.web_url === undefined ? {} : { webUrl: config.web_url }),
    async open(ranges, session, signal) {
      await requireDirectory(join(root, 'files'));
      const objects = await takeSnapshot(ranges, listLive, session, signal);
      const relations = {} as Record<Signal, string>;
      try {
        for (const name of signals)
          relations[name] = await toRelation({
            ...{ signal: name, objects: objects[name], range: ranges[name], root, organization },
            ...{ keptLabels: deps.keptLabels, session },
          });
      } catch (error) {
        throw explainReadError(error, Object.values(objects).flat());
      }
      const all = Object.values(objects).flat();
      return toSlice(relations, await listAllStreams(), all);
    },
    async check() {
      return describeRoot(config, listAllStreams);
    },
    async [Symbol.asyncDispose]() {
      await (await fileList)?.[Symbol.asyncDispose]();
      fileList = undefined;
    },
  };
}

interface SizedObject extends LiveObject {
  readonly bytes: number;
}

type SizedObjects = Record<Signal, SizedObject[]>;

async function takeSnapshot(
  ranges: ReadRanges,
  listLive: (signal: Signal, window: Window, session: SqlSession) => Promise<LiveObject[]>,
  session: SqlSession,
  signal: AbortSignal,
): Promise<SizedObjects> {
  for (let attempt = 1; ; attempt++) {
    throwIfAborted(signal);
    const objects = {} as SizedObjects;
    try {
      for (const name of signals) {
        const live = ranges[name].from < ranges[name].to ? await listLive(name, ranges[name], session) : [];
        objects[name] = await Promise.all(live.map(toSized));
      }
      return objects;
    } catch (error) {
      throwIfAborted(signal);
      const gone = error instanceof ObserveBridgeError && error.code === 'OB_SOURCE_OBJECT_GONE';
      if (!gone || attempt === SNAPSHOT_ATTEMPTS) throw explainReadError(error, []);
    }
  }
}

async function toSized(object: LiveObject): Promise<SizedObject> {
  try {
    return { ...object, bytes: (await stat(object.path)).size };
  } catch (error) {
    throw new ObserveBridgeError('OB_SOURCE_OBJECT_GONE', 'read', `The live object ${object.path} is not there.`, error);
  }
}

function toSlice(relations: Record<Signal, string>, streams: Stream[], objects: readonly SizedObject[]): Slice {
  return {
    relations,
    streams,
    objects: objects.length,
    bytes: objects.reduce((total, object) => total + object.bytes, 0),
    explain: (error) => explainReadError(error, objects),
    async [Symbol.asyncDispose]() {},
  };
}

/** Tells from the engine's words what is wrong with which object. The words may quote values, which neither message nor cause repeats. */
function explainReadError(error: unknown, objects: readonly LiveObject[]): ObserveBridgeError {
  if (error instanceof ObserveBridgeError) return error;
  const text = error instanceof Error ? error.message : String(error);
  const reason = withoutValues(text);
  const explain = (code: ErrorCode, stage: Stage, message: string) => new ObserveBridgeError(code, stage, message, new Error(reason));
  const object = objects.find((candidate) => text.includes(candidate.path))?.path ?? 'one of the live objects';
  if (/Out of Memory/i.test(text))
    return explain('OB_MEMORY_LIMIT', 'aggregate', 'The window does not fit into the memory limit of the engine.');
  if (/No files found|No such file|Cannot open file/i.test(text))
    return explain('OB_SOURCE_OBJECT_GONE', 'read', `The live object ${object} vanished while it was read.`);
  if (/Permission denied/i.test(text)) return explain('OB_SOURCE_UNREADABLE', 'read', `The object ${object} cannot be read.`);
  if (/magic bytes|parquet|thrift|TProtocol|snappy|zstd|gzip|invalid string encoding|too small|decompress/i.test(text))
    return explain('OB_SOURCE_OBJECT_CORRUPT', 'read', `The object ${object} is damaged: it is not whole, valid parquet.`);
  return explain('OB_AGGREGATION_FAILED', 'aggregate', `The engine refused the window: ${reason.replace(/\.$/, '')}.`);
}

function withoutValues(text: string): string {
  const [first = ''] = text.split('\n');
  return first.replace(/"[^"]*"?|'[^']*'?/g, '…');
}

async function requireDirectory(directory: string): Promise<void> {
  try {
    await readdir(directory);
  } catch (error) {
    throw new ObserveBridgeError('OB_SOURCE_UNREADABLE', 'read', `The directory ${directory} does not exist or cannot be read.`, error);
  }
}

async function describeRoot(config: OpenObserveFilesConfig, listAllStreams: () => Promise<Stream[]>): Promise<Finding[]> {
  try {
    await requireDirectory(join(config.root, 'files'));
    const streams = await listAllStreams();
    const counts = signals.map((signal) => `${streams.filter((stream) => stream.signal === signal).length} ${streamTypes[signal]}`);
    const findings: Finding[] = [
      {
        level: streams.length > 0 ? 'ok' : 'warning',
        text: `Organization ${config.organization} at ${config.root} has ${counts.join(', ')} streams.`,
      },
    ];
    if (config.file_list === undefined) {
      findings.push({
        level: 'warning',
        text: 'No file_list is configured, so only hours whose newest object is older than 2 h 15 m can be read.',
      });
    }
    const untyped = streams.filter((stream) => stream.signal === 'metric_points' && stream.metricType === undefined).length;
    if (untyped > 0) findings.push({ level: 'ok', text: `${untyped} metric streams have no recorded type; it is told from their names.` });
    return findings;
  } catch (error) {
    const known = toObserveBridgeError(error, 'OB_SOURCE_UNREADABLE', 'read');
    return [{ level: 'error', text: `${known.message} ${known.remedy}` }];
  }
}
