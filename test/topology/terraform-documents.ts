/** A state of version 4 with a VPC, two web servers behind a load balancer, and a database. */
export const shopState = JSON.stringify({
  version: 4,
  terraform_version: '1.9.0',
  serial: 12,
  lineage: 'shop-lineage',
  outputs: {},
  resources: [
    resource('aws_vpc', 'main', [{ attributes: { id: 'vpc-0aaaaaaa', arn: ec2('vpc/vpc-0aaaaaaa'), tags: { Name: 'shop' } } }]),
    resource('aws_subnet', 'a', [{ attributes: { id: 'subnet-0aaaaaaa', vpc_id: 'vpc-0aaaaaaa', availability_zone: 'eu-west-1a' } }]),
    resource('aws_security_group', 'db', [
      { attributes: { id: 'sg-0dbdbdbd', ingress: [{ from_port: 5432, security_groups: ['sg-0beebbee'], cidr_blocks: ['10.0.0.0/8'] }] } },
    ]),
    resource('aws_security_group', 'web', [{ attributes: { id: 'sg-0beebbee', vpc_id: 'vpc-0aaaaaaa' } }]),
    resource('aws_instance', 'web', [web(0), web(1)]),
    resource('aws_lb', 'front', [
      {
        attributes: {
          id: elb('loadbalancer/app/front/1'),
          arn: elb('loadbalancer/app/front/1'),
          dns_name: 'Front-1.eu-west-1.elb.amazonaws.com',
        },
      },
    ]),
    resource('aws_lb_target_group', 'web', [{ attributes: { id: elb('targetgroup/web/1'), arn: elb('targetgroup/web/1'), port: 8080 } }]),
    resource('aws_lb_listener', 'http', [
      {
        attributes: {
          ...{ id: elb('listener/app/front/1/2'), arn: elb('listener/app/front/1/2'), port: 80, protocol: 'HTTP' },
          ...{
            load_balancer_arn: elb('loadbalancer/app/front/1'),
            default_action: [{ type: 'forward', target_group_arn: elb('targetgroup/web/1') }],
          },
        },
      },
    ]),
    resource('aws_lb_target_group_attachment', 'web', [
      {
        index_key: 0,
        attributes: {
          id: `${elb('targetgroup/web/1')}-2024`,
          target_group_arn: elb('targetgroup/web/1'),
          target_id: 'i-00000000',
          port: 8080,
        },
      },
    ]),
    resource('aws_db_instance', 'orders', [
      {
        attributes: {
          ...{ id: 'db-ABC', identifier: 'orders', arn: 'arn:aws:rds:eu-west-1:123456789012:db:orders', engine: 'postgres', port: 5432 },
          ...{
            address: 'orders.abc.eu-west-1.rds.amazonaws.com',
            endpoint: 'orders.abc.eu-west-1.rds.amazonaws.com:5432',
            password: 'hunter2-state',
          },
          vpc_security_group_ids: ['sg-0dbdbdbd'],
        },
        sensitive_attributes: [[{ type: 'get_attr', value: 'password' }]],
      },
    ]),
  ],
  check_results: null,
});

/** The edges of `shopState` as `src RELATION dst`. */
export const shopEdges = [
  edge('subnet/subnet-0aaaaaaa', 'DEPENDS_ON', 'vpc/vpc-0aaaaaaa'),
  edge('security-group/sg-0dbdbdbd', 'DEPENDS_ON', 'security-group/sg-0beebbee'),
  edge('security-group/sg-0beebbee', 'DEPENDS_ON', 'vpc/vpc-0aaaaaaa'),
  ...[0, 1].flatMap((number) => [
    edge(`instance/i-0000000${number}`, 'DEPENDS_ON', 'subnet/subnet-0aaaaaaa'),
    edge(`instance/i-0000000${number}`, 'DEPENDS_ON', 'security-group/sg-0beebbee'),
    `urn:aws:ec2:eu-west-1:instance/i-0000000${number} DEPENDS_ON urn:aws:rds:eu-west-1:db:orders`,
  ]),
  `${elbUrn('loadbalancer/app/front/1')} ROUTES_TO ${elbUrn('targetgroup/web/1')}`,
  `${elbUrn('listener/app/front/1/2')} ROUTES_TO ${elbUrn('targetgroup/web/1')}`,
  `${elbUrn('listener/app/front/1/2')} DEPENDS_ON ${elbUrn('loadbalancer/app/front/1')}`,
  `${elbUrn('targetgroup/web/1')} ROUTES_TO urn:aws:ec2:eu-west-1:instance/i-00000000`,
  `urn:aws:lb_target_group_attachment:eu-west-1:${elb('targetgroup/web/1')}-2024 DEPENDS_ON ${elbUrn('targetgroup/web/1')}`,
  `urn:aws:lb_target_group_attachment:eu-west-1:${elb('targetgroup/web/1')}-2024 DEPENDS_ON urn:aws:ec2:eu-west-1:instance/i-00000000`,
  'urn:aws:rds:eu-west-1:db:orders DEPENDS_ON urn:aws:ec2:eu-west-1:security-group/sg-0dbdbdbd',
];

/** A resource of a state of version 4. */
export function resource(type: string, name: string, instances: readonly object[], more: object = {}) {
  return { mode: 'managed', type, name, provider: 'provider["registry.terraform.io/hashicorp/aws"]', instances, ...more };
}

/** A state of version 4. */
export function state(resources: readonly object[], more: object = {}): string {
  return JSON.stringify({ version: 4, terraform_version: '1.9.0', serial: 1, lineage: 'a-lineage', outputs: {}, resources, ...more });
}

function web(number: number) {
  return {
    index_key: number,
    attributes: {
      ...{
        id: `i-0000000${number}`,
        subnet_id: 'subnet-0aaaaaaa',
        vpc_security_group_ids: ['sg-0beebbee'],
        private_ip: `10.0.0.${number + 4}`,
      },
      ...{ private_dns: `ip-10-0-0-${number + 4}.eu-west-1.compute.internal`, user_data: 'c29tZSB0ZXh0' },
    },
    dependencies: ['aws_db_instance.orders', 'aws_subnet.a', 'data.aws_ami.base'],
  };
}

function ec2(rest: string): string {
  return `arn:aws:ec2:eu-west-1:123456789012:${rest}`;
}

function elb(rest: string): string {
  return `arn:aws:elasticloadbalancing:eu-west-1:123456789012:${rest}`;
}

function elbUrn(rest: string): string {
  return `urn:aws:elasticloadbalancing:eu-west-1:${rest}`;
}

function edge(src: string, relation: string, dst: string): string {
  return `urn:aws:ec2:eu-west-1:${src} ${relation} urn:aws:ec2:eu-west-1:${dst}`;
}
