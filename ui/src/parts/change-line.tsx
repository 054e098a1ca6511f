import { Fragment } from 'react';
import { Link } from 'wouter';
import { useToPage } from '../frame/address.ts';
import { type Change, describeMoved } from '../text/changes.ts';
import { toShortName } from '../text/urn.ts';
import { Time } from './time.tsx';
import './change-line.css';

interface NamesProps {
  readonly tenant: string;
  readonly urns: readonly string[];
  /** The resource of the page, which needs no link. */
  readonly urn?: string | undefined;
  readonly between: string;
}

/** Resources by their short names, with links to their pages. */
export function Names({ tenant, urns, urn, between }: NamesProps) {
  const toPage = useToPage();
  return urns.map((other, index) => (
    <Fragment key={other}>
      {index > 0 && between}
      {other === urn ? (
        <strong title={other}>{toShortName(other)}</strong>
      ) : (
        <Link href={toPage('/resource', { tenant, urn: other })} title={other}>
          {toShortName(other)}
        </Link>
      )}
    </Fragment>
  ));
}

const verbs: Readonly<Record<string, string>> = {
  edge_opened: 'declared',
  edge_closed: 'no longer declared',
  edge_changed: 'declared with other attributes',
};

interface ChangeLineProps {
  readonly tenant: string;
  readonly change: Change;
  /** The resource of the page. */
  readonly urn?: string | undefined;
}

/** What one change was, in a line: what moved with its figures, what was declared by whom, or what an event said. */
export function ChangeLine({ tenant, change, urn }: ChangeLineProps) {
  const { at, kind, text, urns, details, provenance } = change;
  if (kind === 'event')
    return (
      <>
        <span className="wrap">{text}</span> <When at={at} />
      </>
    );
  const ends = <Names {...{ tenant, urns, urn }} between={kind === 'edge_moved' ? ' → ' : ` ${String(details.relation)} `} />;
  if (kind !== 'edge_moved')
    return (
      <>
        <span className="wrap">
          {ends} <strong>{verbs[kind] ?? kind.replace('_', ' ')}</strong> by {String(provenance.source)} {String(provenance.scope)}
        </span>{' '}
        <When at={at} />
      </>
    );
  const { measures, calls, isWorse } = describeMoved(change);
  return (
    <span className="wrap">
      {ends}: <strong className={isWorse ? 'worse' : 'better'}>{measures.join(', ')}</strong> <span className="quiet">{calls}</span>
    </span>
  );
}

/** A quiet time that stays in one piece. */
export function When({ at }: { readonly at: string }) {
  return (
    <span className="quiet nowrap">
      <Time at={at} />
    </span>
  );
}
