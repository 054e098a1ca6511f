/** What a piece of text stands for: a host of the inventory, or an address that a variable names. */
export interface Reference {
  readonly kind: 'host' | 'address';
  /** Name of the host in the inventory, or the address. */
  readonly target: string;
  /** The piece of text itself. */
  readonly text: string;
  /** What named it, such as `groups['web']` or `variable db_host`. */
  readonly via: string;
}

/** Noncharacters of Unicode, which no document holds once it is read. */
const OPEN = '\uFDD2';
const CLOSE = '\uFDD3';
const MARK = /\uFDD2(\d+)\uFDD3/g;

/** Stands in text for a piece that cannot be known without running something. */
export const UNKNOWN_PIECE = '\uFDD4';

/** Puts references into text so that they survive concatenation, and finds them again. */
export interface Marks {
  mark(reference: Reference): string;
  /** The text without marks, as Ansible would see it. */
  plain(text: string): string;
  /** `changed`, which was made of the plain `original`, refers to what the original refers to. */
  keep(original: string, changed: string): string;
  referenceAt(index: number): Reference | undefined;
}

export function createMarks(): Marks {
  const references: Reference[] = [];
  const indexes = new Map<string, number>();
  const mark = (reference: Reference): string => {
    const key = [reference.kind, reference.target, reference.text, reference.via].join('\n');
    const index = indexes.get(key) ?? references.push(reference) - 1;
    indexes.set(key, index);
    return `${OPEN}${index}${CLOSE}`;
  };
  const referenceAt = (index: number): Reference | undefined => references[index];
  return {
    mark,
    referenceAt,
    plain: (text) => (text.includes(OPEN) ? text.replace(MARK, (_, index) => references[Number(index)]?.text ?? '') : text),
    keep(original, changed) {
      const [first] = referencesIn(original, referenceAt);
      if (first === undefined || changed === '') return changed;
      // What is put around an address is no part of it.
      const at = original.startsWith(OPEN) ? changed.indexOf(first.text) : -1;
      if (at < 0) return mark({ ...first, text: changed });
      return changed.slice(0, at) + mark(first) + changed.slice(at + first.text.length);
    },
  };
}

export function hasMark(text: string): boolean {
  return text.includes(OPEN);
}

/** The references of a text in their order. */
export function referencesIn(text: string, referenceAt: (index: number) => Reference | undefined): Reference[] {
  return [...text.matchAll(MARK)].flatMap(([, index]) => referenceAt(Number(index)) ?? []);
}

/** The text in pieces: plain text, and references between them. */
export function splitMarks(text: string, referenceAt: (index: number) => Reference | undefined): (string | Reference)[] {
  return text.split(/\uFDD2(\d+)\uFDD3/).map((piece, index) => (index % 2 === 0 ? piece : (referenceAt(Number(piece)) ?? '')));
}
