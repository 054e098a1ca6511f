import type { CallList } from '../../../src/api/contract.ts';
import type { Query } from '../api/ask.ts';
import { useApi } from '../api/use-api.ts';
import { useAddress } from '../frame/address.ts';
import { formatWindow, toIso, toMs } from '../text/format.ts';

const spans = { '10m': 600_000, '1h': 3_600_000, '6h': 21_600_000, '24h': 86_400_000, '7d': 604_800_000 } as const;
type Span = keyof typeof spans;
const names = Object.keys(spans) as Span[];

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
  readonly span: Span;
  /** End that was chosen in the address; undefined for the newest. */
  readonly to: string | undefined;
  /** Fields of a request: none where the route looks at the same time by itself. */
  readonly range: { readonly from?: string; readonly to?: string };
  /** The newest end is not known yet. */
  readonly isWaiting: boolean;
}

/** The fields `span` and `to` of the address as a range; without `to` it ends with the newest that the route, the list of calls if absent, has. */
export function useSpan(tenant: string | undefined, { path, query, usual }: Ranged = calls): ShownSpan {
  const [get] = useAddress();
  const span = names.find((name) => name === get('span')) ?? usual;
  const asked = get('to');
  const to = asked !== undefined && !Number.isNaN(toMs(asked)) ? asked : undefined;
  const isUsual = span === usual && to === undefined;
  const wait = tenant === undefined || isUsual || to !== undefined;
  const newest = useApi<Pick<CallList, 'to'>>(path, { tenant_id: tenant, ...query }, { every: 30, wait }).data?.to;
  const end = to ?? newest;
  if (isUsual) return { span, to, range: {}, isWaiting: false };
  if (end === undefined) return { span, to, range: {}, isWaiting: true };
  return { span, to, range: { from: toIso(toMs(end) - spans[span]), to: toIso(toMs(end)) }, isWaiting: false };
}

/** Chooses how long a time a page looks at, and moves it; `answered` is the range that the page shows now. */
export function SpanChoice({ span, to, answered }: ShownSpan & { readonly answered: { from: string; to: string } | undefined }) {
  const [, set] = useAddress();
  const move = (direction: 1 | -1): void => {
    if (answered !== undefined) set({ to: toIso(toMs(answered.to) + direction * Math.max(300_000, spans[span] / 2)) }, { push: true });
  };
  return (
    <>
      <fieldset className="choice">
        <legend className="hidden">Length of time</legend>
        {names.map((name) => (
          <button key={name} type="button" aria-pressed={name === span} onClick={() => set({ span: name }, { push: true })}>
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
        <button type="button" aria-pressed={to === undefined} onClick={() => set({ to: undefined }, { push: true })}>
          Newest
        </button>
      </fieldset>
      {answered && <span className="quiet span-words">{formatWindow(answered.from, answered.to)} UTC</span>}
    </>
  );
}
