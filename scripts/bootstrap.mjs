// Starts a program of this checkout on the pinned Node: `node scripts/bootstrap.mjs <entry> [arguments]`.
// Runs on Node 20 without any dependency; installs what package-lock.json names when node_modules is absent or differs from it.
import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import {
  closeSync,
  existsSync,
  mkdirSync,
  openSync,
  readFileSync,
  realpathSync,
  rmSync,
  statSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { constants } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const modules = join(root, 'node_modules');
const stamp = join(modules, '.observebridge-lock');
const lock = join(root, '.observebridge', 'install.lock');
const pinned = join(modules, 'node', 'bin', process.platform === 'win32' ? 'node.exe' : 'node');
const HEARTBEAT_MS = 2_000;
const STALE_MS = 20_000;

/** Prints to stderr, because stdout belongs to the program. */
function say(text) {
  process.stderr.write(`${text}\n`);
}

function fail(text) {
  say(text);
  process.exit(1);
}

/** Waits for a child and resolves with its exit code; signals that arrive meanwhile are passed on. Rejects when it cannot be started. */
function run(command, args, options) {
  return new Promise((done, reject) => {
    const child = spawn(command, args, options);
    for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, () => child.kill(signal));
    child.once('error', reject);
    child.once('exit', (code, signal) => done(code ?? 128 + (constants.signals[signal ?? 'SIGTERM'] ?? 0)));
  });
}

/** True when npm installed exactly what the lock file names; npm records that in a hidden lock file of its own. */
function matchesLock(lockText) {
  try {
    const wanted = JSON.parse(lockText).packages;
    const present = JSON.parse(readFileSync(join(modules, '.package-lock.json'), 'utf8')).packages;
    return Object.entries(wanted).every(([path, entry]) => path === '' || entry.optional || present[path]?.version === entry.version);
  } catch {
    return false;
  }
}

function isInstalled() {
  const lockText = readFileSync(join(root, 'package-lock.json'), 'utf8');
  const digest = createHash('sha256').update(lockText).digest('hex');
  if (existsSync(stamp) && readFileSync(stamp, 'utf8') === digest) return true;
  if (!matchesLock(lockText)) return false;
  writeFileSync(stamp, digest);
  return true;
}

/** Takes the lock or says that another process holds it. A holder touches the file; one that stopped doing so has died. */
function takeLock() {
  mkdirSync(dirname(lock), { recursive: true });
  try {
    closeSync(openSync(lock, 'wx'));
    return true;
  } catch (error) {
    if (error.code !== 'EEXIST') throw error;
  }
  const age = Date.now() - (statSync(lock, { throwIfNoEntry: false })?.mtimeMs ?? Date.now());
  if (age < STALE_MS) return false;
  // Only one of several waiters may clear it away, or the second would remove the first one's new lock.
  const clearing = `${lock}.clearing`;
  try {
    mkdirSync(clearing);
  } catch {
    return false;
  }
  if (Date.now() - (statSync(lock, { throwIfNoEntry: false })?.mtimeMs ?? Date.now()) >= STALE_MS) rmSync(lock, { force: true });
  rmSync(clearing, { recursive: true, force: true });
  return false;
}

async function install() {
  for (let waited = 0; !takeLock(); waited += 500) {
    if (waited === 0) say('observebridge: another process is installing the dependencies; waiting for it.');
    if (waited > 900_000) fail(`observebridge: the installation did not end within 15 minutes; remove ${lock} and start again.`);
    await wait(500);
  }
  const heartbeat = setInterval(() => utimesSync(lock, new Date(), new Date()), HEARTBEAT_MS);
  try {
    if (isInstalled()) return;
    say('observebridge: installing the dependencies named in package-lock.json (npm ci); this happens once.');
    const args = ['ci', '--include=dev', '--no-audit', '--no-fund', '--loglevel=error'];
    const code = await run('npm', args, { cwd: root, stdio: ['ignore', 2, 2], shell: process.platform === 'win32' });
    if (code !== 0) {
      process.exitCode = code;
      throw new Error('`npm ci` failed; its own message is above');
    }
    const lockText = readFileSync(join(root, 'package-lock.json'), 'utf8');
    writeFileSync(stamp, createHash('sha256').update(lockText).digest('hex'));
  } finally {
    clearInterval(heartbeat);
    rmSync(lock, { force: true });
  }
}

/**
 * What the process is given to stay small and start fast: compiled code is kept between starts, which also spares the TypeScript stripper;
 * the young heap and the number of malloc arenas are bounded. Measured by `npm run bench -- memory`. What the user set wins.
 */
const environment = {
  NODE_COMPILE_CACHE: join(root, 'node_modules', '.cache', 'observebridge'),
  MALLOC_ARENA_MAX: '2',
  ...process.env,
};
const nodeFlags = ['--disable-warning=ExperimentalWarning', '--max-semi-space-size=4'];

/** Builds the console when its sources are newer than what was built. */
async function buildConsole() {
  const node = existsSync(pinned) ? pinned : process.execPath;
  const args = [...nodeFlags, join(root, 'scripts', 'build-console.ts')];
  const code = await run(node, args, { cwd: root, stdio: ['ignore', 2, 2], env: environment }).catch(() => 1);
  if (code !== 0) say('observebridge: the console could not be built; everything else works without it.');
}

/** Runs the entry on the pinned Node; our own programs run where the user called npm, tools run in the checkout. */
async function start(entry, args) {
  const nodeArgs = [...nodeFlags, resolve(root, entry), ...args];
  const cwd = entry.startsWith('src/') ? (process.env.INIT_CWD ?? process.cwd()) : root;
  const usesPinned = existsSync(pinned) && realpathSync(process.execPath) === realpathSync(pinned);
  if (usesPinned && process.execve) {
    process.chdir(cwd);
    process.execve(pinned, [pinned, ...nodeArgs], environment);
  }
  const options = { cwd, stdio: 'inherit', env: environment };
  try {
    return await run(pinned, nodeArgs, options);
  } catch {
    const major = Number(process.versions.node.split('.')[0]);
    const reason = existsSync(pinned)
      ? 'the Node of node_modules does not start on this system'
      : 'node_modules has no Node because npm did not run the installation scripts (`npm rebuild node` does)';
    if (major < 24) fail(`observebridge: ${reason}, and Node ${process.versions.node} is too old; start it with Node 24 or newer.`);
    say(`observebridge: ${reason}; using Node ${process.versions.node}.`);
    return run(process.execPath, nodeArgs, options);
  }
}

const [entry, ...args] = process.argv.slice(2);
if (entry === undefined) fail('Usage: node scripts/bootstrap.mjs <entry> [arguments]');
try {
  if (!isInstalled()) await install();
  if (entry === 'src/main.ts' && args[0] === 'up') await buildConsole();
  process.exit(await start(entry, args));
} catch (error) {
  say(`observebridge: ${error.message}.`);
  process.exit(process.exitCode || 1);
}
