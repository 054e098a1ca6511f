import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { listBreaches } from './support/house-rules.ts';

/** In two pieces, so that a search for the words finds nothing in our own files. */
const anyCast = ['as', 'any'].join(' ');
const root = join(import.meta.dirname, '..');

function readSources(): Map<string, string> {
  const files = new Map<string, string>();
  for (const directory of ['src', 'test', 'bench', 'scripts']) {
    for (const entry of readdirSync(join(root, directory), { recursive: true, encoding: 'utf8' })) {
      if (entry.endsWith('.ts')) files.set(join(directory, entry), readFileSync(join(root, directory, entry), 'utf8'));
    }
  }
  return files;
}

describe('the house', () => {
  it('keeps its rules', () => {
    const files = readSources();
    expect(files.size).toBeGreaterThan(20);
    expect(listBreaches(files)).toEqual([]);
  });
});

describe('listBreaches', () => {
  const breachesOf = (files: Record<string, string>): string[] => listBreaches(new Map(Object.entries(files)));

  it.each([
    ['src/core/a.ts', "import { b } from '../store/b.ts';", 'core may not import store'],
    ['src/sources/a.ts', "import type { B } from '../patterns/b.ts';", 'sources may not import patterns'],
    ['src/store/a.ts', "export * from '../jobs/b.ts';", 'store may not import jobs'],
    ['src/jobs/a.ts', "const b = await import('../cli/b.ts');", 'jobs may not import cli'],
    ['src/jobs/a.ts', "import {\n  b,\n} from '../config/b.ts';", 'jobs may not import config'],
    ['src/runtime/a.ts', "import '../sources/b.ts';", 'runtime may not import sources'],
    ['src/store/a.ts', "import { b } from '../../test/b.ts';", 'not in src'],
    ['src/shed/a.ts', "import { b } from '../core/b.ts';", 'without a floor'],
  ])('refuses in %s: %s', (path, text, reason) => {
    expect(breachesOf({ [path]: text })).toEqual([expect.stringContaining(reason)]);
  });

  it('lets imports go down, stay in their room or leave for a package', () => {
    const files = {
      'src/core/time.ts': 'export const a = 1;',
      'src/store/db.ts': "import { a } from '../core/time.ts';\nimport pg from 'pg';\nimport { b } from './b.ts';",
      'src/cli/run.ts': `import { a } from '../store/db.ts';\n// import { x } from './run.ts'; ${anyCast}`,
      'test/run.test.ts': "import { a } from '../src/cli/run.ts';",
    };
    expect(breachesOf(files)).toEqual([]);
  });

  it('finds a cycle of any length once', () => {
    const files = {
      'src/core/a.ts': "import './b.ts';",
      'src/core/b.ts': "import './c.ts';",
      'src/core/c.ts': "import type { A } from './a.ts';",
    };
    expect(breachesOf(files)).toEqual(['src/core/a.ts → src/core/b.ts → src/core/c.ts → src/core/a.ts is a cycle of imports']);
  });

  it.each([
    ['src/core/a.ts', `const a = b ${anyCast};`, 'type any'],
    ['src/core/a.ts', 'const a = b as\n  any;', 'type any'],
    ['src/core/a.ts', `function f(a:${' '}any) {}`, 'type any'],
    ['src/core/a.ts', `export ${'default'} 1;`, 'default export'],
    ['src/core/a.ts', 'export const a = Date.now();', 'reads a clock'],
    ['src/cli/a.ts', 'const a = process.env.HOME;', 'reads the environment'],
    ['src/cli/a.ts', "import { env } from 'node:process';", 'reads the environment'],
    ['src/cli/a.ts', 'const a = 1;\n'.repeat(401), 'more than 400 lines'],
  ])('refuses text in %s: %#', (path, text, reason) => {
    expect(breachesOf({ [path]: text })).toEqual([expect.stringContaining(reason)]);
  });

  it('allows the environment in its one file, and rules quoted as text', () => {
    expect(breachesOf({ 'src/config/environment.ts': 'export const e = process.env;' })).toEqual([]);
    expect(breachesOf({ 'src/cli/a.ts': `const a = 'x ${anyCast}; process.env';` })).toEqual([]);
    expect(breachesOf({ 'src/cli/a.ts': 'const a = 1;\n'.repeat(400) })).toEqual([]);
  });
});
