import { Unreadable } from './value.ts';

const LINE_OPEN = '\uFDD0';
const LINE_CLOSE = '\uFDD1';
/** Keeps apart the braces of raw text. */
const APART = '\uFDD5';

/** Lines of output, each beginning with the mark of its line in the template where there is one. */
export function splitLines(output: string): readonly string[] {
  return output.replaceAll(APART, '').split('\n');
}

/** The line of the template that the last mark in the text names; undefined without a mark. */
export function lastLine(text: string): number | undefined {
  const last = [...text.matchAll(/\uFDD0(\d+)\uFDD1/g)].at(-1);
  return last && Number(last[1]);
}

/** Removes line marks from text that is used as a value. */
export function withoutLines(text: string): string {
  return text.includes(LINE_OPEN) || text.includes(APART) ? text.replace(/\uFDD0\d+\uFDD1|\uFDD5/g, '') : text;
}

interface Tag {
  readonly kind: '{{' | '{%' | '{#';
  readonly inner: string;
  readonly end: number;
  readonly stripsBefore: boolean;
  readonly stripsAfter: boolean;
}

/** Finds the end of a tag, passing over strings and nested braces. */
function endOfTag(source: string, start: number, kind: string): number {
  const close = kind === '{{' ? '}}' : '%}';
  let depth = 0;
  let quote = '';
  for (let at = start + 2; at < source.length; at += 1) {
    const character = source[at] ?? '';
    if (quote !== '') {
      if (character === '\\') at += 1;
      else if (character === quote) quote = '';
    } else if (depth <= 0 && source.startsWith(close, at)) return at;
    else if (character === '"' || character === "'") quote = character;
    else if (character === '{') depth += 1;
    else if (character === '}') depth -= 1;
  }
  return -1;
}

function readTag(source: string, start: number, line: number): Tag {
  const kind = source.slice(start, start + 2) as Tag['kind'];
  const end = kind === '{#' ? source.indexOf('#}', start + 2) : endOfTag(source, start, kind);
  if (end < 0) throw new Unreadable(`has a template tag that does not end, at line ${line}`);
  const inner = source.slice(start + 2, end);
  return {
    kind,
    inner: inner.replace(/^[-+]/, '').replace(/[-+]$/, ''),
    end: end + 2,
    stripsBefore: inner.startsWith('-'),
    stripsAfter: inner.endsWith('-'),
  };
}

/** The parser knows only some escapes in strings; Jinja keeps the backslash of the others. */
function repairStrings(code: string): string {
  return code.replace(/"(?:\\[\s\S]|[^"\\])*"|'(?:\\[\s\S]|[^'\\])*'/g, (text) =>
    text.replace(/\\([\s\S])/g, (sequence, character) => {
      if (character === '\n') return '';
      return 'ntrbfv\'"\\'.includes(character) ? sequence : `\\\\${character}`;
    }),
  );
}

function importStatement(code: string): string[] {
  const [, from, names = ''] = /^from\s+([\s\S]+?)\s+import\s+([\s\S]+)$/.exec(code) ?? [];
  if (from === undefined) {
    const [, file, name] = /^import\s+([\s\S]+?)\s+as\s+(\w+)$/.exec(code) ?? [];
    if (file === undefined) throw new Unreadable('imports templates in a way that is not understood');
    return [`set ${name} = imported(${file})`];
  }
  return names.split(',').map((each) => {
    const [name = '', , alias = name] = each.trim().split(/\s+/);
    return `set ${alias} = imported(${from}).${name}`;
  });
}

/** Puts brackets around `"a", "b"` behind the `in` of a loop. */
function withList(code: string): string {
  const [, head, list = ''] = /^(for\s[^"'[{]*?\sin)\s+([\s\S]+)$/.exec(code) ?? [];
  if (head === undefined) return code;
  const bare = list.replace(/"[^"]*"|'[^']*'/g, '').replace(/\([^()]*\)|\[[^[\]]*\]|\{[^{}]*\}/g, '');
  return bare.includes(',') && !/[([{]/.test(bare) ? `${head} [${list}]` : code;
}

/** Brings statements that the parser does not know into ones that it does. */
function rewriteStatement(inner: string): string[] {
  const code = repairStrings(inner).trim();
  const [keyword = ''] = /^\w+/.exec(code) ?? [];
  const rest = code.slice(keyword.length).trim();
  const plain = code.replace(/\s+with(?:out)?\s+context$/, '');
  switch (keyword) {
    case 'block':
    case 'endblock':
    case 'autoescape':
    case 'endautoescape':
    case 'endwith':
      return [];
    case 'with':
      if ((rest.match(/(?<![=!<>])=(?!=)/g) ?? []).length > 1) throw new Unreadable('uses {% with %} with several variables');
      return rest === '' ? [] : [`{% set ${rest} %}`];
    case 'do':
      return [`{% set _ = ${rest} %}`];
    case 'include':
      return [`{{ include(${plain.slice('include'.length).replace(/\s+ignore\s+missing$/, '')}) }}`];
    case 'import':
    case 'from':
      return importStatement(plain).map((statement) => `{% ${statement} %}`);
    case 'for':
      return [`{% ${withList(code.replace(/\s+recursive$/, ''))} %}`];
    case 'extends':
      throw new Unreadable('uses {% extends %}, which is not supported');
    default:
      return [`{% ${code} %}`];
  }
}

/** Removes trailing blanks of text, as `{%-` demands, across the line marks between them. */
function trimEnd(text: string): string {
  return text.replace(/(?:\s|\uFDD0\d+\uFDD1)+$/, (blank) => /\uFDD0\d+\uFDD1$/.exec(blank.trimEnd())?.[0] ?? '');
}

/** Text from `start` with the number of its line at the beginning of each; what white-space control removes is left out. */
function markLines(piece: string, firstLine: number, strips: boolean, trims: boolean): string {
  const rest = strips ? piece.trimStart() : trims ? piece.replace(/^\n/, '') : piece;
  const line = firstLine + countLines(piece.slice(0, piece.length - rest.length));
  const lines = rest.replace(/[ \t]{9,}/g, ' ').split('\n');
  return lines.map((each, index) => `${LINE_OPEN}${line + index}${LINE_CLOSE}${each}`).join('\n');
}

function countLines(text: string): number {
  return text.split('\n').length - 1;
}

/** The raw text that begins at `start`, and where its block ends. */
function readRaw(source: string, start: number, line: number): { raw: string; end: number; stripsAfter: boolean } {
  const close = /\{%[-+]?\s*endraw\s*[-+]?%\}/g;
  close.lastIndex = start;
  const match = close.exec(source);
  if (!match) throw new Unreadable(`has a raw block that does not end, at line ${line}`);
  const raw = source.slice(start, match.index).replace(/\{(?=[{%#])/g, `{${APART}`);
  return { raw, end: match.index + match[0].length, stripsAfter: match[0].endsWith('-%}') };
}

/**
 * Prepares a template for the parser: every line of text carries its number, comments and white-space control are carried out as Ansible
 * configures them (`trim_blocks`), raw text is kept from being read. Throws `Unreadable`.
 */
export function prepareTemplate(source: string): string {
  const output: string[] = [];
  const opening = /\{[{%#]/g;
  let line = 1;
  let at = 0;
  let strips = false;
  let trims = false;
  while (at < source.length) {
    opening.lastIndex = at;
    const start = opening.exec(source)?.index ?? source.length;
    const piece = source.slice(at, start);
    output.push(markLines(piece, line, strips, trims));
    line += countLines(piece);
    if (start === source.length) break;
    const tag = readTag(source, start, line);
    if (tag.stripsBefore) output.push(trimEnd(output.pop() ?? ''));
    at = tag.end;
    strips = tag.stripsAfter;
    trims = tag.kind !== '{{';
    if (tag.kind === '{{') output.push(`{{ ${repairStrings(tag.inner)} }}`);
    else if (tag.kind === '{%' && tag.inner.trim() === 'raw') {
      const { raw, end, stripsAfter } = readRaw(source, at, line);
      output.push(markLines(raw, line, strips, trims));
      at = end;
      strips = stripsAfter;
    } else if (tag.kind === '{%') output.push(...rewriteStatement(tag.inner));
    line += countLines(source.slice(start, at));
  }
  return output.join('');
}
