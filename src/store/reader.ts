import { ObserveBridgeError } from '../core/error.ts';
import type { Db, Queryable, Tx } from './db.ts';

const ROLE = 'observebridge_reader';

/** For whom and within which bounds something is read. */
export interface ReaderBounds {
  readonly tenantId: string;
  readonly timeoutMs: number;
}

/**
 * Makes sure that this database has the role of agents and that it may read every admitted table. Rejects with `OB_READER_MISSING` when the role
 * is not there and may not be created, or may not be taken on by this program's own role.
 */
export async function ensureReader(db: Queryable): Promise<void> {
  if (await isReady(db)) return;
  await db.query('select admit_reader()');
  if (await isReady(db)) return;
  const [own] = await db.query<{ name: string }>('select current_user::text as name');
  throw new ObserveBridgeError(
    'OB_READER_MISSING',
    'database',
    `The database has no role ${ROLE} that ${own?.name} may take on, under which statements of agents run.`,
  );
}

async function isReady(db: Queryable): Promise<boolean> {
  const [state] = await db.query<{ ready: boolean }>(
    `select case when to_regrole($1) is null then false else pg_has_role(current_user, to_regrole($1), 'member') and not exists (
       select from pg_policy e where e.polname = 'everybody' and pg_table_is_visible(e.polrelid)
         and not exists (select from pg_policy r where r.polrelid = e.polrelid and r.polname = 'reader_tenant')) end as ready`,
    [ROLE],
  );
  return state?.ready === true;
}

/**
 * Binds the rest of the transaction to one tenant and to reading: other rows, writes and longer statements fail from here on. Whoever may call
 * `set_config` undoes it, so what runs afterwards has to be inspected before.
 */
export async function becomeReader(tx: Tx, { tenantId, timeoutMs }: ReaderBounds): Promise<void> {
  await tx.query(
    `select set_config('observebridge.tenant', $1, true), set_config('statement_timeout', $2, true),
       set_config('max_parallel_workers_per_gather', '0', true)`,
    [tenantId, String(Math.max(1, Math.ceil(timeoutMs)))],
  );
  await tx.query('set transaction read only');
  await tx.query(`set local role ${ROLE}`);
}

/** Opens a transaction in which names mean the same whatever the role or database has as its search path. */
export function readInTransaction<Result>(
  db: Db,
  { schemas, limitMs }: { readonly schemas: readonly string[]; readonly limitMs: number },
  work: (tx: Tx) => Promise<Result>,
): Promise<Result> {
  return db.transaction(
    async (tx) => {
      // Temporary tables come last: else one of them could stand for a table or, inside a function, for a catalog.
      await tx.query(`select set_config('search_path', 'pg_catalog, ' || quote_ident(current_schema()) || $1 || ', pg_temp', true)`, [
        schemas.map((schema) => `, ${schema}`).join(''),
      ]);
      return work(tx);
    },
    { limitMs },
  );
}
