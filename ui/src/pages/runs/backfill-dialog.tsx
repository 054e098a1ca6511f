import { useState } from 'react';
import type { BackfillPlan } from '../../api/types.ts';
import { useAct } from '../../api/use-api.ts';
import { formatTenant } from '../../frame/tenant.ts';
import { Confirm } from '../../parts/confirm.tsx';
import { Empty } from '../../parts/states.tsx';
import { count, formatWindow, toIso } from '../../text/format.ts';
import type { BackfillLane } from './backfill-lanes.ts';

interface BackfillDialogProps {
  readonly lanes: readonly BackfillLane[];
  readonly job: string | undefined;
  readonly tenant: string | undefined;
  readonly range: { readonly from: number; readonly to: number };
  readonly onClose: () => void;
}

const modes = [
  ['none', 'Only windows that have never run'],
  ['failed', 'Also windows that failed'],
  ['completed', 'All windows again, also those that succeeded'],
] as const;

/** Starts a backfill in two steps: the plan of a dry run says what would happen, then the same request does it. */
export function BackfillDialog({ lanes, job, tenant, range, onClose }: BackfillDialogProps) {
  const lane = lanes.find((one) => (job === undefined || one.job === job) && (tenant === undefined || one.tenantId === tenant)) ?? lanes[0];
  const [asked, setAsked] = useState(() => ({
    lane: lane === undefined ? '' : toKey(lane),
    ...dueRange(range, lane),
    mode: 'none',
    concurrency: '1',
  }));
  const chosen = lanes.find((one) => toKey(one) === asked.lane);
  const [planned, setPlanned] = useState<typeof asked>();
  const plan = useAct<BackfillPlan, object>('/api/v1/backfills');
  const start = useAct<unknown, object>('/api/v1/backfills', ['/api/v1/']);
  const [jobName, tenantId] = asked.lane.split(' ');
  const body = {
    job: jobName,
    tenant_id: tenantId,
    from: asked.from,
    to: asked.to,
    mode: asked.mode,
    concurrency: Number(asked.concurrency),
  };
  const isPlanned = planned === asked && plan.data !== undefined;
  const change = (field: keyof typeof asked, value: string): void => setAsked((before) => ({ ...before, [field]: value }));
  const confirm = (): void => {
    if (isPlanned) start.mutate(body, { onSuccess: onClose });
    else plan.mutate({ ...body, dry_run: true }, { onSuccess: () => setPlanned(asked) });
  };
  const pending = plan.data?.pending ?? 0;
  return (
    <Confirm
      title="Backfill"
      action={isPlanned ? `Run ${count(pending, 'window')}` : 'See what would happen'}
      isBusy={plan.isPending || start.isPending}
      isBlocked={lanes.length === 0 || (isPlanned && pending === 0)}
      error={start.error ?? plan.error}
      onConfirm={confirm}
      onClose={onClose}
    >
      {lanes.length === 0 && (
        <Empty
          title="There is nothing to fill yet."
          advice="No job has a schedule, and none ran at the time that is shown. Start the scheduler with `observebridge up`, or choose a time with runs."
        />
      )}
      <label>
        Job and tenant
        <select value={asked.lane} onChange={({ target }) => change('lane', target.value)}>
          {lanes.map((one) => (
            <option key={toKey(one)} value={toKey(one)}>
              {one.job} of {formatTenant(one.tenantId)}
            </option>
          ))}
        </select>
      </label>
      <label>
        From (UTC)
        <input value={asked.from} onChange={({ target }) => change('from', target.value)} required spellCheck={false} />
      </label>
      <label>
        To (UTC, not included)
        <input value={asked.to} onChange={({ target }) => change('to', target.value)} required spellCheck={false} />
      </label>
      <label>
        Which windows
        <select value={asked.mode} onChange={({ target }) => change('mode', target.value)}>
          {modes.map(([mode, words]) => (
            <option key={mode} value={mode}>
              {words}
            </option>
          ))}
        </select>
      </label>
      <label>
        Reads at once
        <input
          type="number"
          min={1}
          max={64}
          value={asked.concurrency}
          onChange={({ target }) => change('concurrency', target.value)}
          required
        />
      </label>
      {isPlanned && <Plan plan={plan.data} />}
      {chosen?.isScheduled === false && (
        <p className="quiet">
          No scheduler looks after this job yet: the windows wait until `observebridge up` runs with scheduler and worker.
        </p>
      )}
    </Confirm>
  );
}

function Plan({ plan }: { readonly plan: BackfillPlan }) {
  const skipped = plan.ranges.filter(({ skip_reason }) => skip_reason !== null);
  return (
    <div role="status" className="plan">
      <p>
        <strong>{count(plan.pending, 'window')}</strong> of {plan.windows} would run and replace what the tables hold for them;{' '}
        {count(plan.skipped, 'window')} would be left as they are. Nothing has been queued yet.
      </p>
      {skipped.length > 0 && (
        <ul>
          {skipped.slice(0, 5).map(({ window_from, window_to, windows, skip_reason }) => (
            <li key={window_from}>
              {formatWindow(window_from, window_to)}: {count(windows, 'window')} left, {skip_reason}
            </li>
          ))}
          {skipped.length > 5 && <li>and {skipped.length - 5} more stretches</li>}
        </ul>
      )}
    </div>
  );
}

const toKey = ({ job, tenantId }: BackfillLane): string => `${job} ${tenantId}`;

/** The shown stretch on the alignment of the job, up to what is due. */
function dueRange(
  { from, to }: { readonly from: number; readonly to: number },
  lane: BackfillLane | undefined,
): { from: string; to: string } {
  const { alignMs, delayMs } = lane ?? { alignMs: 60_000, delayMs: 0 };
  const due = Math.floor((Date.now() - delayMs) / alignMs) * alignMs;
  const start = Math.floor(from / alignMs) * alignMs;
  return { from: toIso(start), to: toIso(Math.max(start + alignMs, Math.min(due, Math.ceil(to / alignMs) * alignMs))) };
}
