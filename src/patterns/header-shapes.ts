import { parseSeverity, type Severity } from '../core/severity.ts';
import { digitRun, matchClock, matchTime } from './timestamp.ts';

export const SPACE = 32;
export const PIPE = 124;
export const DASH = 45;
export const COLON = 58;
export const BRACKET = 91;
const MAX_WORD = 128;

/** Whether the code unit is a decimal digit. */
export const isDigit = (code: number) => code >= 48 && code <= 57;
/** Whether the code unit is a space or tab. */
export const isSpace = (code: number) => code === SPACE || code === 9;

/** Index of the first character from `at` that is no space. */
export function skipSpaces(text: string, at: number, end: number): number {
  let stop = at;
  while (stop < end && isSpace(text.charCodeAt(stop))) stop++;
  return stop;
}

/** End of the word at `at`: a space, a tab or a pipe ends it. */
export function wordEnd(text: string, at: number, end: number): number {
  const limit = Math.min(end, at + MAX_WORD);
  let stop = at;
  while (stop < limit) {
    const code = text.charCodeAt(stop);
    if (isSpace(code) || code === PIPE) break;
    stop++;
  }
  return stop;
}

const levels = new Map<string, Severity | null>();

/** Looks a short word up, keeping what was looked up, because the same few words come with every line. */
export function levelOf(text: string, start: number, end: number): Severity | null {
  const length = end - start;
  if (length < 1 || length > 13) return null;
  const first = text.charCodeAt(start) | 32;
  if (first < 97 || first > 122) return null;
  const word = text.slice(start, end);
  const known = levels.get(word);
  if (known !== undefined) return known;
  const severity = parseSeverity(word);
  if (levels.size < 256) levels.set(word, severity);
  return severity;
}

/** Whether all of it is capital letters. */
export function isUpper(text: string, start: number, end: number): boolean {
  for (let at = start; at < end; at++) {
    const code = text.charCodeAt(at);
    if (code < 65 || code > 90) return false;
  }
  return true;
}

/** Epoch in s, ms, µs or ns, alone between spaces. */
function epochEnd(text: string, at: number, end: number): number {
  const run = digitRun(text, at, end);
  if (run !== 10 && run !== 13 && run !== 16 && run !== 19) return -1;
  let stop = at + run;
  if (text.charCodeAt(stop) === 46) stop += 1 + digitRun(text, stop + 1, end);
  return text.charCodeAt(at) === 49 && isSpace(text.charCodeAt(stop)) ? stop : -1;
}

/** End of a timestamp of any shape, in brackets or not, or -1. */
export function timeEnd(text: string, at: number, end: number): number {
  const code = text.charCodeAt(at);
  if (code === 91) {
    const inner = timeEnd(text, at + 1, Math.min(end, at + 48));
    return inner > 0 && text.charCodeAt(inner) === 93 ? inner + 1 : -1;
  }
  if (!isDigit(code)) return matchTime(text, at, end);
  const dated = matchTime(text, at, end);
  if (dated > 0) return dated;
  const clock = matchClock(text, at, end);
  return clock > 0 ? clock : epochEnd(text, at, end);
}

/** End of a date alone between spaces, or -1. */
export function dateEnd(text: string, at: number, end: number): number {
  if (digitRun(text, at, end) !== 4) return -1;
  const mark = text.charCodeAt(at + 4);
  if ((mark !== 46 && mark !== 45 && mark !== 47) || text.charCodeAt(at + 7) !== mark) return -1;
  return digitRun(text, at + 5, end) === 2 && digitRun(text, at + 8, end) === 2 && isSpace(text.charCodeAt(at + 10)) ? at + 10 : -1;
}

/** End of `I0130 12:34:56.789012`, or -1. */
export function klogTimeEnd(text: string, at: number, end: number): number {
  const code = text.charCodeAt(at);
  if (code !== 73 && code !== 87 && code !== 69 && code !== 70 && code !== 68) return -1;
  return digitRun(text, at + 1, end) === 4 && text.charCodeAt(at + 5) === SPACE ? matchClock(text, at + 6, end) : -1;
}

/** End of `TraceID: 0af7… SpanID: b7ad…` (any case, `_`, `=`) including the spaces behind it, or -1. */
export function traceEnd(text: string, from: number, end: number): number {
  let at = from;
  for (let count = 0; count < 3; count++) {
    const code = text.charCodeAt(at) | 32;
    if (code !== 116 && code !== 115) break;
    const second = text.charCodeAt(at + 1) | 32;
    if (second !== (code === 116 ? 114 : 112)) break;
    const keyEnd = at + (text.charCodeAt(at + (code === 116 ? 5 : 4)) === 95 ? 1 : 0) + (code === 116 ? 7 : 6);
    const glue = text.charCodeAt(keyEnd);
    if (keyEnd >= end || (glue !== 58 && glue !== 61)) break;
    const key = text.slice(at, keyEnd).toLowerCase();
    if (key !== 'traceid' && key !== 'spanid' && key !== 'trace_id' && key !== 'span_id') break;
    const value = skipSpaces(text, keyEnd + 1, end);
    const stop = wordEnd(text, value, end);
    if (stop - value > 37) break;
    at = skipSpaces(text, stop, end);
  }
  return at > from ? at : -1;
}

/** An identifier as loggers, tags and hosts are: letters, digits and `_ . $ / ( ) [ ] - # @ *`, with at least one letter. */
export function isTag(text: string, start: number, end: number): boolean {
  let letters = 0;
  for (let at = start; at < end; at++) {
    const code = text.charCodeAt(at);
    if ((code >= 65 && code <= 90) || (code >= 97 && code <= 122)) letters++;
    else if (!isDigit(code) && !'_.$/()[]-#@*:'.includes(text.charAt(at))) return false;
  }
  return letters > 0;
}

/** Whether the word ends in `#line`. */
export function isNumbered(text: string, start: number, end: number): boolean {
  let at = end;
  while (at > start && isDigit(text.charCodeAt(at - 1))) at--;
  return at < end && at > start && text.charCodeAt(at - 1) === 35;
}
