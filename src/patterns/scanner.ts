import * as characters from './characters.ts';
import * as classification from './classify.ts';
import * as headerShapes from './header-shapes.ts';
import * as requests from './request.ts';
import * as timestamps from './timestamp.ts';
import type { Units } from './units.ts';
import * as unitTexts from './units.ts';
import * as dictionary from './words.ts';

// V8 folds constants of the module itself, not imported ones: taking them over saved 7 % of a line's time.
const { classOf, DELIMITER, DIGIT, DOT, HEX_LETTER, IDEOGRAPH, LETTER, MASKED, PUNCTUATION, SLASH, SPACE, STOP } = characters;
const { classify, colonChainEnd, isFreeTextKey, kinds, leadingColonsEnd, paddingEnd, urlEnd } = classification;
const { isCapital, isLetter } = headerShapes;
const { requestEnd } = requests;
const { digitRun, matchTime } = timestamps;
const { indexOf } = unitTexts;
const { HIGH_FACTOR, HIGH_SEED, LOW_FACTOR, LOW_SEED, meaningOfHash, meanings } = dictionary;

const VARIABLE_MARK = 0x1a;
const SPACE_MARK = 0x20;
const TAIL_MARK = 0x1b;
const COLON = 58;
const EQUALS = 61;
const COMMA = 44;
/** What follows the last character. */
const END = -1;
const MAX_QUOTE = 64;
const LETTERS = HEX_LETTER | LETTER;

/** What the words so far say about a user's name: nothing, `for` or `invalid`, the name comes next, or `user` alone before a possible `=`. */
const userStates = { none: 0, before: 1, name: 2, key: 3 } as const;

/**
 * One pass over a message: its tokens and a 64-bit running hash of its signature (constants by their text, variables by a marker only).
 * The arrays hold `count` tokens; the next scan overwrites them.
 */
export class Scanner {
  readonly starts: Int32Array;
  readonly ends: Int32Array;
  /** The `kinds` value of each token. */
  readonly types: Uint8Array;
  count = 0;
  /** Whether text remains behind the last token; it is one variable. */
  hasTail = false;
  high = 0;
  low = 0;
  readonly #maxTokens: number;

  constructor(maxTokens: number) {
    this.#maxTokens = maxTokens;
    const capacity = maxTokens * 4 + 4;
    this.starts = new Int32Array(capacity);
    this.ends = new Int32Array(capacity);
    this.types = new Uint8Array(capacity);
  }

  /** Scans the line `[from, to)` up to the token limit. Of a line that `isCut` the last atom and whatever follows are one variable. */
  scan(units: Units, from: number, to: number, isCut: boolean): void {
    let end = to;
    while (end > from && (classOf(units[end - 1] ?? 0) & SPACE) !== 0) end--;
    const { starts, ends, types } = this;
    const maxTokens = this.#maxTokens;
    this.hasTail = isCut;
    // The state lives in local variables: keeping it in fields halved the speed.
    let count = 0;
    let high = HIGH_SEED;
    let low = LOW_SEED;
    let tokens = 0;
    let at = from;
    let user: number = userStates.none;
    /** Where a quoted value or the target of a request begins, the quote behind it, and where the status of an access log stands. */
    let value = -1;
    let close = -1;
    let status = -1;
    while (at < end) {
      const start = at;
      const code = units[at++] ?? 0;
      const first = classOf(code);
      let type: number = kinds.space;
      let mark: number = SPACE_MARK;
      let rest = 0;
      if (start === value && start < close) {
        at = close;
        type = kinds.quoted;
        mark = VARIABLE_MARK;
        user = userStates.none;
      } else if ((first & SPACE) !== 0) {
        while (at < end && (classOf(units[at] ?? 0) & SPACE) !== 0) at++;
        if (count === 0) continue;
      } else if (tokens++ >= maxTokens) {
        this.hasTail = true;
        break;
      } else if ((first & (MASKED | DELIMITER)) !== 0 && !opensQuantity(units, code, start, end)) {
        if ((first & MASKED) !== 0 || isMask(units, code, start, end)) {
          if ((first & MASKED) === 0) at = start + 3;
          type = kinds.masked;
          mark = VARIABLE_MARK;
          user = userStates.none;
        } else if (code === COLON && units[at] === COLON && leadingColonsEnd(units, start, end) > 0) {
          at = leadingColonsEnd(units, start, end);
          type = kinds.address;
          mark = VARIABLE_MARK;
          user = userStates.none;
        } else {
          type = kinds.delimiter;
          mark = code;
          user = user === userStates.key && code === EQUALS ? userStates.name : userStates.none;
          if (code === 34 || code === 39) {
            if (start === close) close = -1;
            else if (opensValue(units, start, from)) {
              close = closingQuote(units, at, end, code);
              value = at;
            } else if (code === 34 && isCapital(units[at] ?? 0)) {
              close = requestEnd(units, start, end);
              value = close < 0 ? -1 : indexOf(units, SPACE_MARK, at, close) + 1;
              if (start === from && close > 0) status = close + 2;
            }
          } else if (code >= 0x201c && close < start) {
            close = wideQuoteEnd(units, code, at, end);
            value = at;
          }
        }
      } else {
        const stops = (first & IDEOGRAPH) === 0 ? STOP | IDEOGRAPH : ~IDEOGRAPH;
        let flags = first;
        let wordHigh = Math.imul(HIGH_SEED ^ code, HIGH_FACTOR);
        let wordLow = (Math.imul(LOW_SEED, LOW_FACTOR) + code) | 0;
        while (at < end) {
          const unit = units[at] ?? 0;
          const flag = classOf(unit);
          if ((flag & stops) !== 0) break;
          flags |= flag;
          wordHigh = Math.imul(wordHigh ^ unit, HIGH_FACTOR);
          wordLow = (Math.imul(wordLow, LOW_FACTOR) + unit) | 0;
          at++;
        }
        // The cut may have gone through this atom, so its text must not matter.
        if (isCut && at >= end) break;
        if ((flags & (DOT | PUNCTUATION)) !== 0 && first !== SLASH) {
          const trimmed = trimSentence(units, start, at);
          if (trimmed < at) {
            at = trimmed;
            flags = 0;
            wordHigh = HIGH_SEED;
            wordLow = LOW_SEED;
            for (let index = start; index < at; index++) {
              const unit = units[index] ?? 0;
              flags |= classOf(unit);
              wordHigh = Math.imul(wordHigh ^ unit, HIGH_FACTOR);
              wordLow = (Math.imul(wordLow, LOW_FACTOR) + unit) | 0;
            }
          }
        }
        const next = at < end ? (units[at] ?? 0) : END;
        const length = at - start;
        type = kinds.word;
        let meaning = 0;
        let special = 0;
        if ((flags & ~LETTERS) === 0 && length < 12 && length > 2) meaning = meaningOfHash(wordHigh, wordLow);
        if (next === COLON) {
          if (units[at + 1] !== SPACE_MARK) special = colonEnd(units, start, at, end, flags);
        } else if (next === EQUALS) {
          if (length > 9) special = Math.max(0, paddingEnd(units, start, at, flags, end));
        } else if ((meaning & meanings.calendar) !== 0) {
          if (next === SPACE_MARK) special = matchTime(units, start, end);
        } else if ((first & DIGIT) !== 0 && length >= 8 && length <= 30 && (flags & ~DIGIT) !== 0) special = matchTime(units, start, end);
        if (special > 0) {
          type =
            next === EQUALS
              ? kinds.identifier
              : next !== COLON
                ? kinds.timestamp
                : units[at + 1] === 47 || units[at + 1] === 92
                  ? kinds.url
                  : kinds.address;
          at = special;
        } else if (flags === DIGIT) {
          type = kinds.number;
          if (next === COMMA && length < 4) at = thousandsEnd(units, at, end);
        } else if ((flags & ~LETTERS) !== 0 || (meaning & meanings.literal) !== 0 || (flags & LETTER) === 0) {
          type = classify(units, start, at, flags, next);
        }
        if (type <= kinds.name) {
          if (user === userStates.name) type = kinds.user;
          if ((meaning & meanings.beforeUser) !== 0) user = userStates.before;
          else if ((meaning & meanings.user) === 0) user = userStates.none;
          else user = user === userStates.before && next !== END && (classOf(next) & SPACE) !== 0 ? userStates.name : userStates.key;
        } else user = userStates.none;
        if (start === status && type === kinds.number && length === 3) type = kinds.name;
        if (type > kinds.name) mark = VARIABLE_MARK;
        else {
          mark = wordHigh;
          rest = wordLow;
        }
      }
      starts[count] = start;
      ends[count] = at;
      types[count++] = type;
      high = Math.imul(high ^ mark, HIGH_FACTOR);
      low = (Math.imul(low ^ (low >>> 15), LOW_FACTOR) + (mark ^ rest)) | 0;
      if (start === status && type === kinds.name && at < end) {
        // What stands behind the status differs from server to server.
        this.hasTail = true;
        break;
      }
      // Most tokens are followed by one space: taking it here saves a round.
      if (units[at] === SPACE_MARK && at < end && at !== value && (classOf(units[at + 1] ?? 0) & SPACE) === 0) {
        starts[count] = at;
        ends[count] = ++at;
        types[count++] = kinds.space;
        high = Math.imul(high ^ SPACE_MARK, HIGH_FACTOR);
        low = (Math.imul(low ^ (low >>> 15), LOW_FACTOR) + SPACE_MARK) | 0;
      }
    }
    this.count = count;
    this.high = high;
    this.low = low;
    if (this.hasTail) this.mix(TAIL_MARK);
  }

  /** Adds to the signature. */
  mix(value: number): void {
    this.high = Math.imul(this.high ^ value, HIGH_FACTOR);
    this.low = (Math.imul(this.low ^ (this.low >>> 15), LOW_FACTOR) + value) | 0;
  }
}

/** `<*>` in a line is what a template writes for a variable. */
function isMask(units: Units, code: number, start: number, end: number): boolean {
  return code === 60 && start + 3 <= end && units[start + 1] === 42 && units[start + 2] === 62;
}

/** `<1 sec` and `>5 ms` are quantities, not brackets. */
function opensQuantity(units: Units, code: number, start: number, end: number): boolean {
  if ((code !== 60 && code !== 62) || start + 1 >= end || (classOf(units[start + 1] ?? 0) & DIGIT) === 0) return false;
  return start === 0 || (classOf(units[start - 1] ?? 0) & SPACE) !== 0;
}

/**
 * A quote right after `=`, or after `":`, opens a value unless its key promises a sentence; so does one before a path and one inside a text without
 * spaces.
 */
function opensValue(units: Units, quote: number, from: number): boolean {
  if (beginsPath(units, quote + 1)) return true;
  if (quote - 1 < from) return false;
  const before = units[quote - 1] ?? 0;
  if (before === EQUALS) return !isFreeTextKey(units, quote - 1);
  if ((classOf(before) & IDEOGRAPH) !== 0) return true;
  if (before === SPACE_MARK && units[quote - 2] === EQUALS && units[quote - 3] === SPACE_MARK) return !isFreeTextKey(units, quote - 3);
  const colon = before === 32 ? quote - 2 : quote - 1;
  if (colon - 1 < from || units[colon] !== COLON || units[colon - 1] !== 34) return false;
  return !isFreeTextKey(units, colon - 1);
}

/** Behind the groups of `1,234,567` that follow the digits before `from`. */
function thousandsEnd(units: Units, from: number, end: number): number {
  let at = from;
  while (units[at] === COMMA && digitRun(units, at + 1, end) === 3) at += 4;
  return at >= end || (classOf(units[at] ?? 0) & STOP) !== 0 ? at : from;
}

function beginsPath(units: Units, at: number): boolean {
  const next = units[at + 1] ?? 0;
  return (units[at] === 47 && isLetter(next)) || (next === COLON && units[at + 2] === 92 && isLetter(units[at] ?? 0));
}

/** The quote that closes `“`, `「` or `『` within a short text, or -1. */
function wideQuoteEnd(units: Units, code: number, from: number, end: number): number {
  if (code !== 0x201c && code !== 0x300c && code !== 0x300e) return -1;
  const close = indexOf(units, code + 1, from, Math.min(end, from + MAX_QUOTE));
  return close > from ? close : -1;
}

function closingQuote(units: Units, from: number, end: number, quote: number): number {
  for (let at = from; at < end; at++) {
    const code = units[at];
    if (code === 92) at++;
    else if (code === quote) return at;
  }
  return -1;
}

function trimSentence(units: Units, start: number, end: number): number {
  let at = end;
  while (at > start) {
    const code = units[at - 1];
    if (code !== 46 && code !== 33 && code !== 63) break;
    at--;
  }
  return at === start ? end : at;
}

/** End of a URL, drive path or address of colons that begins with this atom; 0 when it is none of them. */
function colonEnd(units: Units, start: number, at: number, end: number, flags: number): number {
  const length = at - start;
  const after = units[at + 1];
  if (after === 47 && units[at + 2] === 47 && at + 3 < end) return urlEnd(units, at, end);
  if (length === 1 && after === 92 && (flags & LETTERS) !== 0) return urlEnd(units, at - 1, end);
  if (length <= 4 && (flags & ~(DIGIT | HEX_LETTER)) === 0) return Math.max(0, colonChainEnd(units, start, end));
  return 0;
}
