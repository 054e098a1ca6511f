import { describe, expect, it } from 'vitest';
import { createComposeReader } from '../../src/topology/compose/compose.ts';
import { type Files, listEdges, readAll, topologyReaderContract } from '../contracts/topology-reader.ts';

const needs = (a: string, b: string): string => `urn:svc:${a} DEPENDS_ON ${b.startsWith('urn:') ? b : `urn:svc:${b}`}`;
const after = (a: string, b: string): string => `urn:svc:${a} STARTS_AFTER urn:svc:${b}`;

function* manyServices(count: number): Iterable<Uint8Array> {
  yield Buffer.from('services:\n');
  for (let index = 0; index < count; index++) {
    yield Buffer.from(`  s${index}:\n    image: x\n    environment: { NEXT_ADDR: "s${(index + 1) % count}:80" }\n`);
  }
}

topologyReaderContract('compose', {
  create: createComposeReader,
  complete: {
    files: {
      'compose.yaml': `
x-common: &common
  CART_ADDR: cart:7070
services:
  web:
    build: { context: ., args: { MIRROR_URL: "http://cart:80" } }
    environment: { <<: *common, DATABASE_URL: "\${DB:-postgres://db}:5432/app" }
    depends_on: { db: { condition: service_healthy } }
  cart:
    environment:
      - STORE_URL=redis://store
    depends_on: [db]
  db: { image: postgres }
  store: { image: redis, command: [redis-server, --replicaof, db 6379] }
`,
      'other/notes.yaml': 'services: [not, ours',
    },
    observations: [
      {
        scope: 'the-scope',
        edges: [needs('web', 'cart'), needs('web', 'db'), after('web', 'db'), needs('cart', 'store'), after('cart', 'db')],
      },
    ],
  },
  partial: {
    files: { 'a/compose.yaml': 'services: { a: { links: [b] }, b: {} }', 'b/docker-compose.yml': 'services:\n  - [a' },
    broken: 'b/docker-compose.yml',
    edges: [needs('a', 'b')],
    sameScope: true,
  },
  empty: { files: { 'compose.yaml': 'services: { a: { image: x } }' }, scopes: 1 },
  corrupt: {
    'bad indent': { files: { 'compose.yml': 'services:\n  a:\n    image: x\n   b: y\n' }, file: 'compose.yml', reason: /line \d/ },
    'no mapping': { files: { 'compose.yml': 'services' }, file: 'compose.yml', reason: /no Compose file/ },
  },
  unsupported: { 'version 1': { files: { 'docker-compose.yml': 'web:\n  image: x\n' }, file: 'docker-compose.yml', reason: /version 1/ } },
  huge: { files: { 'compose.yaml': { size: 1e5, pieces: () => manyServices(2000) } }, edges: 2000, seconds: 20, rssMb: 250 },
  secrets: {
    files: {
      'compose.yaml':
        'services:\n  web:\n    env_file: db.env\n    environment:\n      API_KEY: "k3y:99"\n      MAIL_URL: "smtp://me:mailpw@mail.example.com:25"\n',
      'db.env': `DB_PASSWORD=hunter2\nDATABASE_URL=mysql://root:\${DB_PASSWORD}@db.example.com/app\n`,
    },
    values: ['k3y', 'mailpw', 'hunter2'],
    edges: [needs('web', 'urn:ext:mail.example.com'), needs('web', 'urn:db:mysql:db.example.com/app')],
  },
});

describe('the Compose reader', () => {
  const edgesOf = async (files: Files): Promise<string[]> => listEdges(await readAll(createComposeReader(), files));

  it('puts in variables of .env, their defaults and alternatives, and says which are not there', async () => {
    const files = {
      '.env': `# comment\nexport CART=cart\nPORT='7070'\nCART_ADDR=\${CART}:\${PORT} # the cart\nEMPTY=\n`,
      'compose.yaml': `
services:
  web:
    environment:
      - CART_ADDR
      - STOCK_ADDR=\${STOCK:-\${ALSO:-stock}}:80
      - MAIL_ADDR=\${EMPTY-mail}:25
      - BANK_ADDR=\${CART:+bank}:1
      - COST=$$cart:80
      - GONE_ADDR=\${GONE}:80
      - BARE
  cart: {}
  stock: {}
  mail: {}
  bank: {}
`,
    };
    expect(await edgesOf(files)).toEqual(['bank', 'cart', 'stock'].map((name) => needs('web', name)));
    const [observation] = await readAll(createComposeReader(), files);
    expect(observation?.complete).toBe(true);
    expect(observation?.problems).toEqual([
      {
        file: 'compose.yaml',
        text: 'compose.yaml takes BARE, GONE from the environment of whoever starts it, which is not read.',
        hides: false,
      },
    ]);
  });

  it('merges the override into its base, and reads other files beside them', async () => {
    const files = {
      'docker-compose.yml':
        'services: { web: { environment: { API_URL: "http://old:80", CART_URL: "http://cart" } }, cart: {}, old: {}, new: {} }',
      'docker-compose.override.yml': 'services: { web: { environment: { API_URL: "http://new:80" } } }',
      'docker-compose.ci.yml': 'services: { test: { environment: { WEB_URL: "http://web" } } }',
    };
    expect(await edgesOf(files)).toEqual([needs('test', 'web'), needs('web', 'cart'), needs('web', 'new')]);
  });

  it('follows other names, links and what a service extends', async () => {
    const files = {
      'base.yaml': 'services: { app: { environment: { CACHE_HOST: memory }, extends: { service: root } }, root: { links: ["db:sql"] } }',
      'compose.yaml': `
services:
  web: { extends: { file: base.yaml, service: app }, environment: { SQL_HOST: sql, LOG_URL: "http://logs-1:80" } }
  cache: { networks: { default: { aliases: [memory] } } }
  logs: { container_name: logs-1 }
  db: {}
`,
    };
    expect(await edgesOf(files)).toEqual([needs('web', 'cache'), needs('web', 'db'), needs('web', 'logs')]);
  });

  it('reports what is absent, names file and line, and invents no service but by its address', async () => {
    const files = {
      'compose.yaml':
        'services:\n  web:\n    depends_on: [gone]\n    env_file: [gone.env, { path: also.env, required: false }]\n    environment:\n      USER: cart\n      NEXT_ADDR: next:1\n  cart: {}\n',
    };
    const [observation] = await readAll(createComposeReader(), files);
    expect(observation?.edges).toMatchObject([
      { dst: 'urn:svc:gone', relation: 'STARTS_AFTER', evidence: { line: 3, rule: 'depends_on' } },
      {
        dst: 'urn:svc:next',
        attrs: { port: 1 },
        evidence: { file: 'compose.yaml', line: 7, address: 'services.web', rule: 'environment NEXT_ADDR' },
      },
    ]);
    expect(observation?.problems.map(({ text }) => text)).toEqual([
      'Service web in compose.yaml refers in depends_on to a service that the project does not declare.',
      'Service web in compose.yaml refers in environment NEXT_ADDR to a service that the project does not declare.',
      'Service web in compose.yaml takes variables from gone.env, which is not in the tree.',
    ]);
    expect(observation?.complete).toBe(true);
  });

  it('keeps projects of one tree apart where their files resolve names', async () => {
    const files = {
      'a/compose.yaml': 'services: { web: { environment: { CART_HOST: cart } }, cart: {} }',
      'b/compose.yaml': 'services: { shop: { environment: { CART_HOST: cart } } }',
    };
    expect(await edgesOf(files)).toEqual([needs('web', 'cart')]);
  });

  it('says nothing about a tree without Compose files', async () => {
    expect(await readAll(createComposeReader(), { 'a.yaml': 'services: {}' })).toEqual([]);
  });
});
