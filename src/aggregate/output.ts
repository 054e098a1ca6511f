import { severities } from '../core/severity.ts';
import { type Sketch, sketchQuantile } from '../core/sketch.ts';
import { formatTime, MINUTE, type Micros, SECOND } from '../core/time.ts';
import type { Aggregation } from './catalog.ts';
import type { OutputColumnContract } from './contract.ts';
import { identityOf, mergeRows, minuteColumn, type PartialRow, type PartialValue } from './partials.ts';

/** What a partial `weight|timestamp|trace id|stream` says about where a row’s evidence lies. */
export interface Evidence {
  readonly stream: string;
  readonly traceId: string | null;
  readonly timestamp: Micros | null;
}

/** Names the locator of an output row and gives its id. */
export type Locate = (evidence: Evidence, bucket: Micros) => bigint;

/** Table columns of an aggregation, its primary key among them, without the tenant. */
export function tableColumns(aggregation: Aggregation): { columns: string[]; key: string[] } {
  const output = Object.entries(aggregation.contract.output);
  return { columns: output.map(([name]) => name), key: output.flatMap(([name, column]) => (column.key ? [name] : [])) };
}

/** Derives the table’s rows from the partials of whole buckets, in the order of `tableColumns`. */
export function toOutputRows(aggregation: Aggregation, partials: readonly PartialRow[], locate: Locate): unknown[][] {
  const { width } = aggregation;
  const bucketOf = (minute: number): number => Math.floor((minute * MINUTE) / width) * width;
  const minute = minuteColumn(aggregation);
  const merged = mergeRows(aggregation, partials, identityOf(aggregation, bucketOf));
  const output = Object.entries(aggregation.contract.output).map(([, column]) => column);
  const texts = new Map<Micros, string>();
  return merged.map((row) => {
    const time = bucketOf(Number(row[minute]));
    const text = texts.get(time) ?? formatTime(time);
    texts.set(time, text);
    return output.map((column) => toCell(column, row, { time, text, width }, locate));
  });
}

/** A bucket's start, also as text, and its width. */
interface Bucket {
  readonly time: Micros;
  readonly text: string;
  readonly width: Micros;
}

function toCell(column: OutputColumnContract, row: PartialRow, bucket: Bucket, locate: Locate): unknown {
  const value = (name: string | undefined): PartialValue => (name === undefined ? null : (row[name] ?? null));
  if (column.type === 'timestamp') return bucket.text;
  if (column.rate !== undefined) return Number(value(column.rate)) / (bucket.width / SECOND);
  if (column.ratio !== undefined) {
    const [part, whole] = column.ratio.map((name) => Number(value(name)));
    return whole ? (part ?? 0) / whole : null;
  }
  if (column.quantile !== undefined) {
    const quantile = sketchQuantile(value(column.quantile) as Sketch, column.q ?? 0.5);
    return quantile === null ? null : quantile * (column.scale ?? 1);
  }
  if (column.evidence !== undefined) {
    const text = value(column.evidence);
    return typeof text === 'string' ? locate(parseEvidence(text), bucket.time) : null;
  }
  const plain = value(column.column);
  return column.type === 'severity' ? (severities[Number(plain) - 1] ?? null) : plain;
}

function parseEvidence(text: string): Evidence {
  const [, timestamp = '', traceId = '', ...stream] = text.split('|');
  return { stream: stream.join('|'), traceId: traceId || null, timestamp: timestamp === '' ? null : Number(timestamp) };
}
