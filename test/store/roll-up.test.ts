import fc from 'fast-check';
import { expect, it } from 'vitest';
import { DAY, formatTime, HOUR, MINUTE, parseTime } from '../../src/core/time.ts';
import type { Window } from '../../src/core/window.ts';
import { lockWindow } from '../../src/jobs/lock-window.ts';
import { createRollUpJob } from '../../src/jobs/roll-up/roll-up.ts';
import { listCallPoints, listCalls } from '../../src/store/call-list.ts';
import type { Db } from '../../src/store/db.ts';
import { listMetricPoints } from '../../src/store/metric-list.ts';
import { listLinePoints, listLineServices } from '../../src/store/pattern-detail.ts';
import { listPatterns } from '../../src/store/pattern-list.ts';
import { countPatternPoints, toSteps } from '../../src/store/pattern-points.ts';
import { listPatternServices } from '../../src/store/pattern-services.ts';
import { listUnrolledDays, rolledTables, rollUpDay, unmarkRollUps } from '../../src/store/roll-up.ts';
import { planSpans } from '../../src/store/spans.ts';
import { describeDatabases } from '../support/databases.ts';

const START = parseTime('2026-03-01T00:00:00Z') ?? 0;
const BUCKET = 5 * MINUTE;
const unlocked = async () => undefined;

/** Four days of a tenant with gaps, and some rows of another one. */
async function fill(db: Db): Promise<void> {
  const time = `timestamptz '${formatTime(START)}' + b * interval '5 minutes'`;
  await db.query(
    `insert into dim_resource (tenant_id, resource_id, urn, kind, name, first_seen, last_seen)
     select 'a', i, 'urn:svc:s' || i, 'service', 's' || i, now(), now() from generate_series(1, 4) i`,
  );
  await db.query(
    `insert into service_call_5m select t, ${time}, 1 + b % 2, 3 + e, 'http', 10 + (b * 7 + e) % 30, (b + e) % 5, 1, 0.1,
       case when b % 11 > 0 then 5 + b % 20 end, case when b % 11 > 0 then 20 + b * 7 % 60 end, 30, 1 + e
     from unnest(array['a', 'b']) t, generate_series(3, 1100) b, generate_series(0, 1) e where b % 100 < 90`,
  );
  await db.query(
    `insert into log_pattern (tenant_id, fingerprint, template, alias_of, first_seen, last_seen, sample)
     select 'a', 'f' || i, 'template ' || i, case i when 2 then 'f1' end, ${time.replace('b *', '(i * 200) *')}, now(), 'a line' from generate_series(1, 5) i`,
  );
  await db.query(
    `insert into log_pattern_5m select t, ${time}, 1 + b % 3, 'f' || 1 + b * 7 % 5, 5 + b % 9, case when b % 4 = 0 then 1 + b % 3 else 0 end,
       (array['info', 'error', null, 'warn'])[1 + b % 4], 1 from unnest(array['a', 'b']) t, generate_series(7, 1100) b where b % 150 < 130`,
  );
  await db.query(
    `insert into metric_1m select t, timestamptz '${formatTime(START)}' + m * interval '1 minute', 1, k.metric, k.kind, 1 + m % 4, 1 + m % 2,
       case when m % 9 > 0 then m % 17 end, m % 3, m % 23, m % 29, case when m % 8 > 0 then m % 31 end, m
     from unnest(array['a', 'b']) t, generate_series(100, 5500) m,
       (values ('load', 'gauge'), ('requests', 'counter'), ('wait', 'histogram')) as k (metric, kind) where m % 500 < 450`,
  );
}

/** Every answer that sums may give a part of; means are rounded, because their terms come in another order. */
async function ask(db: Db, range: Window) {
  const all = { tenantId: 'a', range };
  const fingerprints = ['f1', 'f2'];
  const answers = {
    calls: await listCalls(db, { ...all, limit: 100 }),
    near: await listCalls(db, { ...all, resourceId: 3n, limit: 100 }),
    points: await Promise.all([BUCKET, HOUR, 2 * HOUR, DAY].map((step) => listCallPoints(db, { ...all, step, dst: 4n }))),
    patterns: await listPatterns(db, { ...all, limit: 100 }),
    errors: await listPatterns(db, { ...all, severity: 'error', limit: 100 }),
    services: await listPatternServices(db, 'a', range, 100),
    lines: await Promise.all([BUCKET, HOUR, DAY].map((step) => listLinePoints(db, 'a', fingerprints, range, step))),
    lineServices: await listLineServices(db, 'a', fingerprints, range, 10),
    metrics: await Promise.all(
      [BUCKET, HOUR, 3 * HOUR, DAY].map(async (step) => [
        ...(await listMetricPoints(db, { tenantId: 'a', resourceId: 1n, metrics: ['load', 'requests', 'wait'], range, step })),
      ]),
    ),
    sparklines: await countPatternPoints(db, 'a', [{ resource: 'urn:svc:s1', fingerprint: 'f1' }], toSteps(range)),
  };
  return JSON.parse(
    JSON.stringify(answers, (_, value) =>
      typeof value === 'bigint' ? Number(value) : typeof value === 'number' ? Number(value.toPrecision(9)) : value,
    ),
  );
}

async function rollUp(db: Db, until: number): Promise<number> {
  let hours = 0;
  for (const table of rolledTables) {
    for (const day of await listUnrolledDays(db, 'a', table, until))
      hours += (await rollUpDay(db, { tenantId: 'a', table, day, until }, unlocked)).hours;
  }
  return hours;
}

describeDatabases('sums of hours and days', ['pglite', 'postgres 15'], (make) => {
  it('change no answer, whatever the range, and whichever of them are kept', { timeout: 120_000 }, async () => {
    const { db } = await make();
    await fill(db);
    const ranges = fc
      .sample(fc.tuple(fc.integer({ min: 0, max: 4 * 288 }), fc.integer({ min: 1, max: 3 * 288 })), { numRuns: 12, seed: 7 })
      .map(([from, length]) => ({ from: START + from * BUCKET - 1, to: START + (from + length) * BUCKET + 12 }));
    const before = [];
    for (const range of ranges) before.push(await ask(db, range));
    expect(await rollUp(db, START + 3 * DAY + 5 * HOUR)).toBe(3 * 77);
    expect(await rollUp(db, START + 3 * DAY + 5 * HOUR)).toBe(0);
    for (const [index, range] of ranges.entries()) expect(await ask(db, range)).toEqual(before[index]);
    // Late rows of an hour take its mark and that of its day away.
    const late = { from: START + DAY + 90 * MINUTE, to: START + DAY + 91 * MINUTE };
    await db.transaction(async (tx) => {
      for (const table of rolledTables) await unmarkRollUps(tx, 'a', table, late);
    });
    for (const [index, range] of ranges.entries()) expect(await ask(db, range)).toEqual(before[index]);
    expect(await rollUp(db, START + 2 * DAY)).toBe(3);
  });

  it('wait for whoever writes rows of theirs, and know what was written', async () => {
    const { db } = await make();
    if (db.kind === 'pglite') return;
    await fill(db);
    const [begun, end] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
    const writing = db.transaction(async (tx) => {
      await lockWindow(tx, 'a', [], { from: START + HOUR, to: START + HOUR + MINUTE });
      await tx.query(`insert into log_pattern_5m values ('a', $1, 1, 'late', 1000000, 0)`, [formatTime(START + HOUR)]);
      begun.resolve();
      await end.promise;
    });
    await begun.promise;
    const job = createRollUpJob({ tenantId: 'a', db, aggregations: [], clock: () => 0 });
    const summing = job.prepare([{ from: START + DAY - HOUR, to: START + DAY }], new AbortController().signal);
    const waiting = async () => (await db.query(`select from pg_locks where locktype = 'advisory' and not granted`)).length;
    await expect.poll(waiting, { timeout: 20_000 }).toBe(1);
    end.resolve();
    await Promise.all([writing, summing]);
    expect(await db.query(`select count_total from log_pattern_1h where fingerprint = 'late'`)).toEqual([{ count_total: 1000000n }]);
  });

  it('answer a range by days, hours at its ends, and rows where there is no whole hour', async () => {
    const { db } = await make();
    await fill(db);
    await rollUp(db, START + 3 * DAY);
    const plan = async (from: number, to: number, grid?: number) =>
      (await planSpans(db, 'a', 'service_call_5m', { from: START + from * HOUR, to: START + to * HOUR }, grid)).map(
        (span) => `${span.hours}: ${(span.from - START) / HOUR} to ${(span.to - START) / HOUR}`,
      );
    expect(await plan(22.5, 73)).toEqual(['0: 22.5 to 23', '1: 23 to 24', '24: 24 to 72', '0: 72 to 73']);
    expect(await plan(22.5, 73, HOUR)).toEqual(['0: 22.5 to 23', '1: 23 to 72', '0: 72 to 73']);
    expect(await plan(22.5, 73, 10 * MINUTE)).toEqual(['0: 22.5 to 73']);
    expect(await plan(10, 12)).toEqual(['0: 10 to 12']);
    await db.transaction((tx) => unmarkRollUps(tx, 'a', 'service_call_5m', { from: START + 30 * HOUR, to: START + 31 * HOUR }));
    expect(await plan(24, 72)).toEqual(['1: 24 to 30', '0: 30 to 31', '1: 31 to 48', '24: 48 to 72']);
  });
});
