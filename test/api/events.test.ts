import { CloudEvent, HTTP } from 'cloudevents';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { readEvents } from '../../src/api/cloud-event.ts';
import { listTriggers } from '../../src/store/trigger-list.ts';
import { describeDatabases } from '../support/databases.ts';
import { createService } from './service.ts';

const runId = '0192f0c0-1111-7222-8333-444455556666';
const hour = { job: 'oo-agg', tenant_id: 'a', from: '2026-01-01T10:00:00Z', to: '2026-01-01T10:03:00Z' };

const event = { specversion: '1.0', id: '1', source: '/ci', type: 'deploy', tenantid: 'a', time: '2026-01-01T10:00:00.123456Z' };
const structured = { 'content-type': 'application/cloudevents+json; charset=UTF-8' };

describeDatabases('POST /events/enqueue', ['pglite', 'postgres 18'], (make) => {
  test('queues the windows once and gives every one the id of the caller', async () => {
    const { db } = await make();
    await using service = await createService(db);
    const payload = { ...hour, run_id: runId.toUpperCase(), origin: { system: 'argo', name: 'nightly\0\ud800' } };
    const first = await service.call('POST', '/events/enqueue', { payload });
    expect(first).toMatchObject({ status: 202, body: { run_id: runId, outcome: 'accepted', queued: 3, pending: 0 } });
    expect(first.body.runs).toMatchObject([{ window_from: '2026-01-01T10:00:00Z', status: 'queued' }, {}, { window_to: hour.to }]);
    const again = await service.call('POST', '/events/enqueue', { payload: hour, headers: { 'x-run-id': `{${runId}}` } });
    expect(again.body).toMatchObject({ run_id: runId, outcome: 'deduplicated', queued: 0, pending: 3 });
    expect(service.wakes()).toBe(2);
    const { items } = (await service.call('GET', `/api/v1/triggers?run_id=urn:uuid:${runId}`)).body;
    expect(items).toMatchObject([
      { outcome: 'deduplicated' },
      { outcome: 'accepted', origin: { system: 'argo', name: 'nightly\ufffd\ufffd' } },
    ]);
  });

  test('a finished window runs again, a future one waits until it is due', async () => {
    const { db } = await make();
    await using service = await createService(db);
    await service.call('POST', '/events/enqueue', { payload: hour });
    await db.query(`update etl_job_run set status = 'success', finished_at = now()`);
    expect((await service.call('POST', '/events/enqueue', { payload: hour })).body).toMatchObject({ outcome: 'accepted', queued: 3 });
    const future = { ...hour, from: '2099-01-01T00:00:00Z', to: '2099-01-01T00:01:00Z' };
    const { body } = await service.call('POST', '/events/enqueue', { payload: future });
    expect(body.runs).toMatchObject([{ status: 'queued', run_after: '2099-01-01T00:03:00Z' }]);
  });

  test('the body beats the header, and a trace context is kept only when it is one', async () => {
    const { db } = await make();
    await using service = await createService(db);
    const other = '11111111-2222-4333-8444-555555555555';
    const traceparent = '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01';
    const headers = { 'x-run-id': other, traceparent };
    expect((await service.call('POST', '/events/enqueue', { payload: { ...hour, run_id: runId }, headers })).body.run_id).toBe(runId);
    await service.call('POST', '/events/enqueue', { payload: hour, headers: { traceparent: 'nonsense' } });
    expect(await listTriggers(db, { limit: 2 })).toMatchObject([{ traceparent: null }, { run_id: runId, traceparent }]);
    const bad = await service.call('POST', '/events/enqueue', { payload: { ...hour, run_id: 'zzz' } });
    expect(bad).toMatchObject({ status: 400, body: { detail: 'zzz is not a valid UUID.' } });
  });

  test('what is refused is recorded with the reason, but not where the caller sees nothing', async () => {
    const { db } = await make();
    await using service = await createService(db, { open: false });
    const token = await service.token({ role: 'operator', tenants: ['a', 'c'] });
    const refusals = [
      [{ job: 'nothing' }, 404, 'OB_JOB_UNKNOWN'],
      [{ tenant_id: 'c' }, 404, 'OB_TENANT_UNKNOWN'],
      [{ tenant_id: 'b' }, 404, 'OB_TENANT_UNKNOWN'],
      [{ from: 'yesterday' }, 400, 'OB_RANGE_INVALID'],
      [{ to: hour.from }, 400, 'OB_RANGE_INVALID'],
      [{ to: '2026-01-01T10:03:30Z' }, 400, 'OB_RANGE_INVALID'],
      [{ to: '2026-02-01T10:00:00Z' }, 400, 'OB_RANGE_INVALID'],
    ] as const;
    for (const [change, status, code] of refusals) {
      const asked = { ...hour, ...change };
      const { body } = await service.call('POST', '/events/enqueue', { payload: { ...asked, run_id: runId }, token });
      expect(body).toMatchObject({ status, code });
      const [recorded] = await listTriggers(db, { runId, limit: 1 });
      if (asked.tenant_id === 'b') continue;
      expect(recorded).toMatchObject({
        outcome: 'rejected',
        trigger: 'event',
        job: asked.job,
        tenant_id: asked.tenant_id,
        reason: body.detail,
      });
    }
    expect((await listTriggers(db, { runId, limit: 99 })).length).toBe(refusals.length - 1);
    expect(await listTriggers(db, { tenants: ['b'], limit: 1 })).toEqual([]);
    expect(await db.query('select id from etl_job_run')).toEqual([]);
    expect(service.wakes()).toBe(0);
  });

  test('takes CloudEvents, structured and binary, of its type only', async () => {
    const { db } = await make();
    await using service = await createService(db);
    const send = (event: CloudEvent<unknown>, mode: 'structured' | 'binary') => {
      const { headers, body } = HTTP[mode](event);
      return service.call('POST', '/events/enqueue', { payload: String(body), headers: headers as Record<string, string> });
    };
    const event = new CloudEvent({ type: 'dev.observebridge.enqueue', source: '/argo', data: { ...hour, run_id: runId } });
    expect(await send(event, 'structured')).toMatchObject({ status: 202, body: { run_id: runId, outcome: 'accepted' } });
    expect(await send(event, 'binary')).toMatchObject({ status: 202, body: { run_id: runId, outcome: 'deduplicated' } });
    const wrong = await send(event.cloneWith({ type: 'dev.other' }), 'binary');
    expect(wrong.body).toMatchObject({ status: 400, detail: 'The event is not of type dev.observebridge.enqueue.' });
    const empty = await send(event.cloneWith({ data: { job: 'oo-agg' } }), 'structured');
    expect(empty.body).toMatchObject({ status: 400, detail: expect.stringContaining('lacks tenant_id') });
  });
});

describeDatabases('POST /events', ['pglite', 'postgres 18'], (make) => {
  test('keeps an event once per tenant, source and id', async () => {
    const { db } = await make();
    await using service = await createService(db);
    const send = async (payload: object) =>
      (await service.call('POST', '/events', { payload: JSON.stringify(payload), headers: structured })).body;
    expect(await send({ ...event, subject: 'web', data: { a: [1, 'nul \0 and \ud800'] } })).toEqual({ received: 1, stored: 1 });
    expect(await send({ ...event, data: 'other' })).toEqual({ received: 1, stored: 0 });
    expect(await send({ ...event, tenantid: 'b' })).toEqual({ received: 1, stored: 1 });
    expect(await send({ ...event, source: '/cd', ext: 'x' })).toEqual({ received: 1, stored: 1 });
    const rows = await db.query(
      `select tenant_id, source, id, type, subject, time, extensions, data from event_envelope order by event_id`,
    );
    const kept = { tenant_id: 'a', source: '/ci', id: '1', type: 'deploy', subject: null, time: event.time, extensions: {}, data: null };
    expect(rows).toEqual([
      { ...kept, subject: 'web', data: { a: [1, 'nul \ufffd and \ufffd'] } },
      { ...kept, tenant_id: 'b' },
      { ...kept, source: '/cd', extensions: { ext: 'x' } },
    ]);
  });

  test('takes batches whole or not at all, and the tenant of the query where an event has none', async () => {
    const { db } = await make();
    await using service = await createService(db);
    const headers = { 'content-type': 'application/cloudevents-batch+json' };
    const { tenantid: _, ...without } = event;
    const batch = [without, { ...event, id: '2', tenantid: 'b' }, { ...without }];
    const send = (events: unknown, query = '') => service.call('POST', `/events${query}`, { payload: JSON.stringify(events), headers });
    expect((await send(batch)).body).toMatchObject({ status: 400, detail: expect.stringContaining('tenantid') });
    expect((await send([...batch, { ...event, tenantid: 'c' }], '?tenant=a')).body).toMatchObject({
      status: 404,
      code: 'OB_TENANT_UNKNOWN',
    });
    expect(await db.query('select id from event_envelope')).toEqual([]);
    expect((await send(batch, '?tenant=a')).body).toEqual({ received: 3, stored: 2 });
    expect((await send([], '?tenant=a')).body).toEqual({ received: 0, stored: 0 });
    expect((await send({}, '?tenant=a')).body).toMatchObject({ status: 400 });
  });

  test('takes binary mode with bytes and text', async () => {
    const { db } = await make();
    await using service = await createService(db);
    const send = (payload: Buffer | string, type: string, id: string) => {
      const headers = {
        'ce-specversion': '1.0',
        'ce-id': id,
        'ce-source': '/ci',
        'ce-type': 'deploy',
        'ce-subject': '%C3%A4%20b',
        'ce-tenantid': 'a',
        'content-type': type,
      };
      return service.call('POST', '/events', { payload, headers });
    };
    expect((await send(Buffer.from([0, 255]), 'application/octet-stream', 'bytes')).body.stored).toBe(1);
    expect((await send('<a/>', 'text/xml', 'text')).body.stored).toBe(1);
    expect((await send('{"a":1}', 'application/vnd.x+json; v=1', 'json')).body.stored).toBe(1);
    expect((await send('{', 'application/json', 'broken')).status).toBe(400);
    expect(
      await db.query(
        `select id, source, subject, data, encode(data_bytes, 'hex') as bytes, content_type from event_envelope order by event_id`,
      ),
    ).toEqual([
      { id: 'bytes', source: '/ci', subject: 'ä b', data: null, bytes: '00ff', content_type: 'application/octet-stream' },
      { id: 'text', source: '/ci', subject: 'ä b', data: null, bytes: '3c612f3e', content_type: 'text/xml' },
      { id: 'json', source: '/ci', subject: 'ä b', data: { a: 1 }, bytes: null, content_type: 'application/vnd.x+json; v=1' },
    ]);
  });
});

test.each([
  [{ ...event, id: '' }, 'The event lacks `id`.'],
  [{ ...event, id: undefined }, 'The event lacks `id`.'],
  [{ ...event, specversion: '0.3' }, 'The event is not of version 1.0 of CloudEvents.'],
  [{ ...event, time: 'soon' }, 'The event is not valid: `time` '],
  [{ ...event, Bad_Name: 1 }, 'The event is not valid: '],
  [[event], 'The event lacks `id`.'],
  ['text', 'The event lacks `id`.'],
  [null, 'The event lacks `id`.'],
])('%j is not an event', (payload, sentence) => {
  expect(() => readEvents(structured, Buffer.from(JSON.stringify(payload)))).toThrow(sentence);
});

test('an event reads the same in every mode', () => {
  const text = fc.string({ minLength: 1, unit: 'grapheme' }).filter((value) => value.trim() === value && !/["\\]/.test(value));
  fc.assert(
    fc.property(text, fc.jsonValue({ noUnicodeString: false }), (id, data) => {
      const event = { specversion: '1.0', id, source: '/s', type: 't', datacontenttype: 'application/json', data };
      const encode = (value: string) => encodeURIComponent(value);
      const binary = {
        'ce-specversion': '1.0',
        'ce-id': encode(id),
        'ce-source': '/s',
        'ce-type': 't',
        'content-type': 'application/json',
      };
      const [structured] = readEvents({ 'content-type': 'application/cloudevents+json' }, Buffer.from(JSON.stringify(event)));
      const [batch] = readEvents({ 'content-type': 'application/cloudevents-batch+json' }, Buffer.from(JSON.stringify([event])));
      expect(structured?.data).toEqual(JSON.parse(JSON.stringify(data)));
      expect(batch).toEqual(structured);
      expect(readEvents(binary, Buffer.from(JSON.stringify(data)))).toEqual([structured]);
    }),
  );
});
