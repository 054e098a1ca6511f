import { ObserveBridgeError } from '../core/error.ts';
import type { Outline } from './outline.ts';
import { type Passage, toPassages } from './passages.ts';
import { readHtml } from './read-html.ts';
import { readMarkdown } from './read-markdown.ts';

export const documentFormats = ['markdown', 'html'] as const;
export type DocumentFormat = (typeof documentFormats)[number];

/** A document as it is stored: text that a database takes, cut into passages. */
export interface KnowledgeDocument {
  readonly title: string | undefined;
  readonly passages: readonly Passage[];
}

/** Beyond this many characters a text is a dump and not a document. */
const LONGEST_DOCUMENT = 5_000_000;

/**
 * Reads a document; `title` replaces its own. Throws `OB_DOCUMENT_INVALID`, naming the URI, for one that holds no text, more than 5 million
 * characters, or is nested too deeply.
 */
export function readDocument(uri: string, format: DocumentFormat, text: string, title?: string): KnowledgeDocument {
  if (text.length > LONGEST_DOCUMENT) throw refuse(uri, `has more than ${LONGEST_DOCUMENT} characters`);
  const outline = { ...outlineOf(uri, format, clean(text)), ...(title === undefined ? {} : { title: clean(title) }) };
  const passages = toPassages(outline);
  if (passages.length === 0) throw refuse(uri, 'holds no text');
  return { title: outline.title, passages };
}

function outlineOf(uri: string, format: DocumentFormat, text: string): Outline {
  try {
    return format === 'html' ? readHtml(text) : readMarkdown(text);
  } catch (error) {
    throw refuse(uri, 'is nested too deeply to be read', error);
  }
}

/** Without what PostgreSQL refuses and without pictures that are written into the text. */
function clean(text: string): string {
  return text
    .toWellFormed()
    .replace(/^\ufeff/, '')
    .replace(/\r\n?/g, '\n')
    .replaceAll('\0', '\ufffd')
    .replace(/data:[\w.+-]{1,50}\/[\w.+-]{1,50};base64,[A-Za-z0-9+/=]+/g, 'data:');
}

function refuse(uri: string, what: string, cause?: unknown): ObserveBridgeError {
  return new ObserveBridgeError('OB_DOCUMENT_INVALID', 'usage', `The document ${uri} ${what}.`, cause);
}

/** The format that the name of a file stands for; undefined for other files. */
export function formatOf(path: string): DocumentFormat | undefined {
  if (/\.(md|markdown)$/i.test(path)) return 'markdown';
  return /\.(html|htm|xhtml)$/i.test(path) ? 'html' : undefined;
}

/** The text of a file: by its byte order mark, else what an HTML document declares, else UTF-8. */
export function decodeText(bytes: Uint8Array, format: DocumentFormat): string {
  const mark = bytes[0] === 0xff && bytes[1] === 0xfe ? 'utf-16le' : bytes[0] === 0xfe && bytes[1] === 0xff ? 'utf-16be' : undefined;
  const head = Buffer.from(bytes.subarray(0, 1024)).toString('latin1');
  const declared = format === 'html' ? /<meta[^>]{1,200}charset\s*=\s*["']?([\w-]{1,40})/i.exec(head)?.[1] : undefined;
  try {
    return new TextDecoder(mark ?? declared ?? 'utf-8').decode(bytes);
  } catch {
    // An encoding that nobody knows.
    return new TextDecoder().decode(bytes);
  }
}
