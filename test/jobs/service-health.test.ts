import { expect, it } from 'vitest';
import { HOUR, MINUTE } from '../../src/core/time.ts';
import { healthOrders, listServiceHealth } from '../../src/jobs/service-health.ts';
import { type CallRow, NOON, writeWorld } from '../graph/world.ts';
import { describeDatabases } from '../support/databases.ts';

const call = (minutes: number, dst: number, rest: Partial<CallRow> = {}): CallRow => ({
  ...{ minutes, src: 1, dst, calls: 100, errors: 0, p95: 10 },
  ...rest,
});
const query = {
  ...{ tenantId: 'shop', range: { from: NOON - 10 * MINUTE, to: NOON }, baseline: { from: NOON - 20 * MINUTE, to: NOON - 10 * MINUTE } },
  ...({ order: 'worst' } as const),
};

describeDatabases('the health of services', ['pglite', 'postgres 15'], (make) => {
  it('says what is worse than before, and not what may be chance', async () => {
    const { db } = await make();
    const before = [2, 3, 4, 5].map((dst) => call(15, dst));
    const now = [call(5, 2, { p95: 14 }), call(5, 3, { errors: 30 }), call(5, 5, { errors: 3, p95: 15 })];
    await writeWorld(db, 'shop', [...before, ...now, call(5, 6, { p95: null })]);
    await writeWorld(db, 'other', [call(5, 2, { errors: 100 })]);
    const found = await listServiceHealth(db, query);
    expect(found.map(({ name, worse }) => [name, ...worse])).toEqual([
      ['s3', 'err_rate'],
      ['s5', 'p95_ms'],
      ['s4', 'silent'],
      ['s2'],
      ['s6'],
    ]);
    expect(found[0]).toMatchObject({
      calls: 100,
      rps: 100 / 600,
      errors: 30,
      err_rate: 0.3,
      baseline_err_rate: 0,
      p95_ms: 10,
      error_lines: 0,
    });
    expect(found[2]).toMatchObject({ calls: 0, err_rate: null, p95_ms: null, baseline_calls: 100, baseline_p95_ms: 10 });
    expect(found[4]).toMatchObject({ p95_ms: null, baseline_calls: 0, baseline_err_rate: null });
    expect((await listServiceHealth(db, { ...query, order: 'p95_ms' }))[0]?.name).toBe('s5');
    expect((await listServiceHealth(db, { ...query, order: 'slowed' }))[0]).toMatchObject({ name: 's5', slowdown: 1.5, approximate: true });
    expect((await listServiceHealth(db, { ...query, resourceId: 2n })).map(({ name }) => name)).toEqual(['s2']);
    for (const order of healthOrders) expect(await listServiceHealth(db, { ...query, order })).toHaveLength(5);
    expect(
      await listServiceHealth(db, { ...query, range: { from: NOON + HOUR, to: NOON + 2 * HOUR }, baseline: query.range, resourceId: 4n }),
    ).toEqual([]);
  });

  it('weighs error lines by how long both times are', async () => {
    const { db } = await make();
    await writeWorld(db, 'shop', []);
    const lines = (bucket: number, count: number) =>
      db.query(
        `insert into log_pattern_5m (tenant_id, bucket, resource_id, fingerprint, count_total, count_error, severity)
         values ('shop', to_timestamp($1::float8 / 1e6), 2, 'f', $2, $2, 'error')`,
        [bucket, BigInt(count)],
      );
    await lines(NOON - 60 * MINUTE, 60);
    await lines(NOON - 5 * MINUTE, 40);
    const baseline = { from: NOON - 60 * MINUTE, to: query.range.from };
    expect(await listServiceHealth(db, { ...query, baseline })).toMatchObject([
      { error_lines: 40, baseline_error_lines: 60, worse: ['error_lines'] },
    ]);
    const near = { from: NOON - 70 * MINUTE, to: NOON - 60 * MINUTE };
    await lines(NOON - 65 * MINUTE, 20);
    expect(await listServiceHealth(db, { ...query, baseline: near })).toMatchObject([
      { error_lines: 40, baseline_error_lines: 20, worse: [] },
    ]);
  });
});
