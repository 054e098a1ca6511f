import type { EdgeEvidence, Relation } from '../../core/observation.ts';
import type { ResourceKind } from '../../core/urn.ts';
import { arnIdentity, parseArn } from '../aws-arn.ts';
import type { Draft } from '../draft.ts';
import { type AwsUrns, declareAwsResource, placeOf } from './aws-declare.ts';
import { listAllowed } from './aws-dependencies.ts';
import type { AwsRegion, AwsTarget } from './aws-region.ts';
import { listIps } from './aws-resources.ts';

/** What an edge carries besides its ends. */
interface Says {
  readonly evidence: EdgeEvidence;
  readonly port?: number | undefined;
  readonly protocol?: string | undefined;
}

/**
 * Draws the edges of a region. Networks contain what is in them and clusters their instances; load balancers route to target groups and these to
 * their targets, as documents declare them; functions depend on what they are fed from; instances and functions depend on the databases that a
 * security group lets them reach by name.
 */
export function drawAwsEdges(draft: Draft, region: AwsRegion, urns: AwsUrns): void {
  const connect = (from: string | undefined, relation: Relation, to: string | undefined, { evidence, port, protocol }: Says): void => {
    const [src, dst] = [urns.get(from ?? ''), urns.get(to ?? '')];
    if (src === undefined || dst === undefined) return;
    const attrs = { ...(port === undefined ? {} : { port }), ...(protocol === undefined ? {} : { protocol }) };
    draft.edge({ src, dst, relation, ...(Object.keys(attrs).length > 0 ? { attrs } : {}), evidence });
  };
  drawPlaces(region, connect);
  drawClusters(region, connect);
  drawRoutes(draft, region, connect);
  drawFeeds(draft, region, urns, connect);
  drawDatabaseClients(region, connect);
}

type Connect = (from: string | undefined, relation: Relation, to: string | undefined, says: Says) => void;

function drawPlaces(region: AwsRegion, connect: Connect): void {
  const place = (file: string, id: string | undefined, vpc: string | undefined, subnets: readonly (string | undefined)[] = []): void => {
    const container = placeOf(vpc, subnets);
    const rule = `attribute ${container === vpc ? 'VpcId' : 'SubnetId'}`;
    connect(container, 'CONTAINS', id, { evidence: { file, address: id ?? '', rule } });
  };
  for (const { SubnetId, VpcId } of region.subnets) place('ec2:DescribeSubnets', SubnetId, VpcId);
  for (const { InstanceId, VpcId, SubnetId } of region.instances) place('ec2:DescribeInstances', InstanceId, VpcId, [SubnetId]);
  for (const { LoadBalancerArn, VpcId, AvailabilityZones = [] } of region.balancers) {
    const subnets = AvailabilityZones.map(({ SubnetId }) => SubnetId);
    place('elasticloadbalancing:DescribeLoadBalancers', LoadBalancerArn, VpcId, subnets);
  }
  const clusters = new Map(region.clusters.map((one) => [one.DBClusterIdentifier, one.DBClusterArn]));
  for (const { DBInstanceArn, DBClusterIdentifier, DBSubnetGroup } of region.databases) {
    // An instance of a cluster is in the cluster, and the cluster where its instances are.
    const id = DBClusterIdentifier === undefined ? DBInstanceArn : clusters.get(DBClusterIdentifier);
    place('rds:DescribeDBInstances', id, DBSubnetGroup?.VpcId);
  }
  for (const { arn, vpc, subnets } of region.functions) place('lambda:ListFunctions', arn, vpc, subnets);
}

function drawClusters({ clusters, databases }: AwsRegion, connect: Connect): void {
  const instances = new Map(databases.map((one) => [one.DBInstanceIdentifier, one.DBInstanceArn]));
  for (const { DBClusterArn = '', DBClusterMembers = [] } of clusters) {
    const evidence = { file: 'rds:DescribeDBClusters', address: DBClusterArn, rule: 'attribute DBClusterMembers' };
    for (const { DBInstanceIdentifier } of DBClusterMembers)
      connect(DBClusterArn, 'CONTAINS', instances.get(DBInstanceIdentifier), { evidence });
  }
}

function drawRoutes(draft: Draft, region: AwsRegion, connect: Connect): void {
  for (const { LoadBalancerArn, ListenerArn = '', Port: port, Protocol, DefaultActions = [] } of region.listeners.toSorted(byPort)) {
    const evidence = { file: 'elasticloadbalancing:DescribeListeners', address: ListenerArn, rule: 'default action of the listener' };
    const groups = DefaultActions.flatMap(({ TargetGroupArn, ForwardConfig }) => [
      TargetGroupArn,
      ...(ForwardConfig?.TargetGroups ?? []).map((group) => group.TargetGroupArn),
    ]);
    for (const group of groups) connect(LoadBalancerArn, 'ROUTES_TO', group, { evidence, port, protocol: Protocol?.toLowerCase() });
  }
  // Groups that only rules of a listener name come last: a listener says more of the same edge, and the first one stays. Every balancer that
  // routes has a listener, so where none is known they were not listed, and what they say is missing.
  const heard = new Set(region.listeners.map(({ LoadBalancerArn }) => LoadBalancerArn));
  for (const { TargetGroupArn: group = '', LoadBalancerArns = [] } of region.targetGroups) {
    const evidence = { file: 'elasticloadbalancing:DescribeTargetGroups', address: group, rule: 'attribute LoadBalancerArns' };
    for (const balancer of LoadBalancerArns) if (heard.has(balancer)) connect(balancer, 'ROUTES_TO', group, { evidence });
  }
  const byIp = new Map(region.instances.flatMap((one) => (one.NetworkInterfaces ?? []).flatMap(listIps).map((ip) => [ip, one.InstanceId])));
  const protocols = new Map(region.targetGroups.map((one) => [one.TargetGroupArn, one.Protocol?.toLowerCase()]));
  const file = 'elasticloadbalancing:DescribeTargetHealth';
  for (const { group, type, target } of region.targets.toSorted((a, b) => byPort(a.target.Target, b.target.Target))) {
    if (target.TargetHealth?.State === 'draining') continue;
    const id = type === 'ip' ? byIp.get(target.Target?.Id) : toTargetId(type, target);
    const evidence = { file, address: group, rule: `target of type ${type}` };
    connect(group, 'ROUTES_TO', id, { evidence, port: target.Target?.Port, protocol: protocols.get(group) });
    if (type === 'ip' && id === undefined)
      draft.problem({
        file,
        text: `${file}: ${group} has targets with addresses that belong to no instance that was listed.`,
        hides: false,
      });
  }
}

/** Of several edges between two resources the one of the lowest port stays, in whatever order they are answered. */
function byPort(a: { readonly Port?: number | undefined } = {}, b: { readonly Port?: number | undefined } = {}): number {
  return (a.Port ?? 0) - (b.Port ?? 0);
}

function toTargetId(type: string, { Target }: AwsTarget['target']): string | undefined {
  return type === 'lambda' ? Target?.Id?.replace(/(:function:[^:]+):.+$/, '$1') : Target?.Id;
}

const FEEDS: Readonly<Record<string, readonly [ResourceKind, string]>> = {
  sqs: ['topic', 'AWS::SQS::Queue'],
  kinesis: ['topic', 'AWS::Kinesis::Stream'],
  kafka: ['topic', 'AWS::MSK::Cluster'],
  mq: ['topic', 'AWS::AmazonMQ::Broker'],
  dynamodb: ['database', 'AWS::DynamoDB::Table'],
  rds: ['database', 'AWS::RDS::DBCluster'],
};

function drawFeeds(draft: Draft, region: AwsRegion, urns: AwsUrns, connect: Connect): void {
  for (const { EventSourceArn, FunctionArn = '', UUID = '', State } of region.mappings) {
    // A stream of a table and a consumer of a stream are parts of it.
    const source = EventSourceArn?.replace(/^(.*:table\/[^/]+|.*:stream\/[^/]+)\/.*$/, '$1');
    const feed = FEEDS[parseArn(source ?? '')?.service ?? ''];
    const user = FunctionArn.replace(/(:function:[^:]+):.+$/, '$1');
    if (source === undefined || !feed || State === 'Disabled' || !urns.has(user)) continue;
    const [kind, type] = feed;
    const aliases = [{ kind: 'arn', alias: source.toLowerCase() } as const];
    if (!urns.has(source)) declareAwsResource(draft, urns, source, arnIdentity(source), { kind, type, aliases });
    const evidence = { file: 'lambda:ListEventSourceMappings', address: UUID, rule: 'attribute EventSourceArn' };
    connect(user, 'DEPENDS_ON', source, { evidence });
  }
}

function drawDatabaseClients(region: AwsRegion, connect: Connect): void {
  const idsOf = (groups: readonly { GroupId?: string | undefined; VpcSecurityGroupId?: string | undefined }[] = []): string[] =>
    groups.flatMap(({ GroupId, VpcSecurityGroupId }) => GroupId ?? VpcSecurityGroupId ?? []);
  const clients = [
    ...region.instances.map((one) => ({ id: one.InstanceId ?? '', groups: idsOf(one.SecurityGroups) })),
    ...region.functions.map(({ arn, groups }) => ({ id: arn, groups })),
  ];
  const databases = [
    ...region.clusters.map((one) => ({ id: one.DBClusterArn ?? '', groups: idsOf(one.VpcSecurityGroups), port: one.Port })),
    // An instance of a cluster is reached as the cluster.
    ...region.databases
      .filter((one) => one.DBClusterIdentifier === undefined)
      .map((one) => ({ id: one.DBInstanceArn ?? '', groups: idsOf(one.VpcSecurityGroups), port: one.Endpoint?.Port })),
  ];
  for (const { client, database, port, group, rule } of listAllowed(region.groups, clients, databases)) {
    const evidence = { file: 'ec2:DescribeSecurityGroups', address: group, rule };
    connect(client, 'DEPENDS_ON', database, { evidence, port, protocol: 'tcp' });
  }
}
