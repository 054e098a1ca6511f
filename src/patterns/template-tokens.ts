import { isSizeUnit } from './classify.ts';

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
 * The canonical text of tokens: variables that touch each other or are joined by a colon or bar are one, a unit of size belongs to the number
 * before it, and a list of variables in square brackets is one variable, as is a long row of them.
 */
export function joinTokens(tokens: Iterable<string>): string {
  const parts: string[] = [];
  for (const text of tokens) {
    if (text === VARIABLE) pushVariable(parts);
    else if (text === ']') closeList(parts);
    else if (parts.at(-1) === ' ' && parts.at(-2) === VARIABLE && isSizeUnit(text)) parts.pop();
    else parts.push(text);
  }
  if (parts.at(-1) === ' ') parts.pop();
  return parts.join('');
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

function closeList(parts: string[]): void {
  const last = parts.length - 1;
  if (parts[last] === VARIABLE) {
    const first = runStart(parts, last, ', ');
    if (first < last && parts[first - 1] === '[' && parts[first + 1] === ',') parts.splice(first + 1);
  }
  parts.push(']');
}
