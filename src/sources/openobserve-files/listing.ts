import { ObserveBridgeError } from '../../core/error.ts';
import { inParallel } from '../../core/in-parallel.ts';
import type { Signal } from '../../core/signal.ts';
import { MINUTE, type Micros } from '../../core/time.ts';
import type { Window } from '../../core/window.ts';
import { unsupportedFormat } from './file-list.ts';
import type { FooterReader } from './footers.ts';
import { classifyFile, createdAt, datesOf, keyOf, type ListedObject, streamsPrefix, streamTypes } from './object-key.ts';
import type { ObjectStore } from './object-store.ts';

/** OpenObserve deletes merged inputs two hours after the merge; only after that and a margin does a listing stand still. */
const SETTLED_AFTER: Micros = 135 * MINUTE;

/** More candidates than this could hide more than one way to build a merged object, at exponential cost. */
const MOST_CANDIDATES = 20;

/** From so many hours of one day on, the day is listed in one go: a bucket gives a thousand keys per request. */
const HOURS_WORTH_A_DAY = 4;

export interface ListingOptions {
  readonly store: ObjectStore;
  readonly account: string;
  readonly organization: string;
  readonly concurrency: number;
  readonly signal: Signal;
  readonly window: Window;
  readonly now: Micros;
  readonly footers: FooterReader;
  readonly aborted: AbortSignal;
  /** Whether a stream is read; `type` as in `streamTypes`. */
  wanted(type: string, stream: string): boolean;
}

/**
 * The live objects of a signal by listing directories, for stores whose `file_list` is out of reach. A compacted object lies beside its
 * inputs for two hours, and a crashed compactor leaves its output for ever: inputs are recognised by their footers and left out.
 * Refuses with `OB_SOURCE_LISTING_UNSAFE` what it cannot tell for certain: hours that still change, and objects whose inputs are ambiguous.
 */
export async function listLiveObjects(options: ListingOptions): Promise<ListedObject[]> {
  const { window } = options;
  const streams = await listStreams(options);
  const live = await inParallel(streams, options.concurrency, (stream) => listStream(options, stream));
  return live.flat().filter((object) => object.maxTime >= window.from && object.minTime < window.to);
}

/** The wanted streams of a signal, sorted; none when the signal was never written. */
export async function listStreams(
  options: Pick<ListingOptions, 'store' | 'organization' | 'signal' | 'aborted' | 'wanted'>,
): Promise<string[]> {
  const { store, organization, signal, aborted, wanted } = options;
  const names = await store.directories(streamsPrefix(organization, signal), aborted);
  return names.filter((name) => wanted(streamTypes[signal], name));
}

async function listStream(options: ListingOptions, stream: string): Promise<ListedObject[]> {
  const { store, account, organization, signal, window, now, footers, aborted } = options;
  const live: ListedObject[] = [];
  const dates = datesOf(window.from, window.to);
  for (const [day, hours] of Map.groupBy(dates, (date) => date.slice(0, 10))) {
    for (const prefix of hours.length < HOURS_WORTH_A_DAY ? hours : [day]) {
      const found = await store.objects(`${streamsPrefix(organization, signal)}${stream}/${prefix}/`, aborted);
      const files = found.flatMap(({ name, bytes }) => {
        const [, date = '', file = ''] = /^(\d{4}\/\d\d\/\d\d\/\d\d)\/(.+)$/s.exec(`${prefix}/${name}`) ?? [];
        return hours.includes(date) && isStreamFile(file) ? [{ date, file, bytes }] : [];
      });
      for (const [date, inHour] of Map.groupBy(files, (file) => file.date)) {
        const vortex = inHour.find(({ file }) => classifyFile(file) === 'vortex');
        if (vortex) throw unsupportedFormat(store.addressOf(keyOf(organization, { signal, stream, ...vortex })));
        const newest = Math.max(...inHour.map(({ file }) => createdAt(file) ?? Number.POSITIVE_INFINITY));
        if (newest > now - SETTLED_AFTER) throw unsafe(`The hour ${date} of stream ${stream} may still be compacted`);
        const objects = inHour.map(({ file, bytes }) => ({ signal, stream, date, file, bytes, ...(account ? { account } : {}) }));
        live.push(...dropInputs(await readTimes(objects, options, footers)));
      }
    }
  }
  return live;
}

/** Rows lie right below the hour or in `field=value` directories. */
function isStreamFile(file: string): boolean {
  const parts = file.split('/');
  const name = parts.pop() ?? '';
  return classifyFile(name) !== 'foreign' && parts.every((part) => part.includes('='));
}

async function readTimes(
  objects: readonly (Omit<ListedObject, 'minTime' | 'maxTime' | 'records' | 'originalSize'> & { bytes: number })[],
  { store, organization, aborted }: ListingOptions,
  footers: FooterReader,
): Promise<ListedObject[]> {
  const keys = objects.map((object) => ({ key: keyOf(organization, object), bytes: object.bytes }));
  const found = await footers.read(store, keys, aborted);
  return objects.map(({ bytes: _, ...object }, index) => {
    const footer = found[index];
    if (!footer) throw unsafe(`The object ${store.addressOf(keyOf(organization, object))} has no OpenObserve footer`);
    return { ...object, ...footer };
  });
}

const nameOf = (object: ListedObject): string => `${streamTypes[object.signal]}/${object.stream}/${object.date}/${object.file}`;

/**
 * Leaves out the inputs of every merged object: a set of older objects whose records and sizes add up to it and whose times span the same
 * envelope. Objects are taken newest first, so that a merge of merges is undone from the top.
 */
export function dropInputs(objects: readonly ListedObject[]): ListedObject[] {
  const order = [...objects].sort((a, b) => (createdAt(b.file) ?? 0) - (createdAt(a.file) ?? 0) || (a.file < b.file ? 1 : -1));
  const dropped = new Set<ListedObject>();
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

const partitionOf = (object: ListedObject): string => object.file.slice(0, object.file.lastIndexOf('/') + 1);

function findInputs(merged: ListedObject, candidates: readonly ListedObject[]): ListedObject[] {
  if (candidates.length === 0) return [];
  if (candidates.length > MOST_CANDIDATES) {
    if (isSumOf(merged, candidates)) return [...candidates];
    throw unsafe(`The object ${nameOf(merged)} lies beside ${candidates.length} older objects that could be its inputs`);
  }
  const found: ListedObject[][] = [];
  const choose = (start: number, records: number, size: number, chosen: ListedObject[]): void => {
    if (records === merged.records && size === merged.originalSize && isSumOf(merged, chosen)) found.push([...chosen]);
    if (records >= merged.records || found.length > 1) return;
    for (let index = start; index < candidates.length; index++) {
      const candidate = candidates[index];
      if (candidate) choose(index + 1, records + candidate.records, size + candidate.originalSize, [...chosen, candidate]);
    }
  };
  choose(0, 0, 0, []);
  if (found.length > 1) throw unsafe(`The object ${nameOf(merged)} could have been merged from different sets of older objects`);
  return found[0] ?? [];
}

function isSumOf(merged: ListedObject, inputs: readonly ListedObject[]): boolean {
  const sum = (value: (object: ListedObject) => number): number => inputs.reduce((total, object) => total + value(object), 0);
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
