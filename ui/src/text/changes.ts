import type { ChangeList } from '../../../src/api/contract.ts';
import { count, formatMs, formatShare } from './format.ts';

/** A change as the interface answers it. */
export type Change = ChangeList['items'][number];

/** What moved of the calls of an edge, with the figures before and after. */
export interface Moved {
  /** Such as `p95 12 ms → 40 ms`. */
  readonly measures: readonly string[];
  /** How many calls say so. */
  readonly calls: string;
  readonly isWorse: boolean;
}

/** New patterns of the same resources at once, because a deployment brings many. */
export interface NewPatterns {
  readonly urns: readonly string[];
  readonly isError: boolean;
  readonly changes: readonly Change[];
}

const numberOf = (change: Change, field: string): number => Number(change.details[field] ?? 0);
const ratioOf = (now: number, before: number): number => (now + 1) / (before + 1);

/** What moved calls were and are. */
export function describeMoved(change: Change): Moved {
  const moved = Array.isArray(change.details.moved) ? change.details.moved.map(String) : [];
  const [errors, errorsBefore] = [numberOf(change, 'err_rate'), numberOf(change, 'baseline_err_rate')];
  const [p95, p95Before] = [numberOf(change, 'p95_ms'), numberOf(change, 'baseline_p95_ms')];
  const has = (name: string): boolean => moved.some((word) => word.startsWith(name));
  return {
    measures: [
      ...(has('err_rate') ? [`errors ${formatShare(errorsBefore)} → ${formatShare(errors)}`] : []),
      ...(has('p95_ms') ? [`p95 ${formatMs(p95Before)} → ${formatMs(p95)}`] : []),
    ],
    calls: `over ${count(numberOf(change, 'calls'), 'call')}, ${numberOf(change, 'baseline_calls')} before`,
    isWorse: moved.some((word) => word.endsWith(' up')),
  };
}

/** Greater is more striking: new errors and more errors, then latency by its ratio, then what was declared or told, then what got better. */
function strikingness(change: Change): number {
  if (change.kind === 'event') return 50;
  if (change.kind !== 'edge_moved') return 20;
  const errors = numberOf(change, 'err_rate') - numberOf(change, 'baseline_err_rate');
  const ratio = ratioOf(numberOf(change, 'p95_ms'), numberOf(change, 'baseline_p95_ms'));
  if (errors >= 0.01) return 100 + 100 * errors;
  return ratio > 1 ? 50 + Math.min(49, ratio) : Math.min(19, 1 / ratio);
}

/** Changes but new patterns, most striking first and of the same the nearer and earlier one. */
export function orderChanges<Told extends Change>(changes: readonly Told[]): Told[] {
  return changes
    .filter(({ kind }) => kind !== 'pattern_new')
    .toSorted(
      (left, right) =>
        strikingness(right) - strikingness(left) ||
        (left.hops ?? 0) - (right.hops ?? 0) ||
        (left.at < right.at ? -1 : left.at > right.at ? 1 : 0),
    );
}

/** New patterns by the resources that have them, those with errors first, then by nearness. */
export function groupNewPatterns(changes: readonly Change[]): NewPatterns[] {
  const isError = ({ details }: Change): boolean => details.severity === 'error' || details.severity === 'fatal';
  const groups = Map.groupBy(
    changes.filter(({ kind }) => kind === 'pattern_new'),
    (change) => `${isError(change)} ${change.urns.join(' ')}`,
  );
  const hopsOf = ({ changes: [first] }: NewPatterns): number => first?.hops ?? 0;
  return [...groups.values()]
    .map((group) => ({ urns: group[0]?.urns ?? [], isError: group.some(isError), changes: group }))
    .toSorted((left, right) => Number(right.isError) - Number(left.isError) || hopsOf(left) - hopsOf(right));
}
