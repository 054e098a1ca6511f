import { stat } from 'node:fs/promises';
import type { Environment } from './environment.ts';
import { type LoadedConfig, loadConfig } from './load.ts';
import type { Config } from './schema.ts';

/**
 * Gives the configuration as its file says now: the same object while the file has not changed, and the last good one while it cannot be read or
 * is not valid; `onRefused` is told once per change that is not taken.
 */
export function createReload(loaded: LoadedConfig, environment: Environment, onRefused: (error: unknown) => void): () => Promise<Config> {
  const { file } = loaded;
  let { config } = loaded;
  let seen: string | undefined;
  return async () => {
    if (file === undefined) return config;
    const mark = await stat(file).then(
      ({ mtimeMs, size, ino }) => `${mtimeMs} ${size} ${ino}`,
      () => 'gone',
    );
    if (seen !== undefined && mark !== seen) {
      try {
        ({ config } = await loadConfig(file, environment));
      } catch (error) {
        onRefused(error);
      }
    }
    seen = mark;
    return config;
  };
}
