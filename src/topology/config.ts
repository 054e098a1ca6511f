import { type Static, Type } from 'typebox';
import { bucketAccessFields } from '../core/bucket.ts';
import { durationField, pathField, textField } from '../core/config-field.ts';
import { AlibabaTopologyConfigSchema, AwsTopologyConfigSchema } from './cloud/config.ts';

const closed = { additionalProperties: false } as const;

/** Kinds of documents that infrastructure code comes in. */
export const documentKinds = ['terraform', 'pulumi', 'kubernetes', 'compose'] as const;
export type DocumentKind = (typeof documentKinds)[number];

const treeFields = {
  path: pathField({
    description: 'Directory, git checkout or `s3://bucket/prefix` that holds the documents.',
    pattern: '^(s3://[^/]+(/.*)?|(?![a-zA-Z][a-zA-Z0-9+.-]*://).+)$',
    'x-expects': 'a directory, or `s3://` with a bucket and perhaps a prefix',
  }),
  scope: Type.Optional(
    textField({
      description: 'Name of the scope that its edges belong to; `path` if absent. Changing it leaves the old edges behind.',
      minLength: 1,
    }),
  ),
  ...bucketAccessFields,
};

/** What the user writes to have documents of infrastructure code read. */
const FilesTopologyConfigSchema = Type.Object(
  {
    type: Type.Literal('files', {
      description: 'Reads Terraform, Pulumi, Kubernetes and Compose documents of a directory, git checkout or bucket.',
    }),
    ...treeFields,
    readers: Type.Optional(
      Type.Array(Type.Union(documentKinds.map((kind) => Type.Literal(kind))), {
        description: 'Kinds of documents that are read; all if absent.',
      }),
    ),
    namespace: Type.Optional(textField({ description: 'Namespace of Kubernetes objects that name none.', minLength: 1 })),
  },
  closed,
);

/** What the user writes to have a running cluster read. */
const KubernetesTopologyConfigSchema = Type.Object(
  {
    type: Type.Literal('kubernetes_api', { description: 'Reads the workloads of a running Kubernetes cluster.' }),
    kubeconfig: Type.Optional(pathField({ description: 'A kubeconfig; the usual places, or the service account of the pod, if absent.' })),
    context: Type.Optional(textField({ description: 'Context in it; its current one if absent.', minLength: 1 })),
    cluster: Type.Optional(textField({ description: 'Name of the cluster in scopes; that of the context if absent.', minLength: 1 })),
    namespaces: Type.Optional(
      Type.Array(Type.String({ minLength: 1 }), { description: 'Namespaces to read; the whole cluster if absent.' }),
    ),
    timeout: Type.Optional(durationField({ description: 'Longest wait for one answer.', default: '30s' })),
  },
  closed,
);

const AnsibleTopologyConfigSchema = Type.Object(
  {
    ...treeFields,
    inventories: Type.Optional(
      Type.Array(Type.String({ minLength: 1 }), { description: 'Paths of inventories below `path`; found by their names if absent.' }),
    ),
  },
  { ...closed, description: 'A directory, git checkout or bucket with inventories, plays and roles. Nothing in it is executed.' },
);

/** What the user writes under `topology` of a tenant. */
export const TopologyConfigSchema = Type.Object(
  {
    iac: Type.Array(
      Type.Union([FilesTopologyConfigSchema, KubernetesTopologyConfigSchema, AwsTopologyConfigSchema, AlibabaTopologyConfigSchema]),
      { description: 'Places that the job topo-iac reads; `type` decides which other keys there are.', default: [] },
    ),
    ansible: Type.Array(AnsibleTopologyConfigSchema, { description: 'Places that the job topo-ansible reads.', default: [] }),
    close_limit: Type.Number({
      description: 'Largest share of the open edges of a scope that one observation may close; more waits for `topo discover --force`.',
      minimum: 0,
      maximum: 1,
      default: 0.5,
    }),
  },
  { ...closed, description: 'Where the declared topology comes from.' },
);
export type TopologyConfig = Static<typeof TopologyConfigSchema>;
export type IacConfig = TopologyConfig['iac'][number];
export type AnsibleSourceConfig = TopologyConfig['ansible'][number];
