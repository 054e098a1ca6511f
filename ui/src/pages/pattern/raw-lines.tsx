import { useEffect, useRef } from 'react';
import type { Locator, LocatorLines } from '../../../../src/api/contract.ts';
import { useApi } from '../../api/use-api.ts';
import { useAddress } from '../../frame/address.ts';
import { Answer, Empty } from '../../parts/states.tsx';
import { Table } from '../../parts/table.tsx';
import { Time } from '../../parts/time.tsx';
import { WebLink } from '../../parts/web-link.tsx';
import { count, formatBytes, formatMs, formatWindow } from '../../text/format.ts';
import { alignTemplate } from '../../text/template.ts';
import { Line } from './samples.tsx';

const MOST = 50;
/** Names under which the text of a line is stored, the usual first. */
const bodies = ['body', 'log', 'message', 'msg', 'content', '_raw'];

interface RawLinesProps {
  readonly tenant: string;
  readonly template: string;
  readonly locators: readonly Locator[];
}

/** Where lines of the pattern are, newest first; those of the chosen place, which is in the address, are read from the source. */
export function RawLines({ tenant, template, locators }: RawLinesProps) {
  const [get, set] = useAddress();
  const chosen = locators.find(({ locator_id }) => locator_id === get('evidence'));
  return (
    <section className="panel" aria-labelledby="raw-title">
      <h2 id="raw-title">Raw lines</h2>
      {locators.length === 0 ? (
        <Empty title="No place of such a line is known for this time." advice="Choose a longer time, or an earlier one." />
      ) : (
        <Table
          caption="Places of raw lines, newest first"
          rows={locators}
          rowKey={({ locator_id }) => locator_id}
          isChosen={(locator) => locator === chosen}
          columns={[
            {
              title: 'Lines of',
              cell: ({ window_from, window_to }) => <span className="nowrap">{formatWindow(window_from, window_to)}</span>,
            },
            { title: 'First at', isMinor: true, cell: ({ exemplar_timestamp }) => <Time at={exemplar_timestamp} /> },
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
                    onClick={() => set({ evidence })}
                    aria-label={`Raw lines of ${words}`}
                  >
                    {isOpen ? 'Hide' : 'Show'}
                  </button>
                );
              },
            },
            {
              title: 'OpenObserve',
              cell: ({ url }) => (url === null ? <span className="quiet">–</span> : <WebLink href={url}>Open</WebLink>),
            },
          ]}
        />
      )}
      {chosen && <ReadLines key={chosen.locator_id} {...{ tenant, template, locator: chosen }} />}
    </section>
  );
}

function ReadLines({ tenant, template, locator }: Omit<RawLinesProps, 'locators'> & { readonly locator: Locator }) {
  const lines = useApi<LocatorLines>(`/api/v1/locators/${locator.locator_id}/lines`, { tenant_id: tenant, limit: MOST });
  const place = useRef<HTMLDivElement>(null);
  const isRead = lines.data !== undefined;
  useEffect(() => {
    if (isRead) place.current?.scrollIntoView({ block: 'nearest' });
  }, [isRead]);
  return (
    <div className="read" ref={place}>
      <p className="quiet">
        <code>{locator.query}</code>
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

/** The field that holds the line: one that has the shape of the pattern, else one of the usual names. */
function findBody(row: LocatorLines['rows'][number], template: string): string | undefined {
  const texts = Object.entries(row).flatMap(([name, value]) => (typeof value === 'string' ? [[name, value] as const] : []));
  return texts.find(([, text]) => alignTemplate(template, text) !== undefined)?.[0] ?? bodies.find((name) => typeof row[name] === 'string');
}
