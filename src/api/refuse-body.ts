import { isNestedDeeper } from '../core/nesting.ts';
import { invalid } from './problem.ts';

/** Reading and writing deeper values would use up the stack, here or in the database. */
const LEVELS = 100;

/** Throws `OB_REQUEST_INVALID` for a body whose arrays and objects are nested more than 100 levels deep. */
export function refuseDeep(body: unknown): void {
  if (isNestedDeeper(body, LEVELS)) throw invalid(`The body is nested more than ${LEVELS} levels deep.`);
}

/** Throws `OB_REQUEST_INVALID` for text with NUL anywhere in a value: the database holds none. `place` names the value in the message. */
export function refuseNul(place: string, value: unknown): void {
  if (holdsNul(value)) throw invalid(`A text in ${place} holds the character NUL.`);
}

function holdsNul(value: unknown): boolean {
  if (typeof value === 'string') return value.includes('\0');
  if (typeof value !== 'object' || value === null || Buffer.isBuffer(value)) return false;
  return Object.entries(value).some(([name, inner]) => name.includes('\0') || holdsNul(inner));
}
