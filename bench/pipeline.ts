import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { loadAggregations } from '../src/aggregate/catalog.ts';
import { MINUTE } from '../src/core/time.ts';
import { splitWindow, type Window } from '../src/core/window.ts';
import { createJob } from '../src/jobs/index.ts';
import { createMiner } from '../src/patterns/miner.ts';
import type { BatchOutcome } from '../src/runtime/execute.ts';
import { createOpenObserveFilesSource } from '../src/sources/openobserve-files/openobserve-files.ts';
import type { Source } from '../src/sources/source.ts';
import type { Db } from '../src/store/db.ts';
import { migrate } from '../src/store/migrate.ts';
import { openDatabase } from '../src/store/open-database.ts';
import { runWindows } from '../test/support/run-windows.ts';

export interface PipelineConfig {
  readonly databaseUrl: string;
  readonly root: string;
  readonly fileList: string;
  readonly organization?: string;
}

/** The main job with everything it needs, opened and migrated. */
export interface Pipeline extends AsyncDisposable {
  readonly db: Db;
  /** Runs the windows of the range in batches of at most `maxBatch`. Rejects when a window fails. */
  run(range: Window, maxBatch: number): Promise<BatchOutcome[]>;
}

export async function openPipeline({
  databaseUrl,
  root,
  fileList: file_list,
  organization = 'default',
}: PipelineConfig): Promise<Pipeline> {
  const deps = { now: () => Date.now() * 1000 };
  return openPipelineOf(createOpenObserveFilesSource({ type: 'openobserve_files', root, organization, file_list }, deps), databaseUrl);
}

/** The same over any source, which it disposes. */
export async function openPipelineOf(source: Source, databaseUrl: string): Promise<Pipeline> {
  const db = await openDatabase(databaseUrl);
  await migrate(db);
  const aggregations = await loadAggregations([fileURLToPath(new URL('../aggregations/', import.meta.url))]);
  const session = { directory: join(tmpdir(), 'observebridge'), memoryLimit: '128MB', threads: 1 };
  const job = createJob('oo-agg', {
    tenantId: 'bench',
    source,
    db,
    aggregations,
    miner: createMiner(),
    session,
    clock: () => performance.now(),
  });
  return {
    db,
    async run(range, maxBatch) {
      const outcomes = await runWindows(db, { job, tenantId: 'bench', windows: splitWindow(range, MINUTE), maxBatch });
      for (const { error } of outcomes) if (error) throw error;
      return outcomes;
    },
    async [Symbol.asyncDispose]() {
      await source[Symbol.asyncDispose]();
      await db[Symbol.asyncDispose]();
    },
  };
}

/** A directory that goes when it is disposed. */
export async function makeDirectory(): Promise<AsyncDisposable & { path: string }> {
  const path = await mkdtemp(join(tmpdir(), 'observebridge-bench-'));
  return { path, [Symbol.asyncDispose]: () => rm(path, { recursive: true, force: true }) };
}

/** Median, smallest and largest of some figures, as text. */
export function spread(figures: readonly number[], digits = 0): string {
  const sorted = [...figures].sort((a, b) => a - b);
  const middle = sorted[Math.floor(sorted.length / 2)] ?? Number.NaN;
  return `${middle.toFixed(digits)} (${sorted[0]?.toFixed(digits)}–${sorted.at(-1)?.toFixed(digits)})`;
}
