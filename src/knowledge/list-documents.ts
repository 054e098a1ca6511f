import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { ObserveBridgeError } from '../core/error.ts';
import { formatOf } from './read-document.ts';

/**
 * Paths of the Markdown and HTML files below a directory, relative to it with `/` between names, in order. Hidden directories and files,
 * `node_modules` and links are left out. Rejects with `OB_DOCUMENT_UNREADABLE` when a directory cannot be read.
 */
export async function listDocuments(directory: string, below = ''): Promise<string[]> {
  const entries = await readdir(join(directory, below), { withFileTypes: true }).catch((error: unknown) => {
    throw new ObserveBridgeError('OB_DOCUMENT_UNREADABLE', 'read', `The directory ${join(directory, below)} cannot be read.`, error);
  });
  const found: string[] = [];
  for (const entry of entries.sort((a, b) => (a.name < b.name ? -1 : 1))) {
    const path = below === '' ? entry.name : `${below}/${entry.name}`;
    if (entry.name.startsWith('.') || entry.name === 'node_modules') continue;
    if (entry.isDirectory()) found.push(...(await listDocuments(directory, path)));
    else if (entry.isFile() && formatOf(entry.name)) found.push(path);
  }
  return found;
}
