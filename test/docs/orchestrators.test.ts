import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Value } from 'typebox/value';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { EnqueueBodySchema } from '../../src/api/contract.ts';
import type { RunRequest } from '../../src/cli/command.ts';
import { MINUTE, parseTime } from '../../src/core/time.ts';
import type { Db } from '../../src/store/db.ts';
import { enqueueWindows, recordTrigger } from '../../src/store/trigger.ts';
import { callCli } from '../support/cli.ts';
import { describeDatabases } from '../support/databases.ts';

const [uid, otherUid] = ['12345678-1234-5678-1234-567812345678', '018f3a5e-1c2d-7000-8000-000000000000'];

/** The quoted parts of a guide by name. */
function readGuide(name: string): ReadonlyMap<string, string> {
  const text = readFileSync(join(import.meta.dirname, '../../docs/guides', `${name}.md`), 'utf8');
  return new Map([...text.matchAll(/<!-- (\S+) -->\n```\w+\n([\s\S]*?)```/g)].map(([, part = '', code = '']) => [part, code]));
}

const argo = readGuide('argo-workflows');
const airflow = readGuide('airflow');
const part = (guide: ReadonlyMap<string, string>, name: string): string => guide.get(name) ?? expect.fail(`The guide has no part ${name}.`);

/** What the command line would hand to `runJob`. */
async function requestOf(args: readonly string[], variables: Record<string, string> = {}): Promise<RunRequest> {
  let seen: RunRequest | undefined;
  const runJob = async (request: RunRequest): Promise<never> => {
    seen = request;
    throw new Error('enough');
  };
  const { stderr } = await callCli(
    args.filter((arg) => !arg.startsWith('--config')),
    { runJob },
    variables,
  );
  return seen ?? expect.fail(stderr);
}

interface Template {
  readonly name: string;
  readonly container?: { readonly args: readonly string[] };
  readonly http?: { readonly body?: string; readonly url: string };
}

describe('the manifests for Argo Workflows', () => {
  const values: Record<string, string> = {
    'workflow.uid': uid,
    'workflow.name': 'observebridge-x7k',
    'workflow.namespace': 'ops',
    'workflow.status': 'Succeeded',
    'inputs.parameters.runs': '[{"id": 1}]',
    ...Object.fromEntries(
      ['inputs', 'workflow'].flatMap((from) => [
        [`${from}.parameters.job`, 'oo-agg'],
        [`${from}.parameters.tenant`, 'demo'],
        [`${from}.parameters.from`, '2025-06-01T12:00:00Z'],
        [`${from}.parameters.to`, '2025-06-01T13:00:00Z'],
      ]),
    ),
  };
  const fill = (text = ''): string => text.replace(/\{\{(.*?)\}\}/g, (_, name) => values[name] ?? expect.fail(`Argo has no ${name}.`));
  const templateOf = (manifest: string, name: string): Template => {
    const { spec } = parse(part(argo, manifest)) as { spec: { templates: Template[] } };
    return spec.templates.find((template) => template.name === name) ?? expect.fail(`${manifest} has no template ${name}.`);
  };

  it('give run the uid of the workflow, its name and its window', async () => {
    const request = await requestOf(templateOf('argo/template', 'run').container?.args.map(fill) ?? []);
    expect(request).toEqual({
      job: 'oo-agg',
      tenantId: 'demo',
      range: { from: parseTime('2025-06-01T12:00:00Z'), to: parseTime('2025-06-01T13:00:00Z') },
      caller: { runId: uid, origin: { system: 'argo', name: 'ops/observebridge-x7k' } },
    });
  });

  it('list the runs of the uid at the end and post them', async () => {
    const args = templateOf('argo/template', 'list').container?.args.map(fill) ?? [];
    const opened = await callCli(args.filter((arg) => !arg.startsWith('--config')));
    // The command line is right: only the database is missing here.
    expect(opened).toMatchObject({ exitCode: 1, stderr: expect.stringContaining('asked for more than the test expects') });
    const body = JSON.parse(fill(templateOf('argo/template', 'post').http?.body));
    expect(body).toEqual({ workflow: 'observebridge-x7k', uid, status: 'Succeeded', runs: [{ id: 1 }] });
  });

  it('ask a service for what its interface takes', () => {
    const body: unknown = JSON.parse(fill(templateOf('argo/enqueue', 'enqueue').http?.body));
    expect([...Value.Errors(EnqueueBodySchema, body)]).toEqual([]);
    expect(body).toMatchObject({ run_id: uid, origin: { system: 'argo', name: 'ops/observebridge-x7k' } });
    for (const name of ['wait', 'check']) expect(fill(templateOf('argo/enqueue', name).http?.url)).toContain(`run_id=${uid}`);
  });

  it('refer only to templates that there are, with every parameter', () => {
    const main = parse(part(argo, 'argo/cron')).spec.workflowSpec.templates;
    const [[run]] = main[0].steps;
    const { inputs } = parse(part(argo, 'argo/template')).spec.templates.find((each: Template) => each.name === run.templateRef.template);
    const names = (parameters: { name: string }[]) => parameters.map(({ name }) => name);
    expect(names(run.arguments.parameters)).toEqual(names(inputs.parameters));
    expect(templateOf('argo/template', main[1].steps[0][0].templateRef.template).name).toBe('report');
  });
});

const python = spawnSync('python3', ['--version'], { encoding: 'utf8' });
const hasPython = python.status === 0;
describe(hasPython ? 'the code for Airflow' : 'the code for Airflow (skipped: no python3)', () => {
  const values: Record<string, string> = {
    'run_uuid(dag_run)': uid,
    '(data_interval_start - macros.timedelta(hours=1)) | ts': '2025-06-01T11:00:00+00:00',
    'data_interval_start | ts': '2025-06-01T12:00:00+00:00',
    'data_interval_end | ts': '2025-06-01T13:00:00+00:00',
    'dag_run.dag_id': 'observebridge',
    'dag_run.run_id': 'scheduled__2025-06-01T12:00:00+00:00',
  };
  const fill = (text: string): string =>
    text.replace(/\{\{ (.*?) \}\}/g, (_, name) => values[name] ?? expect.fail(`Airflow has no ${name}.`));
  const caller = { runId: uid, origin: { system: 'airflow', name: 'observebridge/scheduled__2025-06-01T12:00:00+00:00' } };
  const range = { from: parseTime('2025-06-01T11:00:00Z'), to: parseTime('2025-06-01T12:00:00Z') };

  /** Runs Python on standard input and gives what it printed as JSON. */
  const callPython = (script: string, input: string): unknown => {
    const { stdout, stderr, status } = spawnSync('python3', ['-c', script], { input, encoding: 'utf8' });
    if (status !== 0) throw new Error(stderr);
    return JSON.parse(stdout);
  };
  /** The first literal that a call passes under a keyword; text in which other values are filled in already. */
  const literalOf = (name: string, keyword: string): unknown =>
    callPython(
      `import ast, json, sys
calls = [c for c in ast.walk(ast.parse(sys.stdin.read())) if isinstance(c, ast.Call)]
value = next(k.value for c in calls for k in c.keywords if k.arg == ${JSON.stringify(keyword)})
print(json.dumps(ast.literal_eval(value.args[0] if isinstance(value, ast.Call) else value)))`,
      fill(part(airflow, name)),
    );

  it.skipIf(!hasPython)('gives run the UUID of the DAG run, its name and its window', async () => {
    const request = await requestOf(literalOf('airflow/command', 'arguments') as string[]);
    expect(request).toEqual({ job: 'oo-agg', tenantId: 'demo', range, caller });
  });

  it.skipIf(!hasPython)('does so from a shell by the environment', async () => {
    const command = literalOf('airflow/bash', 'bash_command') as string;
    const env = literalOf('airflow/bash', 'env') as Record<string, string>;
    const context = { AIRFLOW_CTX_DAG_ID: 'observebridge', AIRFLOW_CTX_DAG_RUN_ID: 'scheduled__2025-06-01T12:00:00+00:00' };
    expect(await requestOf(command.split(' ').slice(1), { ...env, ...context })).toEqual({
      job: 'oo-agg',
      tenantId: 'demo',
      range,
      caller,
    });
  });

  it.skipIf(!hasPython)('asks a service for what its interface takes', () => {
    const body = literalOf('airflow/http', 'data');
    expect([...Value.Errors(EnqueueBodySchema, body)]).toEqual([]);
    expect(body).toMatchObject({ run_id: uid, origin: caller.origin });
  });

  it.skipIf(!hasPython)('derives the same UUID for the same DAG run', () => {
    const [, source = ''] = /\n(def run_uuid[\s\S]*?)\n\n\n/.exec(part(airflow, 'airflow/command')) ?? [];
    const ids = callPython(
      `import json, sys, types, uuid
exec(sys.stdin.read())
run = lambda dag, name: run_uuid(types.SimpleNamespace(dag_id=dag, run_id=name))
print(json.dumps([run("ops", "a"), run("ops", "a"), run("ops", "b"), run("dev", "a")]))`,
      source,
    ) as string[];
    expect(ids[0]).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-5[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
    expect(new Set(ids).size).toBe(3);
    expect(ids[1]).toBe(ids[0]);
  });
});

describeDatabases('the SQL of the guides', ['pglite', 'postgres 18'], (make) => {
  const at = parseTime('2025-06-01T12:00:00Z') ?? 0;
  const enqueue = (db: Db, minute: number, runId: string, name: string, system = 'argo') => {
    const range = { from: at + minute * MINUTE, to: at + (minute + 1) * MINUTE };
    const request = {
      job: 'oo-agg',
      tenantId: 'demo',
      range,
      align: MINUTE,
      delay: 0,
      trigger: 'event',
      caller: { runId, origin: { system, name } },
    };
    return db.transaction((tx) => enqueueWindows(tx, { ...request, trigger: 'event' }));
  };
  const toWindow = (minute: number): string => `2025-06-01T12:0${minute}:00Z`;
  const settled = `update etl_job_run set status = 'success'`;

  it('joins the archive of Argo to every window that a uid touched', async () => {
    const { db } = await make();
    await db.query(
      `create table argo_archived_workflows (uid varchar(128) not null, name varchar(256) not null, phase varchar(25) not null,
         namespace varchar(256) not null, workflow jsonb not null, startedat timestamp not null default current_timestamp,
         finishedat timestamp not null default current_timestamp, clustername varchar(64) not null, instanceid varchar(64) not null,
         creationtimestamp timestamp default current_timestamp, primary key (clustername, uid))`,
    );
    await db.query(
      `insert into argo_archived_workflows (uid, name, phase, namespace, workflow, startedat, clustername, instanceid) values
         ($1, 'first', 'Succeeded', 'ops', '{}', now() at time zone 'UTC' - interval '2 minutes', 'default', ''),
         ($2, 'second', 'Failed', 'ops', '{}', now() at time zone 'UTC' - interval '1 minute', 'default', ''),
         ('11111111-2222-3333-4444-555555555555', 'refused', 'Failed', 'ops', '{}', now() at time zone 'UTC', 'default', '')`,
      [uid, otherUid],
    );
    await enqueue(db, 1, uid, 'first');
    await enqueue(db, 2, uid, 'first');
    await db.query(settled);
    await enqueue(db, 2, otherUid, 'second');
    await enqueue(db, 2, otherUid, 'second');
    const caller = { runId: '11111111-2222-3333-4444-555555555555' };
    await recordTrigger(db, { job: 'oo-agg', tenantId: 'x', trigger: 'cli', caller }, 'rejected', 'There is no tenant x.');

    const rows = await db.query<{ name: string; window_from: string; status: string }>(part(argo, 'argo/runs'));
    expect(rows.map(({ name, window_from, status }) => [name, window_from, status])).toEqual([
      ['first', toWindow(1), 'success'],
      ['first', toWindow(2), 'queued'],
      ['second', toWindow(2), 'queued'],
    ]);
    const triggers = await db.query<{ name: string; outcome: string; reason: string }>(part(argo, 'argo/triggers'));
    expect(triggers.map(({ name, outcome, reason }) => [name, outcome, reason])).toEqual([
      ['second', 'deduplicated', null],
      ['refused', 'rejected', 'There is no tenant x.'],
    ]);

    await db.query(
      `insert into etl_job_run (job, tenant_id, window_from, window_to, run_id, payload)
       select 'oo-agg', 'many', t, t + interval '1 minute', id, jsonb_build_object('run_ids', jsonb_build_array(id))
       from (select timestamptz '2024-01-01' + n * interval '1 minute' as t, gen_random_uuid() as id from generate_series(1, 20000) n) many`,
    );
    await db.query('analyze etl_job_run');
    const plan = await db.query<{ 'QUERY PLAN': string }>(`explain ${part(argo, 'argo/runs')}`);
    expect(plan.map((row) => row['QUERY PLAN']).join('\n')).toContain('etl_job_run_run_ids');
  });

  it("joins Airflow's DAG runs by the name of the origin, each window once", async () => {
    const { db } = await make();
    await db.query(
      `create table dag_run (id int primary key, dag_id varchar(250) not null, run_id varchar(250) not null, state varchar(50), start_date timestamptz)`,
    );
    await db.query(`insert into dag_run values (1, 'ops', 'manual__a', 'success', now()), (2, 'ops', 'manual__b', 'failed', now())`);
    await enqueue(db, 1, uid, 'ops/manual__a', 'airflow');
    await enqueue(db, 1, uid, 'ops/manual__a', 'airflow');
    const caller = { runId: otherUid, origin: { system: 'airflow', name: 'ops/manual__b' } };
    await recordTrigger(db, { job: 'oo-agg', tenantId: 'x', trigger: 'cli', caller }, 'rejected', 'There is no tenant x.');
    expect(await db.query(part(airflow, 'airflow/runs'))).toMatchObject([
      { run_id: 'manual__a', outcome: 'deduplicated', window_from: toWindow(1), status: 'queued' },
      { run_id: 'manual__b', outcome: 'rejected', reason: 'There is no tenant x.', window_from: null },
    ]);
  });
});
