import { hashHex } from '../core/hash.ts';
import type { Severity } from '../core/severity.ts';
import { kinds } from './classify.ts';
import { defaultPatternsConfig, type PatternsConfig } from './config.ts';
import type { Field } from './header.ts';
import { MessageReader } from './message.ts';
import { Scanner } from './scanner.ts';
import { toMask, toTemplate } from './template.ts';

/** One token of the message with the reason for what it became. */
export interface ExplainedToken {
  readonly text: string;
  readonly class: 'constant' | 'delimiter' | 'variable';
  readonly why: string;
}

/** How one line becomes a pattern, step by step. */
export interface Explanation {
  readonly header: { readonly time?: string; readonly level?: string; readonly thread?: string; readonly logger?: string };
  /** Names of the fields beside the message of a JSON or logfmt line, as `{a, b}`, or ''. */
  readonly fields: string;
  readonly tokens: readonly ExplainedToken[];
  /** The message with each variable as `<*>`, before neighbours are joined. */
  readonly mask: string;
  readonly template: string;
  readonly fingerprint: string;
  readonly severity: Severity | null;
}

const reasons: Readonly<Record<number, string>> = {
  [kinds.delimiter]: 'separates tokens',
  [kinds.word]: 'a word',
  [kinds.name]: 'a name: key, function, class, source file or term with a digit',
  [kinds.number]: 'a number or quantity',
  [kinds.hex]: 'hexadecimal digits',
  [kinds.identifier]: 'letters mixed with digits',
  [kinds.path]: 'a path',
  [kinds.url]: 'a URL or drive path',
  [kinds.dotted]: 'a dotted name: package, host or file',
  [kinds.literal]: 'a literal value',
  [kinds.quoted]: 'a quoted value of a key',
  [kinds.user]: 'the name of a user',
  [kinds.timestamp]: 'a date with its time',
  [kinds.address]: 'an address',
  [kinds.long]: 'too long for a word',
  [kinds.garbage]: 'holds bytes that are no text',
  [kinds.masked]: 'matches a configured mask',
};

/** Explains the pattern of a line; the template and fingerprint equal the miner's. */
export function explainLine(line: string, config: PatternsConfig = defaultPatternsConfig): Explanation {
  const message = new MessageReader(config);
  const scanner = new Scanner(config.max_tokens);
  message.read(line);
  scanner.scan(message.text, message.start, message.end, message.isCut);
  const tokens: ExplainedToken[] = [];
  for (let index = 0; index < scanner.count; index++) {
    const type = scanner.types[index] ?? 0;
    if (type === kinds.space) continue;
    tokens.push({
      text: message.text.slice(scanner.starts[index], scanner.ends[index]),
      class: type === kinds.delimiter ? 'delimiter' : type > kinds.name ? 'variable' : 'constant',
      why: reasons[type] ?? '',
    });
  }
  const template = toTemplate(message, scanner);
  return {
    header: headerTexts(message),
    fields: message.fields,
    tokens,
    mask: toMask(message, scanner),
    template,
    fingerprint: hashHex(template),
    severity: message.severity,
  };
}

function headerTexts({ headerText, header }: MessageReader): Explanation['header'] {
  const textOf = (field: Field) => headerText.slice(field.start, field.end);
  const entries = { time: textOf(header.time), level: textOf(header.level), thread: textOf(header.thread), logger: textOf(header.logger) };
  return Object.fromEntries(Object.entries(entries).filter(([, text]) => text !== ''));
}
