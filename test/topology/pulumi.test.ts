import { describe, expect, it } from 'vitest';
import { writeHugeStack } from '../../bench/topology-documents.ts';
import type { Observation } from '../../src/core/observation.ts';
import { createPulumiReader } from '../../src/topology/pulumi/reader.ts';
import { type Files, listEdges, readAll, topologyReaderContract } from '../contracts/topology-reader.ts';

const MEGABYTES = 10;
const MARKED = { '4dabf18193072939515e22adb298388d': '1b47061264138c4ac30d75fd1eb44270' };

const pulumiUrn = (types: string, name: string): string => `urn:pulumi:prod::shop::${types}::${name}`;
const stackUrn = pulumiUrn('pulumi:pulumi:Stack', 'shop-prod');
const providerUrn = pulumiUrn('pulumi:providers:aws', 'default');
const groupUrn = pulumiUrn('shop:net:Net$aws:ec2/securityGroup:SecurityGroup', 'web');
const netUrn = pulumiUrn('shop:net:Net', 'net');
const dbUrn = pulumiUrn('aws:rds/instance:Instance', 'orders');
const appUrn = pulumiUrn('kubernetes:apps/v1:Deployment', 'cart');

const custom = (urn: string, id: string, more: object = {}) => {
  const type = urn.split('::')[2]?.split('$').at(-1);
  return { urn, custom: true, id, type, provider: `${providerUrn}::p1`, parent: stackUrn, created: '2024-01-01T00:00:00Z', ...more };
};
const resources = [
  { urn: stackUrn, custom: false, type: 'pulumi:pulumi:Stack', created: '2024-01-01T00:00:00Z' },
  { urn: providerUrn, custom: true, id: 'p1', type: 'pulumi:providers:aws', inputs: { region: 'eu-west-1' } },
  { urn: netUrn, custom: false, type: 'shop:net:Net', parent: stackUrn, created: '2024-01-01T00:00:00Z' },
  custom(groupUrn, 'sg-0beebbee', { parent: netUrn }),
  custom(dbUrn, 'orders', {
    inputs: { password: { ...MARKED, ciphertext: 'v1:s3cr3t-cipher' }, username: 's3cr3t-user', vpcSecurityGroupIds: ['sg-0beebbee'] },
    outputs: {
      ...{ identifier: 'orders', arn: 'arn:aws:rds:eu-west-1:123456789012:db:orders', address: 'orders.abc.rds.amazonaws.com' },
      ...{ password: 's3cr3t-plain', vpcSecurityGroupIds: ['sg-0beebbee'] },
    },
    ...{ dependencies: [groupUrn, providerUrn], propertyDependencies: { vpcSecurityGroupIds: [groupUrn], password: [] } },
    modified: '2024-02-01T00:00:00Z',
  }),
  custom(appUrn, 'shop/cart', { inputs: { metadata: { name: 'cart', namespace: 'shop' } }, dependencies: [dbUrn] }),
];
const stackExport = (more: object = {}, list: readonly object[] = resources) =>
  JSON.stringify({ version: 3, deployment: { manifest: { time: '2024-05-14T12:57:14.374011+02:00' }, resources: list }, ...more });

const group = 'urn:aws:ec2:eu-west-1:security-group/sg-0beebbee';
const database = 'urn:aws:rds:eu-west-1:db:orders';
const stack = 'urn:pulumi:shop:prod:pulumi:pulumi:Stack::shop-prod';
const net = 'urn:pulumi:shop:prod:shop:net:Net::net';
const edges = [
  ...[net, database, 'urn:k8s:svc:shop/cart'].map((urn) => `${stack} CONTAINS ${urn}`),
  `${net} CONTAINS ${group}`,
  `${database} DEPENDS_ON ${group}`,
  `urn:k8s:svc:shop/cart DEPENDS_ON ${database}`,
];

topologyReaderContract('pulumi', {
  create: createPulumiReader,
  complete: {
    files: { 'prod.stack.json': stackExport(), 'package.json': '{"version":3,"deployment":"production"}', 'tsconfig.json': '{ // comment' },
    observations: [{ scope: 'shop/prod', edges }],
  },
  partial: {
    files: { 'a.json': stackExport(), '.pulumi/stacks/shop/dev.json': '{"version":3,' },
    broken: '.pulumi/stacks/shop/dev.json',
    edges,
  },
  empty: { files: { 'prod.json': stackExport({}, [resources[0] ?? {}]) }, scopes: 1 },
  corrupt: {
    'cut off': { files: { 'a.json': stackExport().slice(0, -40) }, file: 'a.json', reason: /ends too early/ },
    'no deployment': {
      files: { '.pulumi/stacks/shop/dev.json': '{"version":3}' },
      ...{ file: '.pulumi/stacks/shop/dev.json', reason: /without a deployment/ },
    },
  },
  unsupported: {
    'version 2': { files: { 'a.json': stackExport({ version: 2 }) }, file: 'a.json', reason: /version 2/ },
    'version 5': { files: { 'a.json': stackExport({ version: 5 }) }, file: 'a.json', reason: /version 5/ },
    'unknown feature': {
      files: { 'a.json': stackExport({ version: 4, features: ['views', 'telepathy'] }) },
      file: 'a.json',
      reason: /features/,
    },
  },
  huge: {
    files: {
      'huge.json': { size: MEGABYTES * 2 ** 20, pieces: () => [...writeHugeStack(MEGABYTES * 2 ** 20)].map((text) => Buffer.from(text)) },
    },
    ...{ edges: 5000, seconds: 15, rssMb: 300 },
  },
  secrets: { files: { 'a.json': stackExport() }, values: ['s3cr3t-cipher', 's3cr3t-user', 's3cr3t-plain'], edges },
});

async function readOne(files: Files): Promise<Observation> {
  const [observation, ...others] = await readAll(createPulumiReader(), files);
  expect(others).toEqual([]);
  if (!observation) throw new Error('There is no observation.');
  return observation;
}

describe('pulumi stacks', () => {
  it('says since when, at what time and why', async () => {
    const { observedAt, edges: found, resources: known } = await readOne({ 'a.json': stackExport() });
    expect(observedAt).toBe(Date.UTC(2024, 4, 14, 10, 57, 14, 374) * 1000 + 11);
    const day = (month: number): number => Date.UTC(2024, month, 1) * 1000;
    expect(found.map(({ dst, since, evidence }) => [dst, since, evidence.rule])).toEqual(
      expect.arrayContaining([
        [group, day(0), 'parent'],
        [group, day(1), 'attribute vpcSecurityGroupIds'],
        [database, day(0), 'parent'],
        [database, day(0), 'dependencies'],
      ]),
    );
    expect(known.find(({ urn }) => urn === database)?.aliases).toContainEqual({ kind: 'dns', alias: 'orders.abc.rds.amazonaws.com' });
    expect(known.find(({ urn }) => urn === net)?.kind).toBe('component');
  });

  it('reads checkpoints and version 4 alike', async () => {
    const manifest = { time: '2024-05-14T12:57:14Z' };
    const checkpoint = JSON.stringify({ version: 3, checkpoint: { stack: 'organization/shop/prod', latest: { manifest, resources } } });
    const files = { '.pulumi/stacks/shop/prod.json': checkpoint, '.pulumi/history/shop/prod/prod-1.checkpoint.json': checkpoint };
    expect(listEdges([await readOne(files)])).toEqual([...edges].sort());
    expect(listEdges([await readOne({ 'a.json': stackExport({ version: 4, features: ['views', 'taint'] }) })])).toEqual([...edges].sort());
  });

  it('passes over what is being deleted and reports what is absent or did not end', async () => {
    const bucket = (name: string, more: object) => custom(pulumiUrn('aws:s3/bucket:Bucket', name), name, { parent: undefined, ...more });
    const list = [
      bucket('old', { delete: true }),
      bucket('replaced', { pendingReplacement: true }),
      bucket('new', { dependencies: [pulumiUrn('aws:s3/bucket:Bucket', 'old'), pulumiUrn('aws:s3/bucket:Bucket', 'absent')] }),
      bucket('looked-up', { external: true }),
    ];
    const pending = { pending_operations: [{ type: 'creating', resource: { urn: 'x' } }] };
    const observation = await readOne({
      'a.json': JSON.stringify({ version: 3, deployment: { manifest: { time: '2024-05-14T12:57:14Z' }, resources: list, ...pending } }),
    });
    expect(observation.resources.map(({ urn }) => urn)).toEqual(['urn:aws:s3:global:new']);
    expect(observation).toMatchObject({ complete: true, edges: [] });
    expect(observation.problems.map(({ text }) => text)).toEqual([
      expect.stringContaining('::absent'),
      expect.stringContaining('1 operations'),
    ]);
  });

  it('reads the newest document of a stack', async () => {
    const older = stackExport({ deployment: { manifest: { time: '2023-01-01T00:00:00Z' }, resources: resources.slice(0, 1) } });
    const { edges: found, problems } = await readOne({ 'a-old.json': older, 'b-new.json': stackExport() });
    expect(found).toHaveLength(edges.length);
    expect(problems).toMatchObject([{ file: 'a-old.json', hides: false }]);
  });
});
