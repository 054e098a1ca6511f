import { lexer, type Token } from 'marked';

/** The words of Markdown without its signs; the text as it is where it is nested too deeply to be read. */
export function toPlainText(markdown: string): string {
  try {
    return flattenAll(lexer(markdown));
  } catch {
    return markdown;
  }
}

const flattenAll = (tokens: readonly Token[]): string => tokens.map((token) => flatten(token)).join('');

function flatten(token: Token): string {
  switch (token.type) {
    case 'table':
      return [token.header, ...token.rows]
        .map((row) => row.map((cell: { tokens: Token[] }) => flattenAll(cell.tokens)).join(', '))
        .join('; ')
        .concat(' ');
    case 'list':
      return flattenAll(token.items);
    case 'space':
    case 'br':
      return ' ';
  }
  if (token.type === 'code') return `${token.text} `;
  if ('tokens' in token && token.tokens) return `${flattenAll(token.tokens)}${isBlock(token) ? ' ' : ''}`;
  return 'text' in token ? String(token.text) : token.raw;
}

/** Text within an item of a list is a block of its own, unlike other text it has parts. */
const isBlock = ({ type }: Token): boolean => ['paragraph', 'heading', 'blockquote', 'list_item', 'text'].includes(type);
