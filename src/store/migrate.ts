import { readdir, readFile } from 'node:fs/promises';
import { ObserveBridgeError } from '../core/error.ts';
import { hash64, hashHex } from '../core/hash.ts';
import { sqlState, toServerReport } from './database-error.ts';
import type { Db, Queryable } from './db.ts';

/** One numbered file of `sql/migrations`. */
interface Migration {
  readonly version: number;
  readonly name: string;
  readonly sql: string;
  readonly checksum: string;
}

const DIRECTORY = new URL('../../sql/migrations/', import.meta.url);
const LOCK = hash64('observebridge', 'schema_migration');

/**
 * Brings the database to the newest schema and returns the names of the migrations it applied, in order; each commits whole or not at all.
 * Any number of processes may call it at once. Rejects with `OB_MIGRATION_FAILED` when a migration fails, was changed after it was applied, or
 * when the database is newer than this program.
 */
export async function migrate(db: Db): Promise<string[]> {
  const migrations = await readMigrations();
  const applied: string[] = [];
  for (;;) {
    const next = await db.transaction(async (tx) => {
      await tx.query('select pg_advisory_xact_lock($1)', [LOCK]);
      const [migration] = await findPending(tx, migrations);
      if (!migration) return undefined;
      await tx.script(migration.sql).catch((error: unknown) => {
        if (sqlState(error) === undefined) throw error;
        throw failed(`Migration ${migration.name} failed: ${toServerReport(error).message}.`, error);
      });
      await tx.query('insert into schema_migration (version, name, checksum) values ($1, $2, $3)', [
        migration.version,
        migration.name,
        migration.checksum,
      ]);
      return migration.name;
    });
    if (next === undefined) return applied;
    applied.push(next);
  }
}

/** The names of the migrations that `migrate` would apply, in order; rejects like it for a database that it would refuse. */
export async function pendingMigrations(db: Queryable): Promise<string[]> {
  return (await findPending(db, await readMigrations())).map(({ name }) => name);
}

async function findPending(db: Queryable, migrations: readonly Migration[]): Promise<readonly Migration[]> {
  const [table] = await db.query<{ present: boolean }>(`select to_regclass('schema_migration') is not null as present`);
  if (!table?.present) return migrations;
  const rows = await db.query<{ version: number; name: string; checksum: string }>(
    'select version, name, checksum from schema_migration order by version',
  );
  const known = new Map(migrations.map((migration) => [migration.version, migration]));
  for (const row of rows) {
    const migration = known.get(row.version);
    if (!migration) throw failed(`The database is newer than this program: it has migration ${row.name}.`);
    if (migration.checksum !== row.checksum) throw failed(`Migration ${row.name} was changed after it was applied to this database.`);
  }
  const applied = new Set(rows.map(({ version }) => version));
  return migrations.filter(({ version }) => !applied.has(version));
}

async function readMigrations(): Promise<Migration[]> {
  const files = (await readdir(DIRECTORY)).filter((file) => file.endsWith('.sql')).sort();
  return Promise.all(
    files.map(async (file) => {
      // A checkout with other line ends holds the same migration.
      const sql = (await readFile(new URL(file, DIRECTORY), 'utf8')).replaceAll('\r\n', '\n');
      return { version: Number(file.slice(0, 6)), name: file.slice(0, -'.sql'.length), sql, checksum: hashHex(sql) };
    }),
  );
}

function failed(message: string, cause?: unknown): ObserveBridgeError {
  return new ObserveBridgeError('OB_MIGRATION_FAILED', 'database', message, cause);
}
