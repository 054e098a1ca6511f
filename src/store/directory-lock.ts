import { randomUUID } from 'node:crypto';
import { linkSync, mkdirSync, readFileSync, realpathSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { hostname } from 'node:os';
import { ObserveBridgeError } from '../core/error.ts';

/** A held lock; `release` may be called twice. */
export interface DirectoryLock {
  release(): void;
}

interface Holder {
  readonly token: string;
  readonly pid: number;
  readonly host: string;
  /** Boot and clock ticks at which the process started, where the system tells; it tells a reused process id from the holder. */
  readonly process_started: string | null;
  readonly command: string;
  readonly locked_at: string;
}

/**
 * Takes `<directory>.lock` for this process and makes the directory when it is missing. The lock of a process that is gone is taken over by
 * exactly one of those who try. Throws `OB_DATABASE_LOCKED`, naming the holder, while another holder lives, this process included.
 */
export function lockDirectory(directory: string): DirectoryLock {
  try {
    mkdirSync(directory, { recursive: true });
  } catch (error) {
    throw new ObserveBridgeError('OB_DATABASE_FAILED', 'database', `The directory ${directory} cannot be made.`, error);
  }
  // One directory has one lock, whatever links lead to it.
  const held = take(`${realpathSync(directory)}.lock`, directory);
  process.once('exit', held.release);
  return {
    release() {
      process.off('exit', held.release);
      held.release();
    },
  };
}

function take(path: string, directory: string): DirectoryLock {
  for (;;) {
    const self = describeSelf();
    if (create(path, self, linkSync)) return toLock(path, self.token);
    const holder = read(path);
    if (holder === undefined) continue;
    if (isAlive(holder)) throw lockedBy(holder, path, directory);
    // The right to replace this one stale lock is itself a lock, named after it; whoever dies holding it leaves a stale lock like any other.
    const right = take(`${path}.${holder.token}`, directory);
    try {
      if (read(path)?.token === holder.token && create(path, self, renameSync)) return toLock(path, self.token);
    } finally {
      right.release();
    }
  }
}

/** Puts a complete lock file in place at once: a reader never sees half of it. */
function create(path: string, holder: Holder, place: (from: string, to: string) => void): boolean {
  const draft = `${path}.draft-${holder.token}`;
  try {
    writeFileSync(draft, `${JSON.stringify(holder)}\n`);
    place(draft, path);
    return true;
  } catch (error) {
    if (Object(error).code === 'EEXIST') return false;
    throw new ObserveBridgeError('OB_DATABASE_FAILED', 'database', `The lock file ${path} cannot be written.`, error);
  } finally {
    rmSync(draft, { force: true });
  }
}

function toLock(path: string, token: string): DirectoryLock {
  return {
    release() {
      if (read(path)?.token === token) rmSync(path, { force: true });
    },
  };
}

/** The holder that the file names, or `undefined` when there is no file. */
function read(path: string): Holder | undefined {
  try {
    return JSON.parse(readFileSync(path, 'utf8'));
  } catch (error) {
    if (Object(error).code === 'ENOENT') return undefined;
    throw new ObserveBridgeError(
      'OB_DATABASE_LOCKED',
      'database',
      `The lock file ${path} cannot be read; remove it if nothing uses the database.`,
      error,
    );
  }
}

function isAlive(holder: Holder): boolean {
  // Processes of another machine or container cannot be seen from here.
  if (holder.host !== hostname()) return true;
  try {
    process.kill(holder.pid, 0);
  } catch (error) {
    if (Object(error).code === 'ESRCH') return false;
  }
  const started = startOf(holder.pid);
  return started === null || holder.process_started === null || started === holder.process_started;
}

function startOf(pid: number): string | null {
  try {
    const boot = readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim();
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    // The name in parentheses may hold spaces; the start is field 22, the 20th after it.
    return `${boot}/${stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19]}`;
  } catch {
    return null;
  }
}

function describeSelf(): Holder {
  return {
    token: randomUUID(),
    pid: process.pid,
    host: hostname(),
    process_started: startOf(process.pid),
    command: process.argv.slice(0, 3).join(' '),
    locked_at: `${new Date().toISOString().slice(0, 19)}Z`,
  };
}

function lockedBy(holder: Holder, path: string, directory: string): ObserveBridgeError {
  const elsewhere = holder.host === hostname() ? '' : ` on host ${holder.host} (if that host is gone, remove ${path})`;
  return new ObserveBridgeError(
    'OB_DATABASE_LOCKED',
    'database',
    `The database directory ${directory} is in use by process ${holder.pid} since ${holder.locked_at}${elsewhere}.`,
  );
}
