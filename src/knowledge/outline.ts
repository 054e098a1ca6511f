/** A stretch of a document under one path of headings, outermost first; blocks are paragraphs, lists, tables and the like, in order. */
export interface Section {
  readonly headings: readonly string[];
  readonly blocks: readonly string[];
}

/** What a reader makes of a document; the title is absent where the document names none. */
export interface Outline {
  readonly title?: string;
  readonly sections: readonly Section[];
}

/** Takes headings and blocks in the order of the document. */
export interface OutlineBuilder {
  heading(depth: number, text: string): void;
  block(text: string): void;
  /** The outline so far; the title is the given one, else the first heading of the first depth. */
  build(title?: string): Outline;
}

const LONGEST_HEADING = 300;

/** An empty outline. Sections without text leave no trace but in the paths of those below them. */
export function createOutline(): OutlineBuilder {
  const sections: { headings: string[]; blocks: string[] }[] = [];
  let path: { depth: number; text: string }[] = [];
  let current: { headings: string[]; blocks: string[] } | undefined;
  let firstHeading: string | undefined;
  return {
    heading(depth, text) {
      const line = text.replace(/\s+/g, ' ').trim().slice(0, LONGEST_HEADING).toWellFormed();
      if (line === '') return;
      if (depth === 1) firstHeading ??= line;
      path = [...path.filter((above) => above.depth < depth), { depth, text: line }];
      current = undefined;
    },
    block(text) {
      if (text.trim() === '') return;
      if (!current) {
        current = { headings: path.map((above) => above.text), blocks: [] };
        sections.push(current);
      }
      current.blocks.push(text);
    },
    build(given) {
      const title = given?.replace(/\s+/g, ' ').trim().slice(0, LONGEST_HEADING).toWellFormed() || firstHeading;
      return { ...(title === undefined ? {} : { title }), sections };
    },
  };
}
