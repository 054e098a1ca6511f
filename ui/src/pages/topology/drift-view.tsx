import { useState } from 'react';
import { Link } from 'wouter';
import type { Drift } from '../../../../src/api/contract.ts';
import { type Question, useApi } from '../../api/use-api.ts';
import { useAddress, useToPage } from '../../frame/address.ts';
import { type Ranged, type ShownSpan, SpanChoice, useSpan } from '../../parts/span-choice.tsx';
import { Answer, Empty } from '../../parts/states.tsx';
import { Table } from '../../parts/table.tsx';
import { count, formatCount, formatTime, toMs } from '../../text/format.ts';
import { type Names, useNames } from './names.ts';
import { relationLooks } from './topology-picture.ts';

type Item = Drift['items'][number];
const MOST = 1000;
const STEP = 25;
/** What is compared without a choice. */
const newestDay: Ranged = { path: '/api/v1/calls', query: { limit: 1 }, usual: '24h' };
const kinds = { declared_not_observed: 'Declared, not called', observed_not_declared: 'Called, not declared' } as const;

/** What the view asks; of the newest day without a range. */
export function toDrift(tenant: string | undefined, range: ShownSpan['range'] = {}): Question {
  return { path: '/api/v1/topology/drift', query: { tenant_id: tenant, ...range, limit: MOST } };
}

interface DriftViewProps {
  readonly tenant: string | undefined;
  /** When the first edge was declared; null when none ever was, undefined when that is not known. */
  readonly firstDeclaredAt: string | null | undefined;
}

/** Edges that are declared and were not seen, or seen and not declared, in the newest day with calls. */
export function DriftView({ tenant, firstDeclaredAt }: DriftViewProps) {
  const span = useSpan(tenant, newestDay);
  const wait = tenant === undefined || span.isWaiting;
  const { path, query } = toDrift(tenant, span.range);
  const drift = useApi<Drift>(path, query, { every: 60, wait });
  const names = useNames(tenant);
  return (
    <>
      <div className="filters">
        <SpanChoice {...span} answered={drift.data} />
      </div>
      <Answer of={drift} what="drift">
        {(answer) => <DriftTables answer={answer} names={names} firstDeclaredAt={firstDeclaredAt} />}
      </Answer>
    </>
  );
}

interface DriftTablesProps extends Pick<DriftViewProps, 'firstDeclaredAt'> {
  readonly answer: Drift;
  readonly names: Names;
}

function DriftTables({ answer, names, firstDeclaredAt }: DriftTablesProps) {
  const { items, windows, windows_with_data, next_cursor } = answer;
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
        <label>
          Filter
          <input
            type="search"
            placeholder="name or source"
            value={get('edges') ?? ''}
            onChange={({ target }) => set({ edges: target.value })}
          />
        </label>
        <p className="quiet" role="status">
          calls in {formatCount(windows_with_data)} of {count(windows, 'window')} of five minutes
          {next_cursor !== undefined && `; the first ${formatCount(MOST)} are shown`}
        </p>
      </div>
      <p>{summarise(answer, firstDeclaredAt)}</p>
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

/** The whole comparison in a sentence or two. */
function summarise({ items, to, windows_with_data }: Drift, firstDeclaredAt: string | null | undefined): string {
  if (windows_with_data === 0) return 'What documents declare is compared with the calls that are seen: here there is nothing to compare.';
  if (firstDeclaredAt === null) return 'No document declares anything, so that every call is one that nobody declared.';
  if (firstDeclaredAt !== undefined && toMs(firstDeclaredAt) >= toMs(to))
    return `No document had declared anything at this time: the first declaration is of ${formatTime(firstDeclaredAt)} UTC.`;
  const size = (kind: Item['drift']): number => items.filter(({ drift }) => drift === kind).length;
  const [unseen, undeclared] = [size('declared_not_observed'), size('observed_not_declared')];
  return [
    unseen === 0
      ? 'Every edge that documents declare was called.'
      : `Documents declare ${count(unseen, 'edge')} over which no call was seen: no longer needed, not traced, or not used in this time.`,
    undeclared === 0
      ? 'Every call goes over an edge that is declared.'
      : `Calls were seen over ${count(undeclared, 'edge')} that no document declares: a dependency that nobody wrote down, or a document that is not read.`,
  ].join(' ');
}

interface DriftTableProps {
  readonly title: string;
  readonly items: readonly Item[];
  readonly names: Names;
}

function DriftTable({ title, items, names }: DriftTableProps) {
  const toPage = useToPage();
  const [get] = useAddress();
  const [most, setMost] = useState(STEP);
  const filter = (get('edges') ?? '').trim().toLowerCase();
  const found = items.filter(({ src_urn, dst_urn, declared_by }) =>
    [names(src_urn).name, names(dst_urn).name, ...declared_by].join(' ').toLowerCase().includes(filter),
  );
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
        <p className="quiet">None.</p>
      ) : (
        <Table
          caption={title}
          rows={found.slice(0, most)}
          rowKey={({ src_urn, dst_urn, relation }) => `${src_urn} ${relation} ${dst_urn}`}
          columns={[
            { title: 'From', cell: ({ src_urn }) => end(src_urn) },
            { title: 'To', cell: ({ dst_urn }) => end(dst_urn) },
            {
              ...{ title: 'Declared as', isMinor: true },
              cell: ({ relation, declared_by }) => (relation ? `${relationLooks[relation].title} (${declared_by.join(', ')})` : '–'),
            },
            { title: 'Calls', isNumber: true, cell: ({ calls }) => formatCount(calls) },
            { title: 'What that means', cell: explain },
          ]}
        />
      )}
      {found.length > most && (
        <button type="button" className="more" onClick={() => setMost(most + STEP)}>
          Show more of {formatCount(found.length)}
        </button>
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
