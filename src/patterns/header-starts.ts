import { parseSyslogSeverity } from '../core/severity.ts';
import { type Header, put } from './header-record.ts';
import {
  CLOSE_BRACKET,
  COLON,
  COMMA,
  DASH,
  isCapital,
  isFullLevel,
  isLetter,
  isQualified,
  isSpace,
  isTag,
  isUpper,
  OPEN_BRACKET,
  SPACE,
  skipSpaces,
  timeEnd,
  wordEnd,
} from './header-shapes.ts';
import { digitRun, isDigit, matchClock } from './timestamp.ts';
import { indexOf, lastIndexOf, type Units } from './units.ts';
import { levelOf } from './words.ts';

/** End of `<34>` at `at`, or -1. */
export function priorityEnd(units: Units, at: number, end: number): number {
  const run = digitRun(units, at + 1, end);
  return run > 0 && run < 4 && units[at + 1 + run] === 62 ? at + run + 2 : -1;
}

/** Severity of the priority that ends before `stop`. */
export function prioritySeverity(units: Units, at: number, stop: number): Header['severity'] {
  let value = 0;
  for (let digit = at + 1; digit < stop - 1; digit++) value = value * 10 + (units[digit] ?? 0) - 48;
  return parseSyslogSeverity(value & 7);
}

/** `TIMESTAMP HOST APP PROCID MSGID STRUCTURED-DATA MESSAGE` of RFC 5424 §6, behind the version. */
export function readRfc5424(units: Units, from: number, end: number, header: Header): number {
  let at = from;
  for (const field of [header.time, null, header.logger, header.thread, null]) {
    const stop = wordEnd(units, at, end);
    if (field !== null && units[at] !== DASH) put(field, at, stop);
    at = skipSpaces(units, stop, end);
  }
  if (units[at] === DASH) at++;
  while (units[at] === OPEN_BRACKET) {
    const close = structuredEnd(units, at, end);
    if (close < 0) break;
    at = close;
  }
  at = skipSpaces(units, at, end);
  return units[at] === 0xfeff ? at + 1 : at;
}

/** Behind one `[id name="value"]`, in whose values a bracket is no end. */
function structuredEnd(units: Units, from: number, end: number): number {
  let isQuoted = false;
  for (let at = from; at < end; at++) {
    const code = units[at];
    if (code === 92) at++;
    else if (code === 34) isQuoted = !isQuoted;
    else if (code === CLOSE_BRACKET && !isQuoted) return at + 1;
  }
  return -1;
}

/** `I0130 12:34:56.789012 1234 server.go:55] message` of glog and klog; -1 when the line is none. */
export function readKlog(units: Units, from: number, end: number, header: Header): number {
  if (digitRun(units, from + 1, end) !== 4 || units[from + 5] !== SPACE) return -1;
  const stop = matchClock(units, from + 6, end);
  const severity = levelOf(units, from, from + 1);
  if (stop < 0 || severity === null) return -1;
  put(header.time, from + 1, stop);
  put(header.level, from, from + 1);
  header.severity = severity;
  const pid = skipSpaces(units, stop, end);
  const pidEnd = pid + digitRun(units, pid, end);
  const file = skipSpaces(units, pidEnd, end);
  const fileEnd = wordEnd(units, file, end);
  if (units[fileEnd - 1] !== CLOSE_BRACKET) return skipSpaces(units, stop, end);
  put(header.thread, pid, pidEnd);
  put(header.logger, file, fileEnd - 1);
  return skipSpaces(units, fileEnd, end);
}

/** `D/Tag( 123): message` of logcat (brief, tag and process forms), and the same behind a time; -1 when the line is none. */
export function readLogcat(units: Units, from: number, end: number, header: Header): number {
  const severity = levelOf(units, from, from + 1);
  const mark = units[from + 1];
  if (severity === null || (mark !== 47 && mark !== 40) || !isCapital(units[from] ?? 0)) return -1;
  let at = from + 2;
  if (mark === 47) {
    const limit = Math.min(end, at + 64);
    while (at < limit && units[at] !== COLON && units[at] !== 40) at++;
    if (at === from + 2) return -1;
  } else at = from + 1;
  let tagEnd = at;
  let pid = 0;
  let pidEnd = 0;
  if (units[at] === 40) {
    pid = skipSpaces(units, at + 1, end);
    pidEnd = pid + digitRun(units, pid, end);
    if (pidEnd === pid || units[pidEnd] !== 41) return -1;
    at = pidEnd + 1;
  }
  if (mark === 47 && (units[at] !== COLON || !isSpace(units[at + 1] ?? 0))) return -1;
  if (mark === 40 && !isSpace(units[at])) return -1;
  while (isSpace(units[tagEnd - 1])) tagEnd--;
  put(header.level, from, from + 1);
  if (mark === 47) put(header.logger, from + 2, tagEnd);
  put(header.thread, pid, pidEnd);
  header.severity = severity;
  return skipSpaces(units, at + 1, end);
}

/** `I, [2024-01-30T12:00:00.123 #42]  INFO -- name: message` of Ruby's Logger; -1 when the line is none. */
export function readRuby(units: Units, from: number, end: number, header: Header): number {
  if (units[from + 1] !== COMMA || units[from + 2] !== SPACE || units[from + 3] !== OPEN_BRACKET) return -1;
  const stop = timeEnd(units, from + 4, end);
  const close = stop < 0 ? -1 : indexOf(units, CLOSE_BRACKET, stop, Math.min(end, stop + 16));
  if (close < 0) return -1;
  const level = skipSpaces(units, close + 1, end);
  const levelEnd = wordEnd(units, level, end);
  const dashes = skipSpaces(units, levelEnd, end);
  if (units[dashes] !== DASH || units[dashes + 1] !== DASH) return -1;
  put(header.time, from + 4, stop);
  const pid = indexOf(units, 35, stop, close);
  if (pid > 0) put(header.thread, pid + 1, close);
  put(header.level, level, levelEnd);
  header.severity = levelOf(units, level, levelEnd);
  const name = skipSpaces(units, dashes + 2, end);
  const nameEnd = indexOf(units, COLON, name, Math.min(end, name + 64));
  if (nameEnd < 0) return name;
  put(header.logger, name, nameEnd);
  return skipSpaces(units, nameEnd + 1, end);
}

/** `WARNING:root:message` of Python's logging and `INFO[0012] message` of logrus; -1 when the line is neither. */
export function readGluedLevel(units: Units, from: number, end: number, header: Header): number {
  let stop = from;
  while (stop < from + 9 && isCapital(units[stop] ?? 0)) stop++;
  const mark = units[stop];
  if (stop - from < 4 || (mark !== COLON && mark !== OPEN_BRACKET)) return -1;
  const severity = levelOf(units, from, stop);
  if (severity === null) return -1;
  let at = stop + 1;
  if (mark === OPEN_BRACKET) {
    at += digitRun(units, at, end);
    if (at < stop + 5 || units[at] !== CLOSE_BRACKET || !isSpace(units[at + 1])) return -1;
    put(header.time, stop, at + 1);
  } else {
    while (at < end && (isLetter(units[at] ?? 0) || isDigit(units[at] ?? 0) || units[at] === 46 || units[at] === 95 || units[at] === DASH))
      at++;
    if (at === stop + 1 || units[at] !== COLON || !isFullLevel(units, from, stop)) return -1;
    put(header.logger, stop + 1, at);
  }
  put(header.level, from, stop);
  header.severity = severity;
  return skipSpaces(units, at + 1, end);
}

/** `[12:00:00 INF]` of Serilog and `[2024-01-30 12:00:00,123: INFO/MainProcess]` of Celery; -1 when the bracket holds anything else. */
export function readTimeAndLevel(units: Units, from: number, end: number, header: Header): number {
  const stop = timeEnd(units, from + 1, end);
  if (stop < 0) return -1;
  const level = skipSpaces(units, units[stop] === COLON ? stop + 1 : stop, end);
  let levelEnd = level;
  while (isLetter(units[levelEnd] ?? 0)) levelEnd++;
  const severity = levelOf(units, level, levelEnd);
  let close = levelEnd;
  if (units[close] === 47) close = indexOf(units, CLOSE_BRACKET, close, Math.min(end, close + 64));
  if (severity === null || units[close] !== CLOSE_BRACKET || !isUpper(units, level, levelEnd)) return -1;
  put(header.time, from + 1, stop);
  put(header.level, level, levelEnd);
  if (close > levelEnd) put(header.thread, levelEnd + 1, close);
  header.severity = severity;
  return close + 1;
}

/** `1:M 30 Jan 2024 12:00:00.123 * message` of Redis; -1 when the line is none. */
export function readRedis(units: Units, from: number, end: number, header: Header): number {
  const pidEnd = from + digitRun(units, from, end);
  if (units[pidEnd] !== COLON || !isCapital(units[pidEnd + 1] ?? 0) || units[pidEnd + 2] !== SPACE) return -1;
  const stop = timeEnd(units, pidEnd + 3, end);
  const mark = stop < 0 ? undefined : redisMarks.get(units[stop + 1] ?? 0);
  if (mark === undefined || !isSpace(units[stop + 2])) return -1;
  put(header.thread, from, pidEnd);
  put(header.time, pidEnd + 3, stop);
  put(header.level, stop + 1, stop + 2);
  header.severity = mark;
  return skipSpaces(units, stop + 3, end);
}

const redisMarks: ReadonlyMap<number, Header['severity']> = new Map([
  [46, 'debug'],
  [DASH, 'info'],
  [42, 'info'],
  [35, 'warn'],
]);

/** `fail: Acme.Shop[12]` of .NET's console with the message behind it or on the next line; -1 when the line is none. */
export function readCategory(units: Units, from: number, end: number, header: Header): number {
  const severity = levelOf(units, from, from + 4);
  const category = from + 6;
  let stop = category;
  while (stop < end && (units[stop] ?? 0) > SPACE) stop++;
  const open = lastIndexOf(units, OPEN_BRACKET, category, stop);
  if (severity === null || isCapital(units[from] ?? 0) || open < 0) return -1;
  if (units[stop - 1] !== CLOSE_BRACKET || digitRun(units, open + 1, stop) !== stop - open - 2) return -1;
  put(header.level, from, from + 4);
  put(header.logger, category, stop);
  header.severity = severity;
  while (stop < end && (units[stop] ?? 0) <= SPACE) stop++;
  return stop;
}

/** `com.acme.Shop run` before a line `WARNING: message`, as java.util.logging writes them; -1 when the second line is no such. */
export function readSecondLine(units: Units, from: number, newline: number, end: number, header: Header): number {
  const logger = wordEnd(units, from, newline);
  if (units[logger] !== SPACE || wordEnd(units, logger + 1, newline) !== newline || !isQualified(units, from, logger)) return -1;
  const level = newline + 1;
  let stop = level;
  while (isCapital(units[stop] ?? 0)) stop++;
  const severity = levelOf(units, level, stop);
  if (severity === null || units[stop] !== COLON || stop >= end) return -1;
  put(header.logger, from, logger);
  put(header.level, level, stop);
  header.severity = severity;
  return skipSpaces(units, stop + 1, end);
}

/** Start of ` (kafka.server.Broker)` that ends the line `[from, end)`, or -1. */
export function trailingLogger(units: Units, from: number, end: number): number {
  if (units[end - 1] !== 41) return -1;
  const open = lastIndexOf(units, 40, from, end);
  return open > from && units[open - 1] === SPACE && isTag(units, open + 1, end - 1) && isQualified(units, open + 1, end - 1)
    ? open - 1
    : -1;
}

/** Reads `production.ERROR` of Monolog as logger and level; false when the word is none. */
export function readChannel(units: Units, from: number, end: number, header: Header): boolean {
  const dot = lastIndexOf(units, 46, from, end);
  const severity = dot < 0 || !isUpper(units, dot + 1, end) ? null : levelOf(units, dot + 1, end);
  if (severity === null) return false;
  put(header.logger, from, dot);
  put(header.level, dot + 1, end);
  header.severity = severity;
  return true;
}
