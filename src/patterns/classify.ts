import {
  classOf,
  DASH,
  DIGIT,
  DOT,
  HEX_LETTER,
  IDEOGRAPH,
  LETTER,
  MARK,
  PUNCTUATION,
  REPLACEMENT,
  SLASH,
  SPACE,
  UNDERSCORE,
} from './characters.ts';

/** What a token is. Everything up to `name` is constant text of the template, everything behind it is a variable. */
export const kinds = {
  space: 0,
  delimiter: 1,
  word: 2,
  name: 3,
  number: 4,
  hex: 5,
  identifier: 6,
  path: 7,
  url: 8,
  dotted: 9,
  literal: 10,
  quoted: 11,
  user: 12,
  timestamp: 13,
  address: 14,
  long: 15,
  garbage: 16,
  masked: 17,
} as const;

const MAX_WORD_LENGTH = 64;
const MAX_IDEOGRAPH_LENGTH = 256;
const LETTERS = HEX_LETTER | LETTER;
const HEX = DIGIT | HEX_LETTER;
const ALNUM = DIGIT | LETTERS;

const literals = new Set(['true', 'false', 'null', 'root', 'True', 'False', 'None', 'TRUE', 'FALSE', 'NULL', 'nil', 'NaN', 'undefined']);
const freeTextKeys = new Set(['msg', 'message', 'error', 'err', 'reason', 'cause', 'exception', 'description', 'detail']);
const sizeUnits = new Set(['B', 'KB', 'MB', 'GB', 'TB', 'KiB', 'MiB', 'GiB', 'TiB', 'kB']);
const words = (text: string) => new Set(text.split(' '));
const hostSuffixes = words('com net org edu gov io dev cn de uk jp fr ru br au us eu local localdomain internal svc lan home arpa');
const fileSuffixes = words(
  'log txt conf cfg ini xml json yaml yml properties sql csv tsv parquet jar war zip gz tar tgz so dll exe sh bat html htm jsp php css png jpg svg pid sock lock tmp bak pem crt key img iso',
);
const sourceSuffixes = words('c cc cpp h hpp go rs py js ts mjs java kt scala rb php cs swift ex erl lua pl');
/** Terms whose digit is part of the name. */
const digitTerms = words(
  'ssh1 ssh2 http1 http2 http3 h2 h2c h3 ipv4 ipv6 utf8 utf16 md5 sha1 sha2 sha3 base32 base64 x86 i386 i686 amd64 arm64 oauth1 oauth2 s3 ec2 k8s i18n l10n log4j log4j2 slf4j e2e b2b p2p mp3 mp4 gb2312 l1 l2 l3 l4 l7 r2dbc neo4j db2 web3 v1 v2 v3 tls1 socks4 socks5 rc4 crc32 lz4 bzip2 win32 int8 int16 int32 int64 float32 float64 uint8 uint32 uint64',
);

/** Decides whether the atom `[start, end)` is constant or which kind of variable, from counters and its neighbours. */
export function classify(
  text: string,
  start: number,
  end: number,
  digits: number,
  letters: number,
  flags: number,
  dots: number,
  slashes: number,
  next: number,
): number {
  const length = end - start;
  if ((flags & REPLACEMENT) !== 0) return kinds.garbage;
  if (length > MAX_WORD_LENGTH) return (flags & IDEOGRAPH) !== 0 && length <= MAX_IDEOGRAPH_LENGTH ? kinds.word : kinds.long;
  if (digits === 0) return classifyWithoutDigits(text, start, end, letters, flags, dots, slashes, next);

  if (letters === 0) return kinds.number;
  const first = classOf(text.charCodeAt(start));
  if ((first & LETTERS) !== 0 && digits <= 3 && slashes === 0 && (next === 61 || next === 40)) return kinds.name;
  if ((first & DIGIT) !== 0) return kinds.number;
  if ((first & (DASH | PUNCTUATION | DOT)) !== 0 && (classOf(text.charCodeAt(start + 1)) & DIGIT) !== 0) return kinds.number;
  if (slashes > 0) return kinds.path;
  if ((flags & ~HEX) === 0 && length >= 6) return kinds.hex;
  if (dots > 0 && next === 58 && (classOf(text.charCodeAt(end + 1)) & DIGIT) !== 0 && endsIn(text, start, end, sourceSuffixes)) {
    return kinds.name;
  }
  if (dots > 0 && isErrorClass(text, end)) return kinds.name;
  if ((flags & ~ALNUM) !== 0 || digits >= 3 || digits > letters) {
    return digits <= 3 && letters > digits && digitTerms.has(text.slice(start, end).toLowerCase()) ? kinds.name : kinds.identifier;
  }
  if (length > 6 && (classOf(text.charCodeAt(end - 1)) & LETTERS) !== 0) return kinds.name;
  return digitTerms.has(text.slice(start, end).toLowerCase()) ? kinds.name : kinds.identifier;
}

function classifyWithoutDigits(
  text: string,
  start: number,
  end: number,
  letters: number,
  flags: number,
  dots: number,
  slashes: number,
  next: number,
): number {
  const length = end - start;
  if ((flags & ~LETTERS) === 0) {
    if (length >= 8) return (flags & LETTER) === 0 ? kinds.hex : kinds.word;
    if (length < 3 || next === 61 || next === 40 || !literals.has(text.slice(start, end))) return kinds.word;
    return text.charCodeAt(start) === 114 && next === 32 && !namesTheUser(text, end + 1) ? kinds.word : kinds.literal;
  }
  if (letters === 0) return length > 1 && slashes > 0 && (flags & ~(SLASH | DOT)) === 0 ? kinds.path : kinds.word;
  if (next === 61 && slashes === 0) return kinds.name;
  if (slashes > 0) {
    const first = text.charCodeAt(start);
    if (first === 47 || first === 126 || slashes > 1 || (flags & (DOT | UNDERSCORE)) !== 0) return kinds.path;
    return kinds.word;
  }
  if ((flags & MARK) !== 0) {
    const mark = text.indexOf('@', start);
    if (mark > start && mark < end - 1) return kinds.address;
  }
  if (dots > 0) return classifyDotted(text, start, end, dots, next);
  return kinds.word;
}

/** `root from` and `root by` speak of the user, `root cause` does not. */
function namesTheUser(text: string, at: number): boolean {
  return text.startsWith('from', at) || text.startsWith('by', at);
}

function classifyDotted(text: string, start: number, end: number, dots: number, next: number): number {
  if (next === 40 || isErrorClass(text, end)) return kinds.name;
  if (next === 58 && (classOf(text.charCodeAt(end + 1)) & DIGIT) !== 0 && endsIn(text, start, end, sourceSuffixes)) return kinds.name;
  const last = text.lastIndexOf('.', end - 1);
  if (last === start || text.charCodeAt(start) === 46) return kinds.word;
  if (isAllCaps(text, last + 1, end)) return text.charCodeAt(start - 1) === 61 ? kinds.dotted : kinds.name;
  if (dots >= 2) return kinds.dotted;
  return endsIn(text, start, end, hostSuffixes) || endsIn(text, start, end, fileSuffixes) ? kinds.dotted : kinds.word;
}

/** Exception classes tell errors apart, so they stay in the template. */
function isErrorClass(text: string, end: number): boolean {
  return text.endsWith('Exception', end) || text.endsWith('Error', end);
}

function isAllCaps(text: string, start: number, end: number): boolean {
  if (end - start < 4) return false;
  for (let at = start; at < end; at++) {
    const code = text.charCodeAt(at);
    if (!((code >= 65 && code <= 90) || code === 95)) return false;
  }
  return true;
}

function endsIn(text: string, start: number, end: number, suffixes: ReadonlySet<string>): boolean {
  const dot = text.lastIndexOf('.', end - 1);
  return dot > start && suffixes.has(text.slice(dot + 1, end));
}

/** Whether a quoted value of the key that ends at `end` is a sentence rather than a value. */
export function isFreeTextKey(text: string, end: number): boolean {
  let start = end;
  while (start > 0 && end - start < 16 && (classOf(text.charCodeAt(start - 1)) & (LETTERS | UNDERSCORE)) !== 0) start--;
  return freeTextKeys.has(text.slice(start, end).toLowerCase());
}

/** Whether the word is a unit of size, which varies with the number before it. */
export function isSizeUnit(word: string): boolean {
  return sizeUnits.has(word);
}

/** End of a MAC or IPv6 address that starts at `start`, or -1: groups of up to four hexadecimal digits joined by colons. */
export function colonChainEnd(text: string, start: number, end: number): number {
  let groups = 0;
  let digits = 0;
  let doubled = false;
  let size = 0;
  let at = start;
  for (; at < end; at++) {
    const code = text.charCodeAt(at);
    if (code === 58) {
      if (size === 0 && (doubled || at === start)) return -1;
      if (size === 0) doubled = true;
      else groups++;
      size = 0;
      continue;
    }
    const flag = classOf(code);
    if ((flag & HEX) === 0) {
      if ((flag & (LETTERS | UNDERSCORE | IDEOGRAPH)) !== 0) return -1;
      break;
    }
    if (++size > 4) return -1;
    digits += flag & DIGIT;
  }
  if (size > 0) groups++;
  else if (!doubled) return -1;
  return digits > 0 && (groups >= 6 || (doubled && groups >= 2)) ? at : -1;
}

/** End of the URL whose scheme ends before the colon at `at`. */
export function urlEnd(text: string, at: number, end: number): number {
  let stop = at + 3;
  while (stop < end) {
    const code = text.charCodeAt(stop);
    if ((classOf(code) & SPACE) !== 0 || '"\'<>|()[]{},;'.includes(text.charAt(stop))) break;
    stop++;
  }
  while (stop > at + 3 && '.:!?'.includes(text.charAt(stop - 1))) stop--;
  return stop;
}
