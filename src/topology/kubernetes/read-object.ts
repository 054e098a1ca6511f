import { entriesOf, fieldOf, listOf, textOf } from '../fields.ts';
import { type Container, type Declared, keyOf, type Origin, type Setting, type Words } from './declared.ts';

/** Tells the line of a part of an object, or of an entry of it. */
export type LineOf = (part: object, key?: string | number) => number | undefined;

/** Longer values of a ConfigMap are files, which no variable refers to. */
const MAX_VALUE = 4096;

/** Where the template of the pods stands in a workload. */
const templates: Readonly<Record<string, readonly string[]>> = {
  ...{
    Deployment: ['spec', 'template'],
    StatefulSet: ['spec', 'template'],
    DaemonSet: ['spec', 'template'],
    ReplicaSet: ['spec', 'template'],
  },
  ...{ ReplicationController: ['spec', 'template'], Job: ['spec', 'template'], Rollout: ['spec', 'template'] },
  ...{ CronJob: ['spec', 'jobTemplate', 'spec', 'template'], Pod: [] },
};

/** Groups of API of the kinds that are read; the same names elsewhere mean something else. */
const groups: Readonly<Record<string, RegExp>> = {
  Deployment: /^(?:apps|extensions)\//,
  StatefulSet: /^apps\//,
  DaemonSet: /^(?:apps|extensions)\//,
  ReplicaSet: /^(?:apps|extensions)\//,
  ReplicationController: /^v1$/,
  Job: /^batch\//,
  CronJob: /^batch\//,
  Rollout: /^argoproj\.io\//,
  Pod: /^v1$/,
  Service: /^v1$/,
  ConfigMap: /^v1$/,
  Ingress: /^(?:networking\.k8s\.io|extensions)\//,
  ...Object.fromEntries(
    ['HTTPRoute', 'GRPCRoute', 'TLSRoute', 'TCPRoute', 'UDPRoute'].map((kind) => [kind, /^gateway\.networking\.k8s\.io\//]),
  ),
};

/**
 * Adds what an object declares; kinds that say nothing about who needs whom are left out, Secrets first of all. `inherited` is the namespace of
 * objects that name none.
 */
export function readObject(object: unknown, file: string, inherited: string | null, lineOf: LineOf, declared: Declared): void {
  const kind = textOf(object, 'kind') ?? '';
  if (!groups[kind]?.test(textOf(object, 'apiVersion') ?? '')) return;
  const name = textOf(object, 'metadata', 'name') ?? textOf(object, 'metadata', 'generateName')?.replace(/-$/, '');
  if (!name) return;
  const namespace = textOf(object, 'metadata', 'namespace') || inherited;
  const place: Place = { file, lineOf, namespace };
  const named = { kind, name, namespace };
  const template = templates[kind];
  if (kind === 'Pod' && listOf(object, 'metadata', 'ownerReferences').length > 0) {
    // An address that is the node's, or that another pod may have by now, says nothing.
    const isOwn = fieldOf(object, 'spec', 'hostNetwork') !== true && textOf(object, 'status', 'phase') === 'Running';
    const ip = isOwn ? textOf(object, 'status', 'podIP') : undefined;
    declared.pods.push({ ...named, labels: labelsOf(object, 'metadata', 'labels'), ip });
  } else if (template) {
    // What a controller made says the same as the controller.
    if (listOf(object, 'metadata', 'ownerReferences').some((owner) => fieldOf(owner, 'controller') === true)) return;
    const pod = fieldOf(object, ...template);
    const containers = [...listOf(pod, 'spec', 'initContainers'), ...listOf(pod, 'spec', 'containers')];
    declared.workloads.push({
      ...named,
      labels: labelsOf(pod, 'metadata', 'labels'),
      containers: containers.map((container) => toContainer(container, place)),
    });
  } else if (kind === 'Service') {
    const selector = labelsOf(object, 'spec', 'selector');
    const balancers = listOf(object, 'status', 'loadBalancer', 'ingress').flatMap(addressesOf);
    const cluster = textOf(object, 'spec', 'clusterIP');
    const own = [cluster, textOf(object, 'spec', 'loadBalancerIP'), ...listOf(object, 'spec', 'externalIPs'), ...balancers];
    declared.services.push({
      ...named,
      ...at(place, object),
      selector: selector.size > 0 ? selector : undefined,
      externalName: textOf(object, 'spec', 'type') === 'ExternalName' ? textOf(object, 'spec', 'externalName') : undefined,
      isHeadless: cluster === 'None',
      addresses: own.filter((address) => typeof address === 'string' && address !== '' && address !== 'None').map(String),
    });
  } else if (kind === 'ConfigMap') {
    const values = entriesOf(object, 'data').filter((entry): entry is [string, string] => typeof entry[1] === 'string');
    declared.configMaps.set(keyOf(namespace, name), new Map(values.filter(([, value]) => value.length <= MAX_VALUE)));
  } else if (kind === 'Ingress') readIngress(object, named, place, declared);
  else readRoute(object, named, place, declared);
}

interface Place {
  readonly file: string;
  readonly lineOf: LineOf;
  readonly namespace: string | null;
}

function at({ file, lineOf }: Place, part: unknown, key?: string | number): Origin {
  const line = typeof part === 'object' && part !== null ? lineOf(part, key) : undefined;
  return { file, ...(line === undefined ? {} : { line }) };
}

function labelsOf(value: unknown, ...path: readonly string[]): ReadonlyMap<string, string> {
  return new Map(entriesOf(value, ...path).map(([name, label]) => [name, String(label)]));
}

function addressesOf(ingress: unknown): string[] {
  return [textOf(ingress, 'ip'), textOf(ingress, 'hostname')].filter((address) => address !== undefined);
}

function toContainer(container: unknown, place: Place): Container {
  const settings: Setting[] = [];
  for (const source of listOf(container, 'envFrom')) {
    const configMap = textOf(source, 'configMapRef', 'name');
    if (configMap !== undefined) settings.push({ ...at(place, source), name: textOf(source, 'prefix') ?? '', configMap });
  }
  for (const variable of listOf(container, 'env')) {
    const name = textOf(variable, 'name');
    if (name === undefined) continue;
    const value = fieldOf(variable, 'value');
    const configMap = textOf(variable, 'valueFrom', 'configMapKeyRef', 'name');
    const key = textOf(variable, 'valueFrom', 'configMapKeyRef', 'key');
    if (configMap !== undefined && key !== undefined) settings.push({ ...at(place, variable), name, configMap, key });
    else if (value !== undefined && value !== null) settings.push({ ...at(place, variable), name, value: String(value) });
  }
  const commands: Words[] = ['command', 'args'].flatMap((rule) => {
    const words = listOf(container, rule).filter((word) => typeof word === 'string');
    return words.length === 0 ? [] : [{ ...at(place, container, rule), rule, words }];
  });
  return { settings, commands };
}

type Named = { readonly kind: string; readonly name: string; readonly namespace: string | null };

function readIngress(object: unknown, named: Named, place: Place, declared: Declared): void {
  const rules = listOf(object, 'spec', 'rules');
  const backends = [
    fieldOf(object, 'spec', 'defaultBackend') ?? fieldOf(object, 'spec', 'backend'),
    ...rules.flatMap((rule) => listOf(rule, 'http', 'paths').map((path) => fieldOf(path, 'backend'))),
  ];
  declared.routes.push({
    ...named,
    hosts: rules.flatMap((rule) => textOf(rule, 'host') ?? []),
    addresses: listOf(object, 'status', 'loadBalancer', 'ingress').flatMap(addressesOf),
    backends: backends.flatMap((backend) => {
      const service = textOf(backend, 'service', 'name') ?? textOf(backend, 'serviceName');
      const port = fieldOf(backend, 'service', 'port', 'number') ?? fieldOf(backend, 'servicePort');
      return service === undefined ? [] : [{ ...at(place, backend), service, namespace: named.namespace, ...portOf(port) }];
    }),
    gateways: [],
  });
}

function readRoute(object: unknown, named: Named, place: Place, declared: Declared): void {
  const backends = listOf(object, 'spec', 'rules').flatMap((rule) => listOf(rule, 'backendRefs'));
  const space = (reference: unknown): string | null => textOf(reference, 'namespace') ?? named.namespace;
  declared.routes.push({
    ...named,
    hosts: listOf(object, 'spec', 'hostnames').filter((host) => typeof host === 'string'),
    addresses: [],
    backends: backends.flatMap((backend) => {
      const service = textOf(backend, 'name');
      if (service === undefined || (textOf(backend, 'kind') ?? 'Service') !== 'Service' || textOf(backend, 'group')) return [];
      return [{ ...at(place, backend), service, namespace: space(backend), ...portOf(fieldOf(backend, 'port')) }];
    }),
    gateways: listOf(object, 'spec', 'parentRefs').flatMap((parent) => {
      const name = textOf(parent, 'name');
      return name === undefined || (textOf(parent, 'kind') ?? 'Gateway') !== 'Gateway'
        ? []
        : [{ ...at(place, parent), name, namespace: space(parent) }];
    }),
  });
}

function portOf(port: unknown): { port?: number } {
  return typeof port === 'number' ? { port } : {};
}
