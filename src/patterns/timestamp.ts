import type { Units } from './units.ts';
import { meaningOf, meanings } from './words.ts';

const SPACE = 32;
const COLON = 58;
const DOT = 46;
const DASH = 45;
const SLASH = 47;
const COMMA = 44;

/** Whether the code unit is a decimal digit. */
export const isDigit = (code: number) => (code - 48) >>> 0 < 10;

/** Number of consecutive decimal digits from `at`. */
export function digitRun(units: Units, at: number, end: number): number {
  let stop = at;
  while (stop < end && isDigit(units[stop] ?? 0)) stop++;
  return stop - at;
}

function skipSpaces(units: Units, at: number, end: number): number {
  let stop = at;
  while (stop < end && units[stop] === SPACE) stop++;
  return stop;
}

const isCalendar = (units: Units, at: number) => (meaningOf(units, at, at + 3) & meanings.calendar) !== 0;

function isWordCharacter(code: number): boolean {
  return isDigit(code) || ((code | 32) >= 97 && (code | 32) <= 122) || code === 95;
}

/**
 * End of the date with time of day that starts at `from`, or -1. Shapes: ISO 8601 (also with space, slashes, dots, compact), day/month/year with
 * numbers or month names, `03-17 16:13:38.811`, syslog `Jun 14 15:16:01`, ctime `Sun Dec 04 04:47:44 2005`, `081109 203615`; with fraction and zone.
 */
export function matchTime(units: Units, from: number, end: number): number {
  const code = units[from] ?? 0;
  if (isDigit(code)) return matchNumeric(units, from, end, digitRun(units, from, end));
  return code >= 65 && code <= 87 ? matchNamed(units, from, end) : -1;
}

/** End of `HH:MM:SS` with fraction and zone, or -1; minutes and seconds have at least `width` digits. */
export function matchClock(units: Units, from: number, end: number, width = 2): number {
  const hours = digitRun(units, from, end);
  if (hours < 1 || hours > 2 || units[from + hours] !== COLON) return -1;
  let at = from + hours + 1;
  const minutes = digitRun(units, at, end);
  at += minutes;
  const seconds = units[at] === COLON ? digitRun(units, at + 1, end) : 0;
  if (minutes < width || minutes > 2 || seconds < width || seconds > 2) return -1;
  at += 1 + seconds;
  const mark = units[at];
  if (mark === DOT || mark === COMMA || mark === COLON) {
    const fraction = digitRun(units, at + 1, end);
    if (fraction > 0) at += 1 + fraction;
  }
  return at <= end ? zoneEnd(units, at, end) : -1;
}

function zoneEnd(units: Units, at: number, end: number): number {
  const code = units[at] ?? 0;
  if (code === 90) return at + 1;
  const sign = code === SPACE ? at + 1 : at;
  const mark = units[sign];
  if (sign < end && (mark === 43 || mark === DASH)) {
    const run = digitRun(units, sign + 1, end);
    if (run === 4) return sign + 5;
    if (run === 2) return units[sign + 3] === COLON && digitRun(units, sign + 4, end) === 2 ? sign + 6 : sign === at ? sign + 3 : at;
    return at;
  }
  return code === SPACE ? namedZoneEnd(units, at, end) : at;
}

function namedZoneEnd(units: Units, at: number, end: number): number {
  let stop = at + 1;
  while (stop < end && stop < at + 6 && (units[stop] ?? 0) >= 65 && (units[stop] ?? 0) <= 90) stop++;
  const length = stop - at - 1;
  if (length < 2 || length > 4 || (stop < end && isWordCharacter(units[stop] ?? 0))) return at;
  return (meaningOf(units, at + 1, stop) & meanings.zone) !== 0 ? stop : at;
}

/** `matchTime` of a text that begins with `run` digits. */
export function matchNumeric(units: Units, from: number, end: number, run: number): number {
  let at = from + run;
  const mark = units[at];
  if (run === 4 || run === 2 || run === 1) {
    if (run < 4 && mark === SPACE) return matchDayMonth(units, at + 1, end);
    if (mark !== DASH && mark !== SLASH && mark !== DOT) return -1;
    const middle = digitRun(units, at + 1, end);
    if (middle === 0) {
      if (!isCalendar(units, at + 1) || units[at + 4] !== mark) return -1;
      at += 4;
    } else if (middle > 2) return -1;
    else at += 1 + middle;
    if (units[at] === mark) {
      const last = digitRun(units, at + 1, end);
      if (last === 0 || last > 4 || (run === 1 && last !== 4)) return -1;
      at += 1 + last;
    } else if (run !== 2) return -1;
    else if (mark === DOT && units[at] !== SPACE) return -1;
  } else if (run === 6) {
    return mark === SPACE && digitRun(units, at + 1, end) === 6 && units[at + 7] === SPACE ? at + 7 : -1;
  } else if (run !== 8) return -1;
  const glue = units[at];
  if (at >= end || (glue !== 84 && glue !== SPACE && glue !== DASH && glue !== COLON && glue !== 95)) return -1;
  at = glue === SPACE ? skipSpaces(units, at, end) : at + 1;
  if (run === 4 && glue === DASH) return matchDottedClock(units, at, end);
  if (run === 8 && glue === 84 && digitRun(units, at, end) === 6) return zoneEnd(units, at + 6, end);
  return matchClock(units, at, end, run === 8 ? 1 : 2);
}

/** `15.42.50.363779`. */
function matchDottedClock(units: Units, from: number, end: number): number {
  for (const dot of [from + 2, from + 5, from + 8])
    if (digitRun(units, dot - 2, end) !== 2 || units[dot] !== DOT) return matchClock(units, from, end);
  const fraction = digitRun(units, from + 9, end);
  return fraction > 0 ? from + 9 + fraction : -1;
}

/** `Jan 2024 12:00:00` behind the day. */
function matchDayMonth(units: Units, from: number, end: number): number {
  if ((units[from] ?? 0) < 65 || units[from + 3] !== SPACE || !isCalendar(units, from)) return -1;
  return digitRun(units, from + 4, end) === 4 && units[from + 8] === SPACE ? matchClock(units, from + 9, end) : -1;
}

function matchNamed(units: Units, from: number, end: number): number {
  // Every month and weekday has a small second letter and a space or comma behind the third.
  const behind = units[from + 3];
  if ((behind !== SPACE && behind !== COMMA) || (units[from + 1] ?? 0) < 97 || !isCalendar(units, from)) return -1;
  let at = from;
  if (behind === COMMA || !isDigit(units[skipSpaces(units, at + 3, end)] ?? 0)) {
    at = skipSpaces(units, at + (behind === COMMA ? 4 : 3), end);
    if (isDigit(units[at] ?? 0)) {
      const stop = matchTime(units, at, end);
      return stop > 0 && units[at + 2] === SPACE ? stop : -1;
    }
    if (units[at + 3] !== SPACE || !isCalendar(units, at)) return -1;
  }
  at = skipSpaces(units, at + 3, end);
  const day = digitRun(units, at, end);
  if (day < 1 || day > 2) return -1;
  at += day;
  if (units[at] === COMMA) at++;
  if (units[at] !== SPACE) return -1;
  at = skipSpaces(units, at, end);
  if (digitRun(units, at, end) === 4 && units[at + 4] === SPACE) at = skipSpaces(units, at + 4, end);
  const clock = matchClock(units, at, end);
  if (clock < 0) return -1;
  const year = skipSpaces(units, clock, end);
  if (year === clock || digitRun(units, year, end) !== 4) return clock;
  const after = units[year + 4] ?? 0;
  return year + 4 < end && (isWordCharacter(after) || after === DOT || after === COLON || after === DASH) ? clock : year + 4;
}
