import { Default } from 'typebox/value';
import { type MockConfig, MockConfigSchema } from '../src/sources/mock/config.ts';

/** A complete mock configuration from what differs from the defaults. */
export function readMockConfig(given: Partial<MockConfig>): MockConfig {
  return Default(MockConfigSchema, { type: 'mock', ...given }) as MockConfig;
}
