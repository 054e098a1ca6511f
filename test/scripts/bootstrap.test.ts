import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { cp, mkdir, mkdtemp, realpath, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

const scripts = join(import.meta.dirname, '../../scripts');
const lock = JSON.stringify({
  packages: { '': {}, 'node_modules/a': { version: '1.0.0' }, 'node_modules/b': { version: '1.0.0', optional: true } },
});

let checkout = '';
let elsewhere = '';

/** A checkout whose dependencies are installed, with a main program that says how it was started. */
beforeAll(async () => {
  checkout = await realpath(await mkdtemp(join(tmpdir(), 'observebridge-')));
  elsewhere = await realpath(await mkdtemp(join(tmpdir(), 'observebridge-')));
  await cp(scripts, join(checkout, 'scripts'), { recursive: true });
  await mkdir(join(checkout, 'src'));
  await mkdir(join(checkout, 'node_modules/node/bin'), { recursive: true });
  await symlink(process.execPath, join(checkout, 'node_modules/node/bin/node'));
  await writeFile(join(checkout, 'package-lock.json'), lock);
  await writeFile(join(checkout, 'node_modules/.package-lock.json'), lock);
  await writeFile(
    join(checkout, 'src/main.ts'),
    `const [wish, ...rest]: string[] = process.argv.slice(2);
    console.log(JSON.stringify({ cwd: process.cwd(), rest, execArgv: process.execArgv }));
    if (wish === 'wait') {
      const timer = setInterval(() => undefined, 1000);
      process.on('SIGTERM', () => { clearInterval(timer); process.exitCode = 5; });
      console.log('ready');
    } else process.exitCode = Number(wish) || 0;`,
  );
});
afterAll(async () => {
  await rm(checkout, { recursive: true });
  await rm(elsewhere, { recursive: true });
});

function start(...args: string[]) {
  const options = { cwd: checkout, env: { PATH: process.env.PATH, INIT_CWD: elsewhere } };
  const child = spawn(process.execPath, ['scripts/bootstrap.mjs', ...args], options);
  let stdout = '';
  let stderr = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    stdout += text;
  });
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    stderr += text;
  });
  return { child, ended: once(child, 'close').then(([code]) => ({ code, stdout, stderr })) };
}

describe('bootstrap', () => {
  it('passes arguments and exit code on, in the directory of the caller, and prints nothing of its own', async () => {
    const { code, stdout, stderr } = await start('src/main.ts', '7', 'a b', '--flag').ended;
    expect({ code, stderr }).toEqual({ code: 7, stderr: '' });
    const expected = {
      cwd: elsewhere,
      rest: ['a b', '--flag'],
      execArgv: ['--disable-warning=ExperimentalWarning', '--max-semi-space-size=4'],
    };
    expect(JSON.parse(stdout)).toEqual(expected);
  });

  it('lets the program end by itself on a signal', async () => {
    const { child, ended } = start('src/main.ts', 'wait');
    for (let text = ''; !text.includes('ready'); ) text += String(await once(child.stdout, 'data'));
    child.kill('SIGTERM');
    expect((await ended).code).toBe(5);
  });

  it('builds the console before `up` and only then, and goes on without it', async () => {
    const script = join(checkout, 'scripts/build-console.ts');
    expect((await start('src/main.ts', 'up').ended).stderr).toBe('');
    await writeFile(script, `console.error('built'); process.exit(3);`);
    expect((await start('src/main.ts', '0').ended).stderr).toBe('');
    const { stdout, stderr } = await start('src/main.ts', 'up').ended;
    expect(stderr).toMatch(/^built\n.*works without it/);
    expect(stdout).toContain('rest');
  });

  it('says how it is called', async () => {
    expect(await start().ended).toMatchObject({ code: 1, stdout: '', stderr: expect.stringContaining('Usage') });
  });
});

describe('count-tests', () => {
  const count = async (report: unknown, status: string): Promise<string> => {
    const path = join(elsewhere, 'report.json');
    await writeFile(path, JSON.stringify(report));
    return (await start('scripts/count-tests.mjs', path, status).ended).stdout;
  };
  const passing = { status: 'passed', assertionResults: [{ status: 'passed' }] };

  it('counts tests, files that did not load, and runs without tests', async () => {
    expect(await count({ numPassedTests: 3, numFailedTests: 0, testResults: [passing] }, '0')).toBe('3 0\n');
    const broken = { status: 'failed', assertionResults: [] };
    expect(await count({ numPassedTests: 3, numFailedTests: 0, testResults: [passing, broken] }, '1')).toBe('3 1\n');
    expect(await count({ numPassedTests: 3, numFailedTests: 0, testResults: [passing] }, '1')).toBe('3 1\n');
    expect(await count({ numPassedTests: 0, numFailedTests: 0, testResults: [] }, '0')).toBe('0 1\n');
    expect(await count('nonsense', '0')).toBe('0 1\n');
  });
});
