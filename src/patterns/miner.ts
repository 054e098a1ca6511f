import { hashHex } from '../core/hash.ts';
import { rank, type Severity } from '../core/severity.ts';
import { defaultPatternsConfig, type PatternsConfig } from './config.ts';
import { MessageReader } from './message.ts';
import { Scanner } from './scanner.ts';
import { SignatureTable } from './signature-table.ts';
import { toCoarseTemplate, toTemplate } from './template.ts';

/** What lines with the same constants have in common. */
export interface Pattern {
  /** 16 hexadecimal digits: `hashHex` of the template, whatever was seen before it. */
  readonly fingerprint: string;
  /** The message with every variable as `<*>`. */
  readonly template: string;
  /** The level in the line's own header or fields, or null. */
  readonly severity: Severity | null;
}

/** Turns log lines into patterns. The template of a line depends on the line alone, until the signature limit is reached. */
export interface PatternMiner {
  /** Code of the line's pattern: a small non-negative integer, the same for the same line always. Any text has one; nothing throws. */
  code(line: string): number;
  /** The pattern of a code this miner gave out; codes that differ only in severity share a fingerprint. */
  pattern(code: number): Pattern;
  /** Number of codes given out; codes are 0 to size - 1. */
  readonly size: number;
  /** Number of lines that got a coarser pattern because `max_signatures` was reached. */
  readonly coarsened: number;
}

/** The pattern of what comes when the coarse patterns have reached their own limit, `max_signatures` again. */
const CATCH_ALL = '<*>';

/** Creates a miner; memory is bounded by `max_signatures`. Throws `OB_CONFIG_INVALID` for a mask that is no regular expression. */
export function createMiner(config: PatternsConfig = defaultPatternsConfig): PatternMiner {
  const message = new MessageReader(config);
  const scanner = new Scanner(config.max_tokens);
  const signatures = new SignatureTable();
  const codes = new Map<string, number>();
  const patterns: Pattern[] = [];
  let coarsened = 0;

  const codeOf = (template: string, severity: Severity | null) => {
    const key = `${rank(severity)}${template}`;
    let code = codes.get(key);
    if (code === undefined) {
      code = patterns.length;
      codes.set(key, code);
      patterns.push({ fingerprint: hashHex(template), template, severity });
    }
    return code;
  };

  const coarseCode = () => {
    coarsened++;
    const template = toCoarseTemplate(message, scanner);
    const isKnown = codes.has(`${rank(message.severity)}${template}`);
    return codeOf(isKnown || patterns.length < 2 * config.max_signatures ? template : CATCH_ALL, message.severity);
  };

  return {
    code(line) {
      message.read(line);
      scanner.scan(message.units, message.start, message.end, message.isCut);
      if (message.fields !== '') mixText(scanner, message.fields);
      if (message.hasMoreLines) mixText(scanner, `\n${message.exception}`);
      scanner.mix(rank(message.severity));
      const known = signatures.get(scanner.high, scanner.low);
      if (known >= 0) return known;
      if (signatures.size >= config.max_signatures) return coarseCode();
      const code = codeOf(toTemplate(message, scanner), message.severity);
      signatures.add(scanner.high, scanner.low, code);
      return code;
    },
    pattern(code) {
      const pattern = patterns[code];
      if (pattern === undefined) throw new RangeError(`There is no pattern with code ${code}.`);
      return pattern;
    },
    get size() {
      return patterns.length;
    },
    get coarsened() {
      return coarsened;
    },
  };
}

function mixText(scanner: Scanner, text: string): void {
  for (let at = 0; at < text.length; at++) scanner.mix(text.charCodeAt(at));
}
