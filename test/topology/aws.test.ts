import { describe, expect, it } from 'vitest';
import type { Observation } from '../../src/core/observation.ts';
import { createAwsApi } from '../../src/topology/cloud/aws.ts';
import type { AwsTopologyConfig } from '../../src/topology/cloud/config.ts';
import { toDocumentResource } from '../../src/topology/document-resource.ts';
import { providedIdentity } from '../../src/topology/resource-identity.ts';
import { parseTerraformType } from '../../src/topology/resource-type.ts';
import { listEdges } from '../contracts/topology-reader.ts';
import { type Answer, type Asked, type AwsServer, Refusal, startAws, type Value } from './aws-world.ts';

const REGION = 'eu-west-1';
const ACCOUNT = '123456789012';
const NOW = Date.UTC(2024, 4, 1) * 1000;
const arn = (service: string, resource: string): string => `arn:aws:${service}:${REGION}:${ACCOUNT}:${resource}`;

const WEB = arn('elasticloadbalancing', 'loadbalancer/app/web/0a1b2c3d4e5f6071');
const GROUP = arn('elasticloadbalancing', 'targetgroup/web/1a2b3c4d5e6f7081');
const PODS = arn('elasticloadbalancing', 'targetgroup/pods/2a2b3c4d5e6f7082');
const HOOK = arn('elasticloadbalancing', 'targetgroup/hook/3a2b3c4d5e6f7083');
const ORDERS = arn('lambda', 'function:orders');
const QUEUE = arn('sqs', 'orders');
const TABLE = arn('dynamodb', 'table/events');
const CLUSTER = arn('rds', 'cluster:shop');
const SHOP_1 = arn('rds', 'db:shop-1');
const LEDGER = arn('rds', 'db:ledger');
const SCALING = arn('autoscaling', 'autoScalingGroup:0f0e:autoScalingGroupName/web');
const NAT = arn('ec2', 'natgateway/nat-0aaaaaaaaaaaaaaa1');

const recorded = (type: string, resourceId: string, its: string, relationships: object[]): string =>
  JSON.stringify({ resourceType: type, resourceId, resourceName: 'x', arn: its, relationships });

/** A shop: a load balancer before two instances and a pod, a function that reads a queue, a cluster and a lonely database. */
const shop: Readonly<Record<string, Answer>> = {
  DescribeVpcs: { VpcSet: [{ VpcId: 'vpc-0aaaaaaaaaaaaaaa1', OwnerId: ACCOUNT, TagSet: [{ Key: 'Name', Value: 'main' }] }] },
  DescribeSubnets: {
    SubnetSet: [
      { SubnetId: 'subnet-0aaaaaaaaaaaaaaa1', VpcId: 'vpc-0aaaaaaaaaaaaaaa1' },
      { SubnetId: 'subnet-0aaaaaaaaaaaaaaa2', VpcId: 'vpc-0aaaaaaaaaaaaaaa1' },
    ],
  },
  DescribeInstances: {
    ReservationSet: [
      {
        OwnerId: ACCOUNT,
        InstancesSet: [
          {
            ...{ InstanceId: 'i-0aaaaaaaaaaaaaaa1', VpcId: 'vpc-0aaaaaaaaaaaaaaa1', SubnetId: 'subnet-0aaaaaaaaaaaaaaa1' },
            ...{
              PrivateDnsName: 'ip-10-0-1-5.eu-west-1.compute.internal',
              PrivateIpAddress: '10.0.1.5',
              DnsName: '',
              IpAddress: '34.1.2.3',
            },
            TagSet: [{ Key: 'Name', Value: 'web-1' }],
            GroupSet: [{ GroupId: 'sg-0aaaaaaaaaaaaaaa1' }, { GroupId: 'sg-0aaaaaaaaaaaaaaa2' }],
            NetworkInterfaceSet: [{ PrivateIpAddressesSet: [{ PrivateIpAddress: '10.0.1.5' }, { PrivateIpAddress: '10.0.1.77' }] }],
          },
          { InstanceId: 'i-0aaaaaaaaaaaaaaa9', VpcId: 'vpc-0aaaaaaaaaaaaaaa1', SubnetId: 'subnet-0aaaaaaaaaaaaaaa2' },
        ],
      },
    ],
  },
  DescribeSecurityGroups: {
    SecurityGroupInfo: [
      { GroupId: 'sg-0aaaaaaaaaaaaaaa1', OwnerId: ACCOUNT },
      {
        GroupId: 'sg-0aaaaaaaaaaaaaaa2',
        OwnerId: ACCOUNT,
        IpPermissions: [
          { IpProtocol: 'tcp', FromPort: 5432, ToPort: 5432, Groups: [{ GroupId: 'sg-0aaaaaaaaaaaaaaa3' }] },
          // Another port, its own members, and everybody: none of them says who uses the database.
          { IpProtocol: 'tcp', FromPort: 22, ToPort: 22, Groups: [{ GroupId: 'sg-0aaaaaaaaaaaaaaa1' }] },
          { IpProtocol: '-1', Groups: [{ GroupId: 'sg-0aaaaaaaaaaaaaaa2' }], IpRanges: [{ CidrIp: '10.0.0.0/8' }] },
        ],
      },
      { GroupId: 'sg-0aaaaaaaaaaaaaaa3', IpPermissionsEgress: [{ IpProtocol: '-1', Groups: [{ GroupId: 'sg-0aaaaaaaaaaaaaaa4' }] }] },
    ],
  },
  DescribeLoadBalancers: {
    LoadBalancers: [
      {
        ...{ LoadBalancerArn: WEB, LoadBalancerName: 'web', DNSName: 'web-1.eu-west-1.elb.amazonaws.com', VpcId: 'vpc-0aaaaaaaaaaaaaaa1' },
        AvailabilityZones: [{ SubnetId: 'subnet-0aaaaaaaaaaaaaaa1' }, { SubnetId: 'subnet-0aaaaaaaaaaaaaaa2' }],
      },
    ],
  },
  DescribeListeners: {
    Listeners: [
      {
        ...{ ListenerArn: `${WEB}/l`, LoadBalancerArn: WEB, Port: 443, Protocol: 'HTTPS' },
        DefaultActions: [{ Type: 'forward', TargetGroupArn: GROUP }],
      },
    ],
  },
  DescribeTargetGroups: {
    TargetGroups: [
      { TargetGroupArn: GROUP, TargetGroupName: 'web', TargetType: 'instance', Protocol: 'HTTP', LoadBalancerArns: [WEB] },
      { TargetGroupArn: PODS, TargetGroupName: 'pods', TargetType: 'ip', Protocol: 'HTTP', LoadBalancerArns: [WEB] },
      { TargetGroupArn: HOOK, TargetGroupName: 'hook', TargetType: 'lambda', LoadBalancerArns: [] },
    ],
  },
  DescribeDBClusters: {
    DBClusters: [
      {
        ...{ DBClusterArn: CLUSTER, DBClusterIdentifier: 'shop', Engine: 'aurora-postgresql', Port: 5432 },
        ...{ Endpoint: 'shop.cluster-abc.eu-west-1.rds.amazonaws.com', ReaderEndpoint: 'shop.cluster-ro-abc.eu-west-1.rds.amazonaws.com' },
        DBClusterMembers: [{ DBInstanceIdentifier: 'shop-1' }],
        VpcSecurityGroups: [{ VpcSecurityGroupId: 'sg-0aaaaaaaaaaaaaaa2' }],
        MasterUsername: 'root-of-the-shop',
      },
    ],
  },
  DescribeDBInstances: {
    DBInstances: [
      {
        ...{ DBInstanceArn: SHOP_1, DBInstanceIdentifier: 'shop-1', DBClusterIdentifier: 'shop', Engine: 'aurora-postgresql' },
        Endpoint: { Address: 'shop-1.abc.eu-west-1.rds.amazonaws.com', Port: 5432 },
        DBSubnetGroup: { VpcId: 'vpc-0aaaaaaaaaaaaaaa1' },
        VpcSecurityGroups: [{ VpcSecurityGroupId: 'sg-0aaaaaaaaaaaaaaa2' }],
      },
      {
        ...{ DBInstanceArn: LEDGER, DBInstanceIdentifier: 'ledger', Engine: 'mysql' },
        Endpoint: { Address: 'ledger.abc.eu-west-1.rds.amazonaws.com', Port: 3306 },
        DBSubnetGroup: { VpcId: 'vpc-0aaaaaaaaaaaaaaa1' },
        VpcSecurityGroups: [{ VpcSecurityGroupId: 'sg-0aaaaaaaaaaaaaaa4' }],
      },
    ],
  },
  ListFunctions: {
    Functions: [
      {
        ...{ FunctionName: 'orders', FunctionArn: ORDERS, Environment: { Variables: { DB_PASSWORD: 'hunter2-secret' } } },
        VpcConfig: {
          ...{ VpcId: 'vpc-0aaaaaaaaaaaaaaa1', SecurityGroupIds: ['sg-0aaaaaaaaaaaaaaa3'] },
          SubnetIds: ['subnet-0aaaaaaaaaaaaaaa2'],
        },
      },
    ],
  },
  ListEventSourceMappings: {
    EventSourceMappings: [
      { UUID: 'm-1', EventSourceArn: QUEUE, FunctionArn: `${ORDERS}:live`, State: 'Enabled' },
      { UUID: 'm-2', EventSourceArn: `${TABLE}/stream/2024-01-01T00:00:00.000`, FunctionArn: ORDERS, State: 'Enabled' },
      { UUID: 'm-3', EventSourceArn: arn('sqs', 'unused'), FunctionArn: ORDERS, State: 'Disabled' },
    ],
  },
  DescribeConfigurationRecorderStatus: { ConfigurationRecordersStatus: [{ name: 'default', recording: true }] },
  SelectResourceConfig: {
    Results: [
      recorded('AWS::AutoScaling::AutoScalingGroup', SCALING, SCALING, [
        { relationshipName: 'Contains Instance', resourceType: 'AWS::EC2::Instance', resourceId: 'i-0aaaaaaaaaaaaaaa1' },
        { relationshipName: 'Contains Instance', resourceType: 'AWS::EC2::Instance', resourceId: 'i-0aaaaaaaaaaaagone' },
      ]),
      recorded('AWS::EC2::NatGateway', 'nat-0aaaaaaaaaaaaaaa1', NAT, [
        { relationshipName: 'Is contained in Vpc', resourceType: 'AWS::EC2::VPC', resourceId: 'vpc-0aaaaaaaaaaaaaaa1' },
        { relationshipName: 'Is contained in Subnet', resourceType: 'AWS::EC2::Subnet', resourceId: 'subnet-0aaaaaaaaaaaaaaa1' },
      ]),
    ],
  },
};

/** Targets of the group that is asked for, as the answer is the same otherwise. */
function answerShop({ action, input }: Asked): Answer | undefined {
  if (action !== 'DescribeTargetHealth') return shop[action];
  const targets: Record<string, Value> = {
    [GROUP]: [
      { Target: { Id: 'i-0aaaaaaaaaaaaaaa1', Port: 8080 }, TargetHealth: { State: 'unhealthy' } },
      { Target: { Id: 'i-0aaaaaaaaaaaaaaa9', Port: 8080 }, TargetHealth: { State: 'draining' } },
    ],
    [PODS]: [
      { Target: { Id: '10.0.1.77', Port: 9090 }, TargetHealth: { State: 'healthy' } },
      { Target: { Id: '10.9.9.9', Port: 9090 }, TargetHealth: { State: 'healthy' } },
    ],
    [HOOK]: [{ Target: { Id: ORDERS }, TargetHealth: { State: 'unavailable' } }],
  };
  return { TargetHealthDescriptions: targets[input.TargetGroupArn ?? ''] ?? [] };
}

const shopEdges = [
  'urn:aws:ec2:eu-west-1:vpc/vpc-0aaaaaaaaaaaaaaa1 CONTAINS urn:aws:ec2:eu-west-1:subnet/subnet-0aaaaaaaaaaaaaaa1',
  'urn:aws:ec2:eu-west-1:vpc/vpc-0aaaaaaaaaaaaaaa1 CONTAINS urn:aws:ec2:eu-west-1:subnet/subnet-0aaaaaaaaaaaaaaa2',
  'urn:aws:ec2:eu-west-1:vpc/vpc-0aaaaaaaaaaaaaaa1 CONTAINS urn:aws:elasticloadbalancing:eu-west-1:loadbalancer/app/web/0a1b2c3d4e5f6071',
  'urn:aws:ec2:eu-west-1:vpc/vpc-0aaaaaaaaaaaaaaa1 CONTAINS urn:aws:rds:eu-west-1:cluster:shop',
  'urn:aws:ec2:eu-west-1:vpc/vpc-0aaaaaaaaaaaaaaa1 CONTAINS urn:aws:rds:eu-west-1:db:ledger',
  'urn:aws:rds:eu-west-1:cluster:shop CONTAINS urn:aws:rds:eu-west-1:db:shop-1',
  'urn:aws:ec2:eu-west-1:subnet/subnet-0aaaaaaaaaaaaaaa1 CONTAINS urn:aws:ec2:eu-west-1:instance/i-0aaaaaaaaaaaaaaa1',
  'urn:aws:ec2:eu-west-1:subnet/subnet-0aaaaaaaaaaaaaaa1 CONTAINS urn:aws:ec2:eu-west-1:natgateway/nat-0aaaaaaaaaaaaaaa1',
  'urn:aws:ec2:eu-west-1:subnet/subnet-0aaaaaaaaaaaaaaa2 CONTAINS urn:aws:ec2:eu-west-1:instance/i-0aaaaaaaaaaaaaaa9',
  'urn:aws:ec2:eu-west-1:subnet/subnet-0aaaaaaaaaaaaaaa2 CONTAINS urn:aws:lambda:eu-west-1:function:orders',
  'urn:aws:autoscaling:eu-west-1:autoScalingGroup:0f0e:autoScalingGroupName/web CONTAINS urn:aws:ec2:eu-west-1:instance/i-0aaaaaaaaaaaaaaa1',
  'urn:aws:elasticloadbalancing:eu-west-1:loadbalancer/app/web/0a1b2c3d4e5f6071 ROUTES_TO urn:aws:elasticloadbalancing:eu-west-1:targetgroup/web/1a2b3c4d5e6f7081',
  'urn:aws:elasticloadbalancing:eu-west-1:loadbalancer/app/web/0a1b2c3d4e5f6071 ROUTES_TO urn:aws:elasticloadbalancing:eu-west-1:targetgroup/pods/2a2b3c4d5e6f7082',
  'urn:aws:elasticloadbalancing:eu-west-1:targetgroup/web/1a2b3c4d5e6f7081 ROUTES_TO urn:aws:ec2:eu-west-1:instance/i-0aaaaaaaaaaaaaaa1',
  'urn:aws:elasticloadbalancing:eu-west-1:targetgroup/pods/2a2b3c4d5e6f7082 ROUTES_TO urn:aws:ec2:eu-west-1:instance/i-0aaaaaaaaaaaaaaa1',
  'urn:aws:elasticloadbalancing:eu-west-1:targetgroup/hook/3a2b3c4d5e6f7083 ROUTES_TO urn:aws:lambda:eu-west-1:function:orders',
  'urn:aws:lambda:eu-west-1:function:orders DEPENDS_ON urn:aws:sqs:eu-west-1:orders',
  'urn:aws:lambda:eu-west-1:function:orders DEPENDS_ON urn:aws:dynamodb:eu-west-1:table/events',
  'urn:aws:lambda:eu-west-1:function:orders DEPENDS_ON urn:aws:rds:eu-west-1:cluster:shop',
  'urn:aws:lambda:eu-west-1:function:orders DEPENDS_ON urn:aws:rds:eu-west-1:db:ledger',
].sort();

async function readAll(
  server: AwsServer,
  more: Partial<AwsTopologyConfig> = {},
  signal = new AbortController().signal,
): Promise<Observation[]> {
  const keys = { access_key: 'AKIAEXAMPLE', secret_key: 'the-secret-key' };
  const config: AwsTopologyConfig = { type: 'aws', regions: [REGION], endpoint: server.endpoint, ...keys, ...more };
  const found: Observation[] = [];
  for await (const one of createAwsApi(config, { now: () => NOW }).read(signal)) found.push(one);
  return found;
}

describe('topology of AWS', () => {
  it('gives everything that a region says, and no secret', async () => {
    await using server = await startAws(answerShop);
    const found = await readAll(server);
    expect(found).toHaveLength(1);
    const [one] = found;
    expect(one).toMatchObject({ source: 'aws', scope: `${ACCOUNT}/${REGION}`, observedAt: NOW, serial: null, complete: true });
    expect(listEdges(found)).toEqual(shopEdges);
    expect(await readAll(server)).toEqual(found);
    const ofEdge = (end: string): unknown => one?.edges.find(({ src, dst, relation }) => `${src} ${relation} ${dst}`.endsWith(end));
    expect(ofEdge('targetgroup/web/1a2b3c4d5e6f7081')).toMatchObject({ attrs: { port: 443, protocol: 'https' } });
    expect(ofEdge('orders DEPENDS_ON urn:aws:rds:eu-west-1:cluster:shop')).toMatchObject({
      attrs: { port: 5432, protocol: 'tcp' },
      evidence: { address: 'sg-0aaaaaaaaaaaaaaa2', rule: 'ingress tcp 5432 from sg-0aaaaaaaaaaaaaaa3' },
    });
    expect(ofEdge('orders DEPENDS_ON urn:aws:rds:eu-west-1:db:ledger')).toMatchObject({
      attrs: { port: 3306, protocol: 'tcp' },
      evidence: { address: 'sg-0aaaaaaaaaaaaaaa3', rule: 'egress all traffic to sg-0aaaaaaaaaaaaaaa4' },
    });
    expect(one?.resources.find(({ name }) => name === 'web-1')).toMatchObject({
      kind: 'host',
      aliases: expect.arrayContaining([
        { kind: 'host', alias: 'ip-10-0-1-5.eu-west-1.compute.internal' },
        { kind: 'ip', alias: '10.0.1.77' },
        { kind: 'ip', alias: '34.1.2.3' },
      ]),
    });
    expect(one?.resources.find(({ name }) => name === 'shop')?.aliases).toContainEqual({
      kind: 'dns',
      alias: 'shop.cluster-ro-abc.eu-west-1.rds.amazonaws.com',
    });
    expect(one?.problems).toEqual([expect.objectContaining({ hides: false, text: expect.stringContaining('targetgroup/pods') })]);
    expect(JSON.stringify(found)).not.toMatch(/hunter2|the-secret-key|root-of-the-shop/);
  });

  it('reads all pages', async () => {
    const second = { VpcId: 'vpc-0aaaaaaaaaaaaaaa2', OwnerId: ACCOUNT };
    await using server = await startAws((asked) => {
      if (asked.action === 'DescribeVpcs')
        return asked.input.NextToken === undefined ? { ...shop.DescribeVpcs, NextToken: 'more' } : { VpcSet: [second] };
      if (asked.action === 'ListFunctions')
        return asked.input.Marker === undefined ? { Functions: [], NextMarker: 'more' } : shop.ListFunctions;
      return answerShop(asked);
    });
    const found = await readAll(server);
    expect(listEdges(found)).toEqual(shopEdges);
    expect(found[0]?.resources.map(({ urn }) => urn)).toContain('urn:aws:ec2:eu-west-1:vpc/vpc-0aaaaaaaaaaaaaaa2');
  });

  it('is partial where lists are refused, and says nothing that a complete one would not', async () => {
    const refused = ['rds:DescribeDBClusters', 'elasticloadbalancing:DescribeListeners'];
    await using server = await startAws((asked) =>
      refused.some((action) => action.endsWith(`:${asked.action}`)) ? new Refusal(403, 'AccessDenied') : answerShop(asked),
    );
    const found = await readAll(server);
    expect(found[0]?.complete).toBe(false);
    expect(found[0]?.problems.filter(({ hides }) => hides)).toEqual(
      refused.toSorted().map((file) => ({
        ...{ file, hides: true },
        text: `AWS did not answer ${file} in eu-west-1: refused (AccessDenied, HTTP 403).`,
      })),
    );
    expect(listEdges(found)).toEqual(shopEdges.filter((edge) => !/cluster:shop|loadbalancer\/.* ROUTES_TO/.test(edge)));
    expect(JSON.stringify(found)).not.toContain('hunter2');
  });

  it('names things as Terraform documents do', async () => {
    const inTerraform = (type: string, id: string, its?: string): string | undefined => {
      const raw = {
        address: `${type}.x`,
        type: parseTerraformType(type),
        label: 'x',
        id,
        provider: 'aws',
        isLookup: false,
        isComponent: false,
      };
      return providedIdentity(toDocumentResource({ ...raw, attributes: its === undefined ? {} : { arn: its } }, String), REGION)?.urn;
    };
    await using server = await startAws(answerShop);
    const [one] = await readAll(server);
    expect(one?.resources.map(({ urn }) => urn)).toEqual(
      expect.arrayContaining([
        ...[inTerraform('aws_vpc', 'vpc-0aaaaaaaaaaaaaaa1'), inTerraform('aws_subnet', 'subnet-0aaaaaaaaaaaaaaa1')],
        ...[inTerraform('aws_instance', 'i-0aaaaaaaaaaaaaaa1'), inTerraform('aws_nat_gateway', 'nat-0aaaaaaaaaaaaaaa1')],
        ...[inTerraform('aws_lb', WEB, WEB), inTerraform('aws_lb_target_group', GROUP, GROUP)],
        ...[inTerraform('aws_rds_cluster', 'shop', CLUSTER), inTerraform('aws_db_instance', 'db-ABC', LEDGER)],
        ...[inTerraform('aws_lambda_function', 'orders', ORDERS), inTerraform('aws_sqs_queue', 'https://sqs/orders', QUEUE)],
      ]),
    );
  });

  it('takes an empty account for complete', async () => {
    await using server = await startAws(() => ({}));
    expect(await readAll(server, { regions: [REGION, 'eu-west-2'] })).toEqual([
      expect.objectContaining({ scope: 'unknown/eu-west-1', complete: true, resources: [], edges: [], problems: [] }),
      expect.objectContaining({ scope: 'unknown/eu-west-2', complete: true, resources: [], edges: [], problems: [] }),
    ]);
    expect(server.asked.map(({ action }) => action)).not.toContain('SelectResourceConfig');
  });

  it('tries again when there were too many requests', async () => {
    let refusals = 1;
    await using server = await startAws((asked) => {
      const isRefused = asked.action === 'DescribeSubnets' && refusals-- > 0;
      return isRefused ? new Refusal(503, 'RequestLimitExceeded') : answerShop(asked);
    });
    const found = await readAll(server);
    expect(found[0]?.complete).toBe(true);
    expect(listEdges(found)).toEqual(shopEdges);
    expect(server.asked.filter(({ action }) => action === 'DescribeSubnets')).toHaveLength(2);
  });

  it('reads the other regions and then names the one that cannot be read', async () => {
    await using server = await startAws((asked) => (asked.region === 'eu-west-2' ? new Refusal(401, 'AuthFailure') : answerShop(asked)));
    const found: Observation[] = [];
    const keys = { access_key: 'AKIAEXAMPLE', secret_key: 'the-secret-key' };
    const api = createAwsApi({ type: 'aws', regions: ['eu-west-2', REGION], endpoint: server.endpoint, ...keys }, { now: () => NOW });
    const failure: unknown = await (async () => {
      for await (const one of api.read(new AbortController().signal)) found.push(one);
    })().catch((error: unknown) => error);
    expect(found.map(({ scope }) => scope)).toEqual([`${ACCOUNT}/${REGION}`]);
    expect(failure).toMatchObject({
      code: 'OB_TOPOLOGY_UNREADABLE',
      message: expect.stringMatching(/ec2:\w+ in eu-west-2: refused \(AuthFailure/),
    });
    expect(String(failure instanceof Error && failure.cause)).not.toMatch(/hunter2|user\/reader/);
  });

  it('takes on a role, whose account is the scope', async () => {
    const credentials = {
      AccessKeyId: 'ASIAROLE',
      SecretAccessKey: 'role-secret',
      SessionToken: 'role-token',
      Expiration: '2099-01-01T00:00:00Z',
    };
    await using server = await startAws(({ action }) => (action === 'AssumeRole' ? { Credentials: credentials } : undefined));
    const found = await readAll(server, { role_arn: 'arn:aws:iam::210987654321:role/reader' });
    expect(found).toEqual([expect.objectContaining({ scope: `210987654321/${REGION}`, complete: true })]);
    expect(server.asked.filter(({ action }) => action === 'AssumeRole')[0]?.input.RoleArn).toBe('arn:aws:iam::210987654321:role/reader');
  });

  it('stops when it is told to', async () => {
    const controller = new AbortController();
    await using server = await startAws((asked) => {
      controller.abort();
      return answerShop(asked);
    });
    await expect(readAll(server, {}, controller.signal)).rejects.toMatchObject({ code: 'OB_CANCELED' });
  });
});
