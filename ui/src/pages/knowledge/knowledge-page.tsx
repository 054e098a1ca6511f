import { useState } from 'react';
import { useAddress } from '../../frame/address.ts';
import { OneTenant } from '../../frame/one-tenant.tsx';
import { AddDialog } from './add-dialog.tsx';
import { DocumentTable } from './document-table.tsx';
import './knowledge.css';
import { SearchResults } from './search-results.tsx';
import { useFileDrop } from './use-file-drop.ts';

/** Runbooks and other documents: a search, the list, and a dialog that adds some. The question is in the address. */
export function KnowledgePage() {
  return <OneTenant>{(tenant) => <Knowledge tenant={tenant} />}</OneTenant>;
}

function Knowledge({ tenant }: { readonly tenant: string }) {
  const [get, set] = useAddress();
  const [isAdding, setAdding] = useState(false);
  const [dropped, setDropped] = useState<readonly File[]>([]);
  const isOver = useFileDrop((files) => {
    setDropped(files);
    setAdding(true);
  });
  const close = (): void => {
    setAdding(false);
    setDropped([]);
  };
  const question = get('q');
  const resource = get('resource');
  return (
    <div className={isOver ? 'stack is-drop-place' : 'stack'}>
      <div className="page-head">
        <h1>Knowledge</h1>
        <button type="button" onClick={() => setAdding(true)}>
          Add documents…
        </button>
      </div>
      <search>
        <form
          key={question}
          className="question"
          onSubmit={(event) => {
            event.preventDefault();
            const asked = new FormData(event.currentTarget).get('q');
            set({ q: typeof asked === 'string' ? asked.trim() : undefined }, { push: true });
          }}
        >
          <input
            type="search"
            name="q"
            aria-label="Question or words"
            placeholder='Question or words; "a phrase" must be there, -word must not'
            defaultValue={question}
            maxLength={2000}
            spellCheck={false}
          />
          <button type="submit" className="primary">
            Search
          </button>
        </form>
      </search>
      {resource !== undefined && (
        <p>
          Only documents about <code>{resource}</code>{' '}
          <button type="button" className="small" onClick={() => set({ resource: undefined }, { push: true })}>
            Show all
          </button>
        </p>
      )}
      {question === undefined ? (
        <DocumentTable tenant={tenant} resource={resource} onAdd={() => setAdding(true)} />
      ) : (
        <SearchResults {...{ tenant, question, resource }} />
      )}
      {isAdding && <AddDialog tenant={tenant} dropped={dropped} onClose={close} />}
    </div>
  );
}
