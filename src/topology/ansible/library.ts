import { ObserveBridgeError, throwIfAborted } from '../../core/error.ts';
import type { ReadRequest } from '../reader.ts';
import { Unreadable } from './value.ts';

/** No document that people write is larger; one that is would fill the memory. */
const MAX_BYTES = 64 * 2 ** 20;

/** The files of a tree by path, as text. */
export interface Library {
  readonly paths: ReadonlySet<string>;
  isDirectory(path: string): boolean;
  /** Names of the files and directories in a directory, sorted; none for what is no directory. */
  names(directory: string): readonly string[];
  /** Text of a file without byte order mark and without the characters that the evaluator keeps for itself. Throws `Unreadable`. */
  text(path: string): Promise<string>;
}

/** Joins parts of a path inside the tree and resolves `.` and `..`; undefined for what lies outside. */
export function joinPath(...parts: readonly string[]): string | undefined {
  const path: string[] = [];
  for (const part of parts.join('/').split('/')) {
    if (part === '..') {
      if (path.pop() === undefined) return undefined;
    } else if (part !== '' && part !== '.') path.push(part);
  }
  return path.join('/');
}

/** The directory of a path, `''` at the root of the tree. */
export function directoryOf(path: string): string {
  return path.slice(0, Math.max(0, path.lastIndexOf('/')));
}

/** Removes the characters that mark references while templates are evaluated; Unicode reserves them for such use. */
export function withoutMarks(text: string): string {
  return text.replace(/[\uFDD0-\uFDEF]/g, '');
}

async function readText({ tree, signal }: ReadRequest, path: string): Promise<string> {
  const decoder = new TextDecoder('utf-8', { fatal: true });
  const pieces: string[] = [];
  let size = 0;
  try {
    for await (const piece of tree.stream(path, signal)) {
      size += piece.length;
      if (size > MAX_BYTES) throw new Unreadable(`is larger than ${MAX_BYTES / 2 ** 20} MB`);
      pieces.push(decoder.decode(piece, { stream: true }));
    }
    pieces.push(decoder.decode());
  } catch (error) {
    throwIfAborted(signal);
    if (error instanceof TypeError) throw new Unreadable('is not text in UTF-8');
    if (error instanceof ObserveBridgeError && error.code === 'OB_TOPOLOGY_UNREADABLE') throw new Unreadable('cannot be read');
    throw error;
  }
  return withoutMarks(pieces.join(''));
}

export function createLibrary(request: ReadRequest): Library {
  const paths = new Set(request.files.map(({ path }) => path));
  const directories = new Map<string, Set<string>>([['', new Set()]]);
  for (const path of paths) {
    for (let below = path; below !== ''; below = directoryOf(below)) {
      const directory = directoryOf(below);
      const names = directories.get(directory) ?? new Set();
      directories.set(directory, names.add(below.slice(directory === '' ? 0 : directory.length + 1)));
    }
  }
  return {
    paths,
    isDirectory: (path) => directories.has(path),
    names: (directory) => [...(directories.get(directory) ?? [])].sort(),
    text: (path) => readText(request, path),
  };
}
