import { mkdir, rm, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, expect, it } from 'vitest';
import { MINUTE } from '../../src/core/time.ts';
import { createTopologyJob, type TopologySettings } from '../../src/jobs/topology/topology.ts';
import type { Db } from '../../src/store/db.ts';
import { callCli } from '../support/cli.ts';
import { describeDatabases } from '../support/databases.ts';

const start = Date.parse('2026-03-01T12:00:00Z') * 1000;
const signal = new AbortController().signal;
const made: string[] = [];
afterEach(async () => {
  for (const directory of made.splice(0)) await rm(directory, { recursive: true, force: true });
});

/** A service whose environment names others. */
function manifest(name: string, needs: readonly string[]): string {
  const env = needs.map((need) => `            - { name: ${need.toUpperCase()}_ADDR, value: "${need}:8080" }`);
  return [
    ...[
      'apiVersion: v1',
      'kind: Service',
      `metadata: { name: ${name} }`,
      `spec: { selector: { app: ${name} }, ports: [{ port: 8080 }] }`,
      '---',
    ],
    ...['apiVersion: apps/v1', 'kind: Deployment', `metadata: { name: ${name} }`, 'spec:', `  selector: { matchLabels: { app: ${name} } }`],
    ...[
      '  template:',
      `    metadata: { labels: { app: ${name} } }`,
      '    spec:',
      '      containers:',
      `        - name: server`,
      '          image: x',
    ],
    ...(env.length > 0 ? ['          env:', ...env] : []),
    '',
  ].join('\n');
}

/** A directory with files of given content, at a minute after the start. */
async function makeTree(name: string) {
  const directory = join(tmpdir(), `observebridge-topology-${process.pid}-${name}`);
  await mkdir(directory, { recursive: true });
  made.push(directory);
  const stamp = (path: string, minute: number) => utimes(path, start / 1e6 + minute * 60, start / 1e6 + minute * 60);
  return {
    directory,
    async write(file: string, minute: number, text: string) {
      await writeFile(join(directory, file), text);
      await stamp(join(directory, file), minute);
      await stamp(directory, minute);
    },
    async remove(file: string, minute: number) {
      await rm(join(directory, file));
      await stamp(directory, minute);
    },
  };
}

async function runAt(db: Db, minute: number, config: TopologySettings['config'], changes: Partial<TopologySettings> = {}) {
  const topology = { config, version: '1', now: () => start + minute * MINUTE, ...changes };
  const batch = await createTopologyJob('topo-iac', { tenantId: 'a', db, topology }).prepare([{ from: 0, to: 1 }], signal);
  const { changed, stats } = await db.transaction((tx) => batch.write(tx));
  return { changed, stats: stats[0] as Record<string, unknown> };
}

const edges = (db: Db) =>
  db.query(
    `select s.name || '→' || d.name as edge, upper_inf(valid) as open, lower(valid) as from, upper(valid) as to from topo_edge_time e
     join dim_resource s on s.resource_id = e.src_resource_id join dim_resource d on d.resource_id = e.dst_resource_id order by 1, e.valid`,
  );

describeDatabases('topology as a job', ['pglite'], (make) => {
  it('opens intervals, closes those of what went in the next run, and does nothing for the same input (T6, T7)', async () => {
    const { db } = await make();
    const tree = await makeTree('t6');
    const config = { iac: [{ type: 'files' as const, path: tree.directory, scope: 'shop' }], ansible: [], close_limit: 0.5 };
    await tree.write('front.yaml', 0, manifest('front', ['cart', 'ads']));
    await tree.write('cart.yaml', 0, manifest('cart', ['store']));
    await tree.write('ads.yaml', 0, manifest('ads', []));
    await tree.write('store.yaml', 1, manifest('store', []));
    expect(await runAt(db, 10, config)).toMatchObject({
      changed: 3,
      stats: { scopes: [{ source: 'kubernetes', scope: 'shop', status: 'ok', opened: 3 }] },
    });
    const before = await edges(db);
    expect(before).toEqual([
      { edge: 'cart→store', open: true, from: '2026-03-01T12:01:00Z', to: null },
      { edge: 'front→ads', open: true, from: '2026-03-01T12:01:00Z', to: null },
      { edge: 'front→cart', open: true, from: '2026-03-01T12:01:00Z', to: null },
    ]);
    expect(await runAt(db, 20, config)).toMatchObject({ changed: 0, stats: { confirmed: true } });
    expect(await runAt(db, 21, config, { version: '2' })).toMatchObject({ changed: 0, stats: { rows_read: { edges: 3 } } });
    expect(await edges(db)).toEqual(before);
    await tree.remove('cart.yaml', 30);
    await tree.write('front.yaml', 30, manifest('front', ['ads', 'store']));
    expect(await runAt(db, 40, config, { force: true })).toMatchObject({ stats: { scopes: [{ opened: 1, closed: 2, edges: 2 }] } });
    expect(await edges(db)).toMatchObject([
      { edge: 'cart→store', open: false, to: '2026-03-01T12:30:00Z' },
      { edge: 'front→ads', open: true, from: '2026-03-01T12:01:00Z' },
      { edge: 'front→cart', open: false, to: '2026-03-01T12:30:00Z' },
      { edge: 'front→store', open: true, from: '2026-03-01T12:30:00Z' },
    ]);
  });

  it('keeps the edges of a place that cannot be read, reads the others, and says what is orphaned', async () => {
    const { db } = await make();
    const [one, two] = [await makeTree('one'), await makeTree('two')];
    await one.write('a.yaml', 0, manifest('a', ['b']) + manifest('b', []).replace(/^/, '---\n'));
    await two.write('c.yaml', 0, manifest('c', ['d']) + manifest('d', []).replace(/^/, '---\n'));
    const place = (directory: string) => ({ type: 'files' as const, path: directory });
    const both = { iac: [place(one.directory), place(two.directory)], ansible: [], close_limit: 0.5 };
    expect(await runAt(db, 10, both)).toMatchObject({ changed: 2 });
    await rm(two.directory, { recursive: true });
    expect(await runAt(db, 20, both)).toMatchObject({ changed: 0, stats: { inputs: { confirmed: 1, failed: 1 } } });
    const statuses = () => db.query('select status from topo_scope order by scope');
    expect(await statuses()).toEqual([{ status: 'ok' }, { status: 'failed' }]);
    await rm(one.directory, { recursive: true });
    await expect(runAt(db, 30, both)).rejects.toMatchObject({ code: 'OB_TOPOLOGY_UNREADABLE' });
    await one.write('a.yaml', 0, 'x: 1').catch(() => mkdir(one.directory));
    expect(await runAt(db, 40, { ...both, iac: [place(one.directory)] })).toMatchObject({ changed: 0, stats: { orphaned_scopes: 2 } });
    expect(await statuses()).toEqual([{ status: 'orphaned' }, { status: 'orphaned' }]);
    expect(await edges(db)).toMatchObject([{ open: true }, { open: true }]);
    expect(await runAt(db, 50, { ...both, iac: [place(one.directory)] }, { force: true })).toMatchObject({ changed: 2 });
    expect(await edges(db)).toMatchObject([{ to: '2026-03-01T12:50:00Z' }, { to: '2026-03-01T12:50:00Z' }]);
  });

  it('takes a scope from one place only, and tells of the other one until it is mended', async () => {
    const { db } = await make();
    const [one, two] = [await makeTree('first'), await makeTree('second')];
    await one.write('a.yaml', 0, manifest('a', ['b']) + manifest('b', []).replace(/^/, '---\n'));
    await two.write('c.yaml', 0, manifest('c', ['d']) + manifest('d', []).replace(/^/, '---\n'));
    const place = (directory: string) => ({ type: 'files' as const, path: directory, scope: 'shop' });
    const both = { iac: [place(one.directory), place(two.directory)], ansible: [], close_limit: 1 };
    const refused = {
      inputs: { failed: 1 },
      failed: [
        {
          code: 'OB_TOPOLOGY_SCOPE_TAKEN',
          message: expect.stringMatching(/The place \S+second\S* as shop .* gives the scope kubernetes shop, .* \S+first\S* as shop/),
        },
      ],
    };
    const first = [{ edge: 'a→b', open: true, from: '2026-03-01T12:00:00Z', to: null }];
    expect(await runAt(db, 10, both)).toMatchObject({ changed: 1, stats: refused });
    // The first place is as it was and is not read again, the second one is newer.
    await two.write('c.yaml', 15, manifest('c', ['e']) + manifest('e', []).replace(/^/, '---\n'));
    expect(await runAt(db, 20, both)).toMatchObject({ changed: 0, stats: refused });
    expect(await runAt(db, 25, { ...both, iac: both.iac.toReversed() })).toMatchObject({ changed: 0, stats: refused });
    expect(await runAt(db, 26, { ...both, iac: [place(one.directory), place(one.directory)] }, { force: true })).toMatchObject({
      stats: { inputs: { failed: 1 } },
    });
    expect(await edges(db)).toEqual(first);
    expect(await db.query('select status from topo_scope')).toEqual([{ status: 'ok' }]);
    expect(await runAt(db, 30, { ...both, iac: [place(two.directory)] })).toMatchObject({ changed: 2, stats: { failed: [] } });
    expect(await edges(db)).toMatchObject([
      { edge: 'a→b', open: false },
      { edge: 'c→e', open: true },
    ]);
    expect(await runAt(db, 40, { ...both, iac: [place(two.directory)] })).toMatchObject({ stats: { confirmed: true } });
  });

  it('on the command line discovers, shows, compares, and prints what a path declares without a database', async () => {
    const { db } = await make();
    const tree = await makeTree('cli');
    await tree.write('front.yaml', 0, manifest('front', ['cart', 'ads']));
    await tree.write('cart.yaml', 1, manifest('cart', []));
    await tree.write('ads.yaml', 1, manifest('ads', []));
    const preview = await callCli(['topo', 'discover', tree.directory, '-o', 'json']);
    expect(preview).toMatchObject({ exitCode: 0 });
    expect(JSON.parse(preview.stdout)).toMatchObject([
      { source: 'kubernetes', edges: [{ relation: 'DEPENDS_ON' }, { relation: 'DEPENDS_ON' }] },
    ]);

    const home = await makeTree('home');
    await home.write(
      'observebridge.yaml',
      0,
      `tenants: [{ id: a, source: { type: mock }, topology: { iac: [{ type: files, path: ${tree.directory}, scope: shop }] } }]`,
    );
    let minute = 10;
    const call = (...args: string[]) =>
      callCli(
        args,
        { openDb: async () => db },
        {},
        {
          environment: { variables: {}, directory: home.directory },
          now: () => start + minute * MINUTE,
        },
      );
    const dry = await call('topo', 'discover', '--dry-run', '-o', 'json');
    expect(JSON.parse(dry.stdout)).toMatchObject([{ tenant_id: 'a', opened: 2 }]);
    expect(await edges(db)).toEqual([]);
    expect(JSON.parse((await call('topo', 'discover', '-o', 'json')).stdout)).toMatchObject([{ status: 'ok', opened: 2 }]);
    await tree.write('front.yaml', 20, manifest('front', ['cart']));
    minute = 30;
    expect(await call('topo', 'discover')).toMatchObject({ exitCode: 0 });
    const shown = await call('topo', 'show', '--tenant', 'a', '--at', '2026-03-01T12:05:00Z', '--resource', 'ads', '-o', 'json');
    expect(JSON.parse(shown.stdout)).toMatchObject({
      items: [
        { dst_urn: expect.stringContaining('ads'), declared_by: [{ source: 'kubernetes', valid_to: '2026-03-01T12:20:00.000000Z' }] },
      ],
    });
    const believed = await call(
      'topo',
      'show',
      '--tenant',
      'a',
      '--at',
      '2026-03-01T12:25:00Z',
      '--as-believed-at',
      '2026-03-01T12:15:00Z',
      '-o',
      'json',
    );
    expect(JSON.parse(believed.stdout).items).toHaveLength(2);
    const diff = await call('topo', 'diff', '--tenant', 'a', '--from', '2026-03-01T12:05:00Z');
    expect(diff.stdout).toMatch(/closed +urn:svc:front +DEPENDS_ON +urn:svc:ads +2026-03-01T12:20:00/);
    const drift = await call('topo', 'drift', '--tenant', 'a');
    expect(drift.stdout).toMatch(/declared_not_observed +urn:svc:front +urn:svc:cart/);
    expect(await call('topo', 'diff', '--tenant', 'a', '--from', '2027-01-01')).toMatchObject({ exitCode: 2 });
  });
});
