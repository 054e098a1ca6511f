import type { Alias } from '../../core/observation.ts';
import { ownerOfPod, type Resource, toDeclared, toExternal, toService } from '../../core/urn.ts';
import type { Draft } from '../draft.ts';
import { listFlags, listReferences, type Names } from '../reference.ts';
import { type Container, type Declared, keyOf, type Origin, type Route, type Service, type Workload } from './declared.ts';

/**
 * Draws resources and edges at the level of services: a workload is the Service that selects it, else its own name. Where several Services select
 * it, it is the one of its name, else one with an address of its own, else the first by name; the others are other names of it.
 * A service that no object declares is known by its name in the cluster's DNS and reported.
 */
export function drawEdges(declared: Declared, draft: Draft): void {
  const cluster = openCluster(declared);
  for (const service of declared.services) drawService(service, cluster, draft);
  for (const workload of declared.workloads) {
    const resource = cluster.ofWorkload(workload);
    draft.resource({ ...resource, aliases: aliasesOf(workload, false) });
  }
  for (const pod of declared.pods) {
    const owner = cluster.selecting(pod) ?? toService(ownerOfPod(pod.name), pod.namespace);
    const ip: Alias[] = pod.ip ? [{ kind: 'ip', alias: pod.ip.toLowerCase() }] : [];
    draft.resource({ ...owner, aliases: [{ kind: 'pod', alias: pod.name.toLowerCase() }, ...ip] });
  }
  for (const route of declared.routes) drawRoute(route, cluster, draft);
  for (const workload of declared.workloads) {
    for (const container of workload.containers) drawContainer(workload, container, declared, cluster, draft);
  }
}

interface Cluster {
  ofService(name: string, namespace: string | null): Resource | undefined;
  ofWorkload(workload: Workload): Resource;
  selecting(one: Pick<Workload, 'labels' | 'namespace' | 'name'>): Resource | undefined;
  /** Whether a route leads to a service. */
  isBehind(service: Resource, route: Resource): boolean;
  names(namespace: string | null): Names;
}

function openCluster({ services, workloads, routes }: Declared): Cluster {
  const byLabel = Map.groupBy(services, ({ namespace, selector }) => {
    const [first] = selector ?? [];
    return first && labelKey(namespace, first);
  });
  /** The Services that select something, the one by which it is known first. */
  const selecting = (one: Pick<Workload, 'labels' | 'namespace' | 'name'>): Service[] =>
    [...one.labels]
      .flatMap((label) => byLabel.get(labelKey(one.namespace, label)) ?? [])
      .filter(({ selector }) => [...(selector ?? [])].every(([name, value]) => one.labels.get(name) === value))
      .sort((a, b) => rank(a, one.name) - rank(b, one.name) || (a.name < b.name ? -1 : 1));
  const resources = new Map<string, Resource>();
  const ofWorkloads = new Map<Workload, Resource>();
  for (const workload of workloads) {
    const all = selecting(workload);
    const { name, namespace } = all[0] ?? workload;
    const resource = toService(name, namespace);
    ofWorkloads.set(workload, resource);
    resources.set(keyOf(namespace, name), resource);
    // A Service that selects only what goes by another one is another name of that one.
    for (const service of all) {
      const key = keyOf(namespace, service.name);
      if (!resources.has(key)) resources.set(key, resource);
    }
  }
  const own = new Set([...ofWorkloads.values()].map(({ urn }) => urn));
  for (const { name, namespace } of services) {
    const key = keyOf(namespace, name);
    const resource = toService(name, namespace);
    if (own.has(resource.urn) || !resources.has(key)) resources.set(key, resource);
  }
  const hosts = new Map<string, Resource>();
  for (const route of routes) for (const host of route.hosts) if (!host.startsWith('*')) hosts.set(host.toLowerCase(), toRoute(route));
  const spaces = new Set([...services, ...workloads].map(({ namespace }) => namespace));
  const ofService = (name: string, namespace: string | null): Resource | undefined => resources.get(keyOf(namespace, name));
  const behind = new Map<string, Set<string | undefined>>();
  for (const route of routes) {
    const urns = route.backends.map((backend) => ofService(backend.service, backend.namespace)?.urn);
    behind.set(toRoute(route).urn, new Set(urns));
  }

  return {
    ofService,
    ofWorkload: (workload) => ofWorkloads.get(workload) ?? toService(workload.name, workload.namespace),
    selecting(one) {
      const [service] = selecting(one);
      return service && toService(service.name, service.namespace);
    },
    isBehind: (service, route) => behind.get(route.urn)?.has(service.urn) === true,
    names(namespace) {
      const inSpace = (name: string, space: string): Resource | undefined =>
        ofService(name, space) ?? (namespace === null && !spaces.has(space) ? ofService(name, null) : undefined);
      const find = (host: string): Resource | undefined => {
        const { labels, isCluster } = labelsOf(host);
        const [first = '', second, third] = labels;
        if (second === undefined) return ofService(first, namespace);
        if (third === undefined) {
          // Without the suffix of the cluster a namespace must be one that is known, or the name is from outside.
          const isSpace = isCluster || spaces.has(second);
          return (isSpace ? inSpace(first, second) : undefined) ?? ofService(second, namespace) ?? hosts.get(host);
        }
        return (labels.length === 3 && (isCluster || spaces.has(third)) ? inSpace(second, third) : undefined) ?? hosts.get(host);
      };
      const infer = (host: string): Resource | undefined => {
        const { labels, isCluster } = labelsOf(host);
        const [first = '', second, third] = labels;
        if (second === undefined) return toService(first, namespace);
        if (!isCluster && !(third === undefined && spaces.has(second))) return undefined;
        return third === undefined ? toService(first, second) : toService(second, third);
      };
      return { find, infer };
    },
  };
}

/** Labels of a name without the suffix by which the cluster's DNS ends its own. */
function labelsOf(host: string): { labels: string[]; isCluster: boolean } {
  const short = host.replace(/\.svc(?:\.cluster\.local)?$/, '');
  return { labels: short.split('.'), isCluster: short !== host };
}

function labelKey(namespace: string | null, [name, value]: readonly [string, string]): string {
  return `${namespace ?? ''} ${name} ${value}`;
}

function rank({ name, isHeadless }: Service, workload: string): number {
  return name === workload ? 0 : isHeadless ? 2 : 1;
}

function toRoute({ kind, name, namespace }: Pick<Route, 'kind' | 'name' | 'namespace'>): Resource {
  return toDeclared('k8s', kind, namespace, name, 'load_balancer');
}

function aliasesOf({ name, namespace }: Pick<Workload, 'name' | 'namespace'>, hasAddress: boolean): Alias[] {
  const plain: Alias = { kind: 'service', alias: name.toLowerCase() };
  if (!hasAddress || namespace === null) return [plain];
  const base = `${name}.${namespace}`.toLowerCase();
  return [plain, ...['', '.svc', '.svc.cluster.local'].map((suffix): Alias => ({ kind: 'dns', alias: base + suffix }))];
}

function addressAliases(addresses: readonly string[]): Alias[] {
  return addresses.map((address) => ({ kind: /^[\d.]+$|:/.test(address) ? 'ip' : 'dns', alias: address.toLowerCase() }));
}

function drawService(service: Service, cluster: Cluster, draft: Draft): void {
  const resource = cluster.ofService(service.name, service.namespace);
  if (!resource) return;
  draft.resource({ ...resource, aliases: [...aliasesOf(service, true), ...addressAliases(service.addresses)] });
  if (service.externalName === undefined) return;
  const host = service.externalName.toLowerCase();
  const target = cluster.names(service.namespace).find(host) ?? toExternal(host);
  draft.resource(target);
  const evidence = evidenceOf(service, service, 'externalName');
  draft.edge({ src: resource.urn, dst: target.urn, relation: 'ROUTES_TO', evidence });
}

function drawRoute(route: Route, cluster: Cluster, draft: Draft): void {
  const resource = toRoute(route);
  const hosts = route.hosts.filter((host) => !host.startsWith('*')).map((host): Alias => ({ kind: 'dns', alias: host.toLowerCase() }));
  draft.resource({ ...resource, aliases: [...hosts, ...addressAliases(route.addresses)] });
  for (const backend of route.backends) {
    const known = cluster.ofService(backend.service, backend.namespace);
    const target = known ?? toService(backend.service, backend.namespace);
    if (!known) reportAbsent(route, backend, 'backend', draft);
    draft.resource(target);
    const attrs = backend.port === undefined ? {} : { attrs: { port: backend.port } };
    draft.edge({ src: resource.urn, dst: target.urn, relation: 'ROUTES_TO', ...attrs, evidence: evidenceOf(route, backend, 'backend') });
  }
  for (const gateway of route.gateways) {
    const above = toRoute({ ...gateway, kind: 'Gateway' });
    draft.resource(above);
    draft.edge({ src: above.urn, dst: resource.urn, relation: 'ROUTES_TO', evidence: evidenceOf(route, gateway, 'parentRefs') });
  }
}

interface Text extends Origin {
  readonly setting: string;
  readonly value: string;
  readonly rule: string;
}

function drawContainer(workload: Workload, container: Container, declared: Declared, cluster: Cluster, draft: Draft): void {
  const source = cluster.ofWorkload(workload);
  const names = cluster.names(workload.namespace);
  for (const { setting, value, rule, ...origin } of listTexts(workload, container, declared)) {
    for (const { target, port, protocol, isAbsent } of listReferences(setting, value, names)) {
      // The address from outside under which a workload itself is reached is nothing that it needs.
      if (cluster.isBehind(source, target)) continue;
      if (isAbsent) reportAbsent(workload, origin, rule, draft);
      draft.resource(target);
      const attrs = { ...(port === undefined ? {} : { port }), ...(protocol === undefined ? {} : { protocol }) };
      const evidence = evidenceOf(workload, origin, rule);
      draft.edge({
        ...{ src: source.urn, dst: target.urn, relation: 'DEPENDS_ON', evidence },
        ...(port === undefined && protocol === undefined ? {} : { attrs }),
      });
    }
  }
}

/** The settings and command lines of a container as it would get them. */
function listTexts({ namespace }: Workload, { settings, commands }: Container, { configMaps }: Declared): Text[] {
  const values = new Map<string, string>();
  const texts = new Map<string, Text>();
  const add = (name: string, value: string, rule: string, { file, line }: Origin): void => {
    const expanded = expand(value, values);
    values.set(name, expanded);
    texts.set(name, { setting: name, value: expanded, rule, file, ...(line === undefined ? {} : { line }) });
  };
  for (const setting of settings) {
    if (setting.configMap === undefined) add(setting.name, setting.value ?? '', `env ${setting.name}`, setting);
    else {
      const map = configMaps.get(keyOf(namespace, setting.configMap));
      const rule = (key: string): string => `configMap ${setting.configMap} ${key}`;
      if (setting.key === undefined) for (const [key, value] of map ?? []) add(setting.name + key, value, rule(key), setting);
      else add(setting.name, map?.get(setting.key) ?? '', rule(setting.key), setting);
    }
  }
  const list = [...texts.values()];
  for (const { words, rule, file, line } of commands) {
    const flags = listFlags(words.map((word) => expand(word, values)));
    list.push(...flags.map((flag) => ({ ...flag, rule, file, ...(line === undefined ? {} : { line }) })));
  }
  return list;
}

/** Replaces `$(NAME)` as the cluster does: by variables that stand before, and not at all where there is none. */
function expand(text: string, values: ReadonlyMap<string, string>): string {
  return text.replace(/\$(\$|\(([\w.-]+)\))/g, (whole, mark: string, name: string) => (mark === '$' ? '$' : (values.get(name) ?? whole)));
}

type Subject = Pick<Workload, 'kind' | 'name' | 'namespace'>;

function evidenceOf(subject: Subject, { file, line }: Origin, rule: string) {
  return { file, ...(line === undefined ? {} : { line }), address: addressOf(subject), rule };
}

function addressOf({ kind, name, namespace }: Subject): string {
  return namespace === null ? `${kind}/${name}` : `${kind}/${namespace}/${name}`;
}

function reportAbsent(subject: Subject, { file }: Origin, rule: string, draft: Draft): void {
  draft.problem({ file, text: `${addressOf(subject)} in ${file} refers in ${rule} to a service that no object declares.`, hides: false });
}
