import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { openSession } from '../../src/aggregate/session.ts';
import type { Signal } from '../../src/core/signal.ts';
import { MINUTE, parseTime } from '../../src/core/time.ts';
import type { KeptLabels } from '../../src/sources/canonical.ts';
import { createOtlpFilesSource } from '../../src/sources/otlp-files/otlp-files.ts';
import type { Stream } from '../../src/sources/source.ts';
import { type Json, toAnyValue, toAttributes, toLine, toNanos } from '../support/otlp-lines.ts';

const NOON = parseTime('2026-03-01T12:00:00Z') ?? 0;
const NANOS = toNanos(NOON);
const TRACE = '5b8efff798038103d269b633813fc60c';
type Row = Record<string, unknown>;

/** The canonical rows of the minute after noon that the lines give. */
async function convert(
  signal: Signal,
  lines: string | string[],
  keptLabels?: KeptLabels,
): Promise<{ rows: Row[]; streams: readonly Stream[] }> {
  const directory = await mkdtemp(join(tmpdir(), 'observebridge-otlp-'));
  try {
    await writeFile(
      join(directory, 'all.json'),
      [lines]
        .flat()
        .map((line) => `${line}\n`)
        .join(''),
    );
    const source = createOtlpFilesSource({ type: 'otlp_files', path: directory }, keptLabels ? { keptLabels } : {});
    await using session = await openSession({ directory: join(tmpdir(), 'observebridge-test'), memoryLimit: '128MB', threads: 1 });
    const range = { from: NOON, to: NOON + MINUTE };
    await using slice = await source.open({ logs: range, spans: range, metric_points: range }, session, new AbortController().signal);
    const rows = await session.rows<Row>(`select * from (${slice.relations[signal]}) order by all`);
    return { rows, streams: slice.streams };
  } finally {
    await rm(directory, { recursive: true, force: true });
  }
}

const convertLog = async (record: Record<string, Json>, resource?: Record<string, Json>): Promise<Row> =>
  (await convert('logs', toLine('logs', [{ timeUnixNano: NANOS, ...record }], resource))).rows[0] ?? {};

const convertSpan = async (span: Record<string, Json>, resource?: Record<string, Json>): Promise<Row> =>
  (
    await convert(
      'spans',
      toLine(
        'spans',
        [{ traceId: TRACE, spanId: 'eee19b7ec3c1b174', startTimeUnixNano: NANOS, endTimeUnixNano: toNanos(NOON + 250), ...span }],
        resource,
      ),
    )
  ).rows[0] ?? {};

const convertMetric = (metric: Record<string, Json>, resource?: Record<string, Json>, keptLabels?: KeptLabels) =>
  convert('metric_points', toLine('metric_points', [{ name: 'http.server.Duration', ...metric }], resource), keptLabels);

describe('log records', () => {
  it('become rows with the place, severity and trace of the record', async () => {
    const row = await convertLog(
      {
        severityText: 'Warning',
        severityNumber: 13,
        body: { stringValue: 'hello' },
        traceId: TRACE.toUpperCase(),
        attributes: toAttributes({ job: 'j' }),
      },
      { 'service.name': 'cart', 'k8s.namespace.name': 'shop', 'k8s.pod.name': 'cart-1', 'host.name': 'node-1' },
    );
    expect(row).toEqual({
      ...{ timestamp: BigInt(NOON), stream: 'default', service_name: 'cart', namespace: 'shop', pod: 'cart-1', host: 'node-1', job: 'j' },
      ...{ severity: 'Warning', body: 'hello', trace_id: TRACE, rejected: null },
    });
  });

  it.each<[string, Record<string, Json>, Row]>([
    ['the number without a text', { severityNumber: 17, severityText: '' }, { severity: '17' }],
    ['the name of a number', { severityNumber: 'SEVERITY_NUMBER_ERROR2' }, { severity: 'SEVERITY_NUMBER_ERROR2' }],
    ['no severity at all', { severityNumber: 0 }, { severity: null }],
    ['an attribute in place of it', { attributes: toAttributes({ level: 'debug' }) }, { severity: 'debug' }],
    ['the observed time without another', { timeUnixNano: '0', observedTimeUnixNano: toNanos(NOON + 7) }, { timestamp: BigInt(NOON + 7) }],
    ['a time as a number', { timeUnixNano: NOON * 1000 }, { timestamp: BigInt(NOON) }],
    ['a time rounded down to µs', { timeUnixNano: `${NOON}999` }, { timestamp: BigInt(NOON) }],
    ['attributes over those of the resource', { attributes: toAttributes({ 'service.name': 'own' }) }, { service_name: 'own' }],
    ['a trace id of zeros as none', { traceId: '0'.repeat(32) }, { trace_id: null }],
  ])('take %s', async (_, record, expected) => {
    expect(await convertLog({ body: { stringValue: 'x' }, ...record })).toMatchObject(expected);
  });

  it.each<[string, Json, string]>([
    ['text', { stringValue: 'a "b"\n\u00e9' }, 'a "b"\n\u00e9'],
    ['half a surrogate pair', { stringValue: '\ud83d!' }, '\ufffd!'],
    ['a whole number of 64 bits', { intValue: '9223372036854775807' }, '9223372036854775807'],
    ['a boolean', { boolValue: false }, 'false'],
    ['a double', { doubleValue: 1.5 }, '1.5'],
    ['bytes of text', { bytesValue: Buffer.from('héllo').toString('base64') }, 'héllo'],
    ['bytes of anything', { bytesValue: '/wA=' }, '/wA='],
    ['a list', toAnyValue(['a', 1, 2.5, true, null, { b: [] }]), '["a",1,2.5,true,null,{"b":[]}]'],
    ['a map', toAnyValue({ 'User.Id': 7, msg: 'hi "you"', empty: '' }), '{"body_msg":"hi \\"you\\"","body_user_id":"7"}'],
    ['a deep map', toAnyValue({ a: { b: { c: { d: 1 } } } }), '{"body_a_b":"{\\"c\\":{\\"d\\":1}}"}'],
    ['an empty map', toAnyValue({}), ''],
    ['nothing', {}, ''],
  ])('have a body of %s', async (_, body, expected) => {
    expect((await convertLog({ body })).body).toBe(expected);
  });

  it('keep long integers exact when they are written as numbers', async () => {
    const line = toLine('logs', [{ timeUnixNano: 'NANOS', body: { intValue: 'BIG' } }])
      .replace('"NANOS"', NANOS)
      .replace('"BIG"', '9007199254740993');
    expect((await convert('logs', line)).rows).toMatchObject([{ timestamp: BigInt(NOON), body: '9007199254740993' }]);
  });

  it('read a message in the attributes before a structured body', async () => {
    const row = await convertLog({ body: toAnyValue({ a: 1 }), attributes: toAttributes({ message: 'plain' }) });
    expect(row.body).toBe('plain');
  });
});

describe('spans', () => {
  it('become rows with what OpenObserve would store', async () => {
    const row = await convertSpan(
      {
        ...{ parentSpanId: 'EEE19B7EC3C1B173', name: 'GET /cart', kind: 3, status: { code: 2, message: 'no' } },
        attributes: toAttributes({
          'http.request.method': 'GET',
          'server.address': 'db-1',
          'url.full': 'http://u:p@db-1:80/x',
          'peer.service': 'db',
        }),
        links: [{ traceId: TRACE.toUpperCase(), spanId: 'aaaaaaaaaaaaaaaa', attributes: [] }],
      },
      { 'service.name': 'cart', 'k8s.namespace.name': 'shop' },
    );
    expect(row).toMatchObject({
      ...{ timestamp: BigInt(NOON), stream: 'default', trace_id: TRACE, span_id: 'eee19b7ec3c1b174', parent_span_id: 'eee19b7ec3c1b173' },
      ...{
        service_name: 'cart',
        namespace: 'shop',
        operation: 'GET /cart',
        kind: 'client',
        failed: true,
        duration_us: 250n,
        protocol: 'http',
      },
      ...{ peer_service: 'db', peer_address: 'db-1', peer_url_host: 'db-1', rejected: null },
      links: `[{"context":{"traceId":"${TRACE}","spanId":"aaaaaaaaaaaaaaaa"}}]`,
    });
  });

  it.each<[string, Record<string, Json>, Row]>([
    ['a kind by name', { kind: 'SPAN_KIND_PRODUCER' }, { kind: 'producer' }],
    ['no kind', {}, { kind: null, failed: false, links: null, parent_span_id: null }],
    ['a status by name', { status: { code: 'STATUS_CODE_ERROR' } }, { failed: true }],
    [
      'a status that is fine whatever the attributes say',
      { status: { code: 1 }, attributes: toAttributes({ status_code: 2, error: true }) },
      { failed: false },
    ],
    ['whole numbers as text', { attributes: toAttributes({ 'http.status_code': 200 }) }, { protocol: 'http' }],
    [
      'no attribute for what the span itself says',
      { attributes: toAttributes({ duration: 1, trace_id: 'x', 'service.name': 'x' }) },
      { duration_us: 250n, trace_id: TRACE, service_name: 'cart' },
    ],
    ['no end', { endTimeUnixNano: '0' }, { duration_us: null }],
    ['an empty parent', { parentSpanId: '' }, { parent_span_id: null }],
    ['no id', { spanId: '' }, { rejected: 'no_span_id' }],
  ])('take %s', async (_, span, expected) => {
    expect(await convertSpan(span)).toMatchObject(expected);
  });

  it('are rejected without the name of a service', async () => {
    expect(await convertSpan({ attributes: toAttributes({ 'service.name': 'x' }) }, { 'host.name': 'node-1' })).toMatchObject({
      service_name: null,
      rejected: 'no_service_name',
    });
  });

  it('know the database and the queue of the old and the new conventions', async () => {
    for (const attributes of [
      { 'db.system': 'mysql', 'db.name': 'shop' },
      { 'db.system.name': 'mysql', 'db.namespace': 'shop' },
    ])
      expect(await convertSpan({ attributes: toAttributes(attributes) })).toMatchObject({
        db_system: 'mysql',
        db_name: 'shop',
        kind: 'client',
      });
    for (const name of ['messaging.destination', 'messaging.destination.name'])
      expect(await convertSpan({ kind: 4, attributes: toAttributes({ 'messaging.system': 'kafka', [name]: 'orders' }) })).toMatchObject({
        ...{ messaging_system: 'kafka', messaging_destination: 'orders' },
      });
  });
});

describe('metrics', () => {
  const point = { timeUnixNano: NANOS, startTimeUnixNano: NANOS };
  const short = ({ rows }: { rows: Row[] }) => rows.map((row) => [row.stream, row.value, row.le ?? row.quantile]);
  const typesOf = ({ streams }: { streams: readonly Stream[] }) =>
    Object.fromEntries(streams.map(({ name, metricType }) => [name, metricType]));

  it('of gauges keep the place and tell series apart', async () => {
    const points = ['a', 'b', 'a'].map((zone, index) => ({ ...point, asDouble: index + 0.5, attributes: toAttributes({ zone }) }));
    const found = await convertMetric(
      { gauge: { dataPoints: points } },
      { 'service.name': 'cart', 'k8s.pod.name': 'cart-1', 'host.name': 'node-1' },
    );
    found.rows.sort((a, b) => Number(a.value) - Number(b.value));
    expect(found.rows).toMatchObject(
      [0.5, 1.5, 2.5].map((value) => ({
        stream: 'http_server_duration',
        value,
        service_name: 'cart',
        pod: 'cart-1',
        host: 'node-1',
        temporality: null,
        monotonic: null,
        rejected: null,
      })),
    );
    expect(found.rows[0]?.series).toBe(found.rows[2]?.series);
    expect(found.rows[0]?.series).not.toBe(found.rows[1]?.series);
    expect(typesOf(found)).toEqual({ http_server_duration: 'gauge' });
  });

  it('of sums say whether they only rise and what they count from', async () => {
    for (const [aggregationTemporality, temporality] of [
      [1, 'delta'],
      [2, 'cumulative'],
      ['AGGREGATION_TEMPORALITY_DELTA', 'delta'],
      [0, null],
    ] as const) {
      for (const isMonotonic of [true, false]) {
        const found = await convertMetric({
          sum: { aggregationTemporality, isMonotonic, dataPoints: [{ ...point, asInt: '4503599627370497' }] },
        });
        expect(found.rows).toMatchObject([{ value: 4503599627370497, temporality, monotonic: isMonotonic }]);
        expect(typesOf(found)).toEqual({ http_server_duration: 'counter' });
      }
    }
  });

  it('of histograms become cumulative buckets, count, sum, min and max', async () => {
    const dataPoint = { ...point, count: '6', sum: 12.5, min: 0.1, max: 9, bucketCounts: ['1', '2', 3], explicitBounds: [0.005, 10] };
    const found = await convertMetric({ histogram: { aggregationTemporality: 2, dataPoints: [dataPoint] } });
    expect(short(found).sort()).toEqual([
      ...[
        ['http_server_duration_bucket', 1, '0.005'],
        ['http_server_duration_bucket', 3, '10'],
        ['http_server_duration_bucket', 6, 'inf'],
      ],
      ...[
        ['http_server_duration_count', 6, null],
        ['http_server_duration_max', 9, null],
        ['http_server_duration_min', 0.1, null],
      ],
      ['http_server_duration_sum', 12.5, null],
    ]);
    expect(new Set(found.rows.map((row) => row.family_series)).size).toBe(1);
    expect(new Set(found.rows.map((row) => row.series)).size).toBe(7);
    expect(new Set(Object.values(typesOf(found)))).toEqual(new Set(['histogram']));
  });

  it('of histograms without buckets or sum keep what there is', async () => {
    expect(short(await convertMetric({ histogram: { dataPoints: [{ ...point, count: 3 }] } }))).toEqual([
      ['http_server_duration_count', 3, null],
    ]);
  });

  it('of exponential histograms become buckets with explicit bounds, each by itself', async () => {
    const dataPoint = {
      ...{ ...point, count: '10', sum: 40, scale: 1, zeroCount: '1' },
      ...{ positive: { offset: 2, bucketCounts: ['2', '0', '4'] }, negative: { bucketCounts: ['1', '2'] } },
    };
    const found = await convertMetric({ exponentialHistogram: { aggregationTemporality: 1, dataPoints: [dataPoint] } });
    const buckets = found.rows
      .filter((row) => String(row.stream).endsWith('_bucket'))
      .map((row) => [Number(String(row.le).replace('inf', 'Infinity')), row.value])
      .sort(([a], [b]) => Number(a) - Number(b));
    expect(buckets).toEqual(
      [
        [-2, 0],
        [-Math.SQRT2, 2],
        [-1, 1],
        [0, 1],
        [2, 0],
        [2 * Math.SQRT2, 2],
        [4, 0],
        [4 * Math.SQRT2, 4],
        [Number.POSITIVE_INFINITY, 0],
      ].map(([le, count]) => [expect.closeTo(le ?? 0, 12), count]),
    );
    expect(found.rows.every((row) => row.temporality === 'delta')).toBe(true);
    expect(new Set(Object.values(typesOf(found)))).toEqual(new Set(['exponentialhistogram']));
  });

  it('of exponential histograms keep the same bounds when the scale falls', async () => {
    const bounds = async (scale: number, offset: number): Promise<unknown[]> =>
      (
        await convertMetric({
          exponentialHistogram: { dataPoints: [{ ...point, count: 1, scale, positive: { offset, bucketCounts: [1] } }] },
        })
      ).rows.map((row) => row.le);
    expect(new Set((await bounds(3, 7)).concat(await bounds(3, 6)))).toEqual(
      new Set([null, '0', 'inf', String(2 ** 0.75), String(2 ** 0.875), '2']),
    );
    expect(await bounds(2, 3)).toEqual(expect.arrayContaining(['2', String(2 ** 0.75)]));
  });

  it('of summaries become count, sum and quantiles', async () => {
    const dataPoint = { ...point, count: '4', sum: 8, quantileValues: [{ value: 1 }, { quantile: 0.95, value: 3.5 }] };
    const found = await convertMetric({ summary: { dataPoints: [dataPoint] } });
    expect(short(found).sort()).toEqual([
      ['http_server_duration', 1, '0'],
      ['http_server_duration', 3.5, '0.95'],
      ['http_server_duration_count', 4, null],
      ['http_server_duration_sum', 8, null],
    ]);
    expect(new Set(Object.values(typesOf(found)))).toEqual(new Set(['summary']));
  });

  it('without a recorded or finite value are rejected', async () => {
    const points = [{ ...point, flags: 1 }, { ...point, asDouble: 'NaN' }, { ...point, asDouble: '-Infinity' }, point];
    const { rows } = await convertMetric({ gauge: { dataPoints: points } });
    expect(rows.map((row) => row.rejected).sort()).toEqual(['no_recorded_value', 'not_finite', 'not_finite', 'not_finite']);
  });

  it('keep the labels that are asked for', async () => {
    const dataPoint = { ...point, asInt: 1, attributes: toAttributes({ 'http.code': 500, route: '/x' }) };
    const { rows } = await convertMetric({ gauge: { dataPoints: [dataPoint] } }, undefined, { http_server_duration: ['http_code'] });
    expect(rows).toMatchObject([{ kept_labels: '{http_code="500"}' }]);
  });
});

it('passes over fields that it does not know', async () => {
  const line = JSON.stringify({
    resourceLogs: [
      {
        schemaUrl: 'x',
        entityRefs: 1,
        resource: { droppedAttributesCount: 1 },
        scopeLogs: [{ logRecords: [{ timeUnixNano: NANOS, body: { stringValue: 'x' }, eventName: 'e', flags: 257 }] }],
      },
    ],
    somethingNew: {},
  });
  expect((await convert('logs', line)).rows).toMatchObject([{ body: 'x', rejected: null }]);
});

it('takes a line as a whole or not at all', async () => {
  const good = { timeUnixNano: NANOS, body: { stringValue: 'x' } };
  const { rows } = await convert('logs', [
    toLine('logs', [good]),
    toLine('logs', [good, null]),
    toLine('logs', [good, { ...good, attributes: 7 }]),
  ]);
  expect(rows.map((row) => row.rejected)).toEqual([null, 'malformed', 'malformed']);
});
