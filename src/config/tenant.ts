import type { TSchema } from 'typebox';
import { Clone, Default } from 'typebox/value';
import { ObserveBridgeError } from '../core/error.ts';
import { listRefusals } from './refusal.ts';
import { type TenantConfig, TenantConfigSchema } from './schema.ts';
import type { SchemaNode } from './schema-node.ts';

/** Why the engine of a tenant does not go with its source, as a clause; undefined when it does. */
export function refuseEngine({ engine, source }: Pick<TenantConfig, 'engine' | 'source'>): string | undefined {
  if (engine !== 'openobserve' || source.type === 'openobserve_api') return undefined;
  return `engine is openobserve, which takes a source of type openobserve_api, not ${source.type}`;
}

/** Reads a tenant that a row describes, with the defaults filled in; its paths must be absolute. Returns the error instead of throwing it. */
export function parseTenant(value: unknown): TenantConfig | ObserveBridgeError {
  const [refusal] = listRefusals(TenantConfigSchema as TSchema as SchemaNode, value);
  if (refusal !== undefined) return new ObserveBridgeError('OB_CONFIG_INVALID', 'config', `dim_tenant.settings: ${refusal.text}.`);
  const tenant = Default(TenantConfigSchema, Clone(value)) as TenantConfig;
  const clash = refuseEngine(tenant);
  return clash === undefined ? tenant : new ObserveBridgeError('OB_CONFIG_INVALID', 'config', `dim_tenant.settings: ${clash}.`);
}
