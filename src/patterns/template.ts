import { isSizeUnit, kinds } from './classify.ts';
import type { MessageReader } from './message.ts';
import type { Scanner } from './scanner.ts';

const VARIABLE = '<*>';
/** More variables than this in a row are a list of varying length. */
const MAX_RUN = 8;

/** What stands for a line without any text. */
export const EMPTY_TEMPLATE = '<empty>';

/**
 * The canonical template of a scanned message. It depends on nothing but the signature: constants are text, variables are `<*>`, variables that touch
 * each other or are joined by colons are one, and a unit of size belongs to its number.
 */
export function toTemplate(message: MessageReader, scanner: Scanner): string {
  return finish(message, scanner, (index) => (scanner.types[index] ?? 0) > kinds.name);
}

/** The message with every variable masked but nothing joined. */
export function toMask({ text }: MessageReader, { starts, ends, types, count, hasTail }: Scanner): string {
  let mask = '';
  for (let index = 0; index < count; index++) {
    const type = types[index] ?? 0;
    mask += type === kinds.space ? ' ' : type > kinds.name ? VARIABLE : text.slice(starts[index], ends[index]);
  }
  return clean(hasTail ? `${mask.trimEnd()} ${VARIABLE}` : mask);
}

/** A coarser template for lines beyond the signature limit: the first word and the delimiters stay, everything else is variable. */
export function toCoarseTemplate(message: MessageReader, scanner: Scanner): string {
  let first = -1;
  for (let index = 0; index < scanner.count && first < 0; index++) if (scanner.types[index] === kinds.word) first = index;
  return finish(message, scanner, (index) => index !== first && (scanner.types[index] ?? 0) >= kinds.word);
}

function finish(message: MessageReader, scanner: Scanner, isVariable: (index: number) => boolean): string {
  const parts = toParts(message.text, scanner, isVariable);
  if (parts.at(-1) === ' ') parts.pop();
  const tail = scanner.hasTail || message.hasMoreLines ? VARIABLE : '';
  const sections = [parts.join(''), message.exception, tail, message.fields].filter((section) => section !== '');
  return clean(sections.join(' ')) || EMPTY_TEMPLATE;
}

function toParts(text: string, { starts, ends, types, count }: Scanner, isVariable: (index: number) => boolean): string[] {
  const parts: string[] = [];
  for (let index = 0; index < count; index++) {
    const type = types[index] ?? 0;
    const word = text.slice(starts[index], ends[index]);
    if (type === kinds.space) parts.push(' ');
    else if (isVariable(index)) pushVariable(parts);
    else if (word === ']' && type === kinds.delimiter) closeList(parts);
    else if (parts.at(-1) === ' ' && parts.at(-2) === VARIABLE && isSizeUnit(word)) parts.pop();
    else parts.push(word);
  }
  return parts;
}

function pushVariable(parts: string[]): void {
  const last = parts.at(-1);
  if (last === VARIABLE) return;
  if ((last === ':' || last === '|') && parts.at(-2) === VARIABLE) {
    parts.pop();
    return;
  }
  parts.push(VARIABLE);
  if (parts.at(-2) !== ' ') return;
  const first = runStart(parts, parts.length - 1, ' ,');
  if (parts.length - first > 2 * MAX_RUN) parts.splice(first + 1);
}

/** Where the run of variables that ends at `last` begins, when nothing but the separators stands between them. */
function runStart(parts: readonly string[], last: number, separators: string): number {
  let first = last;
  for (let at = last - 1; at >= 0; at--) {
    const part = parts[at] ?? '';
    if (part === VARIABLE) first = at;
    else if (!separators.includes(part)) break;
  }
  return first;
}

/** A list of variables in square brackets is one variable, because its length varies too. */
function closeList(parts: string[]): void {
  const last = parts.length - 1;
  if (parts[last] === VARIABLE) {
    const first = runStart(parts, last, ', ');
    if (first < last && parts[first - 1] === '[' && parts[first + 1] === ',') parts.splice(first + 1);
  }
  parts.push(']');
}

/** PostgreSQL text holds neither NUL nor lone surrogates. */
function clean(template: string): string {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: field names may hold anything
  return template.toWellFormed().replace(/[\u0000-\u001f\u007f]+/g, ' ');
}
