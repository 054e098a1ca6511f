import type { BucketAccess } from '../core/bucket.ts';
import { hashHex } from '../core/hash.ts';
import type { Observation } from '../core/observation.ts';
import type { Micros } from '../core/time.ts';
import { type AnsibleSourceConfig, type DocumentKind, documentKinds, type IacConfig } from './config.ts';
import type { TopologyApi, TopologyReader, TreeFile } from './reader.ts';
import { openTree } from './tree.ts';

/** A configured place that is looked at as one. It must be disposed. */
export interface TopologyInput extends AsyncDisposable {
  /** Tells it from the other places of a tenant, the same in every run; without secrets. */
  readonly name: string;
  /** How many looks in a row must miss an edge before it is gone: answers of an API are less sure than documents. */
  readonly misses: number;
  /** Hash of everything in it, undefined where only reading tells. Rejects as `read` does. */
  fingerprint(signal: AbortSignal): Promise<string | undefined>;
  /** Yields an observation per scope. Rejects with `OB_TOPOLOGY_UNREADABLE`, possibly after some. */
  read(signal: AbortSignal): AsyncIterable<Observation>;
}

/** What opening a place needs from outside. */
export interface TopologyDeps {
  now(): Micros;
}

/** Opens a place of infrastructure code; nothing is touched before the first call. */
export function openIacInput(config: IacConfig, deps: TopologyDeps): TopologyInput {
  switch (config.type) {
    case 'files': {
      const kinds = config.readers ?? documentKinds;
      return openTreeInput(config, kinds.join(' '), () => Promise.all(kinds.map((kind) => loadReader(kind, config.namespace))), deps);
    }
    case 'kubernetes_api': {
      const name = ['kubernetes_api', config.kubeconfig, config.context, config.cluster, ...(config.namespaces ?? [])]
        .filter(Boolean)
        .join(' ');
      return openApiInput(name, async () => (await import('./kubernetes/api.ts')).createKubernetesApi(config, deps));
    }
    case 'aws': {
      const name = ['aws', config.endpoint, config.profile, config.role_arn, ...config.regions].filter(Boolean).join(' ');
      return openApiInput(name, async () => (await import('./cloud/aws.ts')).createAwsApi(config, deps));
    }
    case 'alibaba': {
      const name = ['alibaba', config.endpoint, config.access_key, config.region].filter(Boolean).join(' ');
      return openApiInput(name, async () => (await import('./cloud/alibaba.ts')).createAlibabaApi(config, deps));
    }
  }
}

/** Opens a place of Ansible; nothing is touched before the first call. */
export function openAnsibleInput(config: AnsibleSourceConfig, deps: TopologyDeps): TopologyInput {
  const { inventories } = config;
  const load = async (): Promise<TopologyReader[]> => {
    const { createAnsibleReader } = await import('./ansible/ansible.ts');
    return [createAnsibleReader(inventories ? { inventories } : {})];
  };
  return openTreeInput(config, ['ansible', ...(inventories ?? [])].join(' '), load, deps);
}

/** Libraries of readers are loaded when there is something for them to read. */
async function loadReader(kind: DocumentKind, namespace: string | undefined): Promise<TopologyReader> {
  switch (kind) {
    case 'terraform':
      return (await import('./terraform/reader.ts')).createTerraformReader();
    case 'pulumi':
      return (await import('./pulumi/reader.ts')).createPulumiReader();
    case 'kubernetes':
      return (await import('./kubernetes/kubernetes.ts')).createKubernetesReader(namespace === undefined ? {} : { namespace });
    case 'compose':
      return (await import('./compose/compose.ts')).createComposeReader();
  }
}

function openTreeInput(
  config: { readonly path: string; readonly scope?: string } & Omit<BucketAccess, 'root'>,
  detail: string,
  loadReaders: () => Promise<readonly TopologyReader[]>,
  deps: TopologyDeps,
): TopologyInput {
  const { path, scope = path, ...access } = config;
  const tree = openTree({ ...access, root: path }, deps);
  const name = `${path} ${scope === path ? '' : `as ${scope} `}(${detail})`;
  let files: readonly TreeFile[] | undefined;
  return {
    ...{ name, misses: 1 },
    async fingerprint(signal) {
      files = await tree.files(signal);
      return hashHex(name, ...files.flatMap((file) => [file.path, file.hash]));
    },
    async *read(signal) {
      files ??= await tree.files(signal);
      for (const reader of await loadReaders()) yield* reader.read({ tree, files, scope, signal });
    },
    [Symbol.asyncDispose]: () => tree[Symbol.asyncDispose](),
  };
}

function openApiInput(name: string, load: () => Promise<TopologyApi>): TopologyInput {
  return {
    ...{ name, misses: 2 },
    fingerprint: async () => undefined,
    async *read(signal) {
      yield* (await load()).read(signal);
    },
    async [Symbol.asyncDispose]() {},
  };
}
