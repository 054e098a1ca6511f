import { Unreadable } from './value.ts';

const WORD = /'([^']*)'|"((?:\\[\s\S]|[^"\\])*)"|\\([\s\S])|([^\s'"\\#]+)/y;

/** Splits a line into words as a POSIX shell does; `#` begins a comment wherever it stands unquoted. Throws `Unreadable`. */
export function splitWords(line: string): string[] {
  const words: string[] = [];
  let word: string | undefined;
  let at = 0;
  while (at < line.length && line[at] !== '#') {
    if (/\s/.test(line[at] ?? '')) {
      if (word !== undefined) words.push(word);
      word = undefined;
      at += 1;
      continue;
    }
    WORD.lastIndex = at;
    const match = WORD.exec(line);
    if (!match) throw new Unreadable('has a quotation that does not end');
    const [whole, single, double, escaped, plain] = match;
    word = (word ?? '') + (single ?? double?.replace(/\\(["\\])/g, '$1') ?? escaped ?? plain ?? '');
    at += whole.length;
  }
  if (word !== undefined) words.push(word);
  return words;
}
