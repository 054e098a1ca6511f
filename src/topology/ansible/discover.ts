import { parseDocument } from './document.ts';
import { directoryOf, joinPath, type Library } from './library.ts';
import { isMapping, Unreadable } from './value.ts';

/** Directories that hold parts of roles and plays, not inventories or playbooks. */
const PARTS =
  /(?:^|\/)(?:roles|group_vars|host_vars|templates|files|tasks|handlers|vars|defaults|meta|library|filter_plugins|lookup_plugins|action_plugins|module_utils|molecule|collections|tests?|\.[^/]+)\//;
const INVENTORY_NAME =
  /^(?:hosts|inventory)(?:[._-](?!(?:example|sample|template|dist|md|txt|rst|bak|orig|retry|html?|j2)(?:\.|$))[\w-]+)*$/;
const ENVIRONMENT_NAME =
  /^(?:production|prod|staging|stage|development|devel|dev|testing|local|vagrant|live|qa|uat|preprod)(?:\.(?:ini|ya?ml))?$/;
const PLUGIN_NAME =
  /[._](?:aws_ec2|ec2|gcp_compute|gcp|azure_rm|openstack|vmware_vm_inventory|kubevirt|proxmox|hcloud|netbox|nmap|constructed)\.ya?ml$/;

/** Settings of `ansible.cfg` in a directory that say where things are, as paths in the tree. */
export async function readSettings(
  library: Library,
  directory: string,
): Promise<{ inventories: readonly string[]; rolesPaths: readonly string[] }> {
  const path = joinPath(directory, 'ansible.cfg') ?? '';
  const text = library.paths.has(path) ? await library.text(path).catch(() => '') : '';
  const setting = (names: string, separator: RegExp): string[] => {
    const value = new RegExp(`^\\s*(?:${names})\\s*[=:]\\s*(.*?)\\s*(?:;.*)?$`, 'm').exec(text)?.[1] ?? '';
    const parts = value.split(separator).map((part) => part.trim());
    return parts.flatMap((part) => (part === '' || /^[/~$]/.test(part) ? [] : (joinPath(directory, part.replace('{{CWD}}', '.')) ?? [])));
  };
  return { inventories: setting('inventory|hostfile', /,/), rolesPaths: setting('roles_path', /:/) };
}

function exists(library: Library, path: string): boolean {
  return library.paths.has(path) || (path !== '' && library.isDirectory(path));
}

function baseOf(path: string): string {
  return path.slice(path.lastIndexOf('/') + 1);
}

function isIgnored(name: string): boolean {
  return /^\.|\.(?:md|txt|rst|cfg|retry|bak|orig|example|sample)$/.test(name);
}

/** An inventory below a directory named `inventory` or `inventories`: the directory of one environment, or a file of its own. */
function inventoryOf(path: string): string | undefined {
  const match = /^((?:.*\/)?)(inventory|inventories)\/(?:([^/]+)\/)?([^/]+)$/.exec(path);
  if (!match) return undefined;
  const [, above = '', folder = '', environment, name = ''] = match;
  if (environment !== undefined)
    return /\.(?:ini|cfg)$/.test(name) && name !== 'ansible.cfg' ? path : isIgnored(name) ? undefined : `${above}${folder}/${environment}`;
  if (isIgnored(name)) return undefined;
  return folder === 'inventory' && (INVENTORY_NAME.test(name) || PLUGIN_NAME.test(name)) ? `${above}${folder}` : path;
}

/** Whether text may be an inventory: an INI section, or groups in YAML. */
function looksLikeInventory(text: string, path: string): boolean {
  if (!/\.(?:ya?ml|json)$/.test(path)) return /^\s*\[[^\]\s]+\]\s*(?:#.*)?$/m.test(text) || /^#!/.test(text);
  try {
    const { value } = parseDocument(text);
    const groups = isMapping(value) ? [...value.values()] : [];
    return (
      (isMapping(value) && value.has('plugin')) ||
      groups.some((group) => isMapping(group) && ['hosts', 'children'].some((key) => group.has(key)))
    );
  } catch (error) {
    if (error instanceof Unreadable) return true;
    throw error;
  }
}

/**
 * The inventories of a tree as paths of files or directories, sorted: those that an `ansible.cfg` names, else those that lie where Ansible's guides
 * put them (`hosts`, `inventory`, `production`, `inventories/<environment>`).
 */
export async function findInventories(library: Library): Promise<readonly string[]> {
  const found = new Set<string>();
  for (const path of library.paths) {
    if (baseOf(path) !== 'ansible.cfg' || PARTS.test(path)) continue;
    for (const named of (await readSettings(library, directoryOf(path))).inventories) if (exists(library, named)) found.add(named);
  }
  for (const path of library.paths) {
    if (PARTS.test(path)) continue;
    const name = baseOf(path);
    const below = inventoryOf(path);
    if (below !== undefined) found.add(below);
    else if (INVENTORY_NAME.test(name) || PLUGIN_NAME.test(name)) found.add(path);
    else if (ENVIRONMENT_NAME.test(name)) {
      const text = await library.text(path).catch(() => '');
      if (looksLikeInventory(text, path)) found.add(path);
    }
  }
  const isInside = (path: string): boolean => [...found].some((other) => other !== path && path.startsWith(`${other}/`));
  return [...found].filter((path) => !isInside(path)).sort();
}

/** Files of YAML that may be playbooks, by where they lie. */
export function listPlaybookCandidates(library: Library, inventories: readonly string[]): readonly string[] {
  const isInventory = (path: string): boolean => inventories.some((each) => path === each || path.startsWith(`${each}/`));
  return [...library.paths]
    .filter(
      (path) =>
        /\.ya?ml$/.test(path) &&
        !PARTS.test(path) &&
        !isInventory(path) &&
        !/(?:^|\/)(?:requirements|galaxy|docker-compose[^/]*|\.[^/]*)\.ya?ml$/.test(path),
    )
    .sort();
}
