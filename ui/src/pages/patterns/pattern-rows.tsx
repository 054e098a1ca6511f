import type { PatternList } from '../../../../src/api/contract.ts';
import type { CountedPattern } from './counted-pattern.ts';
import { PatternRow } from './pattern-row.tsx';
import './patterns.css';

interface PatternRowsProps {
  readonly tenant: string;
  /** The answer, which says when its points are. */
  readonly list: PatternList;
  /** Those of its patterns that are shown; all if absent. */
  readonly patterns?: readonly CountedPattern[];
  readonly isErrors?: boolean;
  readonly isOneService?: boolean;
}

/** Patterns one below the other. */
export function PatternRows({ tenant, list, patterns = list.items, isErrors = false, isOneService = false }: PatternRowsProps) {
  const times = { from: list.points_from ?? list.from, stepSeconds: list.step_seconds ?? 300, rangeFrom: list.from };
  return (
    <ul className="patterns">
      {patterns.map((pattern) => (
        <PatternRow key={`${pattern.fingerprint} ${pattern.resource}`} {...{ pattern, tenant, times, isErrors, isOneService }} />
      ))}
    </ul>
  );
}
