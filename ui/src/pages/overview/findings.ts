import type { CircuitList, Readiness, Run } from '../../api/types.ts';
import type { AddressChange } from '../../frame/address.ts';
import { formatTenant } from '../../frame/tenant.ts';
import { count, formatAge, formatSeconds, toIso, toMs } from '../../text/format.ts';
import type { Lag } from './lag.ts';

/** Something that is not as it should be, and what to do about it. */
export interface Finding {
  readonly kind: 'unwell' | 'stopped' | 'late' | 'dead';
  readonly level: 'warn' | 'bad';
  /** How many jobs or windows it is about. */
  readonly number: number;
  readonly text: string;
  readonly advice: string;
  /** Where Runs shows it. */
  readonly runs?: AddressChange;
}

/** What is known; what has not been answered yet is absent. */
export interface Known {
  readonly lags: readonly Lag[];
  readonly circuits: CircuitList['items'];
  readonly readiness?: Readiness | undefined;
  /** Windows that failed for good in the last day. */
  readonly dead: readonly Run[];
  /** When the server answered. */
  readonly asOf: string;
}

/** What is wrong, the worst first: what cannot be reached, stopped jobs, jobs that are behind, windows that failed for good. */
export function toFindings(known: Known): Finding[] {
  return [...fromReadiness(known), ...fromCircuits(known), ...fromLags(known), ...fromDead(known)];
}

function fromReadiness({ readiness }: Known): Finding[] {
  return (readiness?.findings ?? [])
    .filter(({ ok, subject }) => !ok && subject !== 'lag')
    .map(({ subject, text }) => ({
      ...{ kind: 'unwell', level: 'bad', number: 1, text: subject.startsWith('tenant ') ? `The source of ${subject}: ${text}` : text },
      advice: 'Run `observebridge check` on the server: it connects to everything and says what is wrong.',
    }));
}

function fromCircuits({ circuits, asOf }: Known): Finding[] {
  return circuits
    .filter(({ state }) => state !== 'closed')
    .map(({ job, tenant_id, failures, reason, next_probe_at }) => ({
      ...{ kind: 'stopped', level: 'bad', number: 1 },
      text: `${toName(job, tenant_id)} has stopped after ${count(failures, 'failure')}${reason === null ? '.' : `: ${reason}`}`,
      advice: `Mend what the reason names. One window tries again ${next_probe_at === null ? 'soon' : toWhen(next_probe_at, asOf)}; when it succeeds the others follow by themselves.`,
      runs: { job, tenant: tenant_id },
    }));
}

function fromLags({ lags, circuits }: Known): Finding[] {
  const stopped = new Set(circuits.filter(({ state }) => state !== 'closed').map(({ job, tenant_id }) => `${job} ${tenant_id}`));
  const running = lags.filter(({ state }) => state !== 'paused');
  const late = running.filter(({ state, job, tenantId }) => state === 'late' && !stopped.has(`${job} ${tenantId}`));
  if (late.length > 1 && late.length === running.length) {
    const worst = Math.max(...late.map(({ seconds = 0 }) => seconds));
    return [
      {
        ...{ kind: 'late', level: 'bad', number: late.length },
        text: `All ${late.length} jobs are behind, the worst by ${formatSeconds(worst)}.`,
        advice:
          'Look whether a scheduler and a worker run: `observebridge up` starts both. Where they do, Runs shows what waits and what fails.',
        runs: {},
      },
    ];
  }
  return late.map(({ job, tenantId, seconds = 0, allowedSeconds }) => ({
    ...{ kind: 'late', level: 'warn', number: 1 },
    text: `${toName(job, tenantId)} is ${formatSeconds(seconds)} behind; up to ${formatSeconds(allowedSeconds)} is normal.`,
    advice: 'Look which of its windows wait, run or fail.',
    runs: { job, tenant: tenantId },
  }));
}

function fromDead({ dead }: Known): Finding[] {
  return [...Map.groupBy(dead, ({ job, tenant_id, error_code }) => `${job} ${tenant_id} ${error_code}`).values()].flatMap((group) => {
    const [first] = group;
    if (first === undefined) return [];
    const { job, tenant_id, error_message, window_to } = first;
    const [oldest, one] = [group.at(-1) ?? first, group.length === 1];
    return {
      ...{ kind: 'dead', level: 'warn', number: group.length },
      text: `${count(group.length, 'window')} of ${toName(job, tenant_id)} failed for good${error_message === null ? '.' : `: ${error_message}`}`,
      advice: one ? 'Retry it once that is mended.' : 'Once that is mended, a backfill of the failed windows runs them all again.',
      runs: { job, tenant: tenant_id, status: 'dead', ...around(oldest.window_from, window_to) },
    };
  });
}

const HOUR_MS = 3_600_000;

/** The shortest time of the page of runs that holds both. */
function around(from: string, to: string): AddressChange {
  const hours = (toMs(to) - toMs(from)) / HOUR_MS;
  const span = hours < 0.9 ? '1h' : hours < 2.9 ? '3h' : hours < 5.9 ? '6h' : '24h';
  return { span, to: toIso(Math.ceil((toMs(to) + 120_000) / 300_000) * 300_000) };
}

const toName = (job: string, tenantId: string): string => `${job} of ${formatTenant(tenantId)}`;
const toWhen = (at: string, asOf: string): string => (toMs(at) <= toMs(asOf) ? 'now' : formatAge(at, asOf));

const DAY_MS = 86_400_000;

/** The runs whose windows ended within a day before the server answered. */
export function ofLastDay(runs: readonly Run[], asOf: string): Run[] {
  return runs.filter(({ window_to }) => toMs(window_to) > toMs(asOf) - DAY_MS);
}
