import { expect, it } from 'vitest';
import { ObserveBridgeError } from '../../src/core/error.ts';
import { MINUTE, type Micros } from '../../src/core/time.ts';
import type { Job } from '../../src/jobs/job.ts';
import type { BatchOutcome } from '../../src/runtime/execute.ts';
import { createWake } from '../../src/runtime/wake.ts';
import { runWorker } from '../../src/runtime/worker.ts';
import type { Db } from '../../src/store/db.ts';
import { reapRuns } from '../../src/store/run-queue.ts';
import { describeDatabases } from '../support/databases.ts';
import { createExecution, retry } from '../support/run-windows.ts';
import { corrupt, createIdleJob } from './jobs.ts';

/** Long enough for a statement, short enough to wait for. */
const SHORT_LEASE = 450_000;

/** Queues windows of a lane whose reads cover all of them. */
async function addWindows(db: Db, windows: number): Promise<void> {
  await db.query(
    `insert into etl_schedule (job, tenant_id, align, delay, initial_lookback, max_batch) values ('oo-agg', 'shop', '1 minute', '2 minutes', '1 hour', $1)`,
    [windows],
  );
  await db.query(
    `insert into etl_job_run (job, tenant_id, window_from, window_to) select 'oo-agg', 'shop', at, at + interval '1 minute'
     from generate_series(timestamptz '2026-03-01T12:00:00Z', timestamptz '2026-03-01T12:00:00Z' + ($1::int - 1) * interval '1 minute', interval '1 minute') as at`,
    [windows],
  );
}

interface Working {
  /** Resolves with the next batch that ends. */
  next(): Promise<BatchOutcome>;
  /** Asks the worker to stop, and resolves when it has. */
  stop(): Promise<void>;
}

/** Starts a worker that runs the job. */
function work(db: Db, job: Job, options: { lease?: Micros; stopWithin?: Micros; circuitFailures?: number } = {}): Working {
  const execution = createExecution(db, 'worker-1', options.lease);
  const controller = new AbortController();
  const ended: BatchOutcome[] = [];
  let tell = (): void => undefined;
  const running = runWorker(
    {
      ...execution,
      retry: { ...retry, circuit: { ...retry.circuit, failures: options.circuitFailures ?? 100 } },
      ...{ jobs: ['oo-agg'], concurrency: 1, stopWithin: options.stopWithin ?? MINUTE, wake: createWake() },
      caps: { running: 10, perJob: 10, perTenant: 10 },
      openJob: async () => ({ job, timeout: MINUTE }),
      onBatch(_batch, outcome) {
        ended.push(outcome);
        tell();
      },
      onError(error) {
        throw error;
      },
    },
    controller.signal,
  );
  return {
    next: () =>
      new Promise((resolve) => {
        tell = () => {
          const outcome = ended.shift();
          if (!outcome) return;
          tell = () => undefined;
          resolve(outcome);
        };
        tell();
      }),
    async stop() {
      controller.abort();
      await running;
      execution[Symbol.dispose]();
    },
  };
}

/** A job whose reads last until they are aborted, and a promise of the first one's begin. */
function createEndlessJob(): { job: Job; begun: Promise<void> } {
  const begun = Promise.withResolvers<void>();
  const { job } = createIdleJob((_, signal) => {
    begun.resolve();
    return new Promise<never>((_resolve, reject) => {
      signal.addEventListener('abort', () => reject(new ObserveBridgeError('OB_CANCELED', 'read', 'The read was canceled.')));
    });
  });
  return { job, begun: begun.promise };
}

/** The windows by status, with their attempts' statuses. */
const listEnds = (db: Db) =>
  db.query(
    `select r.status, array_agg(a.status order by a.attempt) as attempts, r.error_code as code from etl_job_run r left join etl_job_attempt a on a.job_run_id = r.id
     group by r.id order by r.window_from`,
  );

const away = (): ObserveBridgeError => new ObserveBridgeError('OB_SOURCE_UNAVAILABLE', 'read', 'The source is away.');

describeDatabases('a worker', ['pglite', 'postgres 18'], (make) => {
  it('tries again after pauses that double, until the window is dead', async () => {
    const { db } = await make();
    await addWindows(db, 1);
    const worker = work(db, createIdleJob(away).job);
    const pauses: unknown[] = [];
    for (let attempt = 1; attempt <= retry.maxAttempts; attempt++) {
      const { ended } = await worker.next();
      const [row] = await db.query<{ pause: number }>(
        `select extract(epoch from r.run_after - a.finished_at)::double precision as pause from etl_job_run r join etl_job_attempt a on (a.job_run_id, a.attempt) = (r.id, r.attempt)`,
      );
      pauses.push(ended === 'queued' ? row?.pause : ended);
      await db.query(`update etl_job_run set run_after = now() where status = 'queued'`);
    }
    await worker.stop();
    // The random number of the test is one half: three quarters of 10 and of 20 seconds.
    expect(pauses).toEqual([7.5, 15, 'dead']);
    expect(await listEnds(db)).toEqual([{ status: 'dead', attempts: ['failed', 'failed', 'failed'], code: 'OB_SOURCE_UNAVAILABLE' }]);
  });

  it('does not try again what trying cannot mend', async () => {
    const { db } = await make();
    await addWindows(db, 1);
    const worker = work(db, createIdleJob(() => corrupt('a')).job);
    expect(await worker.next()).toMatchObject({ ended: 'dead' });
    await worker.stop();
    expect(await listEnds(db)).toEqual([{ status: 'dead', attempts: ['failed'], code: 'OB_SOURCE_OBJECT_CORRUPT' }]);
  });

  it('finishes what it has begun when it stops', async () => {
    const { db } = await make();
    await addWindows(db, 2);
    const [begun, go] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
    const { job } = createIdleJob(() => undefined);
    const worker = work(db, {
      name: 'oo-agg',
      async prepare(windows, signal) {
        begun.resolve();
        await go.promise;
        return job.prepare(windows, signal);
      },
    });
    await begun.promise;
    const stopped = worker.stop();
    go.resolve();
    await stopped;
    expect(await listEnds(db)).toEqual(Array(2).fill({ status: 'success', attempts: ['success'], code: null }));
  });

  it('hands back what takes longer than it may, without blame', async () => {
    const { db } = await make();
    await addWindows(db, 2);
    const { job, begun } = createEndlessJob();
    const worker = work(db, job, { stopWithin: 50_000 });
    await begun;
    const asked = performance.now();
    await worker.stop();
    expect(performance.now() - asked).toBeLessThan(5_000);
    expect(await worker.next()).toMatchObject({ ended: 'released', runs: { length: 2 } });
    expect(await listEnds(db)).toEqual(Array(2).fill({ status: 'queued', attempts: ['canceled'], code: null }));
    expect(await db.query('select from etl_job_run where run_after <= now() and retries = 0 and lease_until is null')).toHaveLength(2);
  });

  it('ends a run that an operator cancels with its next heartbeat', async () => {
    const { db } = await make();
    await addWindows(db, 1);
    const { job, begun } = createEndlessJob();
    const worker = work(db, job, { lease: SHORT_LEASE });
    await begun;
    await db.query('update etl_job_run set cancel_requested = true');
    expect(await worker.next()).toMatchObject({ ended: 'released', error: { code: 'OB_CANCELED' } });
    await worker.stop();
    expect(await listEnds(db)).toEqual([{ status: 'canceled', attempts: ['canceled'], code: null }]);
  });

  it('keeps its lease for as long as a read takes, and gives the read up when the lease was taken', async () => {
    const { db } = await make();
    await addWindows(db, 1);
    const { job, begun } = createEndlessJob();
    const worker = work(db, job, { lease: SHORT_LEASE });
    await begun;
    const { until } = (await db.query<{ until: string }>('select lease_until as until from etl_job_run'))[0] ?? { until: '' };
    await expect.poll(() => db.query('select from etl_job_run where lease_until > $1::timestamptz', [until])).toHaveLength(1);
    await db.transaction(async (tx) => {
      await tx.query(`update etl_job_run set lease_until = now() - interval '1 second'`);
      expect(await reapRuns(tx, 100)).toBe(1);
      await tx.query(`update etl_job_run set run_after = now() + interval '1 hour'`);
    });
    expect(await worker.next()).toMatchObject({ ended: 'lost', error: { code: 'OB_LEASE_LOST' } });
    await worker.stop();
    expect(await listEnds(db)).toEqual([{ status: 'queued', attempts: ['lost'], code: 'OB_LEASE_LOST' }]);
  });

  it('writes nothing of a window that was taken while it was read, and finishes the others', async () => {
    const { db } = await make();
    await addWindows(db, 3);
    const [begun, go] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
    const written: number[] = [];
    const worker = work(db, {
      name: 'oo-agg',
      async prepare(windows) {
        begun.resolve();
        await go.promise;
        return {
          async write() {
            written.push(windows.length);
            return { rows: {}, changed: 0, stats: windows.map(() => ({})) };
          },
        };
      },
    });
    await begun.promise;
    await db.transaction(async (tx) => {
      await tx.query(`update etl_job_run set lease_until = now() - interval '1 second' where window_from = '2026-03-01T12:01:00Z'`);
      expect(await reapRuns(tx, 100)).toBe(1);
      await tx.query(`update etl_job_run set run_after = now() + interval '1 hour' where status = 'queued'`);
    });
    go.resolve();
    const endings = [await worker.next(), await worker.next(), await worker.next()].map(({ ended, runs }) => [ended, runs.length]);
    expect(endings).toEqual([
      ['lost', 1],
      ['success', 1],
      ['success', 1],
    ]);
    await worker.stop();
    expect(written).toEqual([1, 1]);
    expect((await listEnds(db)).map((row) => Object(row).status)).toEqual(['success', 'queued', 'success']);
  });

  it('counts failures for the circuit, and stops asking the source when it opens', async () => {
    const { db } = await make();
    await addWindows(db, 1);
    const { job, prepared } = createIdleJob(away);
    const worker = work(db, job, { circuitFailures: 1 });
    expect(await worker.next()).toMatchObject({ ended: 'queued' });
    await worker.stop();
    expect(prepared).toHaveLength(1);
    expect(await db.query('select state, failures, reason from etl_job_circuit')).toEqual([
      { state: 'open', failures: 1, reason: 'OB_SOURCE_UNAVAILABLE: The source is away.' },
    ]);
  });
});
