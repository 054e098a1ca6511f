import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { ObserveBridgeError } from '../../core/error.ts';
import type { Signal } from '../../core/signal.ts';
import type { SqlSession } from '../../core/sql-session.ts';
import { MINUTE, type Micros } from '../../core/time.ts';
import type { Window } from '../../core/window.ts';
import { unsupportedFormat } from './file-list.ts';
import { classifyFile, createdAt, datesOf, type LiveObject, streamTypes } from './object-key.ts';
import { toPathList } from './relation.ts';

/** OpenObserve deletes merged inputs two hours after the merge; only after that and a margin does a listing stand still. */
const SETTLED_AFTER: Micros = 135 * MINUTE;

/** More candidates than this could hide more than one way to build a merged object, at exponential cost. */
const MOST_CANDIDATES = 20;

/**
 * The live objects of a signal by listing directories, for stores whose `file_list` is out of reach. A compacted object lies beside its
 * inputs for two hours, and a crashed compactor leaves its output for ever: inputs are recognised by their footers and left out.
 * Refuses with `OB_SOURCE_LISTING_UNSAFE` what it cannot tell for certain: hours that still change, and objects whose inputs are ambiguous.
 */
export async function listLiveObjects(options: {
  root: string;
  organization: string;
  signal: Signal;
  window: Window;
  now: Micros;
  session: SqlSession;
}): Promise<LiveObject[]> {
  const { root, organization, signal, window, now, session } = options;
  const live: LiveObject[] = [];
  for (const stream of await listStreams(root, organization, signal)) {
    for (const date of datesOf(window.from, window.to)) {
      const directory = join(root, 'files', organization, streamTypes[signal], stream, date);
      const files = await listFiles(directory);
      if (files.length === 0) continue;
      const vortex = files.find((file) => classifyFile(file) === 'vortex');
      if (vortex) throw unsupportedFormat(join(directory, vortex));
      const newest = Math.max(...files.map((file) => createdAt(file) ?? Number.POSITIVE_INFINITY));
      if (newest > now - SETTLED_AFTER) throw unsafe(`The hour ${date} of stream ${stream} may still be compacted`);
      const objects = await readFooters(
        session,
        files.map((file) => ({ signal, stream, date, file, path: join(directory, file) })),
      );
      live.push(...dropInputs(objects));
    }
  }
  return live.filter((object) => object.maxTime >= window.from && object.minTime < window.to);
}

/** The stream directories of a signal, sorted; none when the signal was never written. */
export async function listStreams(root: string, organization: string, signal: Signal): Promise<string[]> {
  const entries = await list(join(root, 'files', organization, streamTypes[signal]));
  return entries
    .filter((entry) => entry.isDirectory())
    .map((entry) => entry.name)
    .sort();
}

/** Parquet and Vortex files below an hour directory, `field=value` directories included, sorted. */
async function listFiles(directory: string, prefix = ''): Promise<string[]> {
  const files: string[] = [];
  for (const entry of await list(join(directory, prefix))) {
    if (entry.isDirectory() && entry.name.includes('=')) files.push(...(await listFiles(directory, join(prefix, entry.name))));
    else if (entry.isFile() && classifyFile(entry.name) !== 'foreign') files.push(join(prefix, entry.name));
  }
  return files.sort();
}

async function list(directory: string) {
  try {
    return await readdir(directory, { withFileTypes: true });
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return [];
    throw new ObserveBridgeError('OB_SOURCE_UNREADABLE', 'read', `The directory ${directory} cannot be read.`, error);
  }
}

async function readFooters(
  session: SqlSession,
  files: Pick<LiveObject, 'signal' | 'stream' | 'date' | 'file' | 'path'>[],
): Promise<LiveObject[]> {
  const rows = await session.rows<{ file_name: string; key: string; value: string }>(
    `select file_name, decode(key) as key, decode(value) as value from parquet_kv_metadata(${toPathList(files)})
     where decode(key) in ('min_ts', 'max_ts', 'records', 'original_size')`,
  );
  const footers = new Map<string, Map<string, number>>();
  for (const { file_name, key, value } of rows) {
    const footer = footers.get(file_name) ?? new Map<string, number>();
    footers.set(file_name, footer.set(key, Number(value)));
  }
  return files.map((file) => {
    const footer = footers.get(file.path);
    const [minTime, maxTime, records, originalSize] = ['min_ts', 'max_ts', 'records', 'original_size'].map((key) => footer?.get(key));
    if (minTime === undefined || maxTime === undefined || records === undefined || originalSize === undefined) {
      throw unsafe(`The object ${file.path} has no OpenObserve footer`);
    }
    return { ...file, minTime, maxTime, records, originalSize };
  });
}

/**
 * Leaves out the inputs of every merged object: a set of older objects whose records and sizes add up to it and whose times span the same
 * envelope. Objects are taken newest first, so that a merge of merges is undone from the top.
 */
export function dropInputs(objects: readonly LiveObject[]): LiveObject[] {
  const order = [...objects].sort((a, b) => (createdAt(b.file) ?? 0) - (createdAt(a.file) ?? 0) || (a.file < b.file ? 1 : -1));
  const dropped = new Set<LiveObject>();
  for (const [index, merged] of order.entries()) {
    if (dropped.has(merged)) continue;
    const candidates = order
      .slice(index + 1)
      .filter((older) => !dropped.has(older) && partitionOf(older) === partitionOf(merged))
      .filter((older) => older.minTime >= merged.minTime && older.maxTime <= merged.maxTime && older.records <= merged.records);
    for (const input of findInputs(merged, candidates)) dropped.add(input);
  }
  return objects.filter((object) => !dropped.has(object));
}

const partitionOf = (object: LiveObject): string => object.file.slice(0, object.file.lastIndexOf('/') + 1);

function findInputs(merged: LiveObject, candidates: readonly LiveObject[]): LiveObject[] {
  if (candidates.length === 0) return [];
  if (candidates.length > MOST_CANDIDATES) {
    if (isSumOf(merged, candidates)) return [...candidates];
    throw unsafe(`The object ${merged.path} lies beside ${candidates.length} older objects that could be its inputs`);
  }
  const found: LiveObject[][] = [];
  const choose = (start: number, records: number, size: number, chosen: LiveObject[]): void => {
    if (records === merged.records && size === merged.originalSize && isSumOf(merged, chosen)) found.push([...chosen]);
    if (records >= merged.records || found.length > 1) return;
    for (let index = start; index < candidates.length; index++) {
      const candidate = candidates[index];
      if (candidate) choose(index + 1, records + candidate.records, size + candidate.originalSize, [...chosen, candidate]);
    }
  };
  choose(0, 0, 0, []);
  if (found.length > 1) throw unsafe(`The object ${merged.path} could have been merged from different sets of older objects`);
  return found[0] ?? [];
}

function isSumOf(merged: LiveObject, inputs: readonly LiveObject[]): boolean {
  const sum = (value: (object: LiveObject) => number): number => inputs.reduce((total, object) => total + value(object), 0);
  return (
    inputs.length > 0 &&
    sum((object) => object.records) === merged.records &&
    sum((object) => object.originalSize) === merged.originalSize &&
    Math.min(...inputs.map((object) => object.minTime)) === merged.minTime &&
    Math.max(...inputs.map((object) => object.maxTime)) === merged.maxTime
  );
}

function unsafe(text: string): ObserveBridgeError {
  return new ObserveBridgeError('OB_SOURCE_LISTING_UNSAFE', 'read', `${text}, so reading every listed object could count rows twice.`);
}
