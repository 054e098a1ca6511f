import { afterAll, expect, it } from 'vitest';
import { createInstallationJob } from '../../src/jobs/index.ts';
import { policy as retention } from '../store/retention-rows.ts';
import { callCli } from '../support/cli.ts';
import { describeDatabases } from '../support/databases.ts';

const addTriggers = `insert into etl_trigger (run_id, trigger, job, tenant_id, outcome, received_at)
  select '00000000-0000-7000-8000-000000000000', 'cli', 'oo-agg', 'a', 'accepted', now() - day * interval '1 day' from generate_series(1, 100) as day`;
const refuse = `create function refuse() returns trigger language plpgsql as 'begin raise exception ''not today''; end'`;

describeDatabases('pruning', ['pglite'], (make) => {
  const abort = new AbortController();
  afterAll(() => abort.abort());

  it('as a job removes while it prepares, and writes only counts', async () => {
    const { db } = await make();
    await db.query(addTriggers);
    const job = createInstallationJob('prune', { db, retention, aggregates: [] });
    const batch = await job.prepare([{ from: 0, to: 3_600_000_000 }], abort.signal);
    expect(await db.query('select count(*)::int as rows from etl_trigger')).toEqual([{ rows: 89 }]);
    const counts = await db.transaction((tx) => batch.write(tx));
    expect(counts).toMatchObject({
      rows: {},
      changed: 11,
      stats: [{ rows_removed: { etl_trigger: 11 }, complete: true }],
    });
  });

  it('as a job fails when a table could not be pruned, after the others were, and when it is given up', async () => {
    const { db } = await make();
    await db.query(addTriggers);
    await db.query(
      `insert into etl_reconciliation (tenant_id, job, signal, window_from, rows_read, aggregated) values ('a', 'oo-agg', 'logs', now() - interval '100 days', 1, 1)`,
    );
    await db.query(refuse);
    await db.query('create trigger refuse before delete on etl_reconciliation for each row execute function refuse()');
    const job = createInstallationJob('prune', { db, retention, aggregates: [] });
    await expect(job.prepare([], abort.signal)).rejects.toMatchObject({
      code: 'OB_PRUNE_FAILED',
      retryable: true,
      message: 'Pruning failed for etl_reconciliation (not today).',
    });
    expect(await db.query('select count(*)::int as rows from etl_trigger')).toEqual([{ rows: 89 }]);
    await expect(job.prepare([], AbortSignal.abort())).rejects.toMatchObject({ code: 'OB_CANCELED' });
  });

  it('on the command line counts with --dry-run, removes without, and exits with 1 when a table fails', async () => {
    const { db } = await make();
    await db.query(addTriggers);
    const openDb = async () => db;
    const dry = await callCli(['prune', '--dry-run', '-o', 'json'], { openDb });
    expect(dry.exitCode).toBe(0);
    expect(JSON.parse(dry.stdout)).toMatchObject({ dry_run: true, complete: true, rows: 11 });
    const done = await callCli(['prune', '--table', 'etl_trigger', 'etl_backfill'], { openDb });
    expect(done).toMatchObject({ exitCode: 0 });
    expect(done.stdout).toMatch(/^table +removed +ms\n-.*\netl_trigger +11 .*\netl_backfill +0 .*\n$/);
    expect(await db.query('select count(*)::int as rows from etl_trigger')).toEqual([{ rows: 89 }]);

    expect(await callCli(['prune', '--table', 'dim_tenant'], { openDb })).toMatchObject({ exitCode: 2 });
    await db.query(`update etl_trigger set received_at = received_at - interval '90 days'`);
    await db.query(refuse);
    await db.query('create trigger refuse before delete on etl_trigger for each row execute function refuse()');
    const failed = await callCli(['prune', '-o', 'json'], { openDb });
    expect(failed.exitCode).toBe(1);
    const report = JSON.parse(failed.stdout);
    expect(report.tables.find(({ table }: { table: string }) => table === 'etl_trigger')).toMatchObject({
      error: { code: 'OB_DATABASE_FAILED', message: 'not today' },
    });
  });
});
