import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { loadConfig, parseConfig } from '../../src/config/load.ts';
import { maskConfig } from '../../src/config/mask.ts';
import { parseTenant } from '../../src/config/tenant.ts';
import { ObserveBridgeError } from '../../src/core/error.ts';

const environment = { variables: { PASSWORD: 'hunter2' }, directory: '/here' };
const parse = (text: string) => parseConfig(text, '/etc/ob/observebridge.yaml', environment);

function refusalOf(text: string): string {
  try {
    parse(text);
  } catch (error) {
    if (error instanceof ObserveBridgeError && error.code === 'OB_CONFIG_INVALID') return error.message;
    throw error;
  }
  return 'accepted';
}

const mockTenant = 'tenants: [{ id: a, source: { type: mock } }]\n';

describe('parseConfig', () => {
  it('fills in the defaults', () => {
    const config = parse(mockTenant);
    expect(config.database.url).toBe('pglite:/etc/ob/.observebridge/db');
    expect(config.jobs['oo-agg']).toMatchObject({ align: '1m', settle: ['15m', '6h'], max_batch: 60, timeout: '10m' });
    expect(config.jobs['oo-agg']).not.toHaveProperty('delay');
    expect(config.jobs['age-refresh'].after).toEqual(['oo-agg']);
    expect(config.engine).toEqual({ memory_limit: '128MB', threads: 1 });
  });

  it('takes the engine of OpenObserve with its API only', () => {
    expect(parse(mockTenant).tenants[0]?.engine).toBe('local');
    const api = 'source: { type: openobserve_api, url: "http://oo:5080", user: u, password: p }';
    expect(parse(`tenants: [{ id: a, engine: openobserve, ${api} }]`).tenants[0]?.engine).toBe('openobserve');
    expect(refusalOf('tenants:\n  - id: a\n    engine: openobserve\n    source: { type: mock }')).toBe(
      '/etc/ob/observebridge.yaml line 3: tenants[0].engine is openobserve, which takes a source of type openobserve_api, not mock.',
    );
    expect(parseTenant({ id: 'a', engine: 'openobserve', source: { type: 'mock' } })).toMatchObject({
      code: 'OB_CONFIG_INVALID',
      message: 'dim_tenant.settings: engine is openobserve, which takes a source of type openobserve_api, not mock.',
    });
  });

  it('gives every caller defaults of its own', () => {
    parse(mockTenant).jobs['oo-agg'].settle.push('1d');
    expect(parse(mockTenant).jobs['oo-agg'].settle).toEqual(['15m', '6h']);
  });

  it('resolves relative paths against the file and leaves addresses alone', () => {
    const source = 'type: openobserve_files, root: ../stream, file_list: "sqlite:db/metadata.sqlite", streams: streams.json';
    const remote = 'type: openobserve_files, root: "s3://bucket/prefix", file_list: "postgres://h/db"';
    const config = parse(
      `tenants: [{ id: a, source: { ${source} } }, { id: b, source: { ${remote} } }]\naggregations: { directories: [own] }`,
    );
    expect(config.tenants[0]?.source).toMatchObject({
      root: '/etc/stream',
      file_list: 'sqlite:/etc/ob/db/metadata.sqlite',
      streams: '/etc/ob/streams.json',
      organization: 'default',
    });
    expect(config.tenants[1]?.source).toMatchObject({ root: 's3://bucket/prefix', file_list: 'postgres://h/db' });
    expect(config.aggregations.directories).toEqual(['/etc/ob/own']);
  });

  it('puts environment variables into values, and masks what is shown', () => {
    const config = parse(`${mockTenant}database: { url: "postgres://me:$\{PASSWORD}@db/ob" }`);
    expect(config.database.url).toBe('postgres://me:hunter2@db/ob');
    expect(maskConfig(config).database.url).toBe('postgres://me:***@db/ob');
  });

  it.each([
    ['tenants: [{ id: a, source: { type: mock, sede: 1 } }]', 'line 1: tenants[0].source.sede is not a known key; the nearest is seed.'],
    [`${mockTenant}engin: {}`, 'line 2: engin is not a known key; the nearest is engine.'],
    [`${mockTenant}jobs:\n  oo-agg:\n    align: 60`, 'line 4: jobs.oo-agg.align must be a length of time such as 90s, 1m or 1h30m.'],
    [
      `${mockTenant}jobs: { oo-agg: { after: [oo-ag] } }`,
      'line 2: jobs.oo-agg.after[0] must be one of oo-agg, age-refresh, roll-up, topo-iac, topo-ansible, prune.',
    ],
    [
      `tenants: [{ id: a, source: { type: mock } }]\nretention: { runs: 30s }`,
      'line 2: retention.runs must be at least an hour, such as 36h or 30d.',
    ],
    [`${mockTenant}engine: { threads: 0 }`, 'line 2: engine.threads must be a whole number, at least 1 and at most 256.'],
    [`${mockTenant}database: pglite`, 'line 2: database must be a mapping.'],
    [
      `${mockTenant}database: { url: "mysql://root:pw@h" }`,
      'line 2: database.url must be `pglite:` and a directory, or `postgres://` and an address.',
    ],
    [
      'tenants: [{ id: a, source: { type: kafka } }]',
      'line 1: tenants[0].source.type must be one of openobserve_api, openobserve_files, otlp_files, mock.',
    ],
    [
      'tenants: [{ id: a, source: { root: x } }]',
      'line 1: tenants[0].source.type is missing; it is one of openobserve_api, openobserve_files, otlp_files, mock.',
    ],
    ['tenants: [{ id: a, source: { type: openobserve_files } }]', 'line 1: tenants[0].source.root is missing.'],
    ['tenants: []', 'line 1: tenants must have at least 1 entry.'],
    ['', ': tenants is missing.'],
    ['- a', 'line 1: the file must be a mapping.'],
    ['tenants: [{ id: A, source: { type: mock } }]', 'line 1: tenants[0].id must be lower-case letters'],
    [
      'tenants:\n- { id: a, source: { type: mock } }\n- { id: a, source: { type: mock } }',
      'line 3: tenants[1].id repeats the identifier a.',
    ],
    [
      `${mockTenant}database: { url: "postgres://$\{NOBODY}@h" }`,
      'line 2: database.url refers to the environment variable NOBODY, which is not set.',
    ],
    ['tenants: [\n', 'not valid YAML'],
    ['tenants: []\ntenants: []', 'line 2: not valid YAML (duplicate key).'],
  ])('refuses %j', (text, sentence) => {
    expect(refusalOf(text)).toContain('/etc/ob/observebridge.yaml');
    expect(refusalOf(text)).toContain(sentence);
  });
});

describe('loadConfig', () => {
  let directory = '';
  beforeAll(async () => {
    directory = await mkdtemp(join(tmpdir(), 'observebridge-'));
  });
  afterAll(() => rm(directory, { recursive: true }));

  it('is the demonstration without a file, the file of the directory, or the named one', async () => {
    const here = { variables: {}, directory };
    const demonstration = await loadConfig(undefined, here);
    expect(demonstration).not.toHaveProperty('file');
    expect(demonstration.config.tenants).toMatchObject([{ id: 'demo', source: { type: 'mock' } }]);
    expect(demonstration.config.database.url).toBe(`pglite:${directory}/.observebridge/db`);
    await writeFile(join(directory, 'observebridge.yaml'), mockTenant);
    await writeFile(join(directory, 'other.yaml'), mockTenant.replace('id: a', 'id: b'));
    expect((await loadConfig(undefined, here)).config.tenants[0]?.id).toBe('a');
    expect((await loadConfig('other.yaml', here)).config.tenants[0]?.id).toBe('b');
  });

  it('says which named file it cannot read', async () => {
    const here = { variables: {}, directory };
    const missing = { code: 'OB_CONFIG_UNREADABLE', message: expect.stringContaining('none.yaml does not exist') };
    await expect(loadConfig('none.yaml', here)).rejects.toMatchObject(missing);
    const unreadable = { code: 'OB_CONFIG_UNREADABLE', message: expect.stringContaining('(EISDIR)') };
    await expect(loadConfig('.', here)).rejects.toMatchObject(unreadable);
  });

  it('accepts the example', async () => {
    const file = join(import.meta.dirname, '../../observebridge.example.yaml');
    expect(parseConfig(await readFile(file, 'utf8'), file, environment).tenants[0]?.id).toBe('shop');
  });
});
