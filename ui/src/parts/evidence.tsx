import { useEffect, useId, useRef, useState } from 'react';
import type { LocatorAnswer, LocatorLines } from '../../../src/api/contract.ts';
import { useApi } from '../api/use-api.ts';
import { count, formatBytes, formatWindow } from '../text/format.ts';
import { Answer, Empty } from './states.tsx';

const LINES = 50;

interface EvidenceProps {
  readonly tenant: string;
  readonly locatorId: string | null;
  /** What the evidence is of, for readers of the screen. */
  readonly of: string;
  /** Only rows of this resource, and all of them in the window; the rows of the exemplar if absent. */
  readonly resource?: string | undefined;
}

/** A button that shows where the raw rows are: in OpenObserve, and a few of them here. A dash where none are known. */
export function Evidence({ tenant, locatorId, of, resource }: EvidenceProps) {
  const [isOpen, setOpen] = useState(false);
  if (locatorId === null) return <span className="quiet">–</span>;
  return (
    <>
      <button type="button" className="small" onClick={() => setOpen(true)} aria-label={`Raw rows of ${of}`}>
        Raw rows
      </button>
      {isOpen && <EvidenceDialog {...{ tenant, locatorId, of, resource }} onClose={() => setOpen(false)} />}
    </>
  );
}

function EvidenceDialog({ tenant, locatorId, of, resource, onClose }: EvidenceProps & { readonly onClose: () => void }) {
  const dialog = useRef<HTMLDialogElement>(null);
  const id = useId();
  const locator = useApi<LocatorAnswer>(`/api/v1/locators/${locatorId}`, { tenant_id: tenant });
  useEffect(() => {
    dialog.current?.showModal();
  }, []);
  return (
    <dialog ref={dialog} className="wide" aria-labelledby={id} onClose={onClose}>
      <div className="stack">
        <h2 id={id}>Raw rows of {of}</h2>
        <Answer of={locator} what="place of the rows">
          {({ stream, stream_type, organization, window_from, window_to, query, url, exemplar_trace_id }) => (
            <dl className="facts">
              <dt>Stream</dt>
              <dd>
                {stream} ({stream_type}, organization {organization})
              </dd>
              <dt>Window</dt>
              <dd>{formatWindow(window_from, window_to)} UTC</dd>
              <dt>Query</dt>
              <dd>
                <code>{query}</code>
              </dd>
              {exemplar_trace_id !== null && (
                <>
                  <dt>A trace</dt>
                  <dd>
                    <code>{exemplar_trace_id}</code>
                  </dd>
                </>
              )}
              <dt>OpenObserve</dt>
              <dd>
                {url !== null && /^https?:/i.test(url) ? (
                  <a href={url} target="_blank" rel="noreferrer">
                    Open there
                  </a>
                ) : (
                  'The configuration does not say where its web interface is.'
                )}
              </dd>
            </dl>
          )}
        </Answer>
        <Lines {...{ tenant, resource }} locatorId={locatorId ?? ''} />
        <p className="actions">
          <button type="button" onClick={() => dialog.current?.close()}>
            Close
          </button>
        </p>
      </div>
    </dialog>
  );
}

function Lines({ tenant, locatorId, resource }: Pick<EvidenceProps, 'tenant' | 'resource'> & { readonly locatorId: string }) {
  const [isWanted, setWanted] = useState(false);
  const path = `/api/v1/locators/${locatorId}/lines`;
  const lines = useApi<LocatorLines>(path, { tenant_id: tenant, resource, limit: LINES }, { wait: !isWanted });
  if (!isWanted)
    return (
      <button type="button" onClick={() => setWanted(true)}>
        Read {LINES} of them from the source
      </button>
    );
  return (
    <Answer
      of={lines}
      what="rows from the source"
      isEmpty={({ rows }) => rows.length === 0}
      empty={<Empty title="The source has no such rows any more." advice="Its retention may have removed them." />}
    >
      {({ rows, truncated, bytes }) => (
        <>
          <p className="quiet">
            {count(rows.length, 'row')}, {formatBytes(bytes)}
            {truncated && ', and there are more'}
          </p>
          {/* biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reachable by keyboard */}
          <pre className="raw" tabIndex={0}>
            {rows.map((row) => JSON.stringify(row)).join('\n')}
          </pre>
        </>
      )}
    </Answer>
  );
}
