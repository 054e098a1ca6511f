import { describe, expect, it } from 'vitest';
import type { Observation } from '../../src/core/observation.ts';
import { createTerraformReader } from '../../src/topology/terraform/reader.ts';
import { listEdges, readAll } from '../contracts/topology-reader.ts';

async function readOne(document: object): Promise<Observation> {
  const [observation] = await readAll(createTerraformReader(), { 'out/show.json': JSON.stringify(document) });
  if (!observation) throw new Error('There is no observation.');
  return observation;
}

const shown = (address: string, values: object, more: object = {}) => {
  const [type = '', name = ''] = address.replace(/^(module\.[^.]+\.)+/, '').split('.');
  return {
    address,
    mode: 'managed',
    type,
    name: name.replace(/\[.*/, ''),
    provider_name: 'registry.terraform.io/hashicorp/aws',
    values,
    ...more,
  };
};
const values = {
  root_module: {
    resources: [shown('aws_vpc.main', { id: 'vpc-0aaaaaaa' })],
    child_modules: [
      {
        address: 'module.app',
        resources: [
          shown('module.app.aws_subnet.s[0]', { id: 'subnet-0aaaaaaa', vpc_id: 'vpc-0aaaaaaa' }, { index: 0 }),
          shown('module.app.aws_security_group.g', { id: 'sg-0aaaaaaa' }),
          shown(
            'module.app.aws_instance.web',
            { id: 'i-0aaaaaaa', subnet_id: 'subnet-0aaaaaaa', private_dns: 's3cr3t.internal' },
            { depends_on: ['module.app.aws_security_group.g'], sensitive_values: { private_dns: true } },
          ),
        ],
      },
    ],
  },
};
const urn = (rest: string): string => `urn:aws:ec2:unknown:${rest}`;
const present = [
  `${urn('instance/i-0aaaaaaa')} DEPENDS_ON ${urn('security-group/sg-0aaaaaaa')}`,
  `${urn('instance/i-0aaaaaaa')} DEPENDS_ON ${urn('subnet/subnet-0aaaaaaa')}`,
  `${urn('subnet/subnet-0aaaaaaa')} DEPENDS_ON ${urn('vpc/vpc-0aaaaaaa')}`,
];

describe('terraform show -json', () => {
  it('gives a state with its modules, by the path of the file', async () => {
    const observation = await readOne({ format_version: '1.0', terraform_version: '1.5.0', values });
    expect(observation).toMatchObject({
      source: 'terraform',
      scope: 'the-scope/out/show.json',
      lineage: null,
      serial: null,
      complete: true,
    });
    expect(listEdges([observation])).toEqual(present);
    expect(observation.edges[0]?.evidence).toMatchObject({ address: 'module.app.aws_instance.web', rule: 'dependencies' });
    expect(JSON.stringify(observation.resources)).not.toContain('s3cr3t');
  });

  it('gives of a plan the state before it, with references that the plan leaves as they are', async () => {
    const refers = (...references: string[]) => ({ references });
    const observation = await readOne({
      ...{ format_version: '1.2', terraform_version: '1.5.0', timestamp: '2024-03-01T10:00:00Z' },
      planned_values: { root_module: { resources: [shown('aws_instance.new', { subnet_id: 'subnet-0aaaaaaa' })] } },
      resource_changes: [
        { address: 'aws_vpc.main', change: { actions: ['no-op'] } },
        { address: 'module.app.aws_instance.web', change: { actions: ['no-op'] } },
        { address: 'module.app.aws_subnet.s[0]', change: { actions: ['update'] } },
        { address: 'aws_instance.new', change: { actions: ['create'] } },
      ],
      prior_state: { format_version: '1.0', terraform_version: '1.5.0', values },
      configuration: {
        provider_config: { aws: { expressions: { secret_key: { constant_value: 's3cr3t' } } } },
        root_module: {
          resources: [{ address: 'aws_vpc.main', expressions: { cidr_block: refers('module.app.size', 'module.app') } }],
          module_calls: {
            app: {
              expressions: { network: refers('aws_vpc.main.id', 'aws_vpc.main') },
              module: {
                outputs: { size: { expression: refers('aws_security_group.g.name', 'aws_security_group.g') } },
                resources: [
                  {
                    address: 'aws_instance.web',
                    expressions: { user_data: refers('var.network'), root_block_device: [{ size: refers('local.x') }] },
                  },
                  { address: 'aws_subnet.s', expressions: { tags: refers('aws_security_group.g.id') } },
                ],
              },
            },
          },
        },
      },
    });
    expect(observation.observedAt).toBe(Date.UTC(2024, 2, 1, 10) * 1000);
    expect(listEdges([observation])).toEqual(
      [
        ...present,
        `${urn('instance/i-0aaaaaaa')} DEPENDS_ON ${urn('vpc/vpc-0aaaaaaa')}`,
        `${urn('vpc/vpc-0aaaaaaa')} DEPENDS_ON ${urn('security-group/sg-0aaaaaaa')}`,
      ].sort(),
    );
    expect(observation.edges.map(({ evidence }) => evidence.rule)).toContain('expression user_data');
    expect(JSON.stringify([observation.resources, observation.edges])).not.toContain('s3cr3t');
  });

  it('finds nothing in a plan for what does not exist yet', async () => {
    const planned = { root_module: { resources: [shown('aws_vpc.main', { cidr_block: '10.0.0.0/16' })] } };
    const observation = await readOne({ format_version: '0.2', terraform_version: '1.0.5', planned_values: planned, resource_changes: [] });
    expect(observation).toMatchObject({ complete: true, resources: [], edges: [], problems: [] });
  });

  it('leaves other documents with a format version alone', async () => {
    expect(await readAll(createTerraformReader(), { 'schema.json': '{"format_version":"1.0","provider_schemas":{}}' })).toEqual([]);
  });
});
