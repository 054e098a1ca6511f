import { isLoopback, normalizeHost } from '../../core/urn.ts';
import type { Inventory } from './inventory.ts';
import type { Marks } from './marks.ts';

/** Names of variables that hold addresses of others. */
const ENDPOINT =
  /(?:^|_)(?:host|hosts|hostname|hostnames|url|urls|uri|uris|servers?|endpoints?|addr|address|addresses|dsn|upstreams?|backends?|nodes|peers|brokers?|broker_list|seeds?|masters?|members?|jdbc|connection_string)$/i;
/** Names of variables whose addresses are no dependencies: allow lists, addresses of oneself, places to download from or to read about. */
const NO_ENDPOINT =
  /allow|deny|white|black|trusted|firewall|no_proxy|bind|listen|advertise|download|repo|mirror|package|archive|release|git|gpg|(?:^|_)keys?(?:_|$)|docs?_|vhost|virtual|server_name|^ansible_|email|admin|image|registry|source|^inventory|galaxy|(?:^|_)(?:hosts_file|etc_hosts)/i;

/** Scheme with user and password, host, and what follows it in an address. */
const URL_PATTERN =
  /((?<![a-z0-9+.-])[a-z][a-z0-9+.-]*:\/\/(?:[^\s/'"]*@)?)(\[[^\]\s]+\]|[a-z0-9](?:[\w.-]*\w)?)(?=[:/?#\s'",;)]|$)(?![^\s'",;)]*@)/gi;

/** Whether a variable of this name tells whom its host depends on. */
export function isEndpointName(name: string): boolean {
  return ENDPOINT.test(name) && !NO_ENDPOINT.test(name);
}

/** Whether what a variable of this name holds, at any depth, is nobody that its host depends on. */
export function isNoEndpointName(name: string): boolean {
  return NO_ENDPOINT.test(name);
}

/** Whether text is an IP address. */
export function isIpAddress(text: string): boolean {
  return /^(?:\d{1,3}\.){3}\d{1,3}$/.test(text) || /^(?=.*:.*:)[0-9a-f:.]+$/i.test(text);
}

function isDottedName(text: string): boolean {
  return /^[a-z0-9](?:[a-z0-9-]*[a-z0-9])?(?:\.[a-z0-9](?:[a-z0-9_-]*[a-z0-9])?)+$/i.test(text) && /[a-z]{2,}$/i.test(text);
}

/** Words that may be hosts: with a port, or with dots. */
const KNOWN_PATTERN =
  /\uFDD2\d+\uFDD3|(?<![\w.@/\uFDD4-])([\w-]+(?:\.[\w-]+)*)(?=:\d{1,5}(?!\d))|(?<![\w.\uFDD4-])([\w-]+(?:\.[\w-]+)+)(?![\w/\uFDD4-])/g;

/** Finds addresses in text. */
export interface Addresses {
  /** The text with marks at the addresses of hosts of the inventory, and, where `isEndpoint`, at other addresses. */
  annotate(text: string, via: string, isEndpoint: boolean): string;
  /** Other names of each host. */
  readonly aliases: ReadonlyMap<string, readonly string[]>;
}

function isUseful(address: string): boolean {
  return address !== '' && !isLoopback(address) && !/^0\.0\.0\.0$|[{}]/.test(address);
}

/** Knows the hosts of an inventory by their names and by `ansible_host`. An address that several hosts share belongs to none. */
export function createAddresses(inventory: Inventory, addressOf: (host: string) => string | undefined, marks: Marks): Addresses {
  const known = new Map<string, string | undefined>();
  const aliases = new Map<string, string[]>();
  for (const name of inventory.hosts.keys()) known.set(normalizeHost(name), name);
  for (const name of inventory.hosts.keys()) {
    const address = normalizeHost(addressOf(name) ?? '');
    if (!isUseful(address) || known.get(address) === name) continue;
    known.set(address, known.has(address) ? undefined : name);
  }
  for (const [address, host] of known)
    if (host !== undefined && isUseful(address)) aliases.set(host, [...(aliases.get(host) ?? []), address]);
  const hostOf = (text: string): string | undefined => known.get(text.toLowerCase());
  const mark = (text: string, via: string, isEndpoint: boolean): string | undefined => {
    const host = hostOf(normalizeHost(text));
    if (host !== undefined) return marks.mark({ kind: 'host', target: host, text, via });
    return isEndpoint && isUseful(text) ? marks.mark({ kind: 'address', target: normalizeHost(text), text, via }) : undefined;
  };
  const markKnown = (text: string, via: string): string =>
    /\w[.:]\w/.test(text)
      ? text.replace(KNOWN_PATTERN, (whole, withPort, dotted) => mark(withPort ?? dotted ?? '', via, false) ?? whole)
      : text;
  const markUrls = (text: string, via: string, isEndpoint: boolean): string =>
    text.replace(URL_PATTERN, (whole, before: string, host: string) => {
      const marked = mark(host, via, isEndpoint || isConnection(before));
      return marked === undefined ? whole : before + marked;
    });
  /** A list of hosts with or without ports; anything else may hold what is no address, such as a password. */
  const markHosts = (text: string, via: string): string => {
    const pieces = text.split(/([\s,;]+)/);
    if (!pieces.every((piece) => /^(?:[\w.-]+(?::\d{1,5})?|[\s,;]*)$/.test(piece))) return text;
    return pieces.map((piece) => markHost(piece, via)).join('');
  };
  const markHost = (piece: string, via: string): string => {
    const [, host = '', rest = ''] = /^([\w.-]+)(:\d+)?$/.exec(piece) ?? [];
    const looksRight = isIpAddress(host) || isDottedName(host);
    const marked = looksRight || hostOf(host) !== undefined ? mark(host, via, looksRight) : undefined;
    return marked === undefined ? piece : marked + rest;
  };
  const annotate = (text: string, via: string, isEndpoint: boolean): string => {
    if (text.length > 100_000) return text;
    if (text.includes('://')) return markKnown(markUrls(text, via, isEndpoint), via);
    return markKnown(isEndpoint ? markHosts(text, via) : text, via);
  };
  return { annotate, aliases };
}

/** Whether the beginning of an address is that of a connection to a database or queue, which nobody writes for reading. */
function isConnection(scheme: string): boolean {
  return /^(?:jdbc:)?(?:mysql|mariadb|postgres(?:ql)?|mongodb(?:\+srv)?|rediss?|amqps?|kafka|nats|ldaps?|memcached?|sqlserver|oracle|cassandra|tcp)\b/i.test(
    scheme,
  );
}
