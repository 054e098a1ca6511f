import { randomUUID } from 'node:crypto';
import { hostname } from 'node:os';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { BUILT_IN_AGGREGATIONS, loadAggregations } from './aggregate/catalog.ts';
import type { SourceFinding } from './api/deps.ts';
import { assertSafeToListen } from './api/listen-safety.ts';
import { createServer } from './api/server.ts';
import { listCheckFindings } from './cli/check-findings.ts';
import type { RunReport, RunRequest, UpRequest, Wiring, WiringSetup } from './cli/command.ts';
import { toOutcomeLines } from './cli/outcome-lines.ts';
import { toRunReport } from './cli/run-report.ts';
import { cacheBeside, toSession } from './config/engine-session.ts';
import type { JobName } from './config/jobs-schema.ts';
import type { Config, TenantConfig } from './config/schema.ts';
import { ObserveBridgeError, toObserveBridgeError } from './core/error.ts';
import { maskSecrets } from './core/secret.ts';
import { formatTime, type Micros, toMicros } from './core/time.ts';
import { splitWindow } from './core/window.ts';
import { queryWithCypher } from './graph/cypher-statement.ts';
import { toAggregateTable } from './jobs/aggregate-tables.ts';
import { createEvidenceReader } from './jobs/evidence-reader.ts';
import { createInstallationJob, createJob, installationJobs, tenantJobs } from './jobs/index.ts';
import type { Job } from './jobs/job.ts';
import { toKnowledgeSettings } from './jobs/knowledge/settings.ts';
import { createMcpEndpoint } from './mcp/http.ts';
import { serveStdio } from './mcp/stdio.ts';
import { explainLine } from './patterns/explain.ts';
import { createMiner } from './patterns/miner.ts';
import type { BatchOutcome, ExecuteDeps } from './runtime/execute.ts';
import { keepJobs } from './runtime/keep-jobs.ts';
import { keepLeases } from './runtime/leases.ts';
import { createRunReporter, type RunReporter } from './runtime/report-runs.ts';
import { toRetryPolicy } from './runtime/retry-policy.ts';
import { runRange } from './runtime/run-range.ts';
import { runScheduler } from './runtime/scheduler.ts';
import { createTenantDirectory, INSTALLATION, type TenantDirectory } from './runtime/tenant-directory.ts';
import { createWake, type Wake } from './runtime/wake.ts';
import { runWorker, type WorkerJob } from './runtime/worker.ts';
import { createSource } from './sources/index.ts';
import type { Source } from './sources/source.ts';
import { ensureAggregateTables } from './store/aggregate-table.ts';
import { countTokens } from './store/api-token.ts';
import { advanceBackfills } from './store/backfill-queue.ts';
import { toStatementError } from './store/database-error.ts';
import type { Db } from './store/db.ts';
import { upsertTenant } from './store/dimension.ts';
import { migrate } from './store/migrate.ts';
import { openDatabase } from './store/open-database.ts';
import type { ClaimedBatch, Holder } from './store/run-queue.ts';
import type { Lane } from './store/schedule.ts';
import { createLineage } from './telemetry/lineage.ts';
import { createMetrics, type Metrics } from './telemetry/metrics.ts';

const BUILT_CONSOLE = fileURLToPath(new URL('../ui/dist', import.meta.url));

const now = (): Micros => Date.now() * 1000;
const wait = (ms: number, signal?: AbortSignal) => sleep(ms, undefined, signal ? { signal } : {}).catch(() => undefined);

/** Builds the program from its configuration. The database, the engine and the sources are opened when a command first needs them. */
export async function createWiring(setup: WiringSetup): Promise<Wiring> {
  const { config, signal, logger } = setup;
  const opened = new AsyncDisposableStack();
  let database: Promise<Db> | undefined;
  const openDb = (): Promise<Db> => {
    database ??= openDatabase(config.database.url, signal).then((db) => opened.use(db));
    return database;
  };
  const metrics = createMetrics();
  const sources = new WeakMap<TenantConfig, Source>();
  const lineage = opened.use(
    createLineage(config.lineage, {
      ...{ fetch, logger, random: Math.random },
      wait,
    }),
  );
  const { namespace } = config.lineage;
  const parts: Parts = {
    setup,
    openDb,
    metrics,
    openSource(tenant) {
      const source =
        sources.get(tenant) ??
        opened.use(createSource(tenant.source, { now, keptLabels: config.metrics.keep_labels, ...cacheBeside(config) }));
      sources.set(tenant, source);
      return source;
    },
    reporter: createRunReporter({
      logger,
      metrics,
      lineage,
      namespace,
      version: setup.version,
      databaseUrl: maskSecrets(config.database.url),
      now,
    }),
    worker: `${hostname()}-${process.pid}-${randomUUID().slice(0, 8)}`,
  };
  return {
    runJob: (request) => runJob(parts, request),
    async migrate() {
      const db = await openDb();
      const applied = await migrate(db);
      const [newest] = await db.query<{ version: number }>('select max(version)::int as version from schema_migration');
      return { applied, version: newest?.version ?? 0 };
    },
    async openDb() {
      const db = await openDb();
      await migrate(db);
      return db;
    },
    check: () => listCheckFindings({ ...parts, config, aggregationDirectories: aggregationDirectories(config) }, signal),
    async sql(text) {
      const db = await openDb();
      const rows = await queryWithCypher<Record<string, unknown>>(db, text).catch((error) => Promise.reject(toStatementError(error)));
      return { columns: Object.keys(rows[0] ?? {}), rows };
    },
    explainPattern: async (line) => explainLine(line, config.patterns),
    knowledge: () => toKnowledgeSettings(config.knowledge, { fetch, wait }),
    up: (request) => runUp(parts, request),
    async serveMcp({ tenantId, input, output }) {
      const db = await openDb();
      await migrate(db);
      const directory = openDirectory(parts, db);
      const tenants = async () => [...(await directory.look()).tenants.keys()];
      if (tenantId !== undefined) await directory.find(tenantId);
      await serveStdio({ ...toReading(parts, db, directory), tenants }, { tenantId, input, output }, signal);
    },
    [Symbol.asyncDispose]: () => opened.disposeAsync(),
  };
}

/** What the functions below build commands from. */
interface Parts {
  readonly setup: WiringSetup;
  readonly metrics: Metrics;
  readonly reporter: RunReporter;
  openDb(): Promise<Db>;
  openSource(tenant: TenantConfig): Source;
  /** Names this process in leases. */
  readonly worker: string;
}

interface Workshop {
  readonly db: Db;
  createOwnJob(name: string): Job;
  createTenantJob(name: string, tenant: TenantConfig): Promise<Job>;
}

async function openWorkshop({ setup, openDb, openSource }: Parts): Promise<Workshop> {
  const { config } = setup;
  const aggregations = await loadAggregations(aggregationDirectories(config));
  const db = await openDb();
  await migrate(db);
  const tables = aggregations.map(toAggregateTable);
  await ensureAggregateTables(db, tables);
  const miner = createMiner(config.patterns);
  const session = toSession(config);
  return {
    db,
    createOwnJob: (name) => createInstallationJob(name, { db, retention: config.retention, aggregates: tables }),
    async createTenantJob(name, tenant) {
      await upsertTenant(db, tenant.id, tenant.name);
      const source = openSource(tenant);
      const rules = config.metrics.resource_rules;
      return createJob(name, {
        tenantId: tenant.id,
        engine: tenant.engine,
        source,
        db,
        aggregations,
        miner,
        session,
        rules,
        clock: () => performance.now(),
        structEdges: config.jobs['age-refresh'].struct_edges,
        ...(tenant.topology ? { topology: { config: tenant.topology, version: setup.version, now } } : {}),
      });
    },
  };
}

/** What people and agents are answered from. */
function toReading({ setup, openSource }: Parts, db: Db, directory: TenantDirectory) {
  const { config, version, logger } = setup;
  const findSource = async (tenantId: string) => {
    const tenant = await directory.find(tenantId);
    return { source: openSource(tenant), type: tenant.source.type };
  };
  const knowledge = toKnowledgeSettings(config.knowledge, { fetch, wait });
  const counted = { patterns: config.patterns, rules: config.metrics.resource_rules };
  const readEvidence = createEvidenceReader(findSource, toSession(config), counted);
  return { db, version, logger, now, knowledge, readEvidence };
}

function openDirectory({ setup: { reload, logger } }: Parts, db: Db): TenantDirectory {
  return createTenantDirectory(db, reload, (tenantId, error) => logger.error({ tenant_id: tenantId, error }, 'tenant left out'));
}

function aggregationDirectories(config: Config): string[] {
  return [BUILT_IN_AGGREGATIONS, ...config.aggregations.directories];
}

/** What executing runs needs; it keeps leases until it is disposed. */
function toExecution({ setup, reporter, worker }: Parts, db: Db, runId: string): ExecuteDeps & Disposable {
  const { runner } = setup.config;
  const holder: Holder = { worker, lease: toMicros(runner.lease), runId };
  const leases = keepLeases(db, holder);
  return {
    ...{ db, holder, leases, now, retry: toRetryPolicy(runner), random: Math.random, onNotice: reporter.noticed },
    [Symbol.dispose]: () => leases[Symbol.dispose](),
  };
}

async function runJob(parts: Parts, request: RunRequest): Promise<RunReport> {
  const { config, progress, signal } = parts.setup;
  const started = performance.now();
  const tenant = config.tenants.find((candidate) => candidate.id === request.tenantId);
  if (!tenant) throw new ObserveBridgeError('OB_TENANT_UNKNOWN', 'usage', `There is no tenant ${request.tenantId}.`);
  const { align, max_batch, timeout } = config.jobs[request.job as JobName];
  const { db, createTenantJob } = await openWorkshop(parts);
  const job = await createTenantJob(request.job, tenant);
  const windows = splitWindow(request.range, toMicros(align));
  progress.start(windows.length, `${request.job} ${tenant.id}`);
  using execution = toExecution(parts, db, request.caller.runId);
  const lane = { job: job.name, tenantId: tenant.id, trigger: 'cli' as const };
  const outcomes = await runRange({
    ...execution,
    ...{
      job,
      tenantId: tenant.id,
      windows,
      maxBatch: max_batch,
      timeout: toMicros(timeout),
      caller: request.caller,
      trigger: 'cli',
      signal,
    },
    onClaimed: (batch) => parts.reporter.begun(batch),
    onBatch(outcome) {
      parts.reporter.ended(lane, outcome);
      progress.advance(outcome.windows.length, formatTime(outcome.windows.at(-1)?.to ?? 0));
    },
  });
  progress.stop();
  return toRunReport(request, outcomes, performance.now() - started);
}

/** What a process of `up` shares between its loops. */
interface Service {
  readonly parts: Parts;
  readonly db: Db;
  readonly directory: TenantDirectory;
  readonly schedulerWake: Wake;
  readonly workerWake: Wake;
  /** Windows that this process planned and has not seen end. */
  readonly outstanding: { windows: number };
  readonly workshop: Workshop;
  readonly runId: string;
  readonly signal: AbortSignal;
}

async function runUp(parts: Parts, { roles, caller }: UpRequest): Promise<void> {
  const { config, progress } = parts.setup;
  const workshop = await openWorkshop(parts);
  const { db } = workshop;
  const directory = openDirectory(parts, db);
  const service = { parts, db, directory, schedulerWake: createWake(), workerWake: createWake(), outstanding: { windows: 0 } };
  const { tenants } = await directory.look();
  const many = `${tenants.size} tenant${tenants.size === 1 ? '' : 's'}`;
  progress.print(`ObserveBridge looks after ${many} in ${maskSecrets(config.database.url)} as ${roles.join(', ')}. Ctrl-C ends it.`);
  const ended = new AbortController();
  const signal = AbortSignal.any([parts.setup.signal, ended.signal]);
  const loops = { scheduler: keepScheduling, worker: keepWorking, api: keepServing };
  // When one cannot go on, the others stop as they would for a signal.
  const endings = await Promise.allSettled(
    roles.map((role) => loops[role]({ ...service, signal, workshop, runId: caller.runId }).finally(() => ended.abort())),
  );
  for (const ending of endings) if (ending.status === 'rejected') throw ending.reason;
  progress.print('Stopped; finished windows are kept.');
}

function keepScheduling({ parts, db, directory, schedulerWake, workerWake, outstanding, signal }: Service): Promise<void> {
  const { config, logger, progress } = parts.setup;
  return runScheduler(
    {
      ...{ db, maxAttempts: config.runner.max_attempts, wake: schedulerWake, advanceBackfills },
      listEntries: async () => (await directory.look()).entries,
      onTick(tick) {
        logger.debug(tick, 'scheduled');
        for (const { intended, ...left } of tick.skipped) logger[intended ? 'debug' : 'warn'](left, 'windows left out');
        outstanding.windows += tick.planned;
        if (tick.planned > 1) progress.start(outstanding.windows, 'windows due');
        workerWake.wake();
      },
      onError: (error) => logger.error({ error: toObserveBridgeError(error) }, 'scheduling failed; it is tried again'),
    },
    signal,
  );
}

async function keepWorking({
  parts,
  db,
  directory,
  schedulerWake,
  workerWake,
  outstanding,
  workshop,
  runId,
  signal,
}: Service): Promise<void> {
  const { config, logger, progress } = parts.setup;
  const { runner } = config;
  const findJob = keepJobs<TenantConfig | undefined>(async ({ job }, tenant) =>
    tenant ? workshop.createTenantJob(job, tenant) : workshop.createOwnJob(job),
  );
  const openJob = async (lane: Lane): Promise<WorkerJob> => {
    const tenant = lane.tenantId === INSTALLATION ? undefined : await directory.find(lane.tenantId);
    return { job: await findJob(lane, tenant), timeout: toMicros(config.jobs[lane.job as JobName].timeout) };
  };
  using execution = toExecution(parts, db, runId);
  await runWorker(
    {
      ...{ ...execution, wake: workerWake, openJob, jobs: [...tenantJobs, ...installationJobs], concurrency: runner.concurrency },
      caps: { running: runner.max_running, perJob: runner.max_running_per_job, perTenant: runner.max_running_per_tenant },
      stopWithin: toMicros(runner.stop_within),
      onClaimed: (batch) => parts.reporter.begun(batch),
      onBatch(batch: ClaimedBatch, outcome: BatchOutcome) {
        parts.reporter.ended(batch, outcome);
        const isWorthALine = batch.tenantId !== INSTALLATION || outcome.error !== undefined || outcome.changed > 0;
        if (outcome.ended !== 'released' && isWorthALine) for (const line of toOutcomeLines(batch.tenantId, outcome)) progress.print(line);
        outstanding.windows = Math.max(0, outstanding.windows - outcome.windows.length);
        progress.advance(outcome.windows.length);
        schedulerWake.wake();
      },
      onRest: () => progress.stop(),
      onError: (error) => logger.error({ error: toObserveBridgeError(error) }, 'claiming failed; it is tried again'),
    },
    signal,
  );
}

/** With more tenants than this, the lag tells of their sources. */
const SOURCES_CHECKED = 50;

async function checkSource({ openSource }: Parts, tenant: TenantConfig, signal: AbortSignal): Promise<SourceFinding> {
  const wrong = (await openSource(tenant).check(signal)).filter(({ level }) => level === 'error');
  return { tenant: tenant.id, ok: wrong.length === 0, text: wrong.map(({ text }) => text).join(' ') || 'The source answers.' };
}

/** Answers over HTTP until the signal fires. */
async function keepServing({ parts, db, directory, schedulerWake, workerWake, signal }: Service): Promise<void> {
  const { progress } = parts.setup;
  let current = await directory.look();
  const { config } = current;
  const open = assertSafeToListen(config.api, await countTokens(db), db.kind === 'pglite');
  const reading = {
    ...toReading(parts, db, directory),
    async tenants() {
      current = await directory.look();
      return [...current.tenants.keys()];
    },
  };
  const server = await createServer({
    ...{ ...reading, config: config.api, metrics: parts.metrics, open, consoleDirectory: BUILT_CONSOLE },
    answerMcp: createMcpEndpoint(reading),
    schedules: (job, tenantId) =>
      current.entries.find((entry) => entry.job === job && (tenantId === undefined || entry.tenantId === tenantId)),
    checkSources: (aborted) =>
      Promise.all([...current.tenants.values()].slice(0, SOURCES_CHECKED).map((tenant) => checkSource(parts, tenant, aborted))),
    wake() {
      schedulerWake.wake();
      workerWake.wake();
    },
  });
  const address = await server.listen(config.api).catch((error: unknown) => {
    throw new ObserveBridgeError('OB_API_ADDRESS', 'config', `Nothing can listen on ${config.api.host}:${config.api.port}.`, error);
  });
  progress.print(`Answers on ${address}.`);
  if (!signal.aborted) await new Promise((resolve) => signal.addEventListener('abort', resolve));
  await server.close();
}
