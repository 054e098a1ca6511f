import type { Db } from '../store/db.ts';
import { hasTenant } from '../store/schedule-list.ts';
import type { Invocation } from './invocation.ts';
import { chooseOne } from './tenant-option.ts';

/**
 * Calls `use` with the migrated database of the configuration, and closes it afterwards. Rejects with `OB_TENANT_UNKNOWN` for a `--tenant` that
 * neither the configuration nor the database has.
 */
export async function withDb<Result>(invocation: Invocation, use: (db: Db) => Promise<Result>): Promise<Result> {
  const loaded = await invocation.loadConfig();
  const { tenant } = invocation.options;
  return invocation.withWiring(loaded, {}, async (wiring) => {
    const db = await wiring.openDb();
    const { tenants } = loaded.config;
    if (tenant !== undefined && !tenants.some(({ id }) => id === tenant) && !(await hasTenant(db, tenant)))
      throw chooseOne(`There is no tenant ${tenant}`, tenants);
    return use(db);
  });
}
