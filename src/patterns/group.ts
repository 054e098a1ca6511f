import { findListGroups } from './group-lists.ts';
import { findTwins } from './group-twins.ts';
import { findVaryingUnits } from './group-units.ts';
import { findVaryingValues } from './group-values.ts';
import { findVaryingWords } from './group-words.ts';
import { joinTokens, splitTemplate, type TemplateTokens } from './template-tokens.ts';

/** One way to see that templates are the same but for a variable: the more general tokens of those templates that have them, by text. */
export type Generalisation = (templates: ReadonlyMap<string, TemplateTokens>) => ReadonlyMap<string, TemplateTokens>;

/** Each sees what the ones before it made of the templates. */
const generalisations: readonly Generalisation[] = [findListGroups, findVaryingUnits, findVaryingValues, findVaryingWords, findTwins];

/** A position that became variable may make its neighbours comparable; four rounds reach the end on everything measured. */
const MAX_ROUNDS = 4;

/**
 * The general template of each template: the same text, or one in which words that vary in an otherwise equal context are variables. A pure function
 * of the set of templates: their order does not matter. More templates make the result coarser, hardly ever finer.
 */
export function groupTemplates(templates: Iterable<string>): Map<string, string> {
  const general = new Map<string, string>();
  for (const template of templates) general.set(template, template);
  let current = new Map<string, TemplateTokens>([...general.keys()].sort().map((template) => [template, splitTemplate(template)]));
  for (let round = 0; round < MAX_ROUNDS; round++) {
    let changed = false;
    for (const generalise of generalisations) {
      const replaced = toTexts(generalise(current));
      if (replaced.size === 0) continue;
      changed = true;
      current = replace(current, replaced);
      for (const [template, known] of general) general.set(template, replaced.get(known) ?? known);
    }
    if (!changed) break;
  }
  return general;
}

/** The text of the more general tokens by the text they stand for. */
function toTexts(found: ReadonlyMap<string, TemplateTokens>): Map<string, string> {
  const texts = new Map<string, string>();
  for (const [text, tokens] of found) {
    const joined = joinTokens(tokens);
    if (joined !== text) texts.set(text, joined);
  }
  return texts;
}

function replace(current: Map<string, TemplateTokens>, replaced: ReadonlyMap<string, string>): Map<string, TemplateTokens> {
  const next = new Map<string, TemplateTokens>();
  for (const [text, tokens] of current) {
    const general = replaced.get(text);
    if (general === undefined) next.set(text, tokens);
    else if (!next.has(general)) next.set(general, current.get(general) ?? splitTemplate(general));
  }
  return next;
}
