import { useEffect, useState } from 'react';
import type { JobList, RunStatus, WindowState } from '../../api/types.ts';
import { type Ahead, useAhead, useApi, useApiList } from '../../api/use-api.ts';
import { useAddress } from '../../frame/address.ts';
import { useTenant } from '../../frame/tenant.ts';
import { Answer, Empty } from '../../parts/states.tsx';
import { More } from '../../parts/table.tsx';
import { formatWindow, toIso } from '../../text/format.ts';
import { BackfillDialog } from './backfill-dialog.tsx';
import { toBackfillLanes } from './backfill-lanes.ts';
import { Backfills } from './backfills.tsx';
import { Legend } from './legend.tsx';
import { NewestRun } from './newest-run.tsx';
import { lengths, moveShown, toShown } from './range.ts';
import { RunGrid } from './run-grid.tsx';
import { RUNS, RunTable } from './run-table.tsx';
import './runs.css';

const statuses: readonly RunStatus[] = ['queued', 'running', 'success', 'dead', 'canceled', 'skipped'];
/** Windows of one request for the grid. */
const MOST_WINDOWS = 10_000;
/** Beyond this the windows are too many to be asked for with every change. */
const LIVE_MS = 6 * 3_600_000;

/** Windows by job and time, and the runs of that time as a list; everything that is chosen is in the address. */
export function RunsPage() {
  const [get, set] = useAddress();
  const { chosen } = useTenant();
  const now = useMinute();
  const [isFilling, setFilling] = useState(false);
  const shown = toShown(get('span'), get('to'), now);
  const { job, status, run_id } = { job: get('job'), status: get('status'), run_id: get('run_id') };
  const range = { from: toIso(shown.from), to: toIso(shown.to) };
  const scope = { tenant_id: chosen, job };
  const jobs = useApi<JobList>('/api/v1/jobs', { tenant_id: chosen, limit: 1000 }, { every: 60, live: true });
  const freshness = shown.to - shown.from > LIVE_MS ? { every: 60 } : { every: 5, live: true };
  const windows = useApiList<WindowState>('/api/v1/windows', { ...scope, ...range, limit: MOST_WINDOWS }, freshness);
  // Windows of the time before, which stay until those of another are there, keep their places.
  const [drawn, setDrawn] = useState(shown);
  if (!windows.isPlaceholderData && (drawn.from !== shown.from || drawn.to !== shown.to)) setDrawn(shown);
  const ahead = useAhead();
  const askAhead = (span: string | undefined, to: string | undefined): Ahead =>
    ahead(() => {
      const { from, to: end } = toShown(span, to, now);
      const query = { ...scope, from: toIso(from), to: toIso(end) };
      return [
        { path: '/api/v1/windows', query: { ...query, limit: MOST_WINDOWS }, isList: true },
        ...(run_id ? [] : [{ path: '/api/v1/runs', query: { ...query, status, limit: RUNS }, isList: true }]),
      ];
    });
  const [earlier, later] = [moveShown(shown, -0.5, now) ?? range.to, moveShown(shown, 0.5, now)];
  const lanes = toBackfillLanes(jobs.data?.items ?? [], windows.data?.items ?? []);
  const names = [...new Set([...lanes.map((lane) => lane.job), ...(job === undefined ? [] : [job])])].sort();
  const newest = <NewestRun query={{ ...scope, status }} span={get('span')} />;
  return (
    <div className="stack">
      <div className="page-head">
        <h1>Runs</h1>
        <button type="button" onClick={() => setFilling(true)}>
          Backfill…
        </button>
      </div>
      <div className="filters">
        <fieldset className="choice">
          <legend className="hidden">Length of time</legend>
          {Object.keys(lengths).map((span) => (
            <button
              key={span}
              type="button"
              aria-pressed={span === (get('span') ?? '1h')}
              {...askAhead(span, get('to'))}
              onClick={() => set({ span }, { push: true })}
            >
              {span}
            </button>
          ))}
        </fieldset>
        <fieldset className="choice">
          <legend className="hidden">Move in time</legend>
          <button
            type="button"
            {...askAhead(get('span'), earlier)}
            onClick={() => set({ to: earlier }, { push: true })}
            aria-label="Earlier"
          >
            ←
          </button>
          <button
            type="button"
            {...askAhead(get('span'), later)}
            onClick={() => set({ to: later }, { push: true })}
            disabled={shown.isNewest}
            aria-label="Later"
          >
            →
          </button>
          <button
            type="button"
            aria-pressed={shown.isNewest}
            {...askAhead(get('span'), undefined)}
            onClick={() => set({ to: undefined }, { push: true })}
          >
            Now
          </button>
        </fieldset>
        <Choice label="Job" value={job} options={names} onChoose={(value) => set({ job: value }, { push: true })} />
        <Choice label="Status" value={status} options={statuses} onChoose={(value) => set({ status: value }, { push: true })} />
        <label>
          Run id
          <input
            key={run_id}
            type="search"
            defaultValue={run_id}
            placeholder="UUID"
            spellCheck={false}
            onKeyDown={({ key, currentTarget }) => key === 'Enter' && set({ run_id: currentTarget.value.trim() }, { push: true })}
            onBlur={({ currentTarget }) => currentTarget.value.trim() !== (run_id ?? '') && set({ run_id: currentTarget.value.trim() })}
          />
        </label>
      </div>
      <section className="panel" aria-labelledby="grid-title">
        <div className="panel-head">
          <h2 id="grid-title">{formatWindow(shown.from, shown.to)} UTC</h2>
          <Legend />
        </div>
        <Answer
          of={windows}
          what="windows"
          isEmpty={({ items }) => items.length === 0}
          empty={<Empty title="Nothing is scheduled here, and nothing ran at this time." advice={newest} />}
        >
          {(list) => (
            <>
              <RunGrid windows={list.items} isCut={windows.hasNextPage} shown={drawn} />
              <More list={windows} />
            </>
          )}
        </Answer>
      </section>
      <Backfills job={job} tenant={chosen} />
      <section className="panel" aria-labelledby="list-title">
        <h2 id="list-title">{run_id ? 'Runs with this id' : 'Runs of this time'}</h2>
        <RunTable
          query={run_id ? { ...scope, status, run_id } : { ...scope, status, ...range }}
          advice={
            run_id
              ? 'Take a filter away, or look whether the id is right; an id that only asked for windows that were refused is in no run.'
              : newest
          }
        />
      </section>
      {isFilling && <BackfillDialog lanes={lanes} job={job} tenant={chosen} range={shown} onClose={() => setFilling(false)} />}
    </div>
  );
}

interface ChoiceProps {
  readonly label: string;
  readonly value: string | undefined;
  readonly options: readonly string[];
  readonly onChoose: (value: string | undefined) => void;
}

function Choice({ label, value, options, onChoose }: ChoiceProps) {
  return (
    <label>
      {label}
      <select value={value ?? ''} onChange={({ target }) => onChoose(target.value || undefined)}>
        <option value="">All</option>
        {options.map((option) => (
          <option key={option}>{option}</option>
        ))}
      </select>
    </label>
  );
}

/** Now, to the minute. */
function useMinute(): number {
  const [now, setNow] = useState(Date.now);
  useEffect(() => {
    const timer = setInterval(() => setNow(Date.now()), 15_000);
    return () => clearInterval(timer);
  }, []);
  return Math.floor(now / 60_000) * 60_000;
}
