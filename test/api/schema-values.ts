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

const AWKWARD_TIMES = [
  '0001-01-01',
  '0001-01-02',
  '0000-01-01',
  '9999-12-31T23:59:59Z',
  '2255-06-01',
  '2026-01-01T10:00:60Z',
  '2026-01-01T00:00:00+99:99',
];
const AWKWARD_NUMBERS = ['0', '-1', '1.5', '1e3', '9999', '9223372036854775807', '9223372036854775808', '99999999999999999999', 'NaN'];
const AWKWARD_TEXTS = ['', "'", '%', '\\', '..', '$1', '((a*)*)*b', '<->', '\u202e', 'null', '__proto__', 'urn:', '😀', 'x'.repeat(190)];

/** Texts that are nearly right for a parameter of some kind, also cursors as lists make them, with values that no list has. */
export function nearTexts(isCursor: boolean): readonly string[] {
  const texts = [...AWKWARD_TIMES, ...AWKWARD_NUMBERS, ...AWKWARD_TEXTS];
  if (!isCursor) return texts;
  const toCursor = (value: unknown): string => Buffer.from(JSON.stringify(value)).toString('base64url');
  const lists = [1, 2, 3, 6].flatMap((length) =>
    ['0001-01-01', '9999-12-31', '0', '-1', '1.5', '9223372036854775808', '', 'x', '\ud800'].map((text) =>
      toCursor(Array(length).fill(text)),
    ),
  );
  return [...texts, ...lists, toCursor([null]), toCursor([[]]), toCursor({}), '99999999999999999_1', '9'.repeat(16)];
}

const AWKWARD_VALUES: readonly unknown[] = [
  ...AWKWARD_TIMES,
  ...AWKWARD_TEXTS,
  'a\0b',
  'a\udfffb',
  'x'.repeat(5000),
  -1,
  0,
  1.5,
  1e308,
  null,
  true,
  [],
  {},
  ['\0'],
];

/** Bodies like a good one, each with one field absent or of an awkward value. */
export function nearBodies(body: unknown): object[] {
  if (typeof body !== 'object' || body === null) return [];
  return Object.entries(body).flatMap(([name, value]) => {
    const others = [...AWKWARD_VALUES, ...nearBodies(value)].map((other) => replaceField(body, name, other));
    return Array.isArray(body) ? others : [...others, Object.fromEntries(Object.entries(body).filter(([key]) => key !== name))];
  });
}

function replaceField(body: object, name: string, value: unknown): object {
  return Array.isArray(body) ? body.with(Number(name), value) : { ...body, [name]: value };
}
