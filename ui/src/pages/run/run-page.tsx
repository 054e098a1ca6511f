import { type ReactNode, useMemo } from 'react';
import { Link } from 'wouter';
import type { RunDetail } from '../../api/types.ts';
import { useApi } from '../../api/use-api.ts';
import { useToPage } from '../../frame/address.ts';
import type { PageProps } from '../../frame/page-props.ts';
import { formatTenant } from '../../frame/tenant.ts';
import { Answer, Empty } from '../../parts/states.tsx';
import { Status } from '../../parts/status.tsx';
import { Table } from '../../parts/table.tsx';
import { Time } from '../../parts/time.tsx';
import { formatBytes, formatCount, formatWindow, toIso, toMs } from '../../text/format.ts';
import { toWindowsInRead } from '../runs/took.ts';
import { Attempts } from './attempts.tsx';
import { Gantt } from './gantt.tsx';
import './run.css';
import { RunControls } from './run-controls.tsx';
import { toBars } from './stages.ts';

/** One run: what it did, stage by stage and attempt by attempt, who asked for it, and what can be done with it. */
export function RunPage({ params }: PageProps) {
  const run = useApi<RunDetail>(`/api/v1/runs/${params.id}`, {}, { every: 3, live: true });
  return (
    <Answer of={run} what="run">
      {(detail) => <Detail run={detail} />}
    </Answer>
  );
}

function Detail({ run }: { readonly run: RunDetail }) {
  const toPage = useToPage();
  const bars = useMemo(() => toBars(run), [run]);
  const around = {
    job: run.job,
    tenant: run.tenant_id,
    span: '1h',
    to: toIso(Math.ceil((toMs(run.window_to) + 1_800_000) / 60_000) * 60_000),
  };
  const reads = toWindowsInRead(run.stats);
  return (
    <div className="stack">
      <div className="page-head">
        <div>
          <p className="quiet">
            <Link href={toPage('/runs', around)}>Runs</Link> › {run.id}
          </p>
          <h1>
            {run.job} of {formatTenant(run.tenant_id)}, {formatWindow(run.window_from, run.window_to)} UTC
          </h1>
        </div>
        <RunControls run={run} />
      </div>
      {run.error_message !== null && (
        <div className="failure" role="alert">
          <p className="empty-title">{run.error_message}</p>
          <p>
            <code>{run.error_code}</code>
            {run.status === 'queued' && ' · it is tried again'}
          </p>
        </div>
      )}
      <div className="columns">
        <section className="panel" aria-labelledby="facts-title">
          <h2 id="facts-title">Run</h2>
          <dl className="facts">
            <Fact name="Status">
              <Status of={run.status} />
              {run.progress !== null && run.status === 'running' && <progress max={1} value={run.progress} aria-label="Progress" />}
            </Fact>
            {run.skip_reason !== null && <Fact name="Skipped because">{run.skip_reason}</Fact>}
            {run.blocked_by !== null && <Fact name="Waits for">{run.blocked_by}</Fact>}
            <Fact name="Trigger">{run.trigger}</Fact>
            <Fact name="Attempt">{run.attempt}</Fact>
            {run.status === 'queued' && (
              <Fact name="Due">
                <Time at={run.run_after} />
              </Fact>
            )}
            <Fact name="Started">
              <Time at={run.started_at} />
            </Fact>
            <Fact name="Finished">
              <Time at={run.finished_at} />
            </Fact>
            {run.settle_at !== null && (
              <Fact name="Read again for late rows">
                <Time at={run.settle_at} />
              </Fact>
            )}
            <Fact name="Worker">{run.worker ?? '–'}</Fact>
          </dl>
        </section>
        <section className="panel" aria-labelledby="rows-title">
          <h2 id="rows-title">Rows</h2>
          <Rows stats={run.stats} />
        </section>
      </div>
      <section className="panel" aria-labelledby="stages-title">
        <div className="panel-head">
          <h2 id="stages-title">Stages</h2>
          {reads > 1 && <span className="quiet">one read of {reads} windows; the times are those of the whole read</span>}
        </div>
        {bars.length === 0 ? (
          <Empty title="It has not started." advice="The bars appear with its first attempt." />
        ) : (
          <Gantt label="Stages of the newest attempt" bars={bars} />
        )}
      </section>
      <Attempts run={run} />
      <Origins run={run} />
    </div>
  );
}

function Fact({ name, children }: { readonly name: string; readonly children: ReactNode }) {
  return (
    <>
      <dt>{name}</dt>
      <dd>{children}</dd>
    </>
  );
}

function Rows({ stats }: Pick<RunDetail, 'stats'>) {
  const read = Object.entries(Object(stats.rows_read) as Record<string, number>);
  const rejected = Object.entries(Object(stats.rows_rejected) as Record<string, number>);
  if (read.length === 0) return <Empty title="Nothing has been counted." advice="Counts come with the first successful attempt." />;
  return (
    <dl className="facts">
      {read.map(([kind, rows]) => (
        <Fact key={kind} name={`${kind.replaceAll('_', ' ')} read`}>
          {formatCount(rows)}
        </Fact>
      ))}
      {rejected.map(([reason, rows]) => (
        <Fact key={reason} name={`Rejected: ${reason.replaceAll('_', ' ')}`}>
          {formatCount(rows)}
        </Fact>
      ))}
      {typeof stats.bytes === 'number' && stats.bytes > 0 && <Fact name="Bytes read">{formatBytes(stats.bytes)}</Fact>}
      {typeof stats.objects === 'number' && stats.objects > 0 && <Fact name="Objects read">{formatCount(stats.objects)}</Fact>}
    </dl>
  );
}

/** Only http addresses become links: the address came with a request. */
const isWebAddress = (url: string | undefined): url is string => url !== undefined && /^https?:\/\//i.test(url);

function Origins({ run }: { readonly run: RunDetail }) {
  const toPage = useToPage();
  const ids = [...new Set([...run.run_ids, ...(run.run_id === null ? [] : [run.run_id])])];
  if (ids.length === 0) return null;
  return (
    <section className="panel" aria-labelledby="origins-title">
      <h2 id="origins-title">Run ids</h2>
      <Table
        caption="Ids of the orchestrator or process that touched the run, oldest first"
        rows={ids}
        rowKey={(id) => id}
        columns={[
          {
            title: 'Run id',
            cell: (id) => (
              <Link href={toPage('/runs', { run_id: id })}>
                <code>{id}</code>
              </Link>
            ),
          },
          { title: 'System', cell: (id) => run.origins[id]?.system ?? '–' },
          {
            title: 'Name',
            cell: (id) => {
              const { name, url } = run.origins[id] ?? {};
              return isWebAddress(url) ? (
                <a href={url} rel="noreferrer" target="_blank">
                  {name ?? url}
                </a>
              ) : (
                (name ?? '–')
              );
            },
          },
        ]}
      />
    </section>
  );
}
