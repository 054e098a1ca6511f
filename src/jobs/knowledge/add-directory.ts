import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { ObserveBridgeError, throwIfAborted } from '../../core/error.ts';
import { listDocuments } from '../../knowledge/list-documents.ts';
import { type DocumentFormat, decodeText, formatOf } from '../../knowledge/read-document.ts';
import type { Db } from '../../store/db.ts';
import { removeAbsent } from '../../store/knowledge.ts';
import { addDocument } from './add-document.ts';

/** An import of all documents below a directory. */
export interface GivenDirectory {
  readonly tenantId: string;
  readonly directory: string;
  /** Names the import, ends with `/`, and is the beginning of the URI of each of its documents. */
  readonly root: string;
  readonly language: string;
  readonly resources?: readonly string[] | undefined;
  readonly signal?: AbortSignal;
  /** Called before the first and after each document. */
  onProgress?(done: number, of: number): void;
}

/** What became of an import; `failed` names the documents that could not be read, whose earlier state stays. */
export interface AddedDirectory {
  readonly root: string;
  readonly documents: number;
  readonly changed: number;
  readonly removed: number;
  readonly passages: number;
  readonly failed: readonly { readonly uri: string; readonly message: string }[];
}

/**
 * Adds every Markdown and HTML file below a directory and removes the documents of earlier imports of the same root that are gone. Rejects with
 * `OB_DOCUMENT_UNREADABLE` for a directory that cannot be read or holds no document: nothing is removed then.
 */
export async function addDirectory(db: Db, given: GivenDirectory): Promise<AddedDirectory> {
  const { tenantId, directory, root, language, resources, signal } = given;
  const paths = await listDocuments(directory);
  if (paths.length === 0) throw new ObserveBridgeError('OB_DOCUMENT_UNREADABLE', 'read', `${directory} holds no Markdown or HTML file.`);
  const failed: { uri: string; message: string }[] = [];
  let changed = 0;
  let passages = 0;
  for (const [done, path] of paths.entries()) {
    throwIfAborted(signal);
    given.onProgress?.(done, paths.length);
    const uri = toUri(root, path);
    try {
      const format = formatOf(path) ?? 'markdown';
      const added = await addDocument(db, {
        tenantId,
        uri,
        format,
        text: await readText(join(directory, path), format),
        language,
        root,
        resources,
      });
      changed += added.changed ? 1 : 0;
      passages += added.passages;
    } catch (error) {
      if (!(error instanceof ObserveBridgeError) || !['OB_DOCUMENT_INVALID', 'OB_DOCUMENT_UNREADABLE'].includes(error.code)) throw error;
      failed.push({ uri, message: error.message });
    }
  }
  given.onProgress?.(paths.length, paths.length);
  const present = paths.map((path) => toUri(root, path));
  return { root, documents: paths.length, changed, removed: await removeAbsent(db, tenantId, root, present), passages, failed };
}

function toUri(root: string, path: string): string {
  return root + path.split('/').map(encodeURIComponent).join('/');
}

/** The text of a file. Rejects with `OB_DOCUMENT_UNREADABLE`. */
export async function readText(path: string, format: DocumentFormat): Promise<string> {
  const bytes = await readFile(path).catch((error: unknown) => {
    throw new ObserveBridgeError('OB_DOCUMENT_UNREADABLE', 'read', `The file ${path} cannot be read.`, error);
  });
  return decodeText(bytes, format);
}
