import fc from 'fast-check';
import { expect, test } from 'vitest';
import { formatTime, HOUR, MINUTE } from '../../src/core/time.ts';
import {
  type BackfillRequest,
  createBackfill,
  getBackfill,
  listBackfillRanges,
  listBackfills,
  planBackfill,
  setBackfillStatus,
} from '../../src/store/backfill.ts';
import { advanceBackfills } from '../../src/store/backfill-queue.ts';
import type { Db } from '../../src/store/db.ts';
import { retryRun } from '../../src/store/run-control.ts';
import { enqueueWindows } from '../../src/store/trigger.ts';
import { describeDatabases } from '../support/databases.ts';
import { addRun, claim, end, noon, readRun, toRequest } from './backfill-world.ts';

const advance = (db: Db): Promise<number> => db.transaction(advanceBackfills);
const setStatus = (db: Db, id: bigint, status: 'paused' | 'running' | 'canceled') =>
  db.transaction((tx) => setBackfillStatus(tx, id, status));
const window = (minute: number) => ({ from: noon + minute * MINUTE, to: noon + (minute + 1) * MINUTE });
const event = (db: Db, minute: number) =>
  db.transaction((tx) => enqueueWindows(tx, { ...toRequest(), range: window(minute), trigger: 'event' }));

describeDatabases('backfill', ['pglite', 'postgres 18'], (make, name) => {
  test('decides about each window by mode, state and low-water mark, the same way in a dry run', async () => {
    const { db } = await make();
    const states = ['queued', 'running', 'success', 'dead', 'canceled', 'skipped'];
    for (const [minute, status] of states.entries()) await addRun(db, minute + 1, status);
    await db.query(
      `insert into etl_watermark (job, tenant_id, watermark, low_water_mark) values ('oo-agg', 'a', now(), '2025-06-01T12:01:00Z')`,
    );
    const reasons = async (changes: Partial<BackfillRequest>) => {
      const request = toRequest({ range: { from: noon, to: noon + 8 * MINUTE }, ...changes });
      const plan = await planBackfill(db, request);
      const backfill = await createBackfill(db, request);
      expect(await listBackfillRanges(db, backfill.backfill_id, 100)).toEqual(plan.ranges);
      expect(plan).toMatchObject({ windows: backfill.windows, pending: backfill.pending, skipped: backfill.skipped });
      await db.query('delete from etl_backfill');
      return plan.ranges.flatMap((range) => Array.from({ length: range.windows }, () => range.skip_reason));
    };
    const [busy, ended] = [
      ['queued already', 'running already'],
      ['dead already', 'canceled already', 'skipped already'],
    ];
    expect(await reasons({ mode: 'none' })).toEqual(['pruned; use --force', ...busy, 'success already', ...ended, null]);
    expect(await reasons({ mode: 'failed' })).toEqual(['pruned; use --force', ...busy, 'success already', null, null, null, null]);
    expect(await reasons({ mode: 'completed' })).toEqual(['pruned; use --force', ...busy, null, null, null, null, null]);
    expect(await reasons({ mode: 'none', force: true })).toEqual([null, ...busy, 'success already', ...ended, null]);
  });

  test('refuses what is not due or too long, and a second one; every request is on record', async () => {
    const { db } = await make();
    const beyond = toRequest({ range: { from: noon, to: noon + 2 * HOUR - MINUTE } });
    await expect(createBackfill(db, beyond)).rejects.toMatchObject({
      code: 'OB_RANGE_INVALID',
      message: 'The range reaches beyond what is due: 2025-06-01T13:59:00Z is after 2025-06-01T13:58:00Z.',
    });
    await expect(planBackfill(db, beyond)).rejects.toMatchObject({ code: 'OB_RANGE_INVALID' });
    await expect(createBackfill(db, toRequest({ range: { from: noon - 600_001 * MINUTE, to: noon } }))).rejects.toMatchObject({
      message: 'The range has 600001 windows; one backfill takes at most 600000.',
    });
    const { backfill_id: id } = await createBackfill(db, toRequest());
    for (const second of [createBackfill, planBackfill]) {
      await expect(second(db, toRequest())).rejects.toMatchObject({
        code: 'OB_BACKFILL_ACTIVE',
        message: `Backfill ${id} of oo-agg for a is running, and there can be only one.`,
      });
    }
    await createBackfill(db, toRequest({ tenantId: 'b' }));
    await addRun(db, 20, 'success', 'age-refresh');
    await createBackfill(db, toRequest({ job: 'age-refresh', range: window(20) }));
    const triggers = await db.query(
      'select job, tenant_id, outcome, left(reason, 10) as reason, run_id, origin from etl_trigger order by trigger_id',
    );
    const who = { run_id: toRequest().caller.runId, origin: { system: 'argo', name: 'nightly' } };
    expect(triggers).toEqual([
      { job: 'oo-agg', tenant_id: 'a', outcome: 'rejected', reason: 'The range ', ...who },
      { job: 'oo-agg', tenant_id: 'a', outcome: 'rejected', reason: 'The range ', ...who },
      { job: 'oo-agg', tenant_id: 'a', outcome: 'accepted', reason: null, ...who },
      { job: 'oo-agg', tenant_id: 'a', outcome: 'rejected', reason: 'Backfill 1', ...who },
      { job: 'oo-agg', tenant_id: 'b', outcome: 'accepted', reason: null, ...who },
      { job: 'age-refresh', tenant_id: 'a', outcome: 'deduplicated', reason: null, ...who },
    ]);
    expect((await listBackfills(db, { limit: 9 })).map(({ job, status }) => `${job} ${status}`)).toEqual([
      'age-refresh success',
      'oo-agg running',
      'oo-agg running',
    ]);
    expect(await listBackfills(db, { limit: 9, tenants: ['b'] })).toMatchObject([{ tenant_id: 'b' }]);
  });

  test('keeps concurrency × max_batch windows in the queue, in order of time or backwards, and ends', async () => {
    const { db } = await make();
    const { backfill_id: id } = await createBackfill(db, toRequest({ concurrency: 2 }));
    expect(await advance(db)).toBe(6);
    expect(await advance(db)).toBe(0);
    expect(await readRun(db, 5)).toMatchObject({ status: 'queued', trigger: 'backfill', priority: 0 });
    expect(await readRun(db, 6)).toBeUndefined();
    const [row] = await db.query('select run_id, payload from etl_job_run limit 1');
    const { runId, origin } = toRequest().caller;
    expect(row).toEqual({ run_id: runId, payload: { run_ids: [runId], origins: { [runId]: origin } } });
    expect(await claim(db, 3)).toEqual([0, 1, 2]);
    await end(db, 'success');
    expect(await advance(db)).toBe(3);
    expect(await getBackfill(db, id)).toMatchObject({ status: 'running', windows: 10, pending: 1, queued: 6, success: 3 });
    for (let round = 0; round < 3; round += 1) {
      await claim(db, 10);
      await end(db, 'success');
      await advance(db);
    }
    expect(await getBackfill(db, id)).toMatchObject({
      status: 'success',
      success: 10,
      finished_at: expect.any(String),
      error_message: null,
    });

    await createBackfill(db, toRequest({ mode: 'completed', runBackwards: true }));
    expect(await advance(db)).toBe(3);
    expect(await claim(db, 10)).toEqual([7, 8, 9]);
  });

  test('counts what failed or was canceled and goes on', async () => {
    const { db } = await make();
    const { backfill_id: id } = await createBackfill(db, toRequest());
    await advance(db);
    await claim(db, 3);
    await end(db, 'dead', [0]);
    await end(db, 'canceled', [1]);
    await end(db, 'success');
    for (let round = 0; round < 4; round += 1) {
      await advance(db);
      await claim(db, 3);
      await end(db, 'success');
    }
    const expected = { status: 'failed', error_message: 'Of 10 windows 1 failed and 1 were canceled.', success: 8, failed: 1, canceled: 1 };
    expect(await getBackfill(db, id)).toMatchObject(expected);
    const again = await planBackfill(db, toRequest({ mode: 'failed' }));
    expect(again).toMatchObject({ pending: 2, skipped: 8 });

    const { backfill_id: second } = await createBackfill(db, toRequest({ mode: 'failed' }));
    await advance(db);
    expect(await claim(db, 9)).toEqual([0, 1]);
    await end(db, 'canceled', [0]);
    await end(db, 'success', [1]);
    await db.query(`delete from etl_job_run where window_from = '2025-06-01T12:01:00Z'`); // by retention, before anybody saw its end
    expect(await advance(db)).toBe(1);
    expect(await claim(db, 9)).toEqual([1]);
    await end(db, 'success');
    await advance(db);
    expect(await getBackfill(db, second)).toMatchObject({ status: 'failed', success: 1, canceled: 1, skipped: 8 });
  });

  test('stops at the first failure; what waits becomes what it was, what runs finishes', async () => {
    const { db } = await make();
    await addRun(db, 2, 'success');
    await addRun(db, 3, 'dead');
    const before = [await readRun(db, 2), await readRun(db, 3)];
    const { backfill_id: id } = await createBackfill(db, toRequest({ mode: 'completed', maxBatch: 5, stopOnFailure: true }));
    await advance(db);
    expect(await readRun(db, 2)).toMatchObject({ status: 'queued', settle_at: null });
    expect(await claim(db, 2)).toEqual([0, 1]);
    await end(db, 'dead', [0]);
    expect(await advance(db)).toBe(0);
    expect(await getBackfill(db, id)).toMatchObject({
      ...{ status: 'failed', pending: 0, queued: 1, failed: 1, canceled: 8 },
      error_message: 'The window from 2025-06-01T12:00:00Z failed, and the backfill stops at the first failure.',
    });
    expect([await readRun(db, 2), await readRun(db, 3)]).toEqual(before.map((run) => ({ ...run, priority: 0 })));
    expect(await readRun(db, 4)).toMatchObject({ status: 'canceled', finished_at: expect.any(String) });
    await end(db, 'queued'); // an attempt that failed is not tried again for a backfill that has ended
    await advance(db);
    expect(await readRun(db, 1)).toMatchObject({ status: 'canceled', error_code: 'OB_TIMEOUT' });
    expect(await getBackfill(db, id)).toMatchObject({ status: 'failed', queued: 0, failed: 1, canceled: 9 });
    expect(await advance(db)).toBe(0);
  });

  test('a paused one has nothing in the queue and goes on where it was', async () => {
    const { db } = await make();
    await addRun(db, 2, 'success');
    const { backfill_id: id } = await createBackfill(db, toRequest({ mode: 'completed' }));
    await advance(db);
    expect(await claim(db, 1)).toEqual([0]);
    expect(await setStatus(db, id, 'paused')).toMatchObject({ status: 'paused', pending: 9, queued: 1 });
    expect(await setStatus(db, id, 'paused')).toMatchObject({ status: 'paused' });
    expect(await advance(db)).toBe(0);
    expect(await readRun(db, 2)).toMatchObject({ status: 'success', stats: { kept: true } });
    expect(await claim(db, 9)).toEqual([]);
    await end(db, 'success');
    await advance(db);
    expect(await setStatus(db, id, 'running')).toMatchObject({ pending: 9, success: 1 });
    expect(await advance(db)).toBe(3);
    expect(await claim(db, 9)).toEqual([1, 2, 3]);
  });

  test('a canceled window executes when it is retried by hand, and the backfill leaves it alone', async () => {
    const { db } = await make();
    const { backfill_id: id } = await createBackfill(db, toRequest());
    await advance(db);
    expect(await setStatus(db, id, 'canceled')).toMatchObject({ status: 'canceled', canceled: 10, finished_at: expect.any(String) });
    expect(await setStatus(db, id, 'canceled')).toMatchObject({ status: 'canceled' });
    const run = await readRun(db, 1);
    expect(run).toMatchObject({ status: 'canceled' });
    expect(await db.transaction((tx) => retryRun(tx, run?.id as bigint))).toBe('queued');
    await advance(db);
    expect(await claim(db, 9)).toEqual([1]);
    await end(db, 'success');
    await advance(db);
    expect(await readRun(db, 1)).toMatchObject({ status: 'success' });
    expect(await getBackfill(db, id)).toMatchObject({ canceled: 10 });
    await expect(setStatus(db, id, 'running')).rejects.toMatchObject({
      code: 'OB_BACKFILL_ENDED',
      message: `Backfill ${id} has ended already: canceled.`,
    });
    await expect(setStatus(db, 77n, 'paused')).rejects.toMatchObject({ code: 'OB_BACKFILL_UNKNOWN' });
  });

  test('leaves to others what they ask for meanwhile', async () => {
    const { db } = await make();
    const { backfill_id: id } = await createBackfill(db, toRequest());
    await advance(db);
    await event(db, 1); // in the queue of the backfill
    await event(db, 5); // not yet
    await setStatus(db, id, 'paused');
    expect(await claim(db, 9)).toEqual([1, 5]);
    await setStatus(db, id, 'running');
    await end(db, 'success', [5]);
    for (let round = 0; round < 9; round += 1) {
      await advance(db);
      await claim(db, 9);
      await end(db, 'success');
    }
    expect(await getBackfill(db, id)).toMatchObject({ status: 'success', success: 9, skipped: 1 });
    expect(await listBackfillRanges(db, id, 100)).toMatchObject([
      { windows: 5, status: 'success' },
      { window_from: formatTime(noon + 5 * MINUTE), windows: 1, status: 'skipped', skip_reason: 'success already' },
      { windows: 4, status: 'success' },
    ]);
  });

  test('its windows wait for the jobs that theirs comes after', async () => {
    const { db } = await make();
    await db.query(
      `insert into etl_schedule (job, tenant_id, align, delay, initial_lookback, max_batch, after, paused)
       values ('age-refresh', 'a', '1 minute', '2 minutes', '1 hour', 1, '{oo-agg}', true)`,
    );
    await createBackfill(db, toRequest({ job: 'age-refresh' }));
    expect(await advance(db)).toBe(3);
    expect(await db.query('select distinct blocked_by from etl_job_run')).toEqual([{ blocked_by: 'oo-agg' }]);
  });

  test.skipIf(name === 'pglite')(
    'two requests at once give one backfill, many schedulers and workers at once fill no more than its room',
    async () => {
      const { db } = await make();
      const request = toRequest({ range: { from: noon, to: noon + HOUR }, maxBatch: 5 });
      const both = await Promise.allSettled([createBackfill(db, request), createBackfill(db, request)]);
      expect(both.toSorted((a, b) => (a.status < b.status ? -1 : 1))).toMatchObject([
        { status: 'fulfilled' },
        { reason: { code: 'OB_BACKFILL_ACTIVE' } },
      ]);
      for (let round = 0; round < 30; round += 1) {
        const done = await Promise.all([
          advance(db),
          claim(db, 2),
          advance(db),
          end(db, 'success', [round, round + 1]),
          claim(db, 3),
          advance(db),
        ]);
        expect(done.length).toBe(6);
        const [open] = await db.query<{ count: number }>(
          `select count(*)::int as count from etl_job_run where status in ('queued', 'running')`,
        );
        expect(open?.count).toBeLessThanOrEqual(5);
      }
      for (let round = 0; round < 15; round += 1) {
        await claim(db, 9);
        await end(db, 'success');
        await advance(db);
      }
      expect(await listBackfills(db, { limit: 1 })).toMatchObject([{ status: 'success', success: 60 }]);
      expect(await db.query('select count(*)::int as runs, max(attempt) as attempts from etl_job_run')).toEqual([
        { runs: 60, attempts: 1 },
      ]);
    },
  );

  test('whatever happens in whatever order, each window ends once, counts add up, and no success is lost', async () => {
    const { db } = await make();
    const states = ['none', 'none', 'none', 'success', 'dead', 'canceled', 'skipped'] as const;
    const ended = new Set(['success', 'failed', 'canceled', 'skipped']);
    const step = fc.oneof(
      fc.record({ do: fc.constant('advance' as const) }),
      fc.record({ do: fc.constantFrom('paused' as const, 'running' as const, 'canceled' as const) }),
      fc.record({ do: fc.constant('claim' as const), count: fc.integer({ min: 1, max: 4 }) }),
      fc.record({
        do: fc.constant('end' as const),
        status: fc.constantFrom('success' as const, 'success' as const, 'dead' as const, 'queued' as const),
        minute: fc.integer({ min: 0, max: 7 }),
      }),
      fc.record({ do: fc.constant('event' as const), minute: fc.integer({ min: 0, max: 7 }) }),
    );
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.constantFrom(...states), { minLength: 8, maxLength: 8 }),
        fc.record({ mode: fc.constantFrom('none', 'failed', 'completed'), stopOnFailure: fc.boolean(), runBackwards: fc.boolean() }),
        fc.array(step, { maxLength: 25 }),
        async (before, options, steps) => {
          await db.transaction((tx) => tx.script('delete from etl_backfill; delete from etl_job_run'));
          for (const [minute, status] of before.entries()) if (status !== 'none') await addRun(db, minute, status);
          const request = toRequest({ ...options, range: { from: noon, to: noon + 8 * MINUTE } });
          const { backfill_id: id } = await createBackfill(db, request);
          const outcomes = new Map<string, string>();
          const check = async () => {
            const windows = await db.query<{ window_from: string; status: string }>(
              'select window_from, status from etl_backfill_window where backfill_id = $1',
              [id],
            );
            for (const { window_from, status } of windows) {
              const outcome = outcomes.get(window_from);
              if (outcome !== undefined) expect(status).toBe(outcome);
              if (ended.has(status)) outcomes.set(window_from, status);
            }
            const backfill = await getBackfill(db, id);
            if (backfill === undefined) throw new Error('The backfill is gone.');
            expect(backfill.queued).toBeLessThanOrEqual(3);
            const { pending, queued, success, failed, canceled, skipped } = backfill;
            expect(pending + queued + success + failed + canceled + skipped).toBe(8);
            return backfill;
          };
          for (const each of steps) {
            if (each.do === 'advance') await advance(db);
            else if (each.do === 'claim') await claim(db, each.count);
            else if (each.do === 'end') await end(db, each.status, [each.minute]);
            else if (each.do === 'event') await event(db, each.minute);
            else await setStatus(db, id, each.do).catch((error) => expect(error).toMatchObject({ code: 'OB_BACKFILL_ENDED' }));
            await check();
          }
          await setStatus(db, id, 'running').catch(() => undefined);
          for (let round = 0; round < 10; round += 1) {
            await claim(db, 9);
            await end(db, 'success');
            await advance(db);
          }
          expect(await check()).toMatchObject({ pending: 0, queued: 0, status: expect.stringMatching(/success|failed|canceled/) });
          expect(await db.query(`select from etl_job_run where status in ('queued', 'running')`)).toEqual([]);
          for (const [from, outcome] of outcomes) {
            const minute = (Date.parse(from) * 1000 - noon) / MINUTE;
            const isTouched = steps.some((each) => each.do === 'event' && each.minute === minute);
            if (outcome === 'canceled' && !isTouched) {
              const status = before[minute] === 'none' ? [undefined, 'canceled'] : [before[minute]];
              expect(status).toContain((await readRun(db, minute))?.status);
            }
          }
        },
      ),
      { numRuns: 40 },
    );
  });
});
