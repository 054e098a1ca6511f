import { hash64 } from '../core/hash.ts';
import type { GraphReader, GraphTx } from './graph-db.ts';

const LOCK = hash64('observebridge', 'graph ops');
const LABELS = ['Resource', 'CALLS', 'STRUCT'];

/** Whether this database has AGE. */
export async function hasAge(db: GraphReader): Promise<boolean> {
  const rows = await db.query(`select from pg_extension where extname = 'age'`);
  return rows.length > 0;
}

/**
 * Calls `work` with `ag_catalog` behind the schemas of the search path and the library loaded, so that Cypher and its types work in any session
 * and for any role. The search path is as before when the call resolves, and after a rollback.
 */
export async function withAgCatalog<Result>(tx: GraphTx, work: () => Promise<Result>): Promise<Result> {
  // Any function of AGE loads its library and with it what understands Cypher; `load` is for superusers only.
  const [before] = await tx.query<{ path: string }>(
    `select current_setting('search_path') as path, ag_catalog.agtype_build_map() is not null as loaded`,
  );
  const path = before?.path ?? 'public';
  await tx.query(`select set_config('search_path', $1, true)`, [`${path === '' ? 'pg_catalog' : path}, ag_catalog`]);
  const result = await work();
  await tx.query(`select set_config('search_path', $1, true)`, [path]);
  return result;
}

/** Makes sure that the graph `ops` has its labels and indexes; any number of workers may call it at once. Needs `withAgCatalog`. */
export async function ensureGraph(tx: GraphTx): Promise<void> {
  if (await isComplete(tx)) return;
  await tx.query('select pg_advisory_xact_lock($1)', [LOCK]);
  const [graph] = await tx.query<{ missing: boolean }>(`select not exists (select from ag_graph where name = 'ops') as missing`);
  if (graph?.missing) await tx.query(`select create_graph('ops')`);
  const known = new Set((await listLabels(tx)).map(({ name }) => name));
  for (const label of LABELS.filter((name) => !known.has(name)))
    await tx.query(label === 'Resource' ? `select create_vlabel('ops', $1)` : `select create_elabel('ops', $1)`, [label]);
  // Every refresh rewrites most edges, which room in the same page makes twice as fast: 100 instead of 200 ms for 10 000 embedded.
  // GIN serves `{name: 'x'}` in a pattern, the expressions serve `where a.name = 'x'`; AGE makes neither. The unique pairs of ends also turn
  // the edges that MERGE corrupts on the embedded database into errors.
  await tx.script(`
    create unique index if not exists resource_tenant_urn on ops."Resource" (${property('tenant_id')}, ${property('urn')});
    create index if not exists resource_urn on ops."Resource" (${property('urn')});
    create index if not exists resource_name on ops."Resource" (${property('name')});
    create index if not exists resource_properties on ops."Resource" using gin (properties);
    alter table ops."CALLS" set (fillfactor = 50);
    create unique index if not exists calls_ends on ops."CALLS" (start_id, end_id);
    create index if not exists calls_end on ops."CALLS" (end_id);
    create unique index if not exists struct_ends on ops."STRUCT" (start_id, end_id);
    create index if not exists struct_end on ops."STRUCT" (end_id)`);
}

/** SQL for a property in the form that AGE gives `a.name`, so that its indexes serve both. */
export function property(name: string, from = 'properties'): string {
  return `agtype_access_operator(variadic array[${from}, '"${name}"'::agtype])`;
}

async function isComplete(tx: GraphTx): Promise<boolean> {
  const labels = await listLabels(tx);
  const [index] = await tx.query<{ last: boolean }>(`select to_regclass('ops.struct_end') is not null as last`);
  return index?.last === true && LABELS.every((label) => labels.some(({ name }) => name === label));
}

function listLabels(tx: GraphTx): Promise<{ name: string }[]> {
  return tx.query(`select l.name::text as name from ag_label l join ag_graph g on g.graphid = l.graph where g.name = 'ops'`);
}
