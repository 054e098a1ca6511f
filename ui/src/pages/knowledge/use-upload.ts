import { useMutation, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import type { DocumentAnswer } from '../../../../src/api/contract.ts';
import { ask } from '../../api/ask.ts';
import { toProblem } from '../../api/problem.ts';
import { type Draft, toBody } from './draft.ts';

/** How far a document is: being sent, stored under an id, or refused. */
export type Sent =
  | { readonly state: 'sending' }
  | { readonly state: 'stored'; readonly id: string }
  | { readonly state: 'failed'; readonly error: unknown };

/** Failures that every other document would meet too. */
const FUTILE = [0, 401, 403];

/** Sends documents one after the other, and tells of each by its address how far it is; one that is refused does not keep the others back. */
export function useUpload(tenant: string, onDone: (ids: readonly string[]) => void) {
  const [sent, setSent] = useState<ReadonlyMap<string, Sent>>(new Map());
  const client = useQueryClient();
  const tell = (uri: string, state: Sent): void => setSent((before) => new Map(before).set(uri, state));
  const upload = useMutation({
    mutationFn: async ({ drafts, resources }: { drafts: readonly Draft[]; resources: string }) => {
      const ids: string[] = [];
      let isWhole = true;
      // The database takes one at a time.
      for (const draft of drafts) {
        tell(draft.uri, { state: 'sending' });
        try {
          const { doc_id } = await ask<DocumentAnswer>('/api/v1/knowledge', { body: toBody(tenant, draft, resources) });
          ids.push(doc_id);
          tell(draft.uri, { state: 'stored', id: doc_id });
        } catch (error) {
          isWhole = false;
          tell(draft.uri, { state: 'failed', error });
          if (FUTILE.includes(toProblem(error).status)) break;
        }
      }
      return isWhole ? ids : undefined;
    },
    onSuccess: (ids) => ids && onDone(ids),
    onSettled: () => client.invalidateQueries({ predicate: ({ queryKey }) => String(queryKey[0]).startsWith('/api/v1/knowledge') }),
  });
  return { sent, isBusy: upload.isPending, send: upload.mutate };
}
