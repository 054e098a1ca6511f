import { expect, test } from 'vitest';
import type { Db } from '../../src/store/db.ts';
import { describeDatabases } from '../support/databases.ts';
import { createService } from './service.ts';

/** Runs of two jobs of tenants a and b at 10:00 to 10:02, and a schedule of `oo-agg` of a only. */
async function fill(db: Db): Promise<void> {
  await db.query(`insert into dim_tenant (tenant_id) values ('a'), ('b')`);
  await db.query(
    `insert into etl_schedule (job, tenant_id, align, delay, initial_lookback, max_batch) values ('oo-agg', 'a', '1 minute', '2 minutes', '1 hour', 60)`,
  );
  await db.query(
    `insert into etl_job_run (job, tenant_id, window_from, window_to, status, attempt)
     select job, tenant, at, at + case job when 'oo-agg' then interval '1 minute' else interval '5 minutes' end, 'success', 1
     from unnest(array['oo-agg', 'topo-iac']) as job, unnest(array['a', 'b']) as tenant,
       generate_series(timestamptz '2026-01-01 10:00+00', '2026-01-01 10:02+00', '1 minute') as at
     where job = 'oo-agg' or at = '2026-01-01 10:00+00'`,
  );
  await db.query(
    `insert into etl_job_attempt (job_run_id, attempt, worker, status, started_at, log)
     select id, n, 'w', 'success', now(), jsonb_build_array(jsonb_build_object('at', '2026-01-01T10:05:00Z', 'level', 'info', 'text', 'Attempt ' || n || '.'))
     from etl_job_run, generate_series(1, 60) as n where job = 'topo-iac' and tenant_id = 'a'`,
  );
}

describeDatabases('windows of what has no schedule', ['pglite', 'postgres 18'], (make) => {
  test('jobs and tenants with runs in the range are in the grid, in the length of their windows, page by page', async () => {
    const { db } = await make();
    await fill(db);
    await using service = await createService(db);
    const read = async (query: string) => (await service.call('GET', `/api/v1/windows?${query}`)).body;
    const range = 'from=2026-01-01T09:55:00Z&to=2026-01-01T10:05:00Z';
    const lanes = ({ items }: { items: { job: string; tenant_id: string }[] }) =>
      [...Map.groupBy(items, ({ job, tenant_id }) => `${job} ${tenant_id}`)].map(([lane, windows]) => [lane, windows.length]);
    expect(lanes(await read(range))).toEqual([
      ['oo-agg a', 10],
      ['oo-agg b', 10],
      ['topo-iac a', 2],
      ['topo-iac b', 2],
    ]);
    expect((await read(`${range}&job=topo-iac&tenant_id=b`)).items).toMatchObject([
      { window_from: '2026-01-01T09:55:00Z', status: null },
      { window_from: '2026-01-01T10:00:00Z', window_to: '2026-01-01T10:05:00Z', status: 'success' },
    ]);
    // Neither a run that is no window of the grid nor midnight moves it.
    await db.query(`insert into etl_job_run (job, tenant_id, window_from, window_to, status) values
      ('oo-agg', 'a', '2026-01-01 23:58:30+00', '2026-01-01 23:59:30+00', 'dead'), ('oo-agg', 'a', '2026-01-02 00:00+00', '2026-01-02 00:01+00', 'dead')`);
    const night = await read('from=2026-01-01T23:58:00Z&to=2026-01-02T00:02:00Z&tenant_id=a&job=oo-agg');
    expect(night.items.map((item: Record<string, unknown>) => [item.window_from, item.window_to, item.status])).toEqual([
      ['2026-01-01T23:58:00Z', '2026-01-01T23:59:00Z', null],
      ['2026-01-01T23:59:00Z', '2026-01-02T00:00:00Z', null],
      ['2026-01-02T00:00:00Z', '2026-01-02T00:01:00Z', 'dead'],
      ['2026-01-02T00:01:00Z', '2026-01-02T00:02:00Z', null],
    ]);
    const first = await read(`${range}&limit=13`);
    const second = await read(`${range}&limit=13&cursor=${first.next_cursor}`);
    expect([...first.items, ...second.items]).toEqual((await read(range)).items);
    // Outside the range of their runs only what has a schedule is there.
    expect(lanes(await read('from=2026-01-02T00:00:00Z&to=2026-01-02T00:02:00Z'))).toEqual([['oo-agg a', 2]]);
    await using guarded = await createService(db, { open: false });
    const token = await guarded.token({ role: 'viewer', tenants: ['b'] });
    expect(lanes((await guarded.call('GET', `/api/v1/windows?${range}`, { token })).body)).toEqual([
      ['oo-agg b', 10],
      ['topo-iac b', 2],
    ]);
  });

  test('a run has its newest attempts with their logs', async () => {
    const { db } = await make();
    await fill(db);
    await using service = await createService(db);
    const [run] = (await service.call('GET', '/api/v1/runs?job=topo-iac&tenant_id=a')).body.items;
    const { attempts } = (await service.call('GET', `/api/v1/runs/${run.id}`)).body;
    expect(attempts).toHaveLength(50);
    expect(attempts[0]).toMatchObject({ attempt: 11, log: [{ at: '2026-01-01T10:05:00Z', level: 'info', text: 'Attempt 11.' }] });
    expect(attempts.at(-1)).toMatchObject({ attempt: 60 });
  });
});
