import { Worker } from 'node:worker_threads';
import { ObserveBridgeError } from '../core/error.ts';
import { type ServerReport, toDatabaseError } from './database-error.ts';
import type { Db } from './db.ts';
import { type DirectoryLock, lockDirectory } from './directory-lock.ts';
import { createUpkeep } from './embedded-upkeep.ts';
import type { WorkerAnswer, WorkerRequest } from './pglite-worker.ts';
import { createSerial } from './serial.ts';
import { assertOutsideTransaction, queryRows, runTransaction, type Session } from './session.ts';
import { readWireResult, toWireStatement } from './wire-message.ts';

type Request = WorkerRequest extends infer R ? (R extends { id: number } ? Omit<R, 'id'> : never) : never;

/** What a server says of a statement that ran into its timeout. */
const TOO_LONG: ServerReport = { message: 'canceling statement due to its time limit', code: '57014' };

interface WorkerLink {
  /** Hands the bytes of the request over. */
  call(request: Request): Promise<Uint8Array>;
  /** Ends the thread, cleanly when it still answers. */
  close(): Promise<void>;
  /** True once the thread is gone, also by itself: a statement can use up its memory. */
  hasEnded(): boolean;
  /** Ends the thread in the middle of whatever it does; its calls reject with the report. May be called twice. */
  kill(report: ServerReport): Promise<void>;
}

/**
 * Opens the embedded database in a directory (made when missing), or in memory without one. Only one `Db` in one process can have a directory
 * open: others get `OB_DATABASE_LOCKED`. There is one session, so statements and transactions of different callers wait for each other.
 */
export async function openPglite(directory: string | undefined): Promise<Db> {
  const server = directory ?? 'in memory';
  const lock = directory === undefined ? undefined : lockDirectory(directory);
  let link = await startWorker(directory, server).catch((error: unknown) => {
    lock?.release();
    throw error;
  });
  const upkeep = createUpkeep(toSession(() => link, server));
  const { session } = upkeep;
  const serial = createSerial();
  // Upkeep takes its own turn after the work that made it due; one that fails is tried again by the next.
  const inOrder = async <R>(work: () => Promise<R>): Promise<R> => {
    try {
      return await serial(work);
    } finally {
      if (upkeep.isDue()) serial(upkeep.run).catch(() => undefined);
    }
  };
  const [row] = await queryRows<{ number: string }>(session, `select current_setting('server_version_num') as number`);
  let closing: Promise<void> | undefined;
  const db: Db = {
    kind: 'pglite',
    version: Math.floor(Number(row?.number) / 10_000),
    async query(sql, params) {
      assertOutsideTransaction(db);
      return inOrder(() => queryRows(session, sql, params));
    },
    async transaction(work, { limitMs } = {}) {
      assertOutsideTransaction(db);
      return inOrder(async () => {
        if (limitMs === undefined || directory === undefined) return runTransaction(db, session, work);
        // The database does not read its clock while it computes. Ending it is what `kill -9` would be: only this transaction is open.
        const timer = setTimeout(() => void link.kill(TOO_LONG), limitMs);
        try {
          return await runTransaction(db, session, work);
        } finally {
          clearTimeout(timer);
          if (link.hasEnded()) {
            await link.kill(TOO_LONG);
            link = await startWorker(directory, server);
          }
        }
      });
    },
    async [Symbol.asyncDispose]() {
      closing ??= serial(async () => {
        if (directory !== undefined) await upkeep.finish().catch(() => undefined);
        await close(link, lock);
      });
      await closing;
    },
  };
  return db;
}

async function close(link: WorkerLink, lock: DirectoryLock | undefined): Promise<void> {
  try {
    await link.close();
  } finally {
    lock?.release();
  }
}

function toSession(currentLink: () => WorkerLink, server: string): Session {
  return {
    server,
    async execute(sql, params) {
      return readWireResult(await currentLink().call({ kind: 'execute', messages: toWireStatement(sql, params) }));
    },
    async script(sql) {
      await currentLink().call({ kind: 'script', sql });
    },
    async copy(table, columns, chunks) {
      const sql = `copy ${table} (${columns.join(', ')}) from '/dev/blob'`;
      let running: Promise<unknown> = Promise.resolve();
      // The next chunk is encoded here while the thread loads the one before.
      for (const chunk of chunks) {
        await running;
        running = currentLink().call({ kind: 'copy', sql, bytes: new Uint8Array(chunk.bytes) });
        running.catch(() => undefined);
      }
      await running;
    },
  };
}

async function startWorker(directory: string | undefined, server: string): Promise<WorkerLink> {
  const pending = new Map<number, { resolve(messages: Uint8Array): void; reject(error: unknown): void }>();
  let lastId = 0;
  let ended: unknown;
  const worker = new Worker(new URL('./pglite-worker.ts', import.meta.url), {
    workerData: { directory },
    execArgv: ['--disable-warning=ExperimentalWarning'],
  });
  const exited = new Promise<void>((resolve) => {
    worker.once('exit', () => resolve());
  });
  const end = (cause?: unknown, reason?: ServerReport) => {
    ended ??= reason ?? new ObserveBridgeError('OB_DATABASE_FAILED', 'database', `The embedded database ${server} has ended.`, cause);
    for (const call of pending.values()) call.reject(ended);
    pending.clear();
  };
  worker.once('error', end);
  worker.once('exit', () => end());
  worker.on('message', (answer: WorkerAnswer) => {
    const call = pending.get(answer.id);
    pending.delete(answer.id);
    if ('failure' in answer) call?.reject(answer.failure);
    else call?.resolve(answer.messages ?? new Uint8Array());
  });
  const answerTo = (id: number) =>
    new Promise<Uint8Array>((resolve, reject) => {
      if (ended) reject(ended);
      else pending.set(id, { resolve, reject });
    });
  const call = (request: Request) => {
    const id = ++lastId;
    const answer = answerTo(id);
    const bytes = request.kind === 'execute' ? request.messages : request.kind === 'copy' ? request.bytes : undefined;
    worker.postMessage({ ...request, id }, bytes === undefined ? [] : [bytes.buffer]);
    return answer;
  };
  await answerTo(0).catch(async (error: unknown) => {
    await worker.terminate();
    throw toDatabaseError(error, server);
  });
  return {
    call,
    hasEnded: () => ended !== undefined,
    async close() {
      await call({ kind: 'close' }).catch(() => worker.terminate());
      await exited;
    },
    async kill(report) {
      end(undefined, report);
      await worker.terminate();
      await exited;
    },
  };
}
