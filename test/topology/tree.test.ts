import { execFile } from 'node:child_process';
import { chmod, mkdir, rm, stat, symlink, utimes, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { SECOND } from '../../src/core/time.ts';
import type { Tree } from '../../src/topology/reader.ts';
import { openTree } from '../../src/topology/tree.ts';
import { makeDirectory } from '../jobs/directory.ts';
import { type SwiftServer, startSwift, whySwiftIsMissing } from '../support/swift.ts';

const { signal } = new AbortController();
const open = (root: string): Tree => openTree({ root }, { now: () => 0 });
const YEAR_2020 = 1_577_836_800;

async function write(root: string, files: Readonly<Record<string, string>>, seconds = YEAR_2020): Promise<void> {
  for (const [path, text] of Object.entries(files)) {
    await mkdir(dirname(join(root, path)), { recursive: true });
    await writeFile(join(root, path), text);
    await utimes(join(root, path), seconds, seconds);
  }
}

async function textOf(tree: Tree, path: string): Promise<string> {
  const pieces: Uint8Array[] = [];
  for await (const piece of tree.stream(path, signal)) pieces.push(piece);
  return Buffer.concat(pieces).toString('utf8');
}

const pathsOf = async (tree: Tree): Promise<string[]> => (await tree.files(signal)).map(({ path }) => path);

/** Commits everything at a time; git reads no configuration of this machine. */
async function commit(root: string, seconds: number, ...commands: readonly (readonly string[])[]): Promise<void> {
  const date = `${seconds} +0000`;
  const names = { GIT_AUTHOR_NAME: 'a', GIT_AUTHOR_EMAIL: 'a@b', GIT_COMMITTER_NAME: 'a', GIT_COMMITTER_EMAIL: 'a@b' };
  const env = {
    PATH: '/usr/bin:/bin:/usr/local/bin',
    GIT_CONFIG_GLOBAL: '/dev/null',
    GIT_AUTHOR_DATE: date,
    GIT_COMMITTER_DATE: date,
    ...names,
  };
  const all =
    commands.length > 0
      ? commands
      : [
          ['add', '-A'],
          ['commit', '-qm', 'x'],
        ];
  for (const parts of all) await promisify(execFile)('git', [...parts], { cwd: root, env });
}

describe('a tree of a directory', () => {
  it('lists files with size, hash of the content and time, sorted, without the stores of tools', async () => {
    await using directory = await makeDirectory();
    const root = join(directory.path, 'root');
    const left = { '.git/config': 'x', 'a/.terraform/x': 'x', 'node_modules/x': 'x', '..data/x': 'x' };
    await write(root, { 'b.yaml': 'bb', 'a/c.yaml': 'bb', '.env': 'X=1', ...left });
    await rm(join(root, '.git'), { recursive: true });
    const files = await open(root).files(signal);
    expect(files.map(({ path, size, modifiedAt }) => [path, size, modifiedAt])).toEqual([
      ['.env', 3, YEAR_2020 * SECOND],
      ['a/c.yaml', 2, YEAR_2020 * SECOND],
      ['b.yaml', 2, YEAR_2020 * SECOND],
    ]);
    expect(files[1]?.hash).toBe(files[2]?.hash);
    expect(files[0]?.hash).not.toBe(files[1]?.hash);
    expect(await textOf(open(root), 'a/c.yaml')).toBe('bb');
  });

  it('follows links inside, but none that leads out or in circles', async () => {
    await using directory = await makeDirectory();
    const root = join(directory.path, 'root');
    await write(directory.path, { 'secret.yaml': 'secret', 'root/shared/all.yaml': 'all' });
    await mkdir(join(root, 'prod'));
    const links = {
      'prod/vars': '../shared',
      'prod/loop': '..',
      'prod/out.yaml': '../../secret.yaml',
      'prod/gone': 'nowhere',
      'prod/up': '../..',
    };
    for (const [path, target] of Object.entries(links)) await symlink(target, join(root, path));
    const tree = open(root);
    expect(await pathsOf(tree)).toEqual(['prod/vars/all.yaml', 'shared/all.yaml']);
    expect(await textOf(tree, 'prod/vars/all.yaml')).toBe('all');
    for (const path of ['prod/out.yaml', '../secret.yaml', 'prod', 'gone']) {
      await expect(textOf(tree, path)).rejects.toMatchObject({ code: 'OB_TOPOLOGY_UNREADABLE' });
    }
  });

  it('is as it is since the last file came or went', async () => {
    await using directory = await makeDirectory();
    await write(directory.path, { 'a.yaml': 'a', 'b/c.yaml': 'c' });
    const tree = open(directory.path);
    expect(tree.changedAt?.()).toBeUndefined();
    await tree.files(signal);
    const before = tree.changedAt?.() ?? 0;
    expect(before).toBeGreaterThan(YEAR_2020 * SECOND);
    await rm(join(directory.path, 'b/c.yaml'));
    await utimes(join(directory.path, 'b'), 2_000_000_000, 2_000_000_000);
    await tree.files(signal);
    expect(tree.changedAt?.()).toBe(2_000_000_000 * SECOND);
  });

  it('is unreadable where there is no directory, with the place in the message', async () => {
    await using directory = await makeDirectory();
    const gone = join(directory.path, 'gone');
    await expect(open(gone).files(signal)).rejects.toMatchObject({
      code: 'OB_TOPOLOGY_UNREADABLE',
      message: `${gone} cannot be read (it does not exist).`,
    });
  });

  it('stops when it is told to', async () => {
    await using directory = await makeDirectory();
    await write(directory.path, { a: 'a' });
    await expect(open(directory.path).files(AbortSignal.abort())).rejects.toMatchObject({ code: 'OB_CANCELED' });
  });
});

describe('a tree of a git checkout', () => {
  it('has the times of commits for what equals HEAD, and hashes that are blob ids', async () => {
    await using directory = await makeDirectory();
    const root = directory.path;
    await write(root, { 'prod/a.yaml': 'a', 'prod/b.yaml': 'b', 'top.yaml': 't' });
    await commit(root, 1_000_000_000, ['init', '-q', '-b', 'main'], ['add', '-A'], ['commit', '-qm', '1']);
    await write(root, { 'prod/b.yaml': 'b2' });
    await commit(root, 1_000_000_100);
    await write(root, { 'top.yaml': 't2' });
    await commit(root, 1_000_000_200);
    const tree = open(join(root, 'prod'));
    const files = await tree.files(signal);
    expect(files.map(({ path, modifiedAt }) => [path, modifiedAt / SECOND])).toEqual([
      ['a.yaml', 1_000_000_000],
      ['b.yaml', 1_000_000_100],
    ]);
    // printf a | git hash-object --stdin
    expect(files[0]?.hash).toBe('2e65efe2a145dda7ee51d1741299f848e5bf752e');
    expect(tree.changedAt?.()).toBe(1_000_000_100 * SECOND);

    await write(root, { 'prod/a.yaml': 'mine', 'prod/state.json': '{}' });
    const changed = await open(join(root, 'prod')).files(signal);
    expect(changed.map(({ modifiedAt }) => modifiedAt / SECOND)).toEqual([YEAR_2020, 1_000_000_100, YEAR_2020]);
  });

  it('tells when a file went, and takes what a merge brought from when it was merged', async () => {
    await using directory = await makeDirectory();
    const root = directory.path;
    await write(root, { 'a.yaml': 'a', 'b.yaml': 'b' });
    await commit(root, 1_000_000_000, ['init', '-q', '-b', 'main'], ['add', '-A'], ['commit', '-qm', '1'], ['switch', '-qc', 'side']);
    await write(root, { 'c.yaml': 'c' });
    await commit(root, 1_000_000_100);
    await commit(root, 1_000_000_200, ['switch', '-q', 'main'], ['rm', '-q', 'b.yaml'], ['commit', '-qm', '2']);
    await commit(root, 1_000_000_300, ['merge', '-q', '--no-ff', '--no-edit', 'side']);
    const tree = open(root);
    const files = await tree.files(signal);
    expect(files.map(({ path, modifiedAt }) => [path, modifiedAt / SECOND])).toEqual([
      ['a.yaml', 1_000_000_000],
      ['c.yaml', 1_000_000_300],
    ]);
    expect(tree.changedAt?.()).toBe(1_000_000_300 * SECOND);
  });

  it('reads worktrees and shallow clones', async () => {
    await using directory = await makeDirectory();
    const root = join(directory.path, 'main');
    await write(root, { 'a.yaml': 'a' });
    await commit(root, 1_000_000_000, ['init', '-q', '-b', 'main'], ['add', '-A'], ['commit', '-qm', '1']);
    await write(root, { 'b.yaml': 'b' });
    await commit(root, 1_000_000_100);
    await commit(
      root,
      1_000_000_200,
      ['worktree', 'add', '-q', '../work', '-b', 'work'],
      ['clone', '-q', '--depth', '1', `file://${root}`, '../shallow'],
    );
    const timesOf = async (name: string) =>
      (await open(join(directory.path, name)).files(signal)).map(({ modifiedAt }) => modifiedAt / SECOND);
    expect(await timesOf('work')).toEqual([1_000_000_000, 1_000_000_100]);
    expect(await timesOf('shallow')).toEqual([1_000_000_100, 1_000_000_100]);
  });

  it('runs nothing that the checkout configures', async () => {
    await using directory = await makeDirectory();
    const root = join(directory.path, 'root');
    const trap = join(directory.path, 'trap.sh');
    const sprung = join(directory.path, 'sprung');
    await writeFile(trap, `#!/bin/sh\ntouch ${sprung}\n`);
    await chmod(trap, 0o755);
    await write(root, { 'a.yaml': 'a', '.gitattributes': '* filter=trap diff=trap\n' });
    await commit(root, 1_000_000_000, ['init', '-q', '-b', 'main'], ['add', '-A'], ['commit', '-qm', '1']);
    const settings = [
      ...['core.fsmonitor', 'core.pager', 'gpg.program', 'diff.external', 'core.sshCommand', 'core.askPass'].map((key) => [key, trap]),
      ...['filter.trap.smudge', 'filter.trap.clean', 'filter.trap.process', 'diff.trap.textconv'].map((key) => [key, trap]),
      ...[
        ['core.hooksPath', directory.path],
        ['log.showSignature', 'true'],
      ],
    ];
    for (const [key = '', value = ''] of settings) await commit(root, 1_000_000_200, ['config', key, value]);
    const [, file] = await open(root).files(signal);
    expect(file?.modifiedAt).toBe(1_000_000_000 * SECOND);
    await expect(stat(sprung)).rejects.toThrow();
    // The trap itself works.
    await commit(root, 1_000_000_200, ['status']).catch(() => undefined);
    await expect(stat(sprung)).resolves.toBeDefined();
  });

  it('takes a broken repository for a directory', async () => {
    await using directory = await makeDirectory();
    await write(directory.path, { 'a.yaml': 'a', '.git/HEAD': '1'.repeat(40) });
    const [file] = await open(directory.path).files(signal);
    expect(file?.modifiedAt).toBe(YEAR_2020 * SECOND);
  });
});

const missing = whySwiftIsMissing();
describe.skipIf(missing !== undefined)(`a tree of a bucket${missing === undefined ? '' : ` (skipped: ${missing})`}`, () => {
  let swift: SwiftServer;
  beforeAll(async () => {
    swift = await startSwift();
    await swift.createBucket('documents');
  }, 180_000);
  afterAll(() => swift?.stop());

  it('lists and reads what is below the prefix, over pages', async () => {
    await using directory = await makeDirectory();
    const contents = Object.fromEntries(Array.from({ length: 7 }, (_, index) => [`a/${index}.yaml`, String(index)]));
    await write(directory.path, { ...contents, 'node_modules/x': 'x', 'b.yaml': 'same', 'c.yaml': 'same' });
    await swift.mirror(directory.path, 'documents', 'infra/prod/');
    await using tree = openTree({ ...swift.access, root: 's3://documents/infra/prod' }, { now: () => 42 });
    const files = await tree.files(signal);
    expect(files.map(({ path }) => path)).toEqual([...Object.keys(contents), 'b.yaml', 'c.yaml']);
    expect(files.at(-1)?.hash).toBe(files.at(-2)?.hash);
    expect(files[0]?.modifiedAt).toBeGreaterThan(YEAR_2020 * SECOND);
    expect(tree.changedAt?.()).toBe(42);
    expect(await textOf(tree, 'a/3.yaml')).toBe('3');
    await expect(textOf(tree, 'gone')).rejects.toMatchObject({
      code: 'OB_TOPOLOGY_UNREADABLE',
      message: expect.stringContaining('NoSuchKey'),
    });
  }, 180_000);

  it('says what refuses, without a key', async () => {
    await using tree = openTree({ ...swift.access, secret_key: 'wrong-secret', root: 's3://documents' }, { now: () => 0 });
    const failure = await tree.files(signal).catch((error: unknown) => error);
    expect(failure).toMatchObject({
      code: 'OB_TOPOLOGY_UNREADABLE',
      message: expect.stringMatching(/^s3:\/\/documents\/ cannot be read .*refused/),
    });
    expect(String(failure)).not.toContain('wrong-secret');
  });
});
