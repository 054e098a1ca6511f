import fc from 'fast-check';
import { expect, it } from 'vitest';
import { SECOND } from '../../src/core/time.ts';
import type { CircuitPolicy } from '../../src/store/circuit.ts';
import type { Db } from '../../src/store/db.ts';
import { type Caps, type ClaimedBatch, claimNext, failRuns, reapRuns, succeedRuns } from '../../src/store/run-queue.ts';
import type { Lane } from '../../src/store/schedule.ts';
import { emptyTables } from '../jobs/pipeline.ts';
import { describeDatabases } from '../support/databases.ts';
import { RUN_ID } from '../support/run-windows.ts';

const JOBS = ['oo-agg', 'age-refresh'];
const CLAIMERS = Array.from({ length: 8 }, (_, index) => `worker-${index}`);
const ANY: Caps = { running: 100, perJob: 100, perTenant: 100 };
const START: Lane = { job: '', tenantId: '' };
const circuit: CircuitPolicy = { failures: 3, pauseSeconds: 10, longestPauseSeconds: 60 };

interface LaneRows {
  readonly job?: string;
  readonly windows?: number;
  readonly priority?: number;
  readonly maxBatch?: number;
  readonly concurrency?: number;
  /** Hours after noon. */
  readonly hour?: number;
}

async function addLane(
  db: Db,
  tenantId: string,
  { job = 'oo-agg', windows = 8, priority = 20, maxBatch = 2, concurrency = 100, hour = 0 }: LaneRows = {},
) {
  await db.query(
    `insert into etl_schedule (job, tenant_id, align, delay, initial_lookback, max_batch, concurrency) values ($1, $2, '1 minute', '2 minutes', '1 hour', $3, $4)
     on conflict do nothing`,
    [job, tenantId, maxBatch, concurrency],
  );
  await db.query(
    `insert into etl_job_run (job, tenant_id, window_from, window_to, priority)
     select $1, $2, at, at + interval '1 minute', $4
     from (select timestamptz '2026-03-01T12:00:00Z' + make_interval(hours => $5, mins => n) from generate_series(0, $3::int - 1) n) w (at)`,
    [job, tenantId, windows, priority, hour],
  );
}

const claim = (db: Db, worker = 'worker-0', caps = ANY, after = START): Promise<ClaimedBatch | undefined> =>
  db.transaction((tx) => claimNext(tx, { worker, lease: 60 * SECOND, runId: RUN_ID, jobs: JOBS, caps, after }));

const claimTogether = async (db: Db): Promise<ClaimedBatch[]> =>
  (await Promise.all(CLAIMERS.map((worker) => claim(db, worker)))).flatMap((batch) => batch ?? []);

const fail = (db: Db, batch: ClaimedBatch, worker = 'worker-0', maxAttempts = 3) =>
  db.transaction((tx) =>
    failRuns(tx, batch, batch.runs, worker, {
      ...{ code: 'OB_SOURCE_UNAVAILABLE', message: 'The source is away.', retryAfterSeconds: 0 },
      ...{ maxAttempts, probe: batch.probe, circuit },
    }),
  );

const succeed = (db: Db, batch: ClaimedBatch) =>
  db.transaction((tx) =>
    succeedRuns(
      tx,
      batch,
      batch.runs,
      batch.runs.map(() => ({})),
    ),
  );

/** The circuit of the lane, with the pause until its next probe in whole seconds. */
async function readCircuit(db: Db): Promise<object | undefined> {
  const [row] = await db.query(
    `select state, failures, reason, probe_by, round(extract(epoch from next_probe_at - updated_at))::int as pause from etl_job_circuit`,
  );
  return row;
}

/** Lets the pause of an open circuit be over. */
const endPause = (db: Db) => db.query(`update etl_job_circuit set next_probe_at = now() - interval '1 second' where state = 'open'`);

/** Opens the circuit of a new lane by the failures that this takes, and lets its pause be over. */
async function openCircuit(db: Db): Promise<void> {
  await addLane(db, 'shop', { windows: 9, maxBatch: 1 });
  for (const worker of CLAIMERS.slice(0, circuit.failures)) {
    const batch = await claim(db, worker);
    if (batch) await fail(db, batch, worker, 100);
  }
}

describeDatabases('claims by eight workers at once', ['postgres 18'], (make) => {
  it('never exceed a cap, and leave nothing that every cap allows', async () => {
    const { db } = await make();
    const count = (max: number) => fc.integer({ min: 1, max });
    const plan = fc.record({
      running: count(10),
      perJob: count(7),
      perTenant: count(5),
      lanes: fc.array(count(3), { minLength: 6, maxLength: 6 }),
    });
    await fc.assert(
      fc.asyncProperty(plan, async ({ lanes: limits, ...caps }) => {
        await emptyTables(db);
        const lanes = ['a', 'b', 'c'].flatMap((tenantId) => JOBS.map((job) => ({ job, tenantId })));
        for (const [index, { job, tenantId }] of lanes.entries()) await addLane(db, tenantId, { job, concurrency: limits[index] ?? 1 });
        const taken: ClaimedBatch[] = [];
        const takeAll = async (worker: string): Promise<void> => {
          for (;;) {
            const batch = await claim(db, worker, caps);
            if (!batch) return;
            taken.push(batch);
          }
        };
        await Promise.all(CLAIMERS.map(takeAll));
        const ofLane = lanes.map((lane) => taken.filter(({ job, tenantId }) => job === lane.job && tenantId === lane.tenantId).length);
        const ofJob = (name: string) => taken.filter(({ job }) => job === name).length;
        const ofTenant = (id: string) => taken.filter(({ tenantId }) => tenantId === id).length;
        expect(taken.length).toBeLessThanOrEqual(caps.running);
        for (const [index, { job, tenantId }] of lanes.entries()) {
          expect(ofLane[index]).toBeLessThanOrEqual(limits[index] ?? 0);
          expect(ofJob(job)).toBeLessThanOrEqual(caps.perJob);
          expect(ofTenant(tenantId)).toBeLessThanOrEqual(caps.perTenant);
          const isFull = [
            taken.length === caps.running,
            ofLane[index] === limits[index],
            ofJob(job) === caps.perJob,
            ofTenant(tenantId) === caps.perTenant,
          ];
          expect(isFull).toContain(true);
        }
        expect(new Set(taken.flatMap(({ runs }) => runs.map(({ id }) => id))).size).toBe(taken.length * 2);
      }),
      { numRuns: 12 },
    );
  });

  it('keep to the caps while runs end, and run every window once', async () => {
    const { db } = await make();
    const caps: Caps = { running: 5, perJob: 4, perTenant: 2 };
    for (const tenant of ['a', 'b', 'c', 'd']) for (const job of JOBS) await addLane(db, tenant, { job, windows: 6, concurrency: 1 });
    const seen: { reads: number; of_job: number; of_tenant: number; of_lane: number }[] = [];
    const work = async (worker: string): Promise<void> => {
      let after = START;
      for (let misses = 0; misses < 30; ) {
        const batch = await db.transaction(async (tx) => {
          const claimed = await claimNext(tx, { worker, lease: 60 * SECOND, runId: RUN_ID, jobs: JOBS, caps, after });
          // Claims go one after another until they commit, so nobody adds to this meanwhile.
          const [row] = await tx.query<(typeof seen)[number]>(
            `with reads as (select distinct job, tenant_id, worker, started_at from etl_job_run where status = 'running')
             select (select count(*)::int from reads) as reads, (select coalesce(max(n), 0)::int from (select count(*) as n from reads group by job) x) as of_job,
               (select coalesce(max(n), 0)::int from (select count(*) as n from reads group by tenant_id) x) as of_tenant,
               (select coalesce(max(n), 0)::int from (select count(*) as n from reads group by job, tenant_id) x) as of_lane`,
          );
          if (row) seen.push(row);
          return claimed;
        });
        if (!batch) {
          misses++;
          continue;
        }
        after = batch;
        await succeed(db, batch);
      }
    };
    await Promise.all(CLAIMERS.map(work));
    const most = (key: keyof (typeof seen)[number]) => Math.max(...seen.map((row) => row[key]));
    expect(most('reads')).toBeLessThanOrEqual(5);
    expect(most('of_job')).toBeLessThanOrEqual(4);
    expect(most('of_tenant')).toBeLessThanOrEqual(2);
    expect(most('of_lane')).toBe(1);
    expect(most('reads')).toBeGreaterThan(1);
    const ended = await db.query('select status, attempt, count(*)::int as windows from etl_job_run group by status, attempt');
    expect(ended).toEqual([{ status: 'success', attempt: 1, windows: 48 }]);
  });

  it('send exactly one probe through a half open circuit', async () => {
    const { db } = await make();
    await openCircuit(db);
    expect(await claimTogether(db)).toEqual([]);
    await endPause(db);
    const probes = await claimTogether(db);
    expect(probes).toMatchObject([{ probe: true, runs: { length: 1 } }]);
    expect(await readCircuit(db)).toMatchObject({ state: 'half_open', probe_by: expect.stringMatching(/^worker-/) });
    expect(await claimTogether(db)).toEqual([]);
  });
});

describeDatabases('the queue', ['pglite', 'postgres 18'], (make) => {
  it('gives every tenant its turn, however much one of them has', async () => {
    const { db } = await make();
    await addLane(db, 'big', { windows: 40 });
    await addLane(db, 'small', { windows: 4 });
    await addLane(db, 'tiny', { windows: 4 });
    const turns: string[] = [];
    let after = START;
    for (let turn = 0; turn < 8; turn++) {
      const batch = await claim(db, 'worker-0', ANY, after);
      if (!batch) break;
      turns.push(batch.tenantId);
      after = batch;
    }
    expect(turns).toEqual(['big', 'small', 'tiny', 'big', 'small', 'tiny', 'big', 'big']);
  });

  it('gives live windows before those of a backfill, whoever is next', async () => {
    const { db } = await make();
    await addLane(db, 'a', { windows: 4, priority: 0 });
    await addLane(db, 'b', { windows: 2, priority: 0 });
    await addLane(db, 'b', { windows: 2, priority: 20, hour: 3 });
    const order: string[] = [];
    for (let batch = await claim(db); batch; batch = await claim(db, 'worker-0', ANY, batch)) {
      order.push(`${batch.tenantId} ${new Date((batch.runs[0]?.window.from ?? 0) / 1000).getUTCHours()}`);
    }
    expect(order).toEqual(['b 15', 'a 12', 'b 12', 'a 12']);
  });

  it('opens a circuit with its reason, waits twice as long after each probe that fails, and closes with one that does not', async () => {
    const { db } = await make();
    await openCircuit(db);
    const reason = 'OB_SOURCE_UNAVAILABLE: The source is away.';
    expect(await readCircuit(db)).toEqual({ state: 'open', failures: 3, reason, probe_by: null, pause: 10 });
    expect(await claim(db)).toBeUndefined();
    for (const pause of [20, 40, 60, 60]) {
      await endPause(db);
      const probe = await claim(db);
      expect(probe).toMatchObject({ probe: true, runs: { length: 1 } });
      // A window has no attempts left, but those of a probe do not count.
      if (probe) expect(await fail(db, probe, 'worker-0', 1)).toEqual({ dead: 0, queued: 1 });
      expect(await readCircuit(db)).toMatchObject({ state: 'open', reason, probe_by: null, pause });
    }
    await endPause(db);
    const probe = await claim(db);
    if (probe) await succeed(db, probe);
    expect(await readCircuit(db)).toEqual({ state: 'closed', failures: 0, reason: null, probe_by: null, pause: null });
    expect(await claim(db)).toMatchObject({ probe: false });
  });

  it('probes again when the worker of a probe is gone', async () => {
    const { db } = await make();
    await openCircuit(db);
    await endPause(db);
    expect(await claim(db, 'gone')).toMatchObject({ probe: true });
    expect(await claim(db)).toBeUndefined();
    await db.query(`update etl_job_run set lease_until = now() - interval '1 second' where status = 'running'`);
    expect(await db.transaction((tx) => reapRuns(tx, 100))).toBe(1);
    expect(await claim(db)).toMatchObject({ probe: true });
    expect(await readCircuit(db)).toMatchObject({ state: 'half_open', probe_by: 'worker-0' });
  });
});
