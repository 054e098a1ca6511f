import fc from 'fast-check';

/** A JSON Schema as the OpenAPI document writes it. */
export interface Schema {
  readonly type?: string;
  readonly enum?: readonly unknown[];
  readonly const?: unknown;
  readonly anyOf?: readonly Schema[];
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly required?: readonly string[];
  readonly items?: Schema;
  readonly minimum?: number;
  readonly maximum?: number;
  readonly multipleOf?: number;
  readonly minLength?: number;
  readonly maxLength?: number;
  readonly pattern?: string;
  readonly minItems?: number;
  readonly maxItems?: number;
}

/** Values that the schema admits. */
export function valuesOf(schema: Schema): fc.Arbitrary<unknown> {
  if (schema.const !== undefined) return fc.constant(schema.const);
  if (schema.enum) return fc.constantFrom(...schema.enum);
  if (schema.anyOf) return fc.oneof(...schema.anyOf.map(valuesOf));
  switch (schema.type) {
    case 'integer':
    case 'number':
      return numbersOf(schema);
    case 'string':
      return textsOf(schema);
    case 'boolean':
      return fc.boolean();
    case 'array':
      return fc.array(valuesOf(schema.items ?? {}), { minLength: schema.minItems ?? 0, maxLength: Math.min(schema.maxItems ?? 3, 3) });
    case 'object':
      return fc.record(Object.fromEntries(Object.entries(schema.properties ?? {}).map(([name, field]) => [name, valuesOf(field)])), {
        requiredKeys: [...(schema.required ?? [])],
      });
    case 'null':
      return fc.constant(null);
    default:
      return fc.jsonValue();
  }
}

function numbersOf({ minimum = -1000, maximum = 1000, multipleOf = 1 }: Schema): fc.Arbitrary<number> {
  const least = Math.ceil(minimum / multipleOf);
  return fc.integer({ min: least, max: Math.min(Math.floor(maximum / multipleOf), least + 100_000) }).map((count) => count * multipleOf);
}

function textsOf({ pattern, minLength = 0, maxLength = 50 }: Schema): fc.Arbitrary<string> {
  if (pattern !== undefined) return fc.stringMatching(new RegExp(pattern));
  const size = { minLength, maxLength: Math.min(maxLength, Math.max(minLength, 50)) };
  const awkward = [
    '%',
    '_',
    "'",
    '"',
    '\\',
    '1e999',
    '0000-01-01',
    '9999-12-31T23:59:59Z',
    '2026-01-01',
    'ä',
    '😀',
    '..',
    '{}',
    '$1',
    '-1',
  ];
  return fc.oneof(
    fc.string({ unit: 'grapheme', ...size }).map((text) => text.replaceAll('\0', 'x')),
    fc.constantFrom(...awkward.filter((text) => text.length >= minLength && text.length <= maxLength)),
  );
}

/** Texts for a parameter that its schema refuses; empty when it refuses none. */
export function refusedTexts(schema: Schema): string[] {
  if (schema.anyOf) return [];
  if (schema.enum) return ['nothing like it', ''];
  if (schema.type === 'integer') return ['x', ...(schema.minimum === undefined ? [] : [String(schema.minimum - 1)])];
  if (schema.type === 'string') {
    return [
      'with \0 in it',
      ...(schema.minLength ? [''] : []),
      ...(schema.maxLength && schema.maxLength < 4000 ? ['x'.repeat(schema.maxLength + 1)] : []),
    ];
  }
  return schema.type === 'boolean' ? ['perhaps'] : [];
}
