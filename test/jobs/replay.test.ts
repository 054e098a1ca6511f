import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { expect, it } from 'vitest';
import type { Signal } from '../../src/core/signal.ts';
import { HOUR, MINUTE, parseTime } from '../../src/core/time.ts';
import { splitWindow, type Window } from '../../src/core/window.ts';
import { createMockSource } from '../../src/sources/mock/mock.ts';
import { createOpenObserveFilesSource } from '../../src/sources/openobserve-files/openobserve-files.ts';
import type { Source } from '../../src/sources/source.ts';
import type { Db } from '../../src/store/db.ts';
import { describeDatabases } from '../support/databases.ts';
import { openParquetWorld } from '../support/parquet-world.ts';
import { createPipeline, differences, dumpResults, emptyTables, looseLocators } from './pipeline.ts';
import { mockConfig, type Rows, writeRows, yieldRows } from './worlds.ts';

const NOON = parseTime('2026-03-01T12:00:00Z') ?? 0;
/** Begins and ends inside five-minute buckets. */
const RANGE = { from: NOON + 2 * MINUTE, to: NOON + 13 * MINUTE };
const MINUTES = (RANGE.to - RANGE.from) / MINUTE;

/** One pass over a part of the range: by one worker, or by two at once from both ends of it. */
interface Pass {
  readonly window: Window;
  readonly maxBatch: number;
  readonly workers: 1 | 2;
}

const passes: fc.Arbitrary<Pass> = fc
  .record({
    from: fc.integer({ min: 0, max: MINUTES - 1 }),
    length: fc.integer({ min: 1, max: 6 }),
    maxBatch: fc.integer({ min: 1, max: 6 }),
    workers: fc.constantFrom<1 | 2>(1, 2),
  })
  .map(({ from, length, maxBatch, workers }) => ({
    window: { from: RANGE.from + from * MINUTE, to: Math.min(RANGE.to, RANGE.from + (from + length) * MINUTE) },
    ...{ maxBatch, workers },
  }));

/** What happens between passes, by the number of the pass that it comes before. */
const plans = fc.record({
  passes: fc.array(passes, { minLength: 1, maxLength: 3 }),
  events: fc.array(fc.nat({ max: 4 }), { minLength: 6, maxLength: 6 }),
  last: fc.constantFrom(1, 2, 3, 5, MINUTES),
});

type Plan = typeof plans extends fc.Arbitrary<infer Value> ? Value : never;

/** Follows the plan, lets everything happen that has not yet, and ends with one pass over all windows. */
async function follow(db: Db, source: Source, plan: Plan, events: readonly (() => Promise<void>)[]): Promise<string[]> {
  const pipelines = [await createPipeline(db, source), await createPipeline(db, source)];
  let done = 0;
  for (const [index, { window, maxBatch, workers }] of plan.passes.entries()) {
    for (; done < events.length && (plan.events[done] ?? 0) <= index; done++) await events[done]?.();
    const windows = splitWindow(window, MINUTE);
    const runs = pipelines
      .slice(0, workers)
      .map((pipeline, worker) =>
        pipeline.run(window, { maxBatch, worker: `worker-${worker}`, windows: worker === 0 ? windows : windows.toReversed() }),
      );
    for (const outcome of (await Promise.all(runs)).flat())
      expect([undefined, 'OB_WINDOW_BUSY'], outcome.error?.stack).toContain(outcome.error?.code);
  }
  for (; done < events.length; done++) await events[done]?.();
  const outcomes = await pipelines[0]?.run(RANGE, { maxBatch: plan.last });
  expect(outcomes?.flatMap(({ error }) => (error ? [error] : []))).toEqual([]);
  expect(await looseLocators(db)).toEqual({ missing: 0n, orphaned: 0n });
  return dumpResults(db);
}

const once: Plan = { passes: [], events: [], last: MINUTES };

async function replayGenerated(db: Db, numRuns: number): Promise<void> {
  let now = 0;
  const config = mockConfig({ late_share: 0.2, late_by: '10m', duplicate_share: 0.1 });
  const source = createMockSource(config, { now: () => now });
  const later = async (): Promise<void> => {
    now += 4 * MINUTE;
  };
  const toEnd = async (): Promise<void> => {
    now = NOON + HOUR;
  };
  await toEnd();
  const clean = await follow(db, source, once, []);
  expect(clean.length).toBeGreaterThan(500);
  await fc.assert(
    fc.asyncProperty(plans, async (plan) => {
      await emptyTables(db);
      now = RANGE.from + 2 * MINUTE;
      const found = await follow(db, source, plan, [later, later, later, later, later, toEnd]);
      expect(differences(clean, found)).toEqual([]);
    }),
    { numRuns, endOnFailure: true },
  );
}

describeDatabases('replay by concurrent workers', ['postgres 15', 'postgres 18'], (make) => {
  it('of generated telemetry with late and repeated rows leaves the tables of one clean run', async () => {
    const { db } = await make();
    await replayGenerated(db, 2);
  }, 120_000);

  it('of the minutes of one bucket, each by another worker and all at once, leaves them too', async () => {
    const { db } = await make();
    const source = createMockSource(mockConfig(), { now: () => NOON + HOUR });
    const clean = await follow(db, source, once, []);
    await emptyTables(db);
    const windows = splitWindow(RANGE, MINUTE);
    for (const round of [windows, windows.toReversed()]) {
      const runs = round.map(async (window, worker) => (await createPipeline(db, source)).run(window, { worker: `worker-${worker}` }));
      const outcomes = (await Promise.all(runs)).flat();
      expect(outcomes.flatMap(({ error }) => (error ? [error] : []))).toEqual([]);
      expect(differences(clean, await dumpResults(db))).toEqual([]);
    }
  });
});

describeDatabases('replay', ['pglite'], (make) => {
  it('of generated telemetry with late and repeated rows leaves the tables of one clean run', async () => {
    const { db } = await make();
    await replayGenerated(db, 4);
  }, 120_000);

  it('of objects that arrive late, are merged and left behind leaves the tables of one clean run', async () => {
    const { db } = await make();
    const inWorld = async (rows: Rows, late: Rows, plan: Plan, moving: boolean): Promise<string[]> => {
      const directory = await mkdtemp(join(tmpdir(), 'observebridge-replay-'));
      try {
        await using world = await openParquetWorld(directory);
        const { root, fileList } = world;
        const merge = async (signal: Signal, options = {}): Promise<void> => {
          const own = objects.filter((object) => object.signal === signal);
          if (own.length > 0) await world.compact(own, options);
        };
        const config = { type: 'openobserve_files' as const, root, organization: 'default', file_list: `sqlite:${fileList}` };
        await using source = createOpenObserveFilesSource(config, { now: () => NOON + 24 * HOUR });
        const objects = await writeRows(world, rows);
        await emptyTables(db);
        if (!moving) {
          await writeRows(world, late);
          return await follow(db, source, plan, []);
        }
        return await follow(db, source, plan, [
          () => merge('logs', { listed: false }),
          async () => void (await writeRows(world, { ...late, logs: [], points: [] })),
          () => merge('spans'),
          async () => void (await writeRows(world, { ...late, spans: [] })),
          () => merge('logs'),
        ]);
      } finally {
        await rm(directory, { recursive: true, force: true });
      }
    };
    await fc.assert(
      fc.asyncProperty(yieldRows(RANGE), yieldRows(RANGE), plans, async (rows, late, plan) => {
        const clean = await inWorld(rows, late, once, false);
        const found = await inWorld(rows, late, plan, true);
        expect(differences(clean, found)).toEqual([]);
      }),
      { numRuns: 7, endOnFailure: true },
    );
  }, 120_000);
});
