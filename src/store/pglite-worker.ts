/**
 * The thread that runs the embedded database: it would block the event loop of the process. It answers one request after another.
 */
import { parentPort, workerData } from 'node:worker_threads';
import { PGlite } from '@electric-sql/pglite';
import { btree_gist } from '@electric-sql/pglite/contrib/btree_gist';
import { pg_trgm } from '@electric-sql/pglite/contrib/pg_trgm';
import { age } from '@electric-sql/pglite-age';
import { vector } from '@electric-sql/pglite-pgvector';
import { type ServerReport, toServerReport } from './database-error.ts';

/** What the thread can be asked for; `id` comes back in the answer. Statements are messages of the server's protocol. */
export type WorkerRequest = { readonly id: number } & (
  | { readonly kind: 'execute'; readonly messages: Uint8Array<ArrayBuffer> }
  | { readonly kind: 'script'; readonly sql: string }
  | { readonly kind: 'copy'; readonly sql: string; readonly bytes: Uint8Array<ArrayBuffer> }
  | { readonly kind: 'close' }
);

/** The answer to a request; id 0 answers the start. To a statement it is what the server sends, refusals included. */
export type WorkerAnswer = { readonly id: number } & (
  | { readonly messages: Uint8Array<ArrayBuffer> | undefined }
  | { readonly failure: ServerReport }
);

// A small log that is used again and again; it is cut by checkpoints. There is one session, so a sum over a week may keep its groups in memory: with
// the 4 MB of a server it sorts all rows instead, in three times the time.
const SETTINGS = ['timezone=UTC', 'datestyle=ISO', 'max_wal_size=128MB', 'min_wal_size=32MB', 'work_mem=16MB', 'jit=off'];

/** The part of the global of this name that is used here; its types belong to browsers. */
declare const WebAssembly: { readonly Memory: { readonly prototype: { readonly buffer: ArrayBuffer; grow(pages: number): number } } };

/** No statement has to hold so much; one that wants more fails as out of memory, and a service in a small machine lives on. */
const MOST_MEMORY_BYTES = 1024 ** 3;

/** Memory of the database only grows; the server takes a refusal to grow as being out of memory. */
function boundMemory(): void {
  const { grow } = WebAssembly.Memory.prototype;
  WebAssembly.Memory.prototype.grow = function (pages) {
    if (this.buffer.byteLength + pages * 65_536 > MOST_MEMORY_BYTES)
      throw new RangeError('The embedded database has all the memory it may have.');
    return grow.call(this, pages);
  };
}

async function start(directory: string | undefined): Promise<PGlite> {
  const database = await PGlite.create({
    ...(directory === undefined ? {} : { dataDir: directory }),
    extensions: { age, vector, btree_gist, pg_trgm },
    startParams: [...PGlite.defaultStartParams, ...SETTINGS.flatMap((setting) => ['-c', setting])],
  });
  return database;
}

/**
 * What the server sends in answer to the messages, as it is. Taken apart by the library's own parser and sent to the other thread as arrays of text,
 * 10 000 rows of 13 columns left the database with 319 ms of the processor; so it is 44 ms, parsing included.
 */
async function exchange(database: PGlite, messages: Uint8Array<ArrayBuffer>): Promise<Uint8Array<ArrayBuffer>> {
  const parts: Uint8Array[] = [];
  // The bytes lie in the memory of the database, which goes on using it.
  await database.runExclusive(() => database.execProtocolRawStream(messages, { onRawData: (bytes) => parts.push(bytes.slice()) }));
  const answer = new Uint8Array(parts.reduce((size, part) => size + part.length, 0));
  let at = 0;
  for (const part of parts) {
    answer.set(part, at);
    at += part.length;
  }
  return answer;
}

async function answer(database: PGlite, request: WorkerRequest): Promise<Uint8Array<ArrayBuffer> | undefined> {
  switch (request.kind) {
    case 'execute':
      return exchange(database, request.messages);
    case 'script':
      await database.exec(request.sql);
      return undefined;
    case 'copy':
      await database.query(request.sql, [], { blob: new Blob([request.bytes]) });
      return undefined;
    case 'close':
      await database.close();
      return undefined;
  }
}

async function reply(id: number, work: () => Promise<Uint8Array<ArrayBuffer> | undefined>): Promise<void> {
  try {
    const messages = await work();
    const answered: WorkerAnswer = { id, messages };
    parentPort?.postMessage(answered, messages === undefined ? [] : [messages.buffer]);
  } catch (error) {
    const failed: WorkerAnswer = { id, failure: toServerReport(error) };
    parentPort?.postMessage(failed);
  }
}

boundMemory();
const starting = start(workerData.directory);
void reply(0, async () => {
  await starting;
  return undefined;
});
parentPort?.on('message', async (request: WorkerRequest) => {
  await reply(request.id, async () => answer(await starting, request));
  if (request.kind === 'close') parentPort?.close();
});
