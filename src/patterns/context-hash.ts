import type { TemplateTokens } from './template-tokens.ts';

/** FNV-1a with a last mixing step. */
function hashText(text: string): number {
  let hash = 0x811c9dc5;
  for (let at = 0; at < text.length; at++) hash = Math.imul(hash ^ text.charCodeAt(at), 0x01000193);
  hash = Math.imul(hash ^ (hash >>> 15), 0x2c1b3c6d);
  return hash ^ (hash >>> 13);
}

function known(text: string, hashes: Map<string, number>): number {
  const hash = hashes.get(text) ?? hashText(text);
  hashes.set(text, hash);
  return hash;
}

const at = (hash: number, position: number, seed: number) => {
  const mixed = Math.imul(hash ^ Math.imul(position + 1, 0x9e3779b1) ^ seed, 0x85ebca6b);
  return Math.imul(mixed ^ (mixed >>> 13), 0xc2b2ae35);
};

/**
 * Sums of the positional hashes of all tokens, from which `without` takes one: the context of a position is compared by a number instead of by text,
 * because the contexts of long lines as texts do not fit into memory.
 */
export class ContextHash {
  readonly #hashes: readonly number[];
  readonly #length: number;
  #high = 0;
  #low = 0;

  /** `hashes` keeps those of tokens already met, because the same few words come again and again. */
  constructor(tokens: TemplateTokens, hashes: Map<string, number>) {
    this.#hashes = tokens.map((token) => known(token, hashes));
    this.#length = tokens.length;
    for (const [position, hash] of this.#hashes.entries()) {
      this.#high = (this.#high + at(hash, position, 0x5bd1e995)) | 0;
      this.#low = (this.#low + at(hash, position, 0)) | 0;
    }
  }

  /** A 53-bit number that equal contexts of the position share: the same tokens around it, the same number of them. */
  without(position: number): number {
    const hash = this.#hashes[position] ?? 0;
    const high = (this.#high - at(hash, position, 0x5bd1e995) + Math.imul(position + 1, 0x27d4eb2f)) >>> 0;
    const low = (this.#low - at(hash, position, 0) + Math.imul(this.#length, 0x165667b1)) >>> 0;
    return high * 0x200000 + (low & 0x1fffff);
  }
}
