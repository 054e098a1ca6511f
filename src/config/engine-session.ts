import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { SessionConfig } from '../aggregate/session.ts';
import type { Config } from './schema.ts';

/** What sessions of the engine are opened with: a directory of this user below that of the machine where none is configured. */
export function toSession({ engine: { memory_limit, threads, temp_directory } }: Config): SessionConfig {
  const directory = temp_directory ?? join(tmpdir(), `observebridge-${process.getuid?.() ?? 0}`);
  return { directory, memoryLimit: memory_limit, threads };
}

/** Objects of buckets are kept beside what the engine spills. */
export function cacheBeside({ engine }: Config): { cacheDirectory?: string } {
  return engine.temp_directory === undefined ? {} : { cacheDirectory: join(engine.temp_directory, 'objects') };
}
