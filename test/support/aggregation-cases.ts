import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import type { AggregateResult } from '../../src/aggregate/aggregate.ts';
import { type Aggregation, loadAggregations } from '../../src/aggregate/catalog.ts';
import { type Evidence, tableColumns, toOutputRows } from '../../src/aggregate/output.ts';
import { minuteColumn, type PartialRow, packRows, resourceColumns } from '../../src/aggregate/partials.ts';
import type { Resources } from '../../src/aggregate/resources.ts';
import type { ResourceRule } from '../../src/core/place.ts';
import { type Signal, signals } from '../../src/core/signal.ts';
import { formatTime, MINUTE, type Micros, parseTime, SECOND } from '../../src/core/time.ts';
import { splitWindow, type Window } from '../../src/core/window.ts';
import { type AggregationWorld, type CanonicalRow, openAggregationWorld, seriesOf } from './aggregation-world.ts';

/**
 * One case of `cases/*.yaml`; a file is a list of them. Times are seconds after the start of the window, or ISO text.
 *
 * Given rows name canonical columns (`src/core/signal.ts`); what is left out comes from `defaults`, then from the runner (stream `default`,
 * trace `t1`, 1 ms, no error). A point may give `samples: { second: value }` instead of `timestamp` and `value`, and `labels`, which tell
 * series apart. A text may be `{ repeat, times }`.
 *
 * Expected rows name columns of the table, as few as matter, but every row must be there and no other. A resource reads as its URN, a
 * fingerprint as its template, a `sample_ref` as its evidence. Quantiles of sketches agree within 1 %, other doubles within 1e-9 of their value.
 * Rejected rows and unresolved calls that are not expected fail the case. Every case also runs minute by minute with its rows reversed and
 * must give the same bytes.
 */
export interface AggregationCase {
  readonly name: string;
  /** `[from, to)`; 2026-03-01 12:00–12:05 if absent. */
  readonly window?: readonly [string, string];
  readonly defaults?: GivenRow;
  readonly logs?: readonly GivenRow[];
  readonly spans?: readonly GivenRow[];
  readonly metric_points?: readonly GivenRow[];
  /** Recorded types by metric stream. */
  readonly streams?: Readonly<Record<string, string>>;
  /** URNs by alias. */
  readonly aliases?: Readonly<Record<string, string>>;
  readonly resource_rules?: readonly ResourceRule[];
  readonly expect: {
    readonly rows?: readonly ExpectedRow[];
    /** Rows of the query, per minute. */
    readonly partials?: readonly ExpectedRow[];
    readonly rejected?: Readonly<Record<string, number>>;
    readonly unresolved?: number;
  };
}

type Cell = string | number | boolean | null;
type GivenRow = Readonly<Record<string, Cell | Readonly<Record<string, Cell>>>>;
type ExpectedRow = Readonly<Record<string, Cell | Readonly<Record<string, Cell>>>>;

const WINDOW = ['2026-03-01T12:00:00Z', '2026-03-01T12:05:00Z'] as const;

/** Runs the cases of every aggregation folder below the directory; a folder without a case fails. */
export function describeCases(title: string, directory: string): void {
  describe(title, async () => {
    let world: AggregationWorld;
    beforeAll(async () => {
      world = await openAggregationWorld();
    });
    afterAll(() => world[Symbol.asyncDispose]());
    for (const aggregation of await loadAggregations([directory])) {
      const cases = await readCases(join(directory, aggregation.name, 'cases'));
      describe(aggregation.name, () => {
        it('has cases', () => expect(cases.length).toBeGreaterThan(0));
        it.each(cases)('$file: $name', (aCase) => runCase(world, aggregation, aCase));
      });
    }
  });
}

async function readCases(directory: string): Promise<(AggregationCase & { file: string })[]> {
  const files = (await readdir(directory).catch(() => [])).filter((file) => file.endsWith('.yaml')).sort();
  const lists = await Promise.all(
    files.map(async (file) => {
      const cases = parse(await readFile(join(directory, file), 'utf8')) as AggregationCase[];
      return cases.map((aCase) => ({ ...aCase, file }));
    }),
  );
  return lists.flat();
}

async function runCase(world: AggregationWorld, aggregation: Aggregation, aCase: AggregationCase): Promise<void> {
  const [from, to] = (aCase.window ?? WINDOW).map((text) => parseTime(text) ?? Number.NaN) as [number, number];
  const window: Window = { from, to };
  const rows = Object.fromEntries(signals.map((signal) => [signal, toRows(signal, aCase, from)])) as Record<Signal, CanonicalRow[]>;
  const { streams, aliases, resource_rules: rules } = aCase;
  const options = { aggregations: [aggregation], rows, streams, aliases, rules };
  const result = await world.run({ ...options, window });
  const partials = result.partials.get(aggregation.name) ?? [];

  const { rows: table, partials: minutes, rejected = {}, unresolved = 0 } = aCase.expect;
  if (table) expectRows(readTable(world, aggregation, result, from), table, aggregation);
  if (minutes) expectRows(readPartials(world, aggregation, partials, result.resources, from), minutes, aggregation);
  const read = rows[aggregation.contract.reads as Signal].filter(({ timestamp }) => Number(timestamp) >= from && Number(timestamp) < to);
  expect(sumUp(result)).toEqual({ read: read.length, rejected, unresolved });

  const reversed = Object.fromEntries(signals.map((signal) => [signal, rows[signal].toReversed()]));
  const single: PartialRow[] = [];
  const tallies: AggregateResult['reconciliation'][number][] = [];
  for (const minute of splitWindow(window, MINUTE)) {
    if (!read.some(({ timestamp }) => Number(timestamp) >= minute.from && Number(timestamp) < minute.to)) continue;
    const part = await world.run({ ...options, rows: reversed, window: minute });
    single.push(...(part.partials.get(aggregation.name) ?? []));
    tallies.push(...part.reconciliation);
  }
  expect(packMinutes(aggregation, single)).toEqual(packMinutes(aggregation, partials));
  expect(sumUp({ reconciliation: tallies })).toEqual(sumUp(result));
}

function toRows(signal: Signal, aCase: AggregationCase, from: Micros): CanonicalRow[] {
  const toTime = (time: unknown): Micros => {
    const micros = typeof time === 'string' ? parseTime(time) : from + Math.round(Number(time) * SECOND);
    if (micros === undefined || Number.isNaN(micros)) throw new Error(`"${time}" is not a time`);
    return micros;
  };
  return (aCase[signal] ?? []).flatMap((given) => {
    const { samples, labels, timestamp, ...cells } = { ...aCase.defaults, ...given };
    const row: Record<string, CanonicalRow[string]> = { stream: 'default', ...defaultsOf[signal] };
    for (const [name, cell] of Object.entries(cells)) {
      row[name] = typeof cell === 'object' && cell !== null ? String(cell.repeat).repeat(Number(cell.times)) : cell;
    }
    if (signal !== 'metric_points') return [{ ...row, timestamp: toTime(timestamp) }];
    const series = seriesOf(row, JSON.stringify(labels ?? {}));
    if (samples === undefined) return [{ ...series, ...row, timestamp: toTime(timestamp) }];
    return Object.entries(samples as Record<string, number>).map(([second, value]) => ({
      ...{ ...series, ...row, value, timestamp: toTime(Number(second)) },
    }));
  });
}

const defaultsOf: Readonly<Record<Signal, CanonicalRow>> = {
  logs: { body: 'a line' },
  spans: { trace_id: 't1', failed: false, duration_us: 1000 },
  metric_points: { kept_labels: '' },
};

type ReadRow = Record<string, unknown>;

function readTable(world: AggregationWorld, aggregation: Aggregation, result: Awaited<ReturnType<AggregationWorld['run']>>, from: Micros) {
  const evidence: Evidence[] = [];
  const locate = (found: Evidence): bigint => BigInt(evidence.push(found) - 1);
  const partials = result.partials.get(aggregation.name) ?? [];
  const { columns } = tableColumns(aggregation);
  const { output, partials: sources } = aggregation.contract;
  return toOutputRows(aggregation, partials, locate).map((cells) => {
    const row: ReadRow = {};
    for (const [index, name] of columns.entries()) {
      const cell = cells[index];
      const column = output[name];
      const source = column?.column === undefined ? undefined : sources[column.column];
      const key = source && 'key' in source ? source.key : undefined;
      if (column?.evidence !== undefined) row[name] = cell === null ? null : readEvidence(evidence[Number(cell)], from);
      else if (column?.type === 'timestamp') row[name] = (parseTime(String(cell)) ?? Number.NaN) / SECOND - from / SECOND;
      else row[name] = readKey(world, result.resources, key, cell);
    }
    return row;
  });
}

function readEvidence(evidence: Evidence | undefined, from: Micros): ReadRow {
  const timestamp = evidence?.timestamp ?? null;
  return {
    stream: evidence?.stream,
    trace_id: evidence?.traceId ?? null,
    timestamp: timestamp === null ? null : (timestamp - from) / SECOND,
  };
}

function readPartials(world: AggregationWorld, aggregation: Aggregation, rows: readonly PartialRow[], resources: Resources, from: Micros) {
  const minute = minuteColumn(aggregation);
  const places = resourceColumns(aggregation);
  return rows.map((row) =>
    Object.fromEntries(
      Object.entries(row).map(([name, cell]) => {
        const column = aggregation.contract.partials[name];
        const pattern = column && 'key' in column && column.key === 'pattern';
        if (name === minute) return [name, (Number(cell) * MINUTE - from) / SECOND];
        if (/(?:first|last)_seen$/.test(name)) return [name, (Number(cell) - from) / SECOND];
        return [name, readKey(world, resources, places.includes(name) ? 'resource' : pattern ? 'pattern' : undefined, cell)];
      }),
    ),
  );
}

function readKey({ miner }: AggregationWorld, { met }: Resources, key: string | undefined, cell: unknown): unknown {
  if (key === 'resource') return met.get(cell as bigint)?.urn ?? cell;
  if (key !== 'pattern') return cell;
  for (let code = 0; code < miner.size; code++) if (miner.pattern(code).fingerprint === cell) return miner.pattern(code).template;
  return cell;
}

function expectRows(actual: readonly ReadRow[], expected: readonly ExpectedRow[], aggregation: Aggregation): void {
  const left = [...actual];
  const unmatched = expected.filter((row) => {
    const index = left.findIndex((candidate) => isMatch(candidate, row, aggregation));
    if (index >= 0) left.splice(index, 1);
    return index < 0;
  });
  // What neither side explains is shown side by side.
  if (unmatched.length > 0 || left.length > 0) expect(left).toEqual(unmatched);
}

function isMatch(actual: ReadRow, expected: ExpectedRow, aggregation: Aggregation): boolean {
  return Object.entries(expected).every(([name, value]) => {
    const cell = actual[name];
    if (typeof value === 'object' && value !== null) return Object.entries(value).every(([key, part]) => (cell as ReadRow)?.[key] === part);
    if (typeof value !== 'number' || typeof cell !== 'number') return cell === value;
    const tolerance = aggregation.contract.output[name]?.quantile === undefined ? 1e-9 : 0.01;
    return Object.is(cell, value) || Math.abs(cell - value) <= tolerance * Math.abs(value);
  });
}

/** What became of the rows, summed over the minutes. */
function sumUp({ reconciliation }: Pick<AggregateResult, 'reconciliation'>) {
  const total = { read: 0, rejected: {} as Record<string, number>, unresolved: 0 };
  for (const { read, rejected, unresolved } of reconciliation) {
    total.read += read;
    total.unresolved += unresolved;
    for (const [reason, rows] of Object.entries(rejected)) total.rejected[reason] = (total.rejected[reason] ?? 0) + rows;
  }
  return total;
}

/** The packed rows of each minute, as the store keeps them. */
export function packMinutes(aggregation: Aggregation, rows: readonly PartialRow[]): Record<string, string> {
  const byMinute = Map.groupBy(rows, (row) => Number(row[minuteColumn(aggregation)]));
  return Object.fromEntries(
    [...byMinute]
      .sort(([a], [b]) => a - b)
      .map(([minute, some]) => [formatTime(minute * MINUTE), Buffer.from(packRows(aggregation, some)).toString('base64')]),
  );
}
