import { useDeferredValue, useMemo, useState } from 'react';
import { Link } from 'wouter';
import { useAddress, useToPage } from '../../frame/address.ts';
import { Evidence } from '../../parts/evidence.tsx';
import { Table } from '../../parts/table.tsx';
import { formatCount, formatShare, formatShort } from '../../text/format.ts';
import { type Call, errorSteps, listProtocols, toCallId, toErrorStep } from './call-picture.ts';
import { formatLatency } from './map-words.tsx';

const STEP = 25;
const orders = {
  'most calls': ({ calls }: Call) => calls,
  'most errors': ({ errors }: Call) => errors,
  slowest: ({ p95_ms }: Call) => p95_ms ?? -1,
} as const;
type Order = keyof typeof orders;
const orderNames = Object.keys(orders) as Order[];

interface CallTableProps {
  readonly tenant: string;
  readonly calls: readonly Call[];
  /** Id of the chosen call. */
  readonly chosen: string | undefined;
}

/** The edges of the map as a table: everything that the drawing shows, for keyboards and readers of the screen. */
export function CallTable({ tenant, calls, chosen }: CallTableProps) {
  const [get, set] = useAddress();
  const toPage = useToPage();
  const [most, setMost] = useState(STEP);
  const order = orderNames.find((name) => name === get('order')) ?? 'most calls';
  const filter = useDeferredValue(get('filter') ?? '')
    .trim()
    .toLowerCase();
  const sorted = useMemo(
    () => calls.filter((call) => toWords(call).includes(filter)).toSorted((left, right) => orders[order](right) - orders[order](left)),
    [calls, filter, order],
  );
  const isProtocolKnown = useMemo(() => calls.some((call) => listProtocols(call).length > 0), [calls]);
  const around = (urn: string): string => toPage('/map', { ...addressOf(get), focus: urn });
  return (
    <section className="panel" aria-labelledby="calls-title">
      <div className="panel-head">
        <h2 id="calls-title">Calls</h2>
        <div className="filters">
          <label>
            Filter
            <input
              type="search"
              placeholder="name or protocol"
              value={get('filter') ?? ''}
              onChange={({ target }) => set({ filter: target.value })}
            />
          </label>
          <label>
            Order
            <select value={order} onChange={({ target }) => set({ order: target.value })}>
              {orderNames.map((name) => (
                <option key={name}>{name}</option>
              ))}
            </select>
          </label>
        </div>
      </div>
      {sorted.length === 0 && <p className="quiet">No call has this in the names of its ends or its protocol.</p>}
      <Table
        caption="Calls"
        rows={sorted.slice(0, most)}
        rowKey={toCallId}
        isChosen={(call) => toCallId(call) === chosen}
        columns={[
          {
            title: 'From',
            cell: ({ src_urn, src_name, src_kind }) => <End urn={src_urn} name={src_name} kind={src_kind} around={around} />,
          },
          { title: 'To', cell: ({ dst_urn, dst_name, dst_kind }) => <End urn={dst_urn} name={dst_name} kind={dst_kind} around={around} /> },
          { title: 'Calls/s', isNumber: true, cell: ({ rps }) => formatShort(rps) },
          {
            ...{ title: 'Errors', isNumber: true },
            cell: ({ err_rate }) => (
              <span className={errorSteps[toErrorStep(err_rate)]?.colour === '--bad' ? 'wrong' : ''}>{formatShare(err_rate)}</span>
            ),
          },
          { title: 'Median', isNumber: true, isMinor: true, cell: ({ p50_ms }) => formatLatency(p50_ms) },
          { title: 'p95', isNumber: true, cell: ({ p95_ms }) => formatLatency(p95_ms) },
          ...(isProtocolKnown ? [{ title: 'Over', isMinor: true, cell: (call: Call) => listProtocols(call).join(', ') || '–' }] : []),
          {
            ...{ title: 'Evidence', isMinor: true },
            cell: ({ locator_id, src_name, dst_name }) => (
              <Evidence tenant={tenant} locatorId={locator_id} of={`${src_name} → ${dst_name}`} />
            ),
          },
          {
            ...{ title: 'Map', isMinor: true },
            cell: (call) => (
              <button
                type="button"
                className="small"
                aria-label={`Mark ${call.src_name} → ${call.dst_name} on the map`}
                aria-pressed={toCallId(call) === chosen}
                onClick={() => set({ call: toCallId(call) === chosen ? undefined : toCallId(call) }, { push: true })}
              >
                Mark
              </button>
            ),
          },
        ]}
      />
      {sorted.length > most && (
        <button type="button" className="more" onClick={() => setMost(most + STEP)}>
          Show more of {formatCount(sorted.length)}
        </button>
      )}
    </section>
  );
}

interface EndProps {
  readonly urn: string;
  readonly name: string;
  readonly kind: string;
  readonly around: (urn: string) => string;
}

/** An end of a call; services often have the name of their database, so that what is none says its kind. */
function End({ urn, name, kind, around }: EndProps) {
  return (
    <span className="map-end">
      <Link href={around(urn)} title={urn}>
        {name}
      </Link>
      {kind !== 'service' && <span className="quiet"> {kind}</span>}
    </span>
  );
}

const toWords = (call: Call): string => [call.src_name, call.dst_name, ...listProtocols(call)].join(' ').toLowerCase();

/** What stays in the address when the focus moves. */
function addressOf(get: (name: string) => string | undefined): Record<string, string | undefined> {
  return Object.fromEntries(['hops', 'span', 'to', 'order'].map((name) => [name, get(name)]));
}
