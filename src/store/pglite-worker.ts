/**
 * The thread that runs the embedded database: it would block the event loop of the process. It answers one request after another.
 */
import { parentPort, workerData } from 'node:worker_threads';
import { PGlite, type Results } from '@electric-sql/pglite';
import { btree_gist } from '@electric-sql/pglite/contrib/btree_gist';
import { pg_trgm } from '@electric-sql/pglite/contrib/pg_trgm';
import { age } from '@electric-sql/pglite-age';
import { vector } from '@electric-sql/pglite-pgvector';
import { type ServerReport, toServerReport } from './database-error.ts';
import type { TextResult } from './session.ts';

/** What the thread can be asked for; `id` comes back in the answer. */
export type WorkerRequest = { readonly id: number } & (
  | { readonly kind: 'execute'; readonly sql: string; readonly params: readonly (string | null)[] }
  | { readonly kind: 'script'; readonly sql: string }
  | { readonly kind: 'copy'; readonly sql: string; readonly bytes: Uint8Array<ArrayBuffer> }
  | { readonly kind: 'close' }
);

/** The answer to a request; id 0 answers the start. */
export type WorkerAnswer = { readonly id: number } & ({ readonly result: TextResult | undefined } | { readonly failure: ServerReport });

// A small log that is used again and again; it is cut by checkpoints.
const SETTINGS = ['timezone=UTC', 'datestyle=ISO', 'max_wal_size=128MB', 'min_wal_size=32MB', 'jit=off'];

async function start(directory: string | undefined): Promise<PGlite> {
  const database = await PGlite.create({
    ...(directory === undefined ? {} : { dataDir: directory }),
    extensions: { age, vector, btree_gist, pg_trgm },
    startParams: [...PGlite.defaultStartParams, ...SETTINGS.flatMap((setting) => ['-c', setting])],
  });
  // Values cross the thread as the server's text and are parsed by one table for both drivers.
  const asText = (text: string) => text;
  database.parsers = Object.fromEntries(Object.keys(database.parsers).map((type) => [type, asText]));
  database.serializers = {};
  return database;
}

async function answer(database: PGlite, request: WorkerRequest): Promise<TextResult | undefined> {
  switch (request.kind) {
    case 'execute': {
      const result: Results<(string | null)[]> = await database.query(request.sql, [...request.params], { rowMode: 'array' });
      return {
        command: result.command ?? '',
        columns: result.fields.map((field) => ({ name: field.name, type: field.dataTypeID })),
        rows: result.rows,
      };
    }
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

async function reply(id: number, work: () => Promise<TextResult | undefined>): Promise<void> {
  let message: WorkerAnswer;
  try {
    message = { id, result: await work() };
  } catch (error) {
    message = { id, failure: toServerReport(error) };
  }
  parentPort?.postMessage(message);
}

const starting = start(workerData.directory);
void reply(0, async () => {
  await starting;
  return undefined;
});
parentPort?.on('message', async (request: WorkerRequest) => {
  await reply(request.id, async () => answer(await starting, request));
  if (request.kind === 'close') parentPort?.close();
});
