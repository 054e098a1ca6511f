import type { Alias } from '../../core/observation.ts';
import { hostOf } from '../mention.ts';

/** Host names and addresses as aliases in a stable order, each once; what is neither is left out. */
export function addressAliases(addresses: readonly (string | undefined)[]): Alias[] {
  const hosts = new Set(addresses.flatMap((address) => hostOf(address ?? '') ?? []));
  return [...hosts].sort().map((alias) => ({ kind: /^[\d.]+$|:/.test(alias) ? 'ip' : 'dns', alias }));
}
