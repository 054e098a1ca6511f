import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { createKubernetesReader } from '../../src/topology/kubernetes/kubernetes.ts';
import { openTree } from '../../src/topology/tree.ts';
import { type Files, listEdges, readAll, topologyReaderContract } from '../contracts/topology-reader.ts';

const MANIFESTS = join(import.meta.dirname, '../../../shared/data/topology/kubernetes');

const deployment = (name: string, env: string, kind = 'Deployment', labels = `{ app: ${name} }`): string => `
apiVersion: apps/v1
kind: ${kind}
metadata: { name: ${name}, namespace: shop }
spec:
  template:
    metadata: { labels: ${labels} }
    spec:
      containers:
        - name: main
          env:
${env
  .split('\n')
  .map((line) => `            ${line}`)
  .join('\n')}
`;
const service = (name: string, more = `selector: { app: ${name} }`): string => `
apiVersion: v1
kind: Service
metadata: { name: ${name}, namespace: shop }
spec: { ${more} }
`;
const join3 = (...documents: readonly string[]): string => documents.map((document) => document.trim()).join('\n---\n');
const variable = (name: string, value: string): string => `- { name: ${name}, value: '${value}' }`;
const svc = (name: string): string => `urn:k8s:svc:shop/${name}`;
const needs = (a: string, b: string): string => `${svc(a)} DEPENDS_ON ${b.startsWith('urn:') ? b : svc(b)}`;

function* manyManifests(count: number): Iterable<Uint8Array> {
  for (let index = 0; index < count; index++) {
    const env = variable('NEXT_ADDR', `svc-${(index + 1) % count}:80`);
    yield Buffer.from(`\n---\n${join3(deployment(`svc-${index}`, env), service(`svc-${index}`))}`);
  }
}

const web = join3(deployment('web', variable('CART_ADDR', 'cart:7070')), service('web'));

topologyReaderContract('kubernetes', {
  create: () => createKubernetesReader(),
  complete: {
    files: {
      'apps/web.yaml': web,
      'cart.json': JSON.stringify({
        apiVersion: 'v1',
        kind: 'List',
        items: [
          { apiVersion: 'v1', kind: 'Service', metadata: { name: 'cart', namespace: 'shop' }, spec: { selector: { app: 'cart' } } },
          {
            apiVersion: 'apps/v1',
            kind: 'StatefulSet',
            metadata: { name: 'cart-set', namespace: 'shop' },
            spec: {
              template: {
                metadata: { labels: { app: 'cart' } },
                spec: { containers: [{ args: ['--store-url', 'redis://store.shop.svc.cluster.local:6379/0'] }] },
              },
            },
          },
        ],
      }),
      'notes.yaml': 'just: [other, yaml',
    },
    observations: [
      { scope: 'the-scope', edges: [needs('web', 'cart'), needs('cart', 'urn:db:redis:store.shop.svc.cluster.local/unknown')] },
    ],
  },
  partial: {
    files: { 'web.yaml': web, 'broken.yaml': 'apiVersion: v1\nkind: Service\nmetadata: { name: [\n' },
    broken: 'broken.yaml',
    edges: [needs('web', 'cart')],
    sameScope: true,
  },
  empty: { files: { 'account.yaml': 'apiVersion: v1\nkind: ServiceAccount\nmetadata: { name: web }\n' }, scopes: 1 },
  corrupt: {
    'bad indent': {
      files: { 'a.yaml': 'apiVersion: v1\nkind: Service\nmetadata:\n  name: a\n bad: 1\n' },
      file: 'a.yaml',
      reason: /line \d/,
    },
    'cut JSON': { files: { 'a.json': '{"apiVersion":"v1","kind":"Service","metadata":{"na' }, file: 'a.json', reason: /ends too early/ },
    template: {
      files: {
        'a.yaml': 'apiVersion: v1\nkind: Service\nmetadata:\n  {{- include "labels" . | nindent 4 }}\n  name: {{ .Values.name }}\n',
      },
      file: 'a.yaml',
      reason: /template/,
    },
  },
  huge: { files: { 'all.yaml': { size: 1e6, pieces: () => manyManifests(2000) } }, edges: 2000, seconds: 20, rssMb: 250 },
  secrets: {
    files: {
      'all.yaml': join3(
        deployment(
          'web',
          [
            variable('DATABASE_URL', 'postgres://admin:s3cr3t/pw@db.example.com:5432/orders?sslmode=require'),
            variable('MYSQL_DSN', 'app:hunter2@tcp(mysql.example.com:3306)/app'),
            variable('LEDGER', 'Server=tcp:sql.example.com,1433;User Id=sa;Password=Passw0rd!x;'),
            variable('API_TOKEN', 'zzz999:1234'),
            variable('SECRET_HOST_KEY', 'abcdef.internal:99'),
          ].join('\n'),
        ),
        'apiVersion: v1\nkind: Secret\nmetadata: { name: s, namespace: shop }\nstringData: { URL: "http://from-a-secret:80" }\n',
      ),
    },
    values: ['s3cr3t', 'admin', 'hunter2', 'Passw0rd', 'zzz999', 'abcdef.internal', 'from-a-secret'],
    edges: [needs('web', 'urn:db:postgresql:db.example.com/orders'), needs('web', 'urn:db:mysql:mysql.example.com/app')],
  },
});

describe('the Kubernetes reader', () => {
  const edgesOf = async (files: Files): Promise<string[]> => listEdges(await readAll(createKubernetesReader(), files));

  it('names a workload by the Service that selects it, and other Services that select it by that one', async () => {
    const files = {
      'all.yaml': join3(
        deployment('api-v2', variable('QUEUE_HOST', 'queue-headless'), 'Deployment', '{ app: api, version: v2 }'),
        service('api'),
        service('queue', 'selector: { app: queue }'),
        service('queue-headless', 'clusterIP: None, selector: { app: queue }'),
        deployment('queue-set', variable('API_URL', 'http://api.shop.svc/v1'), 'StatefulSet', '{ app: queue }'),
        deployment('loner', variable('API_HOST', 'api')),
      ),
    };
    expect(await edgesOf(files)).toEqual([needs('api', 'queue'), needs('loner', 'api'), needs('queue', 'api')]);
    const [observation] = await readAll(createKubernetesReader(), files);
    const queue = observation?.resources.find(({ urn }) => urn === svc('queue'));
    expect(queue?.aliases?.map(({ alias }) => alias)).toEqual(expect.arrayContaining(['queue-headless', 'queue-set', 'queue.shop.svc']));
  });

  it('takes variables from ConfigMaps and from each other', async () => {
    const files = {
      'a.yaml': join3(
        'apiVersion: v1\nkind: ConfigMap\nmetadata: { name: addresses, namespace: shop }\ndata: { cart: "cart:7070", MAIL_URL: "smtp://mail.shop:25" }\n',
        service('cart'),
        service('mail'),
        service('stock'),
        deployment('web', '- { name: CART_ADDR, valueFrom: { configMapKeyRef: { name: addresses, key: cart } } }'),
        deployment('shop', `${variable('NAME', 'stock')}\n${variable('STOCK_URL', 'http://$(NAME):80')}`),
        deployment('letters', variable('X', '1')).replace('env:', 'envFrom: [{ configMapRef: { name: addresses } }]\n          env:'),
      ),
    };
    expect(await edgesOf(files)).toEqual([
      needs('letters', 'cart'),
      needs('letters', 'mail'),
      needs('shop', 'stock'),
      needs('web', 'cart'),
    ]);
  });

  it('follows what comes in through Ingresses and routes, but not an address of its own', async () => {
    const files = {
      'a.yaml': join3(
        service('web'),
        deployment('web', variable('PUBLIC_URL', 'https://shop.example.com')),
        deployment('mobile', variable('SHOP_URL', 'https://shop.example.com')),
        'apiVersion: networking.k8s.io/v1\nkind: Ingress\nmetadata: { name: in, namespace: shop }\nspec:\n  rules:\n' +
          '    - host: shop.example.com\n      http: { paths: [{ path: /, backend: { service: { name: web, port: { number: 80 } } } }] }\n',
        'apiVersion: gateway.networking.k8s.io/v1\nkind: HTTPRoute\nmetadata: { name: r, namespace: shop }\nspec:\n' +
          '  parentRefs: [{ name: edge, namespace: infra }]\n  rules: [{ backendRefs: [{ name: web, port: 8080 }] }]\n',
        'apiVersion: networking.k8s.io/v1\nkind: NetworkPolicy\nmetadata: { name: n, namespace: shop }\n' +
          'spec: { podSelector: { matchLabels: { app: web } }, ingress: [{ from: [{ podSelector: { matchLabels: { app: mobile } } }] }] }\n',
        'apiVersion: v1\nkind: Service\nmetadata: { name: bank, namespace: shop }\nspec: { type: ExternalName, externalName: bank.example.com }\n',
      ),
    };
    expect(await edgesOf(files)).toEqual([
      `urn:k8s:gateway:infra:edge ROUTES_TO urn:k8s:httproute:shop:r`,
      `urn:k8s:httproute:shop:r ROUTES_TO ${svc('web')}`,
      `urn:k8s:ingress:shop:in ROUTES_TO ${svc('web')}`,
      `${svc('bank')} ROUTES_TO urn:ext:bank.example.com`,
      needs('mobile', 'urn:k8s:ingress:shop:in'),
    ]);
  });

  it.each([
    ['DB_USER', 'cart'],
    ['SERVICE_NAME', 'cart'],
    ['ALLOWED_HOSTS', 'cart,cart:80'],
    ['NO_PROXY', 'cart:80'],
    ['SELF_URL', 'http://localhost:8080'],
    ['RATIO', '3:2'],
    ['TEMPLATE_URL', 'http://cart-$(ZONE):80'],
    ['CONFIG_URL', 's3://cart/config'],
    ['IMAGE', 'registry/cart:1.2'],
    ['SIDECAR_IMAGE', 'cart:7'],
    ['HOST_URL', 'http://host.docker.internal:80'],
  ])('sees no dependency in %s=%s', async (name, value) => {
    expect(await edgesOf({ 'a.yaml': join3(service('cart'), deployment('web', variable(name, value))) })).toEqual([]);
  });

  it.each([
    ['BROKERS', 'cart:9092,stock-0.stock.shop.svc.cluster.local:9092', ['cart', 'stock']],
    ['SPRING_DATASOURCE_URL', 'jdbc:mysql://cart:3306/x?useSSL=false', ['cart']],
    ['CONNECTION', 'host=cart port=5432 dbname=x password=secret', ['cart']],
    ['GRPC_TARGET', 'dns:///stock.shop:50051', ['stock']],
    ['MONGO_URL', 'mongodb://u:p@cart:27017,stock:27017/x', ['cart', 'stock']],
    ['DB_HOST', 'x.abc.eu-west-1.rds.amazonaws.com', ['urn:ext:x.abc.eu-west-1.rds.amazonaws.com']],
    ['REDIS', 'user:p:w@cart:6379', ['cart']],
    ['OTHER_ADDR', 'gone:80', ['gone']],
  ])('sees the dependencies in %s=%s', async (name, value, targets) => {
    const files = { 'a.yaml': join3(service('cart'), service('stock'), deployment('web', variable(name, value))) };
    expect(await edgesOf(files)).toEqual(targets.map((target) => needs('web', target)).sort());
  });

  it('says where: file, line, object and variable', async () => {
    const [observation] = await readAll(createKubernetesReader(), { 'a.yaml': `---\n${web}` });
    expect(observation?.edges[0]).toMatchObject({
      attrs: { port: 7070 },
      evidence: { file: 'a.yaml', line: 12, address: 'Deployment/shop/web', rule: 'env CART_ADDR' },
    });
    expect(observation?.problems).toEqual([
      { file: 'a.yaml', text: 'Deployment/shop/web in a.yaml refers in env CART_ADDR to a service that no object declares.', hides: false },
    ]);
  });

  it('keeps the lines of long lists', async () => {
    const item = (text: string): string => `- ${text.trim().replaceAll('\n', '\n  ')}\n`;
    const list = `apiVersion: v1\nitems:\n${item(service('cart'))}# between\n${item(deployment('web', variable('CART_ADDR', 'cart:7070')))}kind: List\n`;
    const [observation] = await readAll(createKubernetesReader(), { 'a.yaml': list });
    expect(observation?.edges.map(({ evidence }) => evidence.line)).toEqual([
      list.split('\n').findIndex((line) => line.includes('CART_ADDR')) + 1,
    ]);
  });

  it('reports charts and patches, which are no manifests, and stays complete', async () => {
    const files = {
      'chart/Chart.yaml': 'apiVersion: v2\nname: chart\n',
      'chart/templates/web.yaml': 'apiVersion: v1\nkind: Service\nmetadata:\n  {{- toYaml .x }}\n  name: {{ .x }}\n',
      'overlay/kustomization.yaml': 'apiVersion: kustomize.config.k8s.io/v1beta1\nkind: Kustomization\npatches: [{ path: patch.yaml }]\n',
      'overlay/patch.yaml': deployment('web', variable('PATCHED_ADDR', 'patched:80')),
      'web.yaml': web,
    };
    const [observation] = await readAll(createKubernetesReader(), files);
    expect(listEdges(observation ? [observation] : [])).toEqual([needs('web', 'cart')]);
    expect(observation?.complete).toBe(true);
    expect(observation?.problems.map(({ file }) => file)).toEqual(['chart/templates/web.yaml', 'overlay/kustomization.yaml', 'web.yaml']);
  });

  it('says nothing about a tree without manifests', async () => {
    expect(await readAll(createKubernetesReader(), { 'playbook.yml': '- hosts: all\n', 'state.json': '{"version":4}' })).toEqual([]);
  });

  it('gives objects without a namespace the configured one', async () => {
    const files = { 'a.yaml': web.replaceAll(', namespace: shop', '') };
    expect(await edgesOf(files)).toEqual(['urn:svc:web DEPENDS_ON urn:svc:cart']);
    expect(listEdges(await readAll(createKubernetesReader({ namespace: 'shop' }), files))).toEqual([needs('web', 'cart')]);
  });
});

describe.skipIf(!existsSync(MANIFESTS))(`Online Boutique${existsSync(MANIFESTS) ? '' : ' (skipped: its manifests are not there)'}`, () => {
  it('has the 17 edges that its variables declare', async () => {
    const tree = openTree({ root: MANIFESTS }, { now: () => 0 });
    const { signal } = new AbortController();
    const observations = [];
    for await (const one of createKubernetesReader().read({ tree, files: await tree.files(signal), scope: 'boutique', signal })) {
      observations.push(one);
    }
    const targets: Readonly<Record<string, string>> = {
      cartservice: 'redis-cart',
      checkoutservice: 'cartservice currencyservice emailservice paymentservice productcatalogservice shippingservice',
      frontend:
        'adservice cartservice checkoutservice currencyservice productcatalogservice recommendationservice shippingservice shoppingassistantservice',
      loadgenerator: 'frontend',
      recommendationservice: 'productcatalogservice',
    };
    const expected = Object.entries(targets).flatMap(([name, others]) =>
      others.split(' ').map((other) => `urn:svc:${name} DEPENDS_ON urn:svc:${other}`),
    );
    expect(expected).toHaveLength(17);
    expect(listEdges(observations)).toEqual(expected.sort());
    expect(observations.map(({ complete }) => complete)).toEqual([true]);
  });
});
