import { ObserveBridgeError } from '../core/error.ts';
import type { GraphReader } from './graph-db.ts';

/** A resource as questions name it in their answers. */
export interface ResourceRef {
  readonly urn: string;
  readonly kind: string;
  readonly name: string;
}

/** A resource of the tenant with its key. */
export interface FoundResource extends ResourceRef {
  readonly id: bigint;
}

/** Candidates that a refusal names. */
const NAMED = 5;

/**
 * The resource that a reference means: its URN, else its name, else an alias such as a pod, address or ARN; names and aliases in any case. Rejects
 * with `OB_RESOURCE_UNKNOWN`, or with `OB_RESOURCE_AMBIGUOUS` naming candidates when a name or alias stands for several.
 */
export async function findResource(db: GraphReader, tenantId: string, reference: string): Promise<FoundResource> {
  for (const sql of LOOKUPS) {
    const found = await db.query<FoundResource>(sql, [tenantId, reference]);
    const [first] = found;
    if (first && found.length === 1) return first;
    if (first) throw ambiguous(reference, found);
  }
  throw new ObserveBridgeError('OB_RESOURCE_UNKNOWN', 'usage', `The tenant ${tenantId} has no resource ${reference}.`);
}

const COLUMNS = 'select r.resource_id as id, r.urn, r.kind, r.name from dim_resource r';

const LOOKUPS = [
  `${COLUMNS} where r.tenant_id = $1 and r.urn = $2`,
  `${COLUMNS} where r.tenant_id = $1 and lower(r.name) = lower($2) order by r.urn limit ${NAMED + 1}`,
  `${COLUMNS} where r.tenant_id = $1 and r.resource_id in (select resource_id from dim_resource_alias where tenant_id = $1 and alias = lower($2))
     order by r.urn limit ${NAMED + 1}`,
];

function ambiguous(reference: string, found: readonly FoundResource[]): ObserveBridgeError {
  const names = found.slice(0, NAMED).map(({ urn }) => urn);
  const list = `${names.join(', ')}${found.length > NAMED ? ' and more' : ''}`;
  return new ObserveBridgeError('OB_RESOURCE_AMBIGUOUS', 'usage', `${reference} may mean ${list}.`);
}
