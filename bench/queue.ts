import { fork } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { MINUTE, SECOND } from '../src/core/time.ts';
import { migrate } from '../src/store/migrate.ts';
import { openDatabase } from '../src/store/open-database.ts';
import { claimNext } from '../src/store/run-queue.ts';
import { planWindows, queueSettling, type ScheduleEntry, syncSchedule, unblockWindows } from '../src/store/schedule.ts';
import { startServer } from './server.ts';

const JOBS = ['oo-agg', 'age-refresh', 'topo-iac', 'topo-ansible', 'prune'];
const TENANTS = 10_000;
const WORKERS = 8;
const CLAIM_SECONDS = 10;

const entry = (job: string, tenantId: string, changes: Partial<ScheduleEntry>): ScheduleEntry => ({
  ...{ job, tenantId, align: MINUTE, delay: 2 * MINUTE, settle: [15 * MINUTE], initialLookback: 3 * MINUTE, maxBatch: 1, concurrency: 1 },
  ...{ after: [], catchUp: 'all' as const, maxAge: 7 * 24 * 60 * MINUTE },
  ...changes,
});

/** How long a planner tick takes over 10 000 tenants and five jobs each: when nothing is due, and when every job of every tenant is. */
export async function benchPlanner(): Promise<string[]> {
  await using server = await startServer();
  await using db = await openDatabase(server.url);
  await migrate(db);
  const entries = Array.from({ length: TENANTS }, (_, tenant) =>
    JOBS.map((job) => entry(job, `tenant-${tenant}`, job === 'age-refresh' ? { after: ['oo-agg'] } : {})),
  ).flat();
  const timed = async (work: () => Promise<unknown>): Promise<number> => {
    const started = performance.now();
    await work();
    return Math.round(performance.now() - started);
  };
  const sync = await timed(() => db.transaction((tx) => syncSchedule(tx, entries)));
  const clock = await db.query<{ at: string }>(`select date_trunc('minute', now()) + interval '5 seconds' as at`);
  const at = (minutes: number): string => new Date(Date.parse(clock[0]?.at ?? '') + minutes * 60_000).toISOString();
  let longest = 0;
  const tick = (minutes: number) => async () => {
    for (let lanes = 5_000; lanes === 5_000; ) {
      longest = Math.max(longest, await timed(async () => ({ lanes } = await db.transaction((tx) => planWindows(tx, 5_000, at(minutes))))));
    }
    await db.transaction(unblockWindows);
    await db.transaction((tx) => queueSettling(tx, 5_000, at(minutes)));
  };
  const first = await timed(tick(0));
  await db.query('vacuum analyze etl_job_run').catch(() => undefined);
  const rounds: number[] = [];
  for (let minute = 1; minute <= 5; minute++) {
    await db.query(`update etl_job_run set status = 'success', blocked_by = null, finished_at = now() where status = 'queued'`);
    rounds.push(await timed(tick(minute)));
  }
  const idle = await timed(tick(5));
  await db.query(`update etl_job_run set status = 'success', blocked_by = null, finished_at = now() where status = 'queued'`);
  await db.query(`update etl_schedule set next_plan_at = 'infinity' where job <> 'oo-agg'`);
  const usual = await timed(tick(6));
  return [
    `planner: ${TENANTS * JOBS.length} lanes; nothing due ${idle} ms, one job due for every tenant ${usual} ms, one window due everywhere ${rounds.toSorted((a, b) => a - b).join(', ')} ms in all, 5000 lanes at most ${longest} ms (bar < 1000), the very first ${first} ms, taking over a changed configuration ${sync} ms`,
  ];
}

/** How many windows eight worker processes claim in a second, one window a claim and in batches of up to 60. */
export async function benchClaims(): Promise<string[]> {
  const results: string[] = [];
  for (const maxBatch of [1, 60]) {
    await using server = await startServer();
    await using db = await openDatabase(server.url);
    await migrate(db);
    const entries = Array.from({ length: 200 }, (_, tenant) => entry('oo-agg', `tenant-${tenant}`, { maxBatch, concurrency: 1000 }));
    await db.transaction((tx) => syncSchedule(tx, entries));
    await db.query(
      `insert into etl_job_run (job, tenant_id, window_from, window_to, priority) select 'oo-agg', 'tenant-' || t, w, w + interval '1 minute', 20
         from generate_series(0, 199) t, generate_series(now() - interval '1000 minutes', now(), interval '1 minute') w`,
    );
    const workers = Array.from({ length: WORKERS }, (_, index) => claimInProcess(server.url, index));
    const counts = await Promise.all(workers);
    const claims = counts.reduce((sum, each) => sum + each.claims, 0);
    const runs = counts.reduce((sum, each) => sum + each.runs, 0);
    const attempts = await db.query<{ n: number }>(`select count(*)::int as n from etl_job_attempt`);
    if (attempts[0]?.n !== runs) throw new Error('Attempts do not add up to claims.');
    results.push(
      `${maxBatch === 1 ? 'one by one' : `in batches of up to ${maxBatch}`} ${Math.round(runs / CLAIM_SECONDS)}/s (${Math.round(claims / CLAIM_SECONDS)} statements/s)`,
    );
  }
  return [`claims: ${WORKERS} processes, windows ${results.join(', ')} (bar ≥ 2000/s)`];
}

function claimInProcess(url: string, index: number): Promise<{ claims: number; runs: number }> {
  return new Promise((resolve, reject) => {
    const child = fork(fileURLToPath(import.meta.url), [url, String(index)]);
    child.once('message', (message) => resolve(message as { claims: number; runs: number }));
    child.once('exit', (code) => (code === 0 ? undefined : reject(new Error(`A claiming process ended with ${code}.`))));
  });
}

async function claimFor(url: string, index: string): Promise<{ claims: number; runs: number }> {
  await using db = await openDatabase(url);
  const holder = { worker: `worker-${index}`, lease: 60 * SECOND, runId: '018f3a5e-1c2d-7000-8000-000000000000' };
  const caps = { running: 1e6, perJob: 1e6, perTenant: 1e6 };
  let cursor = { job: '', tenantId: '' };
  const total = { claims: 0, runs: 0 };
  const until = performance.now() + CLAIM_SECONDS * 1000;
  while (performance.now() < until) {
    const batch = await db.transaction((tx) => claimNext(tx, { ...holder, jobs: ['oo-agg'], caps, after: cursor }));
    if (!batch) break;
    cursor = batch;
    total.claims++;
    total.runs += batch.runs.length;
    await db.query(`update etl_job_run set status = 'success', finished_at = now() where id = any($1::bigint[])`, [
      batch.runs.map((run) => run.id),
    ]);
  }
  return total;
}

const [, , url, index] = process.argv;
if (process.send && url && index) {
  process.send(await claimFor(url, index));
  process.disconnect();
}
