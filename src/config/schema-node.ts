/** A schema as data, with the annotations of `core/config-field.ts`. */
export interface SchemaNode {
  readonly type?: string;
  readonly description?: string;
  readonly default?: unknown;
  readonly const?: unknown;
  readonly properties?: Readonly<Record<string, SchemaNode>>;
  readonly patternProperties?: Readonly<Record<string, SchemaNode>>;
  readonly items?: SchemaNode;
  readonly anyOf?: readonly SchemaNode[];
  readonly required?: readonly string[];
  readonly minimum?: number;
  readonly exclusiveMinimum?: number;
  readonly maximum?: number;
  readonly minItems?: number;
  readonly 'x-path'?: boolean;
  readonly 'x-secret'?: boolean;
  readonly 'x-expects'?: string;
}

/** Keys and indexes from the root of a document to one of its values. */
export type KeyPath = readonly (string | number)[];

/** A key path as people write it: `tenants[0].source.root`. */
export function formatKeyPath(path: KeyPath): string {
  return path
    .map((part) => (typeof part === 'number' ? `[${part}]` : `.${part}`))
    .join('')
    .replace(/^\./, '');
}

export function isMapping(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** The allowed values if the schema is a choice between constants. */
export function constants(schema: SchemaNode): string[] | undefined {
  if (schema.const !== undefined) return [String(schema.const)];
  const choices = schema.anyOf?.flatMap((branch) => (branch.const === undefined ? [] : [String(branch.const)]));
  return choices !== undefined && choices.length > 0 && choices.length === schema.anyOf?.length ? choices : undefined;
}

/** The constants that `type` may have in a union of mappings. */
export function branchTypes(schema: SchemaNode): string[] {
  return (schema.anyOf ?? []).map((branch) => String(branch.properties?.type?.const));
}

/** The branch of a union of mappings whose `type` is that of the value. */
export function pickBranch(schema: SchemaNode, value: unknown): SchemaNode | undefined {
  return isMapping(value) ? schema.anyOf?.find((branch) => branch.properties?.type?.const === value.type) : undefined;
}

/** Copies a value that fits the schema, with every text replaced by what `change` returns for it. */
export function mapTexts(schema: SchemaNode | undefined, value: unknown, change: (text: string, field: SchemaNode) => string): unknown {
  if (typeof value === 'string') return change(value, schema ?? {});
  if (Array.isArray(value)) return value.map((element) => mapTexts(schema?.items, element, change));
  if (!isMapping(value)) return value;
  const branch = schema?.anyOf ? pickBranch(schema, value) : schema;
  const others = Object.values(branch?.patternProperties ?? {})[0];
  return Object.fromEntries(
    Object.entries(value).map(([key, inner]) => [key, mapTexts(branch?.properties?.[key] ?? others, inner, change)]),
  );
}
