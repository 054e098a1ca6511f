import { expandHostRange } from './host-range.ts';
import { addChild, addGroup, addHost, type Inventory, setVariable } from './inventory.ts';
import { parsePythonLiteral } from './python-literal.ts';
import { splitWords } from './shell-words.ts';
import { Unreadable } from './value.ts';

const SECTION = /^\[([^:\]\s]+)(?::(\w+))?\]\s*(?:#.*)?$/;
const GROUP_NAME = /^([^:\]\s]+)\s*(?:#.*)?$/;

/** Groups named before they are declared, and by which groups. */
type Pending = Map<string, { parents: string[]; isVars: boolean }>;

interface Reading {
  readonly inventory: Inventory;
  readonly file: string;
  readonly pending: Pending;
}

function resolveParents({ inventory, pending }: Reading, name: string): void {
  const { parents = [] } = pending.get(name) ?? {};
  pending.delete(name);
  for (const parent of parents) {
    addChild(addGroup(inventory, parent), addGroup(inventory, name));
  }
}

function openSection(reading: Reading, name: string, kind: string): void {
  const { inventory, pending } = reading;
  if (!['hosts', 'children', 'vars'].includes(kind)) throw new Unreadable('has a section of unknown type');
  const isNew = !inventory.groups.has(name);
  if (kind === 'vars') {
    if (isNew && !pending.has(name)) pending.set(name, { parents: [], isVars: true });
    if (isNew) addGroup(inventory, name);
    return;
  }
  addGroup(inventory, name);
  if (pending.has(name)) resolveParents(reading, name);
}

function readHost({ inventory, file }: Reading, text: string, groupName: string, line: number): void {
  const [pattern, ...words] = splitWords(text);
  if (pattern === undefined) throw new Unreadable('has a host without a name');
  const { hosts, port } = expandHostRange(pattern);
  if (pattern.trim().endsWith(':') && port === undefined) throw new Unreadable('has a host whose name ends in a colon');
  if (hosts.includes('---')) throw new Unreadable('is YAML, not INI');
  const variables = words.map((word): [string, string] => {
    const at = word.indexOf('=');
    if (at < 0) throw new Unreadable('has a host variable without a value');
    return [word.slice(0, at), word.slice(at + 1)];
  });
  const group = addGroup(inventory, groupName);
  for (const name of hosts) {
    const host = addHost(inventory, group, name, port, { file, line });
    for (const [key, value] of variables) setVariable(host, key, { value: parsePythonLiteral(value), file, line });
  }
}

function readVariable({ inventory, file }: Reading, text: string, groupName: string, line: number): void {
  const at = text.indexOf('=');
  if (at < 0) throw new Unreadable('has a group variable without a value');
  const value = parsePythonLiteral(text.slice(at + 1).trim());
  setVariable(addGroup(inventory, groupName), text.slice(0, at).trim(), { value, file, line });
}

function readChild({ inventory, pending }: Reading, text: string, groupName: string): void {
  const name = GROUP_NAME.exec(text)?.[1];
  if (name === undefined) throw new Unreadable('names no group where a group is expected');
  const child = inventory.groups.get(name);
  const waiting = pending.get(name);
  if (child) addChild(addGroup(inventory, groupName), child);
  else if (waiting) waiting.parents.push(groupName);
  else pending.set(name, { parents: [groupName], isVars: false });
}

/** Reads an inventory in INI form into the given one. Throws `Unreadable` naming the line. */
export function readIniInventory(text: string, file: string, inventory: Inventory): void {
  const reading: Reading = { inventory, file, pending: new Map() };
  let group = 'ungrouped';
  let kind = 'hosts';
  let number = 0;
  for (const raw of text.split(/\r\n|[\n\r\v\f\x85\u2028\u2029]/)) {
    number += 1;
    const line = raw.trim();
    if (line === '' || line.startsWith('#') || line.startsWith(';')) continue;
    try {
      const section = SECTION.exec(line);
      if (section) {
        [, group = '', kind = 'hosts'] = section;
        openSection(reading, group, kind);
      } else if (line.startsWith('[') && line.endsWith(']')) throw new Unreadable('has a section that is not understood');
      else if (kind === 'hosts') readHost(reading, line, group, number);
      else if (kind === 'vars') readVariable(reading, line, group, number);
      else readChild(reading, line, group);
    } catch (error) {
      if (error instanceof Unreadable) throw new Unreadable(`${error.message}, at line ${number}`);
      throw error;
    }
  }
  for (const [name, { isVars }] of reading.pending) {
    throw new Unreadable(
      isVars
        ? `gives variables to the group ${name}, which nothing declares`
        : `puts the group ${name}, which nothing declares, below another`,
    );
  }
}
