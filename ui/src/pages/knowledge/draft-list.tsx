import { Link } from 'wouter';
import { useToPage } from '../../frame/address.ts';
import { Failure } from '../../parts/states.tsx';
import { count } from '../../text/format.ts';
import type { Draft } from './draft.ts';
import type { Sent } from './use-upload.ts';

interface DraftListProps {
  readonly tenant: string;
  readonly drafts: readonly Draft[];
  readonly sent: ReadonlyMap<string, Sent>;
  readonly onLeaveOut: (uri: string) => void;
}

/** Documents that are to be added, each with how far it is and why it was refused. */
export function DraftList({ tenant, drafts, sent, onLeaveOut }: DraftListProps) {
  const toPage = useToPage();
  const stored = drafts.filter(({ uri }) => sent.get(uri)?.state === 'stored').length;
  if (drafts.length === 0) return null;
  return (
    <>
      {sent.size > 0 && (
        <p role="status">
          <progress aria-label="Stored documents" value={stored} max={drafts.length} /> {stored} of {count(drafts.length, 'document')}{' '}
          stored
        </p>
      )}
      <ul className="drafts">
        {drafts.map(({ uri, refusal }) => {
          const state = sent.get(uri);
          return (
            <li key={uri}>
              {state?.state === 'stored' ? <Link href={toPage(`/knowledge/${state.id}`, { tenant })}>{uri}</Link> : uri}{' '}
              {state?.state === 'stored' && <span className="quiet">stored</span>}
              {state?.state === 'sending' && <span className="quiet">being stored…</span>}
              {state === undefined && (
                <button type="button" className="small" aria-label={`Leave out ${uri}`} onClick={() => onLeaveOut(uri)}>
                  Leave out
                </button>
              )}
              {refusal !== undefined && <p className="wrong">{refusal}</p>}
              {state?.state === 'failed' && <Failure error={state.error} />}
            </li>
          );
        })}
      </ul>
    </>
  );
}
