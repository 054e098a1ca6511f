import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import type { RunReport, RunRequest, Wiring } from '../../src/cli/command.ts';
import { ObserveBridgeError } from '../../src/core/error.ts';
import type { Caller } from '../../src/core/trigger.ts';
import type { Queryable } from '../../src/store/db.ts';
import { callCli } from '../support/cli.ts';
import { describeDatabases } from '../support/databases.ts';

const id = '018f3a5e-1c2d-7000-8000-000000000000';
const traceId = '0af7651916cd43dd8448eb211c80319c';
const hour = ['--tenant', 'demo', '--from', '2025-06-01T12:00:00Z', '--to', '2025-06-01T13:00:00Z'];
const directory = mkdtempSync(join(tmpdir(), 'observebridge-caller-'));
const config = join(directory, 'observebridge.yaml');
writeFileSync(config, 'database: { url: "postgres://db.test/ops" }\ntenants: [{ id: demo, source: { type: mock } }]\n');
afterAll(() => rmSync(directory, { recursive: true }));

const run = (args: readonly string[], wiring: Partial<Wiring> = {}, variables: Record<string, string> = {}) =>
  callCli(['run', 'oo-agg', '--config', config, ...args], wiring, variables);

function report({ caller }: RunRequest, failures: RunReport['failures'] = [], failed = failures.length): RunReport {
  const range = { from: '2025-06-01T12:00:00Z', to: '2025-06-01T13:00:00Z' };
  const counts = { windows: 60, failed, rows: 7, tables: {}, changed: 7, elapsed_ms: 5 };
  return { run_id: caller.runId, job: 'oo-agg', tenant_id: 'demo', ...range, ...counts, failures };
}

async function callerOf(args: readonly string[], variables: Record<string, string> = {}): Promise<Caller & { stderr: string }> {
  let caller: Caller | undefined;
  const runJob = async (request: RunRequest): Promise<RunReport> => {
    caller = request.caller;
    return report(request);
  };
  const { stderr } = await run([...hour, ...args], { runJob }, variables);
  if (caller === undefined) throw new Error(stderr);
  return { ...caller, stderr };
}

describe('the caller of a command', () => {
  it.each([id, id.toUpperCase(), id.replaceAll('-', ''), `{${id}}`, `urn:uuid:${id}`])(
    'takes the id %s by option and environment',
    async (text) => {
      expect((await callerOf(['--run-id', text])).runId).toBe(id);
      expect((await callerOf([], { OBSERVEBRIDGE_RUN_ID: text })).runId).toBe(id);
    },
  );

  it('takes the option before the environment, and a new id without either', async () => {
    const other = '11111111-2222-3333-4444-555555555555';
    expect((await callerOf(['--run-id', id], { OBSERVEBRIDGE_RUN_ID: other })).runId).toBe(id);
    expect((await callerOf([])).runId).toMatch(/^019b76da-a800-7000-8000-0{12}$/);
  });

  it.each(['zzz', `${id}0`, '{018f3a5e1c2d70008000000000000000'])('refuses the id %s', async (text) => {
    const outcomes = [await run([...hour, '--run-id', text]), await run(hour, {}, { OBSERVEBRIDGE_RUN_ID: text })];
    for (const { exitCode, stderr } of outcomes) {
      expect(exitCode).toBe(2);
      expect(stderr.split('\n')[0]).toBe(`${text} is not a valid UUID.`);
    }
  });

  it('takes the origin from options, then from the environment', async () => {
    const variables = { OBSERVEBRIDGE_ORIGIN_SYSTEM: 'jenkins', OBSERVEBRIDGE_ORIGIN_NAME: 'nightly', AIRFLOW_CTX_DAG_ID: 'not this' };
    const options = ['--origin-name', 'ops-x7k', '--origin-url', 'https://me:secret@ci.test/ops/x7k'];
    const origin = { system: 'jenkins', name: 'ops-x7k', url: 'https://me:***@ci.test/ops/x7k' };
    expect((await callerOf(options, variables)).origin).toEqual(origin);
    expect((await callerOf([], variables)).origin).toEqual({ system: 'jenkins', name: 'nightly' });
    expect((await callerOf([])).origin).toBeUndefined();
  });

  it.each(['javascript:alert(1)', 'ci.test/ops', 'file:///etc/passwd'])('refuses the address %s', async (url) => {
    const { exitCode, stderr } = await run([...hour, '--origin-url', url]);
    expect(exitCode).toBe(2);
    expect(stderr).toContain(`The origin's address ${url} is not an http:// or https:// address.`);
  });

  it('knows Airflow and Argo Workflows by their environment', async () => {
    const airflow = { AIRFLOW_CTX_DAG_ID: 'ops', AIRFLOW_CTX_DAG_RUN_ID: 'scheduled__2025-06-01' };
    expect((await callerOf([], airflow)).origin).toEqual({ system: 'airflow', name: 'ops/scheduled__2025-06-01' });
    const argo = { ARGO_WORKFLOW_NAME: 'ops-x7k', ARGO_NODE_ID: 'ops-x7k-3141592' };
    expect((await callerOf([], argo)).origin).toEqual({ system: 'argo', name: 'ops-x7k' });
    expect((await callerOf([], { ARGO_NODE_ID: 'ops-x7k-3141592' })).origin).toEqual({ system: 'argo', name: 'ops-x7k-3141592' });
  });

  it('takes a valid TRACEPARENT and leaves out others with a warning', async () => {
    const traceparent = `00-${traceId}-b7ad6b7169203331-01`;
    const good = await callerOf(['--run-id', id], { TRACEPARENT: traceparent });
    expect(good).toMatchObject({ traceparent });
    expect(good.stderr).not.toContain('TRACEPARENT');
    const bad = await callerOf(['--run-id', id], { TRACEPARENT: traceparent.replace(/^00/, 'ff') });
    expect(bad.traceparent).toBeUndefined();
    expect(bad.stderr).toContain(`TRACEPARENT is not a W3C trace context and is left out. run_id=${id}\n`);
  });
});

describe('lines about a run', () => {
  const failing = {
    runJob: async (): Promise<RunReport> => {
      throw new ObserveBridgeError('OB_DATABASE_AUTH', 'database', 'The password was refused.', new Error('28P01'));
    },
  };

  it('carry its run id from the first to the last', async () => {
    const failures = [{ from: 'a', to: 'b', code: 'OB_MEMORY_LIMIT', message: 'Too much.' }] as const;
    const runs = await Promise.all([
      callCli(['run', 'oo-agg', ...hour, '--run-id', id], { runJob: async (request) => report(request) }, { TRACEPARENT: 'no' }),
      run([...hour, '--run-id', id], { runJob: async (request) => report(request, failures) }),
      run([...hour, '--run-id', id, '--verbose'], failing),
      run([...hour.with(1, 'x'), '--run-id', id]),
      callCli(['run', 'oo-agg', ...hour, '--run-id', id, '--config', '/nonexistent/c.yaml']),
    ]);
    for (const { stderr } of runs) {
      const lines = stderr.trimEnd().split('\n');
      expect(lines.length).toBeGreaterThan(1);
      for (const line of lines) expect(line).toContain(`run_id=${id}`);
    }
    expect(runs[0]?.stderr).toMatch(/TRACEPARENT[\s\S]*demonstration/);
    expect(runs[2]?.stderr).toMatch(/caused by Error: 28P01/);
  });

  it('are JSON with the run id where a failure is printed as JSON', async () => {
    const { stderr } = await run([...hour, '--run-id', id, '--output', 'json'], failing);
    const line = stderr.split('\n').find((text) => text.startsWith('{')) ?? '';
    expect(JSON.parse(line)).toMatchObject({ run_id: id, error: { code: 'OB_DATABASE_AUTH' } });
  });
});

const asked = {
  run_id: id,
  job: 'oo-agg',
  tenant_id: 'demo',
  trigger: 'cli',
  window_from: '2025-06-01T12:00:00Z',
  window_to: '2025-06-01T13:00:00Z',
};

describeDatabases('the record of run', ['pglite', 'postgres 18'], (make) => {
  const listTriggers = (db: Queryable) =>
    db.query('select run_id, job, tenant_id, trigger, window_from, window_to, outcome, reason, origin, traceparent from etl_trigger');

  it.each([
    { args: hour.with(1, 'x'), expected: { tenant_id: 'x', reason: 'There is no tenant x; the configuration has demo.' } },
    { args: hour.with(3, 'noon'), expected: { window_from: null, window_to: null, reason: '--from noon is not a time.' } },
    {
      args: hour.with(5, '2026-01-02'),
      expected: { window_to: '2026-01-02T00:00:00Z', reason: '--to 2026-01-02T00:00:00Z lies in the future.' },
    },
  ])('keeps a refusal: $expected.reason', async ({ args, expected }) => {
    const { db } = await make();
    const { exitCode } = await run([...args, '--run-id', id, '--origin-name', 'w'], { openDb: async () => db });
    expect(exitCode).toBe(2);
    expect(await listTriggers(db)).toEqual([{ ...asked, outcome: 'rejected', origin: { name: 'w' }, traceparent: null, ...expected }]);
  });

  it('keeps what was accepted, what all ran already, and what failed as a whole; the same id each time', async () => {
    const { db } = await make();
    const openDb = async () => db;
    const busy = { from: 'a', to: 'b', code: 'OB_WINDOW_BUSY', message: 'It runs already.' } as const;
    const traceparent = `00-${traceId}-b7ad6b7169203331-01`;
    const args = [...hour, '--run-id', id];
    expect((await run(args, { openDb, runJob: async (request) => report(request) }, { TRACEPARENT: traceparent })).exitCode).toBe(0);
    expect((await run(args, { openDb, runJob: async (request) => report(request, [busy], 60) })).exitCode).toBe(1);
    expect((await run(args, { openDb, runJob: async (request) => report(request, [busy], 2) })).exitCode).toBe(1);
    const gone = async () => Promise.reject(new ObserveBridgeError('OB_SOURCE_UNREADABLE', 'read', 'The root is gone.'));
    expect((await run(args, { openDb, runJob: gone })).exitCode).toBe(1);
    const rest = { ...asked, reason: null, origin: {}, traceparent: null };
    expect(await listTriggers(db)).toEqual([
      { ...rest, outcome: 'accepted', traceparent },
      { ...rest, outcome: 'deduplicated' },
      { ...rest, outcome: 'accepted', reason: 'Some windows were running already.' },
      { ...rest, outcome: 'rejected', reason: 'The root is gone.' },
    ]);
  });
});

describe('a run that cannot be recorded', () => {
  const openDb = async (): Promise<never> => {
    throw new ObserveBridgeError('OB_DATABASE_UNREACHABLE', 'database', 'Nobody answers.');
  };

  it('fails for its own reason, and succeeds all the same', async () => {
    const refused = await run(hour.with(1, 'x'), { openDb });
    expect(refused.exitCode).toBe(2);
    expect(refused.stderr).toMatch(/The request is not on record: Nobody answers\.[\s\S]*There is no tenant x/);
    const done = await run(hour, { openDb, runJob: async (request) => report(request) });
    expect(done.exitCode).toBe(0);
    expect(done.stderr).toContain('The request is not on record: Nobody answers.');
  });

  it('makes no embedded database only to say no', async () => {
    const refused = await callCli(['run', 'oo-agg', ...hour.with(1, 'x')], { openDb });
    expect(refused).toMatchObject({ exitCode: 2 });
    expect(refused.stderr).not.toContain('not on record');
  });
});
