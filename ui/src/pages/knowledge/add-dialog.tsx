import { useMutation } from '@tanstack/react-query';
import { useEffect, useState } from 'react';
import { useLocation } from 'wouter';
import { useToPage } from '../../frame/address.ts';
import { Confirm } from '../../parts/confirm.tsx';
import { count } from '../../text/format.ts';
import { type Draft, isWritten, readFiles } from './draft.ts';
import { DraftList } from './draft-list.tsx';
import { useUpload } from './use-upload.ts';

interface AddDialogProps {
  readonly tenant: string;
  /** Files that were dropped on the page, also while the dialog is open. */
  readonly dropped: readonly File[];
  readonly onClose: () => void;
}

/** Adds files, or a text that is written here; a document of the same address is replaced. */
export function AddDialog({ tenant, dropped, onClose }: AddDialogProps) {
  const [files, setFiles] = useState<readonly Draft[]>([]);
  const [written, setWritten] = useState<Draft>({ uri: '', text: '', format: 'markdown' });
  const [resources, setResources] = useState('');
  const toPage = useToPage();
  const [, navigate] = useLocation();
  const drafts = [...files, ...(isWritten(written) ? [written] : [])];
  const { sent, isBusy, send } = useUpload(tenant, (ids) => {
    if (ids.length === 1 && drafts.length === 1) navigate(toPage(`/knowledge/${ids[0]}`, { tenant }));
    else onClose();
  });
  const open = drafts.filter(({ uri, refusal }) => refusal === undefined && sent.get(uri)?.state !== 'stored');
  const { mutate: take, ...read } = useMutation({
    mutationFn: readFiles,
    // A file of the same name takes the place of the one before.
    onSuccess: (added) => setFiles((before) => [...before.filter(({ uri }) => !added.some((one) => one.uri === uri)), ...added]),
  });
  useEffect(() => {
    if (dropped.length > 0) take(dropped);
  }, [dropped, take]);
  return (
    <Confirm
      title="Add documents"
      action={`Add ${count(open.length, 'document')}`}
      isBusy={isBusy || read.isPending}
      isBlocked={open.length === 0}
      error={read.error}
      onConfirm={() => send({ drafts: open, resources })}
      onClose={onClose}
    >
      <p className="quiet">
        Every viewer of {tenant} and its agents can then search and read them. A document with the address of a stored one replaces it.
      </p>
      <label>
        Markdown or HTML files; they can be dropped here too
        <input
          type="file"
          accept=".md,.markdown,.txt,.html,.htm,.xhtml"
          multiple
          onChange={({ target }) => take([...(target.files ?? [])])}
        />
      </label>
      <DraftList {...{ tenant, drafts, sent }} onLeaveOut={(uri) => setFiles(files.filter((file) => file.uri !== uri))} />
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
