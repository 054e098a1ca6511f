import { type Command, Option } from 'commander';
import { ObserveBridgeError } from '../../core/error.ts';
import type { Micros } from '../../core/time.ts';
import type { Tx } from '../../store/db.ts';
import { cancelRun, retryRun } from '../../store/run-control.ts';
import { getRun, listRuns, type RunStatus, runStatuses } from '../../store/run-list.ts';
import type { Bind } from '../invocation.ts';
import { toCount, toId, toRunId, toTime } from '../option-value.ts';
import { withDb } from '../with-db.ts';

interface ListOptions {
  readonly tenant?: string;
  readonly job?: string;
  readonly status?: RunStatus;
  readonly runId?: string;
  readonly from?: Micros;
  readonly to?: Micros;
  readonly limit: number;
}

const columns = ['id', 'job', 'tenant_id', 'window_from', 'window_to', 'status', 'attempt', 'trigger', 'error_code', 'run_id'];
const attemptColumns = ['attempt', 'status', 'worker', 'started_at', 'finished_at', 'error_code', 'error_message'];

/** `runs`: what became of each window, and what to do about it. */
export function addRunsCommand(program: Command, bind: Bind): void {
  const runs = program
    .command('runs')
    .helpCommand(false)
    .description('Look at runs, one per job, tenant and window, and repeat or cancel them.');
  runs
    .command('list')
    .description('List runs, newest window first.')
    .option('--tenant <id>', 'Only those of this tenant.')
    .option('--job <job>', 'Only those of this job.')
    .addOption(new Option('--status <status>', 'Only those in this state.').choices(runStatuses))
    .option('--run-id <uuid>', 'Only those that this id of an orchestrator ever touched.', toRunId)
    .option('--from <time>', 'Only windows that begin at this time or later.', toTime)
    .option('--to <time>', 'Only windows that begin before this time.', toTime)
    .option('--limit <count>', 'How many at most.', toCount(1000), 20)
    .action(
      bind(async (invocation, { tenant, ...filter }: ListOptions) => {
        const page = await withDb(invocation, (db) => listRuns(db, { ...filter, tenantId: tenant }));
        invocation.print(
          page.items,
          columns,
          page.items.map((row) => ({ ...row })),
        );
        if (page.nextCursor !== undefined) invocation.note(`There are more than ${filter.limit}; --limit, --from and --to choose others.`);
      }),
    );
  runs
    .command('show')
    .description('Show a run, its attempts, and the log of the newest one.')
    .argument('<id>', 'Number of the run.', toId)
    .action(
      bind(async (invocation, id: bigint) => {
        const run = await withDb(invocation, (db) => getRun(db, id));
        if (run === undefined) throw unknownRun(id);
        const { attempts, ...fields } = run;
        const rows = Object.entries(fields).map(([field, value]) => ({ field, value: typeof value === 'object' ? value : String(value) }));
        invocation.print(run, ['field', 'value'], rows);
        if (invocation.options.output !== 'table') return;
        invocation.print(
          attempts,
          attemptColumns,
          attempts.map((row) => ({ ...row })),
        );
        const log = attempts.at(-1)?.log ?? [];
        invocation.print(
          log,
          ['at', 'level', 'text'],
          log.map((line) => ({ ...line })),
        );
      }),
    );
  addControl('retry', 'Queue runs that have ended again; all of them or none.', 'is queued or running already', retryRun);
  addControl('cancel', 'Cancel runs that wait or run; all of them or none.', 'has ended already', cancelRun);

  function addControl<Status>(
    name: string,
    description: string,
    refusal: string,
    control: (tx: Tx, id: bigint) => Promise<Status | undefined>,
  ): void {
    runs
      .command(name)
      .description(description)
      .argument('<id...>', 'Numbers of the runs.', (text: string, before: bigint[] = []) => [...before, toId(text)])
      .action(
        bind(async (invocation, ids: readonly bigint[]) => {
          const changed = await withDb(invocation, (db) =>
            db.transaction(async (tx) => {
              const results: { id: bigint; status: Status }[] = [];
              for (const id of ids) {
                const status = await control(tx, id);
                if (status === undefined) throw (await getRun(tx, id)) ? refuseRun(id, refusal) : unknownRun(id);
                results.push({ id, status });
              }
              return results;
            }),
          );
          invocation.print(changed, ['id', 'status'], changed);
        }),
      );
  }
}

function unknownRun(id: bigint): ObserveBridgeError {
  return new ObserveBridgeError('OB_RUN_UNKNOWN', 'usage', `There is no run ${id}.`);
}

function refuseRun(id: bigint, refusal: string): ObserveBridgeError {
  return new ObserveBridgeError('OB_RUN_STATUS', 'write', `Run ${id} ${refusal}.`);
}
