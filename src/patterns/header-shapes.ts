import { digitRun, isDigit, matchClock, matchNumeric, matchTime } from './timestamp.ts';
import { startsWith, type Units } from './units.ts';
import { meaningOf, meanings } from './words.ts';

export const SPACE = 32;
export const PIPE = 124;
export const DASH = 45;
export const COLON = 58;
export const COMMA = 44;
export const DOT = 46;
export const OPEN_BRACKET = 91;
export const CLOSE_BRACKET = 93;
const MAX_WORD = 128;

/** Whether the code unit is a space or tab. */
export const isSpace = (code: number | undefined) => code === SPACE || code === 9;
/** Whether the code unit is a capital letter from A to Z. */
export const isCapital = (code: number) => (code - 65) >>> 0 < 26;
/** Whether the code unit is a letter from A to Z in any case. */
export const isLetter = (code: number) => ((code | 32) - 97) >>> 0 < 26;

/** Index of the first character from `at` that is no space. */
export function skipSpaces(units: Units, at: number, end: number): number {
  let stop = at;
  while (stop < end && isSpace(units[stop])) stop++;
  return stop;
}

/** End of the word at `at`: a space, a tab or a pipe ends it. */
export function wordEnd(units: Units, at: number, end: number): number {
  const limit = Math.min(end, at + MAX_WORD);
  let stop = at;
  while (stop < limit && shapeOf(units[stop] ?? 0) !== shapes.stop) stop++;
  return stop;
}

/** What the characters of a word are; one bit each. `other` is no part of an identifier. */
export const shapes = { lower: 1, upper: 2, digit: 4, mark: 8, other: 16, stop: 32, colon: 64 } as const;

const SHAPES = new Uint8Array(0x10000).fill(shapes.other);
const shape = (characters: string, flag: number) => {
  for (const character of characters) SHAPES[character.charCodeAt(0)] = flag;
};
shape('abcdefghijklmnopqrstuvwxyz', shapes.lower);
shape('ABCDEFGHIJKLMNOPQRSTUVWXYZ', shapes.upper);
shape('0123456789', shapes.digit);
shape('_.$/()[]-#@*', shapes.mark);
shape(':', shapes.colon);
shape(' \t|', shapes.stop);

/** The shape bit of a code unit. */
export const shapeOf = (code: number): number => SHAPES[code] ?? shapes.other;

/** Index of the bracket that closes the one at `at`, or -1 when there is none within 96 characters. */
export function closingBracket(units: Units, at: number, end: number): number {
  const limit = Math.min(end, at + 97);
  let depth = 0;
  for (let stop = at; stop < limit; stop++) {
    const code = units[stop];
    if (code === OPEN_BRACKET) depth++;
    else if (code === CLOSE_BRACKET && --depth === 0) return stop;
  }
  return -1;
}

/** Whether all of it is capital letters. */
export function isUpper(units: Units, start: number, end: number): boolean {
  for (let at = start; at < end; at++) if (!isCapital(units[at] ?? 0)) return false;
  return true;
}

/** Whether the word is a level in full, such as `warning`, rather than a letter or a word that also has other meanings. */
export function isFullLevel(units: Units, start: number, end: number): boolean {
  return end - start < 14 && (meaningOf(units, start, end) & meanings.fullLevel) !== 0;
}

/** End of an epoch time in s, ms, µs or ns, alone between spaces, or -1. */
export function epochEnd(units: Units, at: number, end: number): number {
  const run = digitRun(units, at, end);
  if (run !== 10 && run !== 13 && run !== 16 && run !== 19) return -1;
  let stop = at + run;
  if (units[stop] === DOT) stop += 1 + digitRun(units, stop + 1, end);
  return units[at] === 49 && (isSpace(units[stop]) || stop >= end) ? stop : -1;
}

/** End of a timestamp of any shape, in brackets or not, or -1. */
export function timeEnd(units: Units, at: number, end: number): number {
  const code = units[at] ?? 0;
  if (code === OPEN_BRACKET) {
    const from = skipSpaces(units, at + 1, end);
    const limit = Math.min(end, from + 48);
    let inner = timeEnd(units, from, limit);
    if (inner < 0) inner = uptimeEnd(units, from, limit);
    return inner > 0 && units[inner] === CLOSE_BRACKET ? inner + 1 : -1;
  }
  if (!isDigit(code)) return matchTime(units, at, end);
  const run = digitRun(units, at, end);
  const mark = units[at + run];
  if (mark === COLON) {
    const clock = matchClock(units, at, end);
    return clock > 0 ? clock : kitchenEnd(units, at, end);
  }
  // What most numbers are: neither a day nor a date without separators nor an epoch.
  if (isSpace(mark) && run !== 6 && run < 10 && run > 2) return -1;
  const dated = matchNumeric(units, at, end, run);
  return dated > 0 ? dated : run < 10 ? -1 : epochEnd(units, at, end);
}

/** `12345.678901`, the seconds since the kernel started. */
function uptimeEnd(units: Units, at: number, end: number): number {
  const run = digitRun(units, at, end);
  return run > 0 && units[at + run] === DOT && digitRun(units, at + run + 1, end) === 6 ? at + run + 7 : -1;
}

/** `3:04PM`. */
function kitchenEnd(units: Units, at: number, end: number): number {
  const hours = digitRun(units, at, end);
  const half = at + hours + 3;
  if (hours > 2 || units[at + hours] !== COLON || digitRun(units, at + hours + 1, end) !== 2) return -1;
  return (units[half] === 65 || units[half] === 80) && units[half + 1] === 77 && isSpace(units[half + 2]) ? half + 2 : -1;
}

/** End of a date alone between spaces, or -1. */
export function dateEnd(units: Units, at: number, end: number): number {
  const mark = units[at + 4];
  if ((mark !== DOT && mark !== DASH && mark !== 47) || units[at + 7] !== mark || digitRun(units, at, end) !== 4) return -1;
  return digitRun(units, at + 5, end) === 2 && digitRun(units, at + 8, end) === 2 && isSpace(units[at + 10]) ? at + 10 : -1;
}

/** End of `TraceID: 0af7… SpanID: b7ad…` (any case, `_`, `=`) including the spaces behind it, or -1. */
export function traceEnd(units: Units, from: number, end: number): number {
  let at = from;
  for (let count = 0; count < 3; count++) {
    const code = (units[at] ?? 0) | 32;
    if (code !== 116 && code !== 115) break;
    const name = code === 116 ? 'trace' : 'span';
    if (!startsWithFolded(units, name, at)) break;
    let keyEnd = at + name.length;
    if (units[keyEnd] === 95) keyEnd++;
    if (!startsWithFolded(units, 'id', keyEnd)) break;
    keyEnd += 2;
    const glue = units[keyEnd];
    if (keyEnd >= end || (glue !== COLON && glue !== 61)) break;
    const value = skipSpaces(units, keyEnd + 1, end);
    const stop = wordEnd(units, value, end);
    if (stop - value > 37) break;
    at = skipSpaces(units, stop, end);
  }
  return at > from ? at : -1;
}

function startsWithFolded(units: Units, word: string, at: number): boolean {
  for (let index = 0; index < word.length; index++) if (((units[at + index] ?? 0) | 32) !== word.charCodeAt(index)) return false;
  return true;
}

/** An identifier as loggers, tags and hosts are: letters, digits and `_ . $ / ( ) [ ] - # @ *`, with at least one letter. */
export function isTag(units: Units, start: number, end: number): boolean {
  let flags = 0;
  for (let at = start; at < end; at++) flags |= shapeOf(units[at] ?? 0);
  return (flags & (shapes.other | shapes.stop)) === 0 && (flags & (shapes.lower | shapes.upper)) !== 0;
}

/** Whether a tag could be no word of a sentence: it holds a digit, or a mark inside. */
export function isMarked(units: Units, start: number, end: number): boolean {
  for (let at = start; at < end; at++) if (!isLetter(units[at] ?? 0)) return true;
  return false;
}

/** Whether the tag is a name with packages: a dot before a capital letter, or two dots. */
export function isQualified(units: Units, start: number, end: number): boolean {
  let dots = 0;
  for (let at = start + 1; at < end - 1; at++) {
    if (units[at] !== DOT) continue;
    if (isCapital(units[at + 1] ?? 0)) return true;
    dots++;
  }
  return dots > 1;
}

/** Whether the word ends in `#line`. */
export function isNumbered(units: Units, start: number, end: number): boolean {
  let at = end;
  while (at > start && isDigit(units[at - 1] ?? 0)) at--;
  return at < end && at > start && units[at - 1] === 35;
}

/** Whether the word is a source file with its line, such as `main.go:12`. */
export function isSourceLine(units: Units, start: number, end: number): boolean {
  let at = end;
  while (at > start && isDigit(units[at - 1] ?? 0)) at--;
  if (at === end || units[at - 1] !== COLON) return false;
  let dot = at - 2;
  while (dot > start && isLetter(units[dot] ?? 0)) dot--;
  return dot > start && units[dot] === DOT && dot < at - 2;
}

/** Whether the bracket that opens at `start` holds a request context as OpenStack writes it. */
export function isRequestContext(units: Units, start: number): boolean {
  return startsWith(units, 'req-', start) || (units[start] === DASH && (units[start + 1] === CLOSE_BRACKET || units[start + 1] === SPACE));
}

/** Whether the capitalised word before a colon names a class, as loggers without their package do, rather than what went wrong. */
export function isClassName(units: Units, start: number, end: number): boolean {
  if (!isCapital(units[start] ?? 0) || end - start < 3) return false;
  const isProblem = startsWith(units, 'Error', end - 5) || startsWith(units, 'Exception', end - 9) || startsWith(units, 'ed', end - 2);
  let hasSmall = false;
  for (let at = start; at < end; at++) hasSmall ||= shapeOf(units[at] ?? 0) === shapes.lower;
  return hasSmall && !isProblem && (meaningOf(units, start, end) & meanings.severity) === 0;
}

/** Whether the word is a code of an error such as `MY-010116`. */
export function isErrorCode(units: Units, start: number, end: number): boolean {
  let at = start;
  while (isCapital(units[at] ?? 0)) at++;
  return at - start >= 2 && units[at] === DASH && end > at + 1 && digitRun(units, at + 1, end) === end - at - 1;
}

/** Behind the `- `, `-- `, `: `, `> ` or, as the task list of Windows marks programs, `*64 - ` at `from`; -1 when there is none. */
export function separatorEnd(units: Units, from: number, end: number): number {
  let at = from;
  if (units[at] === 42) at = skipSpaces(units, at + 1 + digitRun(units, at + 1, end), end);
  const mark = units[at];
  if (mark === DASH && units[at + 1] === DASH) at++;
  return (mark === DASH || ((mark === COLON || mark === 62) && at === from)) && isSpace(units[at + 1]) ? at + 1 : -1;
}

/** Whether `NETWORK  [listener]`, as MongoDB names its components, is at `at`: capitals or a dash before a bracket. */
export function startsComponent(units: Units, at: number, end: number): boolean {
  const stop = wordEnd(units, at, end);
  const isName = stop > at && (isUpper(units, at, stop) || units[at] === DASH);
  return isName && units[skipSpaces(units, stop, end)] === OPEN_BRACKET;
}
