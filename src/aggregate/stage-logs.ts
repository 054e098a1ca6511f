import type { Place } from '../core/place.ts';
import { parseSeverity, rank } from '../core/severity.ts';
import { MINUTE } from '../core/time.ts';
import { during, insertBinding, type StageOptions, type Tally } from './stage.ts';

const PLACE_COLUMNS = ['service_name', 'namespace', 'pod', 'host', 'job', 'severity'] as const;
const PLACE_KEY = `hash(${PLACE_COLUMNS.join(', ')})`;

/**
 * Makes `logs` a view over the source, bound to resources and severity ranks (0 unknown, 1 trace … 6 fatal): lines stream through the
 * query and are never held.
 */
export async function stageLogs({ session, relation, window, resources }: StageOptions, tally: Tally): Promise<void> {
  await session.run('create or replace temp table log_place (place_key ubigint primary key, resource bigint, severity bigint)');
  const places = await session.rows<Place & { place_key: bigint; severity: string | null }>(
    `select distinct ${PLACE_KEY} as place_key, ${PLACE_COLUMNS.join(', ')} from (${relation}) where ${during(window)}`,
  );
  const bindings = places.map((place) => {
    const severity = place.severity === null ? null : parseSeverity(place.severity);
    return [place.place_key, resources.place({ ...place, instance: null, metric: null }), BigInt(rank(severity))];
  });
  await insertBinding(session, 'log_place', bindings);
  await session.run(
    `create or replace temp view logs as
     select (timestamp // ${MINUTE})::integer as minute, timestamp, stream, trace_id, body, p.resource, p.severity
     from (select *, ${PLACE_KEY} as place_key from (${relation}) where ${during(window)} and rejected is null) l
     join log_place p using (place_key)`,
  );
  const counts = await session.rows<{ minute: number; rejected: string | null; rows: bigint }>(
    `select (timestamp // ${MINUTE})::integer as minute, rejected, count(*) as rows from (${relation}) where ${during(window)} group by all`,
  );
  for (const { minute, rejected, rows } of counts) {
    if (rejected === null) tally.accept(minute, Number(rows));
    else tally.reject(minute, Number(rows), rejected);
  }
}
