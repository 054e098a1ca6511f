import { type EvidenceBounds, type EvidencePlace, type EvidenceRows, rangeOf, toEvidence } from '../../core/evidence.ts';
import type { SqlSession } from '../../core/sql-session.ts';
import { inWindow } from '../canonical.ts';
import { toPathList } from './relation.ts';
import type { SnapshotObject } from './snapshot.ts';

/** The raw rows of a place in the objects of its stream, earliest first. Rejects with the engine's own error. */
export async function readObjects(
  objects: readonly SnapshotObject[],
  place: EvidencePlace,
  bounds: EvidenceBounds,
  session: SqlSession,
): Promise<EvidenceRows> {
  const range = rangeOf(place);
  if (objects.length === 0) return toEvidence([], bounds, range);
  const trace = place.traceId === null ? '' : 'and lower(r.trace_id) = lower($trace)';
  const rows = await session.rows<{ line: string }>(
    `select to_json(r)::varchar as line from read_parquet(${toPathList(objects)}, union_by_name = true, hive_partitioning = false) r
     where ${inWindow(range)} ${trace} order by r._timestamp limit ${bounds.rows + 1}`,
    place.traceId === null ? {} : { trace: place.traceId },
  );
  return toEvidence(
    rows.map(({ line }) => line),
    bounds,
    range,
  );
}
