import { formatTenant } from '../../frame/tenant.ts';
import { count } from '../../text/format.ts';
import type { Finding } from './findings.ts';
import type { Lag } from './lag.ts';

/** How things are, in a sentence. */
export interface Health {
  readonly level: 'good' | 'warn' | 'bad';
  readonly text: string;
}

/** The only finding, or how many there are of each kind, or that all is well, or what has not begun yet; `hasTenants` is whether any tenant is known. */
export function toHealth(findings: readonly Finding[], lags: readonly Lag[], hasTenants: boolean): Health {
  const [first] = findings;
  if (first !== undefined) {
    const level = findings.some((finding) => finding.level === 'bad') ? 'bad' : 'warn';
    return { level, text: findings.length === 1 ? first.text : countFindings(findings) };
  }
  if (lags.length === 0) {
    const text = hasTenants
      ? 'Nothing is scheduled: no scheduler looks after this database yet.'
      : 'The configuration names no tenant yet.';
    return { level: 'warn', text };
  }
  const waiting = lags.filter(({ state }) => state === 'not begun').length;
  if (waiting === lags.length) return { level: 'warn', text: 'The first windows are being read; nothing has finished yet.' };
  const paused = lags.filter(({ state }) => state === 'paused').length;
  const tenants = new Set(lags.map(({ tenantId }) => formatTenant(tenantId)).filter((name) => name !== 'installation')).size;
  const rest = paused > 0 ? `, and ${count(paused, 'is', 'are')} paused` : '';
  const running = lags.length - paused;
  return {
    level: 'good',
    text: `All is well: ${count(running, 'job')} of ${count(tenants, 'tenant')} ${running === 1 ? 'is' : 'are'} on time${rest}.`,
  };
}

const words: Readonly<Record<Finding['kind'], (number: number) => string>> = {
  unwell: (number) => `${count(number, 'check fails', 'checks fail')}`,
  stopped: (number) => `${count(number, 'job has stopped', 'jobs have stopped')}`,
  late: (number) => `${count(number, 'job is behind', 'jobs are behind')}`,
  dead: (number) => `${count(number, 'window')} failed for good in the last day`,
};

function countFindings(findings: readonly Finding[]): string {
  const kinds = [...Map.groupBy(findings, ({ kind }) => kind)];
  const parts = kinds.map(([kind, group]) => words[kind](group.reduce((sum, { number }) => sum + number, 0)));
  return `${parts.join(', ')}.`;
}
