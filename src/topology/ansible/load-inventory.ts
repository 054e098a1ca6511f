import { type Parsed, parseDocument } from './document.ts';
import { readIniInventory } from './ini-inventory.ts';
import { createInventory, type Inventory, settle, type VarsFiles } from './inventory.ts';
import { directoryOf, type Library } from './library.ts';
import { attempt, type Problems } from './problems.ts';
import { isMapping, Unreadable } from './value.ts';
import { readVarsFiles } from './vars-files.ts';
import { readYamlInventory } from './yaml-inventory.ts';

/** What a directory of inventories holds beside them. */
const IGNORED = /^\.|^(?:host_vars|group_vars|vars_plugins)$|(?:\.(?:pyc|pyo|swp|bak|rpm|md|txt|rst|orig|ini|cfg|retry)|~)$/;

const YAML_EXTENSION = /(?:^|\/)[^/]+\.(?:ya?ml|json)$/;

/** Reads one source into the inventory. Throws `Unreadable`. */
function readSource(text: string, file: string, inventory: Inventory): void {
  if (text.startsWith('$ANSIBLE_VAULT')) throw new Unreadable('is encrypted by the vault');
  if (text.startsWith('#!')) throw new Unreadable('is a dynamic inventory, which is never executed');
  const isYaml = YAML_EXTENSION.test(file);
  if (/\.toml$/.test(file)) throw new Unreadable('is an inventory in TOML, which is not supported');
  const parsed = isYaml || !/\.[^./]+$/.test(file) ? parseOrReason(text) : undefined;
  if (parsed !== undefined && !(parsed instanceof Unreadable) && isMapping(parsed.value)) {
    if (parsed.value.get('plugin')) throw new Unreadable('configures a dynamic inventory, which is never executed');
    readYamlInventory(parsed, file, inventory);
    return;
  }
  try {
    readIniInventory(text, file, inventory);
  } catch (error) {
    if (error instanceof Unreadable && isYaml && parsed instanceof Unreadable) throw parsed;
    throw error;
  }
}

function parseOrReason(text: string): Parsed | Unreadable {
  try {
    return parseDocument(text);
  } catch (error) {
    if (error instanceof Unreadable) return error;
    throw error;
  }
}

/** Files of an inventory that is a directory, in the order in which they count. */
export function listInventoryFiles(library: Library, path: string): readonly string[] {
  if (!library.isDirectory(path)) return [path];
  return library
    .names(path)
    .flatMap((name) => (IGNORED.test(name) ? [] : listInventoryFiles(library, path === '' ? name : `${path}/${name}`)));
}

/** An inventory with the variables beside it. */
export interface LoadedInventory {
  readonly inventory: Inventory;
  readonly beside: VarsFiles;
}

/** Reads the inventory that a file or directory of the tree is. What cannot be understood, and what would have to be executed, is a problem that hides. */
export async function loadInventory(library: Library, problems: Problems, path: string): Promise<LoadedInventory> {
  const inventory = createInventory();
  for (const file of listInventoryFiles(library, path)) {
    await attempt(problems, file, async () => readSource(await library.text(file), file, inventory));
  }
  settle(inventory);
  const directory = library.isDirectory(path) ? path : directoryOf(path);
  return { inventory, beside: await readVarsFiles(library, problems, directory, inventory) };
}
