import { lexer, type MarkedToken, type Token, type Tokens } from 'marked';
import { Fragment, type ReactNode, useMemo } from 'react';
import './markdown.css';
import { WebLink } from './web-link.tsx';

/**
 * Markdown as elements. Nothing of it becomes markup by itself: HTML is shown as text, pictures as links, and only web addresses are links,
 * because documents come from anywhere.
 */
export function Markdown({ text }: { readonly text: string }) {
  const tokens = useMemo(() => read(text), [text]);
  return tokens === undefined ? <pre>{text}</pre> : <div className="markdown">{showAll(tokens)}</div>;
}

function read(text: string): Token[] | undefined {
  try {
    return lexer(text);
  } catch {
    // Nested more deeply than can be read.
    return undefined;
  }
}

function showAll(tokens: readonly Token[] | undefined): ReactNode {
  // biome-ignore lint/suspicious/noArrayIndexKey: a part of a text is its place
  return (tokens ?? []).map((token, index) => <Fragment key={index}>{show(token as MarkedToken)}</Fragment>);
}

function show(token: MarkedToken): ReactNode {
  switch (token.type) {
    case 'space':
    case 'def':
      return null;
    case 'heading':
      return <h4>{showAll(token.tokens)}</h4>;
    case 'paragraph':
      return <p>{showAll(token.tokens)}</p>;
    case 'blockquote':
      return <blockquote>{showAll(token.tokens)}</blockquote>;
    case 'list': {
      const items = token.items.map((item: Tokens.ListItem, index: number) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: an item is its place
        <li key={index}>{showAll(item.tokens)}</li>
      ));
      return token.ordered ? <ol start={Number(token.start) || 1}>{items}</ol> : <ul>{items}</ul>;
    }
    case 'code':
      return (
        // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reachable by keyboard
        <pre tabIndex={0}>
          <code>{token.text}</code>
        </pre>
      );
    case 'table':
      return <MarkdownTable table={token} />;
    case 'hr':
      return <hr />;
    case 'br':
      return <br />;
    case 'checkbox':
      return token.checked ? '☑ ' : '☐ ';
    case 'strong':
      return <strong>{showAll(token.tokens)}</strong>;
    case 'em':
      return <em>{showAll(token.tokens)}</em>;
    case 'del':
      return <del>{showAll(token.tokens)}</del>;
    case 'codespan':
      return <code>{token.text}</code>;
    case 'link':
      return <WebLink href={token.href}>{showAll(token.tokens)}</WebLink>;
    case 'image':
      return <WebLink href={token.href}>{token.text || 'picture'}</WebLink>;
    case 'text':
      return 'tokens' in token && token.tokens ? showAll(token.tokens) : token.text;
    default:
      return token.text;
  }
}

function MarkdownTable({ table }: { readonly table: Tokens.Table }) {
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reachable by keyboard
    <section className="table-frame" aria-label="Table of the document" tabIndex={0}>
      <table>
        <thead>
          <tr>
            {table.header.map((cell, index) => (
              // biome-ignore lint/suspicious/noArrayIndexKey: a cell is its place
              <th key={index} scope="col">
                {showAll(cell.tokens)}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {table.rows.map((row, place) => (
            // biome-ignore lint/suspicious/noArrayIndexKey: a row is its place
            <tr key={place}>
              {row.map((cell, index) => (
                // biome-ignore lint/suspicious/noArrayIndexKey: a cell is its place
                <td key={index}>{showAll(cell.tokens)}</td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
    </section>
  );
}
