import { type Static, Type } from 'typebox';
import { ResourceRefSchema } from './resources.ts';
import { asOf, bigId, closed, listOf, listQuery, named, nullable, oneOf, plain, reference, tenantId, time } from './shape.ts';

const document = {
  doc_id: bigId('Identity of the document.'),
  uri: Type.String({ description: 'Where the document is from.' }),
  title: nullable(Type.String()),
};

export const DocumentSchema = Type.Object({
  ...document,
  root: nullable(Type.String({ description: 'Directory import that it belongs to.' })),
  language: Type.String({ description: 'Text search configuration of PostgreSQL.' }),
  passages: Type.Integer({ description: 'Parts that are found by themselves.' }),
  vectors: Type.Integer({ description: 'Passages among them that are also found by similarity.' }),
  content_hash: Type.String(),
  updated_at: time('When its text was stored.'),
});
export type KnowledgeDocument = Static<typeof DocumentSchema>;

export const DocumentQuerySchema = listQuery({
  tenant_id: tenantId,
  q: Type.Optional(named('Part of the URI or the title, in any case.')),
  resource: Type.Optional(reference('Only documents about this resource: URN, name or alias.')),
});
export const DocumentListSchema = listOf(DocumentSchema);

export const DocumentParamsSchema = Type.Object({ id: bigId('Identity of the document.') }, closed);
export const DocumentPageQuerySchema = listQuery({ tenant_id: tenantId }, { maximum: 200, pattern: '^\\d{1,8}$' });
export const DocumentTenantQuerySchema = Type.Object({ tenant_id: tenantId }, closed);
const passage = {
  passage: Type.Integer({ description: 'Position in the document, from 0.' }),
  headings: Type.Array(Type.String(), { description: 'Title and headings above it, outermost first.' }),
  content: Type.String({ description: 'Markdown as it is written, or the text of HTML.' }),
};
export const DocumentPageSchema = Type.Object({
  ...DocumentSchema.properties,
  resources: Type.Array(
    Type.Object({
      ...ResourceRefSchema.properties,
      found_as: oneOf(['given', 'urn', 'name'], { description: 'Named by whoever added the document, or by its text.' }),
      passage: nullable(Type.Integer({ description: 'Passage that mentions it first.' })),
    }),
    { description: 'What the document is about, at most 100.' },
  ),
  ...listOf(Type.Object(passage)).properties,
});
export type DocumentPage = Static<typeof DocumentPageSchema>;

export const DocumentBodySchema = Type.Object(
  {
    tenant_id: plain('Tenant that the document is for.'),
    uri: plain('Where the document is from; the same URI replaces it. It is never fetched.', 2000),
    format: oneOf(['markdown', 'html']),
    text: Type.String({ minLength: 1, description: 'The document.' }),
    title: Type.Optional(plain('Title that replaces its own.', 300)),
    language: Type.Optional(plain('Text search configuration of PostgreSQL such as english; that of the configuration if absent.', 63)),
    resources: Type.Optional(
      Type.Array(plain('URN, name or alias of a resource.', 2000), {
        maxItems: 100,
        description: 'Resources that it is about, besides those it mentions: URNs, names or aliases.',
      }),
    ),
  },
  closed,
);
export const DocumentAnswerSchema = Type.Object({
  ...document,
  changed: Type.Boolean({ description: 'False where the same document was there already.' }),
  passages: Type.Integer({ description: 'Parts that are found by themselves.' }),
  resources: Type.Integer({ description: 'Resources that it is about.' }),
  vectors: nullable(Type.Integer({ description: 'Vectors that were made; null where none are configured or their service failed.' })),
  vector_problem: nullable(Type.String({ description: 'Why vectors are missing; words find the document all the same.' })),
  as_of: asOf,
});
export type DocumentAnswer = Static<typeof DocumentAnswerSchema>;
export const DocumentRemovedSchema = Type.Object({ doc_id: document.doc_id, removed: Type.Literal(true), as_of: asOf });

export const KnowledgeSearchQuerySchema = listQuery(
  {
    tenant_id: tenantId,
    q: named('Question or words; "a phrase" must be there, -word must not.', 2000),
    resource: Type.Optional(reference('Only documents about this resource: URN, name or alias.')),
  },
  { maximum: 100, pattern: '^\\d{1,3}$' },
);
export const KnowledgeSearchSchema = Type.Object({
  ...listOf(
    Type.Object({
      ...document,
      ...passage,
      score: Type.Number({ description: 'Sum of 1 / (60 + place) over both rankings; comparable within one answer.' }),
      text_place: nullable(Type.Integer({ description: 'Place among the passages found by words, from 1.' })),
      vector_place: nullable(Type.Integer({ description: 'Place among the passages found by similarity, from 1.' })),
      similarity: nullable(Type.Number({ description: 'Cosine of the angle between question and passage, -1 to 1.' })),
      content_hash: Type.String(),
      updated_at: time('When the text was stored.'),
      resources: Type.Array(ResourceRefSchema, { description: 'What the document is about, at most ten.' }),
    }),
  ).properties,
  vector_search: oneOf(['used', 'not_configured', 'failed'], { description: 'Whether passages were also looked for by similarity.' }),
});
export type KnowledgeSearchAnswer = Static<typeof KnowledgeSearchSchema>;
