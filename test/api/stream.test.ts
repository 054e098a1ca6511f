import type { Readable } from 'node:stream';
import { expect, test } from 'vitest';
import { createRunFeed } from '../../src/api/run-feed.ts';
import type { Db } from '../../src/store/db.ts';
import { describeDatabases } from '../support/databases.ts';
import { createService } from './service.ts';

const addRun = (db: Db, tenantId: string, minute: number) =>
  db.query(
    `insert into etl_job_run (job, tenant_id, window_from, window_to)
     values ('oo-agg', $1, timestamptz '2026-01-01 10:00Z' + $2 * interval '1 minute', timestamptz '2026-01-01 10:01Z' + $2 * interval '1 minute')`,
    [tenantId, minute],
  );

/** Reads events from a stream, each as its name and data. */
function readEvents(stream: Readable): () => Promise<{ event: string; data: ReturnType<JSON['parse']> }> {
  const chunks = stream[Symbol.asyncIterator]();
  let text = '';
  return async () => {
    for (;;) {
      const end = text.indexOf('\n\n');
      if (end >= 0) {
        const [, event = '', data = ''] = /^event: (.*)\ndata: (.*)$/.exec(text.slice(0, end)) ?? [];
        text = text.slice(end + 2);
        return { event, data: JSON.parse(data) };
      }
      const { value, done } = await chunks.next();
      if (done) throw new Error('The stream ended.');
      text += String(value);
    }
  };
}

describeDatabases('GET /api/v1/stream', ['pglite', 'postgres 18'], (make) => {
  test('tells of runs that change, of visible tenants only, and ends with the server', async () => {
    const { db } = await make();
    await addRun(db, 'a', 0);
    const service = await createService(db, { open: false });
    const token = await service.token({ tenants: ['a'] });
    const response = await service.server.inject({
      ...{ method: 'GET', url: '/api/v1/stream', payloadAsStream: true },
      headers: { authorization: `Bearer ${token}` },
    });
    expect(response.headers).toMatchObject({ 'content-type': 'text/event-stream', 'cache-control': 'no-store' });
    const next = readEvents(response.stream());
    expect(await next()).toEqual({ event: 'open', data: { as_of: '2026-01-01T12:00:00Z' } });
    await db.query(`update etl_job_run set status = 'running', attempt = 1 where tenant_id = 'a'`);
    await addRun(db, 'b', 1);
    await addRun(db, 'a', 2);
    const seen = [(await next()).data, (await next()).data].toSorted((left, right) => left.id - right.id);
    expect(seen).toMatchObject([
      { tenant_id: 'a', status: 'running', attempt: 1, window_from: '2026-01-01T10:00:00Z' },
      { tenant_id: 'a', status: 'queued', job: 'oo-agg' },
    ]);
    await db.query(`update etl_job_run set status = 'success', finished_at = now() where tenant_id = 'a' and status = 'running'`);
    expect((await next()).data).toMatchObject({ status: 'success' });
    await service[Symbol.asyncDispose]();
    await expect(next()).rejects.toThrow('The stream ended.');
  });
});

describeDatabases('createRunFeed', ['pglite'], (make) => {
  test('notices a run that is queued again, and takes no more listeners than it may', async () => {
    const { db } = await make();
    const feed = createRunFeed({ db, everyMs: 1, most: 1, onError: (error) => expect.fail(String(error)) });
    const heard: string[] = [];
    let wake = (): void => undefined;
    const leave = await feed.listen((changed) => {
      heard.push(...changed.map(({ status }) => status));
      wake();
    });
    await expect(feed.listen(() => undefined)).rejects.toThrow('1 listeners');
    const heardAll = (count: number) =>
      new Promise<void>((resolve) => {
        wake = () => heard.length >= count && resolve();
        wake();
      });
    await addRun(db, 'a', 0);
    await heardAll(1);
    await db.query(`update etl_job_run set status = 'dead', finished_at = now()`);
    await heardAll(2);
    await db.query(`update etl_job_run set status = 'queued', finished_at = null`);
    await heardAll(3);
    expect(heard).toEqual(['queued', 'dead', 'queued']);
    leave();
    (await feed.listen(() => undefined))();
    feed.close();
  });
});
