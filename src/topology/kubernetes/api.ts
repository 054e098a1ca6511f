import type { KubeConfig } from '@kubernetes/client-node';
import { ObserveBridgeError, throwIfAborted } from '../../core/error.ts';
import type { Observation } from '../../core/observation.ts';
import { type Micros, SECOND, toMicros } from '../../core/time.ts';
import { createDraft } from '../draft.ts';
import { listOf, textOf } from '../fields.ts';
import type { TopologyApi } from '../reader.ts';
import { createDeclared, type Declared } from './declared.ts';
import { drawEdges } from './draw-edges.ts';
import { readObject } from './read-object.ts';

/** Which cluster is asked. */
export interface KubernetesApiConfig {
  /** Path of a kubeconfig; without one the usual places and the service account of the pod are tried. */
  readonly kubeconfig?: string;
  /** Context in it; its current one if absent. */
  readonly context?: string;
  /** Name of the cluster in scopes; that of the context if absent. */
  readonly cluster?: string;
  /** Namespaces to ask for; the whole cluster if absent. */
  readonly namespaces?: readonly string[];
  /** Longest wait for one answer; 30s if absent. */
  readonly timeout?: string;
}

/** What is listed: path of its API group, and what its objects are. Of optional ones a cluster need not know. Secrets are never among them. */
const lists = [
  { path: 'api/v1', plural: 'services', kind: 'Service' },
  { path: 'api/v1', plural: 'configmaps', kind: 'ConfigMap' },
  { path: 'api/v1', plural: 'pods', kind: 'Pod' },
  { path: 'api/v1', plural: 'replicationcontrollers', kind: 'ReplicationController' },
  { path: 'apis/apps/v1', plural: 'deployments', kind: 'Deployment' },
  { path: 'apis/apps/v1', plural: 'statefulsets', kind: 'StatefulSet' },
  { path: 'apis/apps/v1', plural: 'daemonsets', kind: 'DaemonSet' },
  { path: 'apis/apps/v1', plural: 'replicasets', kind: 'ReplicaSet' },
  { path: 'apis/batch/v1', plural: 'jobs', kind: 'Job' },
  { path: 'apis/batch/v1', plural: 'cronjobs', kind: 'CronJob' },
  { path: 'apis/networking.k8s.io/v1', plural: 'ingresses', kind: 'Ingress' },
  { path: 'apis/gateway.networking.k8s.io/v1', plural: 'httproutes', kind: 'HTTPRoute', isOptional: true },
  { path: 'apis/gateway.networking.k8s.io/v1', plural: 'grpcroutes', kind: 'GRPCRoute', isOptional: true },
  { path: 'apis/argoproj.io/v1alpha1', plural: 'rollouts', kind: 'Rollout', isOptional: true },
] as const;

const PAGE = 500;

/** A list that changes all the time while it is read is not begun anew for ever. */
const ATTEMPTS = 3;

/**
 * Reads the workloads of a running cluster into one observation. A list that is refused or does not come hides; where none comes, or the kubeconfig
 * is no good, reading rejects with `OB_TOPOLOGY_UNREADABLE`. No error or problem holds anything of a kubeconfig or an answer.
 */
export function createKubernetesApi(config: KubernetesApiConfig, deps: { now(): Micros }): TopologyApi {
  return { name: 'kubernetes', read: (signal) => read(config, deps, signal) };
}

async function* read(config: KubernetesApiConfig, { now }: { now(): Micros }, signal: AbortSignal): AsyncGenerator<Observation> {
  throwIfAborted(signal);
  const observedAt = now();
  await using connection = await connect(config);
  const { cluster, ask } = connection;
  const draft = createDraft();
  const declared = createDeclared();
  const namespaces = [...new Set(config.namespaces ?? [])].sort();
  const timeoutMs = toMicros(config.timeout ?? '30s') / (SECOND / 1000);
  let came = 0;
  let failure: string | undefined;
  for (const namespace of namespaces.length > 0 ? namespaces : [undefined]) {
    for (const list of lists) {
      const path = namespace === undefined ? `${list.path}/${list.plural}` : `${list.path}/namespaces/${namespace}/${list.plural}`;
      const getPage: GetPage = (query) => ask(`${path}?${query}`, AbortSignal.any([signal, AbortSignal.timeout(timeoutMs)]));
      const reason = await readList(list, getPage, declared, signal);
      if (reason === undefined) came++;
      else {
        failure ??= reason;
        const where = namespace === undefined ? '' : ` in namespace ${namespace}`;
        draft.problem({ file: list.plural, text: `The list of ${list.plural}${where} of ${cluster} ${reason}.`, hides: true });
      }
    }
  }
  if (came === 0) {
    throw new ObserveBridgeError(
      'OB_TOPOLOGY_UNREADABLE',
      'read',
      `The Kubernetes cluster ${cluster} cannot be read: its lists ${failure}.`,
    );
  }
  drawEdges(declared, draft);
  const scope = namespaces.length === 0 ? cluster : `${cluster}/${namespaces.join(',')}`;
  yield draft.finish({ source: 'kubernetes', scope, observedAt });
}

interface Answer {
  readonly status: number;
  readonly body: unknown;
}
type Ask = (path: string, signal: AbortSignal) => Promise<Answer>;
type GetPage = (query: URLSearchParams) => Promise<Answer>;

/** Adds all pages of a list; what went wrong is the end of a sentence. */
async function readList(
  list: (typeof lists)[number],
  getPage: GetPage,
  declared: Declared,
  signal: AbortSignal,
): Promise<string | undefined> {
  const { path, plural, kind } = list;
  const apiVersion = path.replace(/^apis?\//, '');
  for (let attempt = 1; ; attempt++) {
    const seen = createDeclared();
    let token: string | undefined;
    let status = 200;
    do {
      const query = new URLSearchParams({ limit: String(PAGE), ...(token === undefined ? {} : { continue: token }) });
      let body: unknown;
      try {
        ({ status, body } = await getPage(query));
      } catch (error) {
        throwIfAborted(signal);
        return error instanceof DOMException && error.name === 'TimeoutError' ? 'did not come in time' : `did not come (${nameOf(error)})`;
      }
      if (status !== 200) break;
      for (const item of listOf(body, 'items')) {
        if (typeof item === 'object') readObject({ ...item, apiVersion, kind }, plural, null, () => undefined, seen);
      }
      token = textOf(body, 'metadata', 'continue') || undefined;
    } while (token !== undefined);
    if (status === 404 && 'isOptional' in list) return undefined;
    // The continuation of a list ends after some minutes; what came before may be old by then.
    if (status === 410 && attempt < ATTEMPTS) continue;
    if (status !== 200) return status === 401 || status === 403 ? `is refused (HTTP ${status})` : `did not come (HTTP ${status})`;
    merge(declared, seen);
    return undefined;
  }
}

function merge(into: Declared, from: Declared): void {
  into.workloads.push(...from.workloads);
  into.services.push(...from.services);
  into.routes.push(...from.routes);
  into.pods.push(...from.pods);
  for (const [key, values] of from.configMaps) into.configMaps.set(key, values);
}

/** Loads the client only when a cluster is asked, because it is large. */
async function connect(config: KubernetesApiConfig): Promise<AsyncDisposable & { readonly cluster: string; readonly ask: Ask }> {
  const sdk = await import('@kubernetes/client-node');
  const kubeconfig: KubeConfig = new sdk.KubeConfig();
  const from = config.kubeconfig ?? 'the usual places';
  const refuse = (why: string): ObserveBridgeError =>
    new ObserveBridgeError('OB_TOPOLOGY_UNREADABLE', 'read', `The kubeconfig of ${from} ${why}.`);
  try {
    if (config.kubeconfig === undefined) kubeconfig.loadFromDefault();
    else kubeconfig.loadFromFile(config.kubeconfig);
  } catch (error) {
    // What the client says may quote the file.
    throw refuse(`cannot be read (${nameOf(error)})`);
  }
  if (config.context !== undefined) {
    if (!kubeconfig.getContextObject(config.context)) throw refuse(`has no context ${config.context}`);
    kubeconfig.setCurrentContext(config.context);
  }
  const server = kubeconfig.getCurrentCluster()?.server;
  if (server === undefined) throw refuse('names no cluster');
  const library = new sdk.IsomorphicFetchHttpLibrary();
  // Credentials are asked for once, as each time opens connections of its own.
  const secured = new sdk.RequestContext(server, sdk.HttpMethod.GET);
  try {
    await kubeconfig.applySecurityAuthentication(secured);
  } catch (error) {
    throw refuse(`gives no credentials (${nameOf(error)})`);
  }
  const dispatcher = secured.getDispatcher();
  const ask: Ask = async (path, signal) => {
    const request = new sdk.RequestContext(`${server.replace(/\/+$/, '')}/${path}`, sdk.HttpMethod.GET);
    for (const [name, value] of Object.entries(secured.getHeaders())) request.setHeaderParam(name, value);
    request.setHeaderParam('Accept', 'application/json');
    if (dispatcher !== undefined) request.setDispatcher(dispatcher);
    request.setSignal(signal);
    const answer = await library.send(request).toPromise();
    const text = await answer.body.text();
    return { status: answer.httpStatusCode, body: answer.httpStatusCode === 200 ? JSON.parse(text) : undefined };
  };
  return {
    cluster: config.cluster ?? kubeconfig.getCurrentContext(),
    ask,
    async [Symbol.asyncDispose]() {
      await dispatcher?.destroy();
    },
  };
}

function nameOf(error: unknown): string {
  if (!(error instanceof Error)) return 'unknown';
  const code: unknown = Reflect.get(error, 'code') ?? (error.cause instanceof Error ? Reflect.get(error.cause, 'code') : undefined);
  return typeof code === 'string' ? code : error.name;
}
