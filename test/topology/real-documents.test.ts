import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { Observation } from '../../src/core/observation.ts';
import { createPulumiReader } from '../../src/topology/pulumi/reader.ts';
import type { TopologyReader } from '../../src/topology/reader.ts';
import { createTerraformReader } from '../../src/topology/terraform/reader.ts';
import { readAll } from '../contracts/topology-reader.ts';

const DATA = join(import.meta.dirname, '../../../shared/data/topology');

async function read(reader: TopologyReader, path: string): Promise<Observation | undefined> {
  const [observation] = await readAll(reader, { [path]: await readFile(join(DATA, path), 'utf8') });
  return observation;
}

describe.skipIf(!existsSync(DATA))(`real documents${existsSync(DATA) ? '' : ' (skipped: ../shared/data is not there)'}`, () => {
  it('a state of version 0.12 gives its security groups and what is behind them', async () => {
    const observation = await read(createTerraformReader(), 'terraform/aws_state_sg.json');
    expect(observation).toMatchObject({ scope: '2f9ab173-9fc7-965b-c17d-2e43868f14cf', serial: 6n, complete: true, problems: [] });
    const short = (urn: string): string => urn.slice(urn.lastIndexOf(':') + 1);
    expect(observation?.edges.map(({ src, dst, evidence }) => `${short(src)} > ${short(dst)}: ${evidence.rule}`)).toEqual([
      'launch-template/lt-08e7a3cd65dc2457c > security-group/sg-0e74bbe876eba7e6f: depends_on',
      'security-group/sg-011db815ad698b58a > security-group/sg-0e74bbe876eba7e6f: attribute ingress.security_groups',
      'security-group/sg-0e74bbe876eba7e6f > security-group/sg-0cfe32960213dea69: attribute ingress.security_groups',
      '5d7daaa0-68a7-4ca5-a491-3f78c102d562 > security-group/sg-0cfe32960213dea69: depends_on',
      'sample-lemp-rds-prod > security-group/sg-011db815ad698b58a: depends_on',
    ]);
  });

  it('a plan for resources that do not exist yet gives none', async () => {
    const observation = await read(createTerraformReader(), 'terraform/example_plan.json');
    expect(observation).toMatchObject({ complete: true, resources: [], edges: [], problems: [] });
  });

  it('a stack gives its containment, its dependencies, and where its load balancer routes to', async () => {
    const observation = await read(createPulumiReader(), 'pulumi/ts-lb-simple.stack.json');
    expect(observation).toMatchObject({ scope: 'ts-lb-simple/test', complete: true, problems: [] });
    const edges = observation?.edges ?? [];
    const routes = edges
      .filter(({ relation }) => relation === 'ROUTES_TO')
      .map(({ src, dst, attrs }) => [src, dst].map((urn) => urn.split(':')[4]?.split('/')[0]).concat(String(attrs?.port)));
    expect(routes).toEqual([
      ['listener', 'targetgroup', '80'],
      ['loadbalancer', 'targetgroup', '80'],
      ['targetgroup', 'service', '80'],
    ]);
    const stack: { deployment: { resources: { type: string; parent?: string; created: string }[] } } = JSON.parse(
      await readFile(join(DATA, 'pulumi/ts-lb-simple.stack.json'), 'utf8'),
    );
    const children = stack.deployment.resources.filter(({ type, parent }) => parent && !type.startsWith('pulumi:providers:'));
    expect(edges.filter(({ relation }) => relation === 'CONTAINS')).toHaveLength(children.length);
    expect(edges.every(({ since }) => since !== undefined && since >= Date.UTC(2024, 4, 14, 10, 52) * 1000)).toBe(true);
  });
});
