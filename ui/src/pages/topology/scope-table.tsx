import type { ReactNode } from 'react';
import type { ScopeList } from '../../../../src/api/contract.ts';
import { Table } from '../../parts/table.tsx';
import { Time } from '../../parts/time.tsx';
import { count, formatCount } from '../../text/format.ts';

type Scope = ScopeList['items'][number];

/** What a status means for the edges of a scope, and what to do about it. */
const advice: Readonly<Record<Exclude<Scope['status'], 'ok'>, ReactNode>> = {
  partial: 'New edges are taken; none is closed until all of it can be read. Mend what the reason names.',
  failed: 'Its edges stay as they were. Mend the document or its place; the next look takes it up again.',
  held: (
    <>
      More edges are gone than may go at once, so none was closed. If they are really gone, run{' '}
      <code>observebridge topo discover --force</code>.
    </>
  ),
  orphaned: (
    <>
      Its edges stay open. If it was only moved, put it back or name its new place in the configuration; if it is gone for good, run{' '}
      <code>observebridge topo discover --force</code>.
    </>
  ),
};

const hasProblem = ({ status, complete }: Scope): boolean => status !== 'ok' || !complete;

/** Says that some scopes have a problem and leads to them; nothing when none has. */
export function ScopeWarning({ list }: { readonly list: ScopeList }) {
  const problems = list.items.filter(hasProblem);
  if (problems.length === 0) return null;
  return (
    <p className="scope-warning" role="status">
      {count(problems.length, 'scope')} of {formatCount(list.items.length)} could not be brought up to date, so what is shown may be old:{' '}
      <a href="#scopes">see why and what to do</a>
    </p>
  );
}

/** Where topology comes from, and whether the newest look at it went well; scopes with a problem come first. */
export function ScopeTable({ list }: { readonly list: ScopeList }) {
  return (
    <section id="scopes" className="panel" aria-labelledby="scopes-title">
      <h2 id="scopes-title">Where it comes from</h2>
      <Table
        caption="Sources and scopes"
        rows={list.items.toSorted((left, right) => Number(hasProblem(right)) - Number(hasProblem(left)))}
        rowKey={({ source, scope }) => `${source} ${scope}`}
        columns={[
          { title: 'Scope', cell: ({ scope }) => <span className="wrap">{scope}</span> },
          { title: 'Source', cell: ({ source }) => source },
          { title: 'Newest look', cell: (scope) => <Look scope={scope} /> },
          { title: 'Edges', isNumber: true, cell: ({ edges }) => formatCount(edges) },
          { title: 'Document of', isMinor: true, cell: ({ observed_at }) => <Time at={observed_at} /> },
          { title: 'Looked at', isMinor: true, cell: ({ updated_at }) => <Time at={updated_at} asOf={list.as_of} /> },
        ]}
      />
    </section>
  );
}

function Look({ scope: { status, status_reason, complete } }: { readonly scope: Scope }) {
  if (status === 'ok' && complete) return 'ok';
  return (
    <>
      <span className="wrong">
        {status}
        {status_reason && `: ${status_reason}`}
      </span>
      <br />
      {status === 'ok' ? 'Not all of it was seen, so it closes nothing.' : advice[status]}
    </>
  );
}
