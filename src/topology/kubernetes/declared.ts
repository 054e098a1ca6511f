/** Where something is declared. */
export interface Origin {
  readonly file: string;
  readonly line?: number;
}

/** A setting of a container: a variable with its value, or one that takes it from a ConfigMap. */
export interface Setting extends Origin {
  readonly name: string;
  readonly value?: string;
  readonly configMap?: string;
  /** Key in the ConfigMap; without one all of its keys become variables, with `name` before each. */
  readonly key?: string;
}

/** Words of a command line. */
export interface Words extends Origin {
  readonly rule: string;
  readonly words: readonly string[];
}

export interface Container {
  readonly settings: readonly Setting[];
  readonly commands: readonly Words[];
}

interface Named {
  readonly kind: string;
  readonly name: string;
  /** Null where the document names none. */
  readonly namespace: string | null;
}

/** A controller of pods, or a pod without one. */
export interface Workload extends Named {
  readonly labels: ReadonlyMap<string, string>;
  readonly containers: readonly Container[];
}

export interface Service extends Named, Origin {
  /** Undefined where the service selects nothing by itself. */
  readonly selector: ReadonlyMap<string, string> | undefined;
  readonly externalName: string | undefined;
  readonly isHeadless: boolean;
  /** Addresses under which the service itself is reached: of the cluster and of load balancers. */
  readonly addresses: readonly string[];
}

/** What sends requests from outside on to services: an Ingress or a route of the Gateway API. */
export interface Route extends Named {
  readonly hosts: readonly string[];
  readonly addresses: readonly string[];
  readonly backends: readonly (Origin & { readonly service: string; readonly namespace: string | null; readonly port?: number })[];
  readonly gateways: readonly (Origin & { readonly name: string; readonly namespace: string | null })[];
}

/** A running pod of a workload. */
export interface Pod extends Named {
  readonly labels: ReadonlyMap<string, string>;
  readonly ip: string | undefined;
}

/** All that objects of a cluster declare about who needs whom. */
export interface Declared {
  readonly workloads: Workload[];
  readonly services: Service[];
  readonly routes: Route[];
  readonly pods: Pod[];
  /** Values by `namespace/name` of the ConfigMap. */
  readonly configMaps: Map<string, ReadonlyMap<string, string>>;
}

/** Nothing declared yet. */
export function createDeclared(): Declared {
  return { workloads: [], services: [], routes: [], pods: [], configMaps: new Map() };
}

/** Key of a ConfigMap in `Declared`. */
export function keyOf(namespace: string | null, name: string): string {
  return `${namespace ?? ''}/${name}`;
}
