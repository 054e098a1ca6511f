/** What stands for a variable in a template. */
export const VARIABLE = '<*>';

/** The tokens of a template in order: variables, single spaces, single delimiters and words. */
export type TemplateTokens = readonly string[];

/** More variables than this in a row are a list of varying length. */
const MAX_RUN = 8;

const token = /<\*>| |[,;:=|"'()[\]{}<>]|[^ ,;:=|"'()[\]{}<>]+/g;
const delimiter = /^[ ,;:=|"'()[\]{}<>]$/;

/** Takes a template apart; `joinTokens` of the result gives the template again. */
export function splitTemplate(template: string): TemplateTokens {
  return template.match(token) ?? [];
}

/** Whether the token is constant text rather than a variable, a space or a delimiter. */
export function isWord(text: string | undefined): text is string {
  return text !== undefined && text !== VARIABLE && !delimiter.test(text);
}

/**
 * The canonical text of tokens: variables that touch each other or are joined by a colon or bar are one, a list of variables in brackets is one variable,
 * as is a long row of them or one with commas, and no space is at the end.
 */
export function joinTokens(tokens: Iterable<string>): string {
  const parts: string[] = [];
  for (const text of tokens) {
    if (text === VARIABLE) pushVariable(parts);
    else if (text === ']' || text === ')' || text === '}') closeList(parts, text);
    else parts.push(text);
  }
  if (parts.at(-1) === ' ') parts.pop();
  return joinRows(parts).join('');
}

function pushVariable(parts: string[]): void {
  const last = parts.at(-1);
  if (last === VARIABLE) return;
  if ((last === ':' || last === '|') && parts.at(-2) === VARIABLE) {
    parts.pop();
    return;
  }
  parts.push(VARIABLE);
}

/** A long row of variables, or three with commas, is a list; what follows an equals sign or opens the arguments of a function is none. */
function joinRows(parts: readonly string[]): string[] {
  const joined: string[] = [];
  for (let at = 0; at < parts.length; at++) {
    joined.push(parts[at] ?? '');
    if (parts[at] !== VARIABLE) continue;
    const before = parts[at - 1];
    const isArgument = before === '=' || (before === '(' && isWord(parts[at - 2]));
    const { end, length, hasCommas } = rowFrom(parts, at);
    const isList = length > MAX_RUN || (length > 2 && hasCommas && !isArgument);
    if (!isList) joined.push(...parts.slice(at + 1, end + 1));
    at = end;
  }
  return joined;
}

/** The row of variables that begins at `from`: its last part, how many they are, and whether a comma stands behind each but the last. */
function rowFrom(parts: readonly string[], from: number): { end: number; length: number; hasCommas: boolean } {
  const row = { end: from, length: 1, hasCommas: true };
  for (;;) {
    const hasComma = parts[row.end + 1] === ',';
    const space = row.end + (hasComma ? 2 : 1);
    const next = parts[space] === ' ' ? space + 1 : space;
    if (parts[next] !== VARIABLE || next === row.end + 1) return row;
    row.end = next;
    row.length++;
    row.hasCommas &&= hasComma;
  }
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

/** Ends a list in brackets: variables become one variable, and elements that are all the same become one of them, because lengths vary. */
function closeList(parts: string[], close: string): void {
  const last = parts.length - 1;
  const first = parts[last] === VARIABLE ? runStart(parts, last, ', ') : last;
  if (first < last && opensList(parts, first)) parts.splice(first + 1);
  else if (close === ']') joinElements(parts);
  parts.push(close);
}

/** Whether what stands before the first variable opens a list rather than the arguments of a function. */
function opensList(parts: readonly string[], first: number): boolean {
  const opening = parts[first - 1];
  return opening === '[' || ((opening === '(' || opening === '{') && parts[first + 1] === ',' && !isWord(parts[first - 2]));
}

/** `[{"a":<*>},{"a":<*>}` becomes `[{"a":<*>}`. */
function joinElements(parts: string[]): void {
  let depth = 0;
  let end = parts.length;
  let element: string | undefined;
  for (let at = parts.length - 1; at >= 0; at--) {
    const part = parts[at] ?? '';
    if (part === ']' || part === '}' || part === ')') depth++;
    if (depth > 0 && (part === '[' || part === '{' || part === '(')) depth--;
    else if (depth === 0 && (part === ',' || part === '[')) {
      const text = parts
        .slice(at + 1, end)
        .join('')
        .trim();
      if (!text.includes(VARIABLE) || (element !== undefined && element !== text)) return;
      if (part === '[') {
        if (element !== undefined) parts.splice(end);
        return;
      }
      element = text;
      end = at;
    } else if (depth === 0 && (part === '{' || part === '(')) return;
  }
}
