import { type Host, hostsOf, type Inventory } from './inventory.ts';
import { toSafePattern } from './safe-pattern.ts';

/** A shell pattern as a matcher of whole names; `~` begins a regular expression, which matches from the beginning. */
function toMatcher(pattern: string): (name: string) => boolean {
  if (pattern.startsWith('~')) {
    const safe = toSafePattern(`^(?:${pattern.slice(1)})`);
    return (name) => (safe?.match(name) ?? null) !== null;
  }
  if (!/[*?[]/.test(pattern)) return (name) => name === pattern;
  const source = pattern.replace(/\[!([^\]]+)\]|\[([^\]]+)\]|([*?])|([\\^$.|+(){}[\]])/g, (_, not, any, wild, special) => {
    if (not !== undefined) return `[^${not.replaceAll('\\', '')}]`;
    if (any !== undefined) return `[${any.replaceAll('\\', '')}]`;
    return wild === '*' ? '.*' : wild === '?' ? '.' : `\\${special}`;
  });
  const compiled = new RegExp(`^${source.replace(/(?:\.\*)+/g, '.*')}$`);
  return (name) => name.length <= 255 && compiled.test(name);
}

function split(pattern: string): string[] {
  const parts = pattern.includes(',') ? pattern.split(',') : (pattern.match(/(?:[^\s:[\]]|\[[^\]]*\])+/g) ?? []);
  return parts.map((part) => part.trim()).filter((part) => part !== '');
}

function match(inventory: Inventory, pattern: string): Host[] {
  const [, base = pattern, index, from, to] = /^([^~].*)\[(?:(-?\d+)|(\d+)[:-](\d*))\]$/.exec(pattern) ?? [];
  const isMatch = toMatcher(base);
  const groups = [...inventory.groups.values()].filter(({ name }) => isMatch(name));
  const hosts = new Set(groups.flatMap(hostsOf));
  if (groups.length === 0 || /^~|[.?*[]/.test(base)) {
    for (const host of inventory.hosts.values()) if (isMatch(host.name)) hosts.add(host);
  }
  const list = [...hosts];
  if (index !== undefined) return list.slice(Number(index), Number(index) === -1 ? undefined : Number(index) + 1);
  return from === undefined ? list : list.slice(Number(from), to ? Number(to) + 1 : undefined);
}

/** The hosts of a play's pattern: names, groups, wild cards, `~` expressions, `:` or `,` between them, `!` to exclude and `&` to intersect. */
export function listHosts(inventory: Inventory, pattern: string): readonly string[] {
  const known = inventory.hosts.get(pattern);
  const parts = known ? [pattern] : split(pattern);
  const plain = parts.filter((part) => !/^[!&]/.test(part));
  const hosts = new Set((plain.length > 0 ? plain : ['all']).flatMap((part) => inventory.hosts.get(part) ?? match(inventory, part)));
  for (const sign of ['&', '!']) {
    for (const part of parts.filter((each) => each.startsWith(sign))) {
      const named = new Set(match(inventory, part.slice(1)));
      for (const host of hosts) if (named.has(host) === (sign === '!')) hosts.delete(host);
    }
  }
  return [...hosts].map(({ name }) => name);
}
