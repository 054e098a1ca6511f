import { useEffect, useRef } from 'react';
import type { Locator, LocatorLines } from '../../../../src/api/contract.ts';
import { useAhead } from '../../api/use-api.ts';
import { useAddress } from '../../frame/address.ts';
import { Answer, Empty } from '../../parts/states.tsx';
import { type Column, Table } from '../../parts/table.tsx';
import { WebLink } from '../../parts/web-link.tsx';
import { count, formatBytes, formatMs, formatWindow } from '../../text/format.ts';
import { findBody } from './raw-body.ts';
import { Line } from './samples.tsx';
import { toRawLines, useRawLines } from './use-raw-lines.ts';

const openObserve: Column<Locator> = {
  title: 'OpenObserve',
  cell: ({ url }) => (url === null ? <span className="quiet">–</span> : <WebLink href={url}>Open</WebLink>),
};

interface RawLinesProps {
  readonly tenant: string;
  readonly fingerprint: string;
  readonly template: string;
  readonly locators: readonly Locator[];
}

/** Windows that have lines of the pattern, newest first; the lines of the chosen one, which is in the address, are read from the source. */
export function RawLines({ tenant, fingerprint, template, locators }: RawLinesProps) {
  const [get, set] = useAddress();
  const ahead = useAhead();
  const chosen = locators.find(({ locator_id }) => locator_id === get('evidence'));
  // Each service and mask has a place of its own, and the lines of a window are read all at once.
  const windows = locators.filter(
    (one, index) =>
      index === locators.findIndex(({ window_from, stream }) => window_from === one.window_from && stream === one.stream) || one === chosen,
  );
  return (
    <section className="panel" aria-labelledby="raw-title">
      <h2 id="raw-title">Raw lines</h2>
      {locators.length === 0 ? (
        <Empty title="No place of such a line is known for this time." advice="Choose a longer time, or an earlier one." />
      ) : (
        <Table
          caption="Windows with such lines, newest first"
          rows={windows}
          rowKey={({ locator_id }) => locator_id}
          isChosen={(locator) => locator === chosen}
          columns={[
            {
              title: 'Lines of',
              cell: ({ window_from, window_to }) => <span className="nowrap">{formatWindow(window_from, window_to)}</span>,
            },
            { title: 'Stream', isMinor: true, cell: ({ stream }) => stream },
            {
              title: 'Lines',
              cell: (locator) => {
                const isOpen = locator === chosen;
                const evidence = isOpen ? undefined : locator.locator_id;
                const words = formatWindow(locator.window_from, locator.window_to);
                return (
                  <button
                    type="button"
                    className="small"
                    aria-expanded={isOpen}
                    {...ahead(() => (isOpen ? [] : [toRawLines(tenant, fingerprint, locator.locator_id)]))}
                    onClick={() => set({ evidence })}
                    aria-label={`Raw lines of ${words}`}
                  >
                    {isOpen ? 'Hide' : 'Show'}
                  </button>
                );
              },
            },
            ...(locators.some(({ url }) => url !== null) ? [openObserve] : []),
          ]}
        />
      )}
      {chosen && <ReadLines key={chosen.locator_id} {...{ tenant, fingerprint, template, locator: chosen }} />}
    </section>
  );
}

function ReadLines({ tenant, fingerprint, template, locator }: Omit<RawLinesProps, 'locators'> & { readonly locator: Locator }) {
  const lines = useRawLines(tenant, fingerprint, locator.locator_id);
  const place = useRef<HTMLDivElement>(null);
  const isRead = lines.data !== undefined;
  useEffect(() => {
    if (isRead) place.current?.scrollIntoView({ block: 'nearest' });
  }, [isRead]);
  return (
    <div className="read" ref={place}>
      <p className="quiet">
        One of them in OpenObserve: <code>{locator.query}</code>
      </p>
      <Answer
        of={lines}
        what="lines from the source"
        isEmpty={({ rows }) => rows.length === 0}
        empty={
          <Empty
            title="The source does not have these lines any more."
            advice="Its own retention has removed them; the samples below are kept."
          />
        }
      >
        {({ rows, truncated, bytes, elapsed_ms, provenance }) => (
          <>
            <p className="quiet">
              {count(rows.length, 'line')}
              {truncated && ', and there are more'}; {formatBytes(bytes)} read in {formatMs(elapsed_ms)} from {provenance.stream}
            </p>
            <ul className="lines">
              {rows.map((row, index) => (
                // biome-ignore lint/suspicious/noArrayIndexKey: the source may give a row twice
                <li key={index}>
                  <RawLine row={row} template={template} />
                </li>
              ))}
            </ul>
          </>
        )}
      </Answer>
    </div>
  );
}

function RawLine({ row, template }: { readonly row: LocatorLines['rows'][number]; readonly template: string }) {
  const body = findBody(row, template);
  const fields = Object.entries(row).filter(([name]) => name !== body);
  return (
    <details>
      <summary>
        {body === undefined ? <code className="line">{JSON.stringify(row)}</code> : <Line template={template} line={String(row[body])} />}
      </summary>
      <dl className="facts">
        {fields.map(([name, value]) => (
          <div key={name} className="fact">
            <dt>{name}</dt>
            <dd>{typeof value === 'string' ? value : JSON.stringify(value)}</dd>
          </div>
        ))}
      </dl>
    </details>
  );
}
