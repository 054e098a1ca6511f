import { isWord, type TemplateTokens, VARIABLE } from './template-tokens.ts';

const openers = new Set(['(', '[', '{']);
const closers = new Set([')', ']', '}']);
const ends = new Set([' ', ',', ';', '|', '"', "'", '>', '=']);

/** A template without the values of its `key=value` pairs, and those values. */
interface Pairs {
  readonly skeleton: string;
  readonly values: readonly TemplateTokens[];
}

/**
 * Templates that are equal up to the values of their `key=value` pairs: a value that is a variable in one of them is one in all, `Name{<*>}` included.
 * Unlike single words, several values may differ at once.
 */
export function findVaryingValues(templates: ReadonlyMap<string, TemplateTokens>): Map<string, TemplateTokens> {
  const groups = new Map<string, { text: string; pairs: Pairs }[]>();
  for (const [text, tokens] of templates) {
    if (!text.includes('=')) continue;
    const pairs = splitPairs(tokens);
    const group = groups.get(pairs.skeleton);
    if (group === undefined) groups.set(pairs.skeleton, [{ text, pairs }]);
    else group.push({ text, pairs });
  }
  const found = new Map<string, TemplateTokens>();
  for (const group of groups.values()) {
    if (group.length < 2) continue;
    const isVariable = (group[0]?.pairs.values ?? []).map((_, slot) => group.some(({ pairs }) => isPlain(pairs.values[slot])));
    for (const { text, pairs } of group) {
      if (pairs.values.every((value, slot) => !isVariable[slot] || isPlain(value))) continue;
      const { values } = pairs;
      found.set(text, fill(templates.get(text) ?? [], values, isVariable));
    }
  }
  return found;
}

const isPlain = (value: TemplateTokens | undefined): boolean => value?.length === 1 && value[0] === VARIABLE;

/** Length of the value behind the `=` at `at`, 0 when there is none or the `=` belongs to no key. */
function valueLength(tokens: TemplateTokens, at: number): number {
  if (tokens[at] !== '=' || !isWord(tokens[at - 1])) return 0;
  let depth = 0;
  let next = at + 1;
  for (; next < tokens.length; next++) {
    const token = tokens[next] ?? '';
    if (openers.has(token)) depth++;
    else if (closers.has(token) && --depth < 0) break;
    else if (depth === 0 && ends.has(token)) break;
  }
  return depth > 0 ? 0 : next - at - 1;
}

function splitPairs(tokens: TemplateTokens): Pairs {
  const values: TemplateTokens[] = [];
  let skeleton = '';
  for (let at = 0; at < tokens.length; at++) {
    skeleton += tokens[at];
    const length = valueLength(tokens, at);
    if (length === 0) continue;
    values.push(tokens.slice(at + 1, at + 1 + length));
    skeleton += '\u0000';
    at += length;
  }
  return { skeleton, values };
}

function fill(tokens: TemplateTokens, values: readonly TemplateTokens[], isVariable: readonly boolean[]): TemplateTokens {
  const filled: string[] = [];
  let slot = 0;
  for (let at = 0; at < tokens.length; at++) {
    filled.push(tokens[at] ?? '');
    const length = valueLength(tokens, at);
    if (length === 0) continue;
    filled.push(...(isVariable[slot] ? [VARIABLE] : (values[slot] ?? [])));
    slot++;
    at += length;
  }
  return filled;
}
