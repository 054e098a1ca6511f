import type { Db } from '../store/db.ts';
import type { Invocation } from './invocation.ts';

/** Calls `use` with the migrated database of the configuration, and closes it afterwards. */
export async function withDb<Result>(invocation: Invocation, use: (db: Db) => Promise<Result>): Promise<Result> {
  return invocation.withWiring(await invocation.loadConfig(), {}, async (wiring) => use(await wiring.openDb()));
}
