import type { DocumentResource } from '../document-resource.ts';
import type { Link } from '../link-resources.ts';
import { parseTerraformAddress, type TerraformAddress } from './address.ts';

/** What an instance says that it depends on, as addresses without or with indexes. */
export interface Depending {
  readonly resource: DocumentResource;
  readonly dependencies: readonly string[];
  readonly rule: string;
}

/** Above so many pairs between two resources with many instances, instances are paired by their key. */
const MAX_PAIRS = 50_000;

interface Instance {
  readonly resource: DocumentResource;
  readonly address: TerraformAddress;
}

/**
 * Dependencies name resources of the configuration: each stands for the instances in the same instance of the modules that both share, or for all
 * where that has none. `report` receives each address that the document does not hold, and those
 * that stand for so many pairs that only instances of equal keys are paired.
 */
export function* expandDependencies(
  resources: readonly DocumentResource[],
  depending: Iterable<Depending>,
  report: (dependency: string, reason: 'absent' | 'too many') => void,
): Generator<Link> {
  const instances = new Map<string, Instance[]>();
  const addresses = new Map<DocumentResource, TerraformAddress>();
  for (const resource of resources) {
    const address = parseTerraformAddress(resource.address);
    if (!address) continue;
    addresses.set(resource, address);
    const list = instances.get(address.config);
    if (list) list.push({ resource, address });
    else instances.set(address.config, [{ resource, address }]);
  }
  const parsed = new Map<string, TerraformAddress | undefined>();
  const parse = (text: string): TerraformAddress | undefined => {
    if (!parsed.has(text)) parsed.set(text, parseTerraformAddress(text));
    return parsed.get(text);
  };
  const grouped = new Map<string, readonly Instance[]>();
  for (const { resource, dependencies, rule } of depending) {
    const own = addresses.get(resource);
    for (const text of dependencies) {
      const address = parse(text);
      if (!address || !own) continue;
      const all = instances.get(address.config);
      if (!all) {
        report(text, 'absent');
        continue;
      }
      // Instances of one module instance share what they mean, so that it is found once for all of them.
      const group = `${text}\n${own.modules.map(({ name, key }) => name + key).join('.')}`;
      const meant = grouped.get(group) ?? pickInstances(all, address, own);
      grouped.set(group, meant);
      const siblings = instances.get(own.config)?.length ?? 1;
      const isMany = meant.length * siblings > MAX_PAIRS;
      if (isMany) report(text, 'too many');
      const paired = isMany ? meant.filter((instance) => instance.address.key === own.key) : meant;
      for (const { resource: to } of paired) yield { from: resource, to, relation: 'DEPENDS_ON', rule };
    }
  }
}

function pickInstances(all: readonly Instance[], dependency: TerraformAddress, own: TerraformAddress): readonly Instance[] {
  if (dependency.key !== '' || dependency.modules.some(({ key }) => key !== '')) {
    const exact = all.filter(
      ({ address }) =>
        (dependency.key === '' || address.key === dependency.key) &&
        dependency.modules.every(({ key }, at) => key === '' || address.modules[at]?.key === key),
    );
    if (exact.length > 0) return exact;
  }
  const near = all.filter(({ address }) => {
    for (const [at, { name, key }] of address.modules.entries()) {
      const module = own.modules[at];
      if (module?.name !== name) return true;
      if (module.key !== key) return false;
    }
    return true;
  });
  return near.length > 0 ? near : all;
}
