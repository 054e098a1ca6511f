import { UNKNOWN_PIECE } from './marks.ts';

/** What cannot be known without running something: a lookup, a value of the vault, the result of a task. */
export interface Unknown {
  readonly kind: 'unknown';
}

/** A fact that is not gathered. Where it is an address of its host, it stands for the host itself. */
export interface Fact {
  readonly kind: 'fact';
  readonly host: string;
  readonly path: readonly string[];
  readonly via: string;
}

/** A mapping, whose values may be found only when they are asked for. */
export interface Table {
  readonly kind: 'table';
  get(key: string): RunValue;
  keys(): readonly string[];
}

export interface Callable {
  readonly kind: 'callable';
  call(args: readonly RunValue[], named: ReadonlyMap<string, RunValue>): RunValue;
}

/** A value while templates are evaluated; `undefined` is what nothing defines. Strings may carry marks. */
export type RunValue = null | undefined | boolean | number | string | RunValue[] | Unknown | Fact | Table | Callable;

export const UNKNOWN: Unknown = { kind: 'unknown' };

export function isTagged<K extends 'unknown' | 'fact' | 'table' | 'callable'>(
  value: RunValue,
  kind: K,
): value is Extract<RunValue, { kind: K }> {
  return typeof value === 'object' && value !== null && !Array.isArray(value) && value.kind === kind;
}

export function toTable(entries: ReadonlyMap<string, RunValue>): Table {
  return { kind: 'table', get: (key) => entries.get(key), keys: () => [...entries.keys()] };
}

/** Whether a value counts as true; undefined when that cannot be known. */
export function isTrue(value: RunValue): boolean | undefined {
  if (value === undefined || isTagged(value, 'unknown') || isTagged(value, 'fact')) return undefined;
  if (typeof value === 'string') return value === UNKNOWN_PIECE ? undefined : value !== '';
  if (Array.isArray(value)) return value.length > 0;
  if (isTagged(value, 'table')) return value.keys().length > 0;
  return Boolean(value);
}

/** Whether the fact is a name or address of its host. */
export function isAddress({ path }: Fact): boolean {
  const last = path.findLast((part) => !/^-?\d+$/.test(part)) ?? '';
  return /(?:^|_)(?:address|addresses|fqdn|hostname|nodename|ipv4|ipv6|ip|host)$/.test(last);
}
