import { describe, expect, it } from 'vitest';
import { writeHugeState } from '../../bench/topology-documents.ts';
import type { Observation } from '../../src/core/observation.ts';
import { createTerraformReader } from '../../src/topology/terraform/reader.ts';
import { type Files, listEdges, readAll, topologyReaderContract } from '../contracts/topology-reader.ts';
import { resource, shopEdges, shopState, state } from './terraform-documents.ts';

const MEGABYTES = 10;

topologyReaderContract('terraform', {
  create: createTerraformReader,
  complete: {
    files: { 'live/terraform.tfstate': shopState, 'package.json': '{"version":4}', 'README.md': 'no' },
    observations: [{ scope: 'shop-lineage', edges: shopEdges }],
  },
  partial: { files: { 'a.tfstate': shopState, 'b.tfstate': '{"version":4,' }, broken: 'b.tfstate', edges: shopEdges },
  empty: { files: { 'terraform.tfstate': state([]) }, scopes: 1 },
  corrupt: {
    'cut off': { files: { 'live/terraform.tfstate': shopState.slice(0, -200) }, file: 'live/terraform.tfstate', reason: /ends too early/ },
    'no JSON': { files: { 'x.tfstate': 'resource "aws_vpc" "main" {}' }, file: 'x.tfstate', reason: /no valid JSON/ },
    'no bytes': { files: { 'x.tfstate': '' }, file: 'x.tfstate', reason: /is empty/ },
    'no resources': { files: { 'x.tfstate': '{"version":4,"serial":1,"lineage":"l"}' }, file: 'x.tfstate', reason: /without its list/ },
    encrypted: {
      files: { 'x.tfstate': '{"serial":1,"lineage":"l","meta":{},"encrypted_data":"AAAA","encryption_version":"v0"}' },
      ...{ file: 'x.tfstate', reason: /encrypted/ },
    },
  },
  unsupported: {
    'state 2': { files: { 'x.tfstate': '{"version":2,"serial":1,"modules":[]}' }, file: 'x.tfstate', reason: /version 2/ },
    'state 5': { files: { 'state.json': state([], { version: 5 }) }, file: 'state.json', reason: /version 5/ },
    'format 9': {
      files: { 'p.json': '{"format_version":"9.0","terraform_version":"9.9.9","values":{}}' },
      file: 'p.json',
      reason: /format version/,
    },
  },
  huge: {
    files: {
      'huge.tfstate': {
        size: MEGABYTES * 2 ** 20,
        pieces: () => [...writeHugeState(MEGABYTES * 2 ** 20)].map((text) => Buffer.from(text)),
      },
    },
    ...{ edges: 5000, seconds: 15, rssMb: 300 },
  },
  secrets: {
    files: {
      'terraform.tfstate': state([
        resource('aws_vpc', 'main', [{ attributes: { id: 'vpc-0aaaaaaa' } }]),
        resource('random_password', 'p', [{ attributes: { id: 'none', result: 's3cr3t-result' } }]),
        resource('aws_iam_access_key', 'k', [{ attributes: { id: 'AKIAEXAMPLEKEY', secret: 's3cr3t-key' } }]),
        resource('aws_instance', 'web', [
          {
            attributes: {
              ...{
                id: 'i-00000001',
                vpc_id: 'vpc-0aaaaaaa',
                private_dns: 's3cr3t.host.internal',
                public_dns: 'postgres://u:s3cr3t-dsn@db.internal/x',
              },
              ...{ tags: { Name: 'web' }, user_data: 's3cr3t-user-data' },
            },
            sensitive_attributes: [[{ type: 'get_attr', value: 'private_dns' }]],
          },
        ]),
        resource('aws_instance', 'hidden', [
          { attributes: { id: 's3cr3t-id-000001', vpc_id: 'vpc-0aaaaaaa' }, sensitive_attributes: [[{ type: 'get_attr', value: 'id' }]] },
        ]),
      ]),
    },
    values: ['s3cr3t-result', 's3cr3t-key', 'AKIAEXAMPLEKEY', 's3cr3t.host.internal', 's3cr3t-dsn', 's3cr3t-user-data', 's3cr3t-id-000001'],
    edges: [
      'urn:aws:ec2:unknown:instance/i-00000001 DEPENDS_ON urn:aws:ec2:unknown:vpc/vpc-0aaaaaaa',
      'urn:terraform:aws_instance:a-lineage:aws_instance.hidden DEPENDS_ON urn:aws:ec2:unknown:vpc/vpc-0aaaaaaa',
    ],
  },
});

async function readOne(files: Files): Promise<Observation> {
  const [observation, ...others] = await readAll(createTerraformReader(), files);
  expect(others).toEqual([]);
  if (!observation) throw new Error('There is no observation.');
  return observation;
}

const local = (type: string, address: string): string => `urn:terraform:${type}:a-lineage:${address}`;
const thing = (name: string, instances: readonly object[], more: object = {}) => resource('terraform_data', name, instances, more);

describe('terraform states', () => {
  it('gives resources the names that telemetry has for them', async () => {
    const { resources, lineage, serial } = await readOne({ 'terraform.tfstate': shopState });
    expect({ lineage, serial }).toEqual({ lineage: 'shop-lineage', serial: 12n });
    const byName = new Map(resources.map((found) => [found.name, found]));
    expect(byName.get('orders')).toMatchObject({
      ...{
        urn: 'urn:aws:rds:eu-west-1:db:orders',
        kind: 'database',
        attrs: { type: 'aws_db_instance', address: 'aws_db_instance.orders' },
      },
      aliases: [
        { kind: 'arn', alias: 'arn:aws:rds:eu-west-1:123456789012:db:orders' },
        { kind: 'dns', alias: 'orders.abc.eu-west-1.rds.amazonaws.com' },
      ],
    });
    expect(byName.get('front')).toMatchObject({ kind: 'load_balancer' });
    expect(byName.get('front')?.aliases).toContainEqual({ kind: 'dns', alias: 'front-1.eu-west-1.elb.amazonaws.com' });
    const server = resources.find(({ urn }) => urn.endsWith('instance/i-00000001'));
    expect(server?.kind).toBe('host');
    expect(server?.aliases).toEqual([
      { kind: 'dns', alias: 'ip-10-0-0-5.eu-west-1.compute.internal' },
      { kind: 'host', alias: 'ip-10-0-0-5.eu-west-1.compute.internal' },
      { kind: 'ip', alias: '10.0.0.5' },
    ]);
  });

  it('says what in the document gives an edge, and where traffic goes', async () => {
    const { edges } = await readOne({ 'terraform.tfstate': shopState });
    const [routed] = edges.filter(({ src, relation }) => src.includes('loadbalancer') && relation === 'ROUTES_TO');
    expect(routed).toMatchObject({
      attrs: { port: 80, protocol: 'http' },
      evidence: { file: 'terraform.tfstate', address: 'aws_lb_listener.http', rule: 'attribute default_action.target_group_arn' },
    });
    const rules = edges.filter(({ src }) => src.endsWith('i-00000001')).map(({ evidence }) => `${evidence.address} ${evidence.rule}`);
    expect(rules.sort()).toEqual([
      'aws_instance.web[1] attribute subnet_id',
      'aws_instance.web[1] attribute vpc_security_group_ids',
      'aws_instance.web[1] dependencies',
    ]);
  });

  it('expands dependencies to the instances of the same module instance, else to all', async () => {
    const inModule = (key: string, name: string, more: object = {}) =>
      thing(name, [{ attributes: {}, ...more }], { module: `module.svc["${key}"]` });
    const { edges, problems } = await readOne({
      'terraform.tfstate': state([
        inModule('a', 'db'),
        inModule('b', 'db'),
        inModule('a', 'app', {
          dependencies: ['module.svc.terraform_data.db', 'terraform_data.shared', 'terraform_data.gone', 'module.svc', 'var.x'],
        }),
        thing('shared', [{ index_key: 0 }, { index_key: 'x.y' }]),
        thing('root', [{ attributes: {}, dependencies: ['module.svc.terraform_data.db'] }]),
      ]),
    });
    expect(listEdges([{ edges } as Observation])).toEqual(
      [
        ...['module.svc["a"].terraform_data.db', 'terraform_data.shared["x.y"]', 'terraform_data.shared[0]'].map(
          (to) => `module.svc["a"].terraform_data.app > ${to}`,
        ),
        ...['a', 'b'].map((key) => `terraform_data.root > module.svc["${key}"].terraform_data.db`),
      ]
        .map((text) =>
          text
            .split(' > ')
            .map((address) => local('terraform_data', address))
            .join(' DEPENDS_ON '),
        )
        .sort(),
    );
    expect(problems).toEqual([{ file: 'terraform.tfstate', hides: false, text: expect.stringContaining('terraform_data.gone') }]);
  });

  it('pairs instances by their keys where all pairs would be too many', async () => {
    const many = (name: string, dependencies: readonly string[]) =>
      thing(
        name,
        Array.from({ length: 250 }, (_, index) => ({ index_key: index, attributes: {}, dependencies })),
      );
    const { edges, problems, complete } = await readOne({
      'terraform.tfstate': state([many('a', ['terraform_data.b']), many('b', [])]),
    });
    expect(edges).toHaveLength(250);
    expect(edges.every(({ src, dst }) => src.endsWith(dst.slice(dst.lastIndexOf('['))))).toBe(true);
    expect(complete).toBe(true);
    expect(problems).toMatchObject([{ hides: false, text: expect.stringContaining('terraform_data.b') }]);
  });

  it('finds machines of other clouds by name, address and path', async () => {
    const google = 'projects/p/zones/europe-west1-b/instances/web-1';
    const azure = '/subscriptions/0/resourceGroups/RG/providers/Microsoft.Network/virtualNetworks/Main';
    const { resources, edges } = await readOne({
      'terraform.tfstate': state([
        resource('google_compute_instance', 'w', [
          {
            attributes: {
              ...{ id: google, name: 'web-1', self_link: `https://www.googleapis.com/compute/v1/${google}`, zone: 'europe-west1-b' },
              network_interface: [
                { network: 'https://www.googleapis.com/compute/v1/projects/p/global/networks/n', network_ip: '10.1.0.2' },
              ],
            },
          },
        ]),
        resource('google_compute_network', 'n', [{ attributes: { id: 'projects/p/global/networks/n', name: 'n' } }]),
        resource('azurerm_virtual_network', 'm', [{ attributes: { id: azure, name: 'Main', location: 'West Europe' } }]),
        resource('azurerm_subnet', 's', [{ attributes: { id: `${azure}/subnets/s`, virtual_network_name: 'Main' } }]),
        resource('alicloud_vswitch', 'v', [{ attributes: { id: 'vsw-bp1abcdefgh1', vpc_id: 'vpc-bp1abcdefgh1' } }]),
        resource('alicloud_vpc', 'v', [{ attributes: { id: 'vpc-bp1abcdefgh1' } }]),
      ]),
    });
    expect(resources.find(({ name }) => name === 'web-1')).toMatchObject({
      ...{ urn: `urn:google:compute:europe-west1:${google}`, kind: 'host' },
      aliases: [
        { kind: 'host', alias: 'web-1' },
        { kind: 'ip', alias: '10.1.0.2' },
      ],
    });
    expect(edges.map(({ evidence }) => `${evidence.address} ${evidence.rule}`).sort()).toEqual([
      'alicloud_vswitch.v attribute vpc_id',
      'azurerm_subnet.s attribute virtual_network_name',
      'google_compute_instance.w attribute network_interface.network',
    ]);
  });

  it('reads the names of version 0.12, keys in any order, and passes over deposed objects', async () => {
    const { edges, resources } = await readOne({
      'state.json': JSON.stringify({
        lineage: 'a-lineage',
        outputs: {},
        resources: [
          {
            instances: [{ attributes: {}, depends_on: ['terraform_data.b'] }],
            mode: 'managed',
            name: 'a',
            provider: 'p',
            type: 'terraform_data',
          },
          {
            instances: [{ attributes: {} }, { attributes: {}, deposed: '1234' }],
            mode: 'managed',
            name: 'b',
            provider: 'p',
            type: 'terraform_data',
          },
        ],
        ...{ serial: 3, terraform_version: '0.12.28', version: 4 },
      }),
    });
    expect(resources.map(({ urn }) => urn)).toEqual(['a', 'b'].map((name) => local('terraform_data', `terraform_data.${name}`)));
    expect(edges.map(({ evidence }) => evidence.rule)).toEqual(['depends_on']);
  });

  it('does not take equal words for references', async () => {
    const { edges } = await readOne({
      'terraform.tfstate': state([
        resource('aws_iam_role', 'main', [{ attributes: { id: 'main', name: 'main', arn: 'arn:aws:iam::123456789012:role/main' } }]),
        resource('aws_ecs_cluster', 'main', [{ attributes: { id: 'main', name: 'main' } }]),
        resource('aws_iam_role_policy', 'p', [{ attributes: { id: 'main:p', role: 'main', name: 'main', description: 'main' } }]),
        resource('aws_db_instance', 'd', [{ attributes: { identifier: 'd', engine: 'main', tags: { Role: 'main', role: 'main' } } }]),
      ]),
    });
    expect(listEdges([{ edges } as Observation])).toEqual([
      'urn:aws:iam_role_policy:unknown:main:p DEPENDS_ON urn:aws:iam:global:role/main',
    ]);
  });

  it('shows what is looked up only where something refers to it', async () => {
    const looked = (type: string, name: string, attributes: object) => resource(type, name, [{ attributes }], { mode: 'data' });
    const { resources, edges } = await readOne({
      'terraform.tfstate': state([
        looked('aws_vpc', 'shared', { id: 'vpc-0aaaaaaa', arn: 'arn:aws:ec2:eu-west-1:123456789012:vpc/vpc-0aaaaaaa' }),
        looked('aws_vpc', 'unused', { id: 'vpc-0bbbbbbb', arn: 'arn:aws:ec2:eu-west-1:123456789012:vpc/vpc-0bbbbbbb' }),
        looked('aws_caller_identity', 'me', { id: '123456789012' }),
        resource('aws_subnet', 'a', [
          {
            attributes: { id: 'subnet-0aaaaaaa', vpc_id: 'vpc-0aaaaaaa' },
            dependencies: ['data.aws_vpc.shared', 'data.aws_caller_identity.me'],
          },
        ]),
      ]),
    });
    expect(resources.map(({ attrs }) => attrs)).toEqual([
      { type: 'aws_subnet', address: 'aws_subnet.a' },
      { type: 'aws_vpc', address: 'data.aws_vpc.shared', mode: 'data' },
    ]);
    expect(edges).toHaveLength(1);
  });

  it('finds a database by the address in the environment of what uses it, without keeping the password', async () => {
    const definitions = JSON.stringify([
      { environment: [{ name: 'DATABASE_URL', value: 'postgres://app:hunter2@orders.abc.rds.amazonaws.com:5432/orders' }] },
    ]);
    const observation = await readOne({
      'terraform.tfstate': state([
        resource('aws_db_instance', 'o', [{ attributes: { identifier: 'orders', address: 'orders.abc.rds.amazonaws.com' } }]),
        resource('aws_ecs_task_definition', 't', [{ attributes: { id: 'shop', family: 'shop', container_definitions: definitions } }]),
        resource('aws_lambda_function', 'f', [
          {
            attributes: {
              id: 'fn',
              function_name: 'fn',
              environment: [{ variables: { DB_HOST: 'orders.abc.rds.amazonaws.com', SIZE: 'orders' } }],
            },
          },
        ]),
      ]),
    });
    expect(observation.edges.map(({ src, dst, evidence }) => `${src} > ${dst}: ${evidence.rule}`)).toEqual([
      'urn:aws:ecs_task_definition:unknown:shop > urn:aws:rds:unknown:db:orders: attribute container_definitions.environment.DATABASE_URL',
      'urn:aws:lambda:unknown:function:fn > urn:aws:rds:unknown:db:orders: attribute environment.variables.DB_HOST',
    ]);
    expect(JSON.stringify(observation.edges)).not.toContain('hunter2');
  });

  it('reads the newest of the files with one lineage and names the others', async () => {
    const serial = (number: number, name: string) => state([thing(name, [{ attributes: {} }])], { serial: number });
    const { resources, serial: read, problems, complete } = await readOne({ 'a.tfstate': serial(3, 'new'), 'b.tfstate': serial(2, 'old') });
    expect(resources.map(({ name }) => name)).toEqual(['new']);
    expect({ read, complete }).toEqual({ read: 3n, complete: true });
    expect(problems).toEqual([{ file: 'b.tfstate', hides: false, text: expect.stringContaining('a.tfstate') }]);
  });

  it('reads version 3', async () => {
    const primary = (id: string, attributes: Record<string, string> = {}) => ({ id, attributes: { id, ...attributes } });
    const { edges, resources, serial } = await readOne({
      'terraform.tfstate': JSON.stringify({
        ...{ version: 3, terraform_version: '0.11.14', serial: 9, lineage: 'a-lineage' },
        modules: [
          {
            path: ['root'],
            outputs: {},
            resources: {
              'aws_vpc.main': { type: 'aws_vpc', depends_on: [], primary: primary('vpc-0aaaaaaa'), deposed: [], provider: 'provider.aws' },
              'aws_security_group.a.0': { type: 'aws_security_group', depends_on: [], primary: primary('sg-0aaaaaaa'), deposed: [] },
              'aws_security_group.b': {
                ...{ type: 'aws_security_group', depends_on: ['aws_vpc.main', 'aws_security_group.a.*', 'module.net'], deposed: [] },
                primary: primary('sg-0bbbbbbb', {
                  'ingress.#': '1',
                  'ingress.123.security_groups.#': '1',
                  'ingress.123.security_groups.456': 'sg-0aaaaaaa',
                }),
              },
              'aws_vpc.gone': { type: 'aws_vpc', depends_on: [], primary: null, deposed: [primary('vpc-0ddddddd')] },
            },
          },
          {
            path: ['root', 'net'],
            resources: {
              'data.aws_ami.x': { type: 'aws_ami', depends_on: [], primary: primary('ami-0aaaaaaa') },
              'aws_subnet.s': {
                type: 'aws_subnet',
                depends_on: ['data.aws_ami.x'],
                primary: primary('subnet-0aaaaaaa', { vpc_id: 'vpc-0aaaaaaa' }),
              },
            },
          },
        ],
      }),
    });
    expect(serial).toBe(9n);
    expect(resources.map(({ attrs }) => attrs?.address)).toContain('module.net.aws_subnet.s');
    expect(edges.map(({ src, dst, evidence }) => `${src.split('/')[1]} ${dst.split('/')[1]} ${evidence.rule}`)).toEqual([
      'sg-0bbbbbbb sg-0aaaaaaa attribute ingress.security_groups',
      'sg-0bbbbbbb vpc-0aaaaaaa depends_on',
      'subnet-0aaaaaaa ami-0aaaaaaa depends_on',
      'subnet-0aaaaaaa vpc-0aaaaaaa attribute vpc_id',
    ]);
  });
});
