import { ObserveBridgeError } from '../../core/error.ts';
import type { Queryable } from '../../store/db.ts';
import { type FoundPassage, parseQuestion, type QuestionVector, searchPassages } from '../../store/knowledge-search.ts';
import type { Embedder, KnowledgeSettings } from './settings.ts';

export interface KnowledgeSearch {
  readonly tenantId: string;
  /** As `parseQuestion` takes it. */
  readonly question: string;
  readonly resourceId?: bigint | undefined;
  readonly offset?: number;
  readonly limit: number;
  readonly signal?: AbortSignal;
}

/** Whether similarity took part: not without a service for vectors, and not while it fails. */
export type VectorSearch = 'used' | 'not_configured' | 'failed';

export interface KnowledgeAnswer {
  readonly passages: readonly FoundPassage[];
  readonly vector_search: VectorSearch;
}

/** The best passages for a question, by words and, where vectors are configured, also by similarity; words alone when the service fails. */
export async function searchKnowledge(
  db: Queryable,
  { embedder }: Pick<KnowledgeSettings, 'embedder'>,
  { tenantId, question, resourceId, offset = 0, limit, signal }: KnowledgeSearch,
): Promise<KnowledgeAnswer> {
  const near = embedder && (await embedQuestion(embedder, question, signal));
  const passages = await searchPassages(db, { tenantId, question: parseQuestion(question), near, resourceId, offset, limit });
  return { passages, vector_search: embedder === undefined ? 'not_configured' : near ? 'used' : 'failed' };
}

async function embedQuestion(embedder: Embedder, question: string, signal?: AbortSignal): Promise<QuestionVector | undefined> {
  try {
    // Somebody waits, and words alone are an answer too.
    const [vector] = await embedder.embed([question], { attempts: 1, ...(signal ? { signal } : {}) });
    return vector && { model: embedder.model, vector };
  } catch (error) {
    if (error instanceof ObserveBridgeError && error.code.startsWith('OB_EMBEDDINGS_')) return undefined;
    throw error;
  }
}
