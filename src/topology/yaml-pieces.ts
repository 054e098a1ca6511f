/** A document of a YAML stream, or an element of its top-level list `items`. */
export interface YamlPiece {
  readonly text: string;
  /** From 1. */
  readonly firstLine: number;
  /** Whether it was longer than what is held; its text is empty then. */
  readonly isTooLong: boolean;
}

/** What a single document or element may take. */
const MAX_LENGTH = 16 * 1024 * 1024;

/**
 * Cuts a YAML stream into what can be parsed by itself, holding one piece at a time. The elements of a top-level list `items`, as lists of
 * Kubernetes objects have, are pieces of their own.
 */
export async function* cutYaml(bytes: AsyncIterable<Uint8Array>): AsyncGenerator<YamlPiece> {
  let lines: string[] = [];
  let length = 0;
  let firstLine = 1;
  let line = 0;
  /** Spaces before the dashes of the list of items that is being read; -1 before its first dash. */
  let dash: number | undefined;

  const take = (next: number): YamlPiece[] => {
    const piece = { text: length > MAX_LENGTH ? '' : lines.join('\n'), firstLine, isTooLong: length > MAX_LENGTH };
    const isBlank = lines.every((text) => /^(?:---)?\s*(?:#.*)?$/.test(text)) && !piece.isTooLong;
    lines = [];
    length = 0;
    firstLine = next;
    return isBlank ? [] : [piece];
  };
  for await (const text of cutLines(bytes)) {
    line++;
    let kept = text;
    if (/^(?:---|\.\.\.)(?:\s|$)/.test(text)) {
      yield* take(line);
      dash = undefined;
      if (text.startsWith('...')) kept = '';
    } else if (/^items:\s*(?:#.*)?$/.test(text)) {
      yield* take(line);
      dash = -1;
      kept = '';
    } else if (dash !== undefined) {
      const [, indent, content] = /^( *)(\S.*)?$/s.exec(text) ?? [];
      if (content !== undefined && indent !== undefined && !content.startsWith('#')) {
        if (dash === -1) dash = /^-(?:\s|$)/.test(content) ? indent.length : undefined;
        if (dash !== undefined && indent.length === dash && /^-(?:\s|$)/.test(content)) {
          yield* take(line);
          kept = `${indent} ${content.slice(1)}`;
        } else if (dash !== undefined && indent.length <= dash) {
          yield* take(line);
          dash = undefined;
        }
      }
    }
    length += kept.length + 1;
    if (length > MAX_LENGTH) lines = [];
    else lines.push(kept);
  }
  yield* take(line);
}

async function* cutLines(bytes: AsyncIterable<Uint8Array>): AsyncGenerator<string> {
  const decoder = new TextDecoder();
  let rest: string[] = [];
  let length = 0;
  for await (const piece of bytes) {
    const parts = decoder.decode(piece, { stream: true }).split('\n');
    for (const [index, part] of parts.entries()) {
      // What is too long to be read is not held either; it stays too long.
      if (length <= MAX_LENGTH) rest.push(part);
      length += part.length;
      if (index === parts.length - 1) continue;
      yield rest.join('').replace(/\r$/, '');
      rest = [];
      length = 0;
    }
  }
  const last = rest.join('') + decoder.decode();
  if (last !== '') yield last;
}
