import { expect, test } from 'vitest';
import type { Db } from '../../src/store/db.ts';
import { describeDatabases } from '../support/databases.ts';
import { createService, type Service } from './service.ts';

const one = '0192f0c0-1111-7222-8333-444455556666';
const two = '11111111-2222-4333-8444-555555555555';

/** Two jobs' schedules for tenants a and b, ten one-minute windows of each as runs, one of them dead. */
async function fill(db: Db): Promise<void> {
  await db.query(
    `insert into dim_tenant (tenant_id, name, settings) values ('a', 'Tenant A', '{"source": {"password": "hidden"}}'), ('b', 'Tenant B', '{}')`,
  );
  await db.query(
    `insert into etl_schedule (job, tenant_id, align, delay, settle, initial_lookback, max_batch)
     select job, tenant, case job when 'oo-agg' then interval '1 minute' else interval '5 minutes' end, '2 minutes', '{6 hours, 15 minutes}', '1 hour', 60
     from unnest(array['oo-agg', 'age-refresh']) as job, unnest(array['a', 'b']) as tenant`,
  );
  await db.query(
    `insert into etl_job_run (job, tenant_id, window_from, window_to, status, run_id, payload)
     select 'oo-agg', tenant, at, at + interval '1 minute', case when at = '2026-01-01 10:03+00' then 'dead' else 'success' end, $1::uuid,
       jsonb_build_object('run_ids', case when tenant = 'a' then jsonb_build_array($2::text, $1::text) else jsonb_build_array($1::text) end)
     from unnest(array['a', 'b']) as tenant, generate_series(timestamptz '2026-01-01 10:00+00', '2026-01-01 10:09+00', '1 minute') as at`,
    [one, two],
  );
  await db.query(
    `insert into etl_job_attempt (job_run_id, attempt, worker, status, started_at, error_code) select id, 1, 'w', 'failed', now(), 'OB_TIMEOUT' from etl_job_run where status = 'dead'`,
  );
  await db.query(
    `insert into etl_job_circuit (job, tenant_id, state, failures, reason) values ('oo-agg', 'a', 'open', 5, 'down'), ('oo-agg', 'b', 'closed', 1, 'was down')`,
  );
}

/** All items of a list, page by page. */
async function readAll(service: Service, path: string, limit: number, token?: string): Promise<Record<string, unknown>[]> {
  const items: Record<string, unknown>[] = [];
  let cursor = '';
  for (let pages = 0; pages < 100; pages++) {
    const glue = path.includes('?') ? '&' : '?';
    const { status, body } = await service.call(
      'GET',
      `${path}${glue}limit=${limit}${cursor && `&cursor=${cursor}`}`,
      token ? { token } : {},
    );
    expect(status).toBe(200);
    expect(body.items.length).toBeLessThanOrEqual(limit);
    items.push(...body.items);
    if (body.next_cursor === undefined) return items;
    cursor = body.next_cursor;
  }
  throw new Error('The list does not end.');
}

describeDatabases('lists', ['pglite', 'postgres 18'], (make) => {
  test('runs come newest first, page by page, and by every filter', async () => {
    const { db } = await make();
    await fill(db);
    await using service = await createService(db);
    const count = async (query: string) => (await service.call('GET', `/api/v1/runs?${query}`)).body.items.length;
    const all = await readAll(service, '/api/v1/runs', 3);
    const whole = (await service.call('GET', '/api/v1/runs')).body;
    expect(all).toEqual(whole.items);
    expect(all.length).toBe(20);
    const begins = all.map((run) => String(run.window_from));
    expect(begins).toEqual([...begins].sort().reverse());
    expect(whole).toMatchObject({ as_of: '2026-01-01T12:00:00Z' });
    expect(await count('tenant_id=a')).toBe(10);
    expect(await count('job=age-refresh')).toBe(0);
    expect(await count('status=dead')).toBe(2);
    expect(await count(`run_id=${one}`)).toBe(20);
    expect(await count(`run_id=${two.toUpperCase()}`)).toBe(10);
    expect(await count('from=2026-01-01T10:03:00Z&to=2026-01-01T10:05:00Z')).toBe(4);
    expect((await service.call('GET', '/api/v1/runs?run_id=zzz')).body).toMatchObject({ status: 400, detail: 'zzz is not a valid UUID.' });
    expect((await service.call('GET', '/api/v1/runs?from=zzz')).status).toBe(400);
    expect((await service.call('GET', '/api/v1/runs?status=lost')).status).toBe(400);
  });

  test('one run comes with its attempts, can be queued again and canceled', async () => {
    const { db } = await make();
    await fill(db);
    await using service = await createService(db);
    const [dead] = (await service.call('GET', '/api/v1/runs?status=dead&tenant_id=a')).body.items;
    const path = `/api/v1/runs/${dead.id}`;
    expect((await service.call('GET', path)).body).toMatchObject({
      id: dead.id,
      run_ids: [two, one],
      attempts: [{ error_code: 'OB_TIMEOUT' }],
    });
    expect((await service.call('POST', `${path}/cancel`)).body).toMatchObject({ status: 409, code: 'OB_RUN_STATUS' });
    expect((await service.call('POST', `${path}/retry`)).body).toEqual({ id: dead.id, outcome: 'queued' });
    expect((await service.call('POST', `${path}/retry`)).status).toBe(409);
    expect((await service.call('POST', `${path}/cancel`)).body).toEqual({ id: dead.id, outcome: 'canceled' });
    expect(service.wakes()).toBe(2);
    expect((await service.call('POST', '/api/v1/runs/999999/retry')).body).toMatchObject({ status: 404, code: 'OB_RUN_UNKNOWN' });
  });

  test('the grid has every aligned window of every schedule, page by page', async () => {
    const { db } = await make();
    await fill(db);
    await using service = await createService(db);
    const path = '/api/v1/windows?from=2026-01-01T09:58:00Z&to=2026-01-01T10:12:00Z';
    const whole = (await service.call('GET', path)).body.items;
    expect(whole.length).toBe(2 * 14 + 2 * 4);
    expect(whole[0]).toMatchObject({ job: 'age-refresh', tenant_id: 'a', window_from: '2026-01-01T09:55:00Z', status: null, id: null });
    const rows = whole.filter((row: { status: unknown }) => row.status !== null);
    expect(rows.length).toBe(20);
    expect(rows.filter((row: { status: string }) => row.status === 'dead')).toMatchObject([
      { window_from: '2026-01-01T10:03:00Z', tenant_id: 'a' },
      { tenant_id: 'b' },
    ]);
    for (const limit of [1, 4, 5, 14, 100]) expect(await readAll(service, path, limit)).toEqual(whole);
    expect((await service.call('GET', `${path}&job=oo-agg&tenant_id=b`)).body.items.length).toBe(14);
    expect((await service.call('GET', '/api/v1/windows?from=2026-01-02&to=2026-01-01')).body).toMatchObject({ code: 'OB_RANGE_INVALID' });
  });

  test('schedules, tenants and circuits come page by page and without settings', async () => {
    const { db } = await make();
    await fill(db);
    await using service = await createService(db);
    for (const [path, size] of [
      ['/api/v1/jobs', 4],
      ['/api/v1/tenants', 2],
      ['/api/v1/circuits', 2],
    ] as const) {
      const pages = await readAll(service, path, 1);
      expect(pages).toEqual((await service.call('GET', path)).body.items);
      expect(pages.length, path).toBe(size);
      expect(JSON.stringify(pages)).not.toContain('hidden');
    }
    expect((await service.call('GET', '/api/v1/jobs?job=oo-agg&tenant_id=a')).body.items).toMatchObject([
      { align_seconds: 60, delay_seconds: 120, settle_seconds: [900, 21600], watermark: null },
    ]);
  });

  test('a token for one tenant sees nothing of another', async () => {
    const { db } = await make();
    await fill(db);
    await using service = await createService(db, { open: false });
    const admin = await service.token({ role: 'admin' });
    const token = await service.token({ role: 'admin', tenants: ['a'] });
    const range = { tenant_id: 'b', job: 'oo-agg', from: '2026-01-01T10:00:00Z', to: '2026-01-01T10:02:00Z', run_id: one };
    const created = await service.call('POST', '/api/v1/backfills', { payload: { ...range, mode: 'completed' }, token: admin });
    expect(created.status).toBe(201);
    await service.call('POST', '/events/enqueue', { payload: range, token: admin });
    const paths = [
      'runs',
      'windows?from=2026-01-01T10:00:00Z&to=2026-01-01T10:10:00Z',
      'jobs',
      'tenants',
      'circuits',
      'triggers',
      'backfills',
    ];
    for (const path of paths) {
      const seen = await readAll(service, `/api/v1/${path}`, 50, token);
      const all = await readAll(service, `/api/v1/${path}`, 50, admin);
      expect(seen, path).toEqual(all.filter((item) => item.tenant_id === 'a'));
      expect(all.length, path).toBeGreaterThan(seen.length);
    }
    const [theirs] = (await service.call('GET', '/api/v1/runs?tenant_id=b', { token: admin })).body.items;
    const foreign = [
      ['GET', `/api/v1/runs/${theirs.id}`],
      ['POST', `/api/v1/runs/${theirs.id}/retry`],
      ['POST', `/api/v1/runs/${theirs.id}/cancel`],
      ['GET', `/api/v1/backfills/${created.body.backfill_id}`],
      ['POST', `/api/v1/backfills/${created.body.backfill_id}/cancel`],
    ] as const;
    for (const [method, path] of foreign) {
      const refused = await service.call(method, path, { token });
      const missing = await service.call(method, path.replace(/\/\d+(?=\/|$)/, '/987654'), { token });
      expect(refused.status, path).toBe(404);
      expect(refused.body.detail.replace(/\d+/, '')).toBe(missing.body.detail.replace(/\d+/, ''));
    }
    expect((await service.call('GET', '/api/v1/runs?tenant_id=b', { token })).body.items).toEqual([]);
    expect((await service.call('POST', '/api/v1/backfills', { payload: range, token })).body).toMatchObject({ code: 'OB_TENANT_UNKNOWN' });
  });

  test('a backfill is planned, created, paused, resumed and canceled', async () => {
    const { db } = await make();
    await fill(db);
    await using service = await createService(db);
    const payload = {
      job: 'oo-agg',
      tenant_id: 'a',
      from: '2026-01-01T10:00:00Z',
      to: '2026-01-01T10:10:00Z',
      mode: 'failed',
      run_id: one,
    };
    const plan = await service.call('POST', '/api/v1/backfills', { payload: { ...payload, dry_run: true } });
    expect(plan).toMatchObject({ status: 200, body: { windows: 10, pending: 1, skipped: 9 } });
    const created = await service.call('POST', '/api/v1/backfills', { payload });
    expect(created).toMatchObject({ status: 201, body: { status: 'running', pending: 1, run_id: one } });
    const path = `/api/v1/backfills/${created.body.backfill_id}`;
    expect((await service.call('POST', '/api/v1/backfills', { payload })).body).toMatchObject({ status: 409, code: 'OB_BACKFILL_ACTIVE' });
    expect((await service.call('POST', `${path}/pause`)).body.status).toBe('paused');
    expect((await service.call('POST', `${path}/resume`)).body.status).toBe('running');
    expect((await service.call('GET', path)).body.ranges.map((range: { status: string }) => range.status)).toEqual([
      'skipped',
      'pending',
      'skipped',
    ]);
    expect((await service.call('POST', `${path}/cancel`)).body).toMatchObject({ status: 'canceled', canceled: 1 });
    expect((await service.call('POST', `${path}/resume`)).body).toMatchObject({ status: 409, code: 'OB_BACKFILL_ENDED' });
    const late = { ...payload, from: '2026-01-01T11:00:00Z', to: '2026-01-01T13:00:00Z' };
    expect((await service.call('POST', '/api/v1/backfills', { payload: late })).body).toMatchObject({
      status: 400,
      code: 'OB_RANGE_INVALID',
    });
    const triggers = (await service.call('GET', `/api/v1/triggers?run_id=${one}`)).body.items;
    expect(triggers.map((trigger: { outcome: string }) => trigger.outcome)).toEqual(['rejected', 'rejected', 'accepted']);
  });
});
