import { isLoopback, normalizeHost } from '../core/urn.ts';
import { factsOfKey } from './key-facts.ts';

/** A value of a resource that may name another one, and the attribute that holds it without list indexes: `ingress.security_groups`. */
export interface Mention {
  readonly value: string;
  readonly attribute: string;
}

const HOST = /^[a-z0-9_-]+(\.[a-z0-9_-]+)+\.?$/i;
const IPV4 = /^\d{1,3}(\.\d{1,3}){3}$/;
const MIN_VALUE = 2;
const MAX_VALUE = 2048;
const MAX_DEPTH = 16;

/** Whether a value can hardly be equal to another resource's id by chance: cloud ids, ARNs, self links, UUIDs. */
export function isTelling(value: string): boolean {
  return (
    /^(arn:|acs:|projects\/|\/subscriptions\/|(https:)?\/\/[a-z0-9-]+\.googleapis\.com\/)/.test(value) ||
    /^[a-z]{1,12}(-[a-z]{1,12})?-[0-9a-f]{8,17}$/.test(value) ||
    /^[a-z]{1,5}-[a-z0-9]{12,32}$/.test(value) ||
    /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i.test(value)
  );
}

/** The host in an address such as `db.example.com:5432`, `https://db.example.com/x` or `postgres://user:…@db.example.com/x`, in lower case; undefined when there is none. */
export function hostOf(value: string): string | undefined {
  const authority = /^[a-z][a-z0-9+.-]*:\/\/(?:[^/?#\s]*@)?([^/?#\s@]+)/i.exec(value)?.[1] ?? value;
  const host = normalizeHost(authority);
  if (host.length > 253 || isLoopback(host)) return undefined;
  if (IPV4.test(host)) return /^(0|127|169\.254|255)\./.test(host) ? undefined : host;
  return HOST.test(host) && /[a-z]/.test(host)
    ? host
    : /^[0-9a-f:]*:[0-9a-f:]+$/.test(host) && host.split(':').length > 3
      ? host
      : undefined;
}

/**
 * Everything in the attributes of a resource that may name another one. Secrets take part only where they are the address of a secret;
 * of an address with credentials only the host is kept. `intern` gives one text for equal ones.
 */
export function listMentions(attributes: Readonly<Record<string, unknown>>, intern: (text: string) => string): Mention[] {
  const mentions: Mention[] = [];
  const walk = (value: unknown, path: string, key: string, depth: number): void => {
    if (typeof value === 'string') {
      const kept = keptValue(value, key);
      if (kept !== undefined) mentions.push({ value: kept, attribute: intern(path) });
      else if (factsOfKey(key).words === 'container_definitions') walk(parseJson(value), path, key, depth + 1);
    } else if (depth >= MAX_DEPTH) return;
    else if (Array.isArray(value)) for (const element of value) walk(element, path, key, depth + 1);
    else if (isObject(value)) {
      // Lists of `{name, value}` are how containers get their environment.
      const named = typeof value.name === 'string' && 'value' in value ? value.name : undefined;
      for (const name of Object.keys(value)) {
        const inner = value[name];
        // Paths are made only for what can hold a mention: most attributes are numbers, empty, or plain words.
        if (typeof inner === 'string' ? inner.length < MIN_VALUE : !isObject(inner) || inner.length === 0) continue;
        const { isOwn, isLabels, isIndex } = factsOfKey(name);
        if (isLabels || (depth === 0 && isOwn)) continue;
        const part = named !== undefined && name === 'value' ? named : name;
        walk(inner, isIndex ? path : path === '' ? part : `${path}.${part}`, isIndex ? key : part, depth + 1);
      }
    }
  };
  walk(attributes, '', '', 0);
  return mentions;
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null;
}

function keptValue(value: string, key: string): string | undefined {
  if (value.length < MIN_VALUE || value.length > MAX_VALUE || /\s/.test(value)) return undefined;
  if (isTelling(value)) return value;
  if (factsOfKey(key).isSecret && !value.includes('://')) return undefined;
  const host = value.includes('.') || value.includes('://') ? hostOf(value) : undefined;
  if (host !== undefined) return host;
  return value.length <= 256 && !value.includes('://') && factsOfKey(key).noun !== '' ? value : undefined;
}

function parseJson(text: string): unknown {
  if (text.length > 1_000_000 || !/^\s*[[{]/.test(text)) return undefined;
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
