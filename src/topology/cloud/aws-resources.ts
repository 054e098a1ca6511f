import type { Instance, NetworkInterface } from '@aws-sdk/client-ec2';
import type { Alias } from '../../core/observation.ts';
import { arnIdentity, awsIdIdentity } from '../aws-arn.ts';
import type { Draft } from '../draft.ts';
import { type AwsResource, type AwsUrns, declareAwsResource } from './aws-declare.ts';
import type { AwsRegion } from './aws-region.ts';
import { addressAliases } from './cloud-alias.ts';

/** Declares what was listed in a region, under the names that documents use for it. */
export function declareAwsResources(draft: Draft, region: AwsRegion): AwsUrns {
  const urns: AwsUrns = new Map();
  const byId = (id: string | undefined, resource: AwsResource): void =>
    declareAwsResource(draft, urns, id, awsIdIdentity(id ?? '', region.region), resource);
  const byArn = (arn: string | undefined, resource: AwsResource): void =>
    declareAwsResource(draft, urns, arn, arnIdentity(arn ?? ''), {
      ...resource,
      aliases: [...(arn === undefined ? [] : [{ kind: 'arn', alias: arn.toLowerCase() } as const]), ...(resource.aliases ?? [])],
    });
  for (const { VpcId, Tags } of region.vpcs) byId(VpcId, { kind: 'network', type: 'AWS::EC2::VPC', name: tagName(Tags) });
  for (const { SubnetId, Tags } of region.subnets) byId(SubnetId, { kind: 'network', type: 'AWS::EC2::Subnet', name: tagName(Tags) });
  for (const one of region.instances)
    byId(one.InstanceId, { kind: 'host', type: 'AWS::EC2::Instance', name: tagName(one.Tags), aliases: instanceAliases(one) });
  for (const one of region.balancers) {
    const aliases = addressAliases([one.DNSName, ...balancerIps(region, one.LoadBalancerArn)]);
    const type = 'AWS::ElasticLoadBalancingV2::LoadBalancer';
    byArn(one.LoadBalancerArn, { kind: 'load_balancer', type, name: one.LoadBalancerName, aliases });
  }
  for (const { TargetGroupArn, TargetGroupName: name } of region.targetGroups)
    byArn(TargetGroupArn, { kind: 'load_balancer', type: 'AWS::ElasticLoadBalancingV2::TargetGroup', name });
  for (const one of region.clusters) {
    const aliases = addressAliases([one.Endpoint, one.ReaderEndpoint, ...(one.CustomEndpoints ?? [])]);
    const resource = { kind: 'database', type: 'AWS::RDS::DBCluster', name: one.DBClusterIdentifier, engine: one.Engine } as const;
    byArn(one.DBClusterArn, { ...resource, aliases });
  }
  for (const one of region.databases) {
    const resource = { kind: 'database', type: 'AWS::RDS::DBInstance', name: one.DBInstanceIdentifier, engine: one.Engine } as const;
    byArn(one.DBInstanceArn, { ...resource, aliases: addressAliases([one.Endpoint?.Address]) });
  }
  for (const { arn, name } of region.functions) byArn(arn, { kind: 'function', type: 'AWS::Lambda::Function', name });
  return urns;
}

function tagName(tags: readonly { readonly Key?: string | undefined; readonly Value?: string | undefined }[] = []): string | undefined {
  return tags.find(({ Key }) => Key === 'Name')?.Value?.trim();
}

function instanceAliases(one: Instance): Alias[] {
  const names = addressAliases([one.PrivateDnsName, one.PublicDnsName]);
  const ips = (one.NetworkInterfaces ?? []).flatMap(listIps);
  return [
    ...names.map(({ alias }) => ({ kind: 'host', alias }) as const),
    ...names,
    ...addressAliases([one.PrivateIpAddress, one.PublicIpAddress, ...ips]),
  ];
}

/** The addresses of a network load balancer are its own for as long as it is there; those of an application load balancer come and go. */
function balancerIps({ interfaces }: AwsRegion, arn: string | undefined): (string | undefined)[] {
  const name = /:loadbalancer\/(net\/.+)$/.exec(arn ?? '')?.[1];
  return name === undefined ? [] : interfaces.filter(({ Description }) => Description === `ELB ${name}`).flatMap(listIps);
}

/** All addresses of a network interface, public ones too. */
export function listIps(one: Pick<NetworkInterface, 'PrivateIpAddresses' | 'Ipv6Addresses'>): (string | undefined)[] {
  return [
    ...(one.PrivateIpAddresses ?? []).flatMap(({ PrivateIpAddress, Association }) => [PrivateIpAddress, Association?.PublicIp]),
    ...(one.Ipv6Addresses ?? []).map(({ Ipv6Address }) => Ipv6Address),
  ];
}
