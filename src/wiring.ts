import { randomBytes, randomUUID } from 'node:crypto';
import { hostname, tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { type Aggregation, loadAggregations } from './aggregate/catalog.ts';
import type { CheckFinding, RunReport, RunRequest, Wiring, WiringSetup } from './cli/command.ts';
import { defaultDelays, type JobName } from './config/jobs-schema.ts';
import type { Config, TenantConfig } from './config/schema.ts';
import { ObserveBridgeError, toObserveBridgeError } from './core/error.ts';
import { createRunId } from './core/run-id.ts';
import { maskSecrets } from './core/secret.ts';
import { formatTime, type Micros, toMicros } from './core/time.ts';
import { splitWindow, type Window } from './core/window.ts';
import { createJob } from './jobs/index.ts';
import type { Job } from './jobs/job.ts';
import { explainLine } from './patterns/explain.ts';
import { createMiner } from './patterns/miner.ts';
import { keepUp, type Scheduled } from './runtime/keep-up.ts';
import { type BatchOutcome, runBatches } from './runtime/run-batches.ts';
import { createSource } from './sources/index.ts';
import type { Source } from './sources/source.ts';
import { type AggregateTable, ensureAggregateTables } from './store/aggregate-table.ts';
import { toServerReport } from './store/database-error.ts';
import type { Db } from './store/db.ts';
import { upsertTenant } from './store/dimension.ts';
import { migrate, pendingMigrations } from './store/migrate.ts';
import { openDatabase } from './store/open-database.ts';
import type { Logger } from './telemetry/logger.ts';

const BUILT_IN_AGGREGATIONS = fileURLToPath(new URL('../aggregations/', import.meta.url));

const now = (): Micros => Date.now() * 1000;

/** Builds the program from its configuration. The database, the engine and the sources are opened when a command first needs them. */
export async function createWiring(setup: WiringSetup): Promise<Wiring> {
  const { config, signal } = setup;
  const opened = new AsyncDisposableStack();
  let database: Promise<Db> | undefined;
  const openDb = (): Promise<Db> => {
    database ??= openDatabase(config.database.url, signal).then((db) => opened.use(db));
    return database;
  };
  const parts: Parts = {
    setup,
    openDb,
    openSource: (tenant) => opened.use(createSource(tenant.source, { now, keptLabels: config.metrics.keep_labels })),
    worker: `${hostname()}-${process.pid}-${randomUUID().slice(0, 8)}`,
  };
  return {
    runJob: (request) => runRange(parts, request),
    async migrate() {
      const db = await openDb();
      const applied = await migrate(db);
      const [newest] = await db.query<{ version: number }>('select max(version)::int as version from schema_migration');
      return { applied, version: newest?.version ?? 0 };
    },
    check: () => check(parts),
    async sql(text) {
      const db = await openDb();
      const rows = await db.query<Record<string, unknown>>(text).catch((error) => Promise.reject(toSqlError(error)));
      return { columns: Object.keys(rows[0] ?? {}), rows };
    },
    explainPattern: async (line) => ({ ...explainLine(line, config.patterns) }),
    up: () => runUp(parts),
    [Symbol.asyncDispose]: () => opened.disposeAsync(),
  };
}

/** What the functions below build commands from. */
interface Parts {
  readonly setup: WiringSetup;
  openDb(): Promise<Db>;
  openSource(tenant: TenantConfig): Source;
  /** Names this process in leases. */
  readonly worker: string;
}

interface Workshop {
  readonly db: Db;
  createTenantJob(name: string, tenant: TenantConfig): Promise<Job>;
}

async function openWorkshop({ setup, openDb, openSource }: Parts): Promise<Workshop> {
  const { config } = setup;
  const aggregations = await loadAggregations([BUILT_IN_AGGREGATIONS, ...config.aggregations.directories]);
  const db = await openDb();
  await migrate(db);
  await ensureAggregateTables(db, aggregations.map(toTable));
  const miner = createMiner(config.patterns);
  const { memory_limit, threads, temp_directory } = config.engine;
  const session = {
    directory: temp_directory ?? join(tmpdir(), `observebridge-${process.getuid?.() ?? 0}`),
    memoryLimit: memory_limit,
    threads,
  };
  return {
    db,
    async createTenantJob(name, tenant) {
      await upsertTenant(db, tenant.id, tenant.name);
      const source = openSource(tenant);
      const rules = config.metrics.resource_rules;
      return createJob(name, { tenantId: tenant.id, source, db, aggregations, miner, session, rules, clock: () => performance.now() });
    },
  };
}

function toTable(aggregation: Aggregation): AggregateTable {
  const columns = Object.entries(aggregation.contract.output).map(([name, column]) => ({
    name,
    type: column.type,
    key: column.key === true,
  }));
  return { name: aggregation.name, grain: aggregation.contract.grain, columns };
}

async function runRange(parts: Parts, request: RunRequest): Promise<RunReport> {
  const { config, logger, progress, signal } = parts.setup;
  const started = performance.now();
  const tenant = findTenant(config, request.tenantId);
  const { align, max_batch, timeout } = config.jobs[request.job as JobName];
  const { db, createTenantJob } = await openWorkshop(parts);
  const job = await createTenantJob(request.job, tenant);
  const windows = splitWindow(request.range, toMicros(align));
  progress.start(windows.length, `${request.job} ${tenant.id}`);
  const outcomes = await runBatches({
    ...{
      db,
      job,
      tenantId: tenant.id,
      windows,
      maxBatch: max_batch,
      timeout: toMicros(timeout),
      worker: parts.worker,
      runId: request.runId,
      trigger: 'cli',
      signal,
    },
    onBatch(outcome) {
      logOutcome(logger, outcome);
      progress.advance(outcome.windows.length, formatTime(outcome.windows.at(-1)?.to ?? 0));
    },
  });
  progress.stop();
  const failures = outcomes.flatMap(({ windows: of, error }) => (error ? [{ windows: of, error }] : []));
  const tables: Record<string, number> = {};
  for (const { rows } of outcomes) for (const [table, count] of Object.entries(rows)) tables[table] = (tables[table] ?? 0) + count;
  return {
    ...{
      run_id: request.runId,
      job: request.job,
      tenant_id: tenant.id,
      from: formatTime(request.range.from),
      to: formatTime(request.range.to),
    },
    ...{
      windows: windows.length,
      failed: failures.reduce((total, failure) => total + failure.windows.length, 0),
      rows: Object.values(tables).reduce((total, count) => total + count, 0),
      tables,
    },
    changed: outcomes.reduce((total, outcome) => total + outcome.changed, 0),
    elapsed_ms: Math.round(performance.now() - started),
    failures: failures.map(({ windows: of, error }) => ({
      ...{ from: formatTime(of[0]?.from ?? 0), to: formatTime(of.at(-1)?.to ?? 0), code: error.code, message: error.message },
    })),
  };
}

function logOutcome(logger: Logger, { windows, rows, changed, stats, error }: BatchOutcome): void {
  const range = { window_from: formatTime(windows[0]?.from ?? 0), window_to: formatTime(windows.at(-1)?.to ?? 0), windows: windows.length };
  if (error) logger.error({ ...range, code: error.code, error }, 'windows failed');
  else logger.debug({ ...range, rows, changed, stats: stats[0] }, 'windows succeeded');
}

async function runUp(parts: Parts): Promise<void> {
  const { config, logger, progress, signal } = parts.setup;
  const { db, createTenantJob } = await openWorkshop(parts);
  const scheduled = await Promise.all(
    config.tenants.map(async (tenant): Promise<Scheduled> => {
      const { align, delay, initial_lookback, max_batch, timeout } = config.jobs['oo-agg'];
      return {
        job: await createTenantJob('oo-agg', tenant),
        tenantId: tenant.id,
        ...{
          align: toMicros(align),
          delay: toMicros(delay ?? defaultDelays[tenant.source.type]),
          maxBatch: max_batch,
          timeout: toMicros(timeout),
        },
        initialLookback: toMicros(tenant.initial_lookback?.['oo-agg'] ?? initial_lookback),
      };
    }),
  );
  progress.print(
    `ObserveBridge keeps up ${scheduled.length} tenant${scheduled.length === 1 ? '' : 's'} in ${maskSecrets(config.database.url)}. Ctrl-C ends it.`,
  );
  await keepUp({
    ...{ db, scheduled, worker: parts.worker, runId: createRunId(Date.now(), randomBytes(10)), signal, now },
    wait: (duration, aborted) => sleep(duration / 1000, undefined, { signal: aborted }).catch(() => undefined),
    onDue: (each, windows) => (windows > 1 ? progress.start(windows, `${each.job.name} ${each.tenantId}`) : undefined),
    onBatch(each, outcome) {
      if (outcome.error && signal.aborted) return; // the user ended it; the windows stay due
      logOutcome(logger, outcome);
      for (const line of summarize(each.tenantId, outcome)) progress.print(line);
      progress.advance(outcome.windows.length);
    },
    onRest: () => progress.stop(),
  });
  progress.print('Stopped; finished windows are kept.');
}

/** One line per window: what was read, and what the batch wrote and took. */
function summarize(tenantId: string, { windows, rows, stats, error }: BatchOutcome): string[] {
  const at = (window: Window | undefined): string =>
    formatTime(window?.from ?? 0)
      .slice(0, 16)
      .replace('T', ' ');
  if (error) return [`${tenantId} ${at(windows[0])} failed: ${error.message} ${error.remedy} (${error.code})`];
  const lines = windows.map((window, index) => {
    const { rows_read, rows_rejected } = stats[index] as { rows_read: Record<string, number>; rows_rejected: Record<string, number> };
    const read = Object.entries(rows_read).map(([name, count]) => `${count} ${name.replace('_', ' ')}`);
    const rejected = Object.entries(rows_rejected).map(([reason, count]) => `${count} ${reason.replaceAll('_', ' ')}`);
    return `${tenantId} ${at(window)}  ${read.join(', ') || 'no rows'}${rejected.length > 0 ? ` (rejected: ${rejected.join(', ')})` : ''}`;
  });
  const { ms } = stats[0] as { ms: Record<string, number> };
  const total = Object.values(ms).reduce((sum, part) => sum + part, 0);
  const written = Object.entries(rows).map(([table, count]) => `${table} ${count}`);
  lines.push(`${lines.pop()} → ${written.join(', ')} in ${total} ms`);
  return lines;
}

async function check({ setup, openDb, openSource }: Parts): Promise<CheckFinding[]> {
  const { config, signal } = setup;
  const findings: CheckFinding[] = [];
  try {
    const db = await openDb();
    const pending = await pendingMigrations(db);
    const extensions = await db.query<{ name: string }>(
      `select name from pg_available_extensions where name in ('age', 'vector', 'timescaledb') order by name`,
    );
    const offers = extensions.map((extension) => extension.name).join(', ') || 'none of age, vector, timescaledb';
    findings.push({
      subject: 'database',
      level: 'ok',
      text: `PostgreSQL ${db.version} (${db.kind}) answers; optional extensions: ${offers}.`,
    });
    if (pending.length > 0)
      findings.push({
        subject: 'database',
        level: 'warning',
        text: `${pending.length} migrations are pending; run, up and migrate apply them.`,
      });
  } catch (error) {
    findings.push(toFinding('database', error));
  }
  for (const tenant of config.tenants) {
    try {
      for (const finding of await openSource(tenant).check(signal)) findings.push({ subject: `tenant ${tenant.id}`, ...finding });
    } catch (error) {
      findings.push(toFinding(`tenant ${tenant.id}`, error));
    }
  }
  try {
    const aggregations = await loadAggregations([BUILT_IN_AGGREGATIONS, ...config.aggregations.directories]);
    findings.push({ subject: 'aggregations', level: 'ok', text: `${aggregations.map((aggregation) => aggregation.name).join(', ')}.` });
  } catch (error) {
    findings.push(toFinding('aggregations', error));
  }
  return findings;
}

function toFinding(subject: string, error: unknown): CheckFinding {
  const known = toObserveBridgeError(error);
  return { subject, level: 'error', text: `${known.message} ${known.remedy}` };
}

function findTenant(config: Config, id: string): TenantConfig {
  const tenant = config.tenants.find((candidate) => candidate.id === id);
  if (!tenant) throw new ObserveBridgeError('OB_TENANT_UNKNOWN', 'usage', `There is no tenant ${id}.`);
  return tenant;
}

/** A statement of the user's own: the server's words are the best explanation. */
function toSqlError(error: unknown): ObserveBridgeError {
  const known = toObserveBridgeError(error);
  if (known.code !== 'OB_DATABASE_FAILED') return known;
  return new ObserveBridgeError(
    'OB_SQL_FAILED',
    'database',
    `The database refused the statement: ${toServerReport(known.cause ?? error).message}.`,
    error,
  );
}
