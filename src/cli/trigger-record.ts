import { existsSync } from 'node:fs';
import type { LoadedConfig } from '../config/load.ts';
import { toObserveBridgeError } from '../core/error.ts';
import { recordTrigger } from '../store/trigger.ts';
import { toLogFields } from './caller.ts';
import type { Wiring } from './command.ts';
import type { Invocation } from './invocation.ts';

/** A request of the command line, as far as it could be understood. */
export type TriggerRequest = Parameters<typeof recordTrigger>[1];

/** Writes down what became of a request. Where that fails a line on standard error says so; never rejects. */
export async function recordRequest(
  invocation: Invocation,
  wiring: Wiring,
  request: TriggerRequest,
  outcome: 'accepted' | 'deduplicated' | 'rejected',
  reason?: string,
): Promise<void> {
  try {
    await recordTrigger(await wiring.openDb(), request, outcome, reason);
  } catch (error) {
    note(invocation, error);
  }
}

/** Opens the database only to write down that a request was refused, and why. Never rejects, and never makes a new embedded database. */
export async function recordRejection(
  invocation: Invocation,
  loaded: LoadedConfig,
  request: TriggerRequest,
  refusal: unknown,
): Promise<void> {
  const { url } = loaded.config.database;
  if (url.startsWith('pglite:') && !existsSync(url.slice('pglite:'.length))) return;
  const { message } = toObserveBridgeError(refusal);
  try {
    await invocation.withWiring(loaded, toLogFields(request.caller), (wiring) =>
      recordRequest(invocation, wiring, request, 'rejected', message),
    );
  } catch (error) {
    note(invocation, error);
  }
}

function note(invocation: Invocation, error: unknown): void {
  invocation.note(`The request is not on record: ${toObserveBridgeError(error).message}`);
}
