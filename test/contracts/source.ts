import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { openSession, type Session } from '../../src/aggregate/session.ts';
import { type ErrorCode, ObserveBridgeError } from '../../src/core/error.ts';
import { canonicalColumns, type Signal, signals } from '../../src/core/signal.ts';
import { MINUTE } from '../../src/core/time.ts';
import type { Window } from '../../src/core/window.ts';
import type { ReadRanges, Slice, Source } from '../../src/sources/source.ts';

export type RowCounts = Readonly<Record<Signal, number>>;

/** A source with content that is known. Every check makes its own world, so that a world may be changed. */
export interface SourceWorld extends AsyncDisposable {
  readonly source: Source;
  /** Whole minutes that hold all rows of interest. */
  readonly range: Window;
  /** Rows of every signal in each minute of the range. */
  readonly expected: readonly RowCounts[];
  /** By name, changes of the content; each resolves to the rows that it adds to the range. */
  readonly changes?: Readonly<Record<string, () => Promise<Partial<RowCounts>>>>;
  /** By name, what can go wrong and the failure that a reader meets. `midway` faults strike between open and read. */
  readonly faults?: Readonly<Record<string, { inflict(): Promise<void>; code: ErrorCode; midway?: boolean }>>;
}

/** Identities of series hold within one read only, so they take no part in comparing reads. */
const COMPARED: Readonly<Record<Signal, string>> = {
  logs: 'columns(*)',
  spans: 'columns(*)',
  metric_points: 'columns(* exclude (series, family_series))',
};

/** The checks that every source passes: see `Source` and `Slice` for what is promised. `features` names the changes and faults of its worlds. */
export function describeSource(
  name: string,
  makeWorld: () => Promise<SourceWorld>,
  features: { changes?: readonly string[]; faults?: readonly string[] } = {},
): void {
  const inWorld = async (check: (world: SourceWorld, session: Session) => Promise<void>): Promise<void> => {
    await using world = await makeWorld();
    await using session = await openSession({ directory: join(tmpdir(), 'observebridge-test'), memoryLimit: '256MB', threads: 1 });
    await check(world, session);
  };

  describe(`source ${name}`, () => {
    it('gives the known rows of every minute', () =>
      inWorld(async ({ source, range, expected }, session) => {
        const { relations } = await read(source, range, session);
        for (const signal of signals) {
          const rows = await session.rows<{ minute: number; found: number }>(
            `select ((timestamp - ${range.from}) // ${MINUTE})::integer as minute, count(*)::integer as found from (${relations[signal]}) group by all`,
          );
          const found = expected.map((_, minute) => rows.find((row) => row.minute === minute)?.found ?? 0);
          expect(found, signal).toEqual(expected.map((counts) => counts[signal]));
          expect(
            rows.reduce((total, row) => total + row.found, 0),
            `${signal} outside of the range`,
          ).toBe(found.reduce((total, count) => total + count, 0));
        }
      }));

    it('gives the canonical columns with their types, in order', () =>
      inWorld(async ({ source, range }, session) => {
        for (const window of [range, { from: range.from, to: range.from }]) {
          const { relations } = await read(source, window, session);
          for (const signal of signals) {
            const described = await session.rows<{ column_name: string; column_type: string }>(`describe ${relations[signal]}`);
            const columns = described.map(({ column_name, column_type }) => [column_name, column_type.toLowerCase()]);
            expect(columns, signal).toEqual(Object.entries(canonicalColumns[signal]));
          }
        }
      }));

    it('reads a row at `from` and none at `to`', () =>
      inWorld(async ({ source, range }, session) => {
        const whole = await read(source, range, session);
        for (const signal of signals) {
          const [row] = await session.rows<{ middle: bigint | null; at: number }>(
            `select quantile_disc(timestamp, 0.5)::bigint as middle from (${whole.relations[signal]})`,
          );
          expect(row?.middle, `${signal} has rows`).not.toBeNull();
          const time = Number(row?.middle);
          const [before, at, after] = [
            await measure(source, { from: range.from, to: time }, session, signal),
            await measure(source, { from: time, to: time + 1 }, session, signal),
            await measure(source, { from: time + 1, to: range.to }, session, signal),
          ];
          expect(before.latest ?? 0, signal).toBeLessThan(time);
          expect([at.earliest, at.latest], signal).toEqual([time, time]);
          expect(after.earliest ?? Number.POSITIVE_INFINITY, signal).toBeGreaterThan(time);
          expect(before.count + at.count + after.count, signal).toBe((await measure(source, range, session, signal)).count);
        }
      }));

    it('tiles: the rows of any parts are the rows of the whole', () =>
      inWorld(async ({ source, range }, session) => {
        const whole = new Map<Signal, Measure>();
        for (const signal of signals) whole.set(signal, await measure(source, range, session, signal));
        const cuts = fc.array(fc.integer({ min: range.from, max: range.to }), { minLength: 1, maxLength: 3 });
        await fc.assert(
          fc.asyncProperty(cuts, fc.constantFrom(...signals), async (times, signal) => {
            const edges = [range.from, ...times.toSorted((a, b) => a - b), range.to];
            const parts: Measure[] = [];
            for (const [index, from] of edges.slice(0, -1).entries()) {
              parts.unshift(await measure(source, { from, to: edges[index + 1] ?? range.to }, session, signal));
            }
            expect(parts.reduce((total, part) => total + part.count, 0)).toBe(whole.get(signal)?.count);
            expect(parts.reduce((total, part) => total + part.content, 0n)).toBe(whole.get(signal)?.content);
          }),
          { numRuns: 12 },
        );
      }));

    it('reads each signal in a range of its own', () =>
      inWorld(async ({ source, range, expected }, session) => {
        const first = { from: range.from, to: range.from + MINUTE };
        const ranges = { logs: first, spans: range, metric_points: { from: range.from, to: range.from } };
        await using slice = await source.open(ranges, session, new AbortController().signal);
        expect(await count(slice, 'logs', session)).toBe(expected[0]?.logs);
        expect(await count(slice, 'spans', session)).toBe(expected.reduce((total, counts) => total + counts.spans, 0));
        expect(await count(slice, 'metric_points', session)).toBe(0);
      }));

    it('has no rows in an empty range', () =>
      inWorld(async ({ source, range }, session) => {
        const slice = await read(source, { from: range.from, to: range.from }, session);
        for (const signal of signals) expect(await count(slice, signal, session), signal).toBe(0);
      }));

    it('lists every stream once, with the streams of all rows among them', () =>
      inWorld(async ({ source, range }, session) => {
        const slice = await read(source, range, session);
        const listed = slice.streams.map((stream) => `${stream.signal}/${stream.name}`);
        expect(new Set(listed).size).toBe(listed.length);
        for (const signal of signals) {
          const rows = await session.rows<{ stream: string }>(`select distinct stream from (${slice.relations[signal]})`);
          for (const { stream } of rows) expect(listed).toContain(`${signal}/${stream}`);
        }
      }));

    it('stops with OB_CANCELED when the signal fires', () =>
      inWorld(async ({ source, range }, session) => {
        const canceled = { code: 'OB_CANCELED' };
        await expect(source.open(all(range), session, AbortSignal.abort())).rejects.toMatchObject(canceled);
        const controller = new AbortController();
        const opening = source.open(all(range), session, controller.signal);
        controller.abort();
        await expect(opening).rejects.toMatchObject(canceled);
        expect((await read(source, range, session)).streams.length).toBeGreaterThan(0);
      }));

    it('is disposed twice without harm', () =>
      inWorld(async ({ source, range }, session) => {
        const slice = await read(source, range, session);
        await slice[Symbol.asyncDispose]();
        await slice[Symbol.asyncDispose]();
        await source[Symbol.asyncDispose]();
        await source[Symbol.asyncDispose]();
      }));

    it('explains every error as one of ours', () =>
      inWorld(async ({ source, range }, session) => {
        const slice = await read(source, range, session);
        const ours = new ObserveBridgeError('OB_LEASE_LOST', 'write', 'Another worker owns the window.');
        expect(slice.explain(ours)).toBe(ours);
        for (const odd of [new Error('something odd'), 'a thrown string', undefined]) {
          expect(slice.explain(odd)).toBeInstanceOf(ObserveBridgeError);
        }
        expect(slice.explain(new Error('Out of Memory Error: failed to allocate')).code).toBe('OB_MEMORY_LIMIT');
      }));

    it('says what it found without failing', () =>
      inWorld(async ({ source }) => {
        const findings = await source.check(new AbortController().signal);
        expect(findings.length).toBeGreaterThan(0);
        for (const { text } of findings) expect(text).toMatch(/\.$/);
      }));

    for (const feature of features.changes ?? []) {
      it(`sees ${feature} in the next read`, () =>
        inWorld(async ({ source, range, changes }, session) => {
          const change = changes?.[feature];
          if (!change) throw new Error(`The world does not know the change "${feature}".`);
          const earlier: number[] = [];
          for (const signal of signals) earlier.push((await measure(source, range, session, signal)).count);
          const added = await change();
          for (const [index, signal] of signals.entries()) {
            const { count: later } = await measure(source, range, session, signal);
            expect(later - (earlier[index] ?? 0), signal).toBe(added[signal] ?? 0);
          }
        }));
    }

    for (const feature of features.faults ?? []) {
      it(`meets ${feature} with its own error`, () =>
        inWorld(async ({ source, range, faults }, session) => {
          const fault = faults?.[feature];
          if (!fault) throw new Error(`The world does not know the fault "${feature}".`);
          if (!fault.midway) await fault.inflict();
          await expect(readAll(source, range, session, fault.midway ? fault.inflict : undefined)).rejects.toMatchObject({
            code: fault.code,
          });
        }));
    }
  });
}

interface Measure {
  readonly count: number;
  readonly earliest: number | undefined;
  readonly latest: number | undefined;
  /** Sum of the hashes of all rows: the same for the same rows in any order. */
  readonly content: bigint;
}

const all = (window: Window): ReadRanges => ({ logs: window, spans: window, metric_points: window });

const read = (source: Source, window: Window, session: Session): Promise<Slice> =>
  source.open(all(window), session, new AbortController().signal);

async function count(slice: Slice, signal: Signal, session: Session): Promise<number> {
  const [row] = await session.rows<{ found: number }>(`select count(*)::integer as found from (${slice.relations[signal]})`);
  return row?.found ?? 0;
}

async function measure(source: Source, window: Window, session: Session, signal: Signal): Promise<Measure> {
  const nothing = { from: window.from, to: window.from };
  const ranges = { logs: nothing, spans: nothing, metric_points: nothing, [signal]: window };
  await using slice = await source.open(ranges, session, new AbortController().signal);
  const [row] = await session.rows<{ found: bigint; earliest: bigint | null; latest: bigint | null; content: bigint | null }>(
    `select count(*) as found, min(timestamp) as earliest, max(timestamp) as latest, sum(hash(row)::hugeint)::hugeint as content
     from (select ${COMPARED[signal]} from (${slice.relations[signal]})) as row`,
  );
  const toNumber = (value: bigint | null | undefined): number | undefined => (value == null ? undefined : Number(value));
  return {
    ...{ count: Number(row?.found ?? 0), content: row?.content ?? 0n },
    ...{ earliest: toNumber(row?.earliest), latest: toNumber(row?.latest) },
  };
}

async function readAll(source: Source, window: Window, session: Session, midway?: () => Promise<void>): Promise<void> {
  await using slice = await read(source, window, session);
  await midway?.();
  try {
    for (const signal of signals)
      await session.rows(`select count(*) as found, max(row) as greatest from (${slice.relations[signal]}) as row`);
  } catch (error) {
    throw slice.explain(error);
  }
}
