import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { aggregate } from '../../src/aggregate/aggregate.ts';
import { loadAggregations } from '../../src/aggregate/catalog.ts';
import { tableColumns, toOutputRows } from '../../src/aggregate/output.ts';
import { createResources } from '../../src/aggregate/resources.ts';
import { HOUR, MINUTE, type Micros, parseTime, SECOND } from '../../src/core/time.ts';
import type { Window } from '../../src/core/window.ts';
import { quoteText } from '../../src/sources/canonical.ts';
import { createOpenObserveFilesSource } from '../../src/sources/openobserve-files/openobserve-files.ts';
import type { Slice, Source } from '../../src/sources/source.ts';
import { type AggregationWorld, openAggregationWorld } from '../support/aggregation-world.ts';

const data = fileURLToPath(new URL('../../../shared/data', import.meta.url));
const time = (text: string): Micros => parseTime(text) ?? Number.NaN;
const aggregations = await loadAggregations([fileURLToPath(new URL('../../aggregations', import.meta.url))]);

type Row = Record<string, unknown>;

/** The tables that a recorded directory gives, one read per step, with resources as URNs and buckets in seconds. */
async function aggregateRecorded(world: AggregationWorld, source: Source, window: Window, step: Micros) {
  const tables = new Map<string, Row[]>(aggregations.map(({ name }) => [name, []]));
  const read: Record<string, number> = {};
  const rejected: Record<string, number> = {};
  for (let from = window.from; from < window.to; from += step) {
    const part = { from, to: Math.min(from + step, window.to) };
    const around = { from: part.from - 15 * MINUTE, to: part.to + 2 * MINUTE };
    const counters = { from: part.from - 5 * MINUTE, to: part.to };
    await using slice: Slice = await source.open(
      { logs: part, spans: around, metric_points: counters },
      world.session,
      new AbortController().signal,
    );
    const resources = createResources('tenant', async () => new Map());
    const { relations, streams } = slice;
    const input = { session: world.session, relations, streams, window: part, resources };
    const result = await aggregate({ ...input, pattern: (code) => world.miner.pattern(code).fingerprint }, aggregations);
    for (const aggregation of aggregations) {
      const { columns } = tableColumns(aggregation);
      for (const cells of toOutputRows(aggregation, result.partials.get(aggregation.name) ?? [], () => 0n)) {
        const row: Row = {};
        for (const [index, name] of columns.entries()) {
          const cell = cells[index];
          row[name] = typeof cell === 'bigint' && name.endsWith('resource_id') ? resources.met.get(cell)?.urn : cell;
        }
        tables.get(aggregation.name)?.push({ ...row, bucket: time(String(row.bucket)) / SECOND });
      }
    }
    for (const tally of result.reconciliation) {
      read[tally.signal] = (read[tally.signal] ?? 0) + tally.read;
      for (const [reason, rows] of Object.entries(tally.rejected)) {
        const key = `${tally.signal} ${reason}`;
        rejected[key] = (rejected[key] ?? 0) + rows;
      }
    }
  }
  return { tables: (name: string): Row[] => tables.get(name) ?? [], read, rejected };
}

function openRecorded(name: string, organization: string): Source {
  const streams = join(data, name, 'streams.json');
  return createOpenObserveFilesSource(
    {
      ...{ type: 'openobserve_files', root: join(data, name, 'stream'), organization },
      ...{ file_list: `sqlite:${join(data, name, 'db', 'metadata.sqlite')}` },
      ...(existsSync(streams) ? { streams } : {}),
    },
    { now: () => time('2027-01-01') },
  );
}

type Recorded = Awaited<ReturnType<typeof aggregateRecorded>>;

function describeRecorded(
  name: string,
  organization: string,
  window: Window,
  step: Micros,
  suite: (recorded: () => Recorded) => void,
): void {
  if (!existsSync(join(data, name))) {
    describe.skip(`recorded ${name} (skipped: ../shared/data/${name} is absent)`, () => {
      it('is not there', () => undefined);
    });
    return;
  }
  describe(`recorded ${name}`, () => {
    let recorded: Recorded | undefined;
    beforeAll(async () => {
      await using world = await openAggregationWorld();
      await using source = openRecorded(name, organization);
      recorded = await aggregateRecorded(world, source, window, step);
    }, 300_000);
    suite(() => {
      if (!recorded) throw new Error('nothing was read');
      return recorded;
    });
  });
}

const trainTicket = { from: time('2023-01-30T11:50'), to: time('2023-01-30T14:15') };
describeRecorded('openobserve', 'default', trainTicket, 30 * MINUTE, (recorded) => {
  it('gives the calls that another program found, in every bucket and pair', () => {
    const text = readFileSync(join(data, 'openobserve-expected-calls-5m.json'), 'utf8');
    const expected = JSON.parse(text) as { bucket: number; src: string; dst: string; calls: number; p50_us: number; p95_us: number }[];
    const actual = new Map(
      recorded()
        .tables('service_call_5m')
        .map((row) => [[row.bucket, nameOf(row.src_resource_id), nameOf(row.dst_resource_id)].join(' '), row]),
    );
    expect(actual.size).toBe(expected.length);
    for (const { bucket, src, dst, calls, p50_us, p95_us } of expected) {
      const row = actual.get([bucket, src, dst].join(' '));
      expect(row?.calls, `${src} → ${dst}`).toBe(calls);
      expect(Math.abs(Number(row?.p50_ms) * 1000 - p50_us)).toBeLessThanOrEqual(0.01 * p50_us);
      expect(Math.abs(Number(row?.p95_ms) * 1000 - p95_us)).toBeLessThanOrEqual(0.01 * p95_us);
    }
  });

  it('counts every log line and every span', () => {
    const lines = recorded()
      .tables('log_pattern_5m')
      .reduce((total, row) => total + Number(row.count_total), 0);
    expect(lines).toBe(94_624);
    expect(recorded().read).toMatchObject({ logs: 94_624, spans: 179_170 });
    expect(recorded().rejected).toEqual({ 'spans duplicate': 1_014, 'metric_points not_finite': 1_348 });
  });
});

const nameOf = (urn: unknown): string => String(urn).split(/[:/]/).at(-1) ?? '';

interface Sample {
  readonly time: Micros;
  readonly value: number;
}

const scrapes = { from: time('2026-11-21T09:28'), to: time('2026-11-21T10:15') };
describeRecorded('prometheus', 'infra', scrapes, HOUR, (recorded) => {
  const streams = JSON.parse(
    existsSync(join(data, 'prometheus')) ? readFileSync(join(data, 'prometheus', 'streams.json'), 'utf8') : '{"list":[]}',
  ) as {
    list: { name: string; metrics_meta?: { metric_type: string } }[];
  };
  const typed = (type: string): string[] =>
    streams.list.filter(({ metrics_meta }) => metrics_meta?.metric_type.toLowerCase() === type).map(({ name }) => name);
  let world: AggregationWorld;
  beforeAll(async () => {
    world = await openAggregationWorld();
  });
  afterAll(() => world[Symbol.asyncDispose]());

  /** Rows of a stream as they are stored, or none; the recording was never compacted, so every object is live. */
  const rawRows = (stream: string): Promise<Row[]> => {
    const directory = join(data, 'prometheus/stream/files/infra/metrics', stream);
    if (!existsSync(directory)) return Promise.resolve([]);
    return world.session.rows<Row>(`select * from read_parquet(${quoteText(`${directory}/**/*.parquet`)}, union_by_name = true)`);
  };

  /** The series of a stream with their samples in order, by their labels. */
  const rawSeries = async (stream: string): Promise<Map<string, { labels: Row; samples: Sample[] }>> => {
    const found = new Map<string, { labels: Row; samples: Sample[] }>();
    for (const { _timestamp, value, __hash__: _hash, __name__: _name, ...labels } of await rawRows(stream)) {
      const key = JSON.stringify(Object.entries(labels).sort(([a], [b]) => (a < b ? -1 : 1)));
      const series = found.get(key) ?? { labels, samples: [] };
      found.set(key, series);
      series.samples.push({ time: Number(_timestamp), value: Number(value) });
    }
    for (const { samples } of found.values()) samples.sort((a, b) => a.time - b.time);
    return found;
  };

  const urnOf = (stream: string, { instance, job }: Row): string =>
    /^(node|host|system|windows)_/.test(stream) ? `urn:host:${String(instance).replace(/:\d+$/, '')}` : `urn:svc:${job}`;

  /** Sums of the increases of each minute, by resource and minute; `null` where no series has an earlier sample. */
  const increases = (samples: readonly Sample[]): Map<number, number> => {
    const minutes = new Map<number, number>();
    for (const [index, { time: at, value }] of samples.entries()) {
      const before = samples[index - 1];
      if (!before || at - before.time > 5 * MINUTE) continue;
      const minute = Math.floor(at / MINUTE) * 60;
      minutes.set(minute, (minutes.get(minute) ?? 0) + (value < before.value ? value : value - before.value));
    }
    return minutes;
  };

  const rowsOf = (metric: string): Map<string, Row> =>
    new Map(
      recorded()
        .tables('metric_1m')
        .filter((row) => row.metric === metric)
        .map((row) => [`${row.resource_id} ${row.bucket}`, row]),
    );

  const expectClose = (actual: unknown, expected: number, label: string): void =>
    expect(Math.abs(Number(actual) - expected), label).toBeLessThanOrEqual(1e-9 * Math.max(Math.abs(expected), 1e-12));

  it('gives the counter rates that plain arithmetic gives', async () => {
    let compared = 0;
    for (const stream of typed('counter')) {
      const rates = new Map<string, number[]>();
      for (const { labels, samples } of (await rawSeries(stream)).values()) {
        for (const [minute, increase] of increases(samples)) {
          const key = `${urnOf(stream, labels)} ${minute}`;
          rates.set(key, [...(rates.get(key) ?? []), increase / 60]);
        }
      }
      const rows = rowsOf(stream);
      expect([...rows.keys()].sort(), stream).toEqual([...rates.keys()].sort());
      for (const [key, list] of rates) {
        const row = rows.get(key);
        const total = list.reduce((sum, rate) => sum + rate, 0);
        expect(row).toMatchObject({ kind: 'counter', series: list.length, min: Math.min(...list), max: Math.max(...list) });
        expectClose(row?.sum, total, `${stream} ${key}`);
        expectClose(row?.avg, total / list.length, `${stream} ${key}`);
        compared++;
      }
    }
    expect(compared).toBeGreaterThan(300);
  });

  it('gives the histograms that plain arithmetic gives', async () => {
    let compared = 0;
    for (const bucket of typed('histogram').filter((name) => name.endsWith('_bucket'))) {
      const family = bucket.replace(/_bucket$/, '');
      const counts = await sumPerMinute(`${family}_count`);
      const sums = await sumPerMinute(`${family}_sum`);
      const bounds = new Map<string, Map<number, number>>();
      for (const { labels, samples } of (await rawSeries(bucket)).values()) {
        const bound = /inf/i.test(String(labels.le)) ? Number.POSITIVE_INFINITY : Number(labels.le);
        for (const [minute, increase] of increases(samples)) {
          const key = `${urnOf(bucket, labels)} ${minute}`;
          const known = bounds.get(key) ?? new Map<number, number>();
          bounds.set(key, known.set(bound, (known.get(bound) ?? 0) + increase));
        }
      }
      const rows = rowsOf(family);
      const keys = [...counts].filter(([, count]) => count > 0).map(([key]) => key);
      expect([...rows.keys()].sort(), family).toEqual(keys.sort());
      for (const key of keys) {
        const row = rows.get(key);
        expect(row).toMatchObject({ kind: 'histogram', samples: counts.get(key), min: null, max: null });
        expectClose(row?.sum, sums.get(key) ?? Number.NaN, `${family} ${key}`);
        expectClose(row?.p95, histogramQuantile(0.95, bounds.get(key) ?? new Map()), `${family} ${key} p95`);
        compared++;
      }
    }
    expect(compared).toBeGreaterThan(50);
  });

  const sumPerMinute = async (stream: string): Promise<Map<string, number>> => {
    const total = new Map<string, number>();
    for (const { labels, samples } of (await rawSeries(stream)).values()) {
      for (const [minute, increase] of increases(samples)) {
        const key = `${urnOf(stream, labels)} ${minute}`;
        total.set(key, (total.get(key) ?? 0) + increase);
      }
    }
    return total;
  };

  it('gives the gauges that a plain group-by gives', async () => {
    let compared = 0;
    for (const stream of typed('gauge')) {
      const rows = rowsOf(stream);
      const groups = new Map<string, number[]>();
      for (const { labels, samples } of (await rawSeries(stream)).values()) {
        for (const { time: at, value } of samples) {
          if (!Number.isFinite(value) || Math.abs(value) > 1e308) continue;
          const key = `${urnOf(stream, labels)} ${Math.floor(at / MINUTE) * 60}`;
          groups.set(key, [...(groups.get(key) ?? []), value]);
        }
      }
      expect([...rows.keys()].sort(), stream).toEqual([...groups.keys()].sort());
      for (const [key, values] of groups) {
        const row = rows.get(key);
        expect(row).toMatchObject({ samples: values.length, min: Math.min(...values), max: Math.max(...values) });
        expectClose(row?.avg, values.reduce((sum, value) => sum + value, 0) / values.length, `${stream} ${key}`);
        compared++;
      }
    }
    expect(compared).toBeGreaterThan(300);
  });
});

/** Prometheus' histogram_quantile over cumulative counts by upper bound. */
function histogramQuantile(q: number, buckets: ReadonlyMap<number, number>): number {
  const sorted = [...buckets].sort(([a], [b]) => a - b);
  const total = sorted.at(-1)?.[1] ?? 0;
  const index = sorted.findIndex(([, count]) => count >= q * total);
  const [bound = Number.NaN, count = 0] = sorted[index] ?? [];
  if (index === sorted.length - 1) return sorted.at(-2)?.[0] ?? Number.NaN;
  if (index === 0 && bound <= 0) return bound;
  const [lower, below] = index === 0 ? [0, 0] : (sorted[index - 1] ?? [0, 0]);
  return lower + (bound - lower) * ((q * total - below) / (count - below));
}
