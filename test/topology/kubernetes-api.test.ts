import { writeFile } from 'node:fs/promises';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { Observation } from '../../src/core/observation.ts';
import { createKubernetesApi, type KubernetesApiConfig } from '../../src/topology/kubernetes/api.ts';
import { listEdges } from '../contracts/topology-reader.ts';
import { makeDirectory } from '../jobs/directory.ts';

const TOKEN = 'token-of-the-test';
const NOW = 1_700_000_000_000_000;

const labels = { app: 'web' };
const container = { name: 'main', env: [{ name: 'CART_ADDR', value: 'cart:7070' }] };
const pod = (name: string, podIP: string, owner: string) => ({
  metadata: { name, namespace: 'shop', labels: { app: owner }, ownerReferences: [{ kind: 'ReplicaSet', name: owner, controller: true }] },
  status: { phase: 'Running', podIP },
});
/** Items by plural, as a server answers them: without version and kind. */
const world: Readonly<Record<string, readonly object[]>> = {
  services: [
    { metadata: { name: 'web', namespace: 'shop' }, spec: { selector: labels, clusterIP: '10.96.0.7' } },
    { metadata: { name: 'cart', namespace: 'shop' }, spec: { selector: { app: 'cart' }, clusterIP: '10.96.0.8' } },
  ],
  deployments: [
    { metadata: { name: 'web', namespace: 'shop' }, spec: { template: { metadata: { labels }, spec: { containers: [container] } } } },
  ],
  replicasets: [{ metadata: { name: 'web-7d9f8b6c5d', namespace: 'shop', ownerReferences: [{ controller: true }] }, spec: {} }],
  pods: [pod('web-7d9f8b6c5d-x2x7k', '10.1.0.3', 'web'), pod('lone-7d9f8b6c5d-x2x7k', '10.1.0.4', 'lone')],
};

interface FakeCluster extends AsyncDisposable {
  readonly requests: string[];
  readonly kubeconfig: string;
  read(config?: KubernetesApiConfig): Promise<Observation[]>;
}

type Intercept = (asked: IncomingMessage, answer: ServerResponse, path: string) => boolean;

/** An API server that answers pages of one item. */
async function startCluster(intercept: Intercept = () => false): Promise<FakeCluster> {
  const requests: string[] = [];
  const server = createServer((asked, answer) => {
    const url = new URL(asked.url ?? '', 'http://cluster');
    requests.push(asked.url ?? '');
    if (intercept(asked, answer, url.pathname)) return;
    const isKnown = asked.headers.authorization === `Bearer ${TOKEN}`;
    const plural = url.pathname.slice(url.pathname.lastIndexOf('/') + 1);
    const isThere = !/gateway|argoproj/.test(url.pathname);
    if (!isKnown || !isThere) return answer.writeHead(isKnown ? 404 : 401).end(`{"message":"${TOKEN}"}`);
    const items = world[plural] ?? [];
    const at = Number(url.searchParams.get('continue') ?? 0);
    const metadata = at + 1 < items.length ? { continue: String(at + 1) } : {};
    return answer.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify({ metadata, items: items.slice(at, at + 1) }));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  if (!address || typeof address !== 'object') throw new Error('no port');
  const directory = await makeDirectory();
  const kubeconfig = join(directory.path, 'kubeconfig');
  const cluster = { name: 'c', cluster: { server: `http://127.0.0.1:${address.port}`, 'insecure-skip-tls-verify': true } };
  const contexts = ['test', 'other'].map((name) => ({ name, context: { cluster: 'c', user: 'u' } }));
  await writeFile(
    kubeconfig,
    JSON.stringify({ clusters: [cluster], users: [{ name: 'u', user: { token: TOKEN } }], contexts, 'current-context': 'test' }),
  );
  return {
    requests,
    kubeconfig,
    async read(config = {}) {
      const found: Observation[] = [];
      const api = createKubernetesApi({ kubeconfig, ...config }, { now: () => NOW });
      for await (const observation of api.read(new AbortController().signal)) found.push(observation);
      return found;
    },
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
      await directory[Symbol.asyncDispose]();
    },
  };
}

const refuse =
  (plural: string, status: number): Intercept =>
  (_, answer, path) => {
    if (!path.endsWith(`/${plural}`)) return false;
    answer.writeHead(status).end(`{"message":"${TOKEN}"}`);
    return true;
  };

describe('the API of a cluster', () => {
  it('gives the edges of what runs, page by page, and the addresses of services and pods', async () => {
    await using cluster = await startCluster();
    const [observation, ...more] = await cluster.read();
    expect(more).toEqual([]);
    expect(observation).toMatchObject({ source: 'kubernetes', scope: 'test', observedAt: NOW, complete: true, problems: [] });
    expect(listEdges(observation ? [observation] : [])).toEqual(['urn:k8s:svc:shop/web DEPENDS_ON urn:k8s:svc:shop/cart']);
    expect(observation?.edges[0]?.evidence).toEqual({ file: 'deployments', address: 'Deployment/shop/web', rule: 'env CART_ADDR' });
    const aliases = observation?.resources.map(({ name, aliases = [] }) => [name, aliases.map(({ kind, alias }) => `${kind} ${alias}`)]);
    expect(aliases).toEqual([
      ['cart', expect.arrayContaining(['dns cart.shop', 'ip 10.96.0.8'])],
      ['lone', ['pod lone-7d9f8b6c5d-x2x7k', 'ip 10.1.0.4']],
      ['web', expect.arrayContaining(['service web', 'ip 10.96.0.7', 'pod web-7d9f8b6c5d-x2x7k', 'ip 10.1.0.3'])],
    ]);
    expect(cluster.requests.filter((url) => url.startsWith('/api/v1/services'))).toEqual([
      '/api/v1/services?limit=500',
      '/api/v1/services?limit=500&continue=1',
    ]);
    expect(cluster.requests.filter((url) => url.includes('secret'))).toEqual([]);
  });

  it('asks for namespaces one by one and says so in the scope', async () => {
    await using cluster = await startCluster();
    const [observation] = await cluster.read({ namespaces: ['shop', 'infra'], context: 'other', cluster: 'prod' });
    expect(observation?.scope).toBe('prod/infra,shop');
    expect(cluster.requests).toContain('/apis/apps/v1/namespaces/infra/deployments?limit=500');
    expect(cluster.requests.filter((url) => !url.includes('/namespaces/'))).toEqual([]);
  });

  it.each([
    ['a refusal', { intercept: refuse('configmaps', 403), text: 'The list of configmaps of test is refused (HTTP 403).' }],
    ['a failure', { intercept: refuse('configmaps', 500), text: 'The list of configmaps of test did not come (HTTP 500).' }],
    ['a broken answer', { intercept: refuse('configmaps', 200), text: undefined }],
    [
      'no answer',
      {
        intercept: (_: unknown, __: unknown, path: string) => path.endsWith('/configmaps'),
        text: 'The list of configmaps of test did not come in time.',
      },
    ],
  ])('is partial after %s, and holds nothing of it', async (name, { intercept, text }) => {
    await using cluster = await startCluster((asked, answer, path) => {
      if (name !== 'a broken answer' || !path.endsWith('/configmaps')) return intercept(asked, answer, path);
      answer.writeHead(200).end(`{"items": [${TOKEN}`);
      return true;
    });
    const [observation] = await cluster.read({ timeout: '2s' });
    expect(observation?.complete).toBe(false);
    expect(observation?.edges).toHaveLength(1);
    expect(observation?.problems).toEqual([
      { file: 'configmaps', text: text ?? expect.stringContaining('did not come (SyntaxError)'), hides: true },
    ]);
    expect(JSON.stringify(observation?.problems)).not.toContain(TOKEN);
  });

  it('begins a list anew when its continuation has expired, and takes nothing twice', async () => {
    let isExpired = false;
    await using cluster = await startCluster((asked, answer, path) => {
      if (isExpired || !path.endsWith('/pods') || !asked.url?.includes('continue')) return false;
      isExpired = true;
      answer.writeHead(410).end('{}');
      return true;
    });
    const [observation] = await cluster.read();
    expect(observation?.complete).toBe(true);
    expect(cluster.requests.filter((url) => url.startsWith('/api/v1/pods'))).toHaveLength(4);
  });

  it('is unreadable when nothing comes, the context is unknown, or there is no kubeconfig', async () => {
    await using cluster = await startCluster((_, answer) => {
      answer.writeHead(401).end(TOKEN);
      return true;
    });
    const unreadable = (reason: string) => ({ code: 'OB_TOPOLOGY_UNREADABLE', message: expect.stringContaining(reason) });
    await expect(cluster.read()).rejects.toMatchObject(unreadable('HTTP 401'));
    await expect(cluster.read({ context: 'gone' })).rejects.toMatchObject(unreadable('no context gone'));
    await expect(cluster.read({ kubeconfig: `${cluster.kubeconfig}.gone` })).rejects.toMatchObject(unreadable('ENOENT'));
  });

  it('stops when it is told to', async () => {
    const controller = new AbortController();
    await using cluster = await startCluster(() => {
      controller.abort();
      return true;
    });
    const reading = createKubernetesApi({ kubeconfig: cluster.kubeconfig }, { now: () => NOW }).read(controller.signal);
    await expect(reading[Symbol.asyncIterator]().next()).rejects.toMatchObject({ code: 'OB_CANCELED' });
  });
});
