import { severities } from '../core/severity.ts';
import type { Header } from './header-record.ts';
import * as records from './header-record.ts';
import * as headerShapes from './header-shapes.ts';
import { readChannel } from './header-starts.ts';
import { digitRun, isDigit, matchTime } from './timestamp.ts';
import { indexOf, lastIndexOf, startsWith, type Units } from './units.ts';
import { levelOf, meaningOf, meanings } from './words.ts';

// V8 folds constants of the module itself, not imported ones: taking them over saved 2 % of a line's time.
const { layouts, put } = records;
const {
  CLOSE_BRACKET,
  COLON,
  closingBracket,
  DASH,
  dateEnd,
  isCapital,
  isClassName,
  isErrorCode,
  isLetter,
  isNumbered,
  isQualified,
  isRequestContext,
  isSourceLine,
  isSpace,
  OPEN_BRACKET,
  PIPE,
  SPACE,
  separatorEnd,
  shapeOf,
  shapes,
  skipSpaces,
  startsComponent,
  timeEnd,
  traceEnd,
  wordEnd,
} = headerShapes;

const MAX_FIELDS = 12;
const MAX_WORD = 128;
const LETTERS = shapes.lower | shapes.upper;

/** What the last step found: the header goes on, or it ends before this field. */
const GO_ON = true;
const STOP = false;

/** Reads the fields behind the timestamp, one after another; `#committed` is the end of the last structural one. One instance serves all lines. */
export class FieldReader {
  #units: Units = new Uint16Array(0);
  #end = 0;
  readonly #header: Header;
  #layout = 0;
  #isSyslog = false;
  #at = 0;
  #committed = 0;
  /** Fields read so far, and words since the last structural one. */
  #count = 0;
  #words = 0;
  #isDashed = false;
  #isBracketed = false;
  #isSpacedBracket = false;
  #isPadded = false;
  #isGlued = false;
  #isSettled = false;
  #hasTargets = false;
  /** Where a tag of several words begins. */
  #tagStart = -1;

  constructor(header: Header) {
    this.#header = header;
  }

  /** Start of the message of `[from, end)`; for an untimed line that has no header, -1. */
  read(units: Units, from: number, end: number, layout: number): number {
    this.#units = units;
    this.#end = end;
    this.#layout = layout;
    this.#isSyslog = layout === layouts.syslog;
    this.#at = from;
    this.#committed = from;
    this.#count = 0;
    this.#words = 0;
    this.#isDashed = false;
    this.#isBracketed = false;
    this.#isSpacedBracket = false;
    this.#isPadded = false;
    this.#isSettled = false;
    this.#tagStart = -1;
    const { time } = this.#header;
    this.#hasTargets = time.end > time.start && units[time.start + 10] === 84 && units[time.end - 1] === 90;
    const header = this.#header;
    for (; this.#count < MAX_FIELDS; this.#count++) {
      const at = skipSpaces(units, this.#at, end);
      this.#isGlued = at === this.#at;
      this.#at = at;
      if (at >= end || !this.#readField()) break;
    }
    if (layout === layouts.untimed && !this.#isSettled) return -1;
    if (header.thread.end > this.#committed) put(header.thread, 0, 0);
    if (header.logger.end > this.#committed) put(header.logger, 0, 0);
    const start = skipSpaces(units, this.#committed, end);
    const isDash = header.level.end > 0 && units[start] === DASH && isSpace(units[start + 1]);
    return isDash ? skipSpaces(units, start + 1, end) : start;
  }

  #commit(end: number): void {
    this.#committed = end;
    this.#at = end;
    this.#words = 0;
  }

  #readField(): boolean {
    const units = this.#units;
    const at = this.#at;
    const code = units[at] ?? 0;
    if (code === PIPE || (code === DASH && (isSpace(units[at + 1]) || units[at + 1] === DASH))) return this.#readSeparator(code);
    if (code === OPEN_BRACKET) return this.#readBracket();
    if (code === 40) return this.#readParentheses();
    if (code === 34 || code === 123) return STOP;
    const folded = code | 32;
    if (folded === 116 || folded === 115) {
      const trace = traceEnd(units, at, this.#end);
      if (trace > 0) {
        this.#commit(trace);
        return STOP;
      }
    }
    if (isDigit(code)) {
      const run = digitRun(units, at, this.#end);
      // Most numbers are neither a time nor a word.
      if (units[at + run] === SPACE && run < 10 && run > 2 && run !== 6) return this.#readNumber(at + run, at + run, false);
      if (this.#words === 0 && this.#count >= 3) return this.#readWord();
      return this.#readTime(Math.max(timeEnd(units, at, this.#end), dateEnd(units, at, this.#end)));
    }
    if (isCapital(code) && (this.#words > 0 || this.#count < 3)) return this.#readTime(matchTime(units, at, this.#end));
    return this.#readWord();
  }

  /** A time that ends at `stop`, or when that is -1 a word. */
  #readTime(stop: number): boolean {
    if (stop < 0) return this.#readWord();
    if (isCapital(this.#units[this.#at] ?? 0)) this.#isSyslog = true;
    this.#commit(stop);
    return GO_ON;
  }

  #readSeparator(code: number): boolean {
    while (this.#units[this.#at] === code) this.#at++;
    this.#isDashed = code === DASH;
    if (code === PIPE) this.#committed = this.#at;
    return GO_ON;
  }

  /** A level, a process or a thread. A thread counts only once a structural field follows, because messages begin with brackets too. */
  #readBracket(): boolean {
    const units = this.#units;
    const { level, thread, logger } = this.#header;
    const at = this.#at;
    const close = closingBracket(units, at, this.#end);
    const after = units[close + 1];
    const isSetOff = close + 1 >= this.#end || isSpace(after) || after === PIPE || after === OPEN_BRACKET || after === COLON;
    if (close < 0 || !isSetOff) return STOP;
    const behind = after === COLON ? close + 2 : close + 1;
    const start = skipSpaces(units, at + 1, close);
    let stop = close;
    while (stop > start && isSpace(units[stop - 1])) stop--;
    if (level.end === 0) {
      const colon = lastIndexOf(units, COLON, start, stop);
      const word = colon > 0 ? colon + 1 : start;
      const severity = levelOf(units, word, stop);
      if (severity !== null) {
        put(level, word, stop);
        this.#header.severity = severity;
        this.#isBracketed = true;
        this.#commit(behind);
        return GO_ON;
      }
    }
    const space = indexOf(units, SPACE, start, stop);
    const isProcess = startsWith(units, 'pid ', start);
    const isGlued = this.#isGlued && this.#layout === layouts.bracketed && space < 0;
    if (isSourceLine(units, start, stop)) {
      if (logger.end === 0) put(logger, start, stop);
    } else if (level.end > 0 && isErrorCode(units, start, stop)) {
      this.#isSettled = true;
    } else if (isGlued) {
      const isThread = digitRun(units, start, stop) === stop - start;
      put(isThread || logger.end > 0 ? thread : logger, start, stop);
      if (!isThread) this.#isSettled = true;
    } else if (this.#isSettled && this.#layout !== layouts.untimed && space < 0) {
      put(logger.end > 0 ? thread : logger, start, stop);
      this.#commit(behind);
      return STOP;
    } else {
      if (after === COLON || (space > 0 && thread.end > 0 && !isProcess)) return STOP;
      this.#isSpacedBracket = space > 0 && !isProcess;
      put(thread, start, stop);
      this.#isBracketed = true;
      this.#at = behind;
      const next = skipSpaces(units, behind, this.#end);
      const isBeforeDash = level.end > 0 && this.#layout !== layouts.untimed && units[next] === DASH && isSpace(units[next + 1]);
      if (isProcess || isBeforeDash) this.#commit(behind);
      return GO_ON;
    }
    this.#commit(behind);
    return GO_ON;
  }

  /** `(MSC service thread 1-2)` behind `[org.jboss.as]`. */
  #readParentheses(): boolean {
    const units = this.#units;
    const { level, thread, logger } = this.#header;
    const close = indexOf(units, 41, this.#at, Math.min(this.#end, this.#at + 96));
    if (close < 0 || level.end === 0 || thread.end === 0 || !isSpace(units[close + 1])) return STOP;
    if (thread.start < level.end || !isQualified(units, thread.start, thread.end)) return STOP;
    put(logger, thread.start, thread.end);
    put(thread, this.#at + 1, close);
    this.#commit(close + 1);
    return STOP;
  }

  #readWord(): boolean {
    const units = this.#units;
    const at = this.#at;
    const limit = Math.min(this.#end, at + MAX_WORD);
    let bare = at;
    let flags = 0;
    let hasColon = false;
    for (; bare < limit; bare++) {
      const flag = shapeOf(units[bare] ?? 0);
      if (flag === shapes.stop) break;
      hasColon = flag === shapes.colon && (bare + 1 >= limit || shapeOf(units[bare + 1] ?? 0) === shapes.stop);
      if (hasColon) break;
      flags |= flag === shapes.colon ? shapes.mark : flag;
    }
    const stop = hasColon ? bare + 1 : bare;
    if (stop === at) return STOP;
    const isWord = (flags & ~(shapes.lower | shapes.upper | shapes.digit)) === 0 && (flags & (shapes.lower | shapes.upper)) !== 0;
    if (isWord && bare - at < 14 && this.#header.level.end === 0) {
      const meaning = meaningOf(units, at, bare);
      if ((meaning & meanings.severity) !== 0 && this.#readLevel(bare, stop, hasColon, flags, meaning)) return GO_ON;
    }
    if (isDigit(units[at] ?? 0)) {
      const run = digitRun(units, at, bare);
      const rest = units[at + run] === 35 ? run + 1 + digitRun(units, at + run + 1, bare) : run;
      if (rest === bare - at) return this.#readNumber(bare, stop, hasColon);
    }
    if (units[at] === 42 && this.#words > 0 && digitRun(units, at + 1, stop) === stop - at - 1) {
      this.#at = stop;
      return GO_ON;
    }
    // Hosts may be addresses, without any letter.
    const isTag = flags < shapes.other && (flags & (shapes.mark | LETTERS)) !== 0;
    return isTag ? this.#readTag(bare, stop, hasColon, flags) : STOP;
  }

  #readNumber(bare: number, stop: number, hasColon: boolean): boolean {
    const { level, thread } = this.#header;
    if (hasColon && level.end > 0) {
      put(thread, this.#at, bare);
      this.#commit(stop);
      return STOP;
    }
    if (this.#layout === layouts.record && this.#count === 0) {
      this.#commit(stop);
      return STOP;
    }
    if (thread.end === 0) put(thread, this.#at, bare);
    this.#at = stop;
    return GO_ON;
  }

  #readLevel(bare: number, stop: number, hasColon: boolean, flags: number, meaning: number): boolean {
    const units = this.#units;
    const at = this.#at;
    const next = skipSpaces(units, stop, this.#end);
    const isCapitals = flags === shapes.upper;
    const isFirst = this.#words + this.#count === 0;
    if (bare - at === 1 && (!isCapitals || (isFirst && !startsComponent(units, next, this.#end)))) return false;
    const isFull = (meaning & meanings.fullLevel) !== 0;
    const isSetOff =
      isCapitals ||
      (hasColon && isFull) ||
      units[next] === PIPE ||
      next - stop > 1 ||
      units[stop] === 9 ||
      (this.#isDashed && units[next] === DASH) ||
      (units[next] === OPEN_BRACKET && isFull);
    if (!isSetOff) return false;
    put(this.#header.level, at, bare);
    this.#header.severity = severities[(meaning & meanings.severity) - 1] ?? null;
    this.#isSyslog = false;
    this.#isPadded = next - stop > 1 || units[stop] === 9;
    this.#commit(stop);
    return true;
  }

  /** A logger or tag by what follows it, or a host before one. */
  #readTag(bare: number, stop: number, hasColon: boolean, flags: number): boolean {
    const units = this.#units;
    const at = this.#at;
    const { level, thread, logger } = this.#header;
    const hasLevel = level.end > 0;
    const isUntimed = this.#layout === layouts.untimed;
    if (units[stop] === PIPE && this.#words < 3) {
      put(logger, at, stop);
      this.#words++;
      this.#at = stop;
      return GO_ON;
    }
    if (hasColon) {
      if (!hasLevel && (flags & shapes.mark) !== 0 && readChannel(units, at, bare, this.#header)) {
        this.#commit(stop);
        return STOP;
      }
      const isProcess = units[bare - 1] === CLOSE_BRACKET;
      if (isUntimed || this.#isSpacedBracket) return hasLevel && isQualified(units, at, bare) ? this.#endWithTag(bare, stop) : STOP;
      const isTarget = this.#hasTargets && !isCapital(units[at] ?? 0);
      const isLogger =
        hasLevel && ((flags & shapes.mark) !== 0 || level.end - level.start === 1 || isTarget || isClassName(units, at, bare));
      return isLogger || this.#isSyslog || isProcess || isSourceLine(units, at, bare) ? this.#endWithTag(bare, stop) : STOP;
    }
    if (hasLevel && !isUntimed && (flags & shapes.mark) !== 0 && isNumbered(units, at, stop)) return this.#endWithTag(stop, stop);
    const next = skipSpaces(units, stop, this.#end);
    const mark = units[next];
    if (this.#isSyslog && mark === 40 && units[bare - 1] === CLOSE_BRACKET) {
      // launchd names the service it speaks of between its own tag and the colon.
      const close = wordEnd(units, next, this.#end);
      if (units[close - 1] === COLON && units[close - 2] === 41) return this.#endWithTag(bare, close);
    }
    const separator = next > stop ? separatorEnd(units, next, this.#end) : -1;
    if (separator > 0) {
      if (mark === 62 && isSourceLine(units, at, stop)) return this.#endWithTag(stop, separator);
      const isBehindBracket = this.#layout === layouts.bracketed && (flags & shapes.mark) !== 0;
      if (mark !== 62 && (hasLevel || this.#isDashed || isBehindBracket)) {
        if (mark === COLON || this.#isDashed || this.#isBracketed || (flags & ~LETTERS) !== 0) {
          put(logger, at, stop);
          this.#isDashed = true;
          if (hasLevel || isBehindBracket) return this.#endWithTag(stop, separator);
          this.#commit(separator);
          return GO_ON;
        }
      }
    }
    if (hasLevel && !isUntimed && this.#words === 0 && this.#isColumn(stop, next, flags)) {
      put(logger, at, stop);
      this.#commit(stop);
      if (mark !== OPEN_BRACKET) return units[stop] === 9 ? GO_ON : STOP;
      const close = closingBracket(units, next, this.#end);
      if (close < 0 || !isSpace(units[close + 1])) return STOP;
      put(thread, next + 1, close);
      this.#commit(close + 1);
      return STOP;
    }
    const isCategory = flags === shapes.upper && this.#words < 4;
    if (hasLevel || (this.#words > 0 && !isCategory && !this.#isProcessName(stop)) || units[stop] !== SPACE) return STOP;
    if (this.#isSyslog && this.#words === 0 && (flags & ~LETTERS) !== 0) {
      this.#commit(stop);
      this.#words = 1;
      return GO_ON;
    }
    this.#words++;
    this.#at = stop;
    return GO_ON;
  }

  /** A logger between columns: padded or tab-separated behind a padded level, or before the context of a request or component. */
  #isColumn(stop: number, next: number, flags: number): boolean {
    const units = this.#units;
    const { level } = this.#header;
    if (units[stop] === 9) return this.#isPadded && next < this.#end && units[next] !== 123;
    if (units[next] === OPEN_BRACKET) {
      if (level.end - level.start === 1) return flags === shapes.upper;
      return (flags & ~LETTERS) !== 0 && isRequestContext(units, next + 1);
    }
    return this.#isPadded && next - stop > 1 && next < this.#end && !this.#isGlued;
  }

  /** Whether the words from here are a syslog tag with spaces in it, such as `Google Chrome[42]:` and `syslogd 1.4:`. */
  #isProcessName(stop: number): boolean {
    if (!this.#isSyslog || this.#words > 3) return false;
    const end = wordEnd(this.#units, skipSpaces(this.#units, stop, this.#end), this.#end);
    const hasEnd = this.#units[end - 2] === CLOSE_BRACKET || isDigit(this.#units[stop + 1] ?? 0);
    const isName = this.#units[end - 1] === COLON && hasEnd && isLetter(this.#units[this.#at] ?? 0);
    if (isName && this.#tagStart < 0) this.#tagStart = this.#at;
    return isName;
  }

  #endWithTag(bare: number, stop: number): boolean {
    const units = this.#units;
    this.#isSettled = true;
    put(this.#header.logger, this.#tagStart < 0 ? this.#at : this.#tagStart, bare);
    let start = skipSpaces(units, stop, this.#end);
    if (units[start] === OPEN_BRACKET && startsWith(units, 'kernel', this.#at)) start = Math.max(start, timeEnd(units, start, this.#end));
    this.#commit(Math.max(start, traceEnd(units, start, this.#end)));
    return STOP;
  }
}
