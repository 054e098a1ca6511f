import { isWord, type TemplateTokens, VARIABLE } from './template-tokens.ts';

/** Words of context that a list of varying length needs, and fewer when its lengths say it clearly. */
const MIN_CONTEXT = 3;
const CLEAR_CONTEXT = 2;
const CLEAR_LENGTHS = 3;
const CLEAR_LENGTH = 5;
/** Lists of words in brackets that differ, before the words are values. */
const MIN_WORD_LISTS = 3;

/** Templates that differ only in how many variables follow each other, or in the words of a list in brackets, have one variable there. */
export function findListGroups(templates: ReadonlyMap<string, TemplateTokens>): Map<string, TemplateTokens> {
  const found = new Map<string, TemplateTokens>();
  collect(templates, collapseRuns, isVaryingLength, found);
  collect(templates, collapseBrackets, isVaryingList, found);
  return found;
}

/** A template with its lists collapsed, and what went. */
interface Collapsed {
  readonly tokens: TemplateTokens;
  /** What was taken out, as text. */
  readonly removed: string;
  /** Length of the longest list. */
  readonly length: number;
}

function collect(
  templates: ReadonlyMap<string, TemplateTokens>,
  collapse: (tokens: TemplateTokens) => Collapsed | undefined,
  decides: (shapes: readonly Collapsed[]) => boolean,
  found: Map<string, TemplateTokens>,
): void {
  const groups = new Map<string, { text: string; shape: Collapsed }[]>();
  for (const [text, tokens] of templates) {
    const shape = collapse(tokens);
    if (shape === undefined) continue;
    const key = shape.tokens.join('');
    const group = groups.get(key);
    if (group === undefined) groups.set(key, [{ text, shape }]);
    else group.push({ text, shape });
  }
  for (const group of groups.values()) {
    if (group.length < 2 || !decides(group.map(({ shape }) => shape))) continue;
    for (const { text, shape } of group) if (!found.has(text)) found.set(text, shape.tokens);
  }
}

function isVaryingList(shapes: readonly Collapsed[]): boolean {
  const lists = new Set(shapes.map(({ removed }) => removed));
  return lists.size >= MIN_WORD_LISTS && [...lists].some((list) => list.includes(','));
}

function isVaryingLength(shapes: readonly Collapsed[]): boolean {
  const lengths = new Set(shapes.map(({ length }) => length));
  if (lengths.size < 2) return false;
  const context = (shapes[0]?.tokens ?? []).filter(isWord).length;
  if (context >= MIN_CONTEXT) return true;
  return context >= CLEAR_CONTEXT && (lengths.size >= CLEAR_LENGTHS || Math.max(...lengths) >= CLEAR_LENGTH);
}

/** Rows of variables that spaces or commas part become one variable; undefined when the template has no variable. */
function collapseRuns(tokens: TemplateTokens): Collapsed | undefined {
  const kept: string[] = [];
  let length = 0;
  let longest = 0;
  let removed = '';
  for (let at = 0; at < tokens.length; at++) {
    const token = tokens[at] ?? '';
    if (token !== VARIABLE) {
      kept.push(token);
      continue;
    }
    kept.push(VARIABLE);
    length = 1;
    for (let next = nextInRun(tokens, at); next > 0; next = nextInRun(tokens, at)) {
      removed += tokens.slice(at + 1, next + 1).join('');
      at = next;
      length++;
    }
    longest = Math.max(longest, length);
  }
  return longest === 0 ? undefined : { tokens: kept, removed, length: longest };
}

/** Position of the variable that follows the one at `at` behind a space, a comma or both, or 0. */
function nextInRun(tokens: TemplateTokens, at: number): number {
  let next = at + 1;
  if (tokens[next] === ',') next++;
  if (tokens[next] === ' ') next++;
  return next > at + 1 && tokens[next] === VARIABLE ? next : 0;
}

/** `[a, b]` becomes `[<*>]` when words and variables with commas are all there is in it; undefined when nothing is such a list. */
function collapseBrackets(tokens: TemplateTokens): Collapsed | undefined {
  const kept: string[] = [];
  let removed = '';
  let longest = 0;
  for (let at = 0; at < tokens.length; at++) {
    kept.push(tokens[at] ?? '');
    if (tokens[at] !== '[') continue;
    const end = listEnd(tokens, at + 1);
    if (end < 0) continue;
    removed += `${tokens.slice(at + 1, end).join('')}]`;
    longest = Math.max(longest, end - at);
    kept.push(VARIABLE);
    at = end - 1;
  }
  return longest === 0 ? undefined : { tokens: kept, removed, length: longest };
}

function listEnd(tokens: TemplateTokens, from: number): number {
  for (let at = from; at < tokens.length; at++) {
    const token = tokens[at];
    if (token === ']') return at > from ? at : -1;
    if (token !== VARIABLE && token !== ',' && token !== ' ' && !isWord(token)) return -1;
    if (token === ' ' && tokens[at - 1] !== ',') return -1;
  }
  return -1;
}
