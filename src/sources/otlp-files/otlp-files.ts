import { randomUUID } from 'node:crypto';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { ObserveBridgeError, throwIfAborted, toObserveBridgeError } from '../../core/error.ts';
import { signals } from '../../core/signal.ts';
import { formatTime, type Micros } from '../../core/time.ts';
import type { KeptLabels } from '../canonical.ts';
import type { Finding, Source, Stream } from '../source.ts';
import type { OtlpFilesConfig } from './config.ts';
import { createFileIndex, type IndexedFile } from './file-index.ts';
import { stageRows } from './staging.ts';

export interface OtlpFilesDeps {
  keptLabels?: KeptLabels;
}

/** `check` names so many files with malformed lines. */
const MOST_NAMED = 5;

/**
 * Reads OTLP-JSON lines from a file or directory that may grow while it is read. Rows keep OpenObserve's stored shape. What has no time that
 * can be true is filed under the time of the line before it; malformed lines count as rejected logs.
 */
export function createOtlpFilesSource(config: OtlpFilesConfig, deps: OtlpFilesDeps): Source {
  const index = createFileIndex(config.path);
  return {
    organization: 'default',
    async open(ranges, session, signal) {
      throwIfAborted(signal);
      const prefix = join(session.directory, `otlp-${randomUUID()}`);
      const remove = async (): Promise<void> => {
        for (const name of signals) await rm(`${prefix}-${name}`, { force: true });
      };
      try {
        const files = await index.refresh(signal);
        const { relations, objects, bytes } = await stageRows({ files, ranges, prefix, keptLabels: deps.keptLabels, signal });
        return { relations, streams: listStreams(files), objects, bytes, explain, [Symbol.asyncDispose]: remove };
      } catch (error) {
        await remove();
        throwIfAborted(signal);
        throw toObserveBridgeError(error, 'OB_SOURCE_UNREADABLE', 'read');
      }
    },
    async check(signal) {
      try {
        return describeFiles(config.path, await index.refresh(signal));
      } catch (error) {
        const known = toObserveBridgeError(error, 'OB_SOURCE_UNREADABLE', 'read');
        return [{ level: 'error', text: `${known.message} ${known.remedy}` }];
      }
    },
    async [Symbol.asyncDispose]() {},
  };
}

/** Streams of all files; where files differ on the type of a metric the first in the alphabet holds, whatever the order of the files. */
function listStreams(files: readonly IndexedFile[]): Stream[] {
  return signals.flatMap((signal) => {
    const types = new Map<string, string | undefined>();
    for (const file of files) {
      for (const [name, type] of file.streams[signal]) {
        const recorded = types.get(name);
        if (recorded === undefined || (type !== undefined && type < recorded)) types.set(name, type);
      }
    }
    return [...types].map(([name, metricType]) => (metricType === undefined ? { name, signal } : { name, signal, metricType }));
  });
}

/** Tells from the engine's words what is wrong. They may quote values, so they are not repeated. */
function explain(error: unknown): ObserveBridgeError {
  if (error instanceof ObserveBridgeError) return error;
  const text = error instanceof Error ? error.message : '';
  if (/Out of Memory/i.test(text)) {
    return new ObserveBridgeError('OB_MEMORY_LIMIT', 'aggregate', 'The window does not fit into the memory limit of the engine.');
  }
  const kind = /^(?:\w+ ){1,3}Error/.exec(text)?.[0] ?? 'an unknown error';
  return new ObserveBridgeError('OB_AGGREGATION_FAILED', 'aggregate', `The engine refused the window: ${kind}.`);
}

function describeFiles(path: string, files: readonly IndexedFile[]): Finding[] {
  if (files.length === 0) return [{ level: 'warning', text: `There are no files with OTLP-JSON lines at ${path}.` }];
  const found = signals.flatMap((signal) => {
    const extents = files.flatMap((file) => file.blocks.flatMap((block) => block.extents[signal] ?? []));
    if (extents.length === 0) return [];
    const ends = (choose: (...times: Micros[]) => Micros, end: 'from' | 'to'): string =>
      formatTime(extents.reduce((time, extent) => choose(time, extent[end]), extents[0]?.[end] ?? 0));
    return [`${signal.replace('_', ' ')} from ${ends(Math.min, 'from')} to ${ends(Math.max, 'to')}`];
  });
  const megabytes = (files.reduce((total, file) => total + file.listed.size, 0) / 1e6).toFixed(1);
  const findings: Finding[] = [
    {
      level: found.length > 0 ? 'ok' : 'warning',
      text: `${files.length} files (${megabytes} MB) at ${path} hold ${found.join(', ') || 'no rows'}.`,
    },
  ];
  const damaged = files.filter((file) => file.malformed > 0);
  for (const { listed, malformed, first } of damaged.slice(0, MOST_NAMED)) {
    const counted = first === undefined ? 'without a time near them they count nowhere' : 'they count as rejected logs';
    findings.push({ level: 'warning', text: `The file ${listed.path} has ${malformed} lines that are no OTLP-JSON requests; ${counted}.` });
  }
  if (damaged.length > MOST_NAMED) findings.push({ level: 'warning', text: `${damaged.length - MOST_NAMED} more files have such lines.` });
  const newest = Math.max(...files.map(({ listed }) => listed.modifiedMs));
  const cut = files.filter(({ packing, end, listed }) => packing === 'plain' && end < listed.size && listed.modifiedMs < newest);
  for (const { listed } of cut.slice(0, MOST_NAMED))
    findings.push({ level: 'warning', text: `The file ${listed.path} ends within a line, whose rest is waited for.` });
  return findings;
}
