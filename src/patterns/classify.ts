import {
  classOf,
  DASH,
  DELIMITER,
  DIGIT,
  DOT,
  HEX_LETTER,
  IDEOGRAPH,
  LETTER,
  MARK,
  PUNCTUATION,
  REPLACEMENT,
  SLASH,
  SPACE,
  UNDERSCORE,
} from './characters.ts';
import { indexOf, lastIndexOf, startsWith, type Units } from './units.ts';
import { meaningOf, meanings } from './words.ts';

/** What a token is. Everything up to `name` is constant text of the template, everything behind it is a variable. */
export const kinds = {
  space: 0,
  delimiter: 1,
  word: 2,
  name: 3,
  number: 4,
  hex: 5,
  identifier: 6,
  path: 7,
  url: 8,
  dotted: 9,
  literal: 10,
  quoted: 11,
  user: 12,
  timestamp: 13,
  address: 14,
  long: 15,
  garbage: 16,
  masked: 17,
} as const;

const MAX_WORD_LENGTH = 64;
const MAX_IDEOGRAPH_LENGTH = 256;
const LETTERS = HEX_LETTER | LETTER;
const HEX = DIGIT | HEX_LETTER;
const ALNUM = DIGIT | LETTERS;
const EQUALS = 61;

const codes = (characters: string) => new Set(Array.from(characters, (character) => character.charCodeAt(0)));
const URL_ENDS = codes('"\'<>|()[]{},;');
const SENTENCE_ENDS = codes('.:!?');

/** Decides whether the atom `[start, end)`, whose characters have the classes `flags`, is constant or which kind of variable. */
export function classify(units: Units, start: number, end: number, flags: number, next: number): number {
  const length = end - start;
  if ((flags & REPLACEMENT) !== 0) return kinds.garbage;
  if (length > MAX_WORD_LENGTH) return (flags & IDEOGRAPH) !== 0 && length <= MAX_IDEOGRAPH_LENGTH ? kinds.word : kinds.long;
  if ((flags & DIGIT) === 0) return classifyWithoutDigits(units, start, end, flags, next);
  if ((flags & LETTERS) === 0) return kinds.number;
  const first = classOf(units[start] ?? 0);
  const digits = countOf(units, start, end, DIGIT);
  if ((first & LETTERS) !== 0 && digits <= 3 && (flags & SLASH) === 0 && (next === EQUALS || next === 40)) return kinds.name;
  if ((first & DIGIT) !== 0) return kinds.number;
  if ((first & (DASH | PUNCTUATION | DOT)) !== 0 && (classOf(units[start + 1] ?? 0) & DIGIT) !== 0) return kinds.number;
  if ((flags & SLASH) !== 0) return kinds.path;
  if ((flags & ~HEX) === 0 && length >= 6) return kinds.hex;
  if ((flags & DOT) !== 0 && (isSourceLine(units, start, end, next) || isErrorClass(units, end))) return kinds.name;
  const letters = countOf(units, start, end, LETTERS);
  const isTerm = digits <= 3 && (meaningOf(units, start, end) & meanings.term) !== 0;
  if ((flags & ~ALNUM) !== 0 || digits >= 3 || digits > letters) return isTerm && letters > digits ? kinds.name : kinds.identifier;
  if (length > 6 && (classOf(units[end - 1] ?? 0) & LETTERS) !== 0) return kinds.name;
  return isTerm ? kinds.name : kinds.identifier;
}

function classifyWithoutDigits(units: Units, start: number, end: number, flags: number, next: number): number {
  const length = end - start;
  if ((flags & ~LETTERS) === 0) {
    if (length >= 8 && (flags & LETTER) === 0) return kinds.hex;
    if (next === EQUALS || next === 40 || (meaningOf(units, start, end) & meanings.literal) === 0) return kinds.word;
    return units[start] === 114 && next >= 0 && (classOf(next) & SPACE) !== 0 && !namesTheUser(units, end) ? kinds.word : kinds.literal;
  }
  if ((flags & LETTERS) === 0) return length > 1 && (flags & SLASH) !== 0 && (flags & ~(SLASH | DOT)) === 0 ? kinds.path : kinds.word;
  if ((flags & SLASH) !== 0) {
    const first = units[start];
    if (units[start - 1] === 60 && next === 62) return kinds.word;
    const isPath = first === 47 || first === 126 || (flags & (DOT | UNDERSCORE)) !== 0 || countOf(units, start, end, SLASH) > 1;
    return isPath ? kinds.path : kinds.word;
  }
  if (next === EQUALS) return kinds.name;
  if (units[start] === 92 && units[start + 1] === 92 && length > 3) return kinds.path;
  if ((flags & MARK) !== 0) {
    const mark = indexOf(units, 64, start, end);
    if (mark > start && mark < end - 1) return kinds.address;
  }
  return (flags & DOT) !== 0 ? classifyDotted(units, start, end, next) : kinds.word;
}

/** `root from` and `root by` speak of the user, `root cause` does not. */
function namesTheUser(units: Units, end: number): boolean {
  let at = end;
  while (at < end + 8 && (classOf(units[at] ?? 0) & SPACE) !== 0) at++;
  return startsWith(units, 'from', at) || startsWith(units, 'by', at);
}

function classifyDotted(units: Units, start: number, end: number, next: number): number {
  if (next === 40 || isErrorClass(units, end) || isSourceLine(units, start, end, next)) return kinds.name;
  const last = lastIndexOf(units, 46, start, end);
  if (last === start || last === end - 1 || units[start] === 46) return kinds.word;
  if (isAllCaps(units, last + 1, end)) return units[start - 1] === EQUALS ? kinds.dotted : kinds.name;
  if (indexOf(units, 46, start, last) > 0) return kinds.dotted;
  return (meaningOf(units, last + 1, end) & (meanings.hostSuffix | meanings.fileSuffix)) !== 0 ? kinds.dotted : kinds.word;
}

function countOf(units: Units, start: number, end: number, flag: number): number {
  let count = 0;
  for (let at = start; at < end; at++) if ((classOf(units[at] ?? 0) & flag) !== 0) count++;
  return count;
}

/** `main.go` before `:12`. */
function isSourceLine(units: Units, start: number, end: number, next: number): boolean {
  if (next !== 58 || ((classOf(units[end + 1] ?? 0) & DIGIT) === 0 && !startsWith(units, '<*>', end + 1))) return false;
  const dot = lastIndexOf(units, 46, start, end);
  return dot > start && (meaningOf(units, dot + 1, end) & meanings.sourceSuffix) !== 0;
}

/** Exception classes tell errors apart, so they stay in the template. */
function isErrorClass(units: Units, end: number): boolean {
  return startsWith(units, 'Error', end - 5) || startsWith(units, 'Exception', end - 9);
}

function isAllCaps(units: Units, start: number, end: number): boolean {
  if (end - start < 4) return false;
  for (let at = start; at < end; at++) {
    const code = units[at] ?? 0;
    if (!((code >= 65 && code <= 90) || code === 95)) return false;
  }
  return true;
}

/** Whether a quoted value of the key that ends at `end` is a sentence rather than a value. */
export function isFreeTextKey(units: Units, end: number): boolean {
  let start = end;
  while (start > 0 && end - start < 16 && (classOf(units[start - 1] ?? 0) & (LETTERS | UNDERSCORE)) !== 0) start--;
  return (meaningOf(units, start, end) & meanings.freeText) !== 0;
}

/** End of a MAC or IPv6 address that starts at `start`, or -1: groups of up to four hexadecimal digits joined by colons. */
export function colonChainEnd(units: Units, start: number, end: number): number {
  let groups = 0;
  let digits = 0;
  let doubled = false;
  let size = 0;
  let at = start;
  for (; at < end; at++) {
    const code = units[at] ?? 0;
    if (code === 58) {
      if (size === 0 && (doubled || at === start)) return -1;
      if (size === 0) doubled = true;
      else groups++;
      size = 0;
      continue;
    }
    const flag = classOf(code);
    if ((flag & HEX) === 0) {
      if ((flag & (LETTERS | UNDERSCORE | IDEOGRAPH)) !== 0) return -1;
      break;
    }
    if (++size > 4) return -1;
    digits += flag & DIGIT;
  }
  if (size > 0) groups++;
  else if (!doubled) return -1;
  return digits > 0 && (groups >= 6 || (doubled && groups >= 2)) ? at : -1;
}

/** End of an IPv6 address that begins with the colons at `start`, such as `::1`, or -1. */
export function leadingColonsEnd(units: Units, start: number, end: number): number {
  const before = start > 0 ? classOf(units[start - 1] ?? 0) : SPACE;
  if ((before & (SPACE | DELIMITER)) === 0 || (start > 0 && (units[start - 1] === 58 || units[start - 1] === 62))) return -1;
  let at = start + 2;
  let digits = 0;
  while (at < end && ((classOf(units[at] ?? 0) & HEX) !== 0 || units[at] === 58 || units[at] === 46))
    digits += classOf(units[at++] ?? 0) & DIGIT;
  return digits > 0 && (at >= end || (classOf(units[at] ?? 0) & (LETTERS | UNDERSCORE)) === 0) ? at : -1;
}

/** End of the padding of a base64 text whose letters and digits end at `at`, or -1 when it is none. */
export function paddingEnd(units: Units, start: number, at: number, flags: number, end: number): number {
  const stop = units[at + 1] === EQUALS ? at + 2 : at + 1;
  if ((stop - start) % 4 !== 0 || stop - start < 12 || (flags & ~(ALNUM | SLASH | PUNCTUATION)) !== 0) return -1;
  const isSure = stop === at + 2 || (flags & DIGIT) !== 0;
  return isSure && (stop >= end || (classOf(units[stop] ?? 0) & (SPACE | DELIMITER)) !== 0) && units[stop] !== 34 && units[stop] !== 60
    ? stop
    : -1;
}

/** End of the URL whose scheme ends before the colon at `at`. */
export function urlEnd(units: Units, at: number, end: number): number {
  let stop = at + 3;
  while (stop < end) {
    const code = units[stop] ?? 0;
    if ((classOf(code) & SPACE) !== 0 || URL_ENDS.has(code)) break;
    stop++;
  }
  while (stop > at + 3 && SENTENCE_ENDS.has(units[stop - 1] ?? 0)) stop--;
  return stop;
}

const sizeUnits = new Set(['B', 'KB', 'MB', 'GB', 'TB', 'KiB', 'MiB', 'GiB', 'TiB', 'kB']);

/** Whether the word is a unit of size, which varies with the number before it. */
export function isSizeUnit(word: string): boolean {
  return sizeUnits.has(word);
}
