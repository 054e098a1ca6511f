import { createServer } from 'node:http';
import { describe, expect, it } from 'vitest';
import type { Observation } from '../../src/core/observation.ts';
import { createAlibabaApi } from '../../src/topology/cloud/alibaba.ts';
import { listEdges } from '../contracts/topology-reader.ts';

const REGION = 'cn-hangzhou';
const NOW = Date.UTC(2024, 4, 1) * 1000;

interface Asked {
  readonly action: string;
  readonly input: Readonly<Record<string, string>>;
}

type Answer = { readonly status?: number; readonly body: Readonly<Record<string, unknown>> };

interface ResourceCenter extends AsyncDisposable {
  readonly endpoint: string;
  readonly asked: Asked[];
}

async function startResourceCenter(answer: (asked: Asked) => Answer): Promise<ResourceCenter> {
  const asked: Asked[] = [];
  const server = createServer((request, response) => {
    const url = new URL(request.url ?? '/', 'http://127.0.0.1');
    const isSigned = /^ACS3-HMAC-SHA256 Credential=LTAIexample,/.test(request.headers.authorization ?? '');
    const call = { action: String(request.headers['x-acs-action']), input: Object.fromEntries(url.searchParams) };
    asked.push(call);
    const isOurs = isSigned && request.headers['x-acs-version'] === '2022-12-01';
    const { status = 200, body } = isOurs ? answer(call) : { status: 400, body: { Code: 'SignatureDoesNotMatch' } };
    response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  if (!address || typeof address !== 'object') throw new Error('no port');
  return {
    endpoint: `http://127.0.0.1:${address.port}`,
    asked,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

const resource = (type: string, id: string, more: object = {}): object => ({
  ...{ AccountId: '1234567890123456', RegionId: REGION, ResourceType: `ACS::${type}`, ResourceId: id, ResourceName: `name of ${id}` },
  ...more,
});

const resources = [
  resource('VPC::VPC', 'vpc-bp1network00001'),
  resource('VPC::VSwitch', 'vsw-bp1switch000001'),
  resource('ECS::Instance', 'i-bp1instance00001', { IpAddressAttributes: [{ IpAddress: '192.168.1.2', NetworkType: 'Private' }] }),
  resource('ECS::Disk', 'd-bp1disk000000001'),
  resource('ECS::SecurityGroup', 'sg-bp1group00000001'),
  resource('SLB::LoadBalancer', 'lb-bp1balancer00001'),
  resource('ALB::LoadBalancer', 'alb-bp1balancer0001'),
  resource('ALB::ServerGroup', 'sgp-bp1servers00001'),
  resource('RDS::DBInstance', 'rm-bp1database00001'),
  resource('ECS::Instance', 'i-bp1gone0000000001', { Deleted: true }),
];

const place = { VpcId: 'vpc-bp1network00001', VSwitchId: 'vsw-bp1switch000001' };
const configurations: Readonly<Record<string, unknown>> = {
  'vpc-bp1network00001': { VpcId: 'vpc-bp1network00001', VSwitchIds: { VSwitchId: ['vsw-bp1switch000001'] } },
  'vsw-bp1switch000001': place,
  'i-bp1instance00001': { VpcAttributes: place, UserData: 'hunter2-secret' },
  'lb-bp1balancer00001': {
    ...place,
    Address: '47.1.2.3',
    BackendServers: { BackendServer: [{ ServerId: 'i-bp1instance00001', Weight: 100 }] },
  },
  'alb-bp1balancer0001': {
    ...{ VpcId: 'vpc-bp1network00001', DNSName: 'alb-1.cn-hangzhou.alb.aliyuncs.com' },
    ZoneMappings: [{ VSwitchId: 'vsw-bp1switch000001' }, { VSwitchId: 'vsw-bp1switch000002' }],
  },
  'sgp-bp1servers00001': { VpcId: 'vpc-bp1network00001', RelatedLoadBalancerIds: ['alb-bp1balancer0001'] },
  'rm-bp1database00001': { ...place, ConnectionString: 'rm-bp1database00001.mysql.rds.aliyuncs.com', AccountPassword: 'hunter2-secret' },
};

const urn = (rest: string): string => `urn:alibaba:${rest}`;
const edges = [
  [urn('vpc:cn-hangzhou:vpc/vpc-bp1network00001'), 'CONTAINS', urn('vpc:cn-hangzhou:vswitch/vsw-bp1switch000001')],
  [urn('vpc:cn-hangzhou:vpc/vpc-bp1network00001'), 'CONTAINS', urn('alb:cn-hangzhou:loadbalancer/alb-bp1balancer0001')],
  [urn('vpc:cn-hangzhou:vpc/vpc-bp1network00001'), 'CONTAINS', urn('alb:cn-hangzhou:servergroup/sgp-bp1servers00001')],
  [urn('vpc:cn-hangzhou:vswitch/vsw-bp1switch000001'), 'CONTAINS', urn('ecs:cn-hangzhou:instance/i-bp1instance00001')],
  [urn('vpc:cn-hangzhou:vswitch/vsw-bp1switch000001'), 'CONTAINS', urn('slb:cn-hangzhou:loadbalancer/lb-bp1balancer00001')],
  [urn('vpc:cn-hangzhou:vswitch/vsw-bp1switch000001'), 'CONTAINS', urn('rds:cn-hangzhou:dbinstance/rm-bp1database00001')],
  [urn('slb:cn-hangzhou:loadbalancer/lb-bp1balancer00001'), 'ROUTES_TO', urn('ecs:cn-hangzhou:instance/i-bp1instance00001')],
  [urn('alb:cn-hangzhou:loadbalancer/alb-bp1balancer0001'), 'ROUTES_TO', urn('alb:cn-hangzhou:servergroup/sgp-bp1servers00001')],
]
  .map((edge) => edge.join(' '))
  .sort();

/** Answers in two pages. */
function answerAccount({ action, input }: Asked): Answer {
  if (action === 'GetResourceConfiguration') return { body: { Configuration: configurations[input.ResourceId ?? ''] ?? {} } };
  if (action !== 'SearchResources' || input['Filter.1.Value.1'] !== REGION) return { status: 400, body: { Code: 'Unexpected' } };
  return {
    body: input.NextToken === undefined ? { Resources: resources.slice(0, 4), NextToken: 'more' } : { Resources: resources.slice(4) },
  };
}

const refuse = (status: number, code: string): Answer => ({
  status,
  body: { Code: code, Message: 'ram user reader: hunter2-secret', RequestId: 'x' },
});

async function readAll({ endpoint }: ResourceCenter, signal = new AbortController().signal): Promise<Observation[]> {
  const config = { type: 'alibaba', region: REGION, access_key: 'LTAIexample', secret_key: 'the-secret-key', endpoint } as const;
  const found: Observation[] = [];
  for await (const one of createAlibabaApi(config, { now: () => NOW }).read(signal)) found.push(one);
  return found;
}

describe('topology of Alibaba Cloud', () => {
  it('gives everything on all pages, and no secret', async () => {
    await using server = await startResourceCenter(answerAccount);
    const found = await readAll(server);
    expect(found).toEqual([
      expect.objectContaining({
        ...{ source: 'alibaba', scope: `1234567890123456/${REGION}`, observedAt: NOW, serial: null, complete: true, problems: [] },
      }),
    ]);
    expect(listEdges(found)).toEqual(edges);
    expect(found[0]?.resources).toHaveLength(7);
    expect(found[0]?.resources.find(({ kind }) => kind === 'database')?.aliases).toEqual([
      { kind: 'dns', alias: 'rm-bp1database00001.mysql.rds.aliyuncs.com' },
    ]);
    expect(found[0]?.resources.find(({ kind }) => kind === 'host')?.aliases).toEqual([{ kind: 'ip', alias: '192.168.1.2' }]);
    expect(JSON.stringify(found)).not.toMatch(/hunter2|the-secret-key/);
    expect(await readAll(server)).toEqual(found);
  });

  it('is partial where configurations are refused', async () => {
    await using server = await startResourceCenter((asked) =>
      asked.action === 'GetResourceConfiguration' ? refuse(403, 'NoPermission') : answerAccount(asked),
    );
    const [one] = await readAll(server);
    expect(one).toMatchObject({ complete: false, edges: [] });
    expect(one?.resources).toHaveLength(7);
    expect(one?.problems.map(({ text }) => text)).toEqual([
      'Alibaba Cloud did not answer resourcecenter:GetResourceConfiguration in cn-hangzhou: refused (NoPermission, HTTP 403).',
    ]);
  });

  it('takes an empty account for complete', async () => {
    await using server = await startResourceCenter(() => ({ body: { Resources: [] } }));
    expect(await readAll(server)).toEqual([expect.objectContaining({ scope: `unknown/${REGION}`, complete: true, resources: [] })]);
  });

  it('tries again when there were too many requests, and bears with what went meanwhile', async () => {
    let refusals = 1;
    await using server = await startResourceCenter((asked) => {
      if (asked.action === 'SearchResources' && refusals-- > 0) return refuse(400, 'Throttling.User');
      return asked.input.ResourceId === 'rm-bp1database00001' ? refuse(404, 'NotExists.Resource') : answerAccount(asked);
    });
    const found = await readAll(server);
    expect(found[0]?.complete).toBe(true);
    expect(listEdges(found)).toEqual(edges.filter((edge) => !edge.includes('rm-')));
  });

  it('names the call and the region when it may not even list', async () => {
    await using server = await startResourceCenter(() => refuse(403, 'NoPermission'));
    const failure: unknown = await readAll(server).catch((error: unknown) => error);
    expect(failure).toMatchObject({
      code: 'OB_TOPOLOGY_UNREADABLE',
      message: 'Alibaba Cloud did not answer resourcecenter:SearchResources in cn-hangzhou: refused (NoPermission, HTTP 403).',
    });
    expect(String(failure instanceof Error && failure.cause)).not.toMatch(/hunter2|reader/);
  });

  it('stops when it is told to', async () => {
    const controller = new AbortController();
    await using server = await startResourceCenter((asked) => {
      controller.abort();
      return answerAccount(asked);
    });
    await expect(readAll(server, controller.signal)).rejects.toMatchObject({ code: 'OB_CANCELED' });
  });
});
