/** Parts of an Amazon resource name. */
export interface Arn {
  readonly partition: string;
  readonly service: string;
  /** Empty where the service has no regions. */
  readonly region: string;
  readonly account: string;
  readonly resource: string;
}

/** Resource types of Amazon EC2 and its like by the prefix of their ids, which are unique everywhere: service and type as in their ARN. */
const ID_PREFIXES: Readonly<Record<string, readonly [service: string, type: string]>> = {
  acl: ['ec2', 'network-acl'],
  ami: ['ec2', 'image'],
  cgw: ['ec2', 'customer-gateway'],
  dopt: ['ec2', 'dhcp-options'],
  eigw: ['ec2', 'egress-only-internet-gateway'],
  eipalloc: ['ec2', 'elastic-ip'],
  eni: ['ec2', 'network-interface'],
  fl: ['ec2', 'vpc-flow-log'],
  fs: ['elasticfilesystem', 'file-system'],
  fsap: ['elasticfilesystem', 'access-point'],
  i: ['ec2', 'instance'],
  igw: ['ec2', 'internet-gateway'],
  key: ['ec2', 'key-pair'],
  lt: ['ec2', 'launch-template'],
  nat: ['ec2', 'natgateway'],
  pcx: ['ec2', 'vpc-peering-connection'],
  pl: ['ec2', 'prefix-list'],
  rtb: ['ec2', 'route-table'],
  rtbassoc: ['ec2', 'route-table-association'],
  sg: ['ec2', 'security-group'],
  sgr: ['ec2', 'security-group-rule'],
  snap: ['ec2', 'snapshot'],
  subnet: ['ec2', 'subnet'],
  tgw: ['ec2', 'transit-gateway'],
  'tgw-attach': ['ec2', 'transit-gateway-attachment'],
  'tgw-rtb': ['ec2', 'transit-gateway-route-table'],
  vgw: ['ec2', 'vpn-gateway'],
  vol: ['ec2', 'volume'],
  vpc: ['ec2', 'vpc'],
  vpce: ['ec2', 'vpc-endpoint'],
  vpn: ['ec2', 'vpn-connection'],
};

/** Parses `arn:<partition>:<service>:<region>:<account>:<resource>`; undefined for anything else. */
export function parseArn(text: string): Arn | undefined {
  const match = /^arn:(aws[a-z-]*):([a-z0-9-]+):([a-z0-9-]*):(\d{12}|aws|):(\S+)$/.exec(text);
  if (!match) return undefined;
  const [, partition = '', service = '', region = '', account = '', resource = ''] = match;
  return { partition, service, region, account, resource };
}

/**
 * The parts of `urn:aws:<service>:<region>:<resource>` for an ARN; `global` where it names no region. The version or alias
 * of a function and the instance of a log group are no resources of their own.
 */
export function arnIdentity(text: string): { provider: 'aws'; service: string; region: string; id: string } | undefined {
  const arn = parseArn(text);
  if (!arn) return undefined;
  const id =
    arn.service === 'lambda' ? arn.resource.replace(/^(function:[^:]+):.*$/, '$1') : arn.resource.replace(/^(log-group:[^:]+):\*$/, '$1');
  return { provider: 'aws', service: arn.service, region: arn.region || 'global', id };
}

/** The same parts for an id that tells its type by itself, such as `vpc-0a1b2c3d`, so that it and its ARN are one resource. */
export function awsIdIdentity(
  id: string,
  region: string | null,
): { provider: 'aws'; service: string; region: string | null; id: string } | undefined {
  const prefix = /^([a-z]+(?:-[a-z]+)?)-[0-9a-f]{8,17}$/.exec(id)?.[1];
  const [service, type] = (prefix === undefined ? undefined : ID_PREFIXES[prefix]) ?? [];
  return service === undefined ? undefined : { provider: 'aws', service, region, id: `${type}/${id}` };
}
