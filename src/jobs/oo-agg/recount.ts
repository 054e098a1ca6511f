import type { Aggregation } from '../../aggregate/catalog.ts';
import { resourceColumns, unpackRows } from '../../aggregate/partials.ts';
import { MINUTE, type Micros } from '../../core/time.ts';
import type { Tx } from '../../store/db.ts';
import { listPackedMinutes } from '../../store/partial.ts';
import { listSeenBuckets } from '../../store/seen-bucket.ts';
import { collectPatterns, collectResources, type SeenLines, type SeenRange } from './seen.ts';
import { outputColumnOf } from './write-aggregation.ts';

/**
 * Where resources are still seen, after rows that named them went; undefined means nowhere. Tables of wider buckets tell the bucket, the
 * packed minutes inside it the minute.
 */
export async function recountResources(
  tx: Tx,
  aggregations: readonly Aggregation[],
  tenantId: string,
  ids: readonly bigint[],
): Promise<Map<bigint, SeenRange | undefined>> {
  const found = new Map<bigint, SeenRange>();
  for (const aggregation of aggregations) {
    for (const partial of resourceColumns(aggregation)) {
      const column = outputColumnOf(aggregation, partial);
      const buckets = await listSeenBuckets<bigint>(tx, { table: aggregation.name, column, type: 'bigint' }, tenantId, ids);
      for (const { value, first, last } of buckets) {
        const rows = aggregation.width === MINUTE ? undefined : await readBuckets(tx, aggregation, tenantId, [first, last]);
        const range = rows ? collectResources(aggregation, rows).get(value) : { firstSeen: first, lastSeen: last };
        if (range) widen(found, value, range);
      }
    }
  }
  return new Map(ids.map((id) => [id, found.get(id)]));
}

/** What the remaining lines tell of the fingerprints; those without lines are absent. */
export async function recountPatterns(
  tx: Tx,
  aggregation: Aggregation,
  tenantId: string,
  fingerprints: readonly string[],
): Promise<Map<string, SeenLines>> {
  const wanted = new Set(fingerprints);
  const seen = new Map<string, SeenLines>();
  const column = outputColumnOf(aggregation, 'fingerprint');
  const buckets = await listSeenBuckets<string>(tx, { table: aggregation.name, column, type: 'text' }, tenantId, fingerprints);
  // The severity is the highest of all lines, so every bucket counts, not only the outermost.
  for (const { value, first, last } of buckets) {
    for (let bucket = first; bucket <= last; bucket += aggregation.width) {
      const rows = await readBuckets(tx, aggregation, tenantId, [bucket]);
      collectPatterns(
        rows.filter((row) => row.fingerprint === value && wanted.has(value)),
        seen,
      );
    }
  }
  return seen;
}

async function readBuckets(tx: Tx, aggregation: Aggregation, tenantId: string, buckets: readonly Micros[]) {
  const rows = [];
  for (const bucket of new Set(buckets)) {
    const minutes = await listPackedMinutes(tx, tenantId, aggregation.name, { from: bucket, to: bucket + aggregation.width });
    rows.push(...minutes.flatMap((minute) => unpackRows(aggregation, minute.rows)));
  }
  return rows;
}

function widen(found: Map<bigint, SeenRange>, id: bigint, range: SeenRange): void {
  const known = found.get(id) ?? range;
  found.set(id, { firstSeen: Math.min(known.firstSeen, range.firstSeen), lastSeen: Math.max(known.lastSeen, range.lastSeen) });
}
