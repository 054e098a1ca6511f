import { expect, it } from 'vitest';
import { DAY, HOUR, MINUTE } from '../../src/core/time.ts';
import { findNearestRows } from '../../src/store/nearest-rows.ts';
import { type CallRow, NOON, writeWorld } from '../graph/world.ts';
import { describeDatabases } from '../support/databases.ts';

const call = (minutes: number, src: number, dst: number): CallRow => ({ minutes, src, dst, calls: 1, errors: 0, p95: null });

describeDatabases('the nearest rows', ['pglite'], (make) => {
  it('are found on both sides, of a caller and of a callee, and only of the tenant', async () => {
    const { db } = await make();
    await writeWorld(db, 'shop', [call(60, 1, 2), call(50, 2, 3), call(5, 1, 2)]);
    await writeWorld(db, 'other', [call(30, 1, 2)]);
    const find = (minutes: number, resourceId?: bigint, table: 'service_call_5m' | 'metric_1m' = 'service_call_5m') =>
      findNearestRows(db, {
        tenantId: 'shop',
        table,
        resourceId,
        range: { from: NOON - minutes * MINUTE, to: NOON - minutes * MINUTE + 20 * MINUTE },
      });
    const [first, second, third] = ['2023-01-30T11:00:00Z', '2023-01-30T11:10:00Z', '2023-01-30T11:55:00Z'];
    expect(await find(35)).toEqual({ within: false, before: second, after: third });
    expect(await find(35, 1n)).toEqual({ within: false, before: first, after: third });
    expect(await find(35, 2n)).toEqual({ within: false, before: second, after: third });
    expect(await find(35, 3n)).toEqual({ within: false, before: second, after: null });
    expect(await find(50)).toEqual({ within: true, before: first, after: third });
    expect(await find(50, 3n)).toEqual({ within: true, before: null, after: null });
    expect(await find(50, 1n)).toEqual({ within: false, before: first, after: third });
    expect(await find(35, undefined, 'metric_1m')).toEqual({ within: false, before: null, after: null });
    const range = { from: NOON + 31 * DAY, to: NOON + 31 * DAY + HOUR };
    expect(await findNearestRows(db, { tenantId: 'shop', table: 'service_call_5m', range })).toMatchObject({ before: null });
  });
});
