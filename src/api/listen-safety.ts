import { ObserveBridgeError } from '../core/error.ts';
import { isLoopback } from './access.ts';

/**
 * Whether the server answers without tokens (`open`). Throws `OB_API_UNSAFE` when there are no tokens and others than the users of this machine
 * could call it, or when the database is not embedded.
 */
export function assertSafeToListen(config: { readonly host: string }, tokens: number, embedded: boolean): boolean {
  if (tokens > 0) return false;
  if (!isLoopback(config.host)) {
    throw new ObserveBridgeError('OB_API_UNSAFE', 'config', `There are no tokens, and ${config.host} is not a loopback address.`);
  }
  if (!embedded) throw new ObserveBridgeError('OB_API_UNSAFE', 'config', 'There are no tokens, and the database is not the embedded one.');
  return true;
}
