import { expect, it } from 'vitest';
import { ObserveBridgeError } from '../../src/core/error.ts';
import { MINUTE, parseTime } from '../../src/core/time.ts';
import { splitWindow, type Window } from '../../src/core/window.ts';
import type { Job } from '../../src/jobs/job.ts';
import type { Db } from '../../src/store/db.ts';
import { describeDatabases } from '../support/databases.ts';
import { type RunWindowsOptions, runWindows } from '../support/run-windows.ts';
import { corrupt, createIdleJob } from './jobs.ts';

const NOON = parseTime('2026-03-01T12:00:00Z') ?? 0;
const minutes = (from: number, to: number): Window[] => splitWindow({ from: NOON + from * MINUTE, to: NOON + to * MINUTE }, MINUTE);
const offsets = (windows: readonly Window[]): number[] => windows.map(({ from }) => (from - NOON) / MINUTE);

const run = (db: Db, job: Job, options: Partial<RunWindowsOptions> = {}) =>
  runWindows(db, { job, tenantId: 'shop', windows: minutes(0, 8), maxBatch: 8, ...options });

describeDatabases('runRange', ['pglite'], (make) => {
  const statuses = async (db: Db): Promise<string[]> => {
    const rows = await db.query<{ status: string }>('select status from etl_job_run order by window_from');
    return rows.map((row) => row.status);
  };

  it('halves a batch until the windows that cannot be done stand alone', async () => {
    const { db } = await make();
    const broken = [2, 3, 6];
    const { job } = createIdleJob((windows) => (offsets(windows).some((minute) => broken.includes(minute)) ? corrupt('a') : undefined));
    const outcomes = await run(db, job);
    expect(outcomes.map(({ windows, error }) => [offsets(windows), error?.code])).toEqual([
      [[0, 1], undefined],
      [[2, 3], 'OB_SOURCE_OBJECT_CORRUPT'],
      [[4, 5], undefined],
      [[6], 'OB_SOURCE_OBJECT_CORRUPT'],
      [[7], undefined],
    ]);
    expect(await statuses(db)).toEqual(['success', 'success', 'dead', 'dead', 'success', 'success', 'dead', 'success']);
  });

  it('reads a batch once when its failure would repeat in every half', async () => {
    const { db } = await make();
    const { job, prepared } = createIdleJob(() => new ObserveBridgeError('OB_SOURCE_FILE_LIST', 'read', 'The list is gone.'));
    const outcomes = await run(db, job);
    expect(outcomes).toMatchObject([{ windows: { length: 8 }, error: { code: 'OB_SOURCE_FILE_LIST' } }]);
    expect(prepared).toHaveLength(1);
    expect(await statuses(db)).toEqual(Array(8).fill('queued'));
    const [delay] = await db.query('select min(run_after) > now() as later, max(attempt) as attempts from etl_job_run');
    expect(delay).toEqual({ later: true, attempts: 1 });
  });

  it('claims nothing more once it is canceled', async () => {
    const { db } = await make();
    const controller = new AbortController();
    const { job, prepared } = createIdleJob((windows, signal) => {
      if (offsets(windows)[0] !== 2) return undefined;
      controller.abort();
      signal.throwIfAborted();
      return undefined;
    });
    const outcomes = await run(db, job, { maxBatch: 2, signal: controller.signal });
    expect(prepared.flatMap(offsets)).not.toContain(6);
    expect(outcomes.flatMap(({ windows }) => offsets(windows)).toSorted((a, b) => a - b)).toEqual([0, 1, 2, 3, 4, 5, 6, 7]);
    expect(outcomes.filter(({ error }) => !error).flatMap(({ windows }) => offsets(windows))).toEqual([0, 1]);
    const running = (await statuses(db)).filter((status) => status === 'running');
    expect(running).toEqual([]);
  });

  it('gives a read up after its timeout', async () => {
    const { db } = await make();
    const { job } = createIdleJob(
      (_, signal) =>
        new Promise<never>((_resolve, reject) => {
          signal.addEventListener('abort', () => reject(new ObserveBridgeError('OB_CANCELED', 'read', 'The read was canceled.')));
        }),
    );
    const outcomes = await run(db, job, { windows: minutes(0, 1), timeout: 20_000 });
    expect(outcomes).toMatchObject([{ error: { code: 'OB_TIMEOUT' } }]);
    expect(await statuses(db)).toEqual(['queued']);
  });

  it('reads the next batch while one is written', async () => {
    const { db } = await make();
    const { job, prepared } = createIdleJob(() => undefined);
    let readAhead = 0;
    await run(db, job, {
      maxBatch: 2,
      onBatch: ({ windows }) => {
        if (offsets(windows)[0] === 0) readAhead = prepared.length;
      },
    });
    expect(readAhead).toBe(2);
  });
});
