import type { Parsed } from './document.ts';
import { expandHostRange } from './host-range.ts';
import { addChild, addGroup, addHost, type Group, type Inventory, setVariable } from './inventory.ts';
import { isMapping, type Mapping, Unreadable, type Value } from './value.ts';

interface Reading {
  readonly inventory: Inventory;
  readonly file: string;
  readonly parsed: Parsed;
}

/** A section of a group: a mapping, nothing, or one name alone. */
function toSection(value: Value | undefined, name: string, group: string): Mapping {
  if (value === null || value === undefined) return new Map();
  if (typeof value === 'string') return new Map([[value, null]]);
  if (!isMapping(value)) throw new Unreadable(`has a group ${group} whose ${name} are no mapping`);
  return value;
}

function readHosts({ inventory, file, parsed }: Reading, group: Group, section: Mapping): void {
  for (const [pattern, variables] of section) {
    const line = parsed.lineOfKey(section, pattern);
    const { hosts, port } = expandHostRange(pattern);
    if (variables && !isMapping(variables)) throw new Unreadable(`has a host whose variables are no mapping, at line ${line}`);
    for (const name of hosts) {
      const host = addHost(inventory, group, name, port, { file, line });
      if (!isMapping(variables)) continue;
      for (const [key, value] of variables) setVariable(host, key, { value, file, line: parsed.lineOfKey(variables, key) });
    }
  }
}

function readGroup(reading: Reading, name: string, content: Value, depth: number): Group | undefined {
  if (depth > 100) throw new Unreadable('nests groups more than 100 deep');
  if (content !== null && !isMapping(content)) return undefined;
  const group = addGroup(reading.inventory, name);
  for (const key of content?.keys() ?? []) {
    if (key !== 'vars' && key !== 'children' && key !== 'hosts') continue;
    const section = toSection(content?.get(key), key, name);
    if (key === 'hosts') readHosts(reading, group, section);
    else if (key === 'vars') {
      for (const [variable, value] of section) {
        setVariable(group, variable, { value, file: reading.file, line: reading.parsed.lineOfKey(section, variable) });
      }
    } else {
      for (const [child, below] of section) {
        const added = readGroup(reading, child, below, depth + 1);
        if (!added) throw new Unreadable(`has a group ${child} that is no mapping`);
        addChild(group, added);
      }
    }
  }
  return group;
}

/** Reads an inventory in YAML or JSON form into the given one. Throws `Unreadable`. */
export function readYamlInventory(parsed: Parsed, file: string, inventory: Inventory): void {
  const { value } = parsed;
  if (!isMapping(value)) throw new Unreadable('is no mapping of groups');
  for (const [name, content] of value) readGroup({ inventory, file, parsed }, name, content, 0);
}
