import { isEndpointName, isNoEndpointName } from './addresses.ts';
import { evaluateText } from './evaluate.ts';
import type { Lookup } from './evaluation.ts';
import { hostsOf } from './inventory.ts';
import { type Fact, isTagged, type RunValue, type Table, toTable, UNKNOWN } from './run-value.ts';
import { isList, isMapping, isUnsafe, isVault, OutOfBounds, Unreadable, type Value, type Variable, type Variables } from './value.ts';
import type { World } from './world.ts';

/** Variables of documents, or values that are known already; later layers count more. */
export type Layer = Variables | ReadonlyMap<string, RunValue | Variable>;

/** Deepest chain of variables that refer to each other. */
const MAX_CHAIN = 30;

function isVariable(value: RunValue | Variable): value is Variable {
  return typeof value === 'object' && value !== null && 'file' in value && 'line' in value;
}

/** Where a value comes from while it is evaluated. */
interface Origin {
  readonly world: World;
  readonly variable: string;
  readonly file: string;
  readonly lookup: Lookup;
}

/** A document's value with its templates evaluated. Addresses in it are marked; `key` is the nearest name. */
function toRunValue(origin: Origin, value: Value, key: string): RunValue {
  const { world, variable, file, lookup } = origin;
  const { budget } = world.evaluationOf(file);
  budget.steps -= 1;
  if (budget.steps < 0) throw new OutOfBounds('takes more steps to evaluate than are allowed');
  if (isVault(value)) return UNKNOWN;
  if (isUnsafe(value)) return value.text;
  if (typeof value === 'string') {
    const text = evaluateText(world.evaluationOf(file), value, lookup);
    return typeof text === 'string'
      ? world.addresses.annotate(text, `variable ${variable}`, isEndpointName(key) && !isNoEndpointName(variable))
      : text;
  }
  if (isList(value)) return Object.freeze(value.map((item) => toRunValue(origin, item, key))) as RunValue[];
  if (!isMapping(value)) return value;
  const entries = [...value].map(([name, item]): [string, RunValue] => [
    world.marks.plain(String(evaluateText(world.evaluationOf(file), name, lookup))),
    toRunValue(origin, item, name),
  ]);
  return toTable(new Map(entries));
}

function hostFact(host: string, path: readonly string[]): Fact {
  return { kind: 'fact', host, path, via: `hostvars['${host}']` };
}

/** What the inventory says about a host, as `hostvars[host]` shows it. */
function hostTable(world: World, host: string): Table {
  const known = world.hostTables.get(host);
  if (known) return known;
  const variables = world.variablesOf(host);
  const lookup = createLookup(world, host, [variables], []);
  const table: Table = {
    kind: 'table',
    get: (key) => lookup(key),
    keys: () => [...variables.keys(), 'inventory_hostname', 'ansible_host'],
  };
  world.hostTables.set(host, table);
  return table;
}

/** Names that Ansible itself defines; undefined for others. */
function magic(world: World, host: string, playHosts: readonly string[], name: string): RunValue {
  const self = (): string => world.markHost(host, 'inventory_hostname');
  switch (name) {
    case 'inventory_hostname':
      return self();
    case 'inventory_hostname_short':
      return world.marks.keep(self(), host.split('.')[0] ?? host);
    case 'group_names':
      return (world.groupsOf(host) ?? []).map((group) => group.name).sort();
    case 'groups':
      return {
        kind: 'table',
        get: (key) => {
          const group = world.inventory.groups.get(key);
          return group && hostsOf(group).map((each) => world.markHost(each.name, `groups['${key}']`));
        },
        keys: () => [...world.inventory.groups.keys()],
      } satisfies Table;
    case 'hostvars':
      return {
        kind: 'table',
        get: (key) => (world.inventory.hosts.has(key) ? hostTable(world, key) : undefined),
        keys: () => [...world.inventory.hosts.keys()],
      } satisfies Table;
    case 'play_hosts':
    case 'ansible_play_hosts':
    case 'ansible_play_hosts_all':
    case 'ansible_play_batch':
      return playHosts.map((each) => world.markHost(each, name));
    case 'ansible_check_mode':
    case 'ansible_diff_mode':
      return false;
    case 'ansible_managed':
    case 'omit':
      return '';
    default:
      return undefined;
  }
}

/** Looks up the variables of a host through layers, what is not defined among the facts. Values are evaluated when they are asked for, each once. */
export function createLookup(world: World, host: string, layers: readonly Layer[], playHosts: readonly string[]): Lookup {
  const known = new Map<string, RunValue>();
  const evaluating = new Set<string>();
  const find = (name: string): RunValue => {
    const own = magic(world, host, playHosts, name);
    if (own !== undefined) return own;
    for (let index = layers.length - 1; index >= 0; index -= 1) {
      const layer: ReadonlyMap<string, RunValue | Variable> | undefined = layers[index];
      if (!layer?.has(name)) continue;
      const value = layer.get(name);
      if (!isVariable(value)) return value;
      if (evaluating.has(name) || evaluating.size > MAX_CHAIN) return UNKNOWN;
      evaluating.add(name);
      try {
        return toRunValue({ world, variable: name, file: value.file, lookup }, value.value, name);
      } catch (error) {
        if (!(error instanceof Unreadable) || error instanceof OutOfBounds) throw error;
        world.problems.add(value.file, `defines the variable ${name}, which ${error.message}`, true);
        return UNKNOWN;
      } finally {
        evaluating.delete(name);
      }
    }
    if (name === 'ansible_facts') return hostFact(host, []);
    return name.startsWith('ansible_') ? hostFact(host, [name]) : undefined;
  };
  const lookup: Lookup = (name) => {
    if (known.has(name)) return known.get(name);
    let value = find(name);
    if ((name === 'ansible_host' || name === 'ansible_ssh_host') && !isTagged(value, 'unknown')) {
      value = world.marks.mark({
        kind: 'host',
        target: host,
        text: typeof value === 'string' ? world.marks.plain(value) : host,
        via: name,
      });
    }
    known.set(name, value);
    return value;
  };
  return lookup;
}
