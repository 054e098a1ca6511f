import { expect, test } from 'vitest';
import { parseQuestion, searchPassages } from '../../src/store/knowledge-search.ts';
import { describeDatabases } from '../support/databases.ts';

const PASSAGES = 1_500;
const DIMENSIONS = 64;

/** A direction of length 1, another for each number. */
function toVector(number: number): number[] {
  const values = Array.from(
    { length: DIMENSIONS },
    (_, index) => Math.sin((number + 1) * (index + 1) * 1.7) + Math.cos(number * 0.3 + index * index),
  );
  const length = Math.hypot(...values);
  return values.map((value) => value / length);
}

const product = (a: readonly number[], b: readonly number[]): number => a.reduce((sum, value, index) => sum + value * (b[index] ?? 0), 0);

describeDatabases('similarity among more passages than are multiplied', ['pglite', 'postgres 15'], (make) => {
  test('finds the most similar passages, each with its exact similarity, and never a vector of another length or model', async () => {
    const { db } = await make();
    const vectors = Array.from({ length: PASSAGES }, (_, number) => toVector(number));
    const near = toVector(700).map((value, index) => value + 0.002 * (index % 7));
    await db.query(
      `insert into kb_doc (tenant_id, doc_id, uri, content_hash, chunks) values ('a', 1, 'a', '', $1), ('a', 2, 'b', '', 2), ('b', 1, 'c', '', 1)`,
      [PASSAGES],
    );
    const rows = [
      ...vectors.map((vector, chunk) => ({ tenant: 'a', doc: 1, chunk, model: 'm', vector })),
      { tenant: 'a', doc: 2, chunk: 0, model: 'm', vector: near.slice(0, 8) },
      { tenant: 'a', doc: 2, chunk: 1, model: 'other', vector: near },
      { tenant: 'b', doc: 1, chunk: 0, model: 'm', vector: near },
    ];
    await db.query(
      `insert into kb_chunk (tenant_id, doc_id, chunk, content, model, embedding)
       select tenant, doc, chunk, 'text', model, vector::real[]
       from unnest($1::text[], $2::bigint[], $3::int[], $4::text[], $5::text[]) as r (tenant, doc, chunk, model, vector)`,
      [
        ...[rows.map(({ tenant }) => tenant), rows.map(({ doc }) => doc), rows.map(({ chunk }) => chunk), rows.map(({ model }) => model)],
        rows.map(({ vector }) => `{${vector}}`),
      ],
    );
    const found = await searchPassages(db, {
      ...{ tenantId: 'a', question: parseQuestion('nowhere'), near: { model: 'm', vector: near }, offset: 0, limit: 10 },
    });
    const nearest = vectors
      .map((vector, passage) => ({ passage, similarity: product(vector, near) }))
      .sort((a, b) => b.similarity - a.similarity)
      .slice(0, 10);
    expect(found.map(({ doc_id, passage }) => [doc_id, passage])).toEqual(nearest.map(({ passage }) => ['1', passage]));
    for (const [index, { similarity }] of found.entries()) expect(similarity).toBeCloseTo(nearest[index]?.similarity ?? 0, 4);
  });
});
