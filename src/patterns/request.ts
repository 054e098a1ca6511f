import { indexOf, startsWith, type Units } from './units.ts';
import { meaningOf, meanings } from './words.ts';

const QUOTE = 34;
const SPACE = 32;

/** Index of the quote that closes the request line `"METHOD target PROTOCOL"` opening at `at`, or -1 when it is none. */
export function requestEnd(units: Units, at: number, end: number): number {
  const methodEnd = indexOf(units, SPACE, at + 1, Math.min(end, at + 10));
  if (methodEnd < at + 4 || (meaningOf(units, at + 1, methodEnd) & meanings.method) === 0) return -1;
  const close = indexOf(units, QUOTE, methodEnd, end);
  const target = units[methodEnd + 1];
  const isTarget = target === 47 || target === 42 || startsWith(units, '<*>"', methodEnd + 1) || startsWith(units, 'http', methodEnd + 1);
  return close > methodEnd + 1 && isTarget ? close : -1;
}
