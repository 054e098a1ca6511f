import { mkdtemp, realpath, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { pathToFileURL } from 'node:url';
import { expect, onTestFinished, test } from 'vitest';
import { toKnowledgeSettings } from '../../src/jobs/knowledge/settings.ts';
import { callCli } from '../support/cli.ts';
import { describeDatabases } from '../support/databases.ts';
import { startFakeEmbeddings } from '../support/fake-embeddings.ts';

describeDatabases('ob knowledge', ['pglite'], (make) => {
  test('adds files, directories and standard input, searches, lists and removes', async () => {
    const { db } = await make();
    const directory = await realpath(await mkdtemp(join(tmpdir(), 'observebridge-knowledge-')));
    onTestFinished(() => rm(directory, { recursive: true, force: true }));
    await writeFile(join(directory, 'orders.md'), '# Orders\nRestart the pod.');
    await writeFile(join(directory, 'cart.html'), '<h1>Cart</h1>Empty the cart.');
    const fake = await startFakeEmbeddings();
    onTestFinished(() => fake[Symbol.asyncDispose]());
    const embeddings = { url: fake.url, model: 'm', batch_size: 8, timeout: '5s' };
    const settings = toKnowledgeSettings({ language: 'simple', embeddings }, { fetch, wait: async () => undefined });
    const run = async (args: readonly string[], stdin = '') => {
      const wiring = { openDb: async () => db, knowledge: () => settings };
      const outcome = await callCli(
        ['knowledge', ...args, '--tenant', 'demo', '-o', 'json'],
        wiring,
        {},
        { stdin: Readable.from([stdin]) },
      );
      return { ...outcome, result: outcome.exitCode === 0 ? JSON.parse(outcome.stdout) : undefined };
    };
    const root = `${pathToFileURL(directory).href}/`;
    expect((await run(['add', directory])).result).toEqual({
      root,
      documents: 2,
      changed: 2,
      removed: 0,
      passages: 2,
      failed: [],
      vectors: 2,
    });
    expect((await run(['add', join(directory, 'orders.md')])).result).toMatchObject({
      uri: `${root}orders.md`,
      changed: false,
      vectors: 0,
    });
    expect((await run(['add', '-', '--uri', 'notes/a.md'], '# Notes\nThe latency of the cart.')).result).toMatchObject({
      changed: true,
      vectors: 1,
    });
    expect((await run(['search', 'sluggish'])).result).toMatchObject({ vector_search: 'used', passages: [{ uri: 'notes/a.md' }, {}, {}] });
    fake.refusals.push({ status: 401 });
    expect(await run(['search', 'pod'])).toMatchObject({
      result: { vector_search: 'failed', passages: [{ title: 'Orders' }] },
      stderr: expect.stringContaining('words alone'),
    });
    expect((await run(['list'])).result).toMatchObject([{ title: 'Cart' }, { title: 'Orders' }, { uri: 'notes/a.md' }]);
    fake.refusals.push({ status: 401 });
    const broken = await run(['add', '-', '--uri', 'notes/b.md'], 'More notes.');
    expect(broken).toMatchObject({ exitCode: 1, stderr: expect.stringContaining('OB_EMBEDDINGS_REFUSED') });
    expect(JSON.parse(broken.stdout)).toMatchObject({ uri: 'notes/b.md', changed: true });
    expect((await run(['embed'])).result).toEqual({ vectors: 1 });
    expect((await run(['remove', root])).result).toEqual({ uri: root, removed: 1 });
    expect((await run(['remove', root])).stderr).toContain('OB_DOCUMENT_UNKNOWN');
  });

  test('refuses what it cannot read', async () => {
    const { db } = await make();
    const run = (...args: string[]) => callCli(['knowledge', ...args], { openDb: async () => db });
    expect(await run('add', '/nonexistent.md', '--tenant', 'demo')).toMatchObject({
      stderr: expect.stringContaining('OB_DOCUMENT_UNREADABLE'),
    });
    expect(await run('add', '-', '--tenant', 'demo')).toMatchObject({ exitCode: 2, stderr: expect.stringContaining('--uri') });
    expect(await run('add', import.meta.filename, '--tenant', 'demo')).toMatchObject({
      exitCode: 2,
      stderr: expect.stringContaining('--format'),
    });
    expect(await run('list', '--tenant', 'nobody')).toMatchObject({ exitCode: 2, stderr: expect.stringContaining('OB_TENANT_UNKNOWN') });
    expect(await run('embed', '--tenant', 'demo')).toMatchObject({ exitCode: 2, stderr: expect.stringContaining('knowledge.embeddings') });
  });
});
