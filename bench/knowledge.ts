import type { Db } from '../src/store/db.ts';
import { parseQuestion, type QuestionVector, searchPassages } from '../src/store/knowledge-search.ts';
import { migrate } from '../src/store/migrate.ts';
import { openDatabase } from '../src/store/open-database.ts';
import { startServer } from './server.ts';

const PASSAGES = 10_000;
const DIMENSIONS = 384;
const ROUNDS = 15;
const BAR_MS = 100;
const TRAITS = 48;
const MODEL = 'bench';
const mixture = Array.from({ length: DIMENSIONS }, (_, index) => Array.from({ length: TRAITS }, (_, trait) => noise(-1 - trait, index)));

/** How long a search over 10 000 passages takes by words alone and by words and similarity, embedded with pgvector and on a server without. */
export async function benchKnowledge(): Promise<string[]> {
  await using embedded = await openDatabase('pglite:memory');
  const lines = await measure('embedded', embedded);
  await using server = await startServer();
  await using db = await openDatabase(server.url);
  return [...lines, ...(await measure('server', db))];
}

async function measure(name: string, db: Db): Promise<string[]> {
  await migrate(db);
  const [column] = await db.query<{ type: string }>(
    `select format_type(atttypid, null) as type from pg_attribute where attrelid = 'kb_chunk'::regclass and attname = 'embedding'`,
  );
  await fillPassages(db, column?.type ?? 'real[]');
  const place = `knowledge, ${name}, ${PASSAGES} passages, vectors of ${DIMENSIONS} as ${column?.type}`;
  return [
    `${place}: words alone ${await time(db, false)}`,
    `${place}: words and similarity ${await time(db, true)}; ${await countFound(db)}`,
  ];
}

async function time(db: Db, isNear: boolean): Promise<string> {
  const times: number[] = [];
  for (let round = 0; round < ROUNDS; round++) {
    const near = isNear ? { near: toVector(PASSAGES + round) } : {};
    const question = parseQuestion(`why is service-${round} slow when the queue of customer ${round} is full`);
    const begun = performance.now();
    const found = await searchPassages(db, { tenantId: 'shop', question, ...near, offset: 0, limit: 10 });
    times.push(performance.now() - begun);
    if (found.length !== 10) throw new Error(`A search finds ${found.length} passages instead of 10.`);
  }
  const at = (share: number) => Math.round(times.toSorted((a, b) => a - b)[Math.ceil(ROUNDS * share) - 1] ?? 0);
  return `p50 ${at(0.5)}, p95 ${at(0.95)} ms (bar < ${BAR_MS})`;
}

/** How many of the ten most similar passages are found among the first ten of a search by similarity alone. */
async function countFound(db: Db): Promise<string> {
  const passages = Array.from({ length: PASSAGES }, (_, number) => toVector(number));
  let found = 0;
  for (let round = 0; round < ROUNDS; round++) {
    const near = toVector(PASSAGES + round);
    const similarity = (number: number) =>
      (passages[number]?.vector ?? []).reduce((sum, value, index) => sum + value * (near.vector[index] ?? 0), 0);
    const order = passages.map((_, number) => ({ number, similarity: similarity(number) })).sort((a, b) => b.similarity - a.similarity);
    const nearest = new Set(order.slice(0, 10).map(({ number }) => number));
    const rows = await searchPassages(db, { tenantId: 'shop', question: parseQuestion('nowhere'), near, offset: 0, limit: 10 });
    found += rows.filter(({ doc_id, passage }) => nearest.has(Number(doc_id) * 10 + passage)).length;
  }
  return `${Math.round((found / ROUNDS) * 10)} % of the ten most similar passages are found`;
}

/** A direction of length 1, as models give them: few independent traits, away from the origin, with noise. */
function toVector(number: number): QuestionVector {
  const traits = Array.from({ length: TRAITS }, (_, trait) => noise(number, trait) / Math.sqrt(1 + trait / 4));
  const values = mixture.map((weights, index) =>
    traits.reduce((sum, trait, place) => sum + trait * (weights[place] ?? 0), 2 * noise(-2, index) + 0.5 * noise(number, 1000 + index)),
  );
  const length = Math.hypot(...values);
  return { model: MODEL, vector: values.map((value) => value / length) };
}

/** From -1 to 1, the same for the same numbers. */
function noise(row: number, column: number): number {
  const hash = Math.imul(Math.imul(row + 1, 0x9e3779b1) ^ Math.imul(column + 1, 0x85ebca6b), 0xc2b2ae35);
  return ((hash ^ (hash >>> 15)) | 0) / 2 ** 31;
}

/** A thousand documents of ten passages; every passage has common words and some of a few. */
async function fillPassages(db: Db, type: string): Promise<void> {
  const [open, close] = type === 'vector' ? '[]' : '{}';
  const passages = function* () {
    for (let i = 0; i < PASSAGES; i++) {
      const content = `Service-${i % 100} is slow when its queue is full; customer ${i % 500} waits. ${'Look at the charts first. '.repeat(20)}`;
      const headings = JSON.stringify([`Handbook ${Math.floor(i / 10)}`, `Step ${i % 10}`]);
      const embedding = `${open}${toVector(i).vector.map((value) => value.toFixed(6))}${close}`;
      yield ['shop', Math.floor(i / 10), i % 10, content, 'english', headings, MODEL, embedding];
    }
  };
  await db.transaction(async (tx) => {
    await tx.query(
      `insert into kb_doc (tenant_id, doc_id, uri, title, content_hash, language, chunks)
       select 'shop', i, 'https://docs.example.com/' || i, 'Handbook ' || i, i::text, 'english', 10 from generate_series(0, $1::int / 10 - 1) i`,
      [PASSAGES],
    );
    await tx.copy('kb_chunk', ['tenant_id', 'doc_id', 'chunk', 'content', 'language', 'headings', 'model', 'embedding'], passages());
  });
  await db.query('analyze');
}
