import type { Aggregation } from '../../aggregate/catalog.ts';
import { type PartialRow, resourceColumns, unpackRows } from '../../aggregate/partials.ts';
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
    const seenIn = new Map<Micros, Map<bigint, SeenRange>>();
    for (const partial of resourceColumns(aggregation)) {
      const column = outputColumnOf(aggregation, partial);
      const buckets = await listSeenBuckets<bigint>(tx, { table: aggregation.name, column, type: 'bigint' }, tenantId, ids);
      for (const { value, first, last } of buckets) {
        for (const bucket of new Set([first, last])) {
          if (aggregation.width === MINUTE) {
            widen(found, value, { firstSeen: bucket, lastSeen: bucket });
            continue;
          }
          const seen = seenIn.get(bucket) ?? collectResources(aggregation, await readBucket(tx, aggregation, tenantId, bucket));
          seenIn.set(bucket, seen);
          // Without the minutes, which retention removes earlier, the whole bucket counts.
          widen(found, value, seen.get(value) ?? { firstSeen: bucket, lastSeen: bucket + aggregation.width - MINUTE });
        }
      }
    }
  }
  return new Map(ids.map((id) => [id, found.get(id)]));
}

/**
 * What the remaining lines tell of the fingerprints; those without lines are absent. `pruned` are those whose first bucket has lost its packed
 * minutes to retention: what is known of them came from lines that cannot be counted again.
 */
export async function recountPatterns(
  tx: Tx,
  aggregation: Aggregation,
  tenantId: string,
  fingerprints: readonly string[],
): Promise<{ seen: Map<string, SeenLines>; pruned: Set<string> }> {
  const column = outputColumnOf(aggregation, 'fingerprint');
  const ranges = await listSeenBuckets<string>(tx, { table: aggregation.name, column, type: 'text' }, tenantId, fingerprints);
  // The severity is the highest of all lines, so every bucket counts, not only the outermost.
  const buckets = new Set<Micros>();
  const pruned = new Set<string>();
  for (const { value, first, last } of ranges) {
    if ((await readBucket(tx, aggregation, tenantId, first)).length === 0) pruned.add(value);
    else for (let bucket = first; bucket <= last; bucket += aggregation.width) buckets.add(bucket);
  }
  const wanted = new Set<unknown>(fingerprints.filter((fingerprint) => !pruned.has(fingerprint)));
  const seen = new Map<string, SeenLines>();
  for (const bucket of buckets) {
    const rows = await readBucket(tx, aggregation, tenantId, bucket);
    collectPatterns(
      rows.filter((row) => wanted.has(row.fingerprint)),
      seen,
    );
  }
  return { seen, pruned };
}

async function readBucket(tx: Tx, aggregation: Aggregation, tenantId: string, bucket: Micros): Promise<PartialRow[]> {
  const minutes = await listPackedMinutes(tx, tenantId, aggregation.name, { from: bucket, to: bucket + aggregation.width });
  return minutes.flatMap((minute) => unpackRows(aggregation, minute.rows));
}

function widen(found: Map<bigint, SeenRange>, id: bigint, range: SeenRange): void {
  const known = found.get(id) ?? range;
  found.set(id, { firstSeen: Math.min(known.firstSeen, range.firstSeen), lastSeen: Math.max(known.lastSeen, range.lastSeen) });
}
