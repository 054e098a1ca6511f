import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { describeReference } from '../../src/config/describe.ts';
import { configNode } from '../../src/config/schema.ts';
import type { SchemaNode } from '../../src/config/schema-node.ts';
import { errorCatalogue } from '../../src/core/error.ts';

const root = join(import.meta.dirname, '../..');

describe('the reference', () => {
  it.each(Object.entries(describeReference()))('has a current %s (else: npm run docs)', (name, text) => {
    expect(readFileSync(join(root, 'docs/reference', name), 'utf8')).toBe(text);
  });

  it('describes every property', () => {
    const silent: string[] = [];
    const walk = (node: SchemaNode, path: string): void => {
      for (const [key, field] of Object.entries(node.properties ?? {})) {
        if (!field.description) silent.push(`${path}${key}`);
        walk(field, `${path}${key}.`);
      }
      if (node.items) walk(node.items, path);
      for (const branch of node.anyOf ?? []) walk(branch, path);
    };
    walk(configNode, '');
    expect(silent).toEqual([]);
  });

  it('lists every error code that the source mentions', () => {
    const mentioned = new Set<string>();
    for (const entry of readdirSync(join(root, 'src'), { recursive: true, encoding: 'utf8' })) {
      if (!entry.endsWith('.ts')) continue;
      const text = readFileSync(join(root, 'src', entry), 'utf8');
      for (const [code] of text.matchAll(/\bOB_[A-Z_]*[A-Z]\b/g)) mentioned.add(code);
    }
    expect([...mentioned].filter((code) => !(code in errorCatalogue))).toEqual([]);
  });
});
