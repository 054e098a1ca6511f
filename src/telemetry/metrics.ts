import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from 'prom-client';

/** What is read from the database when somebody asks for the metrics. */
export interface Gauges {
  readonly lags: readonly { readonly job: string; readonly tenant_id: string; readonly lag_seconds: number }[];
  readonly queue: readonly { readonly job: string; readonly status: string; readonly runs: number }[];
  readonly circuits: readonly { readonly job: string; readonly tenant_id: string; readonly state: 'closed' | 'half_open' | 'open' }[];
  readonly tables: readonly { readonly table: string; readonly bytes: number }[];
}

/** The metrics of this process in the text format of Prometheus. No series carries a run id. */
export interface Metrics {
  runsEnded(job: string, status: string, runs: number): void;
  runsRetried(job: string, runs: number): void;
  /** `counts` by signal. */
  rowsRead(job: string, counts: Readonly<Record<string, number>>): void;
  /** Log lines whose pattern is coarser than it could be, because there are more shapes than the miner holds. */
  linesCoarsened(job: string, lines: number): void;
  /** `counts` by table. */
  rowsWritten(job: string, counts: Readonly<Record<string, number>>): void;
  stageTook(job: string, stage: string, milliseconds: number): void;
  leasesLost(job: string, runs: number): void;
  rowsPruned(table: string, rows: number): void;
  pruneFailed(): void;
  /** Replaces what the gauges showed before. */
  setGauges(gauges: Gauges): void;
  text(): Promise<string>;
  readonly contentType: string;
}

const circuitStates = { closed: 0, half_open: 1, open: 2 } as const;

/** The library's own gauges whose names end in `_total`, which only counters may. */
const misnamed = ['nodejs_active_resources_total', 'nodejs_active_handles_total', 'nodejs_active_requests_total'];

/** Metrics with a registry of their own; those of the process itself are among them. */
export function createMetrics(): Metrics {
  const registry = new Registry();
  const registers = [registry];
  collectDefaultMetrics({ register: registry });
  for (const name of misnamed) registry.removeSingleMetric(name);

  const counter = <Label extends string>(name: string, help: string, labelNames: Label[]) =>
    new Counter({ name, help, labelNames, registers });
  const gauge = <Label extends string>(name: string, help: string, labelNames: Label[]) => new Gauge({ name, help, labelNames, registers });

  const lag = gauge('window_lag_seconds', 'Time since the end of the oldest window that is not finished.', ['job', 'tenant']);
  const runs = counter('runs_total', 'Runs that ended, by the status they ended with.', ['job', 'status']);
  const retries = counter('run_retries_total', 'Failed attempts after which the run was queued again.', ['job']);
  const read = counter('rows_read_total', 'Rows read from the source.', ['job', 'signal']);
  const coarsened = counter(
    'lines_coarsened_total',
    'Log lines with a coarser pattern, because there are more shapes than max_signatures.',
    ['job'],
  );
  const written = counter('rows_written_total', 'Rows written to the database.', ['job', 'table']);
  const stages = new Histogram({
    name: 'stage_duration_seconds',
    help: 'Time that one stage of a run took.',
    labelNames: ['job', 'stage'],
    buckets: [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300],
    registers,
  });
  const leases = counter('leases_lost_total', 'Runs whose lease went to another worker.', ['job']);
  const queue = gauge('queue_depth', 'Runs that are queued or running.', ['job', 'status']);
  const circuits = gauge('circuit_state', 'Circuit breaker: 0 closed, 1 half open, 2 open.', ['job', 'tenant']);
  const tables = gauge('table_size_bytes', 'Size of a table with its indexes.', ['table']);
  const pruned = counter('pruned_rows_total', 'Rows removed because their retention was over.', ['table']);
  const pruneFailures = counter('prune_failures_total', 'Passes of the retention that failed.', []);

  return {
    contentType: registry.contentType,
    runsEnded: (job, status, count) => runs.inc({ job, status }, count),
    runsRetried: (job, count) => retries.inc({ job }, count),
    rowsRead(job, counts) {
      for (const [signal, count] of Object.entries(counts)) read.inc({ job, signal }, count);
    },
    linesCoarsened: (job, lines) => coarsened.inc({ job }, lines),
    rowsWritten(job, counts) {
      for (const [table, count] of Object.entries(counts)) written.inc({ job, table }, count);
    },
    stageTook: (job, stage, milliseconds) => stages.observe({ job, stage }, milliseconds / 1000),
    leasesLost: (job, count) => leases.inc({ job }, count),
    rowsPruned: (table, count) => pruned.inc({ table }, count),
    pruneFailed: () => pruneFailures.inc(),
    setGauges(gauges) {
      for (const each of [lag, queue, circuits, tables]) each.reset();
      for (const { job, tenant_id, lag_seconds } of gauges.lags) lag.set({ job, tenant: tenant_id }, lag_seconds);
      for (const { job, status, runs: depth } of gauges.queue) queue.set({ job, status }, depth);
      for (const { job, tenant_id, state } of gauges.circuits) circuits.set({ job, tenant: tenant_id }, circuitStates[state]);
      for (const { table, bytes } of gauges.tables) tables.set({ table }, bytes);
    },
    text: () => registry.metrics(),
  };
}
