import type { DeclaredResource, Relation } from '../../core/observation.ts';
import { alibabaResource, toCloudResource } from '../cloud-identity.ts';
import type { Draft } from '../draft.ts';
import { entriesOf, fieldOf, listOf, textOf } from '../fields.ts';
import { kindOfType, toWords } from '../resource-type.ts';
import { addressAliases } from './cloud-alias.ts';

/** Values of a configuration by the key they stand under, in lower case and singular. */
type Told = ReadonlyMap<string, readonly string[]>;

/** A resource as the resource centre lists it. */
export interface AlibabaResource {
  readonly account: string | null;
  /** `ACS::ECS::Instance`. */
  readonly type: string;
  readonly id: string;
  readonly name: string;
  readonly region: string;
  readonly addresses: readonly string[];
  /** What its configuration tells of relations and addresses. */
  readonly told: Told;
}

/** What the list says of a resource, which tells nothing yet; undefined for what it does not name, or says to be deleted. */
export function toAlibabaResource(value: unknown): AlibabaResource | undefined {
  const [type, id, region] = ['ResourceType', 'ResourceId', 'RegionId'].map((key) => textOf(value, key));
  if (!type || !id || !region || fieldOf(value, 'Deleted') === true) return undefined;
  const attributes = listOf(value, 'IpAddressAttributes').map((one) => textOf(one, 'IpAddress'));
  const addresses = [...attributes, ...listOf(value, 'IpAddresses')].filter((one) => typeof one === 'string');
  return {
    account: textOf(value, 'AccountId') ?? null,
    type,
    id,
    region,
    addresses,
    name: textOf(value, 'ResourceName') || id,
    told: new Map(),
  };
}

const KINDS = new Set(['host', 'database', 'load_balancer', 'function', 'topic', 'service']);
const NETWORK = 'ACS::VPC::VPC';
const NETWORKS = /^ACS::(VPC::VPC|VPC::VSwitch|NAT::NatGateway)$/;

/** Whether a resource serves, or holds what serves; disks, images, rules and the like are left out. */
export function isInTopology({ type }: AlibabaResource): boolean {
  return NETWORKS.test(type) || KINDS.has(kindOf(type));
}

/** `ACS::RDS::DBInstance` is an `rds_db_instance` as documents name it. */
function kindOf(type: string): ReturnType<typeof kindOfType> {
  const [service = '', noun = ''] = type.split('::').slice(1);
  return kindOfType({ text: type, provider: 'alicloud', noun: `${service.toLowerCase()}_${toWords(noun)}` });
}

/** What of a configuration tells relations and addresses, by its name without regard to case; all else is never looked at. */
const NETWORK_KEY = 'vpcid';
const SWITCH_KEY = 'vswitchid';
const SERVERS_KEY = 'serverid';
const BALANCERS_KEY = 'relatedloadbalancerid';
const ADDRESS_KEYS = ['connectionstring', 'dnsname', 'internetaddress', 'address'];
const MAX_DEPTH = 8;

/**
 * Declares the resources and draws what their configurations tell: networks contain switches and these what is in them, load balancers route to
 * server groups and both to the servers registered with them. An id counts only where it is that of a listed resource.
 */
export function drawAlibaba(draft: Draft, resources: readonly AlibabaResource[]): void {
  const urns = new Map<string, string>();
  for (const { type, id, name, region, addresses, told } of resources) {
    const [service = '', noun = ''] = type.split('::').slice(1);
    const identity = toCloudResource(alibabaResource(service, noun, id, region), kindOf(type), name);
    const aliases = NETWORKS.test(type) ? [] : addressAliases([...addresses, ...ADDRESS_KEYS.flatMap((key) => told.get(key) ?? [])]);
    const declared: DeclaredResource = { ...identity, attrs: { type }, ...(aliases.length > 0 ? { aliases } : {}) };
    draft.resource(declared);
    urns.set(id, identity.urn);
  }
  for (const { type, id, told } of resources) {
    const evidence = { file: 'resourcecenter:GetResourceConfiguration', address: `${type} ${id}` };
    const connect = (from: string | undefined, relation: Relation, to: string | undefined, rule: string): void => {
      const [src, dst] = [urns.get(from ?? ''), urns.get(to ?? '')];
      if (src !== undefined && dst !== undefined) draft.edge({ src, dst, relation, evidence: { ...evidence, rule } });
    };
    // What is in several switches is in their network; what is in one is there by way of it. A network names its switches in its own description.
    const [inSwitch, another] = type === NETWORK ? [] : (told.get(SWITCH_KEY) ?? []).filter((one) => one !== id);
    if (inSwitch !== undefined && another === undefined) connect(inSwitch, 'CONTAINS', id, 'attribute VSwitchId');
    else connect(told.get(NETWORK_KEY)?.[0], 'CONTAINS', id, 'attribute VpcId');
    if (kindOf(type) !== 'load_balancer') continue;
    for (const server of told.get(SERVERS_KEY) ?? []) connect(id, 'ROUTES_TO', server, 'attribute ServerId');
    for (const balancer of told.get(BALANCERS_KEY) ?? []) connect(balancer, 'ROUTES_TO', id, 'attribute RelatedLoadBalancerIds');
  }
}

/** What the answer about a configuration tells, wherever it stands in it; the rest, which may be secret, is let go. */
export function readConfiguration(answer: unknown): Told {
  const told = new Map<string, Set<string>>();
  const keys = new Set([NETWORK_KEY, SWITCH_KEY, SERVERS_KEY, BALANCERS_KEY, ...ADDRESS_KEYS]);
  const walk = (value: unknown, key: string, depth: number): void => {
    if (typeof value === 'string' && value !== '' && keys.has(key))
      for (const one of value.split(',')) told.set(key, (told.get(key) ?? new Set()).add(one.trim()));
    else if (Array.isArray(value)) for (const element of value) walk(element, key, depth + 1);
    else if (depth < MAX_DEPTH)
      for (const [name, inner] of entriesOf(value))
        walk(inner, /^string$/i.test(name) ? key : name.toLowerCase().replace(/ids$/, 'id'), depth + 1);
  };
  walk(fieldOf(answer, 'Configuration'), '', 0);
  return new Map([...told].map(([key, values]) => [key, [...values]]));
}
