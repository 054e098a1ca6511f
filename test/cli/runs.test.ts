import { expect, it } from 'vitest';
import type { Db } from '../../src/store/db.ts';
import { addRun } from '../store/backfill-world.ts';
import { callCli } from '../support/cli.ts';
import { describeDatabases } from '../support/databases.ts';

const id = '018f3a5e-1c2d-7000-8000-000000000000';

describeDatabases('the command line for runs', ['pglite'], (make) => {
  const call = (db: Db, ...args: string[]) =>
    callCli(['runs', ...args], { openDb: async () => ({ ...db, [Symbol.asyncDispose]: async () => undefined }) });

  it('lists by tenant, state, time and run id, and says when there are more', async () => {
    const { db } = await make();
    await db.query(`insert into dim_tenant (tenant_id) values ('a') on conflict do nothing`);
    for (const minute of [0, 1, 2]) await addRun(db, minute, minute === 1 ? 'dead' : 'success');
    await addRun(db, 0, 'success', 'oo-agg', 'demo');
    await db.query(`update etl_job_run set payload = $1::jsonb where status = 'dead'`, [JSON.stringify({ run_ids: [id] })]);
    const minutes = async (...args: string[]) =>
      JSON.parse((await call(db, 'list', '--tenant', 'a', '-o', 'json', ...args)).stdout).map((run: { window_from: string }) =>
        run.window_from.slice(14, 16),
      );
    expect(await minutes()).toEqual(['02', '01', '00']);
    expect(await minutes('--status', 'dead')).toEqual(['01']);
    expect(await minutes('--run-id', `{${id.toUpperCase()}}`)).toEqual(['01']);
    expect(await minutes('--from', '2025-06-01T12:01:00Z', '--to', '2025-06-01T12:02:00Z')).toEqual(['01']);
    expect(await minutes('--job', 'prune')).toEqual([]);
    const table = await call(db, 'list', '--tenant', 'a', '--limit', '1');
    expect(table.stdout).toMatch(/^id {2}job {5}tenant_id[^\n]+\n[- ]+\n[^\n]+2025-06-01T12:02:00Z[^\n]+success[^\n]+\n$/);
    expect(table.stderr).toContain('There are more than 1; --limit, --from and --to choose others.');
  });

  it('shows one with its attempts', async () => {
    const { db } = await make();
    const run = await addRun(db, 0, 'dead');
    await db.query(
      `insert into etl_job_attempt (job_run_id, attempt, worker, status, started_at, log)
       values ($1::bigint, 1, 'w1', 'failed', '2025-06-01T12:02:00Z', '[{"at": "2025-06-01T12:02:00Z", "level": "warn", "text": "Tried again in 8 s."}]')`,
      [run],
    );
    const json = JSON.parse((await call(db, 'show', `${run}`, '-o', 'json')).stdout);
    expect(json).toMatchObject({ status: 'dead', error_code: 'OB_TIMEOUT', attempts: [{ attempt: 1, worker: 'w1', status: 'failed' }] });
    expect((await call(db, 'show', `${run}`)).stdout).toMatch(
      /status +dead\n[\s\S]+\n +1 +failed +w1[\s\S]+\n2025-06-01T12:02:00Z {2}warn +Tried again in 8 s\.\n$/,
    );
  });

  it('retries what ended and cancels what did not; all or none', async () => {
    const { db } = await make();
    const ids = new Map<string, string>();
    for (const [minute, status] of ['queued', 'running', 'success', 'dead', 'canceled', 'skipped'].entries())
      ids.set(status, String(await addRun(db, minute, status)));
    const of = (status: string): string => ids.get(status) ?? '';
    const states = async () =>
      (await db.query<{ status: string }>('select status from etl_job_run order by window_from')).map((run) => run.status);

    const refused = await call(db, 'retry', of('dead'), of('running'));
    expect(refused).toMatchObject({ exitCode: 1, stdout: '' });
    expect(refused.stderr).toContain(`Run ${of('running')} is queued or running already.`);
    expect(await states()).toEqual(['queued', 'running', 'success', 'dead', 'canceled', 'skipped']);

    const retried = await call(db, 'retry', of('success'), of('dead'), of('canceled'), of('skipped'), '-o', 'json');
    expect(JSON.parse(retried.stdout)).toContainEqual({ id: Number(of('dead')), status: 'queued' });
    expect(await states()).toEqual(['queued', 'running', 'queued', 'queued', 'queued', 'queued']);
    const [dead] = await db.query(
      `select priority, retries, error_code, trigger, run_after <= now() as due from etl_job_run where id = $1::bigint`,
      [of('dead')],
    );
    expect(dead).toEqual({ priority: 30, retries: 0, error_code: null, trigger: 'event', due: true });

    const canceled = await call(db, 'cancel', of('dead'), of('running'), '-o', 'json');
    expect(JSON.parse(canceled.stdout)).toEqual([
      { id: Number(of('dead')), status: 'canceled' },
      { id: Number(of('running')), status: 'cancel_requested' },
    ]);
    expect(await states()).toEqual(['queued', 'running', 'queued', 'canceled', 'queued', 'queued']);
    const late = await call(db, 'cancel', of('dead'));
    expect(late.exitCode).toBe(1);
    expect(late.stderr).toContain(`Run ${of('dead')} has ended already.`);
    expect(await db.query('select count(*)::int as asked from etl_job_run where cancel_requested')).toEqual([{ asked: 1 }]);
  });

  it('refuses with exit code 2 what makes no sense', async () => {
    const { db } = await make();
    const refusals: [string[], string][] = [
      [['show', '99'], 'There is no run 99.'],
      [['retry', '99'], 'There is no run 99.'],
      [['cancel', '99'], 'There is no run 99.'],
      [['show', '-o', 'json', 'x'], 'x is not the number of one.'],
      [['list', '--run-id', 'seven'], 'seven is not a valid UUID.'],
      [['list', '--status', 'failed'], 'Allowed choices are queued, running'],
      [['list', '--from', 'noon'], 'noon is not a time such as'],
    ];
    for (const [args, sentence] of refusals) {
      const outcome = await call(db, ...args);
      expect(outcome).toMatchObject({ exitCode: 2, stdout: '', stderr: expect.stringContaining(sentence) });
    }
  });
});
