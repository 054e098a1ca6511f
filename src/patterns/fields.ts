import { isDigit } from './timestamp.ts';

/** Top-level fields of a JSON object or logfmt line: names, and the ranges of their values in the text. */
export interface Fields {
  readonly names: string[];
  readonly starts: number[];
  readonly ends: number[];
  /** Whether the value stood in quotes; the range excludes them. */
  readonly quoted: boolean[];
}

const QUOTE = 34;
const BACKSLASH = 92;
const isSpace = (code: number) => code === 32 || (code >= 9 && code <= 13);

function skipSpaces(text: string, at: number, end: number): number {
  let stop = at;
  while (stop < end && isSpace(text.charCodeAt(stop))) stop++;
  return stop;
}

/** Index of the quote that closes the string whose content starts at `at`, or `end`. */
function stringEnd(text: string, at: number, end: number): number {
  let stop = at;
  while (stop < end) {
    const code = text.charCodeAt(stop);
    if (code === QUOTE) return stop;
    stop += code === BACKSLASH ? 2 : 1;
  }
  return end;
}

/** Index behind an object or array that starts at `at`, or `end`. */
function nestedEnd(text: string, at: number, end: number): number {
  let depth = 0;
  for (let stop = at; stop < end; stop++) {
    const code = text.charCodeAt(stop);
    if (code === QUOTE) stop = stringEnd(text, stop + 1, end);
    else if (code === 123 || code === 91) depth++;
    else if ((code === 125 || code === 93) && --depth === 0) return stop + 1;
  }
  return end;
}

/**
 * Reads the JSON object at `from` as far as `end`. An object that `end` cuts gives the fields before the cut when `mayBeCut`, else `null`, as does
 * text that is no object or has more text behind it. Values are not checked.
 */
export function readJsonFields(text: string, from: number, end: number, mayBeCut: boolean): Fields | null {
  const fields: Fields = { names: [], starts: [], ends: [], quoted: [] };
  const cut = () => (mayBeCut && fields.names.length > 0 ? fields : null);
  let at = skipSpaces(text, from + 1, end);
  if (text.charCodeAt(at) === 125) return skipSpaces(text, at + 1, end) >= end ? fields : null;
  for (;;) {
    if (at >= end) return cut();
    if (text.charCodeAt(at) !== QUOTE) return null;
    const nameEnd = stringEnd(text, at + 1, end);
    const colon = skipSpaces(text, nameEnd + 1, end);
    if (colon >= end) return cut();
    if (text.charCodeAt(colon) !== 58) return null;
    const value = skipSpaces(text, colon + 1, end);
    if (value >= end) return cut();
    const code = text.charCodeAt(value);
    const isString = code === QUOTE;
    let stop = value;
    if (isString) stop = stringEnd(text, value + 1, end);
    else if (code === 123 || code === 91) stop = nestedEnd(text, value, end);
    else while (stop < end && text.charCodeAt(stop) !== 44 && text.charCodeAt(stop) !== 125 && !isSpace(text.charCodeAt(stop))) stop++;
    if (stop === value) return null;
    fields.names.push(unescapeText(text.slice(at + 1, nameEnd)));
    fields.starts.push(isString ? value + 1 : value);
    fields.ends.push(stop);
    fields.quoted.push(isString);
    at = skipSpaces(text, isString ? stop + 1 : stop, end);
    if (at >= end) return cut();
    if (text.charCodeAt(at) === 125) return skipSpaces(text, at + 1, end) >= end ? fields : null;
    if (text.charCodeAt(at) !== 44) return null;
    at = skipSpaces(text, at + 1, end);
  }
}

function nameEndOf(text: string, from: number, end: number): number {
  let at = from;
  while (at < end) {
    const code = text.charCodeAt(at);
    const isLetter = (code | 32) >= 97 && (code | 32) <= 122;
    if (!isLetter && code !== 95 && !(at > from && (code === 46 || code === 45 || isDigit(code)))) break;
    at++;
  }
  return at;
}

/** Reads `key=value key="quoted value"` pairs; `null` unless the whole line consists of at least two of them. */
export function readLogfmtFields(text: string, from: number, end: number): Fields | null {
  const fields: Fields = { names: [], starts: [], ends: [], quoted: [] };
  let at = from;
  while (at < end) {
    const nameEnd = nameEndOf(text, at, end);
    if (nameEnd === at || text.charCodeAt(nameEnd) !== 61) return null;
    let value = nameEnd + 1;
    const isString = text.charCodeAt(value) === QUOTE;
    let stop: number;
    if (isString) stop = stringEnd(text, ++value, end);
    else {
      stop = value;
      while (stop < end && !isSpace(text.charCodeAt(stop))) stop++;
    }
    fields.names.push(text.slice(at, nameEnd));
    fields.starts.push(value);
    fields.ends.push(stop);
    fields.quoted.push(isString);
    const behind = isString ? stop + 1 : stop;
    at = skipSpaces(text, behind, end);
    if (at === behind && at < end) return null;
  }
  return fields.names.length > 1 ? fields : null;
}

const ESCAPES: Readonly<Record<string, string>> = { n: '\n', r: '\r', t: '\t', b: ' ', f: ' ' };

/** Resolves JSON escapes; an escape that JSON does not know stands for its own character. */
export function unescapeText(text: string): string {
  if (!text.includes('\\')) return text;
  return text.replace(/\\(?:u([0-9a-fA-F]{4})|(.)|$)/gs, (_, hex?: string, character?: string) =>
    hex === undefined ? (character === undefined ? '' : (ESCAPES[character] ?? character)) : String.fromCharCode(Number.parseInt(hex, 16)),
  );
}
