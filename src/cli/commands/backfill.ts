import { type Command, Option } from 'commander';
import { type JobName, jobNames } from '../../config/jobs-schema.ts';
import type { LoadedConfig } from '../../config/load.ts';
import { ObserveBridgeError, toObserveBridgeError } from '../../core/error.ts';
import { parseTime } from '../../core/time.ts';
import type { Window } from '../../core/window.ts';
import {
  type Backfill,
  type BackfillMode,
  type BackfillStatus,
  backfillModes,
  backfillStatuses,
  createBackfill,
  getBackfill,
  listBackfillRanges,
  listBackfills,
  planBackfill,
  setBackfillStatus,
} from '../../store/backfill.ts';
import type { Db } from '../../store/db.ts';
import type { ScheduleEntry } from '../../store/schedule.ts';
import { addCallerOptions, type CallerOptions, toCaller, toLogFields } from '../caller.ts';
import type { Bind } from '../invocation.ts';
import { toCount, toId } from '../option-value.ts';
import { toJobName, toRange } from '../range.ts';
import { recordRejection, recordRequest } from '../trigger-record.ts';
import { watchBackfill } from '../watch-backfill.ts';
import { withDb } from '../with-db.ts';

interface CreateOptions extends CallerOptions {
  readonly tenant: string;
  readonly from: string;
  readonly to: string;
  readonly mode: BackfillMode;
  readonly concurrency: number;
  readonly dryRun: boolean;
  readonly stopOnFailure: boolean;
  readonly backwards: boolean;
  readonly force: boolean;
  readonly wait: boolean;
}

interface ListOptions {
  readonly tenant?: string;
  readonly job?: string;
  readonly status?: BackfillStatus;
  readonly limit: number;
}

const columns = ['backfill_id', 'job', 'tenant_id', 'window_from', 'window_to', 'mode', 'status', 'windows', 'pending', 'queued'].concat(
  ...['success', 'failed', 'canceled', 'skipped', 'error_message'],
);
const rangeColumns = ['window_from', 'window_to', 'windows', 'status', 'skip_reason'];

/** `backfill`: has the workers of a running service run a range of windows again, and controls that. */
export function addBackfillCommand(program: Command, bind: Bind): void {
  const backfill = program
    .command('backfill')
    .helpCommand(false)
    .description('Have the running service run a range of windows, with a record of each.');
  addCreateCommand(backfill, bind);
  backfill
    .command('list')
    .description('List backfills, newest first.')
    .option('--tenant <id>', 'Only those of this tenant.')
    .option('--job <job>', 'Only those of this job.')
    .addOption(new Option('--status <status>', 'Only those in this state.').choices(backfillStatuses))
    .option('--limit <count>', 'How many at most.', toCount(1000), 20)
    .action(
      bind(async (invocation, { tenant, ...filter }: ListOptions) => {
        const list = await withDb(invocation, (db) => listBackfills(db, { ...filter, ...(tenant ? { tenants: [tenant] } : {}) }));
        invocation.print(
          list,
          columns,
          list.map((row) => ({ ...row })),
        );
      }),
    );
  backfill
    .command('show')
    .description('Show a backfill and what became of its windows.')
    .argument('<id>', 'Number of the backfill.', toId)
    .action(
      bind(async (invocation, id: bigint) => {
        const [found, ranges] = await withDb(invocation, async (db) => [
          await findBackfill(db, id),
          await listBackfillRanges(db, id, 1000),
        ]);
        invocation.print({ ...found, ranges }, columns, [{ ...found }]);
        if (invocation.options.output === 'table')
          invocation.print(
            ranges,
            rangeColumns,
            ranges.map((row) => ({ ...row })),
          );
      }),
    );
  for (const [name, status, description] of [
    ['pause', 'paused', 'Queue nothing more for now; windows that run finish.'],
    ['resume', 'running', 'Go on with a paused backfill.'],
    ['cancel', 'canceled', 'End a backfill; windows that run finish.'],
  ] as const) {
    backfill
      .command(name)
      .description(description)
      .argument('<id>', 'Number of the backfill.', toId)
      .action(
        bind(async (invocation, id: bigint) => {
          const changed = await withDb(invocation, (db) => db.transaction((tx) => setBackfillStatus(tx, id, status)));
          invocation.print(changed, columns, [{ ...changed }]);
        }),
      );
  }
}

function addCreateCommand(backfill: Command, bind: Bind): void {
  const command = backfill
    .command('create', { isDefault: true })
    .description('Create a backfill; `backfill <job>` is the same.')
    .argument('<job>', `One of ${jobNames.join(', ')}.`)
    .requiredOption('--tenant <id>', 'Tenant to run it for.')
    .requiredOption('--from <time>', 'Beginning of the range, UTC, such as 2023-01-30T12:00:00Z.')
    .requiredOption('--to <time>', 'End of the range, not itself part of it.')
    .addOption(
      new Option('--mode <mode>', 'Which windows that ran before run again: none, those that failed, or the completed ones too.')
        .choices(backfillModes)
        .default('none'),
    )
    .option('--concurrency <count>', 'Reads of this backfill that may run at once.', toCount(64), 1)
    .option('--stop-on-failure', 'End with the first window that fails.', false)
    .option('--backwards', 'Begin with the newest windows.', false)
    .option('--force', 'Also run windows that were pruned.', false)
    .option('--dry-run', 'Print what would be done, and do nothing.', false)
    .option('--wait', 'Show the progress until it ends; exit with 0 only if every window succeeded.', false);
  addCallerOptions(command).action(
    bind(async (invocation, job: string, options: CreateOptions) => {
      const caller = toCaller(options, invocation.deps);
      invocation.identify(caller.runId);
      const loaded = await invocation.loadConfig();
      const times = { from: parseTime(options.from), to: parseTime(options.to) };
      const asked = { job, tenantId: options.tenant, trigger: 'backfill', caller, ...(isRange(times) ? { range: times } : {}) } as const;
      let checked: { job: JobName; range: Window };
      try {
        const name = toJobName(job);
        checked = { job: name, range: toRange(options, loaded.config.jobs[name].align, invocation.deps.now()) };
      } catch (error) {
        if (!options.dryRun) await recordRejection(invocation, loaded, asked, error);
        throw error;
      }
      const fields = { ...toLogFields(caller), tenant_id: options.tenant, job };
      await invocation.withWiring(loaded, fields, async (wiring, progress) => {
        const db = await wiring.openDb();
        if (options.wait && db.kind === 'pglite') {
          const sentence = '--wait needs a service beside this command, and the embedded database belongs to one process.';
          throw new ObserveBridgeError('OB_USAGE', 'usage', sentence);
        }
        const entry = await findEntry(db, loaded, checked.job, options.tenant).catch(async (error) => {
          if (!options.dryRun) await recordRequest(invocation, wiring, asked, 'rejected', toObserveBridgeError(error).message);
          throw error;
        });
        const { mode, concurrency, stopOnFailure, backwards: runBackwards, force } = options;
        const { tenantId, align, delay, maxBatch } = entry;
        const choices = { mode, concurrency, stopOnFailure, runBackwards, force };
        const request = { ...checked, tenantId, align, delay, maxBatch, ...choices, caller, now: invocation.deps.now() };
        if (options.dryRun) {
          const plan = await planBackfill(db, request);
          invocation.print(
            plan,
            rangeColumns,
            plan.ranges.map((row) => ({ ...row })),
          );
          return;
        }
        const created = await createBackfill(db, request);
        const last = options.wait ? await watchBackfill(db, created, progress, invocation.deps) : created;
        invocation.print(last, columns, [{ ...last }]);
        if (!options.wait || last.status === 'success') return;
        invocation.fail();
        invocation.note(
          last.status === 'running'
            ? `Backfill ${last.backfill_id} goes on without this command; backfill show ${last.backfill_id} tells how far it is.`
            : `Backfill ${last.backfill_id} is ${last.status}. ${last.error_message ?? ''}`.trimEnd(),
        );
      });
    }),
  );
}

function isRange(times: { from: number | undefined; to: number | undefined }): times is Window {
  return times.from !== undefined && times.to !== undefined;
}

/** The alignment, delay and batch of a job of a tenant, which the configuration or the database names. */
async function findEntry(db: Db, { config }: LoadedConfig, job: JobName, tenantId: string): Promise<ScheduleEntry> {
  // It loads the jobs with their engine, which takes longer than printing the help.
  const { createTenantDirectory } = await import('../../runtime/tenant-directory.ts');
  const directory = await createTenantDirectory(
    db,
    async () => config,
    () => undefined,
  ).look();
  const entry = directory.entries.find((each) => each.job === job && each.tenantId === tenantId);
  if (entry !== undefined) return entry;
  const known = directory.entries.flatMap((each) => (each.job === job ? [each.tenantId] : []));
  throw new ObserveBridgeError(
    'OB_TENANT_UNKNOWN',
    'usage',
    `There is no tenant ${tenantId} of ${job}; there are ${known.slice(0, 10).join(', ')}.`,
  );
}

async function findBackfill(db: Db, id: bigint): Promise<Backfill> {
  const found = await getBackfill(db, id);
  if (found === undefined) throw new ObserveBridgeError('OB_BACKFILL_UNKNOWN', 'usage', `There is no backfill ${id}.`);
  return found;
}
