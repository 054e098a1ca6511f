import { parseSeverity, type Severity } from '../core/severity.ts';
import { MASK_CHARACTER } from './characters.ts';
import { type PatternsConfig, toMasks } from './config.ts';
import { type Fields, readJsonFields, readLogfmtFields, unescapeText } from './fields.ts';
import { HeaderReader } from './header.ts';
import type { Header } from './header-record.ts';
import { isLetter } from './header-shapes.ts';
import { readSecondLine, trailingLogger } from './header-starts.ts';
import { leadingSeverity } from './leading-level.ts';
import { isDigit } from './timestamp.ts';
import { UnitBuffer, type Units } from './units.ts';

/** No line costs more than this many characters, and nothing beyond them has a meaning. */
export const MAX_LINE_LENGTH = 4096;

const MAX_DEPTH = 4;
const messageFields = ['message', 'msg', 'log', 'body', 'event', 'text', 'error', 'err'];
const levelFields = new Set([
  'level',
  'severity',
  'lvl',
  'loglevel',
  'log_level',
  'log.level',
  'levelname',
  'severity_text',
  'severityText',
]);
const levelNumberFields = new Set(['severity_number', 'severityNumber']);
const containerFields = new Set(
  'log message stream time _p logtag kubernetes docker container_id container_name container source attrs date tag'.split(' '),
);
/** Levels that bunyan and pino write as multiples of ten, beyond OpenTelemetry's range. */
const numericLevels: Readonly<Record<string, Severity>> = {
  10: 'trace',
  20: 'debug',
  30: 'info',
  40: 'warn',
  50: 'error',
  60: 'fatal',
};
// biome-ignore lint/suspicious/noControlCharactersInRegex: terminal colours begin with the escape character
const terminalColours = /\u001b\[[0-9;]*[A-Za-z]/g;

/**
 * Finds the message of a line: without terminal colours, container and JSON or logfmt wrapping, and header. After `read` the fields hold the result
 * until the next one.
 */
export class MessageReader {
  /** The message is `text[start, end)`; it is one line. */
  text = '';
  /** The code units of `text`. */
  readonly units: Units;
  start = 0;
  end = 0;
  /** Sorted names of the fields beside the message, as `{a, b}`, or ''. */
  fields = '';
  /** Exception class of the stack trace behind the first line, or ''. */
  exception = '';
  /** Whether more lines follow the first. */
  hasMoreLines = false;
  /** Whether the end of the message was beyond the limit. */
  isCut = false;
  severity: Severity | null = null;
  /** The last header read; its ranges lie in `headerText`. */
  readonly header: Header;
  headerText = '';
  readonly #ignored: ReadonlySet<string>;
  readonly #masks: readonly RegExp[];
  readonly #buffer = new UnitBuffer(MAX_LINE_LENGTH);
  readonly #headers = new HeaderReader();

  constructor(config: PatternsConfig) {
    this.#ignored = new Set(config.ignore_fields);
    this.#masks = toMasks(config);
    this.units = this.#buffer.units;
    this.header = this.#headers.header;
  }

  /** Reads a line of any content and length; never throws. */
  read(line: string): void {
    this.isCut = line.length >= MAX_LINE_LENGTH;
    let text = this.isCut ? line.slice(0, MAX_LINE_LENGTH) : line;
    if (!text.isWellFormed()) text = text.toWellFormed();
    if (text.includes('\u001b')) text = text.replace(terminalColours, '');
    this.#setText(text);
    this.fields = '';
    this.severity = null;
    let depth = 0;
    do {
      this.#skipHeader();
    } while (depth++ < MAX_DEPTH && this.#unwrap());
    if (this.#masks.length > 0) this.#mask();
    this.#cutLine();
    this.#cutLogger();
    this.severity ??= leadingSeverity(this.units, this.start, this.end);
  }

  #setText(text: string): void {
    this.text = text;
    this.start = 0;
    this.end = text.length;
    this.#buffer.write(text);
  }

  #skipHeader(): void {
    const { units } = this;
    let at = this.start;
    while (at < this.end && (units[at] ?? 0) <= 32) at++;
    this.start = this.#headers.read(units, at, this.end);
    this.headerText = this.text;
    if (this.header.severity !== null) this.severity = this.header.severity;
  }

  /** Replaces the message by the one inside its JSON or logfmt wrapping; false when there is none. */
  #unwrap(): boolean {
    const { text, start, end, units } = this;
    const code = units[start] ?? 0;
    let fields: Fields | null = null;
    if (code === 123) fields = readJsonFields(text, start, end, this.isCut);
    else if (beginsPair(units, start, end)) {
      fields = readLogfmtFields(text, start, end);
      if (fields !== null && !fields.names.some((name) => levelFields.has(name) || name === 'msg' || name === 'message')) return false;
    }
    return fields !== null && this.#enter(fields);
  }

  #enter(fields: Fields): boolean {
    const { names, starts, ends, quoted } = fields;
    const { text } = this;
    let message = -1;
    for (const name of messageFields) {
      const at = names.indexOf(name);
      if (at >= 0 && (quoted[at] || text.charCodeAt(starts[at] ?? 0) === 123 || text.charCodeAt(this.start) !== 123)) {
        message = at;
        break;
      }
    }
    const level = this.#readLevel(fields);
    const isContainer = message >= 0 && names.length > 1 && names.every((name) => containerFields.has(name));
    if (!isContainer) {
      const kept = names.filter(
        (name, at) => at !== message && at !== level && !levelFields.has(name) && !levelNumberFields.has(name) && !this.#ignored.has(name),
      );
      const shown = [...new Set(kept.map((name) => (/\d{3}|^\d/.test(name) ? '<*>' : name)))].sort();
      if (shown.length > 0 || message < 0) this.fields += `${this.fields && ' '}{${shown.join(', ')}}`;
    }
    const start = starts[message];
    const end = ends[message];
    if (start === undefined || end === undefined) {
      this.start = this.end;
      return false;
    }
    this.isCut &&= end === this.end;
    if (quoted[message]) {
      this.#setText(unescapeText(text.slice(start, end)));
    } else {
      this.start = start;
      this.end = end;
    }
    return true;
  }

  /** Index of the field that holds the level, or -1. */
  #readLevel({ names, starts, ends }: Fields): number {
    for (let at = 0; at < names.length; at++) {
      const name = names[at] ?? '';
      const isNumber = levelNumberFields.has(name);
      const value = this.text.slice(starts[at], ends[at]);
      // MongoDB names the field by one letter, and so is the level.
      if (!isNumber && !levelFields.has(name) && !(name === 's' && /^[A-Z]$/.test(value))) continue;
      const severity = (isNumber ? null : numericLevels[value]) ?? parseSeverity(value);
      if (severity !== null) {
        this.severity = severity;
        return at;
      }
    }
    return -1;
  }

  #mask(): void {
    let message = this.text.slice(this.start, this.end);
    for (const mask of this.#masks) message = message.replace(mask, (match) => (match === '' ? '' : MASK_CHARACTER));
    this.#setText(message);
  }

  /** Takes the logger from the end of the line, where Kafka's layout has it. */
  #cutLogger(): void {
    const { level, logger, time } = this.header;
    if (
      this.units[this.end - 1] !== 41 ||
      level.end === 0 ||
      logger.end > 0 ||
      this.units[time.start] !== 91 ||
      this.headerText !== this.text
    )
      return;
    const at = trailingLogger(this.units, this.start, this.end);
    if (at < 0) return;
    logger.start = at + 2;
    logger.end = this.end - 1;
    this.end = at;
  }

  /** Keeps the first line, and of a stack trace behind it the class of the exception. */
  #cutLine(): void {
    const { text, end } = this;
    this.exception = '';
    this.hasMoreLines = false;
    let newline = text.indexOf('\n', this.start);
    if (newline < 0 || newline >= end) return;
    if (this.header.time.end > 0 && this.header.level.end === 0 && this.headerText === text) {
      const start = readSecondLine(this.units, this.start, newline, end, this.header);
      if (start > 0) {
        this.start = start;
        this.severity = this.header.severity;
        newline = text.indexOf('\n', start);
        if (newline < 0 || newline >= end) return;
      }
    }
    this.end = newline;
    this.isCut = false;
    let at = newline + 1;
    while (at < end) {
      const next = text.indexOf('\n', at);
      const stop = next < 0 || next > end ? end : next;
      if (stop > at && text.charCodeAt(at) > 32) {
        this.hasMoreLines = true;
        const match = /^(?:Caused by: )?((?:[A-Za-z_$][\w$]*\.)*[A-Za-z_$][\w$]*(?:Exception|Error|Throwable))(?:$|[:\s])/.exec(
          text.slice(at, Math.min(stop, at + 256)),
        );
        if (match) {
          this.exception = match[1] ?? '';
          return;
        }
      } else if (!this.hasMoreLines && text.slice(at, stop).trim() !== '') this.hasMoreLines = true;
      at = stop + 1;
    }
  }
}

/** Whether the line begins with `key=`. */
function beginsPair(units: Units, start: number, end: number): boolean {
  for (let at = start; at < end; at++) {
    const code = units[at] ?? 0;
    if (isLetter(code) || code === 95) continue;
    if (code === 61) return at > start;
    if (at === start || !(isDigit(code) || code === 45 || code === 46)) return false;
  }
  return false;
}
