import { afterEach, beforeEach, expect, test } from 'vitest';
import type { EmbeddingsConfig } from '../../src/knowledge/config.ts';
import { createEmbedder } from '../../src/knowledge/embedder.ts';
import { type FakeEmbeddings, startFakeEmbeddings } from '../support/fake-embeddings.ts';

let fake: FakeEmbeddings;
let pauses: number[];
beforeEach(async () => {
  fake = await startFakeEmbeddings();
  pauses = [];
});
afterEach(() => fake[Symbol.asyncDispose]());

const create = (config: Partial<EmbeddingsConfig> = {}) =>
  createEmbedder(
    { url: fake.url, model: 'm', batch_size: 2, timeout: '5s', ...config },
    {
      fetch,
      async wait(ms) {
        pauses.push(ms);
      },
    },
  );

test('gives a vector of length 1 for each text in order, in batches, with key and dimensions', async () => {
  const embedder = create({ api_key: 'k', dimensions: 5 });
  expect(embedder.model).toBe('m/5');
  const vectors = await embedder.embed(['slow', 'heap', 'mysql']);
  expect(vectors.map((vector) => vector.indexOf(Math.max(...vector)))).toEqual([0, 1, 2]);
  for (const vector of vectors) expect(Math.hypot(...vector)).toBeCloseTo(1);
  expect(fake.requests.map(({ body }) => body.input)).toEqual([['slow', 'heap'], ['mysql']]);
  expect(fake.requests[0]).toMatchObject({ authorization: 'Bearer k', body: { model: 'm', dimensions: 5 } });
});

test('waits as long as it is asked to, and longer each time otherwise', async () => {
  fake.refusals.push({ status: 429, headers: { 'retry-after': '7' } }, { status: 503 }, { status: 500 });
  expect(await create().embed(['slow'])).toHaveLength(1);
  expect(pauses).toEqual([7000, 1000, 2000]);
});

test('gives up after its attempts', async () => {
  fake.refusals.push({ status: 503 }, { status: 503 });
  await expect(create().embed(['slow'], { attempts: 2 })).rejects.toMatchObject({ code: 'OB_EMBEDDINGS_UNAVAILABLE' });
  expect(fake.requests).toHaveLength(2);
  await expect(create({ url: 'http://127.0.0.1:1/v1' }).embed(['x'], { attempts: 1 })).rejects.toMatchObject({
    code: 'OB_EMBEDDINGS_UNAVAILABLE',
  });
});

test.each([
  ['a wrong key', { status: 401 }],
  ['a redirect', { status: 302, headers: { location: '/elsewhere' } }],
  ['no vectors', { body: { data: [{ embedding: 'no' }] } }],
  ['too few', { body: { data: [] } }],
  ['vectors without direction', { body: { data: [{ embedding: [0, 0] }] } }],
  ['vectors of two lengths', { body: { data: [{ embedding: [1] }, { embedding: [1, 2] }] } }],
])('refuses %s without telling texts or keys', async (_, refusal) => {
  for (let attempt = 0; attempt < 4; attempt++) fake.refusals.push(refusal);
  const error = await create({ api_key: 'top-secret' })
    .embed(['private text', 'more'])
    .catch((reason: unknown) => reason);
  expect(error).toMatchObject({ code: expect.stringMatching(/^OB_EMBEDDINGS_/) });
  expect(String(error)).not.toMatch(/top-secret|private/);
});

test('stops when it is told to', async () => {
  fake.refusals.push({ status: 503 });
  await expect(create().embed(['slow'], { signal: AbortSignal.abort() })).rejects.toMatchObject({ code: 'OB_CANCELED' });
});
