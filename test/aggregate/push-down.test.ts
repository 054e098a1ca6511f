import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { MINUTE, parseTime, SECOND } from '../../src/core/time.ts';
import type { Window } from '../../src/core/window.ts';
import { quoteText } from '../../src/sources/canonical.ts';
import { NOON } from '../sources/openobserve-api-world.ts';
import { type FakeOpenObserve, type FakeOptions, startFakeOpenObserve } from '../support/fake-openobserve/fake-openobserve.ts';
import type { StoredRow } from '../support/fake-openobserve/stored-streams.ts';
import { aggregateBoth, type Both, type BothOptions, expectSame } from './push-down-world.ts';

const window = { from: NOON, to: NOON + 3 * MINUTE };
const types = { load: 'gauge', requests: 'counter', sent: 'counter', level: 'counter', latency_bucket: 'histogram' };

async function inBoth(fill: (server: FakeOpenObserve) => Promise<void>, options?: BothOptions, fake: FakeOptions = {}): Promise<Both> {
  await using server = await startFakeOpenObserve({ metricTypes: types, ...fake });
  await fill(server);
  return await aggregateBoth(server, window, options);
}

describe('metrics in the cluster', () => {
  const sample = fc.record({
    second: fc.integer({ min: -290, max: 179 }),
    value: fc.oneof(fc.double({ min: 0, max: 1e6, noNaN: true }), fc.integer({ min: -50, max: 50 }), fc.constant(1.7976931348623157e308)),
    labels: fc.constantFrom<StoredRow>(
      { service_name: 'cart', k8s_pod_name: 'cart-5d8f9c7b6d-x2x4z', instance: '10.0.0.1:9100', code: '200' },
      { service_name: 'cart', k8s_pod_name: 'cart-5d8f9c7b6d-b7b8c', instance: '10.0.0.1:9200', code: '200' },
      { service_name: "o'brien", k8s_pod_name: null, instance: '', code: null },
      { service_name: null, k8s_pod_name: 'cart-5d8f9c7b6d-x2x4z', instance: '10.0.0.1:9200', code: '500' },
    ),
  });
  const samples = fc.array(sample, { minLength: 1, maxLength: 60 });
  const toRows = (list: readonly (typeof sample extends fc.Arbitrary<infer Row> ? Row : never)[], more: StoredRow = {}): StoredRow[] =>
    list.map(({ second, value, labels }) => ({
      _timestamp: NOON + second * SECOND,
      __name__: 'x',
      value: value + 0.5,
      ...labels,
      ...more,
    }));

  it('are the rows of the local engine', async () => {
    await fc.assert(
      fc.asyncProperty(samples, samples, samples, async (gauge, counter, delta) => {
        const both = await inBoth(async (server) => {
          const positive = counter.map((row) => ({ ...row, value: Math.abs(row.value) }));
          await server.append('metrics', 'load', toRows([...gauge, ...gauge.slice(0, 5)]));
          await server.append('metrics', 'requests', toRows([...positive, ...positive.slice(0, 5)]));
          await server.append(
            'metrics',
            'sent',
            toRows(delta, { aggregation_temporality: 'AGGREGATION_TEMPORALITY_DELTA', is_monotonic: 'true' }),
          );
          await server.append('metrics', 'level', toRows(delta, { is_monotonic: 'false' }));
        });
        expect(both.stats.metric_points).toEqual({ streams: 4, read: {} });
        expectSame(both);
      }),
      { numRuns: 12, endOnFailure: true },
    );
  }, 120_000);

  const points = (more: StoredRow = {}): StoredRow[] =>
    Array.from({ length: 40 }, (_, index) => ({
      ...{ _timestamp: NOON + index * 4 * SECOND, value: index * 1.5, service_name: `s${index % 3}`, code: `${index % 2}`, ...more },
    }));

  it('take the difference to a sample of up to five minutes before', async () => {
    const at = (micros: number, value: number, code: string): StoredRow => ({
      _timestamp: NOON + micros,
      value,
      service_name: 'cart',
      code,
    });
    const five = 5 * MINUTE;
    const rows = [
      at(7 - five, 10, 'near'),
      at(7, 40, 'near'),
      at(6 - five, 10, 'far'),
      at(7, 70, 'far'),
      at(MINUTE + 7, 82, 'far'),
      at(MINUTE + 8, 6, 'far'),
    ];
    const both = await inBoth((server) => server.append('metrics', 'requests', rows));
    const rows1m = both.cluster.partials.get('metric_1m')?.toSorted((a, b) => Number(a.bucket) - Number(b.bucket));
    expect(rows1m).toMatchObject([
      { series: 1, samples: 1, sum: 0.5 },
      { series: 1, samples: 2, sum: 0.3 },
    ]);
    expectSame(both);
  });

  it('keep the labels that belong to their name', async () => {
    const rows = points().map((row, index) => ({ ...row, code: index % 5 === 0 ? null : (row.code ?? null) }));
    const both = await inBoth((server) => server.append('metrics', 'load', rows), { keptLabels: { load: ['code', 'absent'] } });
    expect(both.stats.metric_points).toEqual({ streams: 1, read: {} });
    expect(both.cluster.partials.get('metric_1m')?.map((row) => row.metric)).toContain('load{code="1"}');
    expectSame(both);
  });

  it('are asked for in parts when an answer would take OpenObserve too long', async () => {
    const rows = points().map((row, index) => ({ ...row, service_name: `s${index}` }));
    const both = await inBoth((server) => server.append('metrics', 'requests', rows), {}, { slowRows: 20 });
    expect(both.stats.metric_points).toEqual({ streams: 1, read: {} });
    expectSame(both);
  });

  it('count the rows that a settle pass compares', async () => {
    const both = await inBoth((server) => server.append('metrics', 'load', [...points(), ...points({ value: 1.7976931348623157e308 })]));
    expect([...(both.counts.get('metric_points') ?? [])].sort()).toEqual(
      [0, 1, 2].map((minute) => [NOON / MINUTE + minute, minute < 2 ? 30 : 20]),
    );
    expectSame(both);
  });

  it.each([
    ['histogram_or_summary', 'latency_bucket', { le: '0.5' }],
    ['histogram_or_summary', 'size', { quantile: '0.95' }],
    ['type_from_rows', 'jobs_count', {}],
    ['type_from_rows', 'jobs', { quantile: '0.95' }],
    ['column_types', 'load', { service_name: 1.5 }],
  ])('are read instead: %s of %s', async (reason, stream, more) => {
    const fill = (server: FakeOpenObserve) => server.append('metrics', stream, points(more));
    const both = await inBoth(fill, {}, { metricTypes: { ...types, size: 'summary' } });
    expect(both.stats.metric_points).toEqual({ streams: 0, read: { [reason]: 1 } });
    expectSame(both);
  });

  it('are read instead where deltas and totals share a stream', async () => {
    const delta = points({ aggregation_temporality: 'AGGREGATION_TEMPORALITY_DELTA', code: 'delta' });
    const both = await inBoth((server) => server.append('metrics', 'requests', [...points(), ...delta]));
    expect(both.stats.metric_points).toEqual({ streams: 0, read: { mixed_temporality: 1 } });
    expectSame(both);
  });

  it('are read again when a place comes in between', async () => {
    await using server = await startFakeOpenObserve({ metricTypes: types });
    await server.append('metrics', 'load', points());
    let late = false;
    server.onSearch(async ({ sql }) => {
      if (late || !sql.includes('nth')) return;
      late = true;
      await server.append('metrics', 'load', points({ service_name: 'new' }));
    });
    await expect(aggregateBoth(server, window)).rejects.toMatchObject({ code: 'OB_SOURCE_PARTIAL' });
    expectSame(await aggregateBoth(server, window));
  });
});

describe('calls in the cluster', () => {
  const place = fc.constantFrom(
    { service_name: 'web', service_k8s_namespace_name: 'shop' },
    { service_name: 'web' },
    { service_name: 'cart', service_k8s_namespace_name: 'shop' },
    { service_name: 'cart', service_k8s_namespace_name: 'other' },
    { service_name: 'pay' },
  );
  const peer = fc.constantFrom<StoredRow>(
    {},
    {},
    { db_system: 'mysql', db_name: 'orders', server_address: 'DB.local:3306' },
    { peer_service: 'mail' },
    { url_full: 'https://user:secret@api.example.com:8443/v1/x?y=a://b', http_method: 'GET' },
    { http_url: 'http://localhost/x' },
  );
  const span = fc.record({
    // A parent among the spans before it, or one that is not there.
    parent: fc.option(fc.nat(12)),
    seconds: fc.oneof(fc.integer({ min: 0, max: 4 }), fc.integer({ min: 0, max: 70 })),
    kind: fc.constantFrom('1', '2', '2', '3', '3', '3', null),
    status: fc.constantFrom('OK', 'ERROR', 'UNSET', null),
    duration: fc.constantFrom(0, 1, 999, 12_345, 1_000_000, -5),
    place,
    peer,
    copies: fc.constantFrom(1, 1, 1, 1, 2, 3),
  });
  const trace = fc.record({
    start: fc.oneof(fc.integer({ min: -900, max: 200 }), fc.integer({ min: 0, max: 120 })),
    spans: fc.array(span, { minLength: 1, maxLength: 8 }),
    wide: fc.boolean(),
  });

  const toRows = (traces: readonly (typeof trace extends fc.Arbitrary<infer Trace> ? Trace : never)[]): StoredRow[] =>
    traces.flatMap(({ start, spans, wide }, number) => {
      const id = (index: number): string => (index + 1).toString(16).padStart(16, '0');
      const starts: number[] = [];
      return spans.flatMap(({ parent, seconds, kind, status, duration, place: where, peer: target, copies }, index) => {
        const above = parent !== null && index > 0 ? parent % (index + 1) : index;
        starts[index] = (above < index ? (starts[above] ?? 0) : start) + seconds;
        const _timestamp = NOON + (starts[index] ?? 0) * SECOND + index;
        const row: StoredRow = {
          ...{
            _timestamp,
            trace_id: (wide && index % 2 ? 'abcdef0123456789' : '') + id(number),
            span_id: id(index),
            operation_name: 'x',
            duration,
          },
          ...{ span_kind: kind, span_status: status, ...where, ...target },
          reference_parent_span_id: above < index ? id(above) : parent === null ? null : 'feedfeedfeedfeed',
        };
        return Array.from({ length: copies }, () => row);
      });
    });
  const traces = fc.array(trace, { minLength: 1, maxLength: 12 });

  it('are the rows of the local engine', async () => {
    let calls = 0;
    let inCluster = 0;
    await fc.assert(
      fc.asyncProperty(traces, async (list) => {
        const both = await inBoth((server) => server.append('traces', 'default', toRows(list)));
        expectSame(both, 0);
        if (both.stats.spans?.streams === 1) {
          inCluster++;
          calls += both.cluster.partials.get('service_call_5m')?.length ?? 0;
        }
      }),
      { numRuns: 25, endOnFailure: true },
    );
    expect(inCluster).toBeGreaterThan(5);
    expect(calls).toBeGreaterThan(10);
  }, 180_000);

  const client: StoredRow = {
    trace_id: 'a'.repeat(32),
    span_id: '01',
    service_name: 'web',
    span_kind: '3',
    duration: 9_000,
    _timestamp: NOON + SECOND,
  };
  const server: StoredRow = {
    ...client,
    span_id: '02',
    reference_parent_span_id: '01',
    service_name: 'cart',
    span_kind: '2',
    duration: 7_000,
  };
  const inside = (parent: string, id: string): StoredRow => ({ ...server, span_kind: '1', span_id: id, reference_parent_span_id: parent });
  const toMail: StoredRow = { ...client, span_id: '09', reference_parent_span_id: '02', service_name: 'cart', peer_service: 'mail' };
  const cases: readonly (readonly [string, readonly StoredRow[]])[] = [
    ['messaging', [client, { ...server, messaging_system: 'kafka', messaging_destination_name: 'orders' }]],
    ['messaging', [client, { ...server, span_kind: '5' }]],
    ['shared_span_ids', [client, { ...server, span_id: '01', reference_parent_span_id: null }]],
    [
      'deep_spans',
      [
        client,
        server,
        inside('02', '03'),
        inside('03', '04'),
        inside('04', '05'),
        inside('05', '06'),
        inside('06', '07'),
        { ...toMail, reference_parent_span_id: '07' },
      ],
    ],
    ['clock_skew', [{ ...client, _timestamp: NOON + 70 * SECOND }, server]],
    ['topic_alias', [client, server, toMail]],
  ];

  it.each(cases)('are found here instead: %s (%#)', async (reason, rows) => {
    const aliases =
      reason === 'topic_alias' ? new Map([['mail', { urn: 'urn:mq:kafka:a/b', kind: 'topic', name: 'b' } as const]]) : new Map();
    const both = await inBoth((fake) => fake.append('traces', 'default', rows), { aliases });
    expect(both.stats.spans).toEqual({ streams: 0, read: { [reason]: 1 } });
    expect(both.cluster.partials.get('service_call_5m')?.length).toBeGreaterThan(0);
    expectSame(both, 0);
  });

  it('are found here instead when traces lie in several streams', async () => {
    const both = await inBoth(async (fake) => {
      await fake.append('traces', 'default', [client]);
      await fake.append('traces', 'other', [server]);
    });
    expect(both.stats.spans).toEqual({ streams: 0, read: { several_streams: 2 } });
    expectSame(both, 0);
  });

  it('follow spans inside a service up to the client span that they happen below', async () => {
    const rows = [client, server, inside('02', '03'), inside('03', '04'), { ...toMail, reference_parent_span_id: '04' }];
    const nested = [
      toMail,
      { ...inside('09', '10'), span_kind: null },
      { ...toMail, span_id: '11', reference_parent_span_id: '10', peer_service: 'smtp' },
    ];
    const both = await inBoth((fake) => fake.append('traces', 'default', [...rows.slice(0, 4), ...nested]));
    expect(both.stats.spans).toEqual({ streams: 1, read: {} });
    expect(both.cluster.partials.get('service_call_5m')).toHaveLength(2);
    expectSame(both, 0);
  });

  it('end the way up at the entry of a service', async () => {
    const entry = { ...server, service_name: 'web', duration: 8_000 };
    const beyond = { ...server, span_id: '03', reference_parent_span_id: '02', duration: null };
    const both = await inBoth((fake) => fake.append('traces', 'default', [{ ...client, span_status: 'ERROR' }, entry, beyond]));
    expect(both.stats.spans).toEqual({ streams: 1, read: {} });
    expect(both.cluster.partials.get('service_call_5m')).toMatchObject([{ calls: 1, errors: 0 }]);
    expectSame(both, 0);
  });

  it('count spans that cannot be used, copies, and calls to nobody', async () => {
    const unusable = [
      { ...client, span_id: '20', service_name: null },
      { ...client, span_id: null },
      { ...client, span_id: '21' },
    ];
    const both = await inBoth((fake) => fake.append('traces', 'default', [client, client, server, ...unusable]));
    expect(both.stats.spans).toEqual({ streams: 1, read: {} });
    expect(both.cluster.reconciliation).toMatchObject([
      { read: 6, rejected: { duplicate: 1, no_service_name: 1, no_span_id: 1 }, unresolved: 1 },
    ]);
    expectSame(both, 0);
  });
});

const data = fileURLToPath(new URL('../../../shared/data', import.meta.url));

/** Serves what is recorded below a directory to both engines. */
async function recorded(name: string, organization: string, range: Window, streamsOf: (type: string) => readonly string[]): Promise<Both> {
  const described = join(data, name, 'streams.json');
  const list = existsSync(described)
    ? (JSON.parse(readFileSync(described, 'utf8')) as { list: { name: string; metrics_meta?: { metric_type: string } }[] }).list
    : [];
  const metricTypes = Object.fromEntries(
    list.flatMap((stream) => (stream.metrics_meta ? [[stream.name, stream.metrics_meta.metric_type]] : [])),
  );
  await using server = await startFakeOpenObserve({ metricTypes });
  for (const type of ['metrics', 'traces']) {
    for (const stream of streamsOf(type)) {
      const files = quoteText(join(data, name, 'stream/files', organization, type, stream, '**/*.parquet'));
      const near = `_timestamp between ${range.from - 20 * MINUTE} and ${range.to + 5 * MINUTE}`;
      await server.append(type, stream, `select * from read_parquet(${files}, union_by_name = true) where ${near}`);
    }
  }
  return await aggregateBoth(server, range);
}

const skipped = existsSync(data) ? '' : ' (skipped: ../shared/data is absent)';
describe.skipIf(skipped)(`recorded telemetry in the cluster${skipped}`, () => {
  const at = (text: string): number => parseTime(text) ?? Number.NaN;

  it('gives the calls of the local engine', async () => {
    const range = { from: at('2023-01-30T12:00'), to: at('2023-01-30T12:05') };
    const both = await recorded('openobserve', 'default', range, (type) => (type === 'traces' ? ['default'] : []));
    expect(both.stats.spans).toEqual({ streams: 1, read: {} });
    expect(both.cluster.partials.get('service_call_5m')?.length).toBeGreaterThan(50);
    expectSame(both, 0);
  }, 120_000);

  it('gives the gauges and counters of the local engine, and reads the rest', async () => {
    const range = { from: at('2026-11-21T09:40'), to: at('2026-11-21T09:45') };
    const streams = readdirSync(join(data, 'prometheus/stream/files/infra/metrics'));
    const both = await recorded('prometheus', 'infra', range, (type) => (type === 'metrics' ? streams : []));
    expect(both.stats.metric_points?.streams).toBeGreaterThan(20);
    expect(both.stats.metric_points?.read.histogram_or_summary).toBeGreaterThan(5);
    expect(both.cluster.partials.get('metric_1m')?.length).toBeGreaterThan(100);
    expectSame(both);
  }, 120_000);
});
