import type { Passage } from './passages.ts';

/** What a document may name: each with the position of the first passage that does. */
export interface Mentions {
  /** URNs as they are written. */
  readonly urns: ReadonlyMap<string, number>;
  /** Words and names in lower case. */
  readonly names: ReadonlyMap<string, number>;
}

const URN = /\burn:[a-z0-9][a-z0-9-]{0,31}:[^\s`'"<>()[\]{}|,;]{1,500}/gi;
const NAME = /[\p{L}\p{N}](?:[\p{L}\p{N}._-]{0,250}[\p{L}\p{N}])?/gu;
const CODE = /```[\s\S]*?```|`[^`\n]+`/g;

/**
 * The URNs and names in a text that could mean a resource. A plain word such as `user` only counts in a heading or as code, because a service of
 * that name is not what most sentences with the word are about.
 */
export function listMentions(passages: readonly Passage[]): Mentions {
  const urns = new Map<string, number>();
  const names = new Map<string, number>();
  passages.forEach(({ headings, content }, index) => {
    for (const text of [...headings, content]) {
      for (const [found] of text.matchAll(URN)) note(urns, found.replace(/[.:!?*_]+$/, ''), index);
    }
    for (const [found] of content.matchAll(NAME)) if (!isPlainWord(found)) note(names, found.toLowerCase(), index);
    for (const marked of [...headings, ...(content.match(CODE) ?? [])]) {
      for (const [found] of marked.matchAll(NAME)) if (found.length > 1) note(names, found.toLowerCase(), index);
    }
  });
  return { urns, names };
}

function note(places: Map<string, number>, found: string, index: number): void {
  if (!places.has(found)) places.set(found, index);
}

function isPlainWord(name: string): boolean {
  return name.length < 3 || /^[\p{L}]+$|^[\d.]+$/u.test(name);
}
