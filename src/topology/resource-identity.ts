import { type Resource, toDeclared, toService } from '../core/urn.ts';
import { arnIdentity, awsIdIdentity } from './aws-arn.ts';
import { alibabaIdIdentity, azureIdentity, type CloudIdentity, googleIdentity, toCloudResource } from './cloud-identity.ts';
import type { DocumentResource } from './document-resource.ts';
import { isTelling } from './mention.ts';

/** Providers whose resources exist in the document only. */
const LOCAL_PROVIDERS = new Set([
  'random',
  'tls',
  'null',
  'terraform',
  'time',
  'local',
  'template',
  'external',
  'http',
  'archive',
  'pulumi',
  'command',
  'vault',
]);

/** Where the ARN of a type is not in the document, it is made of service, prefix and the first name there is; an S3 bucket is in no region. */
const ARN_PARTS: Readonly<Record<string, readonly [service: string, prefix: string]>> = {
  s3_bucket: ['s3', ''],
  db_instance: ['rds', 'db:'],
  rds_instance: ['rds', 'db:'],
  rds_cluster: ['rds', 'cluster:'],
  lambda_function: ['lambda', 'function:'],
  iam_role: ['iam', 'role/'],
  iam_user: ['iam', 'user/'],
  dynamodb_table: ['dynamodb', 'table/'],
  ecs_cluster: ['ecs', 'cluster/'],
  eks_cluster: ['eks', 'cluster/'],
  elasticache_cluster: ['elasticache', 'cluster:'],
  elasticache_replication_group: ['elasticache', 'replicationgroup:'],
  kinesis_stream: ['kinesis', 'stream/'],
  cloudwatch_log_group: ['logs', 'log-group:'],
};
const GLOBAL_SERVICES = new Set(['s3', 'iam']);

/** Names under which the clouds go, whatever their providers are called. */
const PROVIDERS: Readonly<Record<string, string>> = {
  aws: 'aws',
  google: 'google',
  gcp: 'google',
  azurerm: 'azure',
  azure: 'azure',
  alicloud: 'alibaba',
};

/** Kubernetes resources that are known by the name of a service. */
const SERVING = /(^|_)(service|deployment|stateful_?set|daemon_?set|replication_controller)$/;

/** The identity that a cloud or cluster gives a resource; undefined when only the document knows it. `region` is used where it tells none itself. */
export function providedIdentity(resource: DocumentResource, region: string | null): Resource | undefined {
  const { type, kind, name } = resource;
  if (resource.isComponent || LOCAL_PROVIDERS.has(type.provider)) return undefined;
  if (type.provider === 'kubernetes') {
    return SERVING.test(type.noun) ? toService(name, resource.namespace ?? 'default') : typed(resource, resource.namespace ?? 'cluster');
  }
  const identity = cloudIdentity(resource, resource.region ?? region);
  if (identity) return toCloudResource(identity, kind, name);
  return type.provider in PROVIDERS || (resource.id !== null && isTelling(resource.id))
    ? typed(resource, resource.region ?? region)
    : undefined;
}

function typed({ id, type, kind, name, isLookup }: DocumentResource, region: string | null): Resource | undefined {
  return id === null || isLookup ? undefined : toDeclared(PROVIDERS[type.provider] ?? type.provider, type.noun, region, id, kind, name);
}

function cloudIdentity(resource: DocumentResource, region: string | null): CloudIdentity | undefined {
  const { type, id, arn, selfLink, names } = resource;
  switch (type.provider) {
    case 'aws': {
      const byType = ARN_PARTS[type.noun];
      const name = names[0] ?? id;
      return (
        arnIdentity(arn ?? '') ??
        awsIdIdentity(id ?? '', region) ??
        (byType && name !== null && name !== undefined
          ? { provider: 'aws', service: byType[0], region: GLOBAL_SERVICES.has(byType[0]) ? 'global' : region, id: byType[1] + name }
          : undefined)
      );
    }
    case 'google':
    case 'gcp':
      return googleIdentity(selfLink ?? '') ?? googleIdentity(id ?? '', type.noun.split('_')[0]);
    case 'azurerm':
    case 'azure':
      return azureIdentity(id ?? '', region);
    case 'alicloud':
      return alibabaIdIdentity(id ?? '', region);
    default:
      return undefined;
  }
}
