import { toText } from './column-values.ts';

/** A piece of a COPY in text format that ends at the end of a row. */
export interface CopyChunk {
  readonly bytes: Buffer;
  readonly rows: number;
}

const CHUNK_CHARACTERS = 256 * 1024;
const SPECIAL = /[\\\t\n\r]/;
const SPECIALS = /[\\\t\n\r]/g;
const ESCAPES: Record<string, string> = { '\\': '\\\\', '\t': '\\t', '\n': '\\n', '\r': '\\r' };

/** Encodes rows in PostgreSQL's COPY text format, lazily, in chunks of about 256 kB, so that memory does not grow with the number of rows. */
export function* encodeCopyRows(rows: Iterable<readonly unknown[]>): Generator<CopyChunk> {
  let text = '';
  let count = 0;
  for (const row of rows) {
    for (let column = 0; column < row.length; column++) text += column === 0 ? encodeCell(row[column]) : `\t${encodeCell(row[column])}`;
    text += '\n';
    count++;
    if (text.length >= CHUNK_CHARACTERS) {
      yield { bytes: Buffer.from(text), rows: count };
      text = '';
      count = 0;
    }
  }
  if (count > 0) yield { bytes: Buffer.from(text), rows: count };
}

function encodeCell(value: unknown): string {
  const text = toText(value);
  if (text === null) return '\\N';
  // Numbers and times, the bulk of the cells, need no replacement.
  return SPECIAL.test(text) ? text.replace(SPECIALS, (character) => ESCAPES[character] ?? character) : text;
}
