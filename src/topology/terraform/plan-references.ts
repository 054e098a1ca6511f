/** Which resources of the configuration an attribute of another one refers to, by addresses without indexes. */
export interface PlanReference {
  readonly from: string;
  readonly attribute: string;
  readonly to: string;
}

type Json = Readonly<Record<string, unknown>>;

interface Module {
  readonly path: string;
  readonly json: Json;
  readonly parent?: { readonly module: Module; readonly call: Json };
}

const MAX_STEPS = 30;

/** Follows the references in the configuration of a plan through variables and outputs of modules. */
export function listPlanReferences(rootModule: unknown): PlanReference[] {
  const found: PlanReference[] = [];
  const visit = (module: Module): void => {
    for (const resource of toObjects(module.json.resources)) {
      const address = resource.address;
      if (typeof address !== 'string') continue;
      const from = module.path + address;
      for (const [attribute, expression] of Object.entries(toObject(resource.expressions))) {
        for (const to of listTargets(expression, module)) found.push({ from, attribute, to });
      }
      for (const text of toTexts(resource.depends_on))
        for (const to of resolve(text, module, 0)) found.push({ from, attribute: 'depends_on', to });
    }
    for (const [name, call] of Object.entries(toObject(module.json.module_calls))) visit(childOf(module, name, toObject(call)));
  };
  visit({ path: '', json: toObject(rootModule) });
  return found;
}

function childOf(module: Module, name: string, call: Json): Module {
  return { path: `${module.path}module.${name}.`, json: toObject(call.module), parent: { module, call } };
}

function listTargets(expression: unknown, module: Module, steps = 0): string[] {
  return [...new Set(listReferences(expression).flatMap((text) => resolve(text, module, steps)))];
}

/** References of an expression or of the expressions in a block. */
function listReferences(expression: unknown): string[] {
  if (Array.isArray(expression)) return expression.flatMap(listReferences);
  return Object.entries(toObject(expression)).flatMap(([key, value]) => {
    if (key === 'references') return toTexts(value);
    return typeof value === 'object' && key !== 'constant_value' ? listReferences(value) : [];
  });
}

function resolve(text: string, module: Module, steps: number): string[] {
  const [first = '', second = '', third = ''] = text.replace(/\[(?:"(?:[^"\\]|\\.)*"|[^\]]*)\]/g, '').split('.');
  if (steps > MAX_STEPS || second === '') return [];
  if (first === 'var') {
    const { parent } = module;
    return parent ? listTargets(toObject(parent.call.expressions)[second], parent.module, steps + 1) : [];
  }
  if (first === 'module') {
    const call = toObject(module.json.module_calls)[second];
    const child = childOf(module, second, toObject(call));
    return third === '' ? [] : listTargets(toObject(toObject(toObject(child.json.outputs)[third]).expression), child, steps + 1);
  }
  if (/^(local|each|count|path|self|terraform)$/.test(first)) return [];
  return [module.path + (first === 'data' ? `data.${second}.${third}` : `${first}.${second}`)];
}

function toObject(value: unknown): Json {
  return typeof value === 'object' && value !== null ? { ...value } : {};
}

function toObjects(value: unknown): Json[] {
  return Array.isArray(value) ? value.map(toObject) : [];
}

function toTexts(value: unknown): string[] {
  return Array.isArray(value) ? value.filter((text) => typeof text === 'string') : [];
}
