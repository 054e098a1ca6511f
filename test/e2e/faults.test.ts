import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import type { Db } from '../../src/store/db.ts';
import { openDatabase } from '../../src/store/open-database.ts';
import { makeDirectory } from '../jobs/directory.ts';
import { differences, dumpResults, looseLocators } from '../jobs/pipeline.ts';
import { startServer, whyMissing } from '../support/databases.ts';
import { callCli } from './cli-process.ts';
import { createFaults, type Faults, ignoreAway } from './faults.ts';
import { type Fleet, startFleet } from './fleet.ts';

/** Seeds of the tenants' sources. That of beta makes the second read of every process fail. */
const SEEDS = { alpha: 1, beta: 18, gamma: 3, delta: 4 };
const TENANTS = Object.keys(SEEDS);
const WINDOWS = 50;
const WORKERS = 6;
const LEASE_SECONDS = 2;
const REAPER_SECONDS = 5;
/** For a claim, and for a process that shares two cores with many. */
const SLACK_SECONDS = 3;
const DEADLINE_MS = 200_000;
const SEED = 20_260_301;

/** What goes wrong at the sources: nothing, reads that fail, rows that come late, and one that does not answer. */
interface SourceFaults {
  readonly failing: boolean;
  readonly hanging: boolean;
}

/** The delay is more than a moved clock can be wrong, so that no worker reads what its source does not have yet. */
function toConfig(url: string, { failing, hanging }: SourceFaults): string {
  const sources = Object.entries(SEEDS).map(([id, seed]) => {
    const more = [
      ...(failing && id === 'beta' ? ['fail_share: 0.2'] : []),
      ...(hanging && id === 'delta' ? ['hang: true'] : []),
      ...['duplicate_share: 0.1', 'late_share: 0.1', 'late_by: 10m'],
    ];
    return `  - id: ${id}
    source: { type: mock, seed: ${seed}, logs_per_minute: 40, spans_per_minute: 40, metric_points_per_minute: 40, faults: { ${more.join(', ')} } }
    initial_lookback: { oo-agg: ${180 + WINDOWS}m }`;
  });
  return `database: { url: "${url}" }
tenants:
${sources.join('\n')}
jobs:
  oo-agg: { delay: 3h, settle: [], max_batch: 4, concurrency: 3, timeout: 8s }
runner: { lease: ${LEASE_SECONDS}s, concurrency: 2, max_running_per_tenant: 3, max_attempts: 1000, circuit_failures: 1000, stop_within: 10s }
logging: { format: json }
`;
}

interface Progress {
  readonly windows: bigint;
  readonly smallest: bigint | null;
  readonly done: bigint;
  readonly tenants: bigint;
  readonly overdue: number | null;
}

/** Counts the windows, and how long the lease of the most neglected running one has been over. */
async function look(db: Db): Promise<Progress> {
  const [progress] = await db.query<Progress>(
    `select coalesce(sum(windows), 0)::int8 as windows, min(windows) as smallest, coalesce(sum(done), 0)::int8 as done, count(*) as tenants, max(overdue) as overdue
     from (select count(*) as windows, count(*) filter (where status = 'success') as done,
             (max(extract(epoch from clock_timestamp() - lease_until)) filter (where status = 'running'))::double precision as overdue
           from etl_job_run where job = 'oo-agg' group by tenant_id) t`,
  );
  if (!progress) throw new Error('The count gave no row.');
  return progress;
}

/** Describes the windows that are not done. */
async function listLeft(db: Db): Promise<string> {
  const rows = await db.query(
    `select tenant_id, window_from, status, worker, attempt, retries, error_code, extract(epoch from run_after - now())::int as runs_in_s
     from etl_job_run where job = 'oo-agg' and status <> 'success' order by 1, 2 limit 20`,
  );
  return rows.map((row) => JSON.stringify(row)).join('\n');
}

/** Runs until every tenant has its windows and all of them are done; gives the longest time that a running window was left alone. */
async function watch(db: Db, fleet: Fleet, faults: Faults, stop: AbortController, deadline: number): Promise<number> {
  let longest = 0;
  let paused: boolean | undefined = false;
  for (;;) {
    expect(fleet.listFallen(), 'processes that ended by themselves').toEqual([]);
    const progress = await look(db).catch(ignoreAway);
    if (progress) {
      const { tenants, smallest, windows, done, overdue } = progress;
      longest = Math.max(longest, Math.min(overdue ?? 0, faults.secondsWithReaper()));
      expect(longest, 'seconds that a window stayed with a lost worker').toBeLessThan(REAPER_SECONDS + LEASE_SECONDS + SLACK_SECONDS);
      if (!paused && tenants === BigInt(TENANTS.length) && (smallest ?? 0n) >= WINDOWS) {
        paused = await db.query('update etl_schedule set paused = true').then(() => true, ignoreAway);
      }
      // A window that has failed often waits long; the last ones are left in peace.
      if (paused && faults.isFirstRoundOver() && done * 10n > windows * 9n) stop.abort();
      if (paused && windows === done && faults.isFirstRoundOver()) return longest;
    }
    if (performance.now() > deadline) throw new Error(`Not all windows were done in time: ${await listLeft(db)}`);
    await sleep(250);
  }
}

/** What the faults did, and how long killed workers' windows waited until another had finished them. */
async function toOutcome(db: Db, { counts, killed }: Faults, logs: string) {
  const [attempts] = await db.query<{ lost: number; failed: number; released: number }>(
    `select count(*) filter (where status = 'lost')::int as lost, count(*) filter (where status = 'failed')::int as failed,
       count(*) filter (where status = 'canceled')::int as released from etl_job_attempt`,
  );
  // Windows that the next attempt finished: where that one was struck too, the time would be that of two faults.
  const rescued = await db.query<{ seconds: number }>(
    `select max(extract(epoch from next.finished_at - k.at))::double precision as seconds
     from unnest($1::text[], $2::timestamptz[]) as k (worker, at) join etl_job_attempt a on a.worker = k.worker and a.status = 'lost' and a.finished_at > k.at
       join etl_job_attempt next on next.job_run_id = a.job_run_id and next.attempt = a.attempt + 1 and next.status = 'success'
     group by k.worker order by 1`,
    [killed.map(({ worker }) => worker), killed.map(({ at }) => at)],
  );
  const count = (pattern: RegExp): number => logs.match(pattern)?.length ?? 0;
  return {
    ...counts,
    zombies_refused: count(/"ended":"lost"/g),
    refused_when_writing: count(/windows went to another worker\./g),
    timeouts: count(/"code":"OB_TIMEOUT"/g),
    failed_reads: count(/"code":"OB_SOURCE_UNAVAILABLE"/g),
    ...{ attempts_lost: attempts?.lost, attempts_failed: attempts?.failed, attempts_released: attempts?.released },
    rescued_after_s: rescued.map(({ seconds }) => Number(seconds.toFixed(1))),
  };
}

const reason = whyMissing('postgres 18');

describe.skipIf(reason !== undefined)(`the service under faults${reason === undefined ? '' : ` (skipped: ${reason})`}`, () => {
  it('leaves the tables of one clean run, and every window once', async () => {
    const began = performance.now();
    await using stack = new AsyncDisposableStack();
    const directory = stack.use(await makeDirectory());
    const server = await startServer('postgres 18');
    stack.defer(() => server.stop());
    for (const name of ['faulty', 'clean']) await server.admin.query(`create database ${name} template migrated`);
    const config = join(directory.path, 'observebridge.yaml');
    await writeFile(config, toConfig(server.url('faulty'), { failing: true, hanging: true }));

    const db = stack.use(await openDatabase(`${server.url('faulty')}?application_name=test`));
    const fleet = stack.use(await startFleet(directory.path, WORKERS));
    const stop = new AbortController();
    const faults = createFaults({ db, server, fleet, seed: SEED, spared: 'delta' });
    const mending = faults.firstRound.then(() => writeFile(config, toConfig(server.url('faulty'), { failing: false, hanging: false })));
    const watching = watch(db, fleet, faults, stop, began + DEADLINE_MS).finally(() => stop.abort());
    const [longest] = await Promise.all([watching, faults.strikeUntil(stop.signal), mending]);
    const ended = await fleet.stop();
    expect(ended.map(({ exitCode, stderr }) => [exitCode, exitCode === 0 ? '' : stderr.slice(-2_000)])).toEqual(ended.map(() => [0, '']));
    const logs = (await fleet.logs()).join('');
    const outcome = await toOutcome(db, faults, logs);

    const ranges = await db.query<{ tenant: string; from: string; to: string; windows: number; minutes: number }>(
      `select tenant_id as tenant, min(window_from) as from, max(window_to) as to, count(*)::int as windows,
         (extract(epoch from max(window_to) - min(window_from)) / 60)::int as minutes
       from etl_job_run where job = 'oo-agg' group by tenant_id order by tenant_id`,
    );
    expect(ranges.map(({ windows }) => windows)).toEqual(ranges.map(({ minutes }) => minutes));
    const odd = await db.query(
      `select r.tenant_id, r.window_from, r.status, count(*) filter (where a.status = 'success') as successes, count(*) filter (where a.status = 'running') as running
       from etl_job_run r left join etl_job_attempt a on a.job_run_id = r.id where r.job = 'oo-agg'
       group by r.id having r.status <> 'success' or count(*) filter (where a.status = 'success') <> 1 or count(*) filter (where a.status = 'running') > 0`,
    );
    expect(odd).toEqual([]);
    const behind = await db.query(
      `select tenant_id from etl_watermark m join etl_schedule s using (job, tenant_id) where job = 'oo-agg' and m.watermark is distinct from s.planned_until`,
    );
    expect(behind).toEqual([]);
    expect(await looseLocators(db)).toEqual({ missing: 0n, orphaned: 0n });

    await writeFile(config, toConfig(server.url('clean'), { failing: false, hanging: false }));
    const runs = ranges.map(({ tenant, from, to }) =>
      callCli(directory.path, ['run', 'oo-agg', '--tenant', tenant, '--from', from, '--to', to]),
    );
    for (const clean of await Promise.all(runs)) expect(clean.exitCode, clean.stderr).toBe(0);
    const cleanDb = stack.use(await openDatabase(server.url('clean')));
    const expected = await dumpResults(cleanDb);
    expect(expected.length).toBeGreaterThan(1_000);
    expect(differences(expected, await dumpResults(db))).toEqual([]);

    const { rescued_after_s: rescued, refused_when_writing: _, attempts_released: __, ...mustHappen } = outcome;
    const seconds = Math.round((performance.now() - began) / 1000);
    const report = {
      ...outcome,
      windows: ranges.reduce((total, { windows }) => total + windows, 0),
      longest_without_worker_s: Number(longest.toFixed(1)),
      seconds,
    };
    process.stdout.write(`${JSON.stringify(report)}\n`);
    for (const [fault, count] of Object.entries(mustHappen)) expect(count, fault).toBeGreaterThan(0);
    // Other faults delay most of them; one that only its own fault delayed keeps the bar.
    expect(Math.min(...rescued)).toBeLessThan(LEASE_SECONDS + 10);
  }, 300_000);
});
