import { deflateRawSync, inflateRawSync } from 'node:zlib';
import { ObserveBridgeError } from '../core/error.ts';
import { addToBin, createSketch, mergeSketches, type Sketch, sortedBins } from '../core/sketch.ts';
import type { Aggregation } from './catalog.ts';
import type { PartialColumnContract } from './contract.ts';

/** A cell of a partial: resource ids are bigint, sums and extremes numbers or texts, sketches objects. */
export type PartialValue = bigint | number | string | Sketch | null;

/** One row of an aggregation's query: a minute and identity with its mergeable measures, by column name. */
export type PartialRow = Record<string, PartialValue>;

type Columns = Aggregation['contract']['partials'];

const isKey = (column: PartialColumnContract): column is Extract<PartialColumnContract, { key: unknown }> => 'key' in column;

/** The column that holds the minute. */
export function minuteColumn(aggregation: Aggregation): string {
  return Object.entries(aggregation.contract.partials).find(([, column]) => isKey(column) && column.key === 'minute')?.[0] ?? 'bucket';
}

/** The columns that hold resource ids. */
export function resourceColumns(aggregation: Aggregation): string[] {
  return Object.entries(aggregation.contract.partials).flatMap(([name, column]) =>
    isKey(column) && column.key === 'resource' ? [name] : [],
  );
}

/** Turns a query's result into partial rows. Rejects with `OB_AGGREGATION_INVALID` when a promised column is not there. */
export function toPartialRows(
  aggregation: Aggregation,
  result: ReadonlyMap<string, readonly unknown[]>,
  pattern: (code: number) => string,
): PartialRow[] {
  const columns = Object.entries(aggregation.contract.partials).map(([name, column]) => {
    const values = result.get(name);
    if (!values)
      throw new ObserveBridgeError('OB_AGGREGATION_INVALID', 'aggregate', `The query of ${aggregation.name} gives no column ${name}.`);
    return { name, values, read: readerOf(column, pattern) };
  });
  const rows: PartialRow[] = [];
  const count = columns[0]?.values.length ?? 0;
  for (let index = 0; index < count; index++) {
    const row: PartialRow = {};
    for (const { name, values, read } of columns) row[name] = read(values[index]);
    rows.push(row);
  }
  return rows;
}

function readerOf(column: PartialColumnContract, pattern: (code: number) => string): (value: unknown) => PartialValue {
  if (isKey(column)) {
    if (column.key === 'resource') return (value) => (value === null ? null : BigInt(value as bigint));
    if (column.key === 'pattern') return (value) => pattern(Number(value));
    return column.key === 'minute' ? Number : String;
  }
  if (column.merge === 'sketch') return toSketch;
  return (value) => (typeof value === 'bigint' ? Number(value) : (value as PartialValue));
}

function toSketch(value: unknown): Sketch {
  const sketch = createSketch();
  for (const { key, value: count } of (value as { key: number; value: bigint }[] | null) ?? [])
    addToBin(sketch, Number(key), Number(count));
  return sketch;
}

/** Merges rows of the same identity; `identity` says which rows those are. The result does not depend on the order of the rows. */
export function mergeRows(aggregation: Aggregation, rows: Iterable<PartialRow>, identity: (row: PartialRow) => string): PartialRow[] {
  const merged = new Map<string, PartialRow>();
  for (const row of rows) {
    const id = identity(row);
    const known = merged.get(id);
    merged.set(id, known ? mergePair(aggregation.contract.partials, known, row) : row);
  }
  return [...merged.values()];
}

/** A row's identity from the columns with `key`; the bucket stands for the minute. */
export function identityOf(aggregation: Aggregation, toBucket: (minute: number) => number): (row: PartialRow) => string {
  const keys = Object.entries(aggregation.contract.partials).flatMap(([name, column]) =>
    isKey(column) ? [{ name, minute: column.key === 'minute' }] : [],
  );
  return (row) => keys.map(({ name, minute }) => (minute ? toBucket(Number(row[name])) : String(row[name]))).join('\u0000');
}

function mergePair(columns: Columns, left: PartialRow, right: PartialRow): PartialRow {
  const row: PartialRow = {};
  for (const [name, column] of Object.entries(columns))
    row[name] = isKey(column) ? (left[name] ?? null) : mergeValue(name, column, left, right);
  return row;
}

function mergeValue(name: string, column: { merge: string; by?: string }, left: PartialRow, right: PartialRow): PartialValue {
  const a = left[name] ?? null;
  const b = right[name] ?? null;
  if (column.merge === 'first') {
    const order = compare(left[column.by ?? name] ?? null, right[column.by ?? name] ?? null) || compare(a, b);
    return order <= 0 ? a : b;
  }
  if (a === null || b === null) return a ?? b;
  if (column.merge === 'sum') return Number(a) + Number(b);
  if (column.merge === 'sketch') return mergeSketches(a as Sketch, b as Sketch);
  return compare(a, b) <= 0 === (column.merge === 'min') ? a : b;
}

function compare(a: PartialValue, b: PartialValue): number {
  if (a === b) return 0;
  if (a === null || b === null) return a === null ? 1 : -1;
  return a < b ? -1 : 1;
}

/** Packs the rows of one minute; the same rows give the same bytes whatever their order. */
export function packRows(aggregation: Aggregation, rows: readonly PartialRow[]): Uint8Array {
  const columns = Object.entries(aggregation.contract.partials);
  const lines = rows.map((row) =>
    JSON.stringify(
      columns.map(([name, column]) =>
        !isKey(column) && column.merge === 'sketch' ? packSketch(row[name] as Sketch) : packValue(row[name] ?? null),
      ),
    ),
  );
  return deflateRawSync(lines.sort().join('\n'), { level: 1 });
}

const packSketch = (sketch: Sketch): number[] => sortedBins(sketch).flat();
const packValue = (value: PartialValue) => (typeof value === 'bigint' ? value.toString() : value);

/** Reads what `packRows` wrote. */
export function unpackRows(aggregation: Aggregation, packed: Uint8Array): PartialRow[] {
  const columns = Object.entries(aggregation.contract.partials);
  const text = inflateRawSync(packed).toString();
  if (text === '') return [];
  return text.split('\n').map((line) => {
    const values = JSON.parse(line) as (string | number | number[] | null)[];
    return Object.fromEntries(columns.map(([name, column], index) => [name, unpackValue(column, values[index] ?? null)]));
  });
}

function unpackValue(column: PartialColumnContract, value: string | number | number[] | null): PartialValue {
  if (Array.isArray(value)) {
    const sketch = createSketch();
    for (let index = 0; index < value.length; index += 2) addToBin(sketch, value[index] ?? 0, value[index + 1] ?? 0);
    return sketch;
  }
  return isKey(column) && column.key === 'resource' && value !== null ? BigInt(value) : value;
}
