import type { UseQueryResult } from '@tanstack/react-query';
import type { ReactNode } from 'react';
import { toProblem } from '../api/problem.ts';

/** Says that something is on its way; it shows only when that takes longer than a moment. */
export function Loading({ what }: { readonly what: string }) {
  return (
    <p className="loading" role="status">
      Loading {what}…
    </p>
  );
}

/** Says that there is nothing, and what to do so that there will be. */
export function Empty({ title, advice }: { readonly title: string; readonly advice: ReactNode }) {
  return (
    <div className="empty">
      <p className="empty-title">{title}</p>
      <p>{advice}</p>
    </div>
  );
}

/** Says in one line that a part of a page has nothing; the advice is what to do about it. */
export function Absent({ children, advice }: { readonly children: ReactNode; readonly advice?: ReactNode }) {
  return (
    <p className="absent quiet">
      {children} {advice}
    </p>
  );
}

/** Says what failed and what can be done. */
export function Failure({ error, onRetry }: { readonly error: unknown; readonly onRetry?: () => void }) {
  const { detail, remedy, code } = toProblem(error);
  return (
    <div className="failure" role="alert">
      <p className="empty-title">{detail}</p>
      <p>
        {remedy} <code className="quiet">{code}</code>
      </p>
      {onRetry && (
        <button type="button" onClick={onRetry}>
          Try again
        </button>
      )}
    </div>
  );
}

interface AnswerProps<Value> {
  readonly of: UseQueryResult<Value>;
  /** Names the answer in `Loading …`. */
  readonly what: string;
  /** Shown instead of the children where `isEmpty` holds. */
  readonly empty?: ReactNode;
  readonly isEmpty?: (value: Value) => boolean;
  readonly children: (value: Value) => ReactNode;
}

/** What a query answered, or that it is loading, has failed or is empty. A failed look at an answer that is there already keeps it visible. */
export function Answer<Value>({ of: query, what, empty, isEmpty, children }: AnswerProps<Value>) {
  const { data: value, error, isPlaceholderData, refetch } = query;
  if (value === undefined) return error === null ? <Loading what={what} /> : <Failure error={error} onRetry={() => void refetch()} />;
  return (
    <div className={isPlaceholderData ? 'answer is-old' : 'answer'} aria-busy={isPlaceholderData}>
      {error !== null && <Failure error={error} onRetry={() => void refetch()} />}
      {empty !== undefined && isEmpty?.(value) ? empty : children(value)}
    </div>
  );
}
