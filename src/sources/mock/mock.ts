import { ObserveBridgeError, throwIfAborted, toObserveBridgeError } from '../../core/error.ts';
import { hash64 } from '../../core/hash.ts';
import { type Signal, signals } from '../../core/signal.ts';
import type { SqlSession } from '../../core/sql-session.ts';
import { type Micros, parseTime, toMicros } from '../../core/time.ts';
import type { Window } from '../../core/window.ts';
import { emptyRelation, type KeptLabels, quoteText, toCanonical } from '../canonical.ts';
import type { Source, Stream } from '../source.ts';
import type { FaultsConfig, MockConfig } from './config.ts';
import { metricSeries } from './metric-series.ts';
import { services } from './services.ts';
import { loadMockWorld, mockRows, rowsPerMinute } from './world.ts';

export interface MockDeps {
  now(): Micros;
  keptLabels?: KeptLabels;
}

/** The one log stream and the one trace stream; metrics have a stream per name. */
const STREAM = 'default';

/**
 * Generates the telemetry of a microservice shop inside the engine: the same seed gives the same rows for the same minute, whatever is asked.
 * Rows later than the clock do not exist yet. Throws `OB_CONFIG_INVALID` for an error burst of a service or time that does not exist.
 */
export function createMockSource(config: MockConfig, deps: MockDeps): Source {
  requireBurst(config.faults);
  const metricTypes = new Map(metricSeries.map((series) => [series.metric, series.metricType]));
  const streams: Stream[] = [
    { name: STREAM, signal: 'logs' },
    { name: STREAM, signal: 'spans' },
    ...[...metricTypes].map(([name, metricType]): Stream => ({ name, signal: 'metric_points', metricType })),
  ];
  let reads = 0;
  return {
    organization: 'mock',
    async open(ranges, session, signal) {
      throwIfAborted(signal);
      if (config.faults.hang) await untilAborted(signal);
      if (failsByChance(config, reads++)) {
        throw new ObserveBridgeError('OB_SOURCE_UNAVAILABLE', 'read', 'The mock source failed this read, as `fail_share` asks.');
      }
      await loadMockWorld(session);
      const now = deps.now();
      const relations = {} as Record<Signal, string>;
      for (const name of signals) relations[name] = await toRelation(name, config, ranges[name], now, session, deps.keptLabels);
      throwIfAborted(signal);
      return {
        relations,
        streams,
        objects: 0,
        bytes: 0,
        explain: explainMockError,
        async [Symbol.asyncDispose]() {},
      };
    },
    async check() {
      const counts = signals.map((name) => `${rowsPerMinute(name, config)} ${name.replace('_', ' ')}`);
      return [{ level: 'ok', text: `The mock source generates ${counts.join(', ')} per minute with seed ${config.seed}.` }];
    },
    async [Symbol.asyncDispose]() {},
  };
}

async function toRelation(
  signal: Signal,
  config: MockConfig,
  range: Window,
  now: Micros,
  session: SqlSession,
  keptLabels: KeptLabels | undefined,
): Promise<string> {
  const existing = { from: range.from, to: Math.min(range.to, now) };
  if (existing.from >= existing.to) return emptyRelation(signal);
  const rows = mockRows(signal, config, existing);
  const described = await session.rows<{ column_name: string; column_type: string }>(`describe ${rows}`);
  const columns = new Map(described.map((column) => [column.column_name, column.column_type]));
  columns.delete('_row_hash');
  const from = withFaults(rows, config.faults, now);
  return toCanonical(signal, { columns, from, stream: signal === 'metric_points' ? '__name__' : quoteText(STREAM) }, keptLabels);
}

/** Holds back rows that are late at `now`, and delivers others twice. Which ones depends on the row alone. */
function withFaults(rows: string, faults: FaultsConfig, now: Micros): string {
  const lateBy = toMicros(faults.late_by);
  const arrived =
    faults.late_share > 0
      ? `(select * from (${rows}) where _timestamp < ${now - lateBy} or mock_draw(_row_hash, 101) >= ${faults.late_share})`
      : `(${rows})`;
  if (faults.duplicate_share === 0) return arrived;
  return `(select * from ${arrived} union all select * from ${arrived} where mock_draw(_row_hash, 102) < ${faults.duplicate_share})`;
}

function failsByChance({ seed, faults }: MockConfig, read: number): boolean {
  const draw = Number(BigInt.asUintN(53, hash64('mock read', String(seed), String(read)))) / 2 ** 53;
  return draw < faults.fail_share;
}

function untilAborted(signal: AbortSignal): Promise<never> {
  return new Promise((_, reject) => {
    signal.addEventListener('abort', () => reject(new ObserveBridgeError('OB_CANCELED', 'read', 'The read was canceled.', signal.reason)), {
      once: true,
    });
  });
}

function requireBurst({ error_burst: burst }: FaultsConfig): void {
  if (burst === undefined) return;
  if (!services.some((service) => service.name === burst.service)) {
    const names = services.map((service) => service.name).join(', ');
    throw invalid(`\`faults.error_burst.service\` is not a service of the mock source: it has ${names}.`);
  }
  for (const key of ['from', 'to'] as const) {
    if (parseTime(burst[key]) === undefined) throw invalid(`\`faults.error_burst.${key}\` is not a UTC time such as 2026-01-31T12:00:00Z.`);
  }
}

const invalid = (message: string): ObserveBridgeError => new ObserveBridgeError('OB_CONFIG_INVALID', 'config', message);

function explainMockError(error: unknown): ObserveBridgeError {
  if (error instanceof Error && /Out of Memory/i.test(error.message)) {
    return new ObserveBridgeError('OB_MEMORY_LIMIT', 'aggregate', 'The window does not fit into the memory limit of the engine.', error);
  }
  return toObserveBridgeError(error, 'OB_AGGREGATION_FAILED', 'aggregate');
}
