import type { ResourceKind } from '../../core/urn.ts';
import { arnIdentity } from '../aws-arn.ts';
import type { Draft } from '../draft.ts';
import { listOf, textOf } from '../fields.ts';
import type { ApiLists } from './api-lists.ts';
import type { AwsClients } from './aws-clients.ts';
import { type AwsUrns, declareAwsResource, placeOf } from './aws-declare.ts';

/** A resource as AWS Config recorded it, with what it says to contain or to be contained in. */
export interface RecordedItem {
  readonly type: string;
  readonly id: string;
  readonly arn: string;
  readonly name: string;
  readonly relations: readonly { readonly type: string; readonly id: string; readonly isContainer: boolean }[];
}

/** Types that take part in the topology beside those that are listed from their own services. */
const recordedKinds: Readonly<Record<string, ResourceKind>> = {
  'AWS::AutoScaling::AutoScalingGroup': 'service',
  'AWS::EC2::NatGateway': 'network',
  'AWS::ECS::Cluster': 'service',
  'AWS::ECS::Service': 'service',
  'AWS::EKS::Cluster': 'service',
  'AWS::ElasticLoadBalancing::LoadBalancer': 'load_balancer',
  'AWS::ElasticBeanstalk::Environment': 'service',
  'AWS::Elasticsearch::Domain': 'database',
  'AWS::OpenSearch::Domain': 'database',
  'AWS::Redshift::Cluster': 'database',
};

/** Lists what AWS Config recorded of the region; nothing where it does not record. */
export async function listRecorded({ config }: AwsClients, lists: ApiLists, signal: AbortSignal): Promise<readonly RecordedItem[]> {
  const { sdk, client } = config;
  const stop = { abortSignal: signal };
  const recorders = await lists.list('config:DescribeConfigurationRecorderStatus', async () => {
    const status = await client.send(new sdk.DescribeConfigurationRecorderStatusCommand({}), stop);
    return status.ConfigurationRecordersStatus ?? [];
  });
  if (!recorders.some(({ recording }) => recording)) return [];
  const types = Object.keys(recordedKinds).map((type) => `'${type}'`);
  const Expression = `SELECT resourceType, resourceId, resourceName, arn, relationships WHERE resourceType IN (${types.join(', ')})`;
  return lists.list('config:SelectResourceConfig', async () => {
    const items: RecordedItem[] = [];
    for await (const { Results = [] } of sdk.paginateSelectResourceConfig({ client }, { Expression }, stop)) {
      for (const text of Results) {
        const item = toRecorded(JSON.parse(text));
        if (item) items.push(item);
      }
    }
    return items;
  });
}

function toRecorded(item: unknown): RecordedItem | undefined {
  const [type, id, arn] = ['resourceType', 'resourceId', 'arn'].map((key) => textOf(item, key));
  if (type === undefined || id === undefined || arn === undefined) return undefined;
  const relations = listOf(item, 'relationships').flatMap((relation) => {
    const said = textOf(relation, 'relationshipName') ?? textOf(relation, 'name') ?? '';
    const of = { type: textOf(relation, 'resourceType') ?? '', id: textOf(relation, 'resourceId') ?? '' };
    if (/^is contained in\b/i.test(said)) return [{ ...of, isContainer: true }];
    return /^contains\b/i.test(said) ? [{ ...of, isContainer: false }] : [];
  });
  return { type, id, arn, name: textOf(item, 'resourceName') || id, relations };
}

/**
 * Declares what AWS Config recorded and draws what contains what. What is listed from its own service is taken from there: a record may be older.
 * What is in one subnet is there by way of it, not in the network itself.
 */
export function drawRecorded(draft: Draft, recorded: readonly RecordedItem[], urns: AwsUrns): void {
  for (const { type, id, arn, name } of recorded) {
    const kind = recordedKinds[type];
    const aliases = [{ kind: 'arn', alias: arn.toLowerCase() } as const];
    if (kind !== undefined) declareAwsResource(draft, urns, `${type} ${id}`, arnIdentity(arn), { kind, type, name, aliases });
  }
  // Ids of a record are unique within their type only.
  const find = (type: string, id: string): string | undefined => urns.get(`${type} ${id}`) ?? urns.get(id);
  for (const { type: own, id, relations } of recorded) {
    const isIn = (type: string): string[] => relations.flatMap((one) => (one.isContainer && one.type === type ? one.id : []));
    const place = placeOf(isIn('AWS::EC2::VPC')[0], isIn('AWS::EC2::Subnet'));
    for (const { type, id: other, isContainer } of relations) {
      if (/^AWS::EC2::(VPC|Subnet)$/.test(type) && other !== place) continue;
      const [src, dst] = isContainer ? [find(type, other), find(own, id)] : [find(own, id), find(type, other)];
      const rule = `relationship ${isContainer ? 'is contained in' : 'contains'}`;
      const evidence = { file: 'config:SelectResourceConfig', address: id, rule };
      if (src !== undefined && dst !== undefined) draft.edge({ src, dst, relation: 'CONTAINS', evidence });
    }
  }
}
