import type { Embedder } from '../../knowledge/embedder.ts';

export type { Embedder };

/** How the knowledge base works in this installation. */
export interface KnowledgeSettings {
  /** Text search configuration of documents that do not say theirs. */
  readonly language: string;
  /** Absent where no service for vectors is configured. */
  readonly embedder?: Embedder | undefined;
}
