import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { loadAggregations } from '../../src/aggregate/catalog.ts';
import { toJson } from '../../src/cli/json.ts';
import { MINUTE } from '../../src/core/time.ts';
import { splitWindow, type Window } from '../../src/core/window.ts';
import { createJob } from '../../src/jobs/index.ts';
import type { Job } from '../../src/jobs/job.ts';
import { createMiner } from '../../src/patterns/miner.ts';
import type { BatchOutcome } from '../../src/runtime/execute.ts';
import type { Source } from '../../src/sources/source.ts';
import type { Db } from '../../src/store/db.ts';
import { type RunWindowsOptions, runWindows } from '../support/run-windows.ts';

const aggregations = loadAggregations([join(import.meta.dirname, '../../aggregations')]);

export const TENANT = 'shop';

/** The main job over a source and a database that the caller owns. */
export interface Pipeline {
  readonly db: Db;
  readonly job: Job;
  /** Runs every minute of the range once, by default in one batch; windows that fail are among the outcomes. */
  run(range: Window, options?: Partial<RunWindowsOptions>): Promise<BatchOutcome[]>;
}

export async function createPipeline(
  db: Db,
  source: Source,
  memoryLimit = '128MB',
  engine: 'local' | 'openobserve' = 'local',
): Promise<Pipeline> {
  const job = createJob('oo-agg', {
    ...{ tenantId: TENANT, source, db, aggregations: await aggregations, miner: createMiner() },
    session: { directory: join(tmpdir(), 'observebridge-test'), memoryLimit, threads: 1 },
    ...{ engine, clock: () => performance.now() },
  });
  return {
    ...{ db, job },
    run: (range, options) => runWindows(db, { job, tenantId: TENANT, windows: splitWindow(range, MINUTE), ...options }),
  };
}

/** The error codes of the windows that failed, by their offset in minutes from `start`. */
export function failuresOf(outcomes: readonly BatchOutcome[], start: number): Record<number, string> {
  return Object.fromEntries(
    outcomes.flatMap(({ windows, error }) => (error ? windows.map(({ from }) => [(from - start) / MINUTE, error.code]) : [])),
  );
}

/** Every table that holds results, with the order that makes two equal tables the same text. */
const RESULT_TABLES = {
  metric_1m: 'bucket, resource_id, metric',
  service_call_5m: 'bucket, src_resource_id, dst_resource_id, protocol',
  log_pattern: 'fingerprint',
  log_pattern_5m: 'bucket, resource_id, fingerprint',
  oo_locator: 'locator_id',
  aggregation_partial_1m: 'aggregation, bucket',
  dim_resource: 'resource_id',
  etl_reconciliation: 'job, window_from, signal',
};

/** Every row of every result table as text, for comparing databases; rows that are bytes are shown in hexadecimal. */
export async function dumpResults(db: Db): Promise<string[]> {
  const lines: string[] = [];
  for (const [table, order] of Object.entries(RESULT_TABLES)) {
    const rows = await db.query<Record<string, unknown>>(`select * from ${table} order by tenant_id, ${order}`);
    for (const row of table === 'log_pattern' ? currentPatterns(rows) : rows) {
      lines.push(`${table} ${toJson(row.rows instanceof Uint8Array ? { ...row, rows: Buffer.from(row.rows).toString('hex') } : row)}`);
    }
  }
  return lines;
}

/** Patterns without their history: templates that nothing refers to any more, and how often the alias of one changed. */
function currentPatterns(rows: readonly Record<string, unknown>[]): Record<string, unknown>[] {
  const targets = new Set(rows.filter((row) => row.mask).map((row) => row.alias_of));
  return rows.filter((row) => row.mask || targets.has(row.fingerprint)).map(({ version, ...row }) => row);
}

/** Points of one database that another does not have, and the other way round; short enough to read. */
export function differences(left: readonly string[], right: readonly string[]): string[] {
  const [inLeft, inRight] = [new Set(left), new Set(right)];
  const only = [
    ...left.filter((line) => !inRight.has(line)).map((line) => `- ${line}`),
    ...right.filter((line) => !inLeft.has(line)).map((line) => `+ ${line}`),
  ];
  return only.slice(0, 12).map((line) => line.slice(0, 400));
}

/** Aggregate rows whose locator is missing, and locators that no aggregate row points to. */
export async function looseLocators(db: Db): Promise<{ missing: bigint; orphaned: bigint }> {
  const references = ['metric_1m', 'service_call_5m', 'log_pattern_5m'].map(
    (table) => `select tenant_id, sample_ref as locator_id from ${table}`,
  );
  const [loose] = await db.query<{ missing: bigint; orphaned: bigint }>(
    `with reference as (${references.join(' union all ')})
     select (select count(*) from reference r where not exists (select from oo_locator l where (l.tenant_id, l.locator_id) = (r.tenant_id, r.locator_id))) as missing,
       (select count(*) from oo_locator l where not exists (select from reference r where (l.tenant_id, l.locator_id) = (r.tenant_id, r.locator_id))) as orphaned`,
  );
  return loose ?? { missing: -1n, orphaned: -1n };
}

/** Empties every table but the list of migrations. */
export async function emptyTables(db: Db): Promise<void> {
  const tables = await db.query<{ name: string }>(
    `select quote_ident(tablename) as name from pg_tables where schemaname = 'public' and tablename <> 'schema_migration'`,
  );
  await db.query(`truncate ${tables.map(({ name }) => name).join(', ')}`);
}
