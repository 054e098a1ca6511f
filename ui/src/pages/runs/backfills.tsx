import { useState } from 'react';
import type { BackfillList } from '../../api/types.ts';
import { useAct, useApi } from '../../api/use-api.ts';
import { Confirm } from '../../parts/confirm.tsx';
import { Table } from '../../parts/table.tsx';
import { count, formatWindow } from '../../text/format.ts';

type Backfill = BackfillList['items'][number];

/** Backfills that have not ended, with their progress and what can be done with them; nothing where there is none. */
export function Backfills({ job, tenant }: { readonly job: string | undefined; readonly tenant: string | undefined }) {
  const { data: list } = useApi<BackfillList>('/api/v1/backfills', { job, limit: 100 }, { every: 5, live: true });
  const rows = (list?.items ?? []).filter(
    ({ status, tenant_id }) => (status === 'running' || status === 'paused') && (tenant === undefined || tenant_id === tenant),
  );
  if (rows.length === 0) return null;
  return (
    <section className="panel" aria-labelledby="backfills-title">
      <h2 id="backfills-title">Backfills</h2>
      <Table
        caption="Backfills that have not ended"
        rows={rows}
        rowKey={({ backfill_id }) => backfill_id}
        columns={[
          { title: 'Range', cell: ({ window_from, window_to }) => formatWindow(window_from, window_to) },
          { title: 'Job', cell: ({ job: name }) => name },
          { title: 'Tenant', cell: ({ tenant_id }) => tenant_id },
          { title: 'Status', cell: ({ status }) => status },
          { title: 'Progress', cell: (backfill) => <Progress of={backfill} /> },
          { title: 'Failed', isNumber: true, cell: ({ failed }) => failed },
          { title: 'Do', cell: (backfill) => <Controls of={backfill} /> },
        ]}
      />
    </section>
  );
}

function Progress({ of: { windows, skipped, success, failed, canceled } }: { readonly of: Backfill }) {
  const ended = success + failed + canceled;
  return (
    <>
      <progress max={windows - skipped} value={ended} aria-label="Progress" /> {ended} of {windows - skipped}
    </>
  );
}

function Controls({ of: { backfill_id, status, pending } }: { readonly of: Backfill }) {
  const path = `/api/v1/backfills/${backfill_id}`;
  const [isAsking, setAsking] = useState(false);
  const stale = ['/api/v1/backfills', '/api/v1/runs', '/api/v1/windows'];
  const turn = useAct(`${path}/${status === 'paused' ? 'resume' : 'pause'}`, stale);
  const cancel = useAct(`${path}/cancel`, stale);
  return (
    <>
      <button type="button" onClick={() => turn.mutate(undefined)} disabled={turn.isPending}>
        {status === 'paused' ? 'Resume' : 'Pause'}
      </button>{' '}
      <button type="button" onClick={() => setAsking(true)}>
        Cancel…
      </button>
      {isAsking && (
        <Confirm
          title={`Cancel backfill ${backfill_id}?`}
          action="Cancel the backfill"
          isDangerous
          isBusy={cancel.isPending}
          error={cancel.error}
          onConfirm={() => cancel.mutate(undefined, { onSuccess: () => setAsking(false) })}
          onClose={() => setAsking(false)}
        >
          <p>{count(pending, 'window')} will not run. Windows that run now finish, and what has been written stays.</p>
        </Confirm>
      )}
    </>
  );
}
