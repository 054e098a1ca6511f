import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import packageJson from '../../package.json' with { type: 'json' };
import { describeApi } from '../../src/api/openapi.ts';
import { createServer } from '../../src/api/server.ts';
import { createMetrics } from '../../src/telemetry/metrics.ts';

/** Reads that do not say when: health reads no database. */
const TIMELESS = ['get /healthz', 'get /api/v1/runs/{id}', 'get /api/v1/backfills/{id}'];

interface Operation {
  readonly summary?: string;
  readonly security?: readonly object[];
  readonly parameters?: readonly { name: string; in: string; required?: boolean; schema: Part }[];
  readonly requestBody?: { content: Record<string, { schema: Part }> };
  readonly responses: Readonly<Record<string, { description?: string; content?: Record<string, { schema: Part }> }>>;
}

/** A JSON Schema as far as it is looked at here. */
interface Part {
  readonly properties?: Readonly<Record<string, Part>>;
}

async function listOperations(): Promise<{ method: string; path: string; name: string; operation: Operation }[]> {
  const document = JSON.parse(await describeApi('1'));
  return Object.entries<Record<string, Operation>>(document.paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, operation]) => ({ method, path, name: `${method} ${path}`, operation })),
  );
}

test('docs/reference has the current OpenAPI document (else: npm run docs)', async () => {
  const text = await describeApi(packageJson.version);
  expect(readFileSync(join(import.meta.dirname, '../../docs/reference/openapi.json'), 'utf8')).toBe(text);
});

test('every operation tells what it does, what it answers and how it fails', async () => {
  const document = JSON.parse(await describeApi('1'));
  expect(document.openapi).toBe('3.1.0');
  const operations = await listOperations();
  expect(operations.length).toBeGreaterThan(18);
  for (const { name, operation } of operations) {
    expect(operation.summary, name).toMatch(/^[A-Z].*[^.]$/);
    expect(Object.keys(operation.responses), name).toEqual(expect.arrayContaining(['4XX', '5XX']));
    expect(operation.responses['4XX']?.content?.['application/problem+json']?.schema).toEqual({ $ref: '#/components/schemas/Problem' });
    if (!/healthz/.test(name)) expect(operation.security, name).toEqual([{ bearer: [] }]);
  }
});

test('parameters, references and answers are those of OpenAPI 3.1', async () => {
  const document = JSON.parse(await describeApi('1'));
  const references = [...JSON.stringify(document).matchAll(/"\$ref":"([^"]+)"/g)].map(([, reference = '']) => reference);
  expect(references.length).toBeGreaterThan(0);
  for (const reference of references) {
    expect(reference).toMatch(/^#\/components\/schemas\//);
    expect(document.components.schemas, reference).toHaveProperty(reference.split('/').at(-1) ?? '');
  }
  // OpenAPI 3.0 had these; in 3.1 a schema is JSON Schema.
  expect(JSON.stringify(document)).not.toMatch(/"nullable":|"exclusiveMinimum":true|"\$id":/);
  for (const { path, name, operation } of await listOperations()) {
    const parameters = operation.parameters ?? [];
    const inPath = parameters.filter((parameter) => parameter.in === 'path');
    expect(inPath.map((parameter) => parameter.name).toSorted(), name).toEqual(
      [...path.matchAll(/\{(\w+)\}/g)].map(([, key]) => key).toSorted(),
    );
    expect(
      inPath.every(({ required }) => required),
      name,
    ).toBe(true);
    expect(new Set(parameters.map((parameter) => `${parameter.in} ${parameter.name}`)).size, name).toBe(parameters.length);
    for (const [status, answer] of Object.entries(operation.responses)) {
      expect(status, name).toMatch(/^([1-5]\d\d|[1-5]XX)$/);
      expect(answer.description, name).toBeTruthy();
    }
  }
});

test('every list is asked for in pages, and what reads the database says when it did', async () => {
  let lists = 0;
  const timeless: string[] = [];
  for (const { method, name, operation } of await listOperations()) {
    const answer = operation.responses['200']?.content?.['application/json']?.schema;
    if (method !== 'get' || answer === undefined) continue;
    if (answer.properties?.as_of === undefined) timeless.push(name);
    if (answer.properties?.items === undefined) continue;
    lists++;
    expect(answer.properties, name).toHaveProperty('next_cursor');
    expect(
      operation.parameters?.map((parameter) => parameter.name),
      name,
    ).toEqual(expect.arrayContaining(['limit', 'cursor']));
  }
  expect(lists).toBeGreaterThan(15);
  expect(timeless).toEqual(TIMELESS);
});

test('the document has the routes of the server and the server those of the document', async () => {
  const silent = () => undefined;
  const logger = { debug: silent, info: silent, warn: silent, error: silent, child: () => logger };
  const refuse = (): never => {
    throw new Error('This test needs no database.');
  };
  const server = await createServer({
    db: { kind: 'pglite', version: 0, query: refuse, transaction: refuse, [Symbol.asyncDispose]: async () => undefined },
    ...{ version: '1', logger, metrics: createMetrics(), open: false, now: () => 0, wake: silent },
    config: { host: '127.0.0.1', port: 0, body_limit_kb: 1, request_timeout: '1s', ready_lag: '1s' },
    ...{ schedules: () => undefined, tenants: async () => [], answerMcp: async () => Response.json({}) },
  });
  await server.ready();
  const served = listPrintedRoutes(server.printRoutes({ commonPrefix: false }));
  await server.close();
  const described = (await listOperations()).map(({ method, path }) => `${method} ${path.replaceAll(/\{(\w+)\}/g, ':$1')}`);
  expect(served.toSorted()).toEqual([...described, 'get /openapi.json', 'post /mcp'].toSorted());
});

/** Routes of the tree that Fastify prints, as method and path, without HEAD. */
function listPrintedRoutes(tree: string): string[] {
  const above: string[] = [];
  return tree.split('\n').flatMap((line) => {
    const [, indent = '', part = '', methods = ''] = /^((?:[│ ] {3})*[├└]── )(\S+)(?: \(([A-Z, ]+)\))?$/.exec(line) ?? [];
    if (part === '') return [];
    const depth = indent.length / 4 - 1;
    above.splice(depth, above.length, part);
    const path = above.join('');
    return methods.split(', ').flatMap((method) => (method === '' || method === 'HEAD' ? [] : [`${method.toLowerCase()} ${path}`]));
  });
}
