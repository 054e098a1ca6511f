import { useState } from 'react';
import type { ControlAnswer, RunDetail } from '../../api/types.ts';
import { useAct } from '../../api/use-api.ts';
import { Confirm } from '../../parts/confirm.tsx';
import { formatWindow } from '../../text/format.ts';

const STALE = ['/api/v1/'];

/** Retry for a run that has ended, cancel for one that has not; each says first what it will do. */
export function RunControls({ run }: { readonly run: RunDetail }) {
  const [asking, setAsking] = useState(false);
  const hasEnded = run.status !== 'queued' && run.status !== 'running';
  const act = useAct<ControlAnswer>(`/api/v1/runs/${run.id}/${hasEnded ? 'retry' : 'cancel'}`, STALE);
  const name = `${run.job} of ${run.tenant_id}, ${formatWindow(run.window_from, run.window_to)}`;
  return (
    <>
      <button type="button" onClick={() => setAsking(true)} disabled={run.cancel_requested}>
        {run.cancel_requested ? 'Cancel is asked for' : hasEnded ? 'Retry…' : 'Cancel…'}
      </button>
      {asking && (
        <Confirm
          title={hasEnded ? 'Run this window again?' : 'Cancel this run?'}
          action={hasEnded ? 'Run again' : 'Cancel the run'}
          isDangerous={!hasEnded}
          isBusy={act.isPending}
          error={act.error}
          onConfirm={() => act.mutate(undefined, { onSuccess: () => setAsking(false) })}
          onClose={() => setAsking(false)}
        >
          <p>
            <strong>{name}</strong>
          </p>
          <p>{hasEnded ? retryWords(run) : cancelWords(run)}</p>
        </Confirm>
      )}
    </>
  );
}

function retryWords({ status }: RunDetail): string {
  const start = 'The window goes to the front of the queue and is read from the source again. ';
  if (status === 'success') return `${start}Its rows are replaced in one transaction; where the source has not changed they stay the same.`;
  return `${start}It gets all its attempts once more; nothing else is touched.`;
}

function cancelWords({ status }: RunDetail): string {
  if (status === 'queued') return 'The window will not run. It stays a gap until somebody retries it or a backfill runs it.';
  return 'The worker stops with its next heartbeat and writes nothing. The window stays a gap until somebody retries it or a backfill runs it.';
}
