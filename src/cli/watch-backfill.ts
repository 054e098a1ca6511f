import type { Backfill } from '../store/backfill.ts';
import { getBackfill } from '../store/backfill.ts';
import type { Queryable } from '../store/db.ts';
import type { Progress } from '../telemetry/progress.ts';
import type { CliDeps } from './command.ts';

const POLL_MS = 1_000;

/** Shows how far a backfill is until it is neither running nor paused, or the signal fires; resolves with its last state. */
export async function watchBackfill(db: Queryable, created: Backfill, progress: Progress, deps: CliDeps): Promise<Backfill> {
  const { backfill_id: id, job, tenant_id, windows } = created;
  let last = created;
  let done = 0;
  progress.start(windows, `backfill ${id} of ${job} ${tenant_id}`);
  for (;;) {
    const ended = windows - last.pending - last.queued;
    progress.advance(ended - done, last.status === 'paused' ? 'paused' : last.failed > 0 ? `${last.failed} failed` : '');
    done = ended;
    if (!['running', 'paused'].includes(last.status) || deps.signal.aborted) break;
    await deps.wait(POLL_MS);
    last = (await getBackfill(db, id)) ?? last;
  }
  progress.stop();
  return last;
}
