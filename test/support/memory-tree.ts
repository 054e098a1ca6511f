import { ObserveBridgeError, throwIfAborted } from '../../src/core/error.ts';
import { hashHex } from '../../src/core/hash.ts';
import type { Micros } from '../../src/core/time.ts';
import type { Tree, TreeFile } from '../../src/topology/reader.ts';

/** Content of a file: text, or pieces that are made when they are read. */
export type FileContent = string | { readonly size: number; pieces(): Iterable<Uint8Array> };

export const MEMORY_TREE_TIME: Micros = Date.UTC(2024, 0, 1) * 1000;

/** A tree whose files are given; those in `unreadable` are listed and reject when read. Text comes in small pieces, so that readers meet tokens and characters that are cut. */
export function createMemoryTree(contents: Readonly<Record<string, FileContent>>, unreadable: readonly string[] = []): Tree {
  const files: TreeFile[] = Object.entries(contents)
    .map(([path, content]) => ({
      path,
      size: typeof content === 'string' ? Buffer.byteLength(content) : content.size,
      hash: hashHex(path, typeof content === 'string' ? content : String(content.size)),
      modifiedAt: MEMORY_TREE_TIME,
    }))
    .sort((a, b) => (a.path < b.path ? -1 : 1));
  return {
    origin: 'memory',
    files: async () => files,
    async *stream(path, signal) {
      const content = contents[path];
      if (content === undefined || unreadable.includes(path)) {
        throw new ObserveBridgeError('OB_TOPOLOGY_UNREADABLE', 'read', `The file ${path} cannot be read.`);
      }
      for (const piece of typeof content === 'string' ? cut(Buffer.from(content)) : content.pieces()) {
        throwIfAborted(signal);
        yield piece;
      }
    },
  };
}

function* cut(bytes: Uint8Array): Iterable<Uint8Array> {
  const step = Math.max(7, Math.ceil(bytes.length / 700) * 7);
  for (let at = 0; at < bytes.length; at += step) yield bytes.subarray(at, at + step);
}
