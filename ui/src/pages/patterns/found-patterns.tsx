import { useEffect } from 'react';
import type { PatternList } from '../../../../src/api/contract.ts';
import type { Query } from '../../api/ask.ts';
import { useApiList } from '../../api/use-api.ts';
import { useAddress } from '../../frame/address.ts';
import { Answer, Empty } from '../../parts/states.tsx';
import { More } from '../../parts/table.tsx';
import { type CountedPattern, countTrends } from './counted-pattern.ts';
import { PatternRows } from './pattern-rows.tsx';

/** Patterns of one page of the list. */
const PAGE = 25;

/** What lists of patterns need to know of their page. */
export interface Shown {
  readonly tenant: string;
  readonly range: Query;
  readonly isWaiting: boolean;
  /** Gets the range of the newest answer. */
  readonly onAnswer: (range: { readonly from: string; readonly to: string }) => void;
}

interface FoundPatternsProps extends Shown {
  readonly q: string | undefined;
  readonly service: string | undefined;
  readonly severity: string | undefined;
  readonly trend: string | undefined;
}

/** Patterns that pass the filters, new and surging ones first, then the most frequent. */
export function FoundPatterns({ tenant, range, isWaiting, onAnswer, ...filters }: FoundPatternsProps) {
  const [, set] = useAddress();
  const query = { tenant_id: tenant, ...range, ...filters, points: true, limit: PAGE };
  const patterns = useApiList<CountedPattern, PatternList>('/api/v1/patterns', query, { every: 60, wait: isWaiting });
  useAnswered(patterns.data, onAnswer);
  const isErrors = filters.severity === 'error' || filters.severity === 'fatal';
  const clear = { q: undefined, service: undefined, severity: undefined, trend: undefined };
  return (
    <Answer
      of={patterns}
      what="patterns"
      isEmpty={({ items }) => items.length === 0}
      empty={
        <Empty
          title="No pattern is like that in this time."
          advice={
            <button type="button" onClick={() => set(clear, { push: true })}>
              Take the filters away
            </button>
          }
        />
      }
    >
      {(list) => (
        <section className="panel" aria-label="Found">
          <p role="status" className="quiet">
            {countTrends(list.items)} {list.items.length === 1 ? 'pattern' : 'patterns'}
            {list.next_cursor !== undefined && ', and there are more'}
          </p>
          <PatternRows {...{ tenant, list, isErrors }} isOneService={filters.service !== undefined} />
          <More list={patterns} />
        </section>
      )}
    </Answer>
  );
}

/** Tells the page about which range the answer is. */
export function useAnswered(answer: { readonly from: string; readonly to: string } | undefined, onAnswer: Shown['onAnswer']): void {
  const { from, to } = answer ?? {};
  useEffect(() => {
    if (from !== undefined && to !== undefined) onAnswer({ from, to });
  }, [from, to, onAnswer]);
}
