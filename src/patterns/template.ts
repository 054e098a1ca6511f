import { kinds } from './classify.ts';
import type { MessageReader } from './message.ts';
import type { Scanner } from './scanner.ts';
import { joinTokens, VARIABLE } from './template-tokens.ts';

/** What stands for a line without any text. */
export const EMPTY_TEMPLATE = '<empty>';

/**
 * The canonical template of a scanned message. It depends on nothing but the signature: constants are text, variables are `<*>`, joined as
 * `joinTokens` does.
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
  const tail = scanner.hasTail || message.hasMoreLines ? VARIABLE : '';
  const sections = [joinTokens(toTokens(message.text, scanner, isVariable)), message.exception, tail, message.fields].filter(
    (section) => section !== '',
  );
  return clean(sections.join(' ')) || EMPTY_TEMPLATE;
}

function* toTokens(text: string, { starts, ends, types, count }: Scanner, isVariable: (index: number) => boolean): Iterable<string> {
  for (let index = 0; index < count; index++) {
    if (types[index] === kinds.space) yield ' ';
    else yield isVariable(index) ? VARIABLE : text.slice(starts[index], ends[index]);
  }
}

/** PostgreSQL text holds neither NUL nor lone surrogates. */
function clean(template: string): string {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: field names may hold anything
  return template.toWellFormed().replace(/[\u0000-\u001f\u007f]+/g, ' ');
}
