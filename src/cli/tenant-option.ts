import { type Command, Option } from 'commander';
import { ObserveBridgeError } from '../core/error.ts';
import type { Invocation } from './invocation.ts';

const ofOne = new WeakSet<Option>();

/** `--tenant` of a command about one tenant, which may be left out where the configuration has only one; `whose` says what is meant. */
export function tenantOption(whose: string): Option {
  const option = new Option('--tenant <id>', `${whose}; the only tenant of the configuration if absent.`);
  ofOne.add(option);
  return option;
}

/**
 * Gives a command that was called without `tenantOption` the only tenant of the configuration. Rejects with `OB_TENANT_UNKNOWN`, naming those that
 * there are, where there are several or none.
 */
export async function fillTenant(command: Command, invocation: Pick<Invocation, 'loadConfig'>): Promise<void> {
  if (!command.options.some((option) => ofOne.has(option)) || command.opts().tenant !== undefined) return;
  const { config } = await invocation.loadConfig();
  const [only, ...others] = config.tenants.map(({ id }) => id);
  if (only === undefined || others.length > 0)
    throw chooseOne('Without --tenant the configuration must have exactly one tenant', config.tenants);
  command.setOptionValue('tenant', only);
}

/** The error of a tenant that is not named, or not known, with those that are. */
export function chooseOne(sentence: string, tenants: readonly { readonly id: string }[]): ObserveBridgeError {
  const ids = tenants.map(({ id }) => id);
  const known = ids.length === 0 ? 'it has none' : `there ${ids.length === 1 ? 'is' : 'are'} ${ids.slice(0, 50).join(', ')}`;
  return new ObserveBridgeError('OB_TENANT_UNKNOWN', 'usage', `${sentence}; ${known}.`);
}
