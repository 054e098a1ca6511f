import { classOf, DELIMITER, DIGIT, DOT, HEX_LETTER, IDEOGRAPH, LETTER, MASKED, PUNCTUATION, SLASH, SPACE, STOP } from './characters.ts';
import { classify, colonChainEnd, isFreeTextKey, kinds, urlEnd } from './classify.ts';
import { matchTime } from './timestamp.ts';

const VARIABLE_MARK = 0x1a;
const SPACE_MARK = 0x20;
const TAIL_MARK = 0x1b;
const COLON = 58;
const LETTERS = HEX_LETTER | LETTER;

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

  /** Scans the line `[from, end)` up to the token limit. Of a line that `isCut` the last atom and whatever follows are one variable. */
  scan(text: string, from: number, end: number, isCut: boolean): void {
    this.count = 0;
    this.high = 0x811c9dc5 | 0;
    this.low = 0x9e3779b9 | 0;
    this.hasTail = isCut;
    let tokens = 0;
    let at = from;
    let user = 0;
    while (at < end) {
      const start = at;
      const code = text.charCodeAt(at++);
      const first = classOf(code);
      if ((first & SPACE) !== 0) {
        while (at < end && (classOf(text.charCodeAt(at)) & SPACE) !== 0) at++;
        if (at < end && this.count > 0) this.#push(start, at, kinds.space, SPACE_MARK);
        continue;
      }
      if (tokens++ >= this.#maxTokens) {
        this.hasTail = true;
        break;
      }
      if ((first & MASKED) !== 0) {
        this.#push(start, at, kinds.masked, VARIABLE_MARK);
        continue;
      }
      if ((first & DELIMITER) !== 0 && !opensQuantity(text, code, start, at, end)) {
        this.#push(start, at, kinds.delimiter, code);
        user = user === 3 && code === 61 ? 2 : 0;
        if ((code === 34 || code === 39) && opensValue(text, start, from)) {
          const close = closingQuote(text, at, end, code);
          if (close > at) {
            this.#push(at, close, kinds.quoted, VARIABLE_MARK);
            this.#push(close, close + 1, kinds.delimiter, code);
            at = close + 1;
          }
        }
        continue;
      }

      let flags = first;
      let digits = first & DIGIT;
      let letters = ((first >> 1) | (first >> 2)) & 1;
      let dots = (first >> 3) & 1;
      let slashes = (first >> 4) & 1;
      while (at < end) {
        const flag = classOf(text.charCodeAt(at));
        if ((flag & STOP) !== 0 || ((flag ^ flags) & IDEOGRAPH) !== 0) break;
        flags |= flag;
        digits += flag & DIGIT;
        letters += ((flag >> 1) | (flag >> 2)) & 1;
        dots += (flag >> 3) & 1;
        slashes += (flag >> 4) & 1;
        at++;
      }
      // The cut may have gone through this atom, so its text must not matter.
      if (isCut && at >= end) break;

      if ((flags & (DOT | PUNCTUATION)) !== 0) {
        const trimmed = first === SLASH ? at : trimSentence(text, start, at);
        if (trimmed < at) {
          at = trimmed;
          flags = 0;
          dots = 0;
          for (let index = start; index < at; index++) {
            const flag = classOf(text.charCodeAt(index));
            flags |= flag;
            dots += (flag >> 3) & 1;
          }
        }
      }
      let type: number = kinds.word;
      const next = at < end ? text.charCodeAt(at) : 0;
      const special = specialEnd(text, start, at, end, digits, flags, next);
      if (special > 0) {
        const slash = text.charCodeAt(at + 1);
        type = next !== COLON ? kinds.timestamp : slash === 47 || slash === 92 ? kinds.url : kinds.address;
        at = special;
      } else if (digits !== 0 || at - start < 6 || at - start > 7 || (flags & ~LETTERS) !== 0) {
        type = classify(text, start, at, digits, letters, flags, dots, slashes, next);
      }
      if (type <= kinds.name) {
        if (user === 2) type = kinds.user;
        user = nextUserState(text, start, at, user);
      } else user = 0;

      if (type > kinds.name) {
        this.#push(start, at, type, VARIABLE_MARK);
        continue;
      }
      let high = this.high;
      let low = this.low;
      for (let index = start; index < at; index++) {
        const unit = text.charCodeAt(index);
        high = Math.imul(high ^ unit, 0x01000193);
        low = (Math.imul(low, 0x5bd1e995) + unit) | 0;
      }
      this.high = high;
      this.low = low;
      this.#push(start, at, type, SPACE_MARK + 1);
    }
    if (this.hasTail) this.mix(TAIL_MARK);
  }

  /** Adds to the signature. */
  mix(value: number): void {
    this.high = Math.imul(this.high ^ value, 0x01000193);
    this.low = (Math.imul(this.low ^ (this.low >>> 15), 0x5bd1e995) + value) | 0;
  }

  #push(start: number, end: number, type: number, mark: number): void {
    const index = this.count++;
    this.starts[index] = start;
    this.ends[index] = end;
    this.types[index] = type;
    this.mix(mark);
  }
}

/** `<1 sec` and `>5 ms` are quantities, not brackets. */
function opensQuantity(text: string, code: number, start: number, at: number, end: number): boolean {
  if ((code !== 60 && code !== 62) || at >= end || (classOf(text.charCodeAt(at)) & DIGIT) === 0) return false;
  return start === 0 || (classOf(text.charCodeAt(start - 1)) & SPACE) !== 0;
}

/** A quote right after `=`, or after `":`, opens a value unless its key promises a sentence. */
function opensValue(text: string, quote: number, from: number): boolean {
  if (quote - 1 < from) return false;
  const before = text.charCodeAt(quote - 1);
  if (before === 61) return !isFreeTextKey(text, quote - 1);
  const colon = before === 32 ? quote - 2 : quote - 1;
  if (colon - 1 < from || text.charCodeAt(colon) !== COLON || text.charCodeAt(colon - 1) !== 34) return false;
  return !isFreeTextKey(text, colon - 1);
}

function closingQuote(text: string, from: number, end: number, quote: number): number {
  for (let at = from; at < end; at++) {
    const code = text.charCodeAt(at);
    if (code === 92) at++;
    else if (code === quote) return at;
  }
  return -1;
}

function trimSentence(text: string, start: number, end: number): number {
  let at = end;
  while (at > start) {
    const code = text.charCodeAt(at - 1);
    if (code !== 46 && code !== 33 && code !== 63) break;
    at--;
  }
  return at === start ? end : at;
}

/** End of a URL, a date with its time, or an address of colons that begins with this atom; 0 when it is none of them. */
function specialEnd(text: string, start: number, at: number, end: number, digits: number, flags: number, next: number): number {
  const length = at - start;
  if (next === COLON) {
    if (text.charCodeAt(at + 1) === 47 && text.charCodeAt(at + 2) === 47 && at + 3 < end) return urlEnd(text, at, end);
    if (length === 1 && text.charCodeAt(at + 1) === 92 && (flags & LETTERS) !== 0) return urlEnd(text, at - 1, end);
    if (length <= 4 && (flags & ~(DIGIT | HEX_LETTER)) === 0) return Math.max(0, colonChainEnd(text, start, end));
    return 0;
  }
  if (digits >= 6 && length >= 8 && length <= 30 && (classOf(text.charCodeAt(start)) & DIGIT) !== 0 && (flags & ~DIGIT) !== 0) {
    return Math.max(0, matchTime(text, start, end));
  }
  if (length === 3 && next === SPACE_MARK && digits === 0 && (flags & ~LETTERS) === 0) return Math.max(0, matchTime(text, start, end));
  return 0;
}

/** 1 after `for` and `invalid`, 2 after a `user` that follows them (what comes then is a name), 3 after another `user`, 2 again after its `=`. */
function nextUserState(text: string, start: number, end: number, state: number): number {
  const length = end - start;
  if (length === 4) return text.startsWith('user', start) ? (state === 1 && text.charCodeAt(end) === SPACE_MARK ? 2 : 3) : 0;
  if (length === 3) return text.startsWith('for', start) ? 1 : 0;
  return length === 7 && text.startsWith('nvalid', start + 1) ? 1 : 0;
}
