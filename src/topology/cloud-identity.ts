import { type Resource, type ResourceKind, toDeclared } from '../core/urn.ts';
import { arnIdentity } from './aws-arn.ts';

/** What a cloud calls a resource, the same way whoever says it: the parts of `urn:<provider>:<service>:<region>:<id>`. */
export interface CloudIdentity {
  readonly provider: string;
  readonly service: string;
  /** `global` where the cloud has it in no region, null where it is not known. */
  readonly region: string | null;
  readonly id: string;
}

/** The resource of an identity. */
export function toCloudResource({ provider, service, region, id }: CloudIdentity, kind: ResourceKind, name?: string): Resource {
  return toDeclared(provider, service, region, id, kind, name);
}

/** The identity behind an address that names provider and resource by itself: an ARN, a Google self link, an Azure resource id or an Alibaba Cloud ARN. */
export function parseCloudIdentity(text: string, region: string | null = null): CloudIdentity | undefined {
  return arnIdentity(text) ?? googleIdentity(text) ?? azureIdentity(text, region) ?? alibabaIdentity(text);
}

/**
 * `https://www.googleapis.com/compute/v1/projects/p/zones/z/instances/n`, `https://sqladmin.googleapis.com/…/projects/…`,
 * `//compute.googleapis.com/projects/…`, or `projects/…` alone with the service given.
 */
export function googleIdentity(text: string, service?: string): CloudIdentity | undefined {
  const match = /^(?:(?:https:)?\/\/([a-z0-9-]+)\.googleapis\.com\/(?:([a-z]+)\/)?(?:[a-z0-9]+\/)?)?(projects\/[^\s?]+)$/.exec(text);
  const host = match?.[1] === 'www' ? match[2] : match?.[1];
  const id = match?.[3];
  const name = host ?? service;
  if (id === undefined || name === undefined) return undefined;
  const place = /\/(?:zones|regions|locations)\/([a-z0-9-]+)/.exec(id)?.[1];
  return { provider: 'google', service: name, region: place?.replace(/-[a-z]$/, '') ?? 'global', id };
}

/** `/subscriptions/…/providers/Microsoft.Compute/virtualMachines/vm`; Azure compares these without regard to case. */
export function azureIdentity(text: string, location: string | null): CloudIdentity | undefined {
  if (!/^\/subscriptions\/[^/\s]+(\/|$)/i.test(text) || /[\s|;]/.test(text)) return undefined;
  const id = text.toLowerCase().replace(/\/$/, '');
  const providers = [...id.matchAll(/\/providers\/([^/]+)/g)];
  const region = location?.toLowerCase().replace(/\s/g, '') ?? null;
  return { provider: 'azure', service: providers[providers.length - 1]?.[1] ?? 'microsoft.resources', region, id };
}

/** `acs:ecs:cn-hangzhou:123456:instance/i-…`. */
function alibabaIdentity(text: string): CloudIdentity | undefined {
  const match = /^acs:([a-z0-9]+):([a-z0-9-]*|\*):[^:]*:([a-z0-9_-]+)\/(\S+)$/i.exec(text);
  if (!match) return undefined;
  const [, service = '', region = '', type = '', id = ''] = match;
  return alibabaResource(service, type, id, region && region !== '*' ? region : null);
}

/** The identity of what Alibaba Cloud's resource centre calls `ACS::<service>::<type>`; ids are unique within their type. */
export function alibabaResource(service: string, type: string, id: string, region: string | null): CloudIdentity {
  return { provider: 'alibaba', service: service.toLowerCase(), region, id: `${type.toLowerCase()}/${id}` };
}

const ALIBABA_PREFIXES: Readonly<Record<string, readonly [string, string]>> = {
  i: ['ecs', 'instance'],
  vpc: ['vpc', 'vpc'],
  vsw: ['vpc', 'vswitch'],
  sg: ['ecs', 'securitygroup'],
  eni: ['ecs', 'networkinterface'],
  d: ['ecs', 'disk'],
  eip: ['eip', 'eipaddress'],
  lb: ['slb', 'loadbalancer'],
  alb: ['alb', 'loadbalancer'],
  nlb: ['nlb', 'loadbalancer'],
  ngw: ['nat', 'natgateway'],
  rm: ['rds', 'dbinstance'],
  r: ['redis', 'dbinstance'],
  dds: ['mongodb', 'dbinstance'],
  pc: ['polardb', 'dbcluster'],
};

/** The identity behind an id of Alibaba Cloud that tells its type by itself, such as `vsw-bp1…`. */
export function alibabaIdIdentity(id: string, region: string | null): CloudIdentity | undefined {
  const prefix = /^([a-z]+)-[a-z0-9]{8,}$/.exec(id)?.[1];
  const [service, type] = (prefix === undefined ? undefined : ALIBABA_PREFIXES[prefix]) ?? [];
  return service === undefined || type === undefined ? undefined : alibabaResource(service, type, id, region);
}
