import { parseSeverity, type Severity } from '../core/severity.ts';
import { isFullLevel, isLetter, isSpace, isUpper } from './header-shapes.ts';
import { requestEnd } from './request.ts';
import { digitRun } from './timestamp.ts';
import type { Units } from './units.ts';
import { levelOf } from './words.ts';

const MAX_LEVEL = 13;

/**
 * The severity that a message without a level in its header begins with, or null: `ERROR …`, `error: …`, `[warn] …`, or the status of an
 * access log, where 5xx is an error and 4xx a warning. The words stay in the message.
 */
export function leadingSeverity(units: Units, from: number, end: number): Severity | null {
  const first = units[from] ?? 0;
  if (first === 34) return requestSeverity(units, from, end);
  const isBracketed = first === 91 || first === 60;
  const start = isBracketed ? from + 1 : from;
  let stop = start;
  while (stop < end && stop - start <= MAX_LEVEL && isLetter(units[stop] ?? 0)) stop++;
  const length = stop - start;
  if (length < 3 || length > MAX_LEVEL) return null;
  const mark = units[stop];
  const isSetOff = isBracketed ? mark === first + 2 : mark === 58 || (isSpace(mark) && isUpper(units, start, stop));
  return isSetOff && (isFullLevel(units, start, stop) || (isBracketed && length > 3)) ? levelOf(units, start, stop) : null;
}

function requestSeverity(units: Units, from: number, end: number): Severity | null {
  const close = requestEnd(units, from, end);
  if (close < 0 || !isSpace(units[close + 1]) || digitRun(units, close + 2, end) !== 3) return null;
  const hundreds = units[close + 2];
  return parseSeverity(hundreds === 53 ? 'error' : hundreds === 52 ? 'warn' : 'info');
}
