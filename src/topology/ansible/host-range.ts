import { Unreadable } from './value.ts';

const LETTERS = 'abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ';
/** More hosts than any inventory has; a range beyond is a mistake that would fill the memory. */
const MAX_HOSTS = 100_000;

const RANGE = String.raw`\[(?:[a-z]:[a-z]|[0-9]+:[0-9]+)(?::[0-9]+)?\]`;
const LABEL = String.raw`(?:[\p{L}\p{N}_]|${RANGE})(?:[\p{L}\p{N}_-]|${RANGE})*(?<![_-])`;
const HOST_NAME = new RegExp(`^${LABEL}(?:\\.${LABEL})*$`, 'iu');
const IPV6 = /^(?=.*:.*:)(?:[0-9a-f]{0,4}|\[[0-9a-f]+:[0-9a-f]+(?::[0-9]+)?\]|:)+(?:(?:\d{1,3}\.){3}\d{1,3})?$/i;

/** Splits the port off a host pattern; a pattern that is no address keeps its text. */
function splitPort(pattern: string): { host: string; port?: number } {
  const match = /^\[(.+)\]:([0-9]+)$/.exec(pattern) ?? /^((?:[^:[\]]|\[[^\]]*\])*):([0-9]+)$/.exec(pattern);
  const host = match?.[1] ?? pattern;
  if (!HOST_NAME.test(host) && !IPV6.test(host)) return { host: pattern };
  return match?.[2] === undefined ? { host } : { host, port: Number(match[2]) };
}

function sequence(begin: string, end: string, step: number): string[] {
  const [from, to] = [LETTERS.indexOf(begin), LETTERS.indexOf(end)];
  if (from >= 0 && to >= 0) {
    if (from > to) throw new Unreadable('has a host range that ends before it begins');
    return [...LETTERS.slice(from, to + 1)].filter((_, index) => index % step === 0);
  }
  if (!/^\d+$/.test(begin) || !/^\d+$/.test(end)) throw new Unreadable('has a host range that is neither of numbers nor of letters');
  const isPadded = begin.length > 1 && begin.startsWith('0');
  if (isPadded && begin.length !== end.length) throw new Unreadable('has a host range whose ends differ in length');
  if ((Number(end) - Number(begin)) / step > MAX_HOSTS) throw new Unreadable(`has a host range of more than ${MAX_HOSTS} hosts`);
  const names: string[] = [];
  for (let index = Number(begin); index <= Number(end); index += step) {
    names.push(isPadded ? String(index).padStart(begin.length, '0') : String(index));
  }
  return names;
}

function expand(pattern: string, hosts: string[]): void {
  const open = pattern.indexOf('[');
  if (open < 0) {
    if (hosts.length >= MAX_HOSTS) throw new Unreadable(`has a host range of more than ${MAX_HOSTS} hosts`);
    hosts.push(pattern);
    return;
  }
  const close = pattern.indexOf(']', open);
  const bounds = pattern.slice(open + 1, close < 0 ? open + 1 : close).split(':');
  const [begin = '', end = '', step = '1'] = bounds;
  if (bounds.length < 2 || bounds.length > 3 || end === '')
    throw new Unreadable('has a host range that is not begin:end or begin:end:step');
  if (!/^[1-9]\d*$/.test(step)) throw new Unreadable('has a host range whose step is not a positive number');
  for (const part of sequence(begin || '0', end, Number(step))) expand(pattern.slice(0, open) + part + pattern.slice(close + 1), hosts);
}

/** The hosts of a pattern such as `db[01:10:3]-[a:c].example.org:2222`, and its port. Throws `Unreadable`. */
export function expandHostRange(pattern: string): { hosts: readonly string[]; port?: number } {
  const { host, port } = splitPort(pattern);
  const hosts: string[] = [];
  expand(host, hosts);
  return port === undefined ? { hosts } : { hosts, port };
}
