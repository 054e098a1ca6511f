import { isSizeUnit } from './classify.ts';
import { type TemplateTokens, VARIABLE } from './template-tokens.ts';

/** A unit of size that varies in an otherwise equal template, or is sometimes absent, belongs to the number before it. */
export function findVaryingUnits(templates: ReadonlyMap<string, TemplateTokens>): Map<string, TemplateTokens> {
  const groups = new Map<string, { text: string; tokens: TemplateTokens; bare: TemplateTokens }[]>();
  for (const [text, tokens] of templates) {
    if (!tokens.includes(VARIABLE)) continue;
    const bare = tokens.filter((_, at) => !(isUnit(tokens, at) || isUnit(tokens, at + 1)));
    const key = bare.join('');
    const group = groups.get(key);
    if (group === undefined) groups.set(key, [{ text, tokens, bare }]);
    else group.push({ text, tokens, bare });
  }
  const found = new Map<string, TemplateTokens>();
  for (const group of groups.values()) {
    if (group.length < 2) continue;
    for (const { text, tokens, bare } of group) if (bare.length < tokens.length) found.set(text, bare);
  }
  return found;
}

/** Whether the token is a unit behind a variable and a space. */
function isUnit(tokens: TemplateTokens, at: number): boolean {
  return tokens[at - 1] === ' ' && tokens[at - 2] === VARIABLE && isSizeUnit(tokens[at] ?? '');
}
