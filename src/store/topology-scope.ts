import { hash64 } from '../core/hash.ts';
import { formatTime, type Micros } from '../core/time.ts';
import type { DocumentOrder, PastObservation } from '../core/topology-diff.ts';
import type { Queryable, Tx } from './db.ts';

export const scopeStatuses = ['ok', 'partial', 'failed', 'held', 'orphaned'] as const;
export type ScopeStatus = (typeof scopeStatuses)[number];

/** Edges belong to a scope of a source; a run closes only edges of its own. */
export interface ScopeKey {
  readonly tenantId: string;
  readonly source: string;
  readonly scope: string;
}

/** The newest accepted document of a scope, and when the scope was written last. */
export interface ScopeState extends DocumentOrder {
  readonly status: ScopeStatus;
  /** Edges that were open before observations were held; null while none is. */
  readonly heldEdges: number | null;
  readonly updatedAt: Micros;
}

/** Observations that are kept per scope; documents older than all of them are not taken any more. */
const KEPT = 1000;

const micros = (column: string): string => `(extract(epoch from ${column}) * 1000000)::bigint`;

/** Waits for the right to write the scopes and keeps it until the transaction ends. Every caller takes the locks in the same order. */
export async function lockScopes(tx: Tx, scopes: readonly ScopeKey[]): Promise<void> {
  const keys = [...new Set(scopes.map(({ tenantId, source, scope }) => hash64('topology', tenantId, source, scope)))];
  keys.sort((a, b) => (a < b ? -1 : a > b ? 1 : 0));
  for (const key of keys) await tx.query('select pg_advisory_xact_lock($1)', [key]);
}

/** What is known of a scope; undefined before its first observation. */
export async function getScope(db: Queryable, { tenantId, source, scope }: ScopeKey): Promise<ScopeState | undefined> {
  const [row] = await db.query<{
    observed: bigint;
    lineage: string | null;
    serial: bigint | null;
    status: ScopeStatus;
    held_edges: number | null;
    updated: bigint;
  }>(
    `select ${micros('observed_at')} as observed, lineage, serial, status, held_edges, ${micros('updated_at')} as updated
     from topo_scope where tenant_id = $1 and source = $2 and scope = $3`,
    [tenantId, source, scope],
  );
  return (
    row && {
      ...{ observedAt: Number(row.observed), lineage: row.lineage, serial: row.serial },
      ...{ status: row.status, heldEdges: row.held_edges, updatedAt: Number(row.updated) },
    }
  );
}

/** The observations of a scope that are kept, oldest first; `full` when older ones may have been let go. */
export async function listObservations(
  db: Queryable,
  { tenantId, source, scope }: ScopeKey,
): Promise<{ known: PastObservation[]; full: boolean }> {
  const rows = await db.query<{ observed: bigint; closes: boolean; lineage: string | null; serial: bigint | null }>(
    `select ${micros('observed_at')} as observed, closes, lineage, serial from topo_observation
     where tenant_id = $1 and source = $2 and scope = $3 order by observed_at`,
    [tenantId, source, scope],
  );
  const known = rows.map(({ observed, closes, lineage, serial }) => ({ observedAt: Number(observed), closes, lineage, serial }));
  return { known, full: known.length >= KEPT };
}

/** Time of the newest observation before `at` that closed what it did not show; undefined when there is none. */
export async function lastClosing(db: Queryable, { tenantId, source, scope }: ScopeKey, at: Micros): Promise<Micros | undefined> {
  const [row] = await db.query<{ observed: bigint }>(
    `select ${micros('observed_at')} as observed from topo_observation
     where tenant_id = $1 and source = $2 and scope = $3 and observed_at < $4 and closes order by observed_at desc limit 1`,
    [tenantId, source, scope, formatTime(at)],
  );
  return row && Number(row.observed);
}

/** Writes an observation down; one at the same time takes its place, and lets the oldest go when there are too many. */
export async function recordObservation(
  tx: Tx,
  { tenantId, source, scope }: ScopeKey,
  observation: PastObservation & { readonly edges: number; readonly recordedAt: Micros },
): Promise<void> {
  const { observedAt, closes, lineage, serial, edges, recordedAt } = observation;
  await tx.query(
    `insert into topo_observation as o (tenant_id, source, scope, observed_at, closes, lineage, serial, edges, recorded_at)
     values ($1, $2, $3, $4, $5, $6, $7, $8, $9)
     on conflict (tenant_id, source, scope, observed_at) do update
       set closes = o.closes or excluded.closes, lineage = excluded.lineage, serial = excluded.serial, edges = excluded.edges, recorded_at = excluded.recorded_at
       where (o.closes or excluded.closes, excluded.lineage, excluded.serial, excluded.edges) is distinct from (o.closes, o.lineage, o.serial, o.edges)`,
    [tenantId, source, scope, formatTime(observedAt), closes, lineage, serial, edges, formatTime(recordedAt)],
  );
  await tx.query(
    `delete from topo_observation where tenant_id = $1 and source = $2 and scope = $3 and observed_at <= (
       select observed_at from topo_observation where tenant_id = $1 and source = $2 and scope = $3 order by observed_at desc offset ${KEPT} limit 1)`,
    [tenantId, source, scope],
  );
}

/** What is written about a scope after an observation. */
export interface ScopeRow extends DocumentOrder {
  readonly complete: boolean;
  readonly status: ScopeStatus;
  readonly reason: string | null;
  readonly edges: number;
  readonly heldEdges: number | null;
  readonly input: string | null;
  readonly updatedAt: Micros;
}

/** Writes the state of a scope. */
export async function writeScope(tx: Tx, { tenantId, source, scope }: ScopeKey, row: ScopeRow): Promise<void> {
  await tx.query(
    `insert into topo_scope (tenant_id, source, scope, observed_at, complete, lineage, serial, status, status_reason, edges, held_edges, input, updated_at)
     values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13)
     on conflict (tenant_id, source, scope) do update set observed_at = excluded.observed_at, complete = excluded.complete, lineage = excluded.lineage,
       serial = excluded.serial, status = excluded.status, status_reason = excluded.status_reason, edges = excluded.edges, held_edges = excluded.held_edges, input = excluded.input,
       updated_at = excluded.updated_at`,
    [
      ...[tenantId, source, scope, formatTime(row.observedAt), row.complete, row.lineage, row.serial, row.status],
      ...[row.reason, row.edges, row.heldEdges, row.input, formatTime(row.updatedAt)],
    ],
  );
}

/** Notes that a scope was looked at and nothing about it changed. */
export async function touchScopes(tx: Tx, tenantId: string, input: string, at: Micros): Promise<void> {
  await tx.query(
    `update topo_scope set updated_at = greatest(updated_at, $3) where tenant_id = $1 and input = $2 and status <> 'orphaned'`,
    [...[tenantId, input, formatTime(at)]],
  );
}

/** The scopes that inputs gave when they were last read, without those that they no longer give. */
export function listInputScopes(
  db: Queryable,
  tenantId: string,
  inputs: readonly string[],
): Promise<(Omit<ScopeKey, 'tenantId'> & { readonly input: string })[]> {
  return db.query(
    `select source, scope, input from topo_scope where tenant_id = $1 and input = any($2::text[]) and status <> 'orphaned' order by source, scope`,
    [tenantId, inputs],
  );
}

const except = (first: number): string =>
  `and not exists (select from unnest($${first}::text[], $${first + 1}::text[]) as g (source, scope) where (g.source, g.scope) = (topo_scope.source, topo_scope.scope))`;
const namesOf = (scopes: readonly ScopeKey[]): string[][] => [scopes.map(({ source }) => source), scopes.map(({ scope }) => scope)];

/** Marks the scopes of an input that could not be looked at, except those in `given`; their edges stay as they are. */
export async function failScopes(tx: Tx, tenantId: string, input: string, reason: string, given: readonly ScopeKey[]): Promise<void> {
  await tx.query(
    `update topo_scope set status = 'failed', status_reason = $3, complete = false where tenant_id = $1 and input = $2 ${except(4)}`,
    [tenantId, input, reason, ...namesOf(given)],
  );
}

/** Marks the scopes of an input that it no longer gives, except those in `given`; their edges stay. Returns how many are newly so. */
export async function orphanScopes(tx: Tx, tenantId: string, input: string, given: readonly ScopeKey[]): Promise<number> {
  const rows = await tx.query(
    `update topo_scope set status = 'orphaned', status_reason = 'Its document is no longer there; its edges stay open until they are closed by force.', complete = false
     where tenant_id = $1 and input = $2 and status <> 'orphaned'
       ${except(3)}
     returning 1`,
    [tenantId, input, ...namesOf(given)],
  );
  return rows.length;
}

/** The scopes of a tenant that nothing configured gives any more and that still have open edges. */
export async function listOrphans(db: Queryable, tenantId: string): Promise<ScopeKey[]> {
  const rows = await db.query<Omit<ScopeKey, 'tenantId'>>(
    `select source, scope from topo_scope where tenant_id = $1 and status = 'orphaned' and edges > 0 order by source, scope`,
    [tenantId],
  );
  return rows.map((row) => ({ tenantId, ...row }));
}
