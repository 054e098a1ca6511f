import { parseSyslogSeverity, type Severity } from '../core/severity.ts';
import {
  BRACKET,
  COLON,
  DASH,
  dateEnd,
  isDigit,
  isNumbered,
  isSpace,
  isTag,
  isUpper,
  klogTimeEnd,
  levelOf,
  PIPE,
  SPACE,
  skipSpaces,
  timeEnd,
  traceEnd,
  wordEnd,
} from './header-shapes.ts';
import { digitRun } from './timestamp.ts';

/** A range of the line, `[start, end)`; both 0 when the field is absent. */
export interface Field {
  start: number;
  end: number;
}

/** What stands before the message of a line. */
export interface Header {
  time: Field;
  level: Field;
  thread: Field;
  logger: Field;
  severity: Severity | null;
}

/** A header without fields. */
export function emptyHeader(): Header {
  const field = (): Field => ({ start: 0, end: 0 });
  return { time: field(), level: field(), thread: field(), logger: field(), severity: null };
}

const MAX_FIELDS = 12;
const MAX_BRACKET = 96;

/** What the last step found: the header goes on, or it ends before this field. */
const GO_ON = true;
const STOP = false;

function put(field: Field, start: number, end: number): void {
  field.start = start;
  field.end = end;
}

/**
 * Reads the header of the line `[from, end)` into `header` and returns where the message starts. Without a leading timestamp or syslog priority
 * there is no header; fields that no structural field (time, level, tag) follows stay with the message.
 */
export function readHeader(text: string, from: number, end: number, header: Header): number {
  put(header.time, 0, 0);
  put(header.level, 0, 0);
  put(header.thread, 0, 0);
  put(header.logger, 0, 0);
  header.severity = null;
  let at = skipSpaces(text, from, end);
  const first = text.charCodeAt(at);
  let isSyslog = false;
  if (first === 60) {
    const run = digitRun(text, at + 1, end);
    if (run < 1 || run > 3 || text.charCodeAt(at + 1 + run) !== 62) return from;
    header.severity = parseSyslogSeverity(Number(text.slice(at + 1, at + 1 + run)) & 7);
    at = skipSpaces(text, at + 2 + run, end);
    if (text.charCodeAt(at) === 49 && text.charCodeAt(at + 1) === SPACE) return readRfc5424(text, at + 2, end, header);
    isSyslog = true;
  } else if (first === DASH && text.charCodeAt(at + 1) === SPACE) at += 2;
  else if (!isDigit(first) && first !== BRACKET && !(first >= 65 && first <= 87)) return from;

  const stop = timeEnd(text, at, end);
  if (stop < 0) {
    const klog = isSyslog ? -1 : klogTimeEnd(text, at, end);
    if (klog > 0) return readKlog(text, at, klog, end, header);
    return isSyslog ? new FieldReader(text, at, end, header, true).read() : from;
  }
  const glue = text.charCodeAt(stop);
  const isGlued = stop < end && !isSpace(glue) && glue !== PIPE && glue !== COLON && glue !== BRACKET && glue !== 44;
  if (isGlued) return from;
  put(header.time, at, stop);
  const next = glue === COLON || glue === 44 ? stop + 1 : stop;
  // Only syslog and its kin begin with the name of a month.
  return new FieldReader(text, next, end, header, isSyslog || text.charCodeAt(at) >= 65).read();
}

/** `TIMESTAMP HOST APP PROCID MSGID STRUCTURED-DATA MESSAGE` of RFC 5424 §6. */
function readRfc5424(text: string, from: number, end: number, header: Header): number {
  let at = from;
  for (const field of [header.time, null, header.logger, null, null]) {
    const stop = wordEnd(text, at, end);
    if (field !== null && text.charCodeAt(at) !== DASH) put(field, at, stop);
    at = skipSpaces(text, stop, end);
  }
  if (text.charCodeAt(at) === DASH) return skipSpaces(text, at + 1, end);
  while (text.charCodeAt(at) === BRACKET) {
    const close = text.indexOf(']', at);
    if (close < 0) break;
    at = close + 1;
  }
  return skipSpaces(text, at, end);
}

/** `I0130 12:34:56.789012 1234 server.go:55] message` of glog and klog. */
function readKlog(text: string, from: number, stop: number, end: number, header: Header): number {
  put(header.time, from + 1, stop);
  put(header.level, from, from + 1);
  header.severity = levelOf(text, from, from + 1);
  const pid = skipSpaces(text, stop, end);
  const file = skipSpaces(text, pid + digitRun(text, pid, end), end);
  const fileEnd = wordEnd(text, file, end);
  if (text.charCodeAt(fileEnd - 1) !== 93) return skipSpaces(text, stop, end);
  put(header.logger, file, fileEnd - 1);
  return skipSpaces(text, fileEnd, end);
}

/** The fields behind the timestamp, one after another. `#committed` is the end of the last structural one. */
class FieldReader {
  readonly #text: string;
  readonly #end: number;
  readonly #header: Header;
  #isSyslog: boolean;
  #at: number;
  #committed: number;
  /** Fields read so far, and words since the last structural one. */
  #count = 0;
  #words = 0;
  #isDashed = false;
  #isBracketed = false;

  constructor(text: string, from: number, end: number, header: Header, isSyslog: boolean) {
    this.#text = text;
    this.#end = end;
    this.#header = header;
    this.#isSyslog = isSyslog;
    this.#at = from;
    this.#committed = from;
  }

  /** Start of the message. */
  read(): number {
    const header = this.#header;
    for (; this.#count < MAX_FIELDS; this.#count++) {
      this.#at = skipSpaces(this.#text, this.#at, this.#end);
      if (this.#at >= this.#end || !this.#readField()) break;
    }
    if (header.thread.end > this.#committed) put(header.thread, 0, 0);
    if (header.logger.end > this.#committed) put(header.logger, 0, 0);
    const start = skipSpaces(this.#text, this.#committed, this.#end);
    const isDash = header.level.end > 0 && this.#text.charCodeAt(start) === DASH && isSpace(this.#text.charCodeAt(start + 1));
    return isDash ? skipSpaces(this.#text, start + 1, this.#end) : start;
  }

  #commit(end: number): void {
    this.#committed = end;
    this.#at = end;
    this.#words = 0;
  }

  #readField(): boolean {
    const text = this.#text;
    const at = this.#at;
    const code = text.charCodeAt(at);
    if (code === PIPE || (code === DASH && (isSpace(text.charCodeAt(at + 1)) || text.charCodeAt(at + 1) === DASH)))
      return this.#readSeparator(code);
    if (code === BRACKET) return this.#readBracket();
    const trace = traceEnd(text, at, this.#end);
    if (trace > 0) {
      this.#commit(trace);
      return STOP;
    }
    const time = this.#words > 0 || this.#count < 3 ? Math.max(timeEnd(text, at, this.#end), dateEnd(text, at, this.#end)) : -1;
    if (time > 0) {
      if (code >= 65) this.#isSyslog = true;
      this.#commit(time);
      return GO_ON;
    }
    return this.#readWord(wordEnd(text, at, this.#end));
  }

  #readSeparator(code: number): boolean {
    while (this.#text.charCodeAt(this.#at) === code) this.#at++;
    this.#isDashed = code === DASH;
    if (code === PIPE) this.#committed = this.#at;
    return GO_ON;
  }

  /** A level, a process or a thread. A thread counts only once a structural field follows, because messages begin with brackets too. */
  #readBracket(): boolean {
    const text = this.#text;
    const at = this.#at;
    const close = text.indexOf(']', at);
    const after = text.charCodeAt(close + 1);
    if (close < 0 || close - at > MAX_BRACKET || !(close + 1 >= this.#end || isSpace(after) || after === PIPE || after === BRACKET))
      return STOP;
    const start = skipSpaces(text, at + 1, close);
    let stop = close;
    while (stop > start && isSpace(text.charCodeAt(stop - 1))) stop--;
    if (this.#header.level.end === 0) {
      const colon = text.lastIndexOf(':', stop);
      const level = colon > at ? colon + 1 : start;
      const severity = levelOf(text, level, stop);
      if (severity !== null) {
        put(this.#header.level, level, stop);
        this.#header.severity = severity;
        this.#commit(close + 1);
        return GO_ON;
      }
    }
    const isProcess = text.startsWith('pid ', start);
    const space = text.indexOf(' ', start);
    if (space > 0 && space < stop && !isProcess) return STOP;
    put(this.#header.thread, start, stop);
    this.#isBracketed = true;
    this.#at = close + 1;
    if (isProcess) this.#commit(close + 1);
    return GO_ON;
  }

  #readWord(stop: number): boolean {
    const text = this.#text;
    const at = this.#at;
    if (stop === at) return STOP;
    const hasColon = text.charCodeAt(stop - 1) === COLON;
    const bare = hasColon ? stop - 1 : stop;
    if (stop - at === 6 && this.#readContainerStream(at, stop)) return STOP;
    if (this.#header.level.end === 0 && this.#readLevel(bare, stop, hasColon)) return GO_ON;
    if (isDigit(text.charCodeAt(at))) {
      const run = digitRun(text, at, bare);
      const rest = text.charCodeAt(at + run) === 35 ? run + 1 + digitRun(text, at + run + 1, bare) : run;
      if (rest === bare - at) {
        this.#at = stop;
        if (!hasColon || this.#header.level.end === 0) return GO_ON;
        this.#commit(stop);
        return STOP;
      }
    }
    return isTag(text, at, bare) ? this.#readTag(bare, stop, hasColon) : STOP;
  }

  /** `stderr F` of the container runtime: its header goes, and the line it wrapped may have one of its own. */
  #readContainerStream(at: number, stop: number): boolean {
    const text = this.#text;
    const flag = text.charCodeAt(stop + 1);
    if (!text.startsWith('stdout', at) && !text.startsWith('stderr', at)) return false;
    if (text.charCodeAt(stop) !== SPACE || (flag !== 70 && flag !== 80) || text.charCodeAt(stop + 2) !== SPACE) return false;
    const { start, end } = this.#header.time;
    this.#commit(readHeader(text, stop + 3, this.#end, this.#header));
    if (this.#header.time.end === 0) put(this.#header.time, start, end);
    return true;
  }

  #readLevel(bare: number, stop: number, hasColon: boolean): boolean {
    const text = this.#text;
    const at = this.#at;
    const severity = levelOf(text, at, bare);
    if (severity === null || (bare - at === 1 && this.#words + this.#count === 0)) return false;
    const next = skipSpaces(text, stop, this.#end);
    const isSetOff = hasColon || text.charCodeAt(next) === PIPE || next - stop > 1 || (this.#isDashed && text.charCodeAt(next) === DASH);
    if (!isSetOff && !isUpper(text, at, bare)) return false;
    put(this.#header.level, at, bare);
    this.#header.severity = severity;
    this.#isSyslog = false;
    this.#commit(stop);
    return true;
  }

  /** A logger or tag by what follows it, or a host before one. */
  #readTag(bare: number, stop: number, hasColon: boolean): boolean {
    const text = this.#text;
    const at = this.#at;
    const hasLevel = this.#header.level.end > 0;
    if (text.charCodeAt(stop) === PIPE && this.#words < 3) {
      put(this.#header.logger, at, stop);
      this.#words++;
      this.#at = stop;
      return GO_ON;
    }
    if (hasColon) {
      const isProcess = text.charCodeAt(bare - 1) === 93;
      return hasLevel || this.#isSyslog || isProcess || isSourceLine(text, at, bare) ? this.#endWithTag(bare, stop) : STOP;
    }
    if (hasLevel && isNumbered(text, at, stop)) return this.#endWithTag(stop, stop);
    const next = skipSpaces(text, stop, this.#end);
    const mark = text.charCodeAt(next);
    if (next > stop && isSpace(text.charCodeAt(next + 1)) && (mark === COLON || mark === DASH) && (hasLevel || this.#isDashed)) {
      const dot = text.indexOf('.', at);
      const isQualified = this.#isDashed || this.#isBracketed || (dot > 0 && dot < stop);
      if (mark === COLON || isQualified) {
        put(this.#header.logger, at, stop);
        this.#isDashed = true;
        if (hasLevel) return this.#endWithTag(stop, next + 1);
        this.#commit(next + 1);
        return GO_ON;
      }
    }
    if (hasLevel || this.#words > 0 || text.charCodeAt(stop) !== SPACE) return STOP;
    this.#words++;
    this.#at = stop;
    return GO_ON;
  }

  #endWithTag(bare: number, stop: number): boolean {
    put(this.#header.logger, this.#at, bare);
    const start = skipSpaces(this.#text, stop, this.#end);
    this.#commit(Math.max(start, traceEnd(this.#text, start, this.#end)));
    return STOP;
  }
}

/** `main.go:12`. */
function isSourceLine(text: string, start: number, end: number): boolean {
  const colon = text.lastIndexOf(':', end - 1);
  const dot = text.lastIndexOf('.', colon);
  return dot > start && colon < end - 1 && digitRun(text, colon + 1, end) === end - colon - 1;
}
