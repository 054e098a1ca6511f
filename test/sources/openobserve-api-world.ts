import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Value } from 'typebox/value';
import { openSession, type Session } from '../../src/aggregate/session.ts';
import { type Signal, signals } from '../../src/core/signal.ts';
import { HOUR, MINUTE, parseTime } from '../../src/core/time.ts';
import type { Window } from '../../src/core/window.ts';
import { type OpenObserveApiConfig, OpenObserveApiConfigSchema } from '../../src/sources/openobserve-api/config.ts';
import { createOpenObserveApiSource, type OpenObserveApiDeps } from '../../src/sources/openobserve-api/openobserve-api.ts';
import type { Source } from '../../src/sources/source.ts';
import { type FakeOpenObserve, type FakeOptions, startFakeOpenObserve } from '../support/fake-openobserve/fake-openobserve.ts';
import type { StoredRow } from '../support/fake-openobserve/stored-streams.ts';

export const NOON = parseTime('2026-03-01T12:00:00Z') ?? 0;
/** Rows of every signal in each of three minutes. */
export const PER_MINUTE = 20;
const types = { logs: 'logs', spans: 'traces', metric_points: 'metrics' } as const;

/** Rows of a signal in OpenObserve's stored shape. */
export function rowsOf(signal: Signal, minute: number): StoredRow[] {
  return Array.from({ length: PER_MINUTE }, (_, index) => {
    const _timestamp = NOON + minute * MINUTE + index * 3_000_000;
    if (signal === 'logs') return { _timestamp, body: `line ${minute}.${index}`, service_name: 'cart', severity: 'INFO' };
    if (signal === 'metric_points')
      return { _timestamp, __name__: 'load', value: index / 2 + 0.25, service_name: 'cart', __hash__: 2n ** 63n + BigInt(index) };
    const span_id = (minute * 1000 + index + 1).toString(16).padStart(16, '0');
    const start_time = BigInt(_timestamp) * 1000n + 1n;
    return {
      ...{ _timestamp, trace_id: span_id.repeat(2), span_id, service_name: 'cart', operation_name: 'get', span_kind: '2', duration: 100 },
      ...{ start_time, end_time: start_time + 100_000n },
    };
  });
}

/** A server with three minutes of all signals after noon. */
export async function startWorld(options: FakeOptions = {}): Promise<FakeOpenObserve> {
  const server = await startFakeOpenObserve({ metricTypes: { load: 'Gauge' }, ...options });
  for (const signal of signals)
    for (const minute of [0, 1, 2])
      await server.append(types[signal], signal === 'metric_points' ? 'load' : 'default', rowsOf(signal, minute));
  return server;
}

/** The configuration that reads the server. */
export const configOf = (server: FakeOpenObserve, written: Record<string, unknown> = {}): OpenObserveApiConfig => {
  const { url, user, password } = server;
  return Value.Parse(
    OpenObserveApiConfigSchema,
    Value.Default(OpenObserveApiConfigSchema, { type: 'openobserve_api', url, user, password, ...written }),
  );
};

/** The three minutes. */
export const range = { from: NOON, to: NOON + 3 * MINUTE };
/** Rows of every signal in them. */
export const ALL_ROWS = 3 * PER_MINUTE;

/** A source, the server that it reads, and the engine that it reads into. */
export interface World {
  readonly server: FakeOpenObserve;
  readonly source: Source;
  readonly session: Session;
  /** Milliseconds of every wait before another attempt. */
  readonly waits: number[];
}

/** Runs a check on a server with three minutes of rows, or on an empty one. */
export async function inWorld(
  check: (world: World) => Promise<void>,
  options: { server?: FakeOptions; empty?: boolean; config?: Record<string, unknown>; deps?: Partial<OpenObserveApiDeps> } = {},
): Promise<void> {
  await using server = await (options.empty ? startFakeOpenObserve(options.server) : startWorld(options.server));
  const waits: number[] = [];
  const wait = async (ms: number): Promise<void> => void waits.push(ms);
  const deps = { now: () => NOON + HOUR, wait, random: () => 0.5, ...options.deps };
  await using source = createOpenObserveApiSource(configOf(server, options.config), deps);
  await using session = await openSession({ directory: join(tmpdir(), 'observebridge-test'), memoryLimit: '256MB', threads: 1 });
  await check({ server, source, session, waits });
}

/** Reads one signal and runs a query over its rows, which are called `found`. */
export async function readRows<Row extends object>(
  { source, session }: World,
  signal: Signal,
  query: string,
  window: Window = range,
): Promise<Row[]> {
  const nothing = { from: window.from, to: window.from };
  const ranges = { logs: nothing, spans: nothing, metric_points: nothing, [signal]: window };
  await using slice = await source.open(ranges, session, new AbortController().signal);
  return await session.rows<Row>(`with found as (${slice.relations[signal]}) ${query}`);
}

/** How many rows a read of one signal gives. */
export async function count(world: World, signal: Signal = 'logs', window: Window = range): Promise<number> {
  const [row] = await readRows<{ rows: number }>(world, signal, 'select count(*)::integer as rows from found', window);
  return row?.rows ?? -1;
}

/** A select of numbered log lines, so many µs apart, beginning at noon. */
export const lines = (rows: number, spacing: string): string =>
  `select ${NOON} + (i * ${spacing})::bigint as _timestamp, 'line ' || i as body from range(${rows}) as t(i)`;
