import type { CircuitList, Readiness, Run } from '../../api/types.ts';
import { formatTenant } from '../../frame/tenant.ts';
import { count, formatSeconds, toMs } from '../../text/format.ts';
import type { Lag } from './lag.ts';

/** How things are, in a sentence. */
export interface Health {
  readonly level: 'good' | 'warn' | 'bad';
  readonly text: string;
}

/** What is known; what has not been answered yet is absent. */
export interface Known {
  readonly lags: readonly Lag[];
  readonly circuits: CircuitList['items'];
  readonly readiness?: Readiness | undefined;
  /** Windows that failed for good in the last day. */
  readonly dead: readonly Run[];
}

/** The worst of what is known, in one sentence, with how much more there is. */
export function toHealth({ lags, circuits, readiness, dead }: Known): Health {
  const unwell = (readiness?.findings ?? []).filter(({ ok, subject }) => !ok && subject !== 'lag');
  const open = circuits.filter(({ state }) => state !== 'closed');
  const late = lags.filter(({ state }) => state === 'late');
  const reasons = [
    ...unwell.map(({ subject, text }) => (subject.startsWith('tenant ') ? `The source of ${subject}: ${text}` : text)),
    ...open.map(({ job, tenant_id }) => `${job} of ${tenant_id} has stopped after repeated failures.`),
    ...late.map(describeLag),
    ...(dead.length > 0 ? [`${count(dead.length, 'window')} failed for good in the last day.`] : []),
  ];
  const [first] = reasons;
  if (first !== undefined) {
    const others = reasons.length - 1;
    return {
      level: unwell.length + open.length > 0 ? 'bad' : 'warn',
      text: others === 0 ? first : `${first} ${count(others, 'more finding')} below.`,
    };
  }
  if (lags.length === 0) return { level: 'warn', text: 'No job is scheduled: the configuration names no tenant yet.' };
  const waiting = lags.filter(({ state }) => state === 'not begun').length;
  if (waiting === lags.length) return { level: 'warn', text: 'The first windows are being read; nothing has finished yet.' };
  const paused = lags.filter(({ state }) => state === 'paused').length;
  const tenants = new Set(lags.map(({ tenantId }) => formatTenant(tenantId)).filter((name) => name !== 'installation')).size;
  const rest = paused > 0 ? `, and ${count(paused, 'is', 'are')} paused` : '';
  return {
    level: 'good',
    text: `All is well: ${count(lags.length - paused, 'job')} of ${count(tenants, 'tenant')} ${lags.length - paused === 1 ? 'is' : 'are'} on time${rest}.`,
  };
}

function describeLag({ job, tenantId, seconds = 0, allowedSeconds }: Lag): string {
  return `${job} of ${tenantId} is ${formatSeconds(seconds)} behind, and ${formatSeconds(allowedSeconds)} is normal.`;
}

const DAY_MS = 86_400_000;

/** The runs whose windows ended within a day before the server answered. */
export function ofLastDay(runs: readonly Run[], asOf: string): Run[] {
  return runs.filter(({ window_to }) => toMs(window_to) > toMs(asOf) - DAY_MS);
}
