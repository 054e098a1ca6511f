import type { TSchema } from 'typebox';
import { Clone, Default } from 'typebox/value';
import { ObserveBridgeError } from '../core/error.ts';
import { listRefusals } from './refusal.ts';
import { type TenantConfig, TenantConfigSchema } from './schema.ts';
import type { SchemaNode } from './schema-node.ts';

/** Reads a tenant that a row describes, with the defaults filled in; its paths must be absolute. Returns the error instead of throwing it. */
export function parseTenant(value: unknown): TenantConfig | ObserveBridgeError {
  const [refusal] = listRefusals(TenantConfigSchema as TSchema as SchemaNode, value);
  if (refusal !== undefined) return new ObserveBridgeError('OB_CONFIG_INVALID', 'config', `dim_tenant.settings: ${refusal.text}.`);
  return Default(TenantConfigSchema, Clone(value)) as TenantConfig;
}
