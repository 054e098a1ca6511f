import { Lexer, type Token } from 'marked';
import { parse } from 'yaml';
import { createOutline, type Outline } from './outline.ts';
import { readHtml } from './read-html.ts';

/** Reads Markdown (CommonMark with GitHub's tables): blocks stay as they are written, HTML blocks become text, front matter may name the title. */
export function readMarkdown(text: string): Outline {
  const [whole, front] = /^---[ \t]*\n([\s\S]*?)\n(?:---|\.\.\.)[ \t]*(?:\n|$)/.exec(text) ?? [];
  const outline = createOutline();
  for (const token of new Lexer().blockTokens(limitNesting(text.slice(whole?.length ?? 0)))) {
    if (token.type === 'heading') outline.heading(token.depth, toPlainText(token.text));
    else if (token.type === 'html')
      for (const section of readHtml(token.raw).sections) for (const block of section.blocks) outline.block(block);
    else if (!['space', 'def', 'hr'].includes(token.type)) outline.block(token.raw.replace(/^\n+/, '').trimEnd());
  }
  return outline.build(titleOf(front));
}

/** The time to parse lists and quotes grows with more than the square of their depth: far deeper than people write, they are paragraphs. */
function limitNesting(text: string): string {
  return text.replace(/^[ \t]{60,}/gm, ' '.repeat(60)).replace(/^(?=(?:[ \t]{0,60}(?:>|[-+*](?=[ \t])|\d{1,9}[.)](?=[ \t]))){10})/gm, '\\');
}

function titleOf(front: string | undefined): string | undefined {
  if (front === undefined) return undefined;
  try {
    const { title } = Object(parse(front)) as { title?: unknown };
    return typeof title === 'string' ? title : undefined;
  } catch {
    // Front matter that is not YAML names no title; the document is still worth having.
    return undefined;
  }
}

/** A heading without its markup. A long one stays as it is, because the time to parse it may grow with the square of its length. */
function toPlainText(heading: string): string {
  return heading.length > 1000 ? heading : flatten(Lexer.lexInline(heading));
}

function flatten(tokens: readonly Token[]): string {
  return tokens
    .map((token) => {
      if (token.type === 'html') return '';
      if ('tokens' in token && token.tokens) return flatten(token.tokens);
      return 'text' in token ? String(token.text) : '';
    })
    .join('');
}
