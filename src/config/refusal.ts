import type { TSchema } from 'typebox';
import { Check } from 'typebox/value';
import { branchTypes, constants, formatKeyPath, isMapping, type KeyPath, pickBranch, type SchemaNode } from './schema-node.ts';

/** Why a value does not fit: where, and a clause without the value itself. `atKey` says that the key, not its value, is wrong. */
export interface Refusal {
  readonly path: KeyPath;
  readonly text: string;
  readonly atKey?: boolean;
}

/** Yields what is wrong with the value in document order; nothing when it fits. Absent properties with a default are right. */
export function* listRefusals(schema: SchemaNode, value: unknown, path: KeyPath = []): Generator<Refusal> {
  const name = formatKeyPath(path) || 'the file';
  if (schema.properties !== undefined) yield* mappingRefusals(schema, schema.properties, value, path, name);
  else if (schema.patternProperties !== undefined) {
    if (!isMapping(value)) yield { path, text: `${name} must be a mapping` };
    else for (const [key, inner] of Object.entries(value)) yield* listRefusals(innerOf(schema), inner, [...path, key]);
  } else if (schema.items !== undefined) {
    if (!Array.isArray(value)) yield { path, text: `${name} must be a list` };
    else if (value.length < (schema.minItems ?? 0)) yield { path, text: `${name} must have at least ${schema.minItems} entry` };
    else for (const [index, inner] of value.entries()) yield* listRefusals(schema.items, inner, [...path, index]);
  } else if (schema.anyOf !== undefined && constants(schema) === undefined) yield* unionRefusals(schema, value, path, name);
  else if (!Check(schema as TSchema, value)) yield { path, text: `${name} must be ${expected(schema)}` };
}

function innerOf(schema: SchemaNode): SchemaNode {
  return Object.values(schema.patternProperties ?? {})[0] ?? {};
}

function* mappingRefusals(
  schema: SchemaNode,
  properties: Readonly<Record<string, SchemaNode>>,
  value: unknown,
  path: KeyPath,
  name: string,
): Generator<Refusal> {
  if (!isMapping(value)) {
    yield { path, text: `${name} must be a mapping` };
    return;
  }
  for (const [key, inner] of Object.entries(value)) {
    const field = Object.hasOwn(properties, key) ? properties[key] : undefined;
    if (field !== undefined) yield* listRefusals(field, inner, [...path, key]);
    else {
      const near = nearest(key, Object.keys(properties));
      yield { path: [...path, key], text: `${formatKeyPath([...path, key])} is not a known key; the nearest is ${near}`, atKey: true };
    }
  }
  for (const key of schema.required ?? []) {
    if (!Object.hasOwn(value, key) && properties[key]?.default === undefined) {
      yield { path, text: `${formatKeyPath([...path, key])} is missing` };
    }
  }
}

function* unionRefusals(schema: SchemaNode, value: unknown, path: KeyPath, name: string): Generator<Refusal> {
  const branch = pickBranch(schema, value);
  if (branch !== undefined) yield* listRefusals(branch, value, path);
  else if (!isMapping(value)) yield { path, text: `${name} must be a mapping` };
  else {
    const verb = value.type === undefined ? 'is missing; it is' : 'must be';
    yield { path: value.type === undefined ? path : [...path, 'type'], text: `${name}.type ${verb} ${oneOf(branchTypes(schema))}` };
  }
}

function oneOf(values: readonly string[]): string {
  return values.length === 1 ? `${values[0]}` : `one of ${values.join(', ')}`;
}

/** What a value of the schema is, as the object of "must be". */
export function expected(schema: SchemaNode): string {
  const choices = constants(schema);
  if (choices !== undefined) return oneOf(choices);
  if (schema['x-expects'] !== undefined) return schema['x-expects'];
  if (schema.type !== 'integer' && schema.type !== 'number')
    return schema.type === 'boolean' ? 'true or false' : 'a text that is not empty';
  const { minimum, exclusiveMinimum, maximum } = schema;
  const bounds = [
    minimum === undefined ? [] : [`at least ${minimum}`],
    exclusiveMinimum === undefined ? [] : [`above ${exclusiveMinimum}`],
    maximum === undefined ? [] : [`at most ${maximum}`],
  ].flat();
  return `${schema.type === 'integer' ? 'a whole number' : 'a number'}${bounds.length > 0 ? `, ${bounds.join(' and ')}` : ''}`;
}

/** The candidate with the smallest edit distance to the word; the first of several. */
export function nearest(word: string, candidates: readonly string[]): string {
  const distances = candidates.map((candidate) => editDistance(word, candidate));
  return candidates[distances.indexOf(Math.min(...distances))] ?? word;
}

function editDistance(left: string, right: string): number {
  let row = Array.from({ length: right.length + 1 }, (_, column) => column);
  for (const [index, letter] of [...left].entries()) {
    const next = [index + 1];
    for (let column = 1; column <= right.length; column += 1) {
      const change = (row[column - 1] ?? 0) + (right[column - 1] === letter ? 0 : 1);
      next.push(Math.min(change, (row[column] ?? 0) + 1, (next[column - 1] ?? 0) + 1));
    }
    row = next;
  }
  return row[right.length] ?? 0;
}
