import { expect, it } from 'vitest';
import { HOUR, MINUTE, parseTime } from '../../src/core/time.ts';
import { createMockSource } from '../../src/sources/mock/mock.ts';
import { describeDatabases } from '../support/databases.ts';
import { createPipeline, differences, dumpResults, emptyTables } from './pipeline.ts';
import { mockConfig } from './worlds.ts';

const NOON = parseTime('2026-03-01T12:00:00Z') ?? 0;
const RANGE = { from: NOON, to: NOON + 6 * MINUTE };

describeDatabases('settling', ['pglite', 'postgres 18'], (make) => {
  it('repairs windows whose rows came late, and only confirms the others', async () => {
    const { db } = await make();
    let now = NOON + HOUR;
    const source = createMockSource(mockConfig({ late_share: 0.1, late_by: '20m', duplicate_share: 0.05 }), { now: () => now });
    const pipeline = await createPipeline(db, source);
    await pipeline.run(RANGE);
    const clean = await dumpResults(db);
    await emptyTables(db);

    now = RANGE.to + MINUTE;
    await pipeline.run(RANGE);
    expect(differences(clean, await dumpResults(db))).not.toEqual([]);
    const untouched = await pipeline.run(RANGE, { trigger: 'settle' });
    expect(untouched).toMatchObject([{ changed: 0, rows: {}, stats: Array(6).fill({ confirmed: true }) }]);
    const [kept] = await db.query(
      `select count(*)::int as n from etl_job_run where stats ? 'confirmed' and stats ? 'rows_read' and status = 'success'`,
    );
    expect(kept).toEqual({ n: 6 });

    now = NOON + HOUR;
    for (const outcome of await pipeline.run(RANGE, { trigger: 'settle', maxBatch: 2 })) expect(outcome.changed).toBeGreaterThan(0);
    expect(differences(clean, await dumpResults(db))).toEqual([]);
    expect(await pipeline.run(RANGE, { trigger: 'settle', maxBatch: 3 })).toMatchObject(Array(2).fill({ changed: 0, rows: {} }));
  });

  it('reads a window again whose callee came after it, although none of its own rows are new', async () => {
    const { db } = await make();
    let now = NOON + 2 * MINUTE;
    const source = createMockSource(mockConfig(), { now: () => now });
    const pipeline = await createPipeline(db, source);
    const window = { from: NOON, to: NOON + MINUTE };
    await pipeline.run(window);
    now = NOON + HOUR;
    const [outcome] = await pipeline.run(window, { trigger: 'settle' });
    expect(outcome?.stats[0]).not.toHaveProperty('confirmed');
  });
});
