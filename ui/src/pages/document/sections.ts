import type { DocumentPage } from '../../../../src/api/contract.ts';

type Passage = DocumentPage['items'][number];

/** A passage as it is read after the one before: only headings that are new, without what it repeats. */
export interface Section {
  readonly passage: number;
  readonly headings: readonly { readonly level: number; readonly text: string }[];
  readonly content: string;
}

/** Passages as one text: the title stands above all of them, and a passage that goes on in the next one has lent it its last sentence. */
export function toSections(passages: readonly Passage[], title: string | null): Section[] {
  return passages.map(({ passage, headings, content }, index) => {
    const before = passages[index - 1];
    const path = withoutTitle(headings, title);
    const known = before === undefined ? [] : withoutTitle(before.headings, title);
    const different = path.findIndex((text, depth) => text !== known[depth]);
    return {
      passage,
      headings: different < 0 ? [] : path.map((text, depth) => ({ level: depth + 2, text })).slice(different),
      content: different < 0 && before !== undefined && path.length === known.length ? withoutLoan(before.content, content) : content,
    };
  });
}

function withoutTitle(headings: readonly string[], title: string | null): readonly string[] {
  return headings[0] === title ? headings.slice(1) : headings;
}

function withoutLoan(before: string, content: string): string {
  const end = content.indexOf('\n\n');
  return end > 0 && before.endsWith(content.slice(0, end)) ? content.slice(end + 2) : content;
}
