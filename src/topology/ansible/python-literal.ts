import type { Value } from './value.ts';

const NUMBER = /(?:0[xX][0-9a-fA-F_]+|0[oO][0-7_]+|0[bB][01_]+|(?:\d[\d_]*)?\.\d[\d_]*(?:[eE][-+]?\d+)?|\d[\d_]*\.?(?:[eE][-+]?\d+)?)/y;
const STRING =
  /(?:[uU]|[rR])?('''(?:\\[\s\S]|(?!''')[\s\S])*'''|"""(?:\\[\s\S]|(?!""")[\s\S])*"""|'(?:\\[\s\S]|[^'\\\n])*'|"(?:\\[\s\S]|[^"\\\n])*")/y;
const ESCAPES: ReadonlyMap<string, string> = new Map([
  ['n', '\n'],
  ['t', '\t'],
  ['r', '\r'],
  ['a', '\x07'],
  ['b', '\b'],
  ['f', '\f'],
  ['v', '\v'],
  ['\\', '\\'],
  ["'", "'"],
  ['"', '"'],
  ['\n', ''],
]);

/** What is no literal: thrown inside this module only. */
class NoLiteral extends Error {}

function unescapeText(text: string): string {
  return text.replace(
    /\\(?:x([0-9a-fA-F]{2})|u([0-9a-fA-F]{4})|U([0-9a-fA-F]{8})|([0-7]{1,3})|([\s\S]))/g,
    (whole, x, u, wide, octal, one) => {
      const hex = x ?? u ?? wide;
      if (hex !== undefined) return String.fromCodePoint(Math.min(Number.parseInt(hex, 16), 0x10ffff));
      if (octal !== undefined) return String.fromCodePoint(Number.parseInt(octal, 8));
      return ESCAPES.get(one) ?? whole;
    },
  );
}

class Reader {
  readonly text: string;
  at = 0;
  depth = 0;

  constructor(text: string) {
    this.text = text;
  }

  skip(): void {
    const pattern = this.depth > 0 ? /(?:\s|\\\n|#[^\n]*)*/y : /(?:[ \t]|#[^\n]*)*/y;
    pattern.lastIndex = this.at;
    this.at += pattern.exec(this.text)?.[0].length ?? 0;
  }

  take(pattern: RegExp): RegExpExecArray | null {
    this.skip();
    pattern.lastIndex = this.at;
    const match = pattern.exec(this.text);
    if (match) this.at += match[0].length;
    return match;
  }

  peek(): string {
    this.skip();
    return this.text[this.at] ?? '';
  }

  items<T>(close: string, read: () => T): { items: T[]; commas: number } {
    this.at += 1;
    this.depth += 1;
    if (this.depth > 50) throw new NoLiteral();
    const items: T[] = [];
    let commas = 0;
    while (this.peek() !== close) {
      items.push(read());
      if (this.peek() !== ',') break;
      this.at += 1;
      commas += 1;
    }
    if (this.peek() !== close) throw new NoLiteral();
    this.at += 1;
    this.depth -= 1;
    return { items, commas };
  }
}

function readNumber(reader: Reader): number {
  const match = reader.take(NUMBER);
  if (!match) throw new NoLiteral();
  const text = match[0];
  if (/^0\d*[1-9]\d*$/.test(text.replaceAll('_', '')) || /__|_$|_\./.test(text)) throw new NoLiteral();
  return Number(text.replaceAll('_', ''));
}

function readStrings(reader: Reader): string {
  let value = '';
  let match = reader.take(STRING);
  if (!match) throw new NoLiteral();
  while (match) {
    const quoted = match[1] ?? '';
    const width = /^(?:'''|""")/.test(quoted) ? 3 : 1;
    const inner = quoted.slice(width, -width);
    value += /^[rR]/.test(match[0]) ? inner : unescapeText(inner);
    match = reader.take(STRING);
  }
  return value;
}

function readDict(reader: Reader): Value {
  const { items } = reader.items('}', (): [string, Value] => {
    const key = readValue(reader);
    if (key !== null && typeof key === 'object') throw new NoLiteral();
    if (reader.peek() !== ':') throw new NoLiteral();
    reader.at += 1;
    return [String(key), readValue(reader)];
  });
  return new Map(items);
}

function readValue(reader: Reader): Value {
  const first = reader.peek();
  if (first === '[') return reader.items(']', () => readValue(reader)).items;
  if (first === '{') return readDict(reader);
  if (first === '(') {
    const { items, commas } = reader.items(')', () => readValue(reader));
    return items.length === 1 && commas === 0 ? (items[0] ?? null) : items;
  }
  if (first === '-' || first === '+') {
    reader.at += 1;
    const value = readValue(reader);
    if (typeof value !== 'number') throw new NoLiteral();
    return first === '-' ? -value : value;
  }
  const word = reader.take(/(?:True|False|None)\b/y);
  if (word) return word[0] === 'None' ? null : word[0] === 'True';
  if (/[\d.]/.test(first)) return readNumber(reader);
  return readStrings(reader);
}

/** The value of a Python literal, as INI inventories write typed values; text that is none stays itself. */
export function parsePythonLiteral(text: string): Value {
  const reader = new Reader(text.replace(/^[ \t]+/, ''));
  try {
    const value = readValue(reader);
    const rest: Value[] = [];
    let isTuple = false;
    while (reader.peek() === ',') {
      isTuple = true;
      reader.at += 1;
      if (reader.peek() !== '') rest.push(readValue(reader));
    }
    if (reader.peek() !== '') return text;
    return isTuple ? [value, ...rest] : value;
  } catch (error) {
    if (error instanceof NoLiteral) return text;
    throw error;
  }
}
