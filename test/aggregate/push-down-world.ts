import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect } from 'vitest';
import { type AggregateResult, aggregate, prepareSession } from '../../src/aggregate/aggregate.ts';
import { type Aggregation, loadAggregations } from '../../src/aggregate/catalog.ts';
import { identityOf, type PartialRow } from '../../src/aggregate/partials.ts';
import { mergeResults, type PushedWindow, surveyWindow } from '../../src/aggregate/push-down/push-down.ts';
import { createResources } from '../../src/aggregate/resources.ts';
import { openSession, type Session } from '../../src/aggregate/session.ts';
import { sortedBins } from '../../src/core/sketch.ts';
import type { Resource } from '../../src/core/urn.ts';
import type { Window } from '../../src/core/window.ts';
import { createOpenObserveApiSource } from '../../src/sources/openobserve-api/openobserve-api.ts';
import type { ReadRanges } from '../../src/sources/source.ts';
import { configOf } from '../sources/openobserve-api-world.ts';
import type { FakeOpenObserve } from '../support/fake-openobserve/fake-openobserve.ts';

const builtIn = await loadAggregations([fileURLToPath(new URL('../../aggregations', import.meta.url))]);
/** The aggregations that can be pushed down. */
export const pushed: readonly Aggregation[] = builtIn.filter(({ contract }) => contract.reads !== 'logs');

export interface Both {
  readonly local: AggregateResult;
  readonly cluster: AggregateResult;
  readonly stats: PushedWindow['stats'];
  readonly counts: PushedWindow['counts'];
}

export interface BothOptions {
  readonly keptLabels?: Readonly<Record<string, readonly string[]>>;
  readonly aliases?: ReadonlyMap<string, Resource>;
}

/** Aggregates the window of a server with both engines. */
export async function aggregateBoth(server: FakeOpenObserve, window: Window, { keptLabels, aliases }: BothOptions = {}): Promise<Both> {
  await using session = await openSession({ directory: join(tmpdir(), 'observebridge-test'), memoryLimit: '512MB', threads: 1 });
  await prepareSession(session);
  const deps = { now: () => window.to, wait: async () => undefined, random: () => 0.5, ...(keptLabels ? { keptLabels } : {}) };
  await using source = createOpenObserveApiSource(configOf(server), deps);
  const nothing = { from: window.from, to: window.from };
  const ranges: ReadRanges = {
    logs: nothing,
    spans: { from: window.from - 900_000_000, to: window.to + 120_000_000 },
    metric_points: { from: window.from - 300_000_000, to: window.to },
  };
  const never = new AbortController().signal;
  const resources = () => createResources('tenant', async () => aliases ?? new Map());
  const pattern = () => '';
  const run = (
    relations: Parameters<typeof aggregate>[0]['relations'],
    streams: Parameters<typeof aggregate>[0]['streams'],
    target: Session,
  ) => aggregate({ session: target, relations, streams, window, resources: resources(), pattern }, pushed);

  await using read = await source.open(ranges, session, never);
  const local = await run(read.relations, read.streams, session);
  await session.dropTables();
  await using empty = await source.open({ logs: nothing, spans: nothing, metric_points: nothing }, session, never);
  const { pushDown } = empty;
  if (!pushDown) throw new Error('The source cannot push down.');
  const survey = await surveyWindow(pushDown, window, pushed);
  const inCluster = await survey.aggregate(resources());
  const relations = { ...empty.relations };
  for (const [signal, names] of [...survey.rest, ...inCluster.rest]) relations[signal] = await pushDown.read(signal, names, ranges[signal]);
  const here = await run(relations, empty.streams, session);
  return { local, cluster: mergeResults([here, inCluster.result], pushed), stats: survey.stats, counts: survey.counts };
}

/** Checks that both engines gave the same rows and reconciliation: numbers to the relative tolerance, everything else exactly. */
export function expectSame({ local, cluster }: Both, tolerance = 1e-12): void {
  const [one, other] = [toComparable(local), toComparable(cluster)];
  if (largestDifference(one, other) > tolerance) expect(other).toEqual(one);
  const sorted = (result: AggregateResult) =>
    result.reconciliation.toSorted((a, b) => a.minute - b.minute || (a.signal < b.signal ? -1 : 1));
  expect(sorted(cluster)).toEqual(sorted(local));
}

/** Rows by identity with sketches as bins, so that results can be compared. */
function toComparable(result: AggregateResult): Record<string, Record<string, Record<string, unknown>>> {
  return Object.fromEntries(
    pushed.map((aggregation) => {
      const identity = identityOf(aggregation, (minute) => minute);
      const rows = (result.partials.get(aggregation.name) ?? []).map(
        (row) => [identity(row).replaceAll('\u0000', ' '), toPlain(row)] as const,
      );
      return [aggregation.name, Object.fromEntries(rows.sort(([a], [b]) => (a < b ? -1 : 1)))];
    }),
  );
}

function toPlain(row: PartialRow): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(row)
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([name, cell]) => [name, typeof cell === 'object' && cell !== null ? sortedBins(cell) : cell]),
  );
}

/** The largest relative difference of two comparable values that are numbers at the same place; infinite where anything else differs. */
function largestDifference(one: unknown, other: unknown): number {
  if (typeof one === 'number' && typeof other === 'number') {
    if (Object.is(one, other)) return 0;
    return Math.abs(one - other) / Math.max(Math.abs(one), Math.abs(other), Number.MIN_VALUE);
  }
  if (typeof one !== 'object' || typeof other !== 'object' || one === null || other === null)
    return one === other ? 0 : Number.POSITIVE_INFINITY;
  const keys = new Set([...Object.keys(one), ...Object.keys(other)]);
  return Math.max(
    0,
    ...[...keys].map((key) => largestDifference((one as Record<string, unknown>)[key], (other as Record<string, unknown>)[key])),
  );
}
