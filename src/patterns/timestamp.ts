const months = new Set(['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec']);
const weekdays = new Set(['Mon', 'Tue', 'Wed', 'Thu', 'Fri', 'Sat', 'Sun']);

const zones = new Set(['UTC', 'GMT', 'CST', 'CET', 'CEST', 'EST', 'EDT', 'PST', 'PDT', 'AM', 'PM']);

const isDigit = (code: number) => code >= 48 && code <= 57;

/** Number of consecutive decimal digits from `at`. */
export function digitRun(text: string, at: number, end: number): number {
  let stop = at;
  while (stop < end && isDigit(text.charCodeAt(stop))) stop++;
  return stop - at;
}

function skipSpaces(text: string, at: number, end: number): number {
  let stop = at;
  while (stop < end && text.charCodeAt(stop) === 32) stop++;
  return stop;
}

/**
 * End of the date with time of day that starts at `from`, or -1. Shapes: ISO 8601 (also with space, slashes, dots, compact), day/month/year with
 * numbers or month names, `03-17 16:13:38.811`, syslog `Jun 14 15:16:01`, ctime `Sun Dec 04 04:47:44 2005`, `081109 203615`; with fraction and zone.
 */
export function matchTime(text: string, from: number, end: number): number {
  const code = text.charCodeAt(from);
  if (isDigit(code)) return matchNumeric(text, from, end);
  return code >= 65 && code <= 87 ? matchNamed(text, from, end) : -1;
}

/** End of `HH:MM:SS` with fraction and zone, or -1; minutes and seconds have at least `width` digits. */
export function matchClock(text: string, from: number, end: number, width = 2): number {
  const hours = digitRun(text, from, end);
  if (hours < 1 || hours > 2 || text.charCodeAt(from + hours) !== 58) return -1;
  let at = from + hours + 1;
  const minutes = digitRun(text, at, end);
  at += minutes;
  const seconds = text.charCodeAt(at) === 58 ? digitRun(text, at + 1, end) : 0;
  if (minutes < width || minutes > 2 || seconds < width || seconds > 2) return -1;
  at += 1 + seconds;
  const mark = text.charCodeAt(at);
  if (mark === 46 || mark === 44 || mark === 58) {
    const fraction = digitRun(text, at + 1, end);
    if (fraction > 0) at += 1 + fraction;
  }
  return at <= end ? zoneEnd(text, at, end) : -1;
}

function zoneEnd(text: string, at: number, end: number): number {
  const code = text.charCodeAt(at);
  if (code === 90) return at + 1;
  const sign = code === 32 ? at + 1 : at;
  const mark = text.charCodeAt(sign);
  if (sign < end && (mark === 43 || mark === 45)) {
    const run = digitRun(text, sign + 1, end);
    if (run === 4) return sign + 5;
    if (run === 2) return text.charCodeAt(sign + 3) === 58 && digitRun(text, sign + 4, end) === 2 ? sign + 6 : sign === at ? sign + 3 : at;
    return at;
  }
  return code === 32 ? namedZoneEnd(text, at, end) : at;
}

function namedZoneEnd(text: string, at: number, end: number): number {
  let stop = at + 1;
  while (stop < end && stop < at + 6 && text.charCodeAt(stop) >= 65 && text.charCodeAt(stop) <= 90) stop++;
  const length = stop - at - 1;
  if (length < 2 || length > 4 || !zones.has(text.slice(at + 1, stop))) return at;
  return stop === end || !/\w/.test(text.charAt(stop)) ? stop : at;
}

function matchNumeric(text: string, from: number, end: number): number {
  const run = digitRun(text, from, end);
  let at = from + run;
  const mark = text.charCodeAt(at);
  if (run === 4 || run === 2) {
    if (mark !== 45 && mark !== 47 && mark !== 46) return -1;
    const middle = digitRun(text, at + 1, end);
    if (middle === 0) {
      if (!months.has(text.slice(at + 1, at + 4)) || text.charCodeAt(at + 4) !== mark) return -1;
      at += 4;
    } else if (middle > 2) return -1;
    else at += 1 + middle;
    if (text.charCodeAt(at) === mark) {
      const last = digitRun(text, at + 1, end);
      if (last === 0 || last > 4) return -1;
      at += 1 + last;
    } else if (run === 4 || mark === 46) return -1;
  } else if (run === 6) {
    return mark === 32 && digitRun(text, at + 1, end) === 6 && text.charCodeAt(at + 7) === 32 ? at + 7 : -1;
  } else if (run !== 8) return -1;
  const glue = text.charCodeAt(at);
  if (at >= end || (glue !== 84 && glue !== 32 && glue !== 45 && glue !== 58 && glue !== 95)) return -1;
  at = glue === 32 ? skipSpaces(text, at, end) : at + 1;
  if (run === 8 && glue === 84 && digitRun(text, at, end) === 6) return zoneEnd(text, at + 6, end);
  return matchClock(text, at, end, run === 8 ? 1 : 2);
}

function matchNamed(text: string, from: number, end: number): number {
  // Every month and weekday has a small second letter and a space or comma behind the third.
  const behind = text.charCodeAt(from + 3);
  if ((behind !== 32 && behind !== 44) || text.charCodeAt(from + 1) < 97) return -1;
  let at = from;
  let name = text.slice(at, at + 3);
  if (weekdays.has(name)) {
    at += text.charCodeAt(at + 3) === 44 ? 4 : 3;
    at = skipSpaces(text, at, end);
    name = text.slice(at, at + 3);
  }
  if (!months.has(name) || text.charCodeAt(at + 3) !== 32) return -1;
  at = skipSpaces(text, at + 3, end);
  const day = digitRun(text, at, end);
  if (day < 1 || day > 2) return -1;
  at += day;
  if (text.charCodeAt(at) === 44) at++;
  if (text.charCodeAt(at) !== 32) return -1;
  at = skipSpaces(text, at, end);
  if (digitRun(text, at, end) === 4 && text.charCodeAt(at + 4) === 32) at = skipSpaces(text, at + 4, end);
  const clock = matchClock(text, at, end);
  if (clock < 0) return -1;
  const year = skipSpaces(text, clock, end);
  return year > clock && digitRun(text, year, end) === 4 && !(year + 4 < end && /[\w.:-]/.test(text.charAt(year + 4))) ? year + 4 : clock;
}
