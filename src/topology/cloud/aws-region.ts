import type { Instance, NetworkInterface, SecurityGroup, Subnet, Vpc } from '@aws-sdk/client-ec2';
import type { Listener, LoadBalancer, TargetGroup, TargetHealthDescription } from '@aws-sdk/client-elastic-load-balancing-v2';
import type { EventSourceMappingConfiguration, FunctionConfiguration } from '@aws-sdk/client-lambda';
import type { DBCluster, DBInstance } from '@aws-sdk/client-rds';
import { inParallel } from '../../core/in-parallel.ts';
import { parseArn } from '../aws-arn.ts';
import type { ApiLists } from './api-lists.ts';
import type { AwsClients } from './aws-clients.ts';
import { listRecorded, type RecordedItem } from './aws-recorded.ts';

/** What is kept of a function: its environment, which may hold secrets, is let go at once. */
export interface AwsFunction {
  readonly arn: string;
  readonly name: string;
  readonly vpc: string | undefined;
  readonly subnets: readonly string[];
  readonly groups: readonly string[];
}

/** A target that is registered in a target group. */
export interface AwsTarget {
  readonly group: string;
  readonly type: string;
  readonly target: TargetHealthDescription;
}

/** What one region of an account holds; a list that was not answered is empty. */
export interface AwsRegion {
  readonly region: string;
  /** Null when nothing in the region tells. */
  readonly account: string | null;
  readonly vpcs: readonly Vpc[];
  readonly subnets: readonly Subnet[];
  readonly instances: readonly Instance[];
  readonly groups: readonly SecurityGroup[];
  readonly interfaces: readonly NetworkInterface[];
  readonly balancers: readonly LoadBalancer[];
  readonly listeners: readonly Listener[];
  readonly targetGroups: readonly TargetGroup[];
  readonly targets: readonly AwsTarget[];
  readonly databases: readonly DBInstance[];
  readonly clusters: readonly DBCluster[];
  readonly functions: readonly AwsFunction[];
  readonly mappings: readonly EventSourceMappingConfiguration[];
  readonly recorded: readonly RecordedItem[];
}

/** How many calls of one list are under way at once, where a list takes a call for each item. */
const CONCURRENCY = 4;
const PAGE = 500;
/** What is about to go, or gone, is no longer there; EC2 lists it for an hour. */
const LIVE_STATES = ['pending', 'running', 'stopping', 'stopped'];

/** Lists all of a region, page by page. Rejects with `OB_CANCELED` only; lists without an answer are problems of `lists`. */
export async function readAwsRegion(clients: AwsClients, region: string, lists: ApiLists, signal: AbortSignal): Promise<AwsRegion> {
  const { ec2, elb, rds, lambda } = clients;
  const stop = { abortSignal: signal };
  const ec2Paging = { client: ec2.client, pageSize: PAGE };
  const elbPaging = { client: elb.client };
  const [vpcs, subnets, reservations, groups, interfaces, [balancers, listeners], [targetGroups, targets], ...rest] = await Promise.all([
    lists.list('ec2:DescribeVpcs', () => gather(ec2.sdk.paginateDescribeVpcs(ec2Paging, {}, stop), ({ Vpcs }) => Vpcs)),
    lists.list('ec2:DescribeSubnets', () => gather(ec2.sdk.paginateDescribeSubnets(ec2Paging, {}, stop), ({ Subnets }) => Subnets)),
    lists.list('ec2:DescribeInstances', () => {
      const live = { Filters: [{ Name: 'instance-state-name', Values: LIVE_STATES }] };
      return gather(ec2.sdk.paginateDescribeInstances(ec2Paging, live, stop), ({ Reservations }) => Reservations);
    }),
    lists.list('ec2:DescribeSecurityGroups', () =>
      gather(ec2.sdk.paginateDescribeSecurityGroups(ec2Paging, {}, stop), ({ SecurityGroups }) => SecurityGroups),
    ),
    lists.list('ec2:DescribeNetworkInterfaces', () =>
      gather(ec2.sdk.paginateDescribeNetworkInterfaces(ec2Paging, {}, stop), ({ NetworkInterfaces }) => NetworkInterfaces),
    ),
    lists
      .list('elasticloadbalancing:DescribeLoadBalancers', () =>
        gather(elb.sdk.paginateDescribeLoadBalancers(elbPaging, {}, stop), ({ LoadBalancers }) => LoadBalancers),
      )
      .then(async (found) => {
        const arns = found.flatMap(({ LoadBalancerArn }) => LoadBalancerArn ?? []);
        const ofEach = await listEach(lists, 'elasticloadbalancing:DescribeListeners', arns, (LoadBalancerArn) =>
          gather(elb.sdk.paginateDescribeListeners(elbPaging, { LoadBalancerArn }, stop), ({ Listeners }) => Listeners),
        );
        return [found, ofEach] as const;
      }),
    lists
      .list('elasticloadbalancing:DescribeTargetGroups', () =>
        gather(elb.sdk.paginateDescribeTargetGroups(elbPaging, {}, stop), ({ TargetGroups }) => TargetGroups),
      )
      .then(async (found) => {
        const ofEach = await listEach(lists, 'elasticloadbalancing:DescribeTargetHealth', found, async (one) => {
          const { TargetGroupArn: group, TargetType: type = 'instance' } = one;
          if (group === undefined) return [];
          const health = await elb.client.send(new elb.sdk.DescribeTargetHealthCommand({ TargetGroupArn: group }), stop);
          return (health.TargetHealthDescriptions ?? []).map((target) => ({ group, type, target }));
        });
        return [found, ofEach] as const;
      }),
    lists.list('rds:DescribeDBInstances', () =>
      gather(rds.sdk.paginateDescribeDBInstances({ client: rds.client }, {}, stop), ({ DBInstances }) => DBInstances),
    ),
    lists.list('rds:DescribeDBClusters', () =>
      gather(rds.sdk.paginateDescribeDBClusters({ client: rds.client }, {}, stop), ({ DBClusters }) => DBClusters),
    ),
    lists.list('lambda:ListFunctions', () =>
      gather(lambda.sdk.paginateListFunctions({ client: lambda.client }, {}, stop), ({ Functions }) => Functions?.flatMap(toFunction)),
    ),
    lists.list('lambda:ListEventSourceMappings', () =>
      gather(
        lambda.sdk.paginateListEventSourceMappings({ client: lambda.client }, {}, stop),
        ({ EventSourceMappings }) => EventSourceMappings,
      ),
    ),
    listRecorded(clients, lists, signal),
    clients.account(),
  ]);
  const [databases, clusters, functions, mappings, recorded, own] = rest;
  const arns = [
    ...balancers.map(({ LoadBalancerArn }) => LoadBalancerArn),
    ...databases.map(({ DBInstanceArn }) => DBInstanceArn),
    ...clusters.map(({ DBClusterArn }) => DBClusterArn),
    ...functions.map(({ arn }) => arn),
  ];
  // Networks do not tell, because they may be another account's that shares them; every one of the own has a security group of its own.
  const owners = [reservations, groups].flatMap((all) => all.flatMap(({ OwnerId }) => OwnerId ?? []).sort());
  const account = own ?? arns.flatMap((arn) => parseArn(arn ?? '')?.account || [])[0] ?? owners[0] ?? null;
  const instances = reservations.flatMap(({ Instances = [] }) => Instances);
  return {
    ...{ region, account, vpcs, subnets, instances, groups, interfaces, balancers, listeners, targetGroups, targets },
    ...{ databases, clusters, functions, mappings, recorded },
  };
}

function toFunction({ FunctionArn: arn, FunctionName: name, VpcConfig: place }: FunctionConfiguration): AwsFunction[] {
  if (arn === undefined || name === undefined) return [];
  return [{ arn, name, vpc: place?.VpcId || undefined, subnets: place?.SubnetIds ?? [], groups: place?.SecurityGroupIds ?? [] }];
}

/** One list made of a call for each item. What went between two lists has nothing more to tell. */
async function listEach<Item, Result>(
  lists: ApiLists,
  action: string,
  items: readonly Item[],
  call: (item: Item) => Promise<readonly Result[]>,
): Promise<readonly Result[]> {
  if (items.length === 0) return [];
  return lists.list(action, async () =>
    (
      await inParallel(items, CONCURRENCY, (item) =>
        call(item).catch((error: unknown) => {
          if (error instanceof Error && /^(LoadBalancer|TargetGroup)NotFound/.test(error.name)) return [];
          throw error;
        }),
      )
    ).flat(),
  );
}

/** Everything on all pages. */
export async function gather<Page, Item>(
  pages: AsyncIterable<Page>,
  pick: (page: Page) => readonly Item[] | undefined,
): Promise<readonly Item[]> {
  const items: Item[] = [];
  for await (const page of pages) items.push(...(pick(page) ?? []));
  return items;
}
