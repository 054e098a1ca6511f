import { FieldReader } from './header-fields.ts';
import type { Field, Header } from './header-record.ts';
import * as records from './header-record.ts';
import * as headerShapes from './header-shapes.ts';
import {
  priorityEnd,
  prioritySeverity,
  readCategory,
  readGluedLevel,
  readKlog,
  readLogcat,
  readRedis,
  readRfc5424,
  readRuby,
  readTimeAndLevel,
} from './header-starts.ts';
import { digitRun, isDigit } from './timestamp.ts';
import { lastIndexOf, startsWith, type Units } from './units.ts';
import { levelOf } from './words.ts';

// V8 folds constants of the module itself, not imported ones: taking them over saved 2 % of a line's time.
const { layouts, put } = records;
const {
  COLON,
  COMMA,
  DASH,
  DOT,
  dateEnd,
  isCapital,
  isLetter,
  isMarked,
  isSpace,
  isTag,
  isUpper,
  OPEN_BRACKET,
  PIPE,
  SPACE,
  skipSpaces,
  timeEnd,
  wordEnd,
} = headerShapes;

const MAX_RECORD_TAGS = 4;

/** Finds what stands before the message of a line. `header` holds the fields of the last line read. */
export class HeaderReader {
  readonly header: Header;
  readonly #fields: FieldReader;

  constructor() {
    const field = (): Field => ({ start: 0, end: 0 });
    this.header = { time: field(), level: field(), thread: field(), logger: field(), severity: null };
    this.#fields = new FieldReader(this.header);
  }

  /**
   * Start of the message of `[from, end)`. Without a timestamp, a syslog priority or a level in one of the known places there is no header; fields
   * that no structural field (time, level, tag) follows stay with the message.
   */
  read(units: Units, from: number, end: number): number {
    this.#clear();
    const at = skipSpaces(units, from, end);
    const first = units[at] ?? 0;
    if (isDigit(first)) return this.#readDigits(units, at, end, from);
    if (isLetter(first)) return this.#readLetters(units, at, end, from);
    if (first === OPEN_BRACKET) return this.#readBracket(units, at, end, from);
    if (first === 60) return this.#readPriority(units, at, end, from);
    if (first === COLON && units[at + 1] === COLON) return this.#readAccess(units, at, end, from);
    if (first === DASH && units[at + 1] === SPACE) return this.#readTimed(units, at + 2, end, from);
    return from;
  }

  #clear(): void {
    const { time, level, thread, logger } = this.header;
    put(time, 0, 0);
    put(level, 0, 0);
    put(thread, 0, 0);
    put(logger, 0, 0);
    this.header.severity = null;
  }

  #readPriority(units: Units, at: number, end: number, from: number): number {
    const stop = priorityEnd(units, at, end);
    if (stop < 0) return from;
    this.header.severity = prioritySeverity(units, at, stop);
    const next = skipSpaces(units, stop, end);
    if (units[next] === 49 && units[next + 1] === SPACE) return readRfc5424(units, next + 2, end, this.header);
    const time = timeEnd(units, next, end);
    if (time > 0) put(this.header.time, next, time);
    if (time > 0 && units[next] === OPEN_BRACKET) return skipSpaces(units, time, end);
    return this.#fields.read(units, Math.max(next, time), end, layouts.syslog);
  }

  #readDigits(units: Units, at: number, end: number, from: number): number {
    const stop = timeEnd(units, at, end);
    if (stop > 0) return this.#readBehindTime(units, at, stop, end, from);
    const run = digitRun(units, at, end);
    const mark = units[at + run];
    if (mark === COLON && run < 10) return Math.max(from, readRedis(units, at, end, this.header));
    if (isSpace(mark)) return this.#readRecord(units, at, at + run, end, from);
    return mark === DOT || mark === COLON ? this.#readAccess(units, at, end, from) : from;
  }

  /** A number of a record before a bracketed thread, or before tags and an epoch time. */
  #readRecord(units: Units, at: number, stop: number, end: number, from: number): number {
    let next = skipSpaces(units, stop, end);
    if (units[next] === OPEN_BRACKET) return this.#readUntimed(units, next, end, from);
    for (let tags = 0; tags <= MAX_RECORD_TAGS; tags++) {
      const time = isDigit(units[next] ?? 0) ? timeEnd(units, next, end) : -1;
      if (time > 0) {
        put(this.header.time, next, time);
        return this.#fields.read(units, time, end, layouts.record);
      }
      const tagEnd = wordEnd(units, next, end);
      if (!isTag(units, next, tagEnd) || (tags === 0 && !isMarked(units, next, tagEnd))) break;
      next = skipSpaces(units, tagEnd, end);
    }
    return this.#readAccess(units, at, end, from);
  }

  #readTimed(units: Units, at: number, end: number, from: number): number {
    const stop = timeEnd(units, at, end);
    return stop > 0 ? this.#readBehindTime(units, at, stop, end, from) : from;
  }

  #readBehindTime(units: Units, at: number, stop: number, end: number, from: number): number {
    const glue = units[stop];
    const isGlued = stop < end && !isSpace(glue) && glue !== PIPE && glue !== COLON && glue !== OPEN_BRACKET && glue !== COMMA;
    if (isGlued) return from;
    put(this.header.time, at, stop);
    const next = glue === COLON || glue === COMMA ? stop + 1 : stop;
    if (isSpace(glue)) {
      const inner = this.#readWrapped(units, skipSpaces(units, stop, end), end);
      if (inner > 0) return inner;
    }
    const isBracketed = units[at] === OPEN_BRACKET;
    if (isBracketed && isDigit(units[at + 1] ?? 0) && glue === SPACE) {
      // The kernel's ring buffer has nothing but the message behind its clock.
      if (units[stop - 8] === 46 && digitRun(units, stop - 7, end) === 6 && timeEnd(units, at + 1, stop - 1) < 0)
        return skipSpaces(units, stop, end);
    }
    // Only syslog and its kin begin with the name of a month, and they count hours to 24.
    const isSyslog = (!isBracketed && (units[at] ?? 0) >= 65 && units[stop - 1] !== 77) || this.#isDaemonTime(units, at, stop, end);
    return this.#fields.read(units, next, end, isSyslog ? layouts.syslog : isBracketed ? layouts.bracketed : layouts.plain);
  }

  /** Daemons write `T` and a numeric zone, then a host in small letters and a tag. */
  #isDaemonTime(units: Units, at: number, stop: number, end: number): boolean {
    if (units[at + 10] !== 84) return false;
    const hasZone = units[stop - 5] === 43 || units[stop - 5] === DASH || units[stop - 3] === COLON;
    if (!hasZone || (units[stop - 6] !== 43 && units[stop - 6] !== DASH && units[stop - 5] !== 43 && units[stop - 5] !== DASH))
      return false;
    const host = skipSpaces(units, stop, end);
    const hostEnd = wordEnd(units, host, end);
    const tag = skipSpaces(units, hostEnd, end);
    const tagEnd = wordEnd(units, tag, end);
    const isPlain = !isCapital(units[host] ?? 0) && units[hostEnd - 1] !== COLON && levelOf(units, host, hostEnd) === null;
    return isPlain && units[tagEnd - 1] === COLON && !isCapital(units[tag] ?? 0);
  }

  /** `stderr F` of the container runtime, or a line of logcat: what follows may have a header of its own. -1 when there is neither. */
  #readWrapped(units: Units, at: number, end: number): number {
    const { header } = this;
    if (isCapital(units[at] ?? 0)) return units[at + 1] === 47 ? readLogcat(units, at, end, header) : -1;
    if (units[at] !== 115 || (!startsWith(units, 'stdout ', at) && !startsWith(units, 'stderr ', at))) return -1;
    const flag = units[at + 7];
    if ((flag !== 70 && flag !== 80) || units[at + 8] !== SPACE) return -1;
    const { start, end: stop } = header.time;
    const message = this.read(units, at + 9, end);
    if (header.time.end === 0) put(header.time, start, stop);
    return message;
  }

  #readBracket(units: Units, at: number, end: number, from: number): number {
    const stop = timeEnd(units, at, end);
    if (stop > 0) return this.#readBehindTime(units, at, stop, end, from);
    const behind = readTimeAndLevel(units, at, end, this.header);
    if (behind > 0) return this.#fields.read(units, behind, end, layouts.bracketed);
    return this.#readUntimed(units, at, end, from);
  }

  /** `[main] INFO org.acme.Shop - message` and `INFO [main] org.acme.Shop: message`. */
  #readUntimed(units: Units, at: number, end: number, from: number): number {
    const start = this.#fields.read(units, at, end, layouts.untimed);
    if (start > 0 && this.header.level.end > 0) return start;
    this.#clear();
    return from;
  }

  #readLetters(units: Units, at: number, end: number, from: number): number {
    const second = units[at + 1] ?? 0;
    if (isCapital(units[at] ?? 0)) {
      const special = this.#readSpecial(units, at, end, second);
      if (special > 0) return special;
      if (second >= 97) {
        const time = timeEnd(units, at, end);
        if (time > 0) return this.#readBehindTime(units, at, time, end, from);
      }
    }
    const stop = wordEnd(units, at, end);
    if (units[at + 4] === COLON && stop === at + 5) {
      const category = readCategory(units, at, end, this.header);
      if (category > 0) return category;
    }
    const next = skipSpaces(units, stop, end);
    if (next === stop && units[stop] !== PIPE) return from;
    const after = units[next] ?? 0;
    if (after === PIPE) return this.#readPiped(units, at, stop, next, end, from);
    if (isDigit(after) || after === OPEN_BRACKET || isCapital(after)) {
      const read = this.#readBeforeTime(units, at, stop, next, end);
      if (read > 0) return read;
    }
    const isServer = isDigit(units[stop - 1] ?? 0) && lastIndexOf(units, COLON, at, stop) > 0;
    if (isServer || (after === DASH && units[next + 1] === SPACE)) return this.#readAccess(units, at, end, from);
    const isLevel = stop - at >= 4 && isUpper(units, at, stop) && levelOf(units, at, stop) !== null;
    return isLevel ? this.#readUntimed(units, at, end, from) : from;
  }

  #readSpecial(units: Units, at: number, end: number, second: number): number {
    if (isDigit(second)) return readKlog(units, at, end, this.header);
    if (second === COMMA) return readRuby(units, at, end, this.header);
    if (second === 47 || second === 40) return readLogcat(units, at, end, this.header);
    return isCapital(second) ? readGluedLevel(units, at, end, this.header) : -1;
  }

  /** A level or a tag that is no word of a sentence, before the time. */
  #readBeforeTime(units: Units, at: number, stop: number, next: number, end: number): number {
    const bare = units[stop - 1] === COLON ? stop - 1 : stop;
    const severity = levelOf(units, at, bare);
    const time = timeEnd(units, next, end);
    const isAlert = isUpper(units, at, bare) && dateEnd(units, skipSpaces(units, time, end), end) > 0;
    if (severity === null && !isAlert && (!isTag(units, at, bare) || !isMarked(units, at, bare))) return -1;
    if (time < 0 || (!isSpace(units[time]) && units[time] !== PIPE && time < end)) return -1;
    put(this.header.time, next, time);
    if (severity !== null) {
      put(this.header.level, at, bare);
      this.header.severity = severity;
    }
    return this.#fields.read(units, time, end, layouts.plain);
  }

  /** `INFO|2024-01-30 12:00:00|…`, or `web-1  | …` of several containers, whose line may have a header of its own. */
  #readPiped(units: Units, at: number, stop: number, pipe: number, end: number, from: number): number {
    const next = skipSpaces(units, pipe + 1, end);
    const read = this.#readBeforeTime(units, at, stop, next, end);
    if (read > 0) return read;
    if (!isSpace(units[stop]) || !isDigit(units[stop - 1] ?? 0) || !isTag(units, at, stop)) return from;
    return this.read(units, next, end);
  }

  /** `host ident user [time] "request" status …` of an access log; the host may follow a name of the server. */
  #readAccess(units: Units, at: number, end: number, from: number): number {
    let stop = wordEnd(units, at, end);
    if (units[stop + 1] !== DASH) stop = wordEnd(units, stop + 1, end);
    if (units[stop] !== SPACE || units[stop + 1] !== DASH || units[stop + 2] !== SPACE) return from;
    const user = wordEnd(units, stop + 3, end);
    const time = units[user + 1] === OPEN_BRACKET ? timeEnd(units, user + 1, end) : -1;
    if (time < 0 || units[time] !== SPACE || units[time + 1] !== 34) return from;
    put(this.header.time, user + 1, time);
    return time + 1;
  }
}
