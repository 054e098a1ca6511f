import { hashHex } from '../core/hash.ts';
import type { Severity } from '../core/severity.ts';
import { kinds } from './classify.ts';
import { defaultPatternsConfig, type PatternsConfig } from './config.ts';
import type { Field } from './header-record.ts';
import { MessageReader } from './message.ts';
import { Scanner } from './scanner.ts';
import { toMask, toTemplate } from './template.ts';

/** The name of what a token was taken for. */
export type Kind = Exclude<keyof typeof kinds, 'space'>;

/** One token of the message with the reason for what it became. */
export interface ExplainedToken {
  readonly text: string;
  readonly class: 'constant' | 'delimiter' | 'variable';
  readonly kind: Kind;
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

const reasons: Readonly<Record<Kind, string>> = {
  delimiter: 'separates tokens',
  word: 'a word',
  name: 'a name: key, function, class, source file or term with a digit',
  number: 'a number or quantity',
  hex: 'hexadecimal digits',
  identifier: 'letters mixed with digits',
  path: 'a path',
  url: 'a URL or drive path',
  dotted: 'a dotted name: package, host or file',
  literal: 'a literal value',
  quoted: 'a quoted value of a key',
  user: 'the name of a user',
  timestamp: 'a date with its time',
  address: 'an address',
  long: 'too long for a word',
  garbage: 'holds bytes that are no text',
  masked: 'matches a configured mask, or is `<*>` itself',
};

const kindNames = new Map<number, Kind>(Object.keys(reasons).map((name) => [kinds[name as Kind], name as Kind]));

/** Explains the pattern of a line; the template and fingerprint equal the miner's. */
export function explainLine(line: string, config: PatternsConfig = defaultPatternsConfig): Explanation {
  const message = new MessageReader(config);
  const scanner = new Scanner(config.max_tokens);
  message.read(line);
  scanner.scan(message.units, message.start, message.end, message.isCut);
  const tokens: ExplainedToken[] = [];
  for (let index = 0; index < scanner.count; index++) {
    const type = scanner.types[index] ?? 0;
    const kind = kindNames.get(type);
    if (kind === undefined) continue;
    tokens.push({
      text: message.text.slice(scanner.starts[index], scanner.ends[index]),
      class: type === kinds.delimiter ? 'delimiter' : type > kinds.name ? 'variable' : 'constant',
      kind,
      why: reasons[kind],
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
