import { expect, it } from 'vitest';
import type { CliDeps } from '../../src/cli/command.ts';
import { setBackfillStatus } from '../../src/store/backfill.ts';
import { advanceBackfills } from '../../src/store/backfill-queue.ts';
import type { Db } from '../../src/store/db.ts';
import { addRun, claim, end } from '../store/backfill-world.ts';
import { type CliOutcome, callCli } from '../support/cli.ts';
import { describeDatabases } from '../support/databases.ts';

const range = ['--tenant', 'demo', '--from', '2025-06-01T12:00:00Z', '--to', '2025-06-01T12:10:00Z'];
const id = '018f3a5e-1c2d-7000-8000-000000000000';

/** The same database, which the end of a command does not close. */
function keepOpen(db: Db, kind = db.kind): Db {
  return { ...db, kind, [Symbol.asyncDispose]: async () => undefined };
}

describeDatabases('the command line for backfills', ['pglite'], (make) => {
  const call = (db: Db, args: readonly string[], process: Partial<CliDeps> = {}): Promise<CliOutcome> =>
    callCli(['backfill', ...args], { openDb: async () => keepOpen(db) }, {}, process);

  it('creates, lists, shows, pauses, resumes and cancels', async () => {
    const { db } = await make();
    const json = async (...args: string[]) => JSON.parse((await call(db, [...args, '-o', 'json'])).stdout);
    expect(await json('oo-agg', ...range, '--run-id', `urn:uuid:${id}`, '--backwards', '--concurrency', '3')).toMatchObject({
      ...{ backfill_id: 1, job: 'oo-agg', tenant_id: 'demo', mode: 'none', status: 'running', run_id: id, concurrency: 3 },
      ...{ windows: 10, pending: 10, skipped: 0, run_backwards: true, stop_on_failure: false, window_to: '2025-06-01T12:10:00Z' },
    });
    expect(await db.query('select max_batch from etl_backfill')).toEqual([{ max_batch: 60 }]);
    expect(await json('pause', '1')).toMatchObject({ status: 'paused' });
    expect(await json('resume', '1')).toMatchObject({ status: 'running' });
    expect(await json('cancel', '1')).toMatchObject({ status: 'canceled', canceled: 10 });
    await json('create', 'oo-agg', ...range, '--mode', 'failed', '--stop-on-failure');
    expect(await json('list', '--status', 'running')).toMatchObject([{ backfill_id: 2, mode: 'failed', stop_on_failure: true }]);
    await db.query(`insert into dim_tenant (tenant_id) values ('other')`);
    expect(await json('list', '--tenant', 'other')).toEqual([]);
    expect(await json('show', '1')).toMatchObject({
      backfill_id: 1,
      ranges: [{ window_from: '2025-06-01T12:00:00Z', window_to: '2025-06-01T12:10:00Z', windows: 10, status: 'canceled' }],
    });
    const table = (await call(db, ['show', '1'])).stdout;
    expect(table).toMatch(/^backfill_id {2}job[\s\S]+canceled[\s\S]+window_from[\s\S]+2025-06-01T12:00:00Z/);
  });

  it('says in a dry run which windows would run and why others would not, and changes nothing', async () => {
    const { db } = await make();
    await addRun(db, 3, 'success', 'oo-agg', 'demo');
    const outcome = await call(db, ['oo-agg', ...range, '--dry-run']);
    expect(outcome.exitCode).toBe(0);
    expect(outcome.stdout.split('\n').slice(2, 5)).toEqual([
      '2025-06-01T12:00:00Z  2025-06-01T12:03:00Z        3  pending',
      '2025-06-01T12:03:00Z  2025-06-01T12:04:00Z        1  skipped  success already',
      '2025-06-01T12:04:00Z  2025-06-01T12:10:00Z        6  pending',
    ]);
    const [counts] = await db.query(
      'select (select count(*)::int from etl_backfill) as backfills, (select count(*)::int from etl_trigger) as triggers',
    );
    expect(counts).toEqual({ backfills: 0, triggers: 0 });
  });

  it('refuses with exit code 2 what makes no sense', async () => {
    const { db } = await make();
    const refusals: [string[], string][] = [
      [['bogus', ...range], 'There is no job bogus; there are oo-agg'],
      [['oo-agg', ...range.with(1, 'x')], 'There is no tenant x of oo-agg; there are demo.'],
      [
        ['oo-agg', ...range.with(5, '2026-01-01T00:00:00Z')],
        'The range reaches beyond what is due: 2026-01-01T00:00:00Z is after 2025-12-31T23:58:00Z.',
      ],
      [['oo-agg', ...range.with(3, '2025-06-01T11:59:59Z')], "is not a multiple of the job's alignment of 1m."],
      [['oo-agg', ...range, '--concurrency', '0'], '0 is not a number from 1 to 64.'],
      [['oo-agg', ...range, '--mode', 'all'], 'Allowed choices are none, failed, completed.'],
      [['oo-agg', ...range, '--run-id', 'seven'], 'seven is not a valid UUID.'],
      [['oo-agg', ...range, '--wait'], '--wait needs a service beside this command'],
      [['show', '9'], 'There is no backfill 9.'],
      [['show', 'nine'], 'nine is not the number of one.'],
      [['pause', '9'], 'There is no backfill 9.'],
      [['list', '--limit', '1001'], '1001 is not a number from 1 to 1000.'],
    ];
    for (const [args, sentence] of refusals) {
      const outcome = await call(db, args);
      expect(outcome).toMatchObject({ exitCode: 2, stdout: '', stderr: expect.stringContaining(sentence) });
    }
  });

  it('refuses a second one and to change one that ended, with exit code 1', async () => {
    const { db } = await make();
    await call(db, ['oo-agg', ...range]);
    const second = await call(db, ['oo-agg', ...range]);
    expect(second).toMatchObject({ exitCode: 1, stdout: '' });
    expect(second.stderr).toContain('Backfill 1 of oo-agg for demo is running, and there can be only one.');
    await call(db, ['cancel', '1']);
    const late = await call(db, ['resume', '1']);
    expect(late.exitCode).toBe(1);
    expect(late.stderr).toContain('Backfill 1 has ended already: canceled.');
    const outcomes = await db.query<{ outcome: string }>('select outcome from etl_trigger order by trigger_id');
    expect(outcomes.map((row) => row.outcome)).toEqual(['accepted', 'rejected']);
  });

  it('--wait shows the progress of the workers and exits by how it ended', async () => {
    const { db } = await make();
    let polls = 0;
    const work = async (status: 'success' | 'dead') => {
      polls += 1;
      await db.transaction(advanceBackfills);
      await claim(db, 4);
      await end(db, polls === 2 ? status : 'success');
    };
    const wait = (status: 'success' | 'dead') =>
      callCli(
        ['backfill', 'oo-agg', ...range, '--wait', '--mode', 'completed'],
        { openDb: async () => keepOpen(db, 'postgres') },
        {},
        { wait: () => work(status) },
      );
    const well = await wait('success');
    expect(well).toMatchObject({ exitCode: 0, stdout: expect.stringContaining('success') });
    expect(well.stderr).toContain('backfill 1 of oo-agg demo: 10/10');
    polls = 0;
    const badly = await wait('dead');
    expect(badly.exitCode).toBe(1);
    expect(badly.stderr).toContain('Backfill 2 is failed. Of 10 windows 4 failed and 0 were canceled.');
  });

  it('--wait ends with the signal, and the backfill goes on', async () => {
    const { db } = await make();
    const signaling = new AbortController();
    const process = { signal: signaling.signal, wait: async () => signaling.abort() };
    const args = ['backfill', 'oo-agg', ...range, '--wait'];
    const outcome = await callCli(args, { openDb: async () => keepOpen(db, 'postgres') }, {}, process);
    expect(outcome.exitCode).toBe(1);
    expect(outcome.stderr).toContain('Backfill 1 goes on without this command; backfill show 1 tells how far it is.');
    expect(await db.query('select status from etl_backfill')).toEqual([{ status: 'running' }]);
    await db.transaction((tx) => setBackfillStatus(tx, 1n, 'canceled'));
  });
});
