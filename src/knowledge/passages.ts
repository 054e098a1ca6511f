import type { Outline } from './outline.ts';

/** A part of a document that is found and shown by itself: its path of headings, the title first, and at most `LONGEST_PASSAGE` characters. */
export interface Passage {
  readonly headings: readonly string[];
  readonly content: string;
}

/** About 400 words: enough for an answer, and within what small embedding models read. */
export const LONGEST_PASSAGE = 1600;
/** A passage that goes on in the next one lends it its last sentence, unless that is longer. */
const LONGEST_OVERLAP = 200;

/** Cuts a document along its headings, and longer sections between blocks, lines, sentences or words, in this order of preference. */
export function toPassages(outline: Outline): Passage[] {
  return outline.sections.flatMap(({ headings, blocks }) => {
    const path = outline.title === undefined || headings[0] === outline.title ? headings : [outline.title, ...headings];
    return fill(blocks).map((content) => ({ headings: path, content }));
  });
}

function fill(blocks: readonly string[]): string[] {
  const passages: string[] = [];
  let content = '';
  for (const piece of blocks.flatMap(split)) {
    if (content === '') content = piece;
    else if (content.length + 2 + piece.length <= LONGEST_PASSAGE) content += `\n\n${piece}`;
    else {
      passages.push(content);
      const overlap = lastSentence(content);
      content = overlap !== '' && overlap.length + 2 + piece.length <= LONGEST_PASSAGE ? `${overlap}\n\n${piece}` : piece;
    }
  }
  return content === '' ? passages : [...passages, content];
}

function split(block: string): string[] {
  const pieces: string[] = [];
  let rest = block;
  while (rest.length > LONGEST_PASSAGE) {
    const cut = findCut(rest.slice(0, LONGEST_PASSAGE));
    pieces.push(rest.slice(0, cut).trimEnd());
    rest = rest.slice(cut).replace(/^(?:[ \t]*\n)+/, '');
  }
  return [...pieces, rest].filter((piece) => piece.trim() !== '');
}

/** The last good place to cut in the second half of a text. */
function findCut(text: string): number {
  const half = text.length / 2;
  const line = text.lastIndexOf('\n') + 1;
  if (line > half) return line;
  for (const border of [/[.!?]\s+|[。！？]/g, /\s+/g]) {
    const last = [...text.matchAll(border)].at(-1);
    const end = last ? last.index + last[0].length : 0;
    if (end > half) return end;
  }
  // A character beyond the basic plane has two halves.
  return /[\ud800-\udbff]$/.test(text) ? text.length - 1 : text.length;
}

function lastSentence(text: string): string {
  const tail = text.slice(-LONGEST_OVERLAP - 1).trimEnd();
  const starts = [...tail.slice(0, -1).matchAll(/[.!?]\s+|[。！？\n]\s*/g)].at(-1);
  return starts ? tail.slice(starts.index + starts[0].length) : '';
}
