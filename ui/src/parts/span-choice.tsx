import { type FormEvent, useRef } from 'react';
import type { CallList } from '../../../src/api/contract.ts';
import type { Query } from '../api/ask.ts';
import { useApi } from '../api/use-api.ts';
import { type AddressChange, useAddress } from '../frame/address.ts';
import { formatWindow, toIso, toMs } from '../text/format.ts';
import './span-choice.css';

const spans = { '10m': 600_000, '1h': 3_600_000, '6h': 21_600_000, '24h': 86_400_000, '7d': 604_800_000 } as const;
type Span = keyof typeof spans;
const names = Object.keys(spans) as Span[];
const MINUTE = 60_000;

/** A route that answers about a range. */
export interface Ranged {
  readonly path: string;
  /** Fields that make its answer small. */
  readonly query: Query;
  /** How long a time it answers about when it is asked for no range: the newest that it has anything of. */
  readonly usual: Span;
}

const calls: Ranged = { path: '/api/v1/calls', query: { limit: 1 }, usual: '1h' };

/** The time that a page looks at. */
export interface ShownSpan {
  /** Its length by name; undefined for both ends by themselves. */
  readonly span: Span | undefined;
  /** End that was chosen in the address; undefined for the newest. */
  readonly to: string | undefined;
  /** Fields of a request: none where the route looks at the same time by itself. */
  readonly range: { readonly from?: string; readonly to?: string };
  /** The newest end is not known yet. */
  readonly isWaiting: boolean;
}

/**
 * The fields `span` and `to` of the address, or `from` and `to`, as a range; without `to` it ends with `newest`, else with the newest that the
 * route, the list of calls if absent, has.
 */
export function useSpan(tenant: string | undefined, { path, query, usual }: Ranged = calls, newest?: string): ShownSpan {
  const [get] = useAddress();
  const from = toTime(get('from'));
  const to = toTime(get('to'));
  const isOwn = from !== undefined && to !== undefined && toMs(from) < toMs(to);
  const span = isOwn ? undefined : (names.find((name) => name === get('span')) ?? usual);
  const isUsual = span === usual && to === undefined && newest === undefined;
  const wait = tenant === undefined || isUsual || to !== undefined || newest !== undefined;
  const asked = useApi<Pick<CallList, 'to'>>(path, { tenant_id: tenant, ...query }, { every: 30, wait }).data?.to;
  const end = to ?? newest ?? asked;
  if (isOwn) return { span, to, range: { from, to }, isWaiting: false };
  if (isUsual) return { span, to, range: {}, isWaiting: false };
  if (end === undefined) return { span, to, range: {}, isWaiting: true };
  return { span, to, range: { from: toIso(toMs(end) - spans[span ?? usual]), to: toIso(toMs(end)) }, isWaiting: false };
}

function toTime(text: string | undefined): string | undefined {
  return text !== undefined && !Number.isNaN(toMs(text)) ? text : undefined;
}

/** What the address says of a range, widened to whole minutes. */
export function toSpanChange(from: number, to: number): AddressChange {
  const start = Math.floor(from / MINUTE) * MINUTE;
  return { from: toIso(start), to: toIso(Math.max(start + MINUTE, Math.ceil(to / MINUTE) * MINUTE)), span: undefined };
}

interface SpanChoiceProps extends ShownSpan {
  /** The range that the page shows now. */
  readonly answered: { readonly from: string; readonly to: string } | undefined;
}

/** Chooses how long a time a page looks at, moves it, or takes both ends. */
export function SpanChoice({ span, to, answered }: SpanChoiceProps) {
  const [, set] = useAddress();
  const move = (direction: 1 | -1): void => {
    if (answered === undefined) return;
    const [start, end] = [toMs(answered.from), toMs(answered.to)];
    const step = direction * Math.max(span === undefined ? MINUTE : 300_000, (span === undefined ? end - start : spans[span]) / 2);
    set(span === undefined ? toSpanChange(start + step, end + step) : { to: toIso(end + step) }, { push: true });
  };
  return (
    <>
      <fieldset className="choice">
        <legend className="hidden">Length of time</legend>
        {names.map((name) => (
          <button
            key={name}
            type="button"
            aria-pressed={name === span}
            onClick={() => set({ span: name, from: undefined }, { push: true })}
          >
            {name}
          </button>
        ))}
      </fieldset>
      <fieldset className="choice">
        <legend className="hidden">Move in time</legend>
        <button type="button" aria-label="Earlier" onClick={() => move(-1)}>
          ←
        </button>
        <button type="button" aria-label="Later" onClick={() => move(1)} disabled={to === undefined}>
          →
        </button>
        <button type="button" aria-pressed={to === undefined} onClick={() => set({ to: undefined, from: undefined }, { push: true })}>
          Newest
        </button>
      </fieldset>
      {answered && <OwnSpan key={`${answered.from} ${answered.to}`} {...answered} />}
    </>
  );
}

/** The shown range in words, which opens two fields for another one. */
function OwnSpan({ from, to }: { readonly from: string; readonly to: string }) {
  const [, set] = useAddress();
  const place = useRef<HTMLDetailsElement>(null);
  const submit = (event: FormEvent<HTMLFormElement>): void => {
    event.preventDefault();
    const fields = new FormData(event.currentTarget);
    const [start, end] = ['from', 'to'].map((name) => Date.parse(`${fields.get(name)}Z`));
    if (start === undefined || end === undefined || Number.isNaN(start + end)) return;
    if (place.current) place.current.open = false;
    set(toSpanChange(Math.min(start, end), Math.max(start, end)), { push: true });
  };
  return (
    <details ref={place} className="own-span" onKeyDown={(event) => event.key === 'Escape' && place.current?.removeAttribute('open')}>
      <summary className="quiet" title="Choose both ends">
        {formatWindow(from, to)} UTC
      </summary>
      <form onSubmit={submit}>
        <label>
          From, UTC
          <input type="datetime-local" name="from" required defaultValue={from.slice(0, 16)} />
        </label>
        <label>
          To, UTC
          <input type="datetime-local" name="to" required defaultValue={to.slice(0, 16)} />
        </label>
        <button type="submit" className="primary">
          Show
        </button>
      </form>
    </details>
  );
}
