import { useMutation, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { useLocation } from 'wouter';
import type { DocumentAnswer } from '../../../../src/api/contract.ts';
import { ask } from '../../api/ask.ts';
import { useToPage } from '../../frame/address.ts';
import { Confirm } from '../../parts/confirm.tsx';
import { count } from '../../text/format.ts';
import { type Draft, isWritten, readFiles, toBody } from './draft.ts';

interface AddDialogProps {
  readonly tenant: string;
  readonly onClose: () => void;
}

/** Adds files, or a text that is written here; a document of the same address is replaced. */
export function AddDialog({ tenant, onClose }: AddDialogProps) {
  const [files, setFiles] = useState<readonly Draft[]>([]);
  const [written, setWritten] = useState<Draft>({ uri: '', text: '', format: 'markdown' });
  const [resources, setResources] = useState('');
  const toPage = useToPage();
  const [, navigate] = useLocation();
  const client = useQueryClient();
  const drafts = [...files, ...(isWritten(written) ? [written] : [])];
  const add = useMutation({
    mutationFn: async () => {
      const added: DocumentAnswer[] = [];
      // One after the other: the database takes one at a time, and the error names the document at which it stopped.
      for (const draft of drafts) added.push(await ask<DocumentAnswer>('/api/v1/knowledge', { body: toBody(tenant, draft, resources) }));
      return added;
    },
    onSuccess: (added) => {
      const [only] = added;
      if (added.length === 1 && only !== undefined) navigate(toPage(`/knowledge/${only.doc_id}`, { tenant }));
      else onClose();
    },
    onSettled: () => client.invalidateQueries({ predicate: ({ queryKey }) => String(queryKey[0]).startsWith('/api/v1/knowledge') }),
  });
  const read = useMutation({ mutationFn: readFiles, onSuccess: setFiles });
  return (
    <Confirm
      title="Add documents"
      action={`Add ${count(drafts.length, 'document')}`}
      isBusy={add.isPending || read.isPending}
      isBlocked={drafts.length === 0}
      error={add.error ?? read.error}
      onConfirm={() => add.mutate()}
      onClose={onClose}
    >
      <p className="quiet">
        Every viewer of {tenant} and its agents can then search and read them. A document with the address of a stored one replaces it.
      </p>
      <label>
        Markdown or HTML files
        <input
          type="file"
          accept=".md,.markdown,.html,.htm,.xhtml"
          multiple
          onChange={({ target }) => read.mutate([...(target.files ?? [])])}
        />
      </label>
      {files.length > 0 && (
        <ul className="drafts">
          {files.map(({ uri }) => (
            <li key={uri}>{uri}</li>
          ))}
        </ul>
      )}
      <details>
        <summary>Write or paste one</summary>
        <div className="written">
          <label>
            Address: where it is from, such as https://wiki/runbook; nothing is fetched from there
            <input
              value={written.uri}
              maxLength={2000}
              spellCheck={false}
              onChange={({ target }) => setWritten({ ...written, uri: target.value })}
            />
          </label>
          <label>
            Format
            <select
              value={written.format}
              onChange={({ target }) => setWritten({ ...written, format: target.value === 'html' ? 'html' : 'markdown' })}
            >
              <option value="markdown">Markdown</option>
              <option value="html">HTML</option>
            </select>
          </label>
          <label>
            Text
            <textarea rows={8} value={written.text} onChange={({ target }) => setWritten({ ...written, text: target.value })} />
          </label>
        </div>
      </details>
      <label>
        Resources it is about: URNs, names or aliases with spaces between; those it mentions are found by themselves
        <input value={resources} spellCheck={false} onChange={({ target }) => setResources(target.value)} />
      </label>
    </Confirm>
  );
}
