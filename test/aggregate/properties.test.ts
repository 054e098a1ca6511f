import { fileURLToPath } from 'node:url';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Aggregation, loadAggregations } from '../../src/aggregate/catalog.ts';
import { type PartialRow, packRows, unpackRows } from '../../src/aggregate/partials.ts';
import { binOf, createSketch } from '../../src/core/sketch.ts';
import { MINUTE, parseTime, SECOND } from '../../src/core/time.ts';
import { splitWindow } from '../../src/core/window.ts';
import { packMinutes } from '../support/aggregation-cases.ts';
import { type AggregationWorld, type CanonicalRow, openAggregationWorld, seriesOf } from '../support/aggregation-world.ts';

const NOON = parseTime('2026-03-01T12:00:00Z') ?? Number.NaN;
const window = { from: NOON, to: NOON + 5 * MINUTE };
const aggregations = await loadAggregations([fileURLToPath(new URL('../../aggregations', import.meta.url))]);

function named(name: string): Aggregation {
  const found = aggregations.find((aggregation) => aggregation.name === name);
  if (!found) throw new Error(`there is no ${name}`);
  return found;
}

let world: AggregationWorld;
beforeAll(async () => {
  world = await openAggregationWorld();
});
afterAll(() => world[Symbol.asyncDispose]());

/** Expects the same bytes of every minute from one read, from reads of minutes, from shuffled rows and from many parts. */
async function expectOneTruth(name: string, given: readonly CanonicalRow[], shuffled: readonly CanonicalRow[]): Promise<void> {
  const aggregation = named(name);
  const run = async (rows: readonly CanonicalRow[], options: { window?: typeof window; parts?: number } = {}) => {
    const rowsPerPart = { spans: options.parts ?? 1e9, metric_points: options.parts ?? 1e9 };
    const result = await world.run({
      aggregations: [aggregation],
      rows: { [aggregation.contract.reads]: rows },
      window: options.window ?? window,
      streams: { load: 'gauge', latency_bucket: 'histogram', latency_count: 'histogram', latency_sum: 'histogram' },
      rowsPerPart,
    });
    return { rows: result.partials.get(name) ?? [], reconciliation: result.reconciliation.toSorted((a, b) => a.minute - b.minute) };
  };
  const whole = await run(given);
  const expected = packMinutes(aggregation, whole.rows);
  const parts = await run(shuffled, { parts: 4 });
  expect(packMinutes(aggregation, parts.rows)).toEqual(expected);
  expect(parts.reconciliation).toEqual(whole.reconciliation);
  const minutes = [];
  for (const minute of splitWindow(window, MINUTE)) minutes.push(await run(shuffled, { window: minute }));
  const single = minutes.flatMap(({ rows }) => rows);
  expect(packMinutes(aggregation, single)).toEqual(expected);
  expect(minutes.flatMap(({ reconciliation }) => reconciliation)).toEqual(whole.reconciliation);
}

const services = ['web', 'cart', 'stock', 'mailer'];
const spanShape = fc.record({
  parent: fc.option(fc.nat(20), { freq: 6 }),
  service: fc.constantFrom(...services),
  kind: fc.constantFrom(null, 'internal', 'server', 'client', 'client', 'producer', 'consumer'),
  delay: fc.oneof(fc.integer({ min: -1000, max: 3000 }), fc.integer({ min: 0, max: 400_000 })),
  duration: fc.oneof(fc.integer({ min: 0, max: 5000 }), fc.integer({ min: 0, max: 600_000 })),
  failed: fc.boolean(),
  peer: fc.constantFrom(null, 'db', 'topic', 'address'),
  shares: fc.boolean(),
  copies: fc.constantFrom(1, 1, 1, 2),
  link: fc.option(fc.tuple(fc.nat(3), fc.nat(8)), { freq: 3 }),
});
const trace = fc.record({ start: fc.integer({ min: -700, max: 320 }), shapes: fc.array(spanShape, { minLength: 1, maxLength: 9 }) });

type SpanShape = typeof spanShape extends fc.Arbitrary<infer Shape> ? Shape : never;

function toSpans(traces: readonly { start: number; shapes: readonly SpanShape[] }[]): CanonicalRow[] {
  return traces.flatMap(({ start, shapes }, number) => {
    const spans: { timestamp: number; span_id: string; parent_span_id: string | null; service_name: string }[] = [];
    return shapes.flatMap((shape, index) => {
      const parent = shape.parent === null ? undefined : spans[shape.parent % Math.max(1, index + 1)];
      const timestamp = (parent?.timestamp ?? NOON + start * SECOND) + shape.delay * 1000;
      const isHalf = shape.shares && shape.kind === 'server' && parent !== undefined && parent.service_name !== shape.service;
      const span = {
        timestamp: isHalf ? Math.min(timestamp, parent.timestamp + SECOND) : timestamp,
        span_id: isHalf ? parent.span_id : `${number}${index}`,
        parent_span_id: isHalf ? parent.parent_span_id : shape.parent === null ? null : (parent?.span_id ?? 'gone'),
        service_name: shape.service,
      };
      spans.push(span);
      const [linkTrace, linkSpan] = shape.link ?? [];
      const row: CanonicalRow = {
        ...{
          ...span,
          stream: 'default',
          trace_id: `t${number}`,
          kind: shape.kind,
          failed: shape.failed,
          duration_us: shape.duration * 1000,
        },
        ...(shape.peer === 'db' ? { db_system: 'redis', peer_address: 'cache' } : {}),
        ...(shape.peer === 'topic' ? { messaging_system: 'kafka', messaging_destination: `topic ${index % 2}` } : {}),
        ...(shape.peer === 'address' ? { peer_address: 'api.example.com' } : {}),
        links: shape.link ? JSON.stringify([{ context: { traceId: `t${linkTrace}`, spanId: `${linkTrace}${linkSpan}` } }]) : null,
      };
      return Array.from({ length: shape.copies }, () => row);
    });
  });
}

const sample = fc.record({
  stream: fc.constantFrom('load', 'requests_total', 'latency_count', 'latency_sum', 'latency_bucket', 'latency_bucket'),
  service_name: fc.constantFrom('web', 'cart'),
  second: fc.integer({ min: -420, max: 320 }),
  value: fc.oneof(fc.integer({ min: 0, max: 50 }), fc.double({ min: 0, max: 1e6, noNaN: true })),
  le: fc.constantFrom('0.5', '+Inf'),
  temporality: fc.constantFrom('cumulative', 'cumulative', 'delta'),
});

function toPoints(samples: readonly Record<string, string | number>[]): CanonicalRow[] {
  return samples.map((given) => {
    const { second, ...cells } = given;
    const row = { ...cells, le: cells.stream === 'latency_bucket' ? (cells.le ?? null) : null, kept_labels: '' };
    return { ...row, ...seriesOf(row, String(cells.temporality)), timestamp: NOON + Number(second) * SECOND };
  });
}

/** Rows with a permutation of them. */
const shuffled = <Row>(rows: fc.Arbitrary<Row[]>) =>
  rows.chain((list) => fc.tuple(fc.constant(list), fc.shuffledSubarray(list, { minLength: list.length })));

describe('aggregations give one truth, whatever the order, the windows and the parts of the read', () => {
  it('of random traces', async () => {
    const spans = fc.array(trace, { minLength: 1, maxLength: 4 }).map(toSpans);
    await fc.assert(
      fc.asyncProperty(shuffled(spans), ([given, other]) => expectOneTruth('service_call_5m', given, other)),
      { numRuns: 25, endOnFailure: true },
    );
  });

  it('of random counters, gauges and histograms with resets', async () => {
    const points = fc.array(sample, { minLength: 1, maxLength: 60 }).map(toPoints);
    await fc.assert(
      fc.asyncProperty(shuffled(points), ([given, other]) => expectOneTruth('metric_1m', given, other)),
      { numRuns: 15, endOnFailure: true },
    );
  });

  it('of random lines', async () => {
    const line = fc.record({
      second: fc.integer({ min: -10, max: 310 }),
      body: fc.constantFrom('order 1 took 5 ms', 'order 2 took 7 ms', 'ERROR cache is cold', '', 'Ünïcode 17'),
      service_name: fc.constantFrom('web', 'cart', null),
      severity: fc.constantFrom('info', 'ERROR', '17', null),
      stream: fc.constantFrom('a', 'b'),
    });
    const lines = fc
      .array(line, { maxLength: 40 })
      .map((list) => list.map(({ second, ...row }) => ({ ...row, timestamp: NOON + second * SECOND })));
    await fc.assert(
      fc.asyncProperty(shuffled<CanonicalRow>(lines), ([given, other]) => expectOneTruth('log_pattern_5m', given, other)),
      { numRuns: 15, endOnFailure: true },
    );
  });
});

describe('partials', () => {
  const aggregation = named('service_call_5m');
  const row = fc.record({
    bucket: fc.nat(10),
    source: fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }),
    target: fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }),
    protocol: fc.string(),
    calls: fc.nat(),
    errors: fc.nat(),
    latency: fc.array(fc.double({ min: 0, max: 1e12, noNaN: true })).map(createSketch),
    client_latency: fc.constant(createSketch()),
    evidence: fc.string({ unit: 'grapheme' }),
  });

  it('come back as they were packed, and pack to the same bytes in any order', () => {
    fc.assert(
      fc.property(shuffled<PartialRow>(fc.array(row)), ([rows, other]) => {
        const packed = packRows(aggregation, rows);
        expect(packRows(aggregation, other)).toEqual(packed);
        const back = unpackRows(aggregation, packed);
        expect(back).toHaveLength(rows.length);
        expect(packRows(aggregation, back)).toEqual(packed);
        expect(back).toEqual(expect.arrayContaining(rows));
      }),
      { numRuns: 50 },
    );
  });
});

describe('the SQL function sketch()', () => {
  it('puts every value into the bin of core/sketch.ts', async () => {
    const values = fc.array(
      fc.oneof(fc.double({ min: 0, max: 1e300, noNaN: true }), fc.double({ min: -5, max: 1e7, noNaN: true }), fc.nat()),
      {
        minLength: 200,
        maxLength: 200,
      },
    );
    await fc.assert(
      fc.asyncProperty(values, async (list) => {
        const rows = await world.session.rows<{ value: number; sketch: { key: number; value: bigint }[] }>(
          `select value, sketch(value) as sketch from (select unnest([${list.map((value) => `'${value}'::double`).join(', ')}]) as value) group by value`,
        );
        for (const { value, sketch } of rows) expect(sketch.map(({ key }) => key)).toEqual([binOf(value) + 0]);
      }),
      { numRuns: 5 },
    );
  });
});
