import type { Micros } from '../core/time.ts';
import type { KeptLabels } from './canonical.ts';
import type { MockConfig } from './mock/config.ts';
import { createMockSource } from './mock/mock.ts';
import type { OpenObserveFilesConfig } from './openobserve-files/config.ts';
import { createOpenObserveFilesSource } from './openobserve-files/openobserve-files.ts';
import type { Source } from './source.ts';

export type AnySourceConfig = MockConfig | OpenObserveFilesConfig;

export interface SourceDeps {
  now(): Micros;
  keptLabels?: KeptLabels;
}

/** Creates the source that a tenant's configuration describes. Nothing is opened before the first read. */
export function createSource(config: AnySourceConfig, deps: SourceDeps): Source {
  switch (config.type) {
    case 'mock':
      return createMockSource(config, deps);
    case 'openobserve_files':
      return createOpenObserveFilesSource(config, deps);
  }
}
