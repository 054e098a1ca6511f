/** A string that Ansible never templates (`!unsafe`). */
export interface Unsafe {
  readonly tag: 'unsafe';
  readonly text: string;
}

/** A value of the vault: it is never read, and only this mark of it is kept. */
export interface Vault {
  readonly tag: 'vault';
}

/** What a document of Ansible holds. Mappings are `Map`s, so that no key of a document meets a property of an object. */
export type Value = null | boolean | number | string | Unsafe | Vault | readonly Value[] | Mapping;
export type Mapping = ReadonlyMap<string, Value>;

/** A variable with the place of its definition. */
export interface Variable {
  readonly value: Value;
  readonly file: string;
  /** From 1. */
  readonly line: number;
}
export type Variables = ReadonlyMap<string, Variable>;

export const VAULT: Vault = { tag: 'vault' };

/** A document that cannot be understood; the message ends a sentence that begins with its name, and holds none of its values. */
export class Unreadable extends Error {}

/** An evaluation that takes more than it may; what it would have said is not known. */
export class OutOfBounds extends Unreadable {}

export function isMapping(value: Value | undefined): value is Mapping {
  return value instanceof Map;
}

export function isList(value: Value | undefined): value is readonly Value[] {
  return Array.isArray(value);
}

export function isVault(value: unknown): value is Vault {
  return typeof value === 'object' && value !== null && 'tag' in value && value.tag === 'vault';
}

export function isUnsafe(value: unknown): value is Unsafe {
  return typeof value === 'object' && value !== null && 'tag' in value && value.tag === 'unsafe';
}

/** The value as JSON in the notation of `ansible-inventory`; of vault values only the key `__ansible_vault` with `<encrypted>` remains. */
export function toJson(value: Value): unknown {
  if (isList(value)) return value.map(toJson);
  if (isMapping(value)) return Object.fromEntries([...value].map(([key, item]) => [key, toJson(item)]));
  if (isVault(value)) return { __ansible_vault: '<encrypted>' };
  if (isUnsafe(value)) return { __ansible_unsafe: value.text };
  return value;
}
