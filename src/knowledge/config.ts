import { type Static, Type } from 'typebox';
import { durationField, textField } from '../core/config-field.ts';

const closed = { additionalProperties: false } as const;

const EmbeddingsConfigSchema = Type.Object(
  {
    url: textField({
      description: 'Base address of an OpenAI-compatible service, to which `/embeddings` is added, such as `https://api.openai.com/v1`.',
      pattern: '^https?://[^\\s@?#]+$',
      'x-expects': 'an http:// or https:// address without credentials',
    }),
    model: textField({
      description: 'Name of the model. After a change of it, `observebridge knowledge embed` makes the vectors anew.',
      minLength: 1,
    }),
    api_key: Type.Optional(textField({ description: 'Sent as bearer token; none if absent.', minLength: 1, 'x-secret': true })),
    dimensions: Type.Optional(
      Type.Integer({ description: 'Length of the vectors, for models that let one choose.', minimum: 1, maximum: 16_000 }),
    ),
    batch_size: Type.Integer({ description: 'Passages of one request.', minimum: 1, maximum: 2048, default: 32 }),
    timeout: durationField({ description: 'How long one request may take.', default: '30s' }),
  },
  {
    ...closed,
    description: 'Where vectors of passages come from, so that search also finds what says the same in other words. None if absent.',
  },
);
export type EmbeddingsConfig = Static<typeof EmbeddingsConfigSchema>;

/** The knowledge base: what the user writes under `knowledge`. */
export const KnowledgeConfigSchema = Type.Object(
  {
    language: textField({
      description:
        'Text search configuration of PostgreSQL for documents that do not say theirs. `simple` fits every language and takes words as they are; ' +
        '`english`, `german` and the like also find other forms of a word. Chinese and Japanese are found with each of them.',
      pattern: '^[a-z_][a-z0-9_]*$',
      default: 'simple',
      'x-expects': 'a name such as simple or english',
    }),
    embeddings: Type.Optional(EmbeddingsConfigSchema),
  },
  { ...closed, default: {}, description: 'Runbooks and other documents that can be searched.' },
);
export type KnowledgeConfig = Static<typeof KnowledgeConfigSchema>;
