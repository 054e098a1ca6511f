import { ObserveBridgeError } from '../core/error.ts';
import type { RunLog } from '../core/run-log.ts';
import { maskSecrets } from '../core/secret.ts';
import { formatTime } from '../core/time.ts';
import type { BatchCounts } from '../jobs/job.ts';
import type { ClaimedBatch, ClaimedRun } from '../store/run-queue.ts';

/** What jobs record of a window that these words tell of; of the times and the rows written all are those of the whole read. */
interface WindowStats {
  readonly rows_read?: Readonly<Record<string, number>>;
  readonly rows_rejected?: Readonly<Record<string, number>>;
  readonly rows_removed?: Readonly<Record<string, number>>;
  readonly confirmed?: boolean;
  /** Why nothing was done. */
  readonly reason?: string;
  readonly ms?: Readonly<Record<string, number>>;
}

/** Tells who asked for a read and what it covers. */
export function tellBegin(log: RunLog, { trigger, probe, runs }: ClaimedBatch): void {
  const range = `${formatTime(runs[0]?.window.from ?? 0)} to ${formatTime(runs.at(-1)?.window.to ?? 0)}`;
  const windows = runs.length === 1 ? 'One window is read' : `${runs.length} windows are read in one go`;
  log.add('info', `${windows}, ${range}; trigger ${trigger}.${probe ? ' It is the one try of an open breaker.' : ''}`);
}

/** Tells what a window gave and what its read wrote and took. */
export function tellSuccess(log: RunLog, { rows, changed, stats }: BatchCounts, index: number): void {
  const { rows_read = {}, rows_rejected = {}, rows_removed = {}, confirmed, reason, ms = {} } = (stats[index] ?? {}) as WindowStats;
  const whole = stats.length > 1 ? ' of the whole read' : '';
  if (confirmed) log.add('info', 'The source has nothing new: the rows stay as they are.');
  else if (reason !== undefined) log.add('info', `Nothing was done: ${reason}.`);
  else if (Object.keys(rows_removed).length > 0) log.add('info', `Removed: ${listCounts(rows_removed)}.`);
  else log.add('info', `Read in this window: ${listCounts(rows_read) || 'no rows'}.`);
  if (Object.keys(rows_rejected).length > 0) log.add('warn', `Rejected in this window: ${listCounts(rows_rejected)}.`);
  if (Object.keys(ms).length > 0) log.add('info', `Stages${whole}: ${listCounts(ms, ' ms')}.`);
  if (Object.keys(rows).length > 0) log.add('info', `Written${whole}: ${listCounts(rows)}; ${changed} new or different.`);
}

/** Tells what failed, why as far as that may be shown, and what can be done. */
export function tellFailure(log: RunLog, error: ObserveBridgeError): void {
  log.add('error', `${error.code} (${error.stage}): ${toShownMessage(error)}`);
  for (const cause of listShownCauses(error)) log.add('error', `Caused by ${cause}`);
  log.add('info', error.remedy);
}

/** Tells whether a failed attempt is followed by another one, and when. */
export function tellVerdict(log: RunLog, { retries }: ClaimedRun, probe: boolean, verdict: Verdict): void {
  const { maxAttempts, retryAfterSeconds } = verdict;
  if (retryAfterSeconds === undefined) log.add('error', 'Not tried again: trying cannot mend it.');
  else if (probe) log.add('warn', 'The breaker stays open; its next try follows.');
  else if (retries + 1 >= maxAttempts) log.add('error', `Not tried again: ${maxAttempts} attempts have failed.`);
  else log.add('warn', `Tried again in ${Math.round(retryAfterSeconds)} s: ${retries + 1} of ${maxAttempts} attempts have failed.`);
}

interface Verdict {
  readonly maxAttempts: number;
  readonly retryAfterSeconds: number | undefined;
}

const MOST_CAUSES = 10;
const OWN_KIND = /^[A-Z][A-Za-z ]{0,40}(?:Error|Exception)(?=:)/;

/**
 * The errors below an error, outermost first. Sentences of this program and of the operating system are shown; of others, which may quote rows,
 * only the kind and the code.
 */
export function listShownCauses(error: Error): string[] {
  const causes: string[] = [];
  for (let cause = error.cause; cause !== undefined && cause !== null && causes.length < MOST_CAUSES; cause = Object(cause).cause) {
    causes.push(describeCause(cause));
  }
  return causes;
}

/** The sentence of an error without secrets; where it is that of somebody else's error, only what `listShownCauses` would show of it. */
export function toShownMessage({ code, message, cause }: ObserveBridgeError): string {
  const isForeign = code === 'OB_INTERNAL' && cause instanceof Error && cause.message === message;
  return isForeign ? `Something unexpected happened: ${describeCause(cause)}` : maskSecrets(message);
}

function describeCause(cause: unknown): string {
  if (cause instanceof ObserveBridgeError) return `${cause.code}: ${toShownMessage(cause)}`;
  if (!(cause instanceof Error)) return 'something without a sentence.';
  const { code, syscall } = Object(cause) as { code?: unknown; syscall?: unknown };
  if (typeof syscall === 'string') return cause.message;
  // Those of the language itself name properties, not values; with a code they are of a library that was given a value.
  if (cause instanceof TypeError && code === undefined) return `${cause.name}: ${cause.message}`;
  const kind = OWN_KIND.exec(cause.message)?.[0] ?? cause.name;
  return `${typeof code === 'string' ? `${kind} ${code}` : kind}; its words are only in the log of the process at level debug.`;
}

function listCounts(counts: Readonly<Record<string, number>>, unit = ''): string {
  return Object.entries(counts)
    .map(([name, count]) => `${name.replaceAll('_', ' ')} ${count}${unit}`)
    .join(', ');
}
