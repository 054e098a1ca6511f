import { ObserveBridgeError, throwIfAborted } from '../core/error.ts';
import type { Db } from './db.ts';
import { openPglite } from './pglite.ts';
import { openPostgres } from './postgres.ts';

/**
 * Opens `pglite:<absolute directory>`, `pglite:memory` (gone when closed), `postgres://…` or `postgresql://…`; other schemes reject with
 * `OB_CONFIG_INVALID`. When the signal fires meanwhile, what was opened is closed again and the call rejects with `OB_CANCELED`.
 */
export async function openDatabase(url: string, signal?: AbortSignal): Promise<Db> {
  throwIfAborted(signal);
  const db = await open(url);
  if (!signal?.aborted) return db;
  await db[Symbol.asyncDispose]();
  throwIfAborted(signal);
  return db;
}

async function open(url: string): Promise<Db> {
  if (url === 'pglite:memory') return openPglite(undefined);
  if (/^pglite:./.test(url)) return openPglite(url.slice('pglite:'.length));
  if (/^postgres(ql)?:\/\//.test(url)) return openPostgres(url);
  throw new ObserveBridgeError('OB_CONFIG_INVALID', 'config', '`database.url` must start with pglite:, postgres:// or postgresql://.');
}
