import { ObserveBridgeError } from '../core/error.ts';

type Parse = (text: string) => unknown;

const BYTEA = 17;
const TIMESTAMPTZ = 1184;

const scalars: Record<number, Parse> = {
  16: (text) => text === 't',
  [BYTEA]: (text) => {
    const bytes = Buffer.from(text.slice(2), 'hex');
    return new Uint8Array(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  },
  20: BigInt,
  21: Number,
  23: Number,
  26: Number,
  700: Number,
  701: Number,
  114: (text) => JSON.parse(text),
  3802: (text) => JSON.parse(text),
  1700: toNumber,
  [TIMESTAMPTZ]: toIsoTime,
};

/** Element type by array type, both as object ids of the built-in catalogue. */
const elementTypes: Record<number, number> = {
  199: 114,
  1000: 16,
  1001: BYTEA,
  1003: 19,
  1005: 21,
  1007: 23,
  1009: 25,
  1015: 1043,
  1016: 20,
  1021: 700,
  1022: 701,
  1028: 26,
  1185: TIMESTAMPTZ,
  1231: 1700,
  2951: 2950,
  3807: 3802,
  3911: 3910,
};

/** Turns `2023-01-30 12:00:00.5+00` into `2023-01-30T12:00:00.500000Z`; infinities and years outside 1–9999 keep the server's text. */
function toIsoTime(text: string): string {
  const match = /^(\d{4}-\d{2}-\d{2}) (\d{2}:\d{2}:\d{2})(?:\.(\d{1,6}))?\+00$/.exec(text);
  if (!match) return text;
  const [, date, time, fraction] = match;
  return fraction === undefined ? `${date}T${time}Z` : `${date}T${time}.${fraction.padEnd(6, '0')}Z`;
}

/** A numeric as the nearest double, or as bigint where it is a whole number that a double would round. */
function toNumber(text: string): number | bigint {
  const number = Number(text);
  return /^-?\d+$/.test(text) && !Number.isSafeInteger(number) ? BigInt(text) : number;
}

/** The function that turns the server's text of a column type (an object id) into its value; unknown types stay text. */
export function parserOf(type: number): Parse {
  const element = elementTypes[type];
  if (element === undefined) return scalars[type] ?? ((text) => text);
  const parse = scalars[element] ?? ((text: string) => text);
  return (text) => parseArray(text, parse);
}

function parseArray(text: string, parse: Parse): unknown[] {
  // A literal with unusual lower bounds starts with them: [0:1]={…}
  let at = text.indexOf('{');
  const list = (): unknown[] => {
    const items: unknown[] = [];
    at++;
    while (text[at] !== '}') {
      if (text[at] === ',') at++;
      else if (text[at] === '{') items.push(list());
      else if (text[at] === '"') items.push(parse(quoted()));
      else {
        const start = at;
        while (text[at] !== ',' && text[at] !== '}') at++;
        const item = text.slice(start, at);
        items.push(item === 'NULL' ? null : parse(item));
      }
    }
    at++;
    return items;
  };
  const quoted = (): string => {
    let item = '';
    for (at++; text[at] !== '"'; at++) {
      if (text[at] === '\\') at++;
      item += text[at];
    }
    at++;
    return item;
  };
  return list();
}

/**
 * The server's text of a value, or null. NUL bytes, which PostgreSQL refuses, become U+FFFD, and so do lone surrogates.
 * Throws `OB_INTERNAL` for values without one meaning, such as dates and plain objects.
 */
export function toText(value: unknown): string | null {
  switch (typeof value) {
    case 'string':
      return wellFormed(value);
    case 'number':
    case 'bigint':
      return String(value);
    case 'boolean':
      return value ? 't' : 'f';
    case 'undefined':
      return null;
  }
  if (value === null) return null;
  if (value instanceof Uint8Array) return `\\x${Buffer.from(value.buffer, value.byteOffset, value.byteLength).toString('hex')}`;
  if (Array.isArray(value)) return toArrayText(value);
  throw new ObserveBridgeError('OB_INTERNAL', 'database', `A value of type ${typeof value} was given to the database.`);
}

function wellFormed(text: string): string {
  const valid = text.isWellFormed() ? text : text.toWellFormed();
  return valid.includes('\0') ? valid.replaceAll('\0', '\uFFFD') : valid;
}

function toArrayText(values: readonly unknown[]): string {
  const items = values.map((value) => {
    if (Array.isArray(value)) return toArrayText(value);
    const text = toText(value);
    return text === null ? 'NULL' : `"${text.replace(/["\\]/g, '\\$&')}"`;
  });
  return `{${items.join(',')}}`;
}
