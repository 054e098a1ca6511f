import type { Signal } from '../../core/signal.ts';
import { HOUR, type Micros } from '../../core/time.ts';

/** OpenObserve's directory name for each signal. */
export const streamTypes: Readonly<Record<Signal, string>> = { logs: 'logs', spans: 'traces', metric_points: 'metrics' };

/** One object of the store that holds rows of one stream and, since OpenObserve 0.70, of one hour. */
export interface ListedObject {
  readonly signal: Signal;
  readonly stream: string;
  /** UTC hour of the directory, `YYYY/MM/DD/HH`. */
  readonly date: string;
  /** The rest of the key, partition directories included. */
  readonly file: string;
  /** The account of ZO_S3_ACCOUNTS; absent means the only one. */
  readonly account?: string;
  readonly minTime: Micros;
  readonly maxTime: Micros;
  readonly records: number;
  readonly originalSize: number;
}

/** An object as a file that the engine can read. */
export interface LiveObject extends ListedObject {
  readonly path: string;
}

/** What places an object in its store. */
export type ObjectPlace = Pick<ListedObject, 'signal' | 'stream' | 'date' | 'file'>;

/** The key of an object below the root of its store. */
export function keyOf(organization: string, { signal, stream, date, file }: ObjectPlace): string {
  return `${streamsPrefix(organization, signal)}${stream}/${date}/${file}`;
}

/** The prefix of all keys of a signal, which the names of the streams follow. */
export function streamsPrefix(organization: string, signal: Signal): string {
  return `files/${organization}/${streamTypes[signal]}/`;
}

/** What a file in a stream's hour directory is, by its name. OpenObserve writes `#N` files while it uploads. */
export function classifyFile(name: string): 'parquet' | 'vortex' | 'foreign' {
  if (name.endsWith('.parquet')) return 'parquet';
  return name.endsWith('.vortex') ? 'vortex' : 'foreign';
}

/** When the object was created, from its snowflake id (`ms << 22 | …` and four hex digits), or undefined for other names. */
export function createdAt(file: string): Micros | undefined {
  const id = /(?:^|\/)(\d{15,20})[0-9a-f]{4}\.[a-z]+$/.exec(file)?.[1];
  return id === undefined ? undefined : Number(BigInt(id) >> 22n) * 1000;
}

/** The directory `YYYY/MM/DD/HH` of a time. */
export function toDate(time: Micros): string {
  return new Date(time / 1000).toISOString().slice(0, 13).replaceAll('-', '/').replace('T', '/');
}

/** The first instant of a directory `YYYY/MM/DD/HH`. */
export function fromDate(date: string): Micros {
  const [year = '', month = '', day = '', hour = ''] = date.split('/');
  return Date.parse(`${year}-${month}-${day}T${hour}:00:00Z`) * 1000;
}

/**
 * The hour directories that may hold rows of `[from, to)`. Before 0.70 a stream could file whole days under hour 00, so the first hour of
 * the first day is always among them.
 */
export function datesOf(from: Micros, to: Micros): string[] {
  const dates = new Set([`${toDate(from).slice(0, 10)}/00`]);
  for (let hour = Math.floor(from / HOUR) * HOUR; hour < to; hour += HOUR) {
    dates.add(`${toDate(hour).slice(0, 10)}/00`);
    dates.add(toDate(hour));
  }
  return [...dates].sort();
}
