import { mkdir, mkdtemp, readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { type DuckDBConnection, DuckDBInstance, DuckDBScalarFunction, INTEGER, VARCHAR } from '@duckdb/node-api';
import { throwIfAborted } from '../core/error.ts';
import type { SqlSession, SqlValue } from '../core/sql-session.ts';

export interface SessionConfig {
  /** Parent of the session's own directory for spilled and staged files. */
  readonly directory: string;
  /** DuckDB's buffer limit, for example `128MB`. It bounds tables and joins, not the whole process. */
  readonly memoryLimit: string;
  readonly threads: number;
}

/** One private in-memory DuckDB that spills to its own directory; disposing it frees both. */
export interface Session extends SqlSession, AsyncDisposable {
  /** Makes `code(text)` callable as the SQL function `name(varchar) -> integer`; null gives null. */
  defineFunction(name: string, code: (text: string) => number): void;
  /** The columns of a result by name, faster than `rows` for large results. */
  columns(sql: string): Promise<Map<string, readonly unknown[]>>;
  /** Stops the running statement and refuses further ones when the signal fires. */
  abortOn(signal: AbortSignal): void;
  /** For large windows: halves the buffer limit and gives freed memory back at once, at the price of time. */
  tighten(): Promise<void>;
  /** Drops the temporary tables of this session, which hold memory even when they are small. */
  dropTables(): Promise<void>;
  /** A second session on the same engine, whose statements run beside this one's; temporary tables are its own. Dispose it first. */
  fork(): Promise<Session>;
}

/** Opens a session. Rejects when the directory cannot be made. */
export async function openSession(config: SessionConfig): Promise<Session> {
  await mkdir(config.directory, { recursive: true });
  await removeOrphans(config.directory);
  const directory = await mkdtemp(join(config.directory, `session-${process.pid}-`));
  const instance = await DuckDBInstance.create(':memory:', {
    threads: String(config.threads),
    memory_limit: config.memoryLimit,
    temp_directory: join(directory, 'spill'),
    preserve_insertion_order: 'false',
    // Objects are read once or twice; keeping their blocks would fill the memory limit with them.
    enable_external_file_cache: 'false',
    // The allocator keeps freed memory up to these; the defaults are as large as all that a window needs.
    allocator_flush_threshold: '16MB',
    allocator_bulk_deallocation_flush_threshold: '16MB',
    autoinstall_known_extensions: 'false',
    autoload_known_extensions: 'false',
  });
  const close = async (): Promise<void> => {
    instance.closeSync();
    await rm(directory, { recursive: true, force: true });
  };
  return new DuckSession(instance, await instance.connect(), directory, config.memoryLimit, close);
}

/** A process that was killed leaves its spilled files behind; whoever comes next clears them away. */
async function removeOrphans(parent: string): Promise<void> {
  for (const name of await readdir(parent)) {
    const pid = Number(/^session-(\d+)-/.exec(name)?.[1] ?? process.pid);
    if (!isRunning(pid)) await rm(join(parent, name), { recursive: true, force: true });
  }
}

function isRunning(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch (error) {
    return (error as NodeJS.ErrnoException).code !== 'ESRCH';
  }
}

class DuckSession implements Session {
  readonly directory: string;
  readonly #instance: DuckDBInstance;
  readonly #connection: DuckDBConnection;
  readonly #memoryLimit: string;
  readonly #close: () => Promise<void>;
  #signal: AbortSignal | undefined;
  #disposed = false;
  readonly #running = new Set<Promise<unknown>>();
  readonly #interrupt = (): void => void this.#stopRunning();

  constructor(instance: DuckDBInstance, connection: DuckDBConnection, directory: string, memoryLimit: string, close: () => Promise<void>) {
    this.#instance = instance;
    this.#connection = connection;
    this.directory = directory;
    this.#memoryLimit = memoryLimit;
    this.#close = close;
  }

  async fork(): Promise<Session> {
    const forked = new DuckSession(
      this.#instance,
      await this.#instance.connect(),
      this.directory,
      this.#memoryLimit,
      async () => undefined,
    );
    if (this.#signal) forked.abortOn(this.#signal);
    return forked;
  }

  abortOn(signal: AbortSignal): void {
    this.#signal?.removeEventListener('abort', this.#interrupt);
    this.#signal = signal;
    signal.addEventListener('abort', this.#interrupt);
  }

  defineFunction(name: string, code: (text: string) => number): void {
    this.#connection.registerScalarFunction(
      DuckDBScalarFunction.create({
        name,
        parameterTypes: [VARCHAR],
        returnType: INTEGER,
        mainFunction: (_info, chunk, output) => {
          const lines = chunk.getColumnVector(0);
          const rows = chunk.rowCount;
          for (let row = 0; row < rows; row++) {
            const line = lines.getItem(row);
            output.setItem(row, typeof line === 'string' ? code(line) : null);
          }
          output.flush();
        },
      }),
    );
  }

  async run(sql: string, params?: Record<string, SqlValue>): Promise<void> {
    await this.#guard(() => this.#connection.run(sql, params));
  }

  async rows<Row extends object>(sql: string, params?: Record<string, SqlValue>): Promise<Row[]> {
    return this.#guard(async () => {
      const reader = await this.#connection.runAndReadAll(sql, params);
      return reader.getRowObjectsJS() as unknown as Row[];
    });
  }

  async columns(sql: string): Promise<Map<string, readonly unknown[]>> {
    return this.#guard(async () => {
      const reader = await this.#connection.runAndReadAll(sql);
      const columns = reader.getColumnsJS(); // none at all when there are no rows
      return new Map(reader.columnNames().map((name, index) => [name, columns[index] ?? []]));
    });
  }

  async tighten(): Promise<void> {
    const [, size = '', unit = ''] = /^(\d+) ?(\w+)$/.exec(this.#memoryLimit) ?? [];
    await this.run(
      `set memory_limit = '${Math.ceil(Number(size) / 2)}${unit}'; set allocator_flush_threshold = '1MB'; set allocator_bulk_deallocation_flush_threshold = '1MB'`,
    );
  }

  async dropTables(): Promise<void> {
    const tables = await this.rows<{ name: string }>('select table_name as name from duckdb_tables() where temporary');
    for (const { name } of tables) await this.run(`drop table if exists temp."${name}"`);
  }

  /** Interrupts until nothing runs: a statement that has not quite begun does not notice the first time. */
  async #stopRunning(): Promise<void> {
    while (this.#running.size > 0) {
      this.#connection.interrupt();
      await Promise.race([Promise.allSettled(this.#running), sleep(10)]);
    }
  }

  async #guard<Result>(statement: () => Promise<Result>): Promise<Result> {
    throwIfAborted(this.#signal);
    const running = statement();
    this.#running.add(running);
    try {
      return await running;
    } catch (error) {
      throwIfAborted(this.#signal);
      throw error;
    } finally {
      this.#running.delete(running);
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#disposed) return;
    this.#disposed = true;
    this.#signal?.removeEventListener('abort', this.#interrupt);
    // Closing under a running statement crashes the process.
    await this.#stopRunning();
    this.#connection.closeSync();
    await this.#close();
  }
}
