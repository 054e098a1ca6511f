import { Link } from 'wouter';
import type { Topology } from '../../../../src/api/contract.ts';
import { useAddress, useToPage } from '../../frame/address.ts';
import { count, formatTime } from '../../text/format.ts';
import type { Change } from './topology-picture.ts';

const kinds = ['opened', 'closed', 'changed'] as const;

/** `2 opened, 0 closed, 1 changed`. */
export function countChanges(changes: readonly Change[]): string {
  return kinds.map((name) => `${changes.filter(({ change }) => change === name).length} ${name}`).join(', ');
}

interface StateWordsProps {
  readonly answer: Topology;
  readonly resources: number;
  /** What just changed. */
  readonly changed: ReadonlyMap<string, Change>;
  readonly from: string | undefined;
  readonly to: string | undefined;
}

/** How much is declared at a time, and what just changed, with a link to the differences. */
export function StateWords({ answer: { items, at, next_cursor }, resources, changed, from, to }: StateWordsProps) {
  const [get] = useAddress();
  const toPage = useToPage();
  const byKind = Map.groupBy(changed.values(), ({ change }) => change);
  const scope = Object.fromEntries(['source', 'relation', 'resource'].map((name) => [name, get(name)]));
  return (
    <p className="quiet" role="status">
      {count(resources, 'resource')}, {count(items.length, 'edge')} at {formatTime(at)} UTC
      {next_cursor !== undefined && '; there are more: choose a source, relation or resource, or show more of them'}
      {byKind.size > 0 && (
        <>
          ; just{' '}
          {[...byKind]
            .sort(([left], [right]) => (left < right ? -1 : 1))
            .map(([kind, changes]) => `${changes.length} ${kind}`)
            .join(', ')}
          : <Link href={toPage('/topology', { ...scope, view: 'diff', from, to })}>what changed</Link>
        </>
      )}
    </p>
  );
}
