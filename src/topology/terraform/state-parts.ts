import { type DocumentResource, type RawResource, toDocumentResource } from '../document-resource.ts';
import type { JsonShape } from '../json-parts.ts';
import { parseTerraformType, type ResourceType } from '../resource-type.ts';
import { stripMarked, stripPath } from '../strip-sensitive.ts';
import { formatIndex } from './address.ts';
import type { Depending } from './expand-dependencies.ts';

const TAKE_V4 = { take: 'v4' };

/** The parts of state files: version 4 has `resources`, version 3 `modules`. */
export const stateShape: Readonly<Record<string, JsonShape>> = {
  resources: {
    enter: {
      '[]': {
        enter: {
          ...Object.fromEntries(['module', 'mode', 'type', 'name', 'provider'].map((key) => [key, { take: 'header' }])),
          instances: { enter: { '[]': TAKE_V4 } },
        },
        end: 'v4 end',
      },
    },
    end: 'resources',
  },
  modules: { enter: { '[]': { enter: { path: { take: 'v3 path' }, resources: { enter: { '*': { take: 'v3' } } } } } }, end: 'modules' },
};

const MODULE: { enter: Record<string, JsonShape> } = { enter: { resources: { enter: { '[]': { take: 'shown' } } } } };
MODULE.enter.child_modules = { enter: { '[]': MODULE } };
/** The parts of `values`, as `terraform show -json` prints a state. */
export const shownShape: JsonShape = { enter: { root_module: MODULE }, end: 'values' };

/** Gathers resources from the parts of a document in any of the forms. */
export interface StateParts {
  visit(name: string, value: unknown, key: string): void;
  readonly resources: readonly DocumentResource[];
  readonly depending: readonly Depending[];
}

/** Receives the parts of `stateShape` and `shownShape` and keeps of every resource what identity and edges need. */
export function createStateParts(): StateParts {
  const resources: DocumentResource[] = [];
  const depending: Depending[] = [];
  const texts = new Map<string, string>();
  const intern = (text: string): string => {
    const known = texts.get(text);
    if (known !== undefined) return known;
    texts.set(text, text);
    return text;
  };
  const types = new Map<string, ResourceType>();
  const typeOf = (text: string): ResourceType => {
    const type = types.get(text) ?? parseTerraformType(text);
    types.set(text, type);
    return type;
  };
  const lists = new Map<string, readonly string[]>();
  const addDependencies = (resource: DocumentResource, rule: string, dependencies: readonly string[]): void => {
    if (dependencies.length === 0) return;
    const key = dependencies.join('\n');
    const shared = lists.get(key) ?? dependencies;
    lists.set(key, shared);
    depending.push({ resource, dependencies: shared, rule });
  };
  const add = (raw: Omit<RawResource, 'type' | 'isComponent' | 'id'> & { readonly type: string }): DocumentResource => {
    const id = typeof raw.attributes.id === 'string' ? raw.attributes.id : null;
    const resource = toDocumentResource({ ...raw, type: typeOf(raw.type), id, isComponent: false }, intern);
    resources.push(resource);
    return resource;
  };

  let header: Record<string, string> = {};
  let waiting: unknown[] = [];
  let first = 0;
  let isModuleLate = false;
  let modulePath = '';

  const addV4 = (value: unknown): void => {
    const { type, name, mode, module, provider = '' } = header;
    const instance = toRecord(value);
    if (type === undefined || name === undefined || typeof instance.deposed === 'string') return;
    const flat = instance.attributes_flat;
    const attributes = flat ? unflatten(toRecord(flat)) : toRecord(instance.attributes);
    for (const path of toList(instance.sensitive_attributes)) stripPath(attributes, toSteps(path));
    const address = `${module ? `${module}.` : ''}${mode === 'data' ? 'data.' : ''}${type}.${name}${formatIndex(instance.index_key)}`;
    const resource = add({ address, type, label: name, attributes, provider, isLookup: mode === 'data' });
    addDependencies(resource, 'dependencies', toTexts(instance.dependencies));
    addDependencies(resource, 'depends_on', toTexts(instance.depends_on));
  };

  const addV3 = (value: unknown, key: string): void => {
    const entry = toRecord(value);
    const primary = toRecord(entry.primary);
    const match = /^(data\.)?([^.]+)\.(.+?)(?:\.(\d+))?$/.exec(key);
    if (!match || !entry.primary) return;
    const [, data = '', type = '', name = '', index] = match;
    const attributes = unflatten(toRecord(primary.attributes));
    if (typeof primary.id === 'string') attributes.id = primary.id;
    const address = `${modulePath}${data}${type}.${name}${index === undefined ? '' : `[${index}]`}`;
    const provider = typeof entry.provider === 'string' ? entry.provider : '';
    const resource = add({ address, type, label: name, attributes, provider, isLookup: data !== '' });
    addDependencies(
      resource,
      'depends_on',
      toTexts(entry.depends_on).map((text) => modulePath + toIndexed(text)),
    );
  };

  const addShown = (value: unknown): void => {
    const shown = toRecord(value);
    const { address, type, name, mode, provider_name: provider } = shown;
    if (typeof address !== 'string' || typeof type !== 'string' || shown.deposed_key !== undefined) return;
    const attributes = toRecord(shown.values);
    stripMarked(attributes, shown.sensitive_values);
    const label = typeof name === 'string' ? name : address;
    const resource = add({
      address,
      type,
      label,
      attributes,
      provider: typeof provider === 'string' ? provider : '',
      isLookup: mode === 'data',
    });
    addDependencies(resource, 'dependencies', toTexts(shown.depends_on));
  };

  return {
    ...{ resources, depending },
    visit: (name, value, key) => {
      if (name === 'header') {
        if (typeof value === 'string') {
          header[key] = value;
          isModuleLate ||= key === 'module' && resources.length > first;
        }
      } else if (name === 'v4') {
        // Terraform writes the header first; where another program sorted the keys, instances wait for it.
        if (header.provider !== undefined && header.type !== undefined && header.name !== undefined) addV4(value);
        else waiting.push(value);
      } else if (name === 'v4 end') {
        for (const instance of waiting) addV4(instance);
        // Where the module comes after its instances, their addresses were made without it.
        if (isModuleLate && header.module) {
          for (const resource of resources.slice(first)) Object.assign(resource, { address: `${header.module}.${resource.address}` });
        }
        waiting = [];
        header = {};
        first = resources.length;
        isModuleLate = false;
      } else if (name === 'v3 path') {
        modulePath = toTexts(value)
          .slice(1)
          .map((module) => `module.${module}.`)
          .join('');
      } else if (name === 'v3') addV3(value, key);
      else if (name === 'shown') addShown(value);
    },
  };
}

function toRecord(value: unknown): Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Record<string, unknown>) : {};
}

function toList(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : [];
}

function toTexts(value: unknown): string[] {
  return toList(value).filter((text) => typeof text === 'string');
}

/** A path of `sensitive_attributes`; from a step on that is not understood everything below is sensitive. */
function toSteps(path: unknown): (string | number)[] {
  const steps: (string | number)[] = [];
  for (const step of toList(path)) {
    const { value } = toRecord(step);
    const inner = typeof value === 'object' ? toRecord(value).value : value;
    if (typeof inner !== 'string' && typeof inner !== 'number') break;
    steps.push(inner);
  }
  return steps;
}

/** Attributes of version 3, such as `ingress.123.security_groups.456`, as nested objects; counts are left out. */
function unflatten(flat: Readonly<Record<string, unknown>>): Record<string, unknown> {
  const root: Record<string, unknown> = {};
  for (const [path, value] of Object.entries(flat)) {
    if (/(^|\.)[#%]$/.test(path)) continue;
    const steps = path.split('.');
    let at = root;
    for (const step of steps.slice(0, -1)) {
      const next = Object.hasOwn(at, step) ? at[step] : undefined;
      const inner: Record<string, unknown> = typeof next === 'object' && next !== null ? toRecord(next) : {};
      Object.defineProperty(at, step, { value: inner, enumerable: true, configurable: true, writable: true });
      at = inner;
    }
    Object.defineProperty(at, steps[steps.length - 1] ?? '', { value, enumerable: true, configurable: true, writable: true });
  }
  return root;
}

/** Version 3 writes `aws_subnet.a.0` and `aws_subnet.a.*` for what is now `aws_subnet.a[0]` and `aws_subnet.a`. */
function toIndexed(text: string): string {
  return text.replace(/\.\*$/, '').replace(/\.(\d+)$/, '[$1]');
}
