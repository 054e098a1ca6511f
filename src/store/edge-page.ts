import type { Relation } from '../core/observation.ts';
import type { Queryable } from './db.ts';

/** Names an edge by the ids of its ends; one of telemetry has no relation. */
export interface EdgeKey {
  readonly src: bigint;
  readonly dst: bigint;
  readonly relation: Relation | null;
}

/** Text that a cursor of a list in the order of edge keys has. */
export const edgeCursorPattern = '^(-?\\d{1,19})_(-?\\d{1,19})_([A-Z_]{0,20})$';

/** The cursor of a page that begins with an edge. */
export function toEdgeCursor({ src, dst, relation }: EdgeKey): string {
  return `${src}_${dst}_${relation ?? ''}`;
}

/** The ids and the relation of a cursor, which is empty for an edge of telemetry; nulls without one. Throws a `RangeError` for other text. */
export function readEdgeCursor(cursor: string | undefined): [bigint, bigint, string] | [null, null, null] {
  if (cursor === undefined) return [null, null, null];
  const [, src, dst, relation] = new RegExp(edgeCursorPattern).exec(cursor) ?? [];
  if (src === undefined || dst === undefined || relation === undefined) throw new RangeError('The cursor is not one that this list gave.');
  return [BigInt.asIntN(64, BigInt(src)), BigInt.asIntN(64, BigInt(dst)), relation];
}

/** The URNs of resources, as far as they are known. */
export async function listUrns(db: Queryable, tenantId: string, ids: Iterable<bigint>): Promise<Map<bigint, string>> {
  const rows = await db.query<{ id: bigint; urn: string }>(
    'select resource_id as id, urn from dim_resource where tenant_id = $1 and resource_id = any($2::bigint[])',
    [tenantId, [...ids]],
  );
  return new Map(rows.map(({ id, urn }) => [id, urn]));
}

interface Named {
  readonly src_urn: string;
  readonly dst_urn: string;
  readonly relation: Relation | null;
}

/** Order of edges by their URNs and relation. */
export function byUrns(one: Named, other: Named): number {
  return compare(one.src_urn, other.src_urn) || compare(one.dst_urn, other.dst_urn) || compare(one.relation ?? '', other.relation ?? '');
}

/** Order of texts by their code units. */
export function compare(one: string, other: string): number {
  return one < other ? -1 : one > other ? 1 : 0;
}
