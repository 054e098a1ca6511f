import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import packageJson from '../../package.json' with { type: 'json' };
import { describeApi } from '../../src/api/openapi.ts';

interface Operation {
  readonly summary?: string;
  readonly security?: readonly object[];
  readonly responses: Readonly<Record<string, { content?: Record<string, { schema: object }> }>>;
}

test('docs/reference has the current OpenAPI document (else: npm run docs)', async () => {
  const text = await describeApi(packageJson.version);
  expect(readFileSync(join(import.meta.dirname, '../../docs/reference/openapi.json'), 'utf8')).toBe(text);
});

test('every operation tells what it does, what it answers and how it fails', async () => {
  const document = JSON.parse(await describeApi('1'));
  expect(document.openapi).toBe('3.1.0');
  const operations = Object.entries<Record<string, Operation>>(document.paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, operation]) => ({ name: `${method} ${path}`, operation })),
  );
  expect(operations.length).toBeGreaterThan(18);
  for (const { name, operation } of operations) {
    expect(operation.summary, name).toMatch(/^[A-Z].*[^.]$/);
    expect(Object.keys(operation.responses), name).toEqual(expect.arrayContaining(['4XX', '5XX']));
    expect(operation.responses['4XX']?.content?.['application/problem+json']?.schema).toEqual({ $ref: '#/components/schemas/Problem' });
    if (!/healthz/.test(name)) expect(operation.security, name).toEqual([{ bearer: [] }]);
  }
});
