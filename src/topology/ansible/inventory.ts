import { toJson, Unreadable, type Variable, type Variables } from './value.ts';

export interface Host {
  readonly name: string;
  readonly variables: Map<string, Variable>;
  /** Place of its first mention. */
  readonly file: string;
  readonly line: number;
}

export interface Group {
  readonly name: string;
  readonly hosts: Map<string, Host>;
  readonly children: Map<string, Group>;
  readonly parents: Map<string, Group>;
  readonly variables: Map<string, Variable>;
  priority: number;
}

/** Variables of groups and hosts from the files beside an inventory or a playbook. */
export interface VarsFiles {
  readonly groups: ReadonlyMap<string, Variables>;
  readonly hosts: ReadonlyMap<string, Variables>;
}

/** Hosts and groups in the order of their first mention; `all` and `ungrouped` are always there. */
export interface Inventory {
  readonly groups: Map<string, Group>;
  readonly hosts: Map<string, Host>;
}

export function createInventory(): Inventory {
  const inventory: Inventory = { groups: new Map(), hosts: new Map() };
  addChild(addGroup(inventory, 'all'), addGroup(inventory, 'ungrouped'));
  return inventory;
}

/** The group of a name, made when there is none. */
export function addGroup(inventory: Inventory, name: string): Group {
  const known = inventory.groups.get(name);
  if (known) return known;
  if (name === '') throw new Unreadable('has a group without a name');
  const group = { name, hosts: new Map(), children: new Map(), parents: new Map(), variables: new Map(), priority: 1 };
  inventory.groups.set(name, group);
  return group;
}

/** The host of a name in a group, made when there is none; the port counts only for a new host. */
export function addHost(
  inventory: Inventory,
  group: Group,
  name: string,
  port: number | undefined,
  place: { file: string; line: number },
): Host {
  if (name === '') throw new Unreadable('has a host without a name');
  let host = inventory.hosts.get(name);
  if (!host) {
    host = { name, variables: new Map(), ...place };
    if (port) host.variables.set('ansible_port', { value: port, ...place });
    inventory.hosts.set(name, host);
  }
  group.hosts.set(name, host);
  return host;
}

/** All groups above a group. */
export function ancestorsOf(group: Group, above: Set<Group> = new Set()): Set<Group> {
  for (const parent of group.parents.values()) {
    if (above.has(parent)) continue;
    above.add(parent);
    ancestorsOf(parent, above);
  }
  return above;
}

/** Puts a group below another. Throws `Unreadable` when it would be below itself. */
export function addChild(parent: Group, child: Group): void {
  if (parent === child || ancestorsOf(parent).has(child)) throw new Unreadable(`puts the group ${child.name} below itself`);
  parent.children.set(child.name, child);
  child.parents.set(parent.name, parent);
}

/** Sets a variable of a host or group, in place of an earlier one. */
export function setVariable(target: Host | Group, name: string, variable: Variable): void {
  if (name === 'ansible_group_priority' && 'priority' in target) {
    const priority = Number(variable.value);
    if (!Number.isInteger(priority)) throw new Unreadable(`gives the group ${target.name} a priority that is no whole number`);
    target.priority = priority;
    return;
  }
  target.variables.set(name, variable);
}

/** Brings what the sources gave into order: every group is below `all`, and exactly the hosts without other groups are in `ungrouped`. */
export function settle(inventory: Inventory): void {
  const all = addGroup(inventory, 'all');
  const ungrouped = addGroup(inventory, 'ungrouped');
  for (const group of inventory.groups.values()) if (group !== all && ancestorsOf(group).size === 0) addChild(all, group);
  const grouped = new Set<Host>();
  for (const group of inventory.groups.values()) {
    if (group !== all && group !== ungrouped) for (const host of group.hosts.values()) grouped.add(host);
  }
  for (const host of inventory.hosts.values()) {
    if (grouped.has(host)) ungrouped.hosts.delete(host.name);
    else ungrouped.hosts.set(host.name, host);
  }
}

/** All hosts of a group and of the groups below it, each once, nearer groups first. */
export function hostsOf(group: Group): Host[] {
  const hosts = new Set<Host>();
  const groups = new Set([group]);
  for (const each of groups) {
    for (const host of each.hosts.values()) hosts.add(host);
    for (const child of each.children.values()) groups.add(child);
  }
  return [...hosts];
}

/** How far below `all` a group is, by the longest way. */
function depthOf(group: Group, known: Map<Group, number>): number {
  const depth = known.get(group) ?? Math.max(0, ...[...group.parents.values()].map((parent) => depthOf(parent, known) + 1));
  known.set(group, depth);
  return depth;
}

function compareText(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

/** The groups of every host without `all`, in the order in which their variables override each other. */
export function groupsOfHosts(inventory: Inventory): ReadonlyMap<Host, readonly Group[]> {
  const depths = new Map<Group, number>();
  const groups = new Map<Host, Set<Group>>();
  for (const host of inventory.hosts.values()) groups.set(host, new Set());
  for (const group of inventory.groups.values()) {
    const line = [group, ...ancestorsOf(group)].filter(({ name }) => name !== 'all');
    for (const host of group.hosts.values()) for (const each of line) groups.get(host)?.add(each);
  }
  const order = (a: Group, b: Group) => depthOf(a, depths) - depthOf(b, depths) || a.priority - b.priority || compareText(a.name, b.name);
  return new Map([...groups].map(([host, each]) => [host, [...each].sort(order)]));
}

/**
 * The variables of a host from the inventory and from the files beside it and beside the playbook, in the order of precedence that is Ansible's
 * default. A later source replaces the whole variable.
 */
export function variablesOf(
  inventory: Inventory,
  host: Host,
  groups: readonly Group[],
  besides: readonly VarsFiles[],
): Map<string, Variable> {
  const all = inventory.groups.get('all');
  const layers: (Variables | undefined)[] = [all?.variables, ...groups.map((group) => group.variables)];
  for (const files of besides) layers.push(files.groups.get('all'));
  for (const files of besides) layers.push(...groups.map((group) => files.groups.get(group.name)));
  layers.push(host.variables);
  for (const files of besides) layers.push(files.hosts.get(host.name));
  const merged = new Map<string, Variable>();
  for (const layer of layers) for (const [name, variable] of layer ?? []) merged.set(name, variable);
  return merged;
}

/** Variables that Ansible sets itself, which its listing leaves out. */
const INTERNAL = new Set(
  `ansible_diff_mode ansible_config_file ansible_facts ansible_forks ansible_inventory_sources ansible_limit ansible_playbook_python
  ansible_run_tags ansible_skip_tags ansible_verbosity ansible_version inventory_dir inventory_file inventory_hostname
  inventory_hostname_short groups group_names omit playbook_dir`.split(/\s+/),
);

function listGroup(group: Group, listed: Map<string, unknown>, seen: Set<Group>): void {
  const hosts = group.name === 'all' ? [] : [...group.hosts.keys()];
  const children = [...group.children.keys()];
  const entry = { ...(children.length > 0 && { children }), ...(hosts.length > 0 && { hosts }) };
  if (children.length + hosts.length > 0) listed.set(group.name, entry);
  for (const child of group.children.values()) {
    if (seen.has(child)) continue;
    seen.add(child);
    listGroup(child, listed, seen);
  }
}

/** The inventory as the JSON that `ansible-inventory --list` of ansible-core 2.14 prints, except that no value of the vault is in it. */
export function toInventoryList(inventory: Inventory, beside: VarsFiles): Record<string, unknown> {
  const listed = new Map<string, unknown>();
  const all = inventory.groups.get('all');
  if (all) listGroup(all, listed, new Set([all]));
  const hostvars = new Map<string, unknown>();
  for (const [host, groups] of groupsOfHosts(inventory)) {
    const variables = [...variablesOf(inventory, host, groups, [beside])].filter(([name]) => !INTERNAL.has(name));
    if (variables.length > 0) hostvars.set(host.name, Object.fromEntries(variables.map(([name, { value }]) => [name, toJson(value)])));
  }
  return { ...Object.fromEntries(listed), _meta: { hostvars: Object.fromEntries(hostvars) } };
}
