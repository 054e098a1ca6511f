import fc from 'fast-check';
import { MINUTE, SECOND } from '../../src/core/time.ts';
import type { Window } from '../../src/core/window.ts';
import type { FaultsConfig, MockConfig } from '../../src/sources/mock/config.ts';
import type { LiveObject } from '../../src/sources/openobserve-files/object-key.ts';
import type { ParquetWorld, RawRow } from '../support/parquet-world.ts';

/** A small generated world: enough rows that every table gets some, few enough that a window takes milliseconds. */
export function mockConfig(faults: Partial<FaultsConfig> = {}): MockConfig {
  return {
    ...{ type: 'mock', seed: 7, scale: 1, logs_per_minute: 60, spans_per_minute: 60, metric_points_per_minute: 60 },
    faults: { late_share: 0, late_by: '10m', duplicate_share: 0, fail_share: 0, hang: false, ...faults },
  };
}

/** Rows in OpenObserve's stored shape. Points carry their stream in `__name__`. */
export interface Rows {
  readonly logs: readonly RawRow[];
  readonly spans: readonly RawRow[];
  readonly points: readonly RawRow[];
}

/** Writes rows as two objects per stream, one row in three into the second. */
export async function writeRows(world: ParquetWorld, { logs, spans, points }: Rows): Promise<LiveObject[]> {
  const objects: LiveObject[] = [];
  const streams = Map.groupBy(points, (row) => String(row.__name__));
  for (const part of [0, 1]) {
    const half = (rows: readonly RawRow[]): RawRow[] => rows.filter((_, index) => (index % 3 === 0) === (part === 0));
    const write = async (signal: LiveObject['signal'], stream: string, rows: readonly RawRow[]): Promise<void> => {
      if (rows.length > 0) objects.push(...(await world.write({ signal, stream, rows })));
    };
    await write('logs', 'default', half(logs));
    await write('spans', 'default', half(spans));
    for (const [stream, rows] of streams) await write('metric_points', stream, half(rows));
  }
  return objects;
}

const SERVICES = ['cart', 'pay', 'ship'];
const BODIES = [
  'took 17 ms',
  'GET /api/v1/carts/42 200',
  'connection to 10.0.0.7:5432 refused',
  '2026-03-01T12:00:00Z ERROR cannot reserve item 9',
];

/** Random rows inside the window: traces that reach over minutes, counters that restart, lines of few patterns, and copies of them. */
export function yieldRows(window: Window): fc.Arbitrary<Rows> {
  const time = fc.integer({ min: window.from, max: window.to - 1 });
  const log = fc.record({
    _timestamp: time,
    body: fc.constantFrom(...BODIES),
    service_name: fc.constantFrom(...SERVICES, null),
    severity: fc.constantFrom('INFO', 'ERROR', null),
    ...{ level: fc.constantFrom(null, 3n), trace_id: fc.constantFrom(null, 'ab'.repeat(16)) },
  });
  const point = fc.oneof(
    fc.record({
      _timestamp: time,
      __name__: fc.constant('load'),
      value: fc.integer({ max: 9 }),
      service_name: fc.constantFrom(...SERVICES),
    }),
    fc.record({
      _timestamp: time,
      __name__: fc.constant('hits_total'),
      value: fc.nat({ max: 50 }),
      pod: fc.constantFrom('cart-0', 'pay-1'),
    }),
  );
  return fc.record({
    logs: withCopies(fc.array(log, { maxLength: 30 })),
    spans: withCopies(fc.array(traceRows(time), { maxLength: 8 }).map((traces) => traces.flat())),
    points: withCopies(fc.array(point, { maxLength: 30 }).map((rows) => rows.map((row) => ({ ...row, value: row.value + 0.5 })))),
  });
}

function withCopies<Row extends RawRow>(rows: fc.Arbitrary<Row[]>): fc.Arbitrary<Row[]> {
  return fc.tuple(rows, fc.nat({ max: 3 })).map(([all, copies]) => [...all, ...all.slice(0, copies)]);
}

interface SpanDraft {
  readonly parent: number;
  readonly after: number;
  readonly row: RawRow;
}

/** A trace: every span is a child of an earlier one and starts up to three minutes after it, whether that has ended or not. */
function traceRows(time: fc.Arbitrary<number>): fc.Arbitrary<RawRow[]> {
  const draft: fc.Arbitrary<SpanDraft> = fc.record({
    parent: fc.nat({ max: 4 }),
    after: fc.oneof(fc.nat({ max: SECOND }), fc.nat({ max: 3 * MINUTE })),
    row: fc.record({
      service_name: fc.constantFrom(...SERVICES),
      span_kind: fc.constantFrom('1', '2', '3', '4', '5', null),
      duration: fc.oneof(fc.nat({ max: 100_000 }), fc.nat({ max: MINUTE })),
      span_status: fc.constantFrom('OK', 'ERROR'),
      ...{ peer_service: fc.constantFrom(null, 'bank.example.com'), db_system: fc.constantFrom(null, null, 'mysql') },
      ...{ messaging_system: fc.constantFrom(null, null, 'kafka'), messaging_destination: fc.constant('orders') },
    }),
  });
  const id = fc.bigInt({ min: 1n, max: 2n ** 60n });
  return fc.tuple(id, time, fc.array(draft, { minLength: 1, maxLength: 6 })).map(([trace, start, drafts]) => {
    const starts: number[] = [];
    return drafts.map(({ parent, after, row }, index) => {
      const above = index === 0 ? undefined : parent % index;
      const _timestamp = above === undefined ? start : (starts[above] ?? start) + after;
      starts.push(_timestamp);
      const spanId = (position: number): string => (trace + BigInt(position)).toString(16).padStart(16, '0');
      return {
        ...{ ...row, _timestamp, trace_id: trace.toString(16).padStart(32, '0'), span_id: spanId(index) },
        reference_parent_span_id: above === undefined ? null : spanId(above),
      };
    });
  });
}
