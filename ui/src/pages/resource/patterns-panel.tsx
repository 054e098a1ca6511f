import { Link } from 'wouter';
import type { PatternList } from '../../../../src/api/contract.ts';
import { useApi } from '../../api/use-api.ts';
import { useToPage } from '../../frame/address.ts';
import { Absent, Answer } from '../../parts/states.tsx';
import type { CountedPattern } from '../patterns/counted-pattern.ts';
import { PatternRows } from '../patterns/pattern-rows.tsx';
import type { TimeRange } from './time-axis.ts';

/** So many patterns are shown. */
const SHOWN = 6;

interface PatternsPanelProps {
  readonly tenant: string;
  readonly urn: string;
  readonly range: TimeRange;
}

/** Log patterns of a resource: new and surging ones, then those with errors, then the most frequent. */
export function PatternsPanel({ tenant, urn, range }: PatternsPanelProps) {
  const toPage = useToPage();
  const query = { tenant_id: tenant, service: urn, ...range, points: true, limit: 100 };
  const patterns = useApi<PatternList>('/api/v1/patterns', query, { every: 60 });
  return (
    <Answer
      of={patterns}
      what="patterns"
      isEmpty={({ items }) => items.length === 0}
      empty={<Absent advice="A longer time may show some.">It wrote no log lines in this time.</Absent>}
    >
      {(list) => (
        <section className="panel" aria-labelledby="patterns-title">
          <div className="panel-head">
            <h2 id="patterns-title">Log patterns</h2>
            <Link href={toPage('/patterns', { tenant, service: urn, ...range })}>
              All {list.items.length}
              {list.next_cursor !== undefined && ' or more'}
            </Link>
          </div>
          <PatternRows {...{ tenant, list }} patterns={errorsFirst(list.items).slice(0, SHOWN)} isOneService />
        </section>
      )}
    </Answer>
  );
}

/** The order of the answer, but errors before what is steady without any. */
function errorsFirst(items: readonly CountedPattern[]): CountedPattern[] {
  const rank = ({ trend, errors }: CountedPattern): number => (trend !== 'steady' ? 0 : errors > 0 ? 1 : 2);
  return items.toSorted((left, right) => rank(left) - rank(right));
}
