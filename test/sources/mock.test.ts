import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Value } from 'typebox/value';
import { describe, expect, it } from 'vitest';
import { openSession } from '../../src/aggregate/session.ts';
import { type Signal, signals } from '../../src/core/signal.ts';
import { HOUR, MINUTE, type Micros, parseTime } from '../../src/core/time.ts';
import type { Window } from '../../src/core/window.ts';
import { spanTemplates } from '../../src/sources/mock/call-templates.ts';
import { type MockConfig, MockConfigSchema } from '../../src/sources/mock/config.ts';
import { logTemplates } from '../../src/sources/mock/log-templates.ts';
import { createMockSource } from '../../src/sources/mock/mock.ts';
import { describeSource } from '../contracts/source.ts';

const NOON = parseTime('2026-03-01T12:00:00Z') ?? 0;
const COUNTS = { logs: 5_000, spans: 1_000, metric_points: 500 };

const config = (written: Record<string, unknown> = {}): MockConfig =>
  Value.Parse(MockConfigSchema, Value.Default(MockConfigSchema, { type: 'mock', ...written }));

describeSource(
  'mock',
  async () => {
    let now = NOON + HOUR;
    const range = { from: NOON, to: NOON + 2 * MINUTE };
    const source = createMockSource(config(), { now: () => now });
    return {
      ...{ source, range, expected: [COUNTS, COUNTS] },
      changes: {
        'nothing new an hour later': async () => {
          now += HOUR;
          return {};
        },
      },
      faults: {},
      [Symbol.asyncDispose]: () => source[Symbol.asyncDispose](),
    };
  },
  { changes: ['nothing new an hour later'] },
);

describeSource(
  'mock with faults',
  async () => {
    const range = { from: NOON, to: NOON + 2 * MINUTE };
    let now = range.to;
    const world = (faults: Record<string, unknown>, clock: () => Micros) =>
      createMockSource(config({ scale: 0.2, faults }), { now: clock });
    const faults = { late_share: 0.2, late_by: '10m', duplicate_share: 0.1 };
    const source = world(faults, () => now);
    const early = await countRows(source, range);
    const late = await countRows(
      world(faults, () => range.to + HOUR),
      range,
    );
    return {
      ...{ source, range, expected: early },
      changes: {
        'rows that were late': async () => {
          now = range.to + HOUR;
          return Object.fromEntries(
            signals.map((signal) => [
              signal,
              late.reduce((total, counts, minute) => total + counts[signal] - (early[minute]?.[signal] ?? 0), 0),
            ]),
          );
        },
      },
      [Symbol.asyncDispose]: () => source[Symbol.asyncDispose](),
    };
  },
  { changes: ['rows that were late'] },
);

describe('the mock world', () => {
  it('has exactly the configured rows in every minute, at any scale', async () => {
    for (const written of [{ scale: 0.1 }, { scale: 3 }, { logs_per_minute: 7, spans_per_minute: 333, metric_points_per_minute: 41 }]) {
      const chosen = config(written);
      const expected = {
        logs: Math.round(chosen.logs_per_minute * chosen.scale),
        spans: Math.round(chosen.spans_per_minute * chosen.scale),
        metric_points: Math.round(chosen.metric_points_per_minute * chosen.scale),
      };
      const found = await countRows(createMockSource(chosen, { now: () => NOON + HOUR }), { from: NOON, to: NOON + 3 * MINUTE });
      expect(found, JSON.stringify(written)).toEqual([expected, expected, expected]);
    }
  });

  it('holds late rows back until their time has come, and delivers some rows twice', async () => {
    const range = { from: NOON, to: NOON + MINUTE };
    const faults = { late_share: 0.2, late_by: '10m', duplicate_share: 0.1 };
    const at = async (now: Micros, faulty: Record<string, unknown>) =>
      (await countRows(createMockSource(config({ faults: faulty }), { now: () => now }), range))[0];
    const soon = await at(range.to, { ...faults, duplicate_share: 0 });
    expect(soon?.logs).toBeGreaterThan(3_800);
    expect(soon?.logs).toBeLessThan(4_200);
    expect(await at(range.to + 10 * MINUTE, { ...faults, duplicate_share: 0 })).toEqual(COUNTS);
    const doubled = await at(range.to + HOUR, faults);
    expect(doubled?.spans).toBeGreaterThan(1_060);
    expect(doubled?.spans).toBeLessThan(1_140);
  });

  it('has no rows after the clock', async () => {
    const [first, second] = await countRows(createMockSource(config(), { now: () => NOON + 90_000_000 }), {
      from: NOON,
      to: NOON + 2 * MINUTE,
    });
    expect(first).toEqual(COUNTS);
    expect(second?.logs).toBe(2_500);
  });

  it('differs between seeds', async () => {
    const first = await queryRows(config({ seed: 1 }), 'spans', 'select min(trace_id) as answer from rows');
    expect(await queryRows(config({ seed: 2 }), 'spans', 'select min(trace_id) as answer from rows')).not.toEqual(first);
  });

  it('has whole traces: every parent exists, unique ids, and some spans in a later minute than their parents', async () => {
    const [row] = await queryRows<{ orphans: number; later: number; ids: number; spans: number }>(
      config(),
      'spans',
      `select count(*) filter (child.parent_span_id is not null and parent.span_id is null)::integer as orphans,
         count(*) filter (child.timestamp // ${MINUTE} > parent.timestamp // ${MINUTE})::integer as later,
         count(distinct (child.trace_id, child.span_id))::integer as ids, count(*)::integer as spans
       from rows as child left join rows as parent on parent.trace_id = child.trace_id and parent.span_id = child.parent_span_id
       where child.timestamp >= ${NOON + MINUTE}`,
      { from: NOON, to: NOON + 5 * MINUTE },
    );
    expect(row?.orphans).toBe(0);
    expect(row?.later).toBeGreaterThan(0);
    expect(row?.ids).toBe(row?.spans);
  });

  it('has calls of every kind', async () => {
    const rows = await queryRows<{ kind: string; protocol: string }>(config(), 'spans', 'select distinct kind, protocol from rows');
    const kinds = rows.map((row) => `${row.kind} ${row.protocol}`);
    expect(kinds).toEqual(expect.arrayContaining(['server http', 'client http', 'server grpc', 'client grpc', 'internal null']));
    expect(kinds).toEqual(expect.arrayContaining(['client postgresql', 'client redis', 'producer kafka', 'consumer kafka']));
    const [linked] = await queryRows<{ missing: number; links: number }>(
      config(),
      'spans',
      `with link as (select unnest(from_json(links, '[{"context":{"traceId":"VARCHAR","spanId":"VARCHAR"}}]')) as link from rows where links is not null)
       select count(*)::integer as links, count(*) filter (rows.kind is distinct from 'producer')::integer as missing
       from link left join rows on rows.trace_id = link.context.traceId and rows.span_id = link.context.spanId`,
    );
    expect(linked?.links).toBeGreaterThan(10);
    expect(linked?.missing).toBe(0);
  });

  it('has sixty log templates, none without a line in ten minutes, and stack traces among them', async () => {
    expect(logTemplates.length).toBe(60);
    const [row] = await queryRows<{ bodies: number; traces: number; unfilled: number }>(
      config(),
      'logs',
      `select count(distinct regexp_replace(body, '[0-9a-f-]*[0-9][0-9a-f.-]*', '#', 'g'))::integer as bodies,
         count(*) filter (body like '%' || chr(10) || chr(9) || 'at %')::integer as traces,
         count(*) filter (regexp_matches(body, '<[a-z]+>|\\{[0-9]+\\}'))::integer as unfilled from rows`,
    );
    expect(row?.bodies).toBeGreaterThanOrEqual(60);
    expect(row?.traces).toBeGreaterThan(50);
    expect(row?.unfilled).toBe(0);
  });

  it('fails the service of an error burst while it lasts', async () => {
    const burst = { service: 'pricing', from: '2026-03-01T12:01:00Z', to: '2026-03-01T12:02:00Z', share: 1 };
    const rows = await queryRows<{ minute: number; failed: number }>(
      config({ faults: { error_burst: burst } }),
      'logs',
      `select ((timestamp - ${NOON}) // ${MINUTE})::integer as minute, avg((upper(severity) = 'ERROR')::integer) as failed
       from rows where service_name = 'pricing' group by all order by all`,
      { from: NOON, to: NOON + 3 * MINUTE },
    );
    expect(rows[1]?.failed).toBe(1);
    expect(rows[0]?.failed).toBeLessThan(0.2);
    expect(rows[2]?.failed).toBeLessThan(0.2);
    expect(() => createMockSource(config({ faults: { error_burst: { ...burst, service: 'nobody' } } }), { now: () => NOON })).toThrow(
      expect.objectContaining({ code: 'OB_CONFIG_INVALID' }),
    );
  });

  it('has counters that rise, fall only at restarts, and histograms whose last bucket is the count', async () => {
    const [row] = await queryRows<{ rises: number; drops: number }>(
      config(),
      'metric_points',
      `select count(*) filter (step > 0)::integer as rises, count(*) filter (step < 0)::integer as drops from (
         select value - lag(value) over (partition by series order by timestamp) as step from rows where stream = 'http_requests_total')`,
      { from: NOON, to: NOON + 12 * HOUR },
    );
    expect(row?.rises).toBeGreaterThan(10_000);
    expect(row?.drops).toBeGreaterThan(10);
    expect(row?.drops).toBeLessThan(150);
    const [histogram] = await queryRows<{ unequal: number; falling: number }>(
      config(),
      'metric_points',
      `select count(*) filter (le = 'inf' and value <> total)::integer as unequal, count(*) filter (value < below)::integer as falling from (
         select le, value, lag(value) over (partition by family_series, tick order by replace(le, 'inf', '99')::double) as below,
           max(value) over (partition by family_series, tick) as total
         from (select *, timestamp // 30000000 as tick from rows where stream = 'http_request_duration_seconds_bucket'))`,
    );
    expect(histogram).toEqual({ unequal: 0, falling: 0 });
  });

  it('fails as many reads as it is asked to, and hangs until it is canceled', async () => {
    await using session = await openTestSession();
    const range = { from: NOON, to: NOON };
    const ranges = { logs: range, spans: range, metric_points: range };
    const failing = createMockSource(config({ faults: { fail_share: 0.5 } }), { now: () => NOON });
    let failed = 0;
    for (let read = 0; read < 20; read++) {
      await failing.open(ranges, session, new AbortController().signal).catch((error: unknown) => {
        expect(error).toMatchObject({ code: 'OB_SOURCE_UNAVAILABLE', retryable: true });
        failed++;
      });
    }
    expect(failed).toBeGreaterThan(4);
    expect(failed).toBeLessThan(16);
    const hanging = createMockSource(config({ faults: { hang: true } }), { now: () => NOON });
    const controller = new AbortController();
    const opening = hanging.open(ranges, session, controller.signal);
    controller.abort();
    await expect(opening).rejects.toMatchObject({ code: 'OB_CANCELED' });
  });

  it('has a hundred spans a round, children within their synchronous parents', () => {
    expect(spanTemplates.length).toBe(100);
    expect(Math.max(...spanTemplates.map((span) => span.start))).toBeLessThanOrEqual(1_700_000);
    for (const span of spanTemplates) {
      const parent = spanTemplates.find((other) => other.trace === span.trace && other.span === span.parent);
      if (!parent) expect(span.parent).toBeNull();
      else {
        expect(span.start).toBeGreaterThanOrEqual(parent.start);
        if (span.kind !== 5) expect(span.start + span.duration).toBeLessThanOrEqual(parent.start + parent.duration);
      }
    }
  });
});

const openTestSession = () => openSession({ directory: join(tmpdir(), 'observebridge-test'), memoryLimit: '256MB', threads: 1 });

async function countRows(source: ReturnType<typeof createMockSource>, range: Window): Promise<Record<Signal, number>[]> {
  await using session = await openTestSession();
  await using slice = await source.open({ logs: range, spans: range, metric_points: range }, session, new AbortController().signal);
  const counts: Record<Signal, number>[] = [];
  for (let from = range.from; from < range.to; from += MINUTE) counts.push({ logs: 0, spans: 0, metric_points: 0 });
  for (const signal of signals) {
    const rows = await session.rows<{ minute: number; found: number }>(
      `select ((timestamp - ${range.from}) // ${MINUTE})::integer as minute, count(*)::integer as found from (${slice.relations[signal]}) group by all`,
    );
    for (const { minute, found } of rows) {
      const minuteCounts = counts[minute];
      if (minuteCounts) minuteCounts[signal] = found;
    }
  }
  return counts;
}

async function queryRows<Row extends object>(
  chosen: MockConfig,
  signal: Signal,
  query: string,
  range: Window = { from: NOON, to: NOON + 10 * MINUTE },
): Promise<Row[]> {
  await using session = await openTestSession();
  const source = createMockSource(chosen, { now: () => NOON + 24 * HOUR });
  const nothing = { from: NOON, to: NOON };
  const ranges = { logs: nothing, spans: nothing, metric_points: nothing, [signal]: range };
  await using slice = await source.open(ranges, session, new AbortController().signal);
  await session.run(`create temp view rows as ${slice.relations[signal]}`);
  return await session.rows<Row>(query);
}
