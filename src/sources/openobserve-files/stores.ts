import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ObserveBridgeError } from '../../core/error.ts';
import type { Micros } from '../../core/time.ts';
import { DEFAULT_CACHE_MB, DEFAULT_CONCURRENCY, type OpenObserveFilesConfig } from './config.ts';
import { createLocalStore } from './local-store.ts';
import { createObjectCache } from './object-cache.ts';
import type { ObjectStore } from './object-store.ts';
import { createS3Store } from './s3-store.ts';

/** The stores of a source: the one that `root` names and those of the accounts. */
export interface Stores extends AsyncDisposable {
  /** Whether objects are read where they are; otherwise each read has files of its own. */
  readonly inPlace: boolean;
  /** How many calls may be under way at once. */
  readonly concurrency: number;
  readonly all: readonly { readonly account: string; readonly store: ObjectStore }[];
  /** The store of an account; the empty name and `default` mean `root`. Throws `OB_SOURCE_UNREADABLE` for one that is not configured. */
  of(account: string | undefined): ObjectStore;
}

/** Creates the stores that the configuration names; nothing is opened before the first call. */
export function createStores(config: OpenObserveFilesConfig, deps: { now(): Micros; cacheDirectory?: string }): Stores {
  const inPlace = !config.root.startsWith('s3://');
  const concurrency = config.concurrency ?? DEFAULT_CONCURRENCY;
  const fallback = deps.cacheDirectory ?? join(tmpdir(), `observebridge-${process.getuid?.() ?? 0}`, 'objects');
  const cache = createObjectCache(
    { directory: config.cache?.directory ?? fallback, maxBytes: (config.cache?.size_mb ?? DEFAULT_CACHE_MB) * 1_000_000 },
    deps.now,
  );
  const root = inPlace ? createLocalStore(config.root) : createS3Store(config, cache);
  const stores = new Map([['', root]]);
  for (const [name, account] of Object.entries(config.accounts ?? {})) stores.set(name, createS3Store(account, cache));
  return {
    inPlace: stores.size === 1 && inPlace,
    concurrency,
    all: [...stores].map(([account, store]) => ({ account, store })),
    of(account = '') {
      const store = stores.get(account) ?? (account === 'default' ? root : undefined);
      if (store) return store;
      throw new ObserveBridgeError(
        'OB_SOURCE_UNREADABLE',
        'read',
        `The file list names the account ${account}, which \`accounts\` does not.`,
      );
    },
    async [Symbol.asyncDispose]() {
      for (const store of stores.values()) await store[Symbol.asyncDispose]();
    },
  };
}
