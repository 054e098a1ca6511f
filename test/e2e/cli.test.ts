import { spawnSync } from 'node:child_process';
import { chmod, mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { makeDirectory } from '../jobs/directory.ts';
import { startServer, whyMissing } from '../support/databases.ts';
import { callCli, type Ended, startCli } from './cli-process.ts';

const RANGE = ['--tenant', 'demo', '--from', '2026-03-01T12:00:00Z', '--to', '2026-03-01T12:03:00Z'];
const ID = '018f3a5e-1c2d-7000-8000-000000000000';
const NOBODY = 65_534;

const CONFIG = `
database: { url: "pglite:./db" }
tenants:
  - id: demo
    source: { type: mock, logs_per_minute: 50, spans_per_minute: 60, metric_points_per_minute: 50 }
    initial_lookback: { oo-agg: 5m }
  - id: nowhere
    source: { type: openobserve_files, root: ./no-such-directory, file_list: "sqlite:./no-such.sqlite" }
  - id: hidden
    source: { type: openobserve_files, root: ./hidden }
`;

const DEMO = CONFIG.slice(0, CONFIG.indexOf('  - id: nowhere'));

/** A failure is sentences for a user: what, what to do, and the code; never a stack. */
function expectSentences({ stderr }: Ended, code: string): void {
  expect(stderr).toContain(`(${code})`);
  expect(stderr).not.toMatch(/^\s+at |node_modules|\.ts:\d/m);
}

describe('the command line as a process', () => {
  let directory: Awaited<ReturnType<typeof makeDirectory>>;
  const ob = (args: readonly string[], options?: { env?: Record<string, string>; uid?: number }) => callCli(directory.path, args, options);

  beforeAll(async () => {
    directory = await makeDirectory();
    await writeFile(join(directory.path, 'observebridge.yaml'), CONFIG);
    const migrated = await ob(['migrate', '-o', 'json']);
    expect(migrated).toMatchObject({ exitCode: 0, stderr: '' });
    expect(JSON.parse(migrated.stdout).applied.length).toBeGreaterThan(0);
  });
  afterAll(() => directory[Symbol.asyncDispose]());

  it('runs a job and prints one JSON object, then finds nothing to change', async () => {
    const first = await ob(['run', 'oo-agg', ...RANGE, '--run-id', `{${ID.toUpperCase()}}`, '--output', 'json']);
    expect(first.exitCode, first.stderr).toBe(0);
    const report = JSON.parse(first.stdout);
    expect(report).toMatchObject({ run_id: ID, job: 'oo-agg', tenant_id: 'demo', windows: 3, failed: 0, failures: [] });
    expect(report.rows).toBeGreaterThan(0);
    expect(report.elapsed_ms).toBeGreaterThan(0);
    const env = { OBSERVEBRIDGE_RUN_ID: ID.replaceAll('-', '').replace(/0$/, '1') };
    const again = JSON.parse((await ob(['run', 'oo-agg', ...RANGE, '-o', 'json'], { env })).stdout);
    expect(again).toMatchObject({ run_id: ID.replace(/0$/, '1'), windows: 3, rows: report.rows, changed: 0 });
    const rows = await ob([
      'sql',
      `select count(*) as runs, min(payload->'run_ids'->>1) as second from etl_job_run where status = 'success'`,
      '-o',
      'json',
    ]);
    expect(JSON.parse(rows.stdout)).toEqual([{ runs: 3, second: ID.replace(/0$/, '1') }]);
  });

  it('prints rows as a JSON array with every digit', async () => {
    const { stdout, exitCode } = await ob([
      'sql',
      `select 9007199254740993::bigint as big, 'x' as text, null as none, 'nan'::float8 as odd`,
      '-o',
      'json',
    ]);
    expect(exitCode).toBe(0);
    expect(stdout).toContain('"big": 9007199254740993');
    expect(JSON.parse(stdout)).toMatchObject([{ text: 'x', none: null, odd: 'NaN' }]);
    expect((await ob(['sql', 'select 1 where false', '-o', 'json'])).stdout).toBe('[]\n');
  });

  it('exits with 2 for a wrong command line and with 1 for a failure, in sentences', async () => {
    const unknown = await ob(['run', 'oo-agg', ...RANGE.with(1, 'nobody')]);
    expect(unknown).toMatchObject({ exitCode: 2, stdout: '' });
    expect(unknown.stderr).toContain('There is no tenant nobody; the configuration has demo, nowhere, hidden.');
    expectSentences(unknown, 'OB_TENANT_UNKNOWN');
    const odd = await ob(['run', 'oo-agg', ...RANGE, '--run-id', 'seven']);
    expect(odd).toMatchObject({ exitCode: 2 });
    expect(odd.stderr).toContain('seven is not a valid UUID.');
    const refused = await ob(['sql', 'select * from no_such_table']);
    expect(refused).toMatchObject({ exitCode: 1, stdout: '' });
    expectSentences(refused, 'OB_SQL_FAILED');
    const absent = await ob(['run', 'oo-agg', ...RANGE.with(1, 'nowhere'), '-o', 'json']);
    expect(absent.exitCode).toBe(1);
    expect(JSON.parse(absent.stdout)).toMatchObject({ windows: 3, failed: 3, failures: [{ code: 'OB_SOURCE_UNREADABLE' }] });
    expectSentences(absent, 'OB_SOURCE_UNREADABLE');
    expect(absent.stderr).toContain(join(directory.path, 'no-such-directory', 'files'));
  });

  it('checks everything in sentences', async () => {
    const { exitCode, stdout } = await ob(['check', '-o', 'json']);
    expect(exitCode).toBe(1);
    const findings: { subject: string; level: string; text: string }[] = JSON.parse(stdout);
    expect(findings.map(({ subject, level }) => `${subject} ${level}`)).toEqual(
      expect.arrayContaining(['database ok', 'tenant demo ok', 'tenant nowhere error', 'tenant hidden error', 'aggregations ok']),
    );
    for (const { text } of findings) expect(text).toMatch(/^[A-Z0-9a-z].*\.$/);
  });

  it('shows the configuration without its secrets', async () => {
    const file = join(directory.path, 'secret.yaml');
    const source = '{ type: openobserve_files, root: ./x, file_list: "postgres://oo:sesame@db/oo" }';
    await writeFile(file, `database: { url: "postgres://ob:sesame@db/ob" }\ntenants: [{ id: a, source: ${source} }]\n`);
    for (const format of ['table', 'json']) {
      const { exitCode, stdout, stderr } = await ob(['config', 'show', '--config', file, '-o', format]);
      expect(exitCode, stderr).toBe(0);
      expect(stdout).toContain('postgres://ob:***@db/ob');
      expect(stdout + stderr).not.toContain('sesame');
    }
  });

  it('explains a pattern', async () => {
    const steps = JSON.parse((await ob(['patterns', 'explain', 'took 17 ms', '-o', 'json'])).stdout);
    expect(steps).toMatchObject({ template: 'took <*> ms', fingerprint: expect.stringMatching(/^[0-9a-f]{16}$/) });
  });

  it('keeps up until it is interrupted, ends within five seconds and leaves the database free', async () => {
    const up = startCli(directory.path, ['up', '--config', await onlyDemo(directory.path)]);
    await up.shows('demo 20');
    const locked = await ob(['sql', 'select 1']);
    expect(locked).toMatchObject({ exitCode: 1, stdout: '' });
    expectSentences(locked, 'OB_DATABASE_LOCKED');
    expect(locked.stderr).toContain(String(up.process.pid));
    const interrupted = performance.now();
    up.process.kill('SIGINT');
    const { exitCode, stderr } = await up.ended;
    expect(performance.now() - interrupted).toBeLessThan(5000);
    expect(exitCode, stderr).toBe(0);
    expect(await ob(['sql', 'select 1 as one', '-o', 'json'])).toMatchObject({ exitCode: 0 });
  });

  const asNobody = process.getuid?.() === 0 ? { uid: NOBODY } : {};
  const mayRun = spawnSync(process.execPath, ['--check', join(import.meta.dirname, '../../src/main.ts')], asNobody).status === 0;
  it.skipIf(!mayRun || process.platform === 'win32')('says which directory this user may not read', async () => {
    await mkdir(join(directory.path, 'hidden', 'files'), { recursive: true });
    await chmod(join(directory.path, 'hidden', 'files'), 0);
    await chmod(directory.path, 0o777);
    const { stdout, exitCode } = await ob(['check', '-o', 'json'], asNobody);
    await chmod(join(directory.path, 'hidden', 'files'), 0o755);
    expect(exitCode).toBe(1);
    expect(stdout).toContain(`The directory ${join(directory.path, 'hidden', 'files')} does not exist or cannot be read.`);
  });
});

async function onlyDemo(directory: string): Promise<string> {
  const file = join(directory, 'demo.yaml');
  await writeFile(file, DEMO);
  return file;
}

const missing = whyMissing('postgres 18');
describe.skipIf(missing !== undefined)(`the command line on a server${missing === undefined ? '' : ` (skipped: ${missing})`}`, () => {
  it('runs there, and names user and server but never the password when that is wrong', async () => {
    await using directory = await makeDirectory();
    const server = await startServer('postgres 18');
    try {
      const configure = (url: string): Promise<void> =>
        writeFile(join(directory.path, 'observebridge.yaml'), DEMO.replace('pglite:./db', url));
      await configure(server.url('migrated'));
      const run = await callCli(directory.path, ['run', 'oo-agg', ...RANGE, '-o', 'json']);
      expect(run.exitCode, run.stderr).toBe(0);
      await configure(server.url('migrated').replace(':right@', ':sesame@'));
      const refused = await callCli(directory.path, ['run', 'oo-agg', ...RANGE]);
      expect(refused).toMatchObject({ exitCode: 1, stdout: '' });
      expectSentences(refused, 'OB_DATABASE_AUTH');
      const verbose = await callCli(directory.path, ['--verbose', 'check']);
      expect(verbose.exitCode).toBe(1);
      for (const { stdout, stderr } of [refused, verbose]) expect(stdout + stderr).not.toContain('sesame');
    } finally {
      await server.stop();
    }
  });
});
