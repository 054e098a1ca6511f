import { join } from 'node:path';
import { type Ended, type Started, startCli } from './cli-process.ts';

const MOVED_CLOCK = ['--import', join(import.meta.dirname, 'moved-clock.ts')];
const READY = 'looks after';

/** A process of `up` with one role. */
export interface Member {
  readonly pid: number;
  readonly started: Started;
  readonly hasMovedClock: boolean;
}

/** Processes of `up` that share one database; whoever is killed is replaced. Disposing it kills all that are left. */
export interface Fleet extends AsyncDisposable {
  readonly workers: readonly Member[];
  /** Ends a worker as `kill -9` does and starts another one. */
  replaceWorker(worker: Member): void;
  /** The same for the scheduler; resolves when the new one is at work. */
  replaceScheduler(): Promise<void>;
  /** What members printed that ended by themselves, which none should. */
  listFallen(): string[];
  /** Asks all to stop and waits for it; gives how those ended that were never killed. */
  stop(): Promise<Ended[]>;
  /** What all members have logged that were ever there; to be asked after `stop`. */
  logs(): Promise<string[]>;
}

/** Whether a process found no database when it started; it ends then, and whoever looks after it starts it again. */
function isBornTooEarly({ exitCode, stderr }: Ended): boolean {
  return exitCode !== null && !stderr.includes(READY) && stderr.includes('(OB_DATABASE_UNREACHABLE)');
}

/** Starts a scheduler and workers on the configuration file of a directory, every third worker with a clock that jumps. Resolves when all are at work. */
export async function startFleet(directory: string, size: number): Promise<Fleet> {
  const members: Member[] = [];
  const workers: Member[] = [];
  const fallen: string[] = [];
  const start = (role: string, hasMovedClock: boolean): Member => {
    const started = startCli(directory, ['up', '--role', role], { node: hasMovedClock ? MOVED_CLOCK : [] });
    started.ended.then(
      (ended) => ended.exitCode !== null && !isBornTooEarly(ended) && fallen.push(ended.stderr.slice(-1_000)),
      (error: unknown) => fallen.push(String(error)),
    );
    const { pid } = started.process;
    if (pid === undefined) throw new Error('The process could not be started.');
    const member = { pid, started, hasMovedClock };
    members.push(member);
    return member;
  };
  const startWorker = (index: number): void => {
    const worker = start('worker', index % 3 === 0);
    workers[index] = worker;
    worker.started.ended.then((ended) => isBornTooEarly(ended) && startWorker(index)).catch(() => undefined);
  };
  const kill = ({ started }: Member): boolean => started.process.kill('SIGKILL');
  let scheduler = start('scheduler', false);
  for (let index = 0; index < size; index++) startWorker(index);
  const fleet: Fleet = {
    workers,
    replaceWorker(worker) {
      kill(worker);
      startWorker(workers.indexOf(worker));
    },
    async replaceScheduler() {
      kill(scheduler);
      scheduler = start('scheduler', true);
      await scheduler.started.shows(READY);
    },
    listFallen: () => fallen,
    async stop() {
      const left = [scheduler, ...workers];
      for (const { started } of left) started.process.kill('SIGTERM');
      return Promise.all(left.map(({ started }) => started.ended));
    },
    async logs() {
      return (await Promise.all(members.map(({ started }) => started.ended))).map(({ stderr }) => stderr);
    },
    async [Symbol.asyncDispose]() {
      for (const member of members) kill(member);
      await Promise.all(members.map(({ started }) => started.ended));
    },
  };
  try {
    await Promise.all(members.map(({ started }) => started.shows(READY)));
  } catch (error) {
    await fleet[Symbol.asyncDispose]();
    throw error;
  }
  return fleet;
}
