import { readdirSync, readFileSync, statSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { join as joinPosix } from 'node:path/posix';
import { beforeAll, expect, test } from 'vitest';
import { listBreaches } from '../support/house-rules.ts';
import { buildConsole, consoleDirectory } from './console.ts';

const root = join(import.meta.dirname, '../..');

beforeAll(() => buildConsole());

test('the first load is less than 250 kB of compressed script, whichever page it is', () => {
  const assets = readdirSync(join(consoleDirectory, 'assets'));
  const sizeOf = (name: string): number => statSync(join(consoleDirectory, 'assets', `${name}.gz`)).size;
  const entry = /src="\/console\/assets\/([^"]+)"/.exec(readFileSync(join(consoleDirectory, 'index.html'), 'utf8'))?.[1] ?? '';
  const loads = (name: string, seen = new Set<string>()): Set<string> => {
    if (seen.has(name)) return seen;
    seen.add(name);
    const text = readFileSync(join(consoleDirectory, 'assets', name), 'utf8');
    for (const [, other = ''] of text.matchAll(/\b(?:from|import)\s*["'`]\.\/([^"'`]+\.js)["'`]/g)) loads(other, seen);
    return seen;
  };
  const pages = assets.filter((name) => /-page-.*\.js$/.test(name));
  expect(pages.length).toBeGreaterThanOrEqual(3);
  for (const page of pages) {
    const bytes = [...new Set([...loads(entry), ...loads(page)])].reduce((sum, name) => sum + sizeOf(name), 0);
    expect(bytes, page).toBeLessThan(250_000);
    expect(bytes, page).toBeGreaterThan(50_000);
  }
});

test('nothing is fetched from elsewhere, and no page has script or style within it', () => {
  const html = readFileSync(join(consoleDirectory, 'index.html'), 'utf8');
  expect(
    [...html.matchAll(/(?:src|href)="([^"]+)"/g)].map(([, url]) => url).filter((url) => !url?.startsWith('/console/') && url !== 'data:,'),
  ).toEqual([]);
  expect(html).not.toMatch(/<style|<script(?![^>]*\bsrc=)/);
});

test('the sources keep the rules of the house and take only types of the contract', () => {
  const files = new Map<string, string>();
  for (const entry of readdirSync(join(root, 'ui/src'), { recursive: true, encoding: 'utf8' })) {
    if (/\.tsx?$/.test(entry)) files.set(joinPosix('ui/src', entry), readFileSync(join(root, 'ui/src', entry), 'utf8'));
  }
  expect(files.size).toBeGreaterThan(20);
  expect(listBreaches(files)).toEqual([]);
  const outside: string[] = [];
  for (const [path, text] of files) {
    for (const [, words = '', name = ''] of text.matchAll(/^import\s+([^;]*?)\s*from\s+'([^']+)'/gms)) {
      if (!name.startsWith('.')) continue;
      const target = joinPosix(dirname(path), name);
      if (target.startsWith('ui/src/')) continue;
      if (target !== 'src/api/contract.ts' || !words.startsWith('type ')) outside.push(`${path} imports ${target}`);
    }
  }
  expect(outside).toEqual([]);
});
