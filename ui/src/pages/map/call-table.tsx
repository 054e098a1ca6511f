import { useMemo, useState } from 'react';
import { Link } from 'wouter';
import { useAddress, useToPage } from '../../frame/address.ts';
import { Evidence } from '../../parts/evidence.tsx';
import { Table } from '../../parts/table.tsx';
import { formatShare, formatShort } from '../../text/format.ts';
import { type Call, errorSteps, toCallId, toErrorStep } from './call-picture.ts';
import { formatLatency } from './map-words.tsx';

const STEP = 100;
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
  const sorted = useMemo(() => calls.toSorted((left, right) => orders[order](right) - orders[order](left)), [calls, order]);
  const around = (urn: string): string => toPage('/map', { ...addressOf(get), focus: urn });
  return (
    <section className="panel" aria-labelledby="calls-title">
      <div className="panel-head">
        <h2 id="calls-title">Calls</h2>
        <label className="quiet">
          Order{' '}
          <select value={order} onChange={({ target }) => set({ order: target.value })}>
            {orderNames.map((name) => (
              <option key={name}>{name}</option>
            ))}
          </select>
        </label>
      </div>
      <Table
        caption="Calls"
        rows={sorted.slice(0, most)}
        rowKey={toCallId}
        isChosen={(call) => toCallId(call) === chosen}
        columns={[
          { title: 'From', cell: ({ src_urn, src_name }) => <Link href={around(src_urn)}>{src_name}</Link> },
          { title: 'To', cell: ({ dst_urn, dst_name }) => <Link href={around(dst_urn)}>{dst_name}</Link> },
          { title: 'Calls/s', isNumber: true, cell: ({ rps }) => formatShort(rps) },
          {
            ...{ title: 'Errors', isNumber: true },
            cell: ({ err_rate }) => (
              <span className={errorSteps[toErrorStep(err_rate)]?.colour === '--bad' ? 'wrong' : ''}>{formatShare(err_rate)}</span>
            ),
          },
          { title: 'Median', isNumber: true, isMinor: true, cell: ({ p50_ms }) => formatLatency(p50_ms) },
          { title: 'p95', isNumber: true, cell: ({ p95_ms }) => formatLatency(p95_ms) },
          { title: 'Over', isMinor: true, cell: ({ protocols }) => protocols.join(', ') },
          {
            ...{ title: 'Evidence', isMinor: true },
            cell: ({ locator_id, src_name, dst_name }) => (
              <Evidence tenant={tenant} locatorId={locator_id} of={`${src_name} → ${dst_name}`} />
            ),
          },
        ]}
      />
      {sorted.length > most && (
        <button type="button" className="more" onClick={() => setMost(most + STEP)}>
          Show more
        </button>
      )}
    </section>
  );
}

/** What stays in the address when the focus moves. */
function addressOf(get: (name: string) => string | undefined): Record<string, string | undefined> {
  return Object.fromEntries(['hops', 'span', 'to', 'order'].map((name) => [name, get(name)]));
}
