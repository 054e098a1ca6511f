import { quoteName } from './quote-name.ts';
import { queryRows, type Session } from './session.ts';

const CHECK_EVERY_STATEMENTS = 200;
const CHECK_EVERY_COPIED_BYTES = 8 * 1024 * 1024;
const CHECKPOINT_AFTER_WAL_BYTES = 64 * 1024 * 1024;

/** What the embedded database must do by itself, because it has no background processes. */
export interface Upkeep {
  /** A session that counts the work it does. */
  readonly session: Session;
  /** True once enough was done since the last upkeep that looking is worth a query. */
  isDue(): boolean;
  /**
   * Analyzes tables of which a fifth has changed. Checkpoints when the write-ahead log has grown by 64 MB, which would otherwise grow without end and
   * slow the next start, and vacuums tables of which a fifth is dead. Runs outside transactions.
   */
  run(): Promise<void>;
  /** Analyzes tables of which a tenth has changed since they were last: what changed is counted no longer than the session lasts. */
  finish(): Promise<void>;
}

/** Watches a session of the embedded database. */
export function createUpkeep(session: Session): Upkeep {
  let statements = 0;
  let copied = 0;
  return {
    session: {
      ...session,
      execute(sql, params) {
        statements++;
        return session.execute(sql, params);
      },
      copy(table, columns, chunks) {
        const counted = function* () {
          for (const chunk of chunks) {
            copied += chunk.bytes.length;
            yield chunk;
          }
        };
        return session.copy(table, columns, counted());
      },
    },
    isDue: () => statements >= CHECK_EVERY_STATEMENTS || copied >= CHECK_EVERY_COPIED_BYTES,
    async run() {
      statements = 0;
      copied = 0;
      await analyze(session, 'n_mod_since_analyze > 1000 + 0.2 * n_live_tup');
      const [wal] = await queryRows<{ bytes: number }>(
        session,
        'select pg_wal_lsn_diff(pg_current_wal_insert_lsn(), redo_lsn)::float8 as bytes from pg_control_checkpoint()',
      );
      if ((wal?.bytes ?? 0) < CHECKPOINT_AFTER_WAL_BYTES) return;
      for (const name of await listTables(session, 'n_dead_tup > 1000 + 0.2 * n_live_tup')) await session.execute(`vacuum ${name}`, []);
      await session.execute('checkpoint', []);
    },
    finish: () => analyze(session, 'n_mod_since_analyze > 50 + 0.1 * (select reltuples from pg_class where oid = relid)'),
  };
}

/** Without statistics the planner takes every table for empty, and lists of patterns took seconds. */
async function analyze(session: Session, condition: string): Promise<void> {
  await session.execute('select pg_stat_force_next_flush()', []);
  for (const name of await listTables(session, condition)) await session.execute(`analyze ${name}`, []);
}

/** Quoted names of the tables whose counters fulfil the condition. */
async function listTables(session: Session, condition: string): Promise<string[]> {
  const tables = await queryRows<{ name: string }>(
    session,
    `select schemaname || '.' || relname as name from pg_stat_user_tables
     where ${condition} and relid not in (select oid from pg_class where relpersistence = 't')`,
  );
  return tables.map(({ name }) => quoteName(name));
}
