import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { addDirectory } from '../../src/jobs/knowledge/add-directory.ts';
import { addDocument, type GivenDocument } from '../../src/jobs/knowledge/add-document.ts';
import { embedPassages } from '../../src/jobs/knowledge/embed-passages.ts';
import { searchKnowledge } from '../../src/jobs/knowledge/search-knowledge.ts';
import { toKnowledgeSettings } from '../../src/jobs/knowledge/settings.ts';
import type { Db } from '../../src/store/db.ts';
import { listDocumentResources, listKnowledge, listResourceDocuments } from '../../src/store/knowledge-list.ts';
import { describeDatabases } from '../support/databases.ts';
import { startFakeEmbeddings } from '../support/fake-embeddings.ts';

const give = (db: Db, uri: string, text: string, more: Partial<GivenDocument> = {}) =>
  addDocument(db, { tenantId: 'a', uri, format: 'markdown', text, language: 'simple', ...more });

const addResource = (db: Db, id: bigint, urn: string, name: string, tenant = 'a') =>
  db.query(
    `insert into dim_resource (tenant_id, resource_id, urn, kind, name, first_seen, last_seen) values ($1, $2, $3, 'service', $4, now(), now())`,
    [tenant, id, urn, name],
  );

const find = async (db: Db, question: string, more: object = {}) => {
  const { passages } = await searchKnowledge(db, {}, { tenantId: 'a', question, limit: 10, ...more });
  return passages.map(({ uri, passage }) => `${uri}#${passage}`);
};

async function startEmbedder() {
  const fake = await startFakeEmbeddings();
  onTestFinished(() => fake[Symbol.asyncDispose]());
  const embeddings = { url: fake.url, model: 'm', batch_size: 2, timeout: '5s' };
  const { embedder } = toKnowledgeSettings({ language: 'simple', embeddings }, { fetch, wait: async () => undefined });
  if (!embedder) throw new Error('no embedder');
  return { fake, embedder };
}

describeDatabases('documents', ['pglite', 'postgres 15'], (make) => {
  test('the same text is stored once; passages that stay keep their vectors', async () => {
    const { db } = await make();
    const { fake, embedder } = await startEmbedder();
    const first = await give(db, 'r.md', '# R\none\n\n## S\ntwo slow\n\n## T\nthree');
    expect(first).toMatchObject({ title: 'R', changed: true, passages: 3, resources: 0 });
    expect(await give(db, 'r.md', '# R\none\n\n## S\ntwo slow\n\n## T\nthree')).toEqual({ ...first, changed: false });
    expect(await embedPassages(db, embedder, 'a')).toBe(3);
    expect(await embedPassages(db, embedder, 'a')).toBe(0);
    expect(await give(db, 'r.md', '# R\n## S\ntwo slow\n\n## T\nfour')).toMatchObject({ changed: true, passages: 2 });
    fake.requests.length = 0;
    expect(await embedPassages(db, embedder, 'a')).toBe(1);
    expect(fake.requests.map(({ body }) => body.input)).toEqual([['R › T\n\nfour']]);
    expect(await listKnowledge(db, { tenantId: 'a', limit: 9 })).toMatchObject([{ uri: 'r.md', title: 'R', passages: 2, vectors: 2 }]);
    expect(await embedPassages(db, { ...embedder, model: 'other' }, 'a')).toBe(2);
  });

  test('rare words count more than common ones, in every order and language', async () => {
    const { db } = await make();
    for (let number = 0; number < 8; number++) await give(db, `d${number}.md`, `# Doc ${number}\nthe service of the team is there`);
    await give(db, 'orders.md', '# Orders\nthe api /api/v1/orders of ts-order.default.svc fails with OB_READ_TIMEOUT');
    await give(db, 'zh.md', '# 手册\n数据库连接超时，请检查连接池。');
    await give(db, 'de.md', '# Handbuch\nDie Datenbanken laufen.', { language: 'german' });
    expect(await find(db, 'why is the api of the orders service there')).toEqual(expect.arrayContaining(['orders.md#0']));
    expect((await find(db, 'the orders'))[0]).toBe('orders.md#0');
    expect(await find(db, 'v1 timeout')).toEqual(['orders.md#0']);
    expect(await find(db, 'ts-order')).toEqual(['orders.md#0']);
    expect(await find(db, '数据库为什么超时')).toEqual(['zh.md#0']);
    expect(await find(db, '"连接池"')).toEqual(['zh.md#0']);
    expect(await find(db, '"接连"')).toEqual([]);
    expect(await find(db, 'Datenbank')).toEqual(['de.md#0']);
    expect(await find(db, '"orders api"')).toEqual([]);
    expect(await find(db, 'team -"doc 3"')).toHaveLength(7);
    expect(await find(db, 'team', { tenantId: 'b' })).toEqual([]);
    for (const odd of ['', '"', '-', "' & | ! :* <->", '-team', '\\', '%', '🦀']) expect(await find(db, odd)).toEqual([]);
  });

  test('similarity finds what says the same in other words, and both rankings become one', async () => {
    const { db } = await make();
    const { fake, embedder } = await startEmbedder();
    await give(db, 'slow.md', '# Runbook\nThe checkout crawls: latency is high.');
    await give(db, 'oom.md', '# Heap\nThe heap is full, memory is gone.');
    await give(db, 'tls.md', '# Keys\nThe certificate expired.');
    await embedPassages(db, embedder, 'a');
    const search = { tenantId: 'a', question: 'sluggish memory', limit: 10 };
    const { passages, vector_search } = await searchKnowledge(db, { embedder }, search);
    expect(vector_search).toBe('used');
    expect(passages.map(({ uri }) => uri)).toEqual(['oom.md', 'slow.md', 'tls.md']);
    expect(passages[0]).toMatchObject({ text_place: 1, vector_place: 2, score: expect.closeTo(1 / 61 + 1 / 62, 9) });
    expect(passages[1]).toMatchObject({ text_place: null, similarity: expect.closeTo(0.7, 1) });
    expect((await searchKnowledge(db, { embedder }, { ...search, offset: 1, limit: 1 })).passages).toEqual([passages[1]]);
    fake.refusals.push({ status: 503 });
    const words = await searchKnowledge(db, { embedder }, search);
    expect(words).toMatchObject({ vector_search: 'failed', passages: [{ uri: 'oom.md' }] });
    // Vectors of another model, or of another length, are never compared.
    await db.query(`update kb_chunk set model = 'old' where content like '%crawls%'`);
    await db.query(`update kb_chunk set embedding = '{1,0}'::real[] where content like '%certificate%'`);
    const rest = await searchKnowledge(db, { embedder }, search);
    expect(rest.passages.map(({ uri }) => uri)).toEqual(['oom.md']);
  });

  test('are linked to the resources that they mention, also to those that come later', async () => {
    const { db } = await make();
    await addResource(db, 1n, 'urn:svc:ts-order', 'ts-order');
    await addResource(db, 2n, 'urn:svc:cart', 'cart');
    await addResource(db, 3n, 'urn:svc:ts-order', 'ts-order', 'b');
    for (let many = 10n; many < 16n; many++) await addResource(db, many, `urn:k8s:svc:ns${many}/web-front`, 'web-front');
    const text = '# Orders\nIntro without names of the cart and the web-front.\n\n## Steps\nTS-Order calls urn:svc:later.';
    expect(await give(db, 'o.md', text, { resources: ['cart'] })).toMatchObject({ resources: 2 });
    const id = BigInt((await listKnowledge(db, { tenantId: 'a', limit: 1 }))[0]?.doc_id ?? 0);
    expect(await listDocumentResources(db, 'a', id, 9)).toEqual([
      { urn: 'urn:svc:cart', kind: 'service', name: 'cart', found_as: 'given', passage: null },
      { urn: 'urn:svc:ts-order', kind: 'service', name: 'ts-order', found_as: 'name', passage: 1 },
    ]);
    await addResource(db, 4n, 'urn:svc:later', 'later');
    expect(await give(db, 'o.md', text)).toMatchObject({ changed: false, resources: 2 });
    expect((await listDocumentResources(db, 'a', id, 9)).map(({ urn }) => urn)).toEqual(['urn:svc:later', 'urn:svc:ts-order']);
    expect(await listResourceDocuments(db, 'a', 4n, 9)).toMatchObject([{ uri: 'o.md', title: 'Orders', found_as: 'urn', passage: 1 }]);
    expect(await find(db, 'steps', { resourceId: 4n })).toEqual(['o.md#1']);
    expect(await find(db, 'steps', { resourceId: 2n })).toEqual([]);
    await expect(give(db, 'o.md', text, { resources: ['nobody'] })).rejects.toMatchObject({ code: 'OB_RESOURCE_UNKNOWN' });
  });

  test('are refused with a URI or language that nothing can be done with', async () => {
    const { db } = await make();
    for (const [uri, more] of [
      ['javascript:alert(1)', {}],
      ['a b', {}],
      ['', {}],
      ['x.md', { language: 'klingon' }],
    ] as const)
      await expect(give(db, uri, 'text', more)).rejects.toMatchObject({ code: 'OB_DOCUMENT_INVALID' });
  });
});

describeDatabases('a directory', ['pglite'], (make) => {
  test('brings its documents, and takes away those that are gone unless it is empty', async () => {
    const { db } = await make();
    const directory = await mkdtemp(join(tmpdir(), 'observebridge-knowledge-'));
    onTestFinished(() => rm(directory, { recursive: true, force: true }));
    await mkdir(join(directory, 'sub/.hidden'), { recursive: true });
    await Promise.all([
      writeFile(join(directory, 'a b.md'), '# A\ntext'),
      writeFile(join(directory, 'sub/c.html'), '<h1>C</h1>text'),
      writeFile(join(directory, 'sub/empty.md'), '\n'),
      writeFile(join(directory, 'sub/.hidden/x.md'), '# X\ntext'),
      writeFile(join(directory, 'image.png'), 'x'),
    ]);
    const give2 = () => addDirectory(db, { tenantId: 'a', directory, root: 'docs/', language: 'simple' });
    const failed = [{ uri: 'docs/sub/empty.md', message: expect.stringContaining('docs/sub/empty.md') }];
    expect(await give2()).toEqual({ root: 'docs/', documents: 3, changed: 2, removed: 0, passages: 2, failed });
    await give(db, 'docs/single.md', 'not of the import');
    expect(await give2()).toMatchObject({ changed: 0, removed: 0 });
    await rm(join(directory, 'a b.md'));
    expect(await give2()).toMatchObject({ documents: 2, changed: 0, removed: 1 });
    const uris = async () => (await listKnowledge(db, { tenantId: 'a', limit: 9 })).map(({ uri }) => uri);
    expect(await uris()).toEqual(['docs/single.md', 'docs/sub/c.html']);
    await rm(join(directory, 'sub'), { recursive: true });
    await expect(give2()).rejects.toMatchObject({ code: 'OB_DOCUMENT_UNREADABLE' });
    expect(await uris()).toEqual(['docs/single.md', 'docs/sub/c.html']);
  });
});
