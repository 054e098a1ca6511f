import type { KnowledgeConfig } from '../../knowledge/config.ts';
import { createEmbedder, type Embedder, type EmbedderDeps } from '../../knowledge/embedder.ts';

export type { Embedder };

/** How the knowledge base works in this installation. */
export interface KnowledgeSettings {
  /** Text search configuration of documents that do not say theirs. */
  readonly language: string;
  /** Absent where no service for vectors is configured. */
  readonly embedder?: Embedder | undefined;
}

/** The settings that a configuration asks for. */
export function toKnowledgeSettings({ language, embeddings }: KnowledgeConfig, deps: EmbedderDeps): KnowledgeSettings {
  return { language, embedder: embeddings && createEmbedder(embeddings, deps) };
}
