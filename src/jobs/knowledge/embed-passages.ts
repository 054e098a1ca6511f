import { throwIfAborted } from '../../core/error.ts';
import type { Db } from '../../store/db.ts';
import { type BarePassage, countBarePassages, listBarePassages, putVectors } from '../../store/knowledge.ts';
import type { Embedder } from './settings.ts';

/**
 * Makes the vectors that passages of the tenant, or of one of its documents, lack under the embedder's model, and returns their number. Each
 * batch is kept as it comes, so that a failure costs at most one. Rejects as the embedder does.
 */
export async function embedPassages(
  db: Db,
  embedder: Embedder,
  tenantId: string,
  {
    docId,
    signal,
    onProgress,
  }: { readonly docId?: bigint; readonly signal?: AbortSignal; onProgress?(done: number, of: number): void } = {},
): Promise<number> {
  const { model, batchSize } = embedder;
  const total = onProgress ? await countBarePassages(db, tenantId, model) : 0;
  let after: BarePassage | undefined;
  let made = 0;
  for (;;) {
    throwIfAborted(signal);
    const passages = await listBarePassages(db, { tenantId, docId, model, after, limit: batchSize });
    after = passages.at(-1);
    if (!after) return made;
    const vectors = await embedder.embed(passages.map(toText), signal ? { signal } : {});
    made += await putVectors(
      db,
      tenantId,
      model,
      passages.flatMap((passage, index) => {
        const vector = vectors[index];
        return vector ? [{ passage, vector }] : [];
      }),
    );
    onProgress?.(Math.min(made, total), total);
  }
}

/** A passage with its place in the document, without which `Restart it.` says nothing. */
function toText({ headings, content }: BarePassage): string {
  return headings.length === 0 ? content : `${headings.join(' › ')}\n\n${content}`;
}
