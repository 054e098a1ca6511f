import type { ResourceKind } from '../core/urn.ts';

/** The type of a resource in a document: `aws_db_instance` is `db_instance` of `aws`, and `aws:rds/instance:Instance` is `rds_instance` of `aws`. */
export interface ResourceType {
  readonly text: string;
  readonly provider: string;
  /** Lower-case words joined by `_`. */
  readonly noun: string;
}

/** Families of types, the first that fits counts; parts of a thing (policies, attachments) come first, because they carry its name. */
const FAMILIES: readonly (readonly [ResourceKind, RegExp])[] = [
  ['network', /(^|_)(security_group|firewall|network_acl|route|security_group_(ingress|egress))(_rule|_policy)?$/],
  [
    'other',
    /_(policy|attachment|association|permission|membership|(parameter|option|subnet|placement|log|resource)_group|snapshot|certificate|role|user|alarm|grant|version|assignment|binding|member|acl|metric_filter|configuration|template|definition|profile)$/,
  ],
  [
    'load_balancer',
    /(^|_)([ang]?lb|elb|slb|load_?balancer|lb_listener|listener|target_group|forwarding_rule|backend_service|url_map|application_gateway|server_group)(_v\d)?$/,
  ],
  [
    'database',
    /(^|_)(db|rds|dynamodb|elasticache|redis|memcache|memcached|memorydb|sql|mysql|postgresql|mariadb|mssql|cosmosdb|docdb|neptune|redshift|opensearch|elasticsearch|spanner|bigtable|bigquery|kvstore|polardb|mongodb|firestore|database|timestream|keyspaces|dax|alloydb|clickhouse)(_|$)/,
  ],
  ['topic', /(^|_)(sns|sqs|topic|queue|pubsub|msk|kafka|alikafka|mq|kinesis|servicebus|eventhub|eventgrid|rabbitmq|event_bus|amqp)(_|$)/],
  ['function', /(^|_)(lambda|function|functions|cloudfunctions2?|function_app|fc)(_|$)/],
  [
    'storage',
    /(^|_)(bucket|s3|storage|volume|disk|efs|fsx|file_system|filesystem|oss|nas|ecr|registry|repository|blob|persistent_volume(_claim)?)(_|$)/,
  ],
  [
    'network',
    /(^|_)(vpc|subnet|subnetwork|gateway|eip|elastic_ip|network|network_interface|vswitch|peering|route_table|public_ip|address|zone|record|nat|vpn|dns|route53|internet_gateway|virtual_network)(_|$)/,
  ],
  ['host', /(^|_)(instance|virtual_machine|droplet|server|vm|spot_instance_request|node|machine)$/],
  [
    'service',
    /(^|_)(service|cluster|app|app_service|web_app|deployment|stateful_set|daemon_?set|distribution|rest_api|api|release|cloud_run|autoscaling_group)(_|$)/,
  ],
];

/** What kind of thing a type is, by the family of its name. */
export function kindOfType({ noun }: ResourceType): ResourceKind {
  return FAMILIES.find(([, pattern]) => pattern.test(noun))?.[0] ?? 'other';
}

/** `securityGroupIds` and `SecurityGroupIds` as `security_group_ids`. */
export function toWords(name: string): string {
  return name
    .replace(/([a-z0-9])([A-Z])/g, '$1_$2')
    .replace(/([A-Z]+)([A-Z][a-z])/g, '$1_$2')
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, '_');
}

/** `aws_db_instance`: the provider is the first word. */
export function parseTerraformType(text: string): ResourceType {
  const cut = text.indexOf('_');
  return cut < 0
    ? { text, provider: text, noun: text }
    : { text, provider: text.slice(0, cut), noun: text.slice(cut + 1).replace(/_v\d+$/, '') };
}

/** `aws:ec2/securityGroup:SecurityGroup`, `kubernetes:apps/v1:Deployment`, `eks:index:Cluster`. */
export function parsePulumiType(text: string): ResourceType {
  const [provider = text, place = '', name = text] = text.split(':');
  const module = toWords(place.split('/')[0] ?? '');
  const noun = toWords(name).replace(/_v\d+$/, '');
  const isModuleSaid = module === '' || module === 'index' || module === noun || noun.startsWith(`${module}_`);
  return { text, provider: provider.replace(/-native$/, ''), noun: isModuleSaid ? noun : `${module}_${noun}` };
}
