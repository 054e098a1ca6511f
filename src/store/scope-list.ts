import type { Queryable } from './db.ts';
import type { ScopeStatus } from './topology-scope.ts';

/** The newest observation of a scope; times are ISO 8601 UTC. */
export interface ScopeListRow {
  readonly source: string;
  readonly scope: string;
  readonly input: string | null;
  readonly status: ScopeStatus;
  readonly status_reason: string | null;
  readonly complete: boolean;
  readonly observed_at: string;
  readonly updated_at: string;
  readonly lineage: string | null;
  /** 64-bit number as text. */
  readonly serial: string | null;
  readonly edges: number;
}

/** Scopes of a tenant by source and scope, after a pair of them. */
export function listScopes(
  db: Queryable,
  { tenantId, after, limit }: { tenantId: string; after?: readonly [string, string] | undefined; limit: number },
): Promise<ScopeListRow[]> {
  return db.query(
    `select source, scope, input, status, status_reason, complete, observed_at, updated_at, lineage, serial::text as serial, edges from topo_scope
     where tenant_id = $1 and ($2::text is null or (source collate "C", scope collate "C") > ($2, $3))
     order by source collate "C", scope collate "C" limit $4`,
    [tenantId, ...(after ?? [null, null]), limit],
  );
}
