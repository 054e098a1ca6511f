import { describe, expect, it } from 'vitest';
import type { RunReport, RunRequest } from '../../src/cli/command.ts';
import { ObserveBridgeError } from '../../src/core/error.ts';
import { formatTime } from '../../src/core/time.ts';
import { callCli } from '../support/cli.ts';

const hour = ['--tenant', 'demo', '--from', '2025-06-01T12:00:00Z', '--to', '2025-06-01T13:00:00Z'];

function report(request: RunRequest, failed = 0): RunReport {
  const { from, to } = { from: formatTime(request.range.from), to: formatTime(request.range.to) };
  const failures = failed > 0 ? [{ from, to, code: 'OB_SOURCE_UNREADABLE' as const, message: 'The root is gone.' }] : [];
  return {
    run_id: request.caller.runId,
    job: request.job,
    tenant_id: request.tenantId,
    from,
    to,
    windows: 60,
    failed,
    rows: 7,
    tables: { metric_1m: 7 },
    changed: 7,
    elapsed_ms: 5,
    failures,
  };
}

/** The words of every command and group of commands below this one. */
async function listCommands(path: readonly string[]): Promise<string[][]> {
  const { stdout } = await callCli([...path, '--help']);
  const [, ...groups] = stdout.replace(/\nExample:[\s\S]*/, '').split(path.length === 0 ? /\n(?:Work|Look|Set up):\n/ : /\nCommands:\n/);
  const names = groups.flatMap((group) => [...group.matchAll(/^ {2}([a-z-]+)/gm)].map(([, name = '']) => name));
  const below = await Promise.all(
    names.filter((name) => name !== 'help').map(async (name) => [[...path, name], ...(await listCommands([...path, name]))]),
  );
  return below.flat();
}

describe('the command line', () => {
  it('shows an example of every command, which the command takes', async () => {
    const examples: string[] = [];
    for (const path of await listCommands([])) {
      const { stdout } = await callCli([...path, '--help']);
      const example = /\nExample:\n {2}observebridge (.+)\n$/.exec(stdout)?.[1] ?? '';
      expect(example, `the example of ${path.join(' ')}`).toMatch(new RegExp(`^${path[0]}( |$)`));
      examples.push(example);
    }
    expect(examples.length).toBeGreaterThan(40);
    for (const example of examples) {
      const words = example.replace(/ > .*| --config \S+/g, '').match(/"[^"]*"|\S+/g) ?? [];
      const { stderr } = await callCli(words.map((word) => word.replaceAll('"', '').replace(/^shop$/, 'demo')));
      expect(stderr, example).not.toContain('OB_USAGE');
    }
  });

  it('prints version and help on standard output', async () => {
    expect(await callCli(['--version'])).toEqual({ exitCode: 0, stdout: '9.8.7\n', stderr: '' });
    const help = await callCli(['--help']);
    expect(help).toMatchObject({ exitCode: 0, stderr: '' });
    expect(help.stdout).toMatch(/Work:[\s\S]+up[\s\S]+Look:[\s\S]+sql[\s\S]+Set up:[\s\S]+config/);
  });

  it('prints the help on standard error when there is no command', async () => {
    const outcome = await callCli([]);
    expect(outcome).toMatchObject({ exitCode: 2, stdout: '' });
    expect(outcome.stderr).toContain('Usage: observebridge');
  });

  it.each([
    [['bogus'], "Unknown command 'bogus'."],
    [['check', '--nope'], "Unknown option '--nope'."],
    [['run', 'oo-agg'], "Required option '--tenant <id>' not specified."],
    [['run', 'oo-aggg', ...hour], 'There is no job oo-aggg; there are oo-agg'],
    [['run', 'oo-agg', ...hour.with(1, 'x')], 'There is no tenant x; the configuration has demo.'],
    [['run', 'oo-agg', ...hour.with(3, 'noon')], '--from noon is not a time.'],
    [
      ['run', 'oo-agg', ...hour.with(3, '2025-06-01T12:00:30Z')],
      "--from 2025-06-01T12:00:30Z is not a multiple of the job's alignment of 1m.",
    ],
    [['run', 'oo-agg', ...hour.with(5, '2025-06-01T12:00:00Z')], 'is not before --to'],
    [['run', 'oo-agg', ...hour.with(5, '2026-01-01T00:01:00Z')], '--to 2026-01-01T00:01:00Z lies in the future.'],
    [['run', 'oo-agg', ...hour, '--run-id', 'seven'], 'seven is not a valid UUID.'],
    [['check', '-o', 'xml'], 'Allowed choices are table, json.'],
  ])('exits with 2 for %j', async (args, sentence) => {
    const outcome = await callCli(args);
    expect(outcome).toMatchObject({ exitCode: 2, stdout: '' });
    expect(outcome.stderr).toContain(sentence);
  });

  it('prints a failure as sentence, remedy and code; causes only when asked', async () => {
    const sql = async (): Promise<never> => {
      throw new ObserveBridgeError('OB_DATABASE_AUTH', 'database', 'postgres://me:pw@db refused the password.', new Error('28P01'));
    };
    const plain = await callCli(['sql', 'select 1'], { sql });
    expect(plain).toMatchObject({ exitCode: 1, stdout: '' });
    expect(plain.stderr).toContain(
      'postgres://me:***@db refused the password.\nCheck user and password in `database.url`. (OB_DATABASE_AUTH)\n',
    );
    expect(plain.stderr).not.toContain('28P01');
    expect((await callCli(['--verbose', 'sql', 'select 1'], { sql })).stderr).toContain('caused by Error: 28P01');
    const json = await callCli(['sql', 'select 1', '--output', 'json'], { sql });
    const body = JSON.parse(json.stderr.split('\n').find((line) => line.startsWith('{')) ?? '');
    expect(body).toMatchObject({ error: { code: 'OB_DATABASE_AUTH', stage: 'database', retryable: false } });
  });

  it('prints usage failures as JSON too', async () => {
    const outcome = await callCli(['bogus', '--output=json']);
    expect(JSON.parse(outcome.stderr)).toMatchObject({ error: { code: 'OB_USAGE' } });
  });
});

describe('run', () => {
  it('asks for the range and prints the report', async () => {
    const id = '018F3A5E1C2D70008000000000000000';
    const outcome = await callCli(['run', 'oo-agg', ...hour, '--run-id', id, '-o', 'json'], { runJob: async (request) => report(request) });
    expect(outcome.exitCode).toBe(0);
    const expected = { run_id: '018f3a5e-1c2d-7000-8000-000000000000', from: '2025-06-01T12:00:00Z', windows: 60, rows: 7, elapsed_ms: 5 };
    expect(JSON.parse(outcome.stdout)).toMatchObject(expected);
  });

  it('takes the run id from the environment, else makes one', async () => {
    const runJob = async (request: RunRequest): Promise<RunReport> => report(request);
    const idOf = async (variables: Record<string, string>): Promise<string> =>
      JSON.parse((await callCli(['run', 'oo-agg', ...hour, '-o', 'json'], { runJob }, variables)).stdout).run_id;
    const id = '018f3a5e-1c2d-7000-8000-000000000000';
    expect(await idOf({ OBSERVEBRIDGE_RUN_ID: `urn:uuid:${id}` })).toBe(id);
    expect(await idOf({ OBSERVEBRIDGE_RUN_ID: '' })).toMatch(/^019b76da-a800-7000-8000-0{12}$/);
  });

  it('exits with 1 when a window failed and says which', async () => {
    const outcome = await callCli(['run', 'oo-agg', ...hour], { runJob: async (request) => report(request, 1) });
    expect(outcome.exitCode).toBe(1);
    expect(outcome.stderr).toContain(
      '2025-06-01T12:00:00Z … 2025-06-01T13:00:00Z: The root is gone. Check that the path in the message exists and that this user may read it. (OB_SOURCE_UNREADABLE)',
    );
  });
});

describe('the other commands', () => {
  it('sql prints rows, 64-bit integers as digits', async () => {
    const result = { columns: ['id', 'name'], rows: [{ id: 9007199254740993n, name: null }] };
    const json = await callCli(['sql', 'select 1', '-o', 'json'], { sql: async () => result });
    expect(json.stdout).toContain('"id": 9007199254740993');
    expect((await callCli(['sql', 'select 1'], { sql: async () => result })).stdout).toBe(
      '              id  name\n----------------  ----\n9007199254740993\n',
    );
  });

  it('check exits with 1 when a finding is an error', async () => {
    const finding = (level: 'ok' | 'error') => ({ subject: 'database', level, text: 'It answers.' });
    expect((await callCli(['check'], { check: async () => [finding('ok')] })).exitCode).toBe(0);
    expect((await callCli(['check'], { check: async () => [finding('ok'), finding('error')] })).exitCode).toBe(1);
  });

  it('config show and config schema need nothing else', async () => {
    expect((await callCli(['config', 'show'])).stdout).toContain('id: demo');
    expect(JSON.parse((await callCli(['config', 'schema'])).stdout)).toMatchObject({ type: 'object', required: ['tenants'] });
  });
});
