import type { Micros } from '../core/time.ts';
import type { KeptLabels } from './canonical.ts';
import { createFallbackSource } from './fallback.ts';
import type { MockConfig } from './mock/config.ts';
import { createMockSource } from './mock/mock.ts';
import type { OpenObserveApiConfig } from './openobserve-api/config.ts';
import { createOpenObserveApiSource } from './openobserve-api/openobserve-api.ts';
import type { OpenObserveFilesConfig } from './openobserve-files/config.ts';
import { createOpenObserveFilesSource } from './openobserve-files/openobserve-files.ts';
import type { OtlpFilesConfig } from './otlp-files/config.ts';
import { createOtlpFilesSource } from './otlp-files/otlp-files.ts';
import type { Source } from './source.ts';

export type AnySourceConfig = OpenObserveApiConfig | MockConfig | OpenObserveFilesConfig | OtlpFilesConfig;

export interface SourceDeps {
  now(): Micros;
  keptLabels?: KeptLabels;
  /** Where objects of a bucket are kept when the configuration does not say. */
  cacheDirectory?: string;
}

/** Creates the source that a tenant's configuration describes. Nothing is opened before the first read. */
export function createSource(config: AnySourceConfig, deps: SourceDeps): Source {
  switch (config.type) {
    case 'mock':
      return createMockSource(config, deps);
    case 'openobserve_api':
      return createOpenObserveApiSource(config, deps);
    case 'openobserve_files': {
      const files = createOpenObserveFilesSource(config, deps);
      return config.fallback ? createFallbackSource(files, createOpenObserveApiSource(config.fallback, deps)) : files;
    }
    case 'otlp_files':
      return createOtlpFilesSource(config, deps);
  }
}
