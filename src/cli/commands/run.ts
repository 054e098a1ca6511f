import type { Command } from 'commander';
import { type JobName, jobNames } from '../../config/jobs-schema.ts';
import type { Config } from '../../config/schema.ts';
import { errorCatalogue, ObserveBridgeError, toObserveBridgeError } from '../../core/error.ts';
import { type Micros, parseTime } from '../../core/time.ts';
import type { Window } from '../../core/window.ts';
import { addCallerOptions, type CallerOptions, toCaller, toLogFields } from '../caller.ts';
import type { RunReport } from '../command.ts';
import type { Bind } from '../invocation.ts';
import { toJobName, toRange } from '../range.ts';
import { recordRejection, recordRequest } from '../trigger-record.ts';

interface RunOptions extends CallerOptions {
  readonly tenant: string;
  readonly from: string;
  readonly to: string;
}

/** `run`: one job over one range of one tenant; exits with 0 only if every window succeeded. Every call is recorded, refused ones too. */
export function addRunCommand(program: Command, bind: Bind): void {
  const command = program
    .command('run')
    .description('Run a job once over every window of a range, and wait for it.')
    .argument('<job>', `One of ${jobNames.join(', ')}.`)
    .requiredOption('--tenant <id>', 'Tenant of the configuration.')
    .requiredOption('--from <time>', 'Beginning of the range, UTC, such as 2023-01-30T12:00:00Z.')
    .requiredOption('--to <time>', 'End of the range, not itself part of it.');
  addCallerOptions(command).action(
    bind(async (invocation, job: string, options: RunOptions) => {
      const caller = toCaller(options, invocation.deps);
      invocation.identify(caller.runId);
      const loaded = await invocation.loadConfig();
      const [from, to] = [parseTime(options.from), parseTime(options.to)];
      const asked = { job, tenantId: options.tenant, trigger: 'cli', caller } as const;
      const request = { ...asked, ...(from === undefined || to === undefined ? {} : { range: { from, to } }) };
      let checked: { job: JobName; range: Window };
      try {
        checked = check(job, options, loaded.config, invocation.deps.now());
      } catch (error) {
        await recordRejection(invocation, loaded, request, error);
        throw error;
      }
      const fields = { ...toLogFields(caller), tenant_id: options.tenant, job };
      const report = await invocation.withWiring(loaded, fields, async (wiring) => {
        try {
          const report = await wiring.runJob({ ...checked, tenantId: options.tenant, caller });
          await recordRequest(invocation, wiring, request, ...toOutcome(report));
          return report;
        } catch (error) {
          await recordRequest(invocation, wiring, request, 'rejected', toObserveBridgeError(error).message);
          throw error;
        }
      });
      const columns = ['job', 'tenant_id', 'from', 'to', 'windows', 'failed', 'rows', 'elapsed_ms', 'run_id'];
      invocation.print(report, columns, [{ ...report }]);
      for (const failure of report.failures) {
        const { remedy } = errorCatalogue[failure.code];
        invocation.note(`${failure.from} … ${failure.to}: ${failure.message} ${remedy} (${failure.code})`);
      }
      if (report.failed > 0) invocation.fail();
    }),
  );
}

/** Windows that other workers hold were not run for this caller. */
function toOutcome({ windows, failed, failures }: RunReport): ['accepted' | 'deduplicated', string?] {
  const busy = failures.filter((failure) => failure.code === 'OB_WINDOW_BUSY');
  if (busy.length === 0) return ['accepted'];
  return busy.length === failures.length && failed === windows ? ['deduplicated'] : ['accepted', 'Some windows were running already.'];
}

function check(job: string, options: RunOptions, config: Config, now: Micros): { job: JobName; range: Window } {
  const name = toJobName(job);
  if (!config.tenants.some((tenant) => tenant.id === options.tenant)) {
    const known = config.tenants.map((tenant) => tenant.id).join(', ');
    throw new ObserveBridgeError('OB_TENANT_UNKNOWN', 'usage', `There is no tenant ${options.tenant}; the configuration has ${known}.`);
  }
  return { job: name, range: toRange(options, config.jobs[name].align, now) };
}
