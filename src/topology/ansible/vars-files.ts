import { parseDocument } from './document.ts';
import type { Inventory, VarsFiles } from './inventory.ts';
import type { Library } from './library.ts';
import { attempt, type Problems } from './problems.ts';
import { isList, isMapping, isVault, Unreadable, type Value, type Variable, type Variables } from './value.ts';

const EXTENSIONS = ['', '.yml', '.yaml', '.json'];

function extensionOf(name: string): string {
  return /.(\.[^.]*)$/.exec(name)?.[1] ?? '';
}

function listDirectory(library: Library, directory: string): string[] {
  return library.names(directory).flatMap((name) => {
    if (name.startsWith('.') || name.endsWith('~')) return [];
    const path = `${directory}/${name}`;
    const extension = extensionOf(name);
    if (library.isDirectory(path)) return extension === '' ? listDirectory(library, path) : [];
    return EXTENSIONS.includes(extension) ? [path] : [];
  });
}

/** The files that hold variables of a name: `<path>`, a directory of that name, or the first with a known extension. */
export function findVarsFiles(library: Library, path: string): readonly string[] {
  if (library.isDirectory(path)) return listDirectory(library, path);
  const extension = EXTENSIONS.find((each) => library.paths.has(path + each));
  return extension === undefined ? [] : [path + extension];
}

/** Whether a value of the vault is anywhere inside; what anchors repeat is looked at once. */
function hasVault(value: Value, seen: Set<Value> = new Set()): boolean {
  if (isVault(value)) return true;
  if (seen.has(value)) return false;
  if (isList(value)) {
    seen.add(value);
    return value.some((item) => hasVault(item, seen));
  }
  if (!isMapping(value)) return false;
  seen.add(value);
  return [...value.values()].some((item) => hasVault(item, seen));
}

/** The variables that a file of YAML or JSON defines. A vault is reported and gives none. Throws `Unreadable`. */
export async function readVariables(library: Library, problems: Problems, path: string): Promise<Variables> {
  const text = await library.text(path);
  if (text.startsWith('$ANSIBLE_VAULT')) {
    problems.add(path, 'is encrypted by the vault; its variables are not known', false);
    return new Map();
  }
  const parsed = parseDocument(text);
  const { value } = parsed;
  if (value === null || value === false || value === '') return new Map();
  if (!isMapping(value)) throw new Unreadable('is no mapping of variables');
  if (hasVault(value)) problems.add(path, 'holds values of the vault; they are not read', false);
  const place = (key: string): Omit<Variable, 'value'> => ({ file: path, line: parsed.lineOfKey(value, key) });
  return new Map([...value].map(([key, each]): [string, Variable] => [key, { value: each, ...place(key) }]));
}

/** The merged variables of several files, later ones first; files that cannot be read are reported and left out. */
export async function readAllVariables(library: Library, problems: Problems, paths: readonly string[]): Promise<Map<string, Variable>> {
  const merged = new Map<string, Variable>();
  for (const path of paths) {
    const variables = await attempt(problems, path, () => readVariables(library, problems, path));
    for (const [name, variable] of variables ?? []) merged.set(name, variable);
  }
  return merged;
}

/** The variables in `group_vars` and `host_vars` of a directory for the groups and hosts of an inventory. */
export async function readVarsFiles(library: Library, problems: Problems, directory: string, inventory: Inventory): Promise<VarsFiles> {
  const read = async (folder: string, names: Iterable<string>): Promise<Map<string, Variables>> => {
    const found = new Map<string, Variables>();
    const base = directory === '' ? folder : `${directory}/${folder}`;
    if (!library.isDirectory(base)) return found;
    for (const name of names) {
      const paths = name.startsWith('/') ? [] : findVarsFiles(library, `${base}/${name}`);
      if (paths.length > 0) found.set(name, await readAllVariables(library, problems, paths));
    }
    return found;
  };
  return { groups: await read('group_vars', inventory.groups.keys()), hosts: await read('host_vars', inventory.hosts.keys()) };
}
