/** An address such as `module.svc["a"].data.aws_vpc.main[0]`, taken apart. */
export interface TerraformAddress {
  /** Without any index: `module.svc.data.aws_vpc.main`. */
  readonly config: string;
  /** Module calls from the outside with their keys: `svc` with `["a"]`. */
  readonly modules: readonly { readonly name: string; readonly key: string }[];
  /** Index of the resource itself as it is written, or empty. */
  readonly key: string;
}

/** Takes an address apart; undefined when it names no resource, as `module.svc`, `var.x` or `local.x`. */
export function parseTerraformAddress(text: string): TerraformAddress | undefined {
  const steps = [...text.matchAll(/([^.[\]]+)((?:\[(?:"(?:[^"\\]|\\.)*"|[^\]]*)\])?)(?:\.|$)/g)].map(([, name = '', key = '']) => ({
    name,
    key,
  }));
  const modules: { name: string; key: string }[] = [];
  let at = 0;
  while (steps[at]?.name === 'module') {
    modules.push({ name: steps[at + 1]?.name ?? '', key: steps[at + 1]?.key ?? '' });
    at += 2;
  }
  const mode = steps[at]?.name === 'data' ? 'data.' : '';
  if (mode !== '') at++;
  const type = steps[at]?.name;
  const name = steps[at + 1]?.name;
  if (type === undefined || name === undefined || /^(var|local|each|count|path|self|terraform|module)$/.test(type)) return undefined;
  const prefix = modules.map((module) => `module.${module.name}.`).join('');
  return { config: `${prefix}${mode}${type}.${name}`, modules, key: steps[at + 1]?.key ?? '' };
}

/** `["a"]` or `[0]` for the key of an instance, empty for none. */
export function formatIndex(key: unknown): string {
  if (typeof key === 'number') return `[${key}]`;
  return typeof key === 'string' ? `[${JSON.stringify(key)}]` : '';
}
