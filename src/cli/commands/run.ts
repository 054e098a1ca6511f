import type { Command } from 'commander';
import { jobNames } from '../../config/jobs-schema.ts';
import type { Config } from '../../config/schema.ts';
import { errorCatalogue, ObserveBridgeError } from '../../core/error.ts';
import { createRunId, parseRunId } from '../../core/run-id.ts';
import { formatTime, type Micros, parseTime, toMicros } from '../../core/time.ts';
import type { Window } from '../../core/window.ts';
import type { CliDeps, RunRequest } from '../command.ts';
import type { Bind } from '../invocation.ts';

interface RunOptions {
  readonly tenant: string;
  readonly from: string;
  readonly to: string;
  readonly runId?: string;
}

/** `run`: one job over one range of one tenant; exits with 0 only if every window succeeded. */
export function addRunCommand(program: Command, bind: Bind): void {
  program
    .command('run')
    .description('Run a job once over every window of a range, and wait for it.')
    .argument('<job>', `One of ${jobNames.join(', ')}.`)
    .requiredOption('--tenant <id>', 'Tenant of the configuration.')
    .requiredOption('--from <time>', 'Beginning of the range, UTC, such as 2023-01-30T12:00:00Z.')
    .requiredOption('--to <time>', 'End of the range, not itself part of it.')
    .option('--run-id <uuid>', 'Id of the calling orchestrator; OBSERVEBRIDGE_RUN_ID or a new one if absent.')
    .action(
      bind(async (invocation, job: string, options: RunOptions) => {
        const runId = toRunId(options.runId, invocation.deps);
        const loaded = await invocation.loadConfig();
        const request = toRequest(job, options, runId, loaded.config, invocation.deps.now());
        const fields = { run_id: runId, tenant_id: request.tenantId, job };
        const report = await invocation.withWiring(loaded, fields, (wiring) => wiring.runJob(request));
        const columns = ['job', 'tenant_id', 'from', 'to', 'windows', 'failed', 'rows', 'elapsed_ms', 'run_id'];
        invocation.print(report, columns, [{ ...report }]);
        for (const failure of report.failures) {
          const { remedy } = errorCatalogue[failure.code];
          invocation.deps.stderr.write(`${failure.from} … ${failure.to}: ${failure.message} ${remedy} (${failure.code})\n`);
        }
        if (report.failed > 0) invocation.fail();
      }),
    );
}

function toRunId(flag: string | undefined, deps: CliDeps): string {
  const given = flag ?? (deps.environment.variables.OBSERVEBRIDGE_RUN_ID || undefined);
  const runId = given === undefined ? createRunId(Math.floor(deps.now() / 1000), deps.random()) : parseRunId(given);
  if (runId === undefined) throw new ObserveBridgeError('OB_USAGE', 'usage', `${given} is not a valid UUID.`);
  return runId;
}

function toRequest(job: string, options: RunOptions, runId: string, config: Config, now: Micros): RunRequest {
  const name = jobNames.find((known) => known === job);
  if (name === undefined)
    throw new ObserveBridgeError('OB_JOB_UNKNOWN', 'usage', `There is no job ${job}; there are ${jobNames.join(', ')}.`);
  if (!config.tenants.some((tenant) => tenant.id === options.tenant)) {
    const known = config.tenants.map((tenant) => tenant.id).join(', ');
    throw new ObserveBridgeError('OB_TENANT_UNKNOWN', 'usage', `There is no tenant ${options.tenant}; the configuration has ${known}.`);
  }
  return { job: name, tenantId: options.tenant, range: toRange(options, config.jobs[name].align, now), runId };
}

function toRange(options: RunOptions, align: string, now: Micros): Window {
  const refuse = (sentence: string): never => {
    throw new ObserveBridgeError('OB_RANGE_INVALID', 'usage', sentence);
  };
  const from = parseTime(options.from) ?? refuse(`--from ${options.from} is not a time.`);
  const to = parseTime(options.to) ?? refuse(`--to ${options.to} is not a time.`);
  if (from >= to) refuse(`--from ${formatTime(from)} is not before --to ${formatTime(to)}.`);
  for (const [flag, time] of [
    ['--from', from],
    ['--to', to],
  ] as const) {
    if (time % toMicros(align) !== 0) refuse(`${flag} ${formatTime(time)} is not a multiple of the job's alignment of ${align}.`);
  }
  if (to > now) refuse(`--to ${formatTime(to)} lies in the future.`);
  return { from, to };
}
