import { expect, it } from 'vitest';
import { ObserveBridgeError } from '../../src/core/error.ts';
import type { LogLine } from '../../src/core/run-log.ts';
import { MINUTE, parseTime } from '../../src/core/time.ts';
import type { Job } from '../../src/jobs/job.ts';
import type { Db } from '../../src/store/db.ts';
import { reapRuns } from '../../src/store/run-queue.ts';
import { describeDatabases } from '../support/databases.ts';
import { createExecution, runWindows } from '../support/run-windows.ts';
import { corrupt, createIdleJob } from './jobs.ts';

const NOON = parseTime('2026-03-01T12:00:00Z') ?? 0;
const windows = (count: number) => Array.from({ length: count }, (_, at) => ({ from: NOON + at * MINUTE, to: NOON + (at + 1) * MINUTE }));
const run = (db: Db, job: Job, count = 1) => runWindows(db, { job, tenantId: 'shop', windows: windows(count) });

/** The logs of all attempts, by window and attempt, as `level text`. */
async function listLogs(db: Db): Promise<string[][]> {
  const rows = await db.query<{ log: LogLine[] }>(
    'select a.log from etl_job_attempt a join etl_job_run r on r.id = a.job_run_id order by r.window_from, a.attempt',
  );
  return rows.map(({ log }) => log.map(({ level, text }) => `${level} ${text}`));
}

describeDatabases('the log of an attempt', ['pglite', 'postgres 18'], (make) => {
  it('tells of the claim, the read, the notices, and what a window gave', async () => {
    const { db } = await make();
    const job: Job = {
      name: 'topo-iac',
      prepare: async (asked, _signal, { onNotice } = {}) => {
        onNotice?.('The place https://u:p4ss@host/state cannot be read.');
        const stats = (index: number) => ({
          rows_read: { logs: 10 + index },
          rows_rejected: { spans_without_service: 1 },
          ms: { open: 5, write: 3 },
        });
        return { write: async () => ({ rows: { metric_1m: 7 }, changed: 2, stats: asked.map((_, index) => stats(index)) }) };
      },
    };
    const began = new Date().toISOString();
    await run(db, job, 2);
    const [first = [], second = []] = await listLogs(db);
    expect(first).toEqual([
      'info Attempt 1, claimed by worker worker-1.',
      'info 2 windows are read in one go, 2026-03-01T12:00:00Z to 2026-03-01T12:02:00Z; trigger cli.',
      'warn The place https://u:***@host/state cannot be read.',
      'info The read has ended; its rows are written next.',
      'info Read in this window: logs 10.',
      'warn Rejected in this window: spans without service 1.',
      'info Stages of the whole read: open 5 ms, write 3 ms.',
      'info Written of the whole read: metric 1m 7; 2 new or different.',
    ]);
    expect(second[4]).toBe('info Read in this window: logs 11.');
    const [row] = await db.query<{ log: LogLine[] }>('select log from etl_job_attempt limit 1');
    for (const { at } of row?.log ?? []) expect(Math.abs(Date.parse(at) - Date.parse(began))).toBeLessThan(60_000);
  });

  it('tells why an attempt failed without the words of others, and when it is tried again', async () => {
    const { db } = await make();
    const refused = Object.assign(new Error('connect ECONNREFUSED 127.0.0.1:1'), { syscall: 'connect', code: 'ECONNREFUSED' });
    const engine = new Error("Conversion Error: Could not convert string 'a private value' to INT32", { cause: refused });
    const failing = (code: 'OB_SOURCE_UNAVAILABLE' | 'OB_SOURCE_AUTH') =>
      createIdleJob(() => new ObserveBridgeError(code, 'read', 'The source is away.', engine)).job;
    for (let attempt = 1; attempt <= 3; attempt++) await run(db, failing('OB_SOURCE_UNAVAILABLE'));
    const [first = [], second = [], third = []] = await listLogs(db);
    expect(first.slice(2)).toEqual([
      'error OB_SOURCE_UNAVAILABLE (read): The source is away.',
      'error Caused by Conversion Error; its words are only in the log of the process at level debug.',
      'error Caused by connect ECONNREFUSED 127.0.0.1:1',
      expect.stringMatching(/^info Nothing at first/),
      'warn Tried again in 8 s: 1 of 3 attempts have failed.',
    ]);
    expect(second.at(-1)).toBe('warn Tried again in 15 s: 2 of 3 attempts have failed.');
    expect(third.at(0)).toBe('info Attempt 3, claimed by worker worker-1.');
    expect(third.at(-1)).toBe('error Not tried again: 3 attempts have failed.');
    await run(db, failing('OB_SOURCE_AUTH'));
    expect((await listLogs(db)).at(-1)?.at(-1)).toBe('error Not tried again: trying cannot mend it.');
    await run(db, createIdleJob(() => new SyntaxError('Unexpected token in "a private value"') as never).job);
    expect((await listLogs(db)).at(-1)?.at(2)).toBe(
      'error OB_INTERNAL (internal): Something unexpected happened: SyntaxError; its words are only in the log of the process at level debug.',
    );
    expect(JSON.stringify(await listLogs(db))).not.toContain('private');
    expect(JSON.stringify(await db.query('select error_message from etl_job_run'))).not.toContain('private');
  });

  it('tells a window what became of the read it was part of, and nothing of the other half', async () => {
    const { db } = await make();
    const { job } = createIdleJob((asked) => (asked.some(({ from }) => from === NOON) ? corrupt('a') : undefined));
    await run(db, job, 2);
    const [bad = [], good = []] = await listLogs(db);
    expect(bad.filter((line) => line.includes('damaged'))).toHaveLength(2);
    expect(good.filter((line) => line.includes('damaged'))).toHaveLength(1);
    expect(good).toContain('warn The 2 windows are read again in two halves, to find those that cannot be done.');
    expect(good.at(-1)).toBe('info Read in this window: no rows.');
  });

  it('keeps the beginning and the end of very many lines, each of them bounded', async () => {
    const { db } = await make();
    const job: Job = {
      name: 'topo-iac',
      prepare: async (asked, _signal, { onNotice } = {}) => {
        for (let at = 1; at <= 1000; at++) onNotice?.(`${at} ${'x'.repeat(1000)}`);
        return { write: async () => ({ rows: {}, changed: 0, stats: asked.map(() => ({})) }) };
      },
    };
    await run(db, job);
    const [log = []] = await listLogs(db);
    expect(log).toHaveLength(100);
    expect(log[20]).toMatch(/^warn 19 x/);
    expect(log[21]).toBe('warn 905 lines between these were left out.');
    expect(log[22]).toMatch(/^warn 925 x/);
    expect(log.at(-1)).toBe('info Read in this window: no rows.');
    expect(Math.max(...log.map((line) => line.length))).toBe('warn '.length + 500);
  });

  it('tells that a lease was lost, by whoever finds out', async () => {
    const { db } = await make();
    using execution = createExecution(db, 'worker-1');
    const begun = Promise.withResolvers<void>();
    const silent: Job = {
      name: 'oo-agg',
      prepare: (_asked, signal) => {
        begun.resolve();
        return new Promise((_resolve, reject) => signal.addEventListener('abort', () => reject(new Error('stopped'))));
      },
    };
    const stop = new AbortController();
    const over = () => db.query(`update etl_job_run set lease_until = now() - interval '1 second'`);
    const lost = runWindows(db, { job: silent, tenantId: 'shop', windows: windows(1), signal: stop.signal, ...execution });
    await begun.promise;
    await over();
    await run(db, createIdleJob(() => undefined).job);
    await db.query(`update etl_job_run set status = 'running'`);
    await db.query(`update etl_job_attempt set status = 'running' where attempt = 2`);
    await over();
    await db.transaction((tx) => reapRuns(tx, 5));
    stop.abort();
    await lost;
    expect((await listLogs(db)).map((log) => log.at(-1))).toEqual([
      'warn The lease of its worker was over: another one took the window.',
      'warn The worker gave no sign of life for the length of its lease.',
    ]);
  });

  it('tells that the process was stopped', async () => {
    const { db } = await make();
    const stop = new AbortController();
    const { job } = createIdleJob((_windows, signal) => {
      stop.abort();
      return new Promise<never>((_resolve, reject) => {
        const end = () => reject(new ObserveBridgeError('OB_CANCELED', 'read', 'The read was canceled.'));
        if (signal.aborted) end();
        else signal.addEventListener('abort', end);
      });
    });
    await runWindows(db, { job, tenantId: 'shop', windows: windows(1), signal: stop.signal });
    expect((await listLogs(db))[0]?.at(-1)).toBe('warn Given up: the process that ran it was stopped.');
  });
});
