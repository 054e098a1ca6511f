import { isWord, joinTokens, type TemplateTokens, VARIABLE } from './template-tokens.ts';

/** Words around the place that a twin needs; with fewer, two different messages look the same. */
const MIN_CONTEXT = 2;

const closers: Readonly<Record<string, string>> = { '(': ')', '{': '}', '[': ']', '<': '>', '"': '"', "'": "'", '#': '#' };

/**
 * A value that is written with its kind or in quotes in one template and without in another, such as `LOCAL(0)` or `"10.1.2.3"` beside `10.1.2.3`:
 * `word(<*>)`, `word{<*>}`, `word:<*>`, `word - <*>`, `"<*>"` and `[<*>]` become the variable, where a template exists that is equal otherwise.
 */
export function findTwins(templates: ReadonlyMap<string, TemplateTokens>): Map<string, TemplateTokens> {
  const found = new Map<string, TemplateTokens>();
  for (const [text, tokens] of templates) {
    if (tokens.filter(isWord).length <= MIN_CONTEXT) continue;
    for (let at = 0; at < tokens.length - 2; at++) {
      const length = quotedLength(tokens, at) || kindLength(tokens, at);
      if (length === 0) continue;
      const twin = [...tokens.slice(0, at), VARIABLE, ...tokens.slice(at + length)];
      if (!templates.has(joinTokens(twin))) continue;
      found.set(text, twin);
      break;
    }
  }
  return found;
}

/** Number of tokens of a variable in quotes or brackets that stands alone, or 0. */
function quotedLength(tokens: TemplateTokens, at: number): number {
  const closer = closers[tokens[at] ?? ''];
  return closer !== undefined && tokens[at + 1] === VARIABLE && tokens[at + 2] === closer && !isWord(tokens[at - 1]) ? 3 : 0;
}

/** Number of tokens of a word that says the kind of the variable behind it, together with it, or 0. */
function kindLength(tokens: TemplateTokens, at: number): number {
  if (!isWord(tokens[at])) return 0;
  const mark = tokens[at + 1] ?? '';
  if (tokens[at + 2] === VARIABLE && closers[mark] !== undefined && tokens[at + 3] === closers[mark]) return 4;
  if (mark === ':' && tokens[at + 2] === VARIABLE) return 3;
  return mark === ' ' && tokens[at + 2] === '-' && tokens[at + 3] === ' ' && tokens[at + 4] === VARIABLE ? 5 : 0;
}
