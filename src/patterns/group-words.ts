import { ContextHash } from './context-hash.ts';
import { isWord, type TemplateTokens, VARIABLE } from './template-tokens.ts';

/**
 * How many different words must stand at one place, in contexts that are equal otherwise, before the place is a variable. All are from the cautious end
 * of the ranges over which the results on known logs do not change: a merge too many hurts sources that nobody has seen more than one too few.
 */
const enough = {
  /** Where a variable stands in one of the templates already, with at least `besideContext` words around it. */
  besideVariable: 2,
  besideContext: 2,
  /** After `=`, and alone in quotes or brackets. */
  enclosed: 4,
  /** When all of them have one or two characters. */
  short: 4,
  /** When all of them end in a part of capitals, as constants of enumerations do. */
  enumeration: 5,
  /** With four and more words around it, and with fewer. */
  amidMany: 6,
  manyContext: 4,
  amidFew: 12,
} as const;

const closers: Readonly<Record<string, string>> = { '"': '"', "'": "'", '(': ')', '[': ']', '{': '}', '<': '>' };
const MAX_SHORT = 2;
const constantName = /\.[A-Z_]{4,}$/;

/** Places at which words vary while everything around them is equal become variables; all places of all templates are judged before any is changed. */
export function findVaryingWords(templates: ReadonlyMap<string, TemplateTokens>): Map<string, TemplateTokens> {
  const varying = new Map<string, Set<number>>();
  for (const places of bucketsOf(templates)) {
    if (!varies(places)) continue;
    for (const { text, position } of places) {
      const positions = varying.get(text) ?? new Set();
      varying.set(text, positions.add(position));
    }
  }
  const found = new Map<string, TemplateTokens>();
  for (const [text, positions] of varying) {
    const tokens = templates.get(text) ?? [];
    found.set(
      text,
      tokens.map((token, position) => (positions.has(position) ? VARIABLE : token)),
    );
  }
  return found;
}

/** One place of one template. */
interface Place {
  readonly text: string;
  readonly tokens: TemplateTokens;
  readonly position: number;
}

/** Places of words and variables whose contexts are equal, where there are at least two. */
function bucketsOf(templates: ReadonlyMap<string, TemplateTokens>): Iterable<readonly Place[]> {
  const first = new Map<number, Place>();
  const buckets = new Map<number, Place[]>();
  const hashes = new Map<string, number>();
  for (const [text, tokens] of templates) {
    const context = new ContextHash(tokens, hashes);
    for (const [position, token] of tokens.entries()) {
      if (token !== VARIABLE && !isWord(token)) continue;
      const key = context.without(position);
      const place = { text, tokens, position };
      const known = first.get(key);
      if (known === undefined) first.set(key, place);
      else {
        const bucket = buckets.get(key);
        if (bucket === undefined) buckets.set(key, [known, place]);
        else bucket.push(place);
      }
    }
  }
  return buckets.values();
}

function varies(places: readonly Place[]): boolean {
  const [sample] = places;
  if (sample === undefined) return false;
  const { tokens, position } = sample;
  const words = places.map((place) => place.tokens[place.position] ?? '').filter((word) => word !== VARIABLE);
  const context = tokens.filter((token, index) => index !== position && isWord(token)).length;
  if (words.length < places.length) return words.length >= enough.besideVariable && context >= enough.besideContext;
  if (context === 0) return false;
  return words.length >= threshold(tokens, position, words, context);
}

function threshold(tokens: TemplateTokens, position: number, words: readonly string[], context: number): number {
  const before = tokens[position - 1];
  if (before === '=' || (before !== undefined && closers[before] !== undefined && closers[before] === tokens[position + 1])) {
    return enough.enclosed;
  }
  if (words.every((word) => word.length <= MAX_SHORT)) return enough.short;
  if (words.every((word) => constantName.test(word))) return enough.enumeration;
  return context >= enough.manyContext ? enough.amidMany : enough.amidFew;
}
