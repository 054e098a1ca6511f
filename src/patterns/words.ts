import { type Severity, severities } from '../core/severity.ts';
import type { Units } from './units.ts';

/** What a word may mean; one bit each, beside the rank of the severity that a level has, in the lowest three. */
export const meanings = {
  severity: 7,
  literal: 8,
  /** A term whose digit is part of the name. */
  term: 16,
  /** `for`, `invalid`: a user may follow. */
  beforeUser: 32,
  user: 64,
  /** The name of a month or weekday. */
  calendar: 128,
  hostSuffix: 512,
  fileSuffix: 1024,
  sourceSuffix: 2048,
  /** A key whose value is a sentence. */
  freeText: 4096,
  method: 8192,
  /** A zone of time behind a clock. */
  zone: 256,
  /** A level in full, not a letter or shortened to three. */
  fullLevel: 16384,
} as const;

/** Where the hash of a word begins. */
export const HIGH_SEED = 0x811c9dc5 | 0;
export const LOW_SEED = 0x9e3779b9 | 0;
export const HIGH_FACTOR = 0x01000193;
export const LOW_FACTOR = 0x5bd1e995;

const SLOTS = 2048;
const highs = new Int32Array(SLOTS);
const lows = new Int32Array(SLOTS);
const bits = new Uint16Array(SLOTS);

/** The meanings of the word with this hash, 0 for most words. */
export function meaningOfHash(high: number, low: number): number {
  let slot = high & (SLOTS - 1);
  for (;;) {
    const found = bits[slot] ?? 0;
    if (found === 0 || (highs[slot] === high && lows[slot] === low)) return found;
    slot = (slot + 1) & (SLOTS - 1);
  }
}

/** The meanings of the word `[start, end)`. */
export function meaningOf(units: Units, start: number, end: number): number {
  let high = HIGH_SEED;
  let low = LOW_SEED;
  for (let at = start; at < end; at++) {
    const code = units[at] ?? 0;
    high = Math.imul(high ^ code, HIGH_FACTOR);
    low = (Math.imul(low, LOW_FACTOR) + code) | 0;
  }
  return meaningOfHash(high, low);
}

/** The severity that the word `[start, end)` stands for as a level, or null. */
export function levelOf(units: Units, start: number, end: number): Severity | null {
  const length = end - start;
  if (length < 1 || length > 13) return null;
  const first = (units[start] ?? 0) | 32;
  if (first < 97 || first > 122) return null;
  return severities[(meaningOf(units, start, end) & meanings.severity) - 1] ?? null;
}

function assign(word: string, meaning: number): void {
  let high = HIGH_SEED;
  let low = LOW_SEED;
  for (let at = 0; at < word.length; at++) {
    high = Math.imul(high ^ word.charCodeAt(at), HIGH_FACTOR);
    low = (Math.imul(low, LOW_FACTOR) + word.charCodeAt(at)) | 0;
  }
  let slot = high & (SLOTS - 1);
  while (bits[slot] !== 0 && (highs[slot] !== high || lows[slot] !== low)) slot = (slot + 1) & (SLOTS - 1);
  highs[slot] = high;
  lows[slot] = low;
  bits[slot] = (bits[slot] ?? 0) | meaning;
}

const capitalised = (word: string) => word.charAt(0).toUpperCase() + word.slice(1);

function assignAll(words: string, meaning: number, inAnyCase = false): void {
  for (const word of words.split(' ')) {
    for (const form of inAnyCase ? new Set([word, word.toUpperCase(), capitalised(word)]) : [word]) assign(form, meaning);
  }
}

const levels: Readonly<Record<Severity, string>> = {
  trace: 'trace trc trce tra t finest finer verbose silly',
  debug: 'debug dbg dbug debu deb d fine v config debug1 debug2 debug3 debug4 debug5',
  info: 'info inf information informational i notice note ntc log default statement system hint',
  warn: 'warn warning wrn wrning w',
  error: 'error err eror e severe fail failure erro',
  fatal: 'fatal ftl fat f critical crit cri c panic emergency emerg alert dpanic',
};
for (const [severity, words] of Object.entries(levels)) {
  assignAll(words, Object.keys(levels).indexOf(severity) + 1, true);
}
assignAll('trace debug info notice warning warn error severe fatal critical alert emerg emergency panic', meanings.fullLevel, true);
assignAll('true false null nil undefined root', meanings.literal);
assignAll('True False None TRUE FALSE NULL NaN', meanings.literal);
assignAll(
  'ssh1 ssh2 http1 http2 http3 h2 h2c h3 ipv4 ipv6 utf8 utf16 md5 sha1 sha2 sha3 base32 base64 x86 i386 i686 amd64 arm64 oauth1 oauth2 s3 ec2 k8s i18n l10n log4j log4j2 slf4j e2e b2b p2p mp3 mp4 gb2312 l1 l2 l3 l4 l7 r2dbc neo4j db2 web3 v1 v2 v3 tls1 socks4 socks5 rc4 crc32 lz4 bzip2 win32 int8 int16 int32 int64 float32 float64 uint8 uint32 uint64',
  meanings.term,
  true,
);
assignAll('for invalid Invalid', meanings.beforeUser);
assignAll('user', meanings.user);
assignAll('Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec Mon Tue Wed Thu Fri Sat Sun', meanings.calendar);
assignAll(
  'UTC GMT CST CET CEST EST EDT PST PDT MST MDT AM PM JST IST MSK BST SGT HKT KST WET WEST EET EEST AEST AEDT BRT ART NZST NZDT',
  meanings.zone,
);
assignAll('com net org edu gov io dev cn de uk jp fr ru br au us eu local localdomain internal svc lan home arpa', meanings.hostSuffix);
assignAll(
  'log txt conf cfg ini xml json yaml yml properties sql csv tsv parquet jar war zip gz tar tgz so dll exe sh bat html htm jsp php css png jpg svg pid sock lock tmp bak pem crt key img iso',
  meanings.fileSuffix,
);
assignAll('c cc cpp h hpp go rs py js ts mjs java kt scala rb php cs swift ex erl lua pl', meanings.sourceSuffix);
assignAll('msg message error err reason cause exception description detail', meanings.freeText, true);
assignAll('GET POST PUT DELETE HEAD OPTIONS PATCH CONNECT TRACE PROPFIND', meanings.method);
