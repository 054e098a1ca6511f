import { expect, onTestFinished, test } from 'vitest';
import { toKnowledgeSettings } from '../../src/jobs/knowledge/settings.ts';
import { toDocumentId } from '../../src/store/knowledge.ts';
import { describeDatabases } from '../support/databases.ts';
import { startFakeEmbeddings } from '../support/fake-embeddings.ts';
import { createService } from './service.ts';

const upload = (more: object = {}) => ({
  payload: {
    tenant_id: 'a',
    uri: 'https://wiki.example/orders',
    format: 'markdown',
    text: '# Orders\nRestart `ts-order`.\n\n## Then\nWait.',
    ...more,
  },
});

describeDatabases('/api/v1/knowledge', ['pglite'], (make) => {
  test('uploads, lists, shows, finds and removes a document', async () => {
    const { db } = await make();
    await using service = await createService(db);
    await db.query(
      `insert into dim_resource (tenant_id, resource_id, urn, kind, name, first_seen, last_seen) values ('a', 1, 'urn:svc:ts-order', 'service', 'ts-order', now(), now())`,
    );
    const { body: added } = await service.call('POST', '/api/v1/knowledge', upload());
    expect(added).toMatchObject({ title: 'Orders', changed: true, passages: 2, resources: 1, vectors: null, vector_problem: null });
    expect((await service.call('POST', '/api/v1/knowledge', upload())).body).toMatchObject({ changed: false });
    await service.call(
      'POST',
      '/api/v1/knowledge',
      upload({ uri: 'b.html', format: 'html', text: '<h1>B</h1>nothing', language: 'english' }),
    );
    const first = (await service.call('GET', '/api/v1/knowledge?tenant_id=a&limit=1')).body;
    expect(first.items).toMatchObject([{ uri: 'b.html', language: 'english', passages: 1, vectors: 0 }]);
    const second = (await service.call('GET', `/api/v1/knowledge?tenant_id=a&limit=1&cursor=${first.next_cursor}`)).body;
    expect(second).toMatchObject({ items: [{ uri: 'https://wiki.example/orders' }], as_of: '2026-01-01T12:00:00Z' });
    expect(second).not.toHaveProperty('next_cursor');
    expect((await service.call('GET', '/api/v1/knowledge?tenant_id=a&resource=ts-order')).body.items).toHaveLength(1);
    expect((await service.call('GET', '/api/v1/knowledge?tenant_id=a&q=ORDERS')).body.items).toHaveLength(1);
    const page = (await service.call('GET', `/api/v1/knowledge/${added.doc_id}?tenant_id=a&limit=1`)).body;
    expect(page).toMatchObject({
      resources: [{ urn: 'urn:svc:ts-order', found_as: 'name', passage: 0 }],
      items: [{ passage: 0, headings: ['Orders'], content: 'Restart `ts-order`.' }],
      next_cursor: '1',
    });
    const found = (await service.call('GET', '/api/v1/knowledge/search?tenant_id=a&q=how+to+restart')).body;
    expect(found).toMatchObject({
      vector_search: 'not_configured',
      items: [{ passage: 0, resources: [{ name: 'ts-order' }], text_place: 1 }],
    });
    expect((await service.call('DELETE', `/api/v1/knowledge/${added.doc_id}?tenant_id=a`)).body).toMatchObject({ removed: true });
    expect((await service.call('DELETE', `/api/v1/knowledge/${added.doc_id}?tenant_id=a`)).body.code).toBe('OB_DOCUMENT_UNKNOWN');
    expect((await service.call('GET', '/api/v1/knowledge/search?tenant_id=a&q=restart')).body.items).toEqual([]);
  });

  test('a document is kept also while the service for vectors fails, which is not told in detail', async () => {
    const { db } = await make();
    const fake = await startFakeEmbeddings();
    onTestFinished(() => fake[Symbol.asyncDispose]());
    const embeddings = { url: fake.url, model: 'm', api_key: 'top-secret', batch_size: 8, timeout: '5s' };
    const knowledge = toKnowledgeSettings({ language: 'simple', embeddings }, { fetch, wait: async () => undefined });
    await using service = await createService(db, { knowledge });
    fake.refusals.push({ status: 401 });
    const failed = (await service.call('POST', '/api/v1/knowledge', upload())).body;
    expect(failed).toMatchObject({ changed: true, vectors: null, vector_problem: expect.stringContaining('failed') });
    expect(JSON.stringify(failed) + service.log.join()).not.toMatch(/top-secret/);
    expect(JSON.stringify(failed)).not.toContain('127.0.0.1');
    expect((await service.call('POST', '/api/v1/knowledge', upload())).body).toMatchObject({
      changed: false,
      vectors: 2,
      vector_problem: null,
    });
    expect((await service.call('GET', '/api/v1/knowledge/search?tenant_id=a&q=wait')).body.vector_search).toBe('used');
  });

  test('refuses what cannot be kept', async () => {
    const { db } = await make();
    await using service = await createService(db);
    for (const [more, code] of [
      [{ uri: 'javascript:alert(1)' }, 'OB_DOCUMENT_INVALID'],
      [{ text: ' ' }, 'OB_DOCUMENT_INVALID'],
      [{ language: 'klingon' }, 'OB_DOCUMENT_INVALID'],
      [{ tenant_id: 'c' }, 'OB_TENANT_UNKNOWN'],
      [{ title: 'a\0b' }, 'OB_REQUEST_INVALID'],
      [{ resources: ['nobody'] }, 'OB_RESOURCE_UNKNOWN'],
    ] as const)
      expect((await service.call('POST', '/api/v1/knowledge', upload(more))).body.code).toBe(code);
    expect((await service.call('GET', '/api/v1/knowledge/9999999999999999999?tenant_id=a')).body.code).toBe('OB_DOCUMENT_UNKNOWN');
    expect((await service.call('GET', '/api/v1/knowledge?tenant_id=a&cursor=xyz')).body.code).toBe('OB_REQUEST_INVALID');
  });

  test('a token of one tenant neither reads nor writes the documents of another', async () => {
    const { db } = await make();
    await using service = await createService(db, { open: false });
    const all = await service.token({ role: 'operator' });
    const onlyB = await service.token({ role: 'operator', tenants: ['b'] });
    const viewer = await service.token({ role: 'viewer' });
    const { doc_id: id } = (await service.call('POST', '/api/v1/knowledge', { ...upload(), token: all })).body;
    for (const path of ['', '/search', `/${id}`]) {
      const url = (tenant: string) => `/api/v1/knowledge${path}?tenant_id=${tenant}${path === '/search' ? '&q=restart' : ''}`;
      expect((await service.call('GET', url('a'), { token: onlyB })).body.code).toBe('OB_TENANT_UNKNOWN');
      expect(JSON.stringify((await service.call('GET', url('b'), { token: onlyB })).body)).not.toContain('Restart');
      expect(JSON.stringify((await service.call('GET', url('a'), { token: viewer })).body)).toContain('wiki.example');
    }
    for (const tenant of ['a', 'b']) await service.call('DELETE', `/api/v1/knowledge/${id}?tenant_id=${tenant}`, { token: onlyB });
    expect((await service.call('POST', '/api/v1/knowledge', { ...upload(), token: onlyB })).body.code).toBe('OB_TENANT_UNKNOWN');
    expect((await service.call('POST', '/api/v1/knowledge', { ...upload(), token: viewer })).body.code).toBe('OB_FORBIDDEN');
    expect((await service.call('DELETE', `/api/v1/knowledge/${id}?tenant_id=a`, { token: viewer })).body.code).toBe('OB_FORBIDDEN');
    expect((await service.call('GET', `/api/v1/knowledge/${id}?tenant_id=a`, { token: all })).status).toBe(200);
  });
});

describeDatabases('/api/v1/evidence-links', ['pglite'], (make) => {
  test('links are found from both ends, only within their tenant, and go with their document', async () => {
    const { db } = await make();
    await using service = await createService(db);
    await service.call('POST', '/api/v1/knowledge', upload({ uri: 'r.md' }));
    const document = String(toDocumentId('a', 'r.md'));
    await db.query(
      `insert into dim_resource (tenant_id, resource_id, urn, kind, name, first_seen, last_seen)
       select 'a', id, 'urn:svc:' || name, 'service', name, now(), now() from (values (1, 'x'), (2, 'y')) as r (id, name)`,
    );
    await db.query(
      `insert into log_pattern (tenant_id, fingerprint, template, severity, service, first_seen, last_seen, sample, version)
       select t, 'f' || t, 'x', 'error', 'x', now(), now(), 'x', 1 from unnest(array['a', 'b']) t`,
    );
    await db.query(`insert into event_envelope (tenant_id, source, id, type, subject, time) values ('a', 's', '1', 'deploy', 'x', now())`);
    const [event] = await db.query<{ id: string }>('select event_id::text as id from event_envelope');
    await db.query(
      `insert into oo_locator (tenant_id, locator_id, aggregation, bucket, organization, stream, stream_type, window_from, window_to, query)
       values ('a', -7, 'log_pattern_5m', '2026-01-01T10:00:00Z', 'default', 'app', 'logs', now(), now(), 'q')`,
    );
    const links = [
      { subject_kind: 'pattern', subject_id: 'fa', evidence_kind: 'document', evidence_ref: document, note: 'what to do' },
      { subject_kind: 'pattern', subject_id: 'fa', evidence_kind: 'locator', evidence_ref: '-7' },
      { subject_kind: 'edge', subject_id: 'urn:svc:x CALLS urn:svc:y', evidence_kind: 'event', evidence_ref: event?.id },
      { subject_kind: 'event', subject_id: event?.id, evidence_kind: 'url', evidence_ref: 'https://ci.example/1' },
      { subject_kind: 'document', subject_id: document, evidence_kind: 'event', evidence_ref: event?.id },
      { subject_kind: 'resource', subject_id: 'urn:svc:x', evidence_kind: 'document', evidence_ref: document },
    ];
    const post = (list: readonly object[], tenant = 'a') =>
      service.call('POST', '/api/v1/evidence-links', { payload: { tenant_id: tenant, links: list } });
    expect((await post(links)).body).toMatchObject({ received: 6, stored: 6 });
    expect((await post([{ ...links[0], note: 'newer' }, ...links.slice(1)])).body).toMatchObject({ received: 6, stored: 0 });
    const list = async (query: string) => (await service.call('GET', `/api/v1/evidence-links?tenant_id=a${query}`)).body;
    expect((await list('&subject_kind=pattern&subject_id=fa&evidence_kind=document')).items).toMatchObject([
      { note: 'newer', label: 'Orders' },
    ]);
    expect((await list(`&evidence_kind=event&evidence_ref=${event?.id}`)).items).toMatchObject([
      { label: 'deploy x' },
      { label: 'deploy x' },
    ]);
    expect((await list('&evidence_kind=locator')).items).toMatchObject([
      { label: 'logs of stream app, 2026-01-01T10:00:00Z', evidence_ref: '-7' },
    ]);
    const seen: string[] = [];
    let cursor = '';
    do {
      const page = await list(`&limit=4${cursor && `&cursor=${cursor}`}`);
      seen.push(...page.items.map((link: { link_id: string }) => link.link_id));
      cursor = page.next_cursor;
    } while (cursor);
    expect(new Set(seen).size).toBe(6);
    expect(seen).toHaveLength(6);
    for (const wrong of [
      { ...links[0], subject_id: 'fb' },
      { ...links[0], evidence_ref: '1' },
      { ...links[0], evidence_ref: '99999999999999999999' },
      { ...links[2], subject_id: 'urn:svc:x CALLS urn:svc:z' },
      { ...links[3], evidence_ref: 'javascript:alert(1)' },
    ])
      expect((await post([wrong])).body.code).toBe('OB_EVIDENCE_UNKNOWN');
    expect((await post(links, 'b')).body.code).toBe('OB_EVIDENCE_UNKNOWN');
    await service.call('DELETE', `/api/v1/knowledge/${document}?tenant_id=a`);
    expect((await list('')).items).toHaveLength(3);
  });

  test('a link is removed by an operator of its tenant, and only the link', async () => {
    const { db } = await make();
    await using service = await createService(db, { open: false });
    const [operator, onlyB, viewer] = [
      await service.token({ role: 'operator', tenants: ['a'] }),
      await service.token({ role: 'admin', tenants: ['b'] }),
      await service.token({ role: 'viewer' }),
    ];
    await db.query(
      `insert into log_pattern (tenant_id, fingerprint, template, severity, service, first_seen, last_seen, sample, version)
       values ('a', 'fa', 'x', 'error', 'x', now(), now(), 'x', 1)`,
    );
    const ends = { subject_kind: 'pattern', subject_id: 'fa', evidence_kind: 'url' };
    const links = ['https://ci.example/1', 'https://ci.example/2'].map((address) => ({ ...ends, evidence_ref: address }));
    await service.call('POST', '/api/v1/evidence-links', { payload: { tenant_id: 'a', links }, token: operator });
    const list = async () => (await service.call('GET', '/api/v1/evidence-links?tenant_id=a', { token: viewer })).body.items;
    const [gone, kept] = await list();
    const remove = (id: string, tenant: string, token: string) =>
      service.call('DELETE', `/api/v1/evidence-links/${id}?tenant_id=${tenant}`, { token });
    expect((await remove(gone.link_id, 'a', viewer)).body.code).toBe('OB_FORBIDDEN');
    expect((await remove(gone.link_id, 'a', onlyB)).body.code).toBe('OB_TENANT_UNKNOWN');
    expect((await remove(gone.link_id, 'b', onlyB)).body.code).toBe('OB_EVIDENCE_UNKNOWN');
    expect((await remove('9999999999999999999', 'a', operator)).status).toBe(404);
    expect(await list()).toHaveLength(2);
    const removed = { status: 200, body: { link_id: gone.link_id, removed: true } };
    expect(await remove(gone.link_id, 'a', operator)).toMatchObject(removed);
    expect(await remove(gone.link_id, 'a', operator)).toMatchObject({ status: 404, body: { code: 'OB_EVIDENCE_UNKNOWN' } });
    expect(await list()).toEqual([kept]);
    expect(await db.query('select 1 as one from log_pattern')).toHaveLength(1);
  });
});
