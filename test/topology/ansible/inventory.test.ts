import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { listHosts } from '../../../src/topology/ansible/host-pattern.ts';
import { toInventoryList } from '../../../src/topology/ansible/inventory.ts';
import { createLibrary } from '../../../src/topology/ansible/library.ts';
import { loadInventory } from '../../../src/topology/ansible/load-inventory.ts';
import { createProblems } from '../../../src/topology/ansible/problems.ts';
import type { Tree } from '../../../src/topology/reader.ts';
import { createDirectoryTree } from '../../../src/topology/tree-directory.ts';
import { createMemoryTree } from '../../support/memory-tree.ts';

const FIXTURES = join(import.meta.dirname, '../../fixtures/ansible');
const DATA = join(import.meta.dirname, '../../../../shared/data/topology/ansible');

async function load(tree: Tree, path: string) {
  const { signal } = new AbortController();
  const library = createLibrary({ tree, files: await tree.files(signal), scope: 's', signal });
  const problems = createProblems();
  return { ...(await loadInventory(library, problems, path)), problems: problems.list() };
}

async function list(directory: string, path: string): Promise<{ listed: unknown; expected: unknown }> {
  const { inventory, beside } = await load(createDirectoryTree(directory), path);
  return {
    listed: JSON.parse(JSON.stringify(toInventoryList(inventory, beside))),
    expected: JSON.parse(readFileSync(join(directory, 'expected-inventory.json'), 'utf8')),
  };
}

const ini = (text: string) => load(createMemoryTree({ hosts: text }), 'hosts');

describe('inventories', () => {
  it.each([
    ['ini', 'hosts'],
    ['yaml', 'hosts.yml'],
    ['directory', 'inventory'],
  ])('lists what ansible-inventory lists: %s', async (directory, path) => {
    const { listed, expected } = await list(join(FIXTURES, directory), path);
    expect(listed).toEqual(expected);
  });

  it.skipIf(!existsSync(DATA)).each([
    ['lamp_haproxy', 'hosts'],
    ['deployments-balancer', 'inventory'],
  ])('lists what ansible-inventory lists of a real tree (needs ../shared/data): %s', async (directory, path) => {
    const { listed, expected } = await list(join(DATA, directory), path);
    expect(listed).toEqual(expected);
  });

  it.each([
    ['a host variable without a value', '[web]\nw1 port\n', /line 2/],
    ['a quotation without end', 'w1 a="x\n', /quotation/],
    ['a range backwards', 'w[c:a]\n', /ends before it begins/],
    ['a range of unequal length', 'w[01:100]\n', /differ in length/],
    ['a range without end', 'w[1:]\n', /range/],
    ['a range beyond reason', 'w[1:99999999]\n', /more than/],
    ['ranges that multiply beyond reason', 'w[1:9999]-[1:9999]\n', /more than/],
    ['a group below itself', '[a:children]\nb\n[b:children]\na\n', /below itself/],
    ['a child that nothing declares', '[a:children]\nb\n', /nothing declares/],
    ['variables of a group that nothing declares', '[a:vars]\nx=1\n', /nothing declares/],
    ['an unknown section', '[a:hostz]\n', /unknown type/],
    ['a script', '#!/bin/sh\necho {}\n', /never executed/],
    ['a vault', '$ANSIBLE_VAULT;1.1;AES256\n3132\n', /vault/],
  ])('refuse %s, naming the file', async (_, text, reason) => {
    const { problems } = await ini(text);
    expect(problems).toEqual([{ file: 'hosts', text: expect.stringMatching(reason), hides: true }]);
    expect(problems[0]?.text).toMatch(/^hosts .*\.$/);
  });

  it('refuse a plugin, TOML and broken YAML', async () => {
    const files = { 'aws_ec2.yml': 'plugin: aws_ec2\nregions: [a]\n', 'x.toml': '[a]\n', 'b.yml': 'all:\n  hosts: [\n' };
    for (const [path, reason] of [
      ['aws_ec2.yml', /never executed/],
      ['x.toml', /TOML/],
      ['b.yml', /line 3/],
    ] as const) {
      const { problems } = await load(createMemoryTree(files), path);
      expect(problems.map(({ text, hides }) => ({ text, hides }))).toEqual([{ text: expect.stringMatching(reason), hides: true }]);
    }
  });

  it('keep no key of a document from being an ordinary name', async () => {
    const text = 'all:\n  hosts:\n    h: { __proto__: { polluted: 1 }, constructor: 2 }\n';
    const { inventory, beside } = await load(createMemoryTree({ 'hosts.yml': text }), 'hosts.yml');
    expect(JSON.stringify(toInventoryList(inventory, beside))).toContain('"__proto__":{"polluted":1},"constructor":2');
    expect(({} as Record<string, unknown>).polluted).toBeUndefined();
  });

  it('share what anchors repeat, however often', async () => {
    const lines = ['a0: &a0 [x, x]', ...Array.from({ length: 40 }, (_, index) => `a${index + 1}: &a${index + 1} [*a${index}, *a${index}]`)];
    const { inventory, problems } = await load(createMemoryTree({ hosts: 'h\n', 'group_vars/all.yml': lines.join('\n') }), 'hosts');
    expect(inventory.hosts.size).toBe(1);
    expect(problems).toEqual([]);
  });
});

describe('patterns of plays', () => {
  const text = '[web]\nw[1:4]\n[db]\nd1\nd2.example.org\n[eu:children]\ndb\n[eu]\nw2\n';
  it.each([
    ['all', 'w1 w2 w3 w4 d1 d2.example.org'],
    ['*', 'w1 w2 w3 w4 d1 d2.example.org'],
    ['web', 'w1 w2 w3 w4'],
    ['web:&eu', 'w2'],
    ['web:!eu', 'w1 w3 w4'],
    ['web,!w1', 'w2 w3 w4'],
    ['eu', 'w2 d1 d2.example.org'],
    ['web[0]', 'w1'],
    ['web[-1]', 'w4'],
    ['web[1:2]', 'w2 w3'],
    ['w?', 'w1 w2 w3 w4'],
    ['w[13]*', 'w1 w3'],
    ['~w[12]$', 'w1 w2'],
    ['*.example.org', 'd2.example.org'],
    ['nobody', ''],
  ])('%s', async (pattern, hosts) => {
    const { inventory } = await ini(text);
    expect([...listHosts(inventory, pattern)].sort().join(' ')).toBe(hosts.split(' ').sort().join(' '));
  });
});
