import { Link } from 'wouter';
import type { Drift } from '../../../../src/api/contract.ts';
import { useApi } from '../../api/use-api.ts';
import { useAddress, useToPage } from '../../frame/address.ts';
import { Answer, Empty } from '../../parts/states.tsx';
import { Table } from '../../parts/table.tsx';
import { count, formatCount, formatWindow } from '../../text/format.ts';
import { type Names, useNames } from './names.ts';
import { relationLooks } from './topology-picture.ts';

type Item = Drift['items'][number];
const MOST = 1000;
const kinds = { declared_not_observed: 'Declared, not called', observed_not_declared: 'Called, not declared' } as const;

/** Edges that are declared and were not seen, or seen and not declared, in the newest day with calls. */
export function DriftView({ tenant }: { readonly tenant: string | undefined }) {
  const drift = useApi<Drift>('/api/v1/topology/drift', { tenant_id: tenant, limit: MOST }, { every: 60, wait: tenant === undefined });
  const names = useNames(tenant);
  return (
    <Answer of={drift} what="drift">
      {(answer) => <DriftTables answer={answer} names={names} />}
    </Answer>
  );
}

function DriftTables({ answer, names }: { readonly answer: Drift; readonly names: Names }) {
  const { items, from, to, windows, windows_with_data, next_cursor } = answer;
  const [get, set] = useAddress();
  const only = get('drift');
  const shown = (Object.keys(kinds) as Item['drift'][]).filter((name) => only === undefined || name === only);
  return (
    <div className="stack">
      <div className="filters">
        <fieldset className="choice">
          <legend className="hidden">Kind of difference</legend>
          <button type="button" aria-pressed={only === undefined} onClick={() => set({ drift: undefined }, { push: true })}>
            Both
          </button>
          {Object.entries(kinds).map(([name, title]) => (
            <button key={name} type="button" aria-pressed={only === name} onClick={() => set({ drift: name }, { push: true })}>
              {title}
            </button>
          ))}
        </fieldset>
        <p className="quiet" role="status">
          {formatWindow(from, to)} UTC; calls in {formatCount(windows_with_data)} of {count(windows, 'window')} of five minutes
          {next_cursor !== undefined && `; the first ${formatCount(MOST)} are shown`}
        </p>
      </div>
      {windows_with_data === 0 && (
        <Empty
          title="No call was seen in this time."
          advice="Without calls nothing can be compared: Runs shows whether spans have been read."
        />
      )}
      {shown.map((name) => (
        <DriftTable key={name} title={kinds[name]} names={names} items={items.filter(({ drift }) => drift === name)} />
      ))}
    </div>
  );
}

interface DriftTableProps {
  readonly title: string;
  readonly items: readonly Item[];
  readonly names: Names;
}

function DriftTable({ title, items, names }: DriftTableProps) {
  const toPage = useToPage();
  const end = (urn: string) => (
    <Link href={toPage('/resource', { urn })} title={urn}>
      {names(urn).name}
    </Link>
  );
  return (
    <section className="panel" aria-label={title}>
      <div className="panel-head">
        <h2>{title}</h2>
        <span className="quiet">{count(items.length, 'edge')}</span>
      </div>
      {items.length === 0 ? (
        <p className="quiet">None: on this side documents and calls agree.</p>
      ) : (
        <Table
          caption={title}
          rows={items}
          rowKey={({ src_urn, dst_urn, relation }) => `${src_urn} ${relation} ${dst_urn}`}
          columns={[
            { title: 'From', cell: ({ src_urn }) => end(src_urn) },
            { title: 'To', cell: ({ dst_urn }) => end(dst_urn) },
            {
              title: 'Declared as',
              cell: ({ relation, declared_by }) => (relation ? `${relationLooks[relation].title} (${declared_by.join(', ')})` : '–'),
            },
            { title: 'Calls', isNumber: true, cell: ({ calls }) => formatCount(calls) },
            { title: 'What that means', cell: explain },
          ]}
        />
      )}
    </section>
  );
}

/** What can be concluded from an edge that only one side knows. */
function explain({ drift, windows, src_windows, dst_windows, src_declared, dst_declared }: Item): string {
  if (drift === 'observed_not_declared') {
    const seen = `seen in ${count(windows, 'window')}`;
    if (src_declared && dst_declared) return `Both ends are declared, the edge is not; ${seen}.`;
    if (!src_declared && !dst_declared) return `No document names either end; ${seen}.`;
    return `No document names the ${src_declared ? 'second' : 'first'} end; ${seen}.`;
  }
  if (src_windows === 0) return 'The first end called nothing at all, so that proves nothing: it may send no spans.';
  const other = dst_windows === 0 ? 'and nothing called the second' : `and others called the second in ${count(dst_windows, 'window')}`;
  return `The first end made calls in ${count(src_windows, 'window')}, never this one, ${other}: perhaps no longer needed.`;
}
