import { maskSecrets } from '../core/secret.ts';
import { type Config, configNode } from './schema.ts';
import { mapTexts, type SchemaNode } from './schema-node.ts';

/** A copy of the configuration that can be shown: passwords in addresses and whole secret properties are `***`. */
export function maskConfig(config: Config): Config {
  const mask = (text: string, field: SchemaNode): string => (field['x-secret'] ? '***' : maskSecrets(text));
  return mapTexts(configNode, config, mask) as Config;
}
